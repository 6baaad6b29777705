/*
 * A log that writes and syncs on a thread of its own, and is waited for.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is that of toy.h but for its flush, which returns at once. What is saved
 * meanwhile belongs to the next one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "assists/log_conformance/syncs.h"
#include "tests/conformance/toy.h"

/* What is under way: one at a time. */
static struct {
	struct toy *toy;
	pthread_t thread;
	bool is_running, reports_early, failed;
	uint8_t *bytes;
	size_t length;
	uint64_t token;
} job;

static void *
write_and_sync(void *none)
{
	ssize_t put = pwrite(job.toy->fd, job.bytes, job.length, job.toy->end);

	(void)none;
	assert(put == (ssize_t)job.length);
	job.failed = fdatasync(job.toy->fd) != 0;
	return NULL;
}

/* On the thread of all else, as reports are. */
static void
end_job(bool reports)
{
	if (!job.is_running)
		return;
	pthread_join(job.thread, NULL);
	job.is_running = false;
	free(job.bytes);
	job.toy->end += (off_t)job.length;
	if (!reports || job.toy->failed)
		return;
	if (job.failed)
		toy_fail(job.toy);
	else if (job.token > 0)
		raft_log_conformance_saved(job.toy->told, job.token);
}

static void
begin_flush(void *log)
{
	struct toy *toy = log;

	end_job(true);
	if (toy->failed || toy->pending_length == 0)
		return;
	job.toy = toy;
	job.bytes = toy->pending;
	job.length = toy->pending_length;
	job.token = toy->token;
	toy->pending = NULL;
	toy->pending_length = 0;
	job.is_running = true;
	if (pthread_create(&job.thread, NULL, write_and_sync, NULL) != 0)
		abort();
	if (job.reports_early)
		raft_log_conformance_saved(toy->told, job.token);
}

static void
wait_for_it(void *context, void *log)
{
	(void)context;
	(void)log;
	end_job(!job.reports_early);
}

static void
stop(void *context, void *log)
{
	end_job(false);
	toy_close(context, log);
}

static bool
try_log(bool reports_early, char *text)
{
	static const struct raft_node_log functions = {
		.save = toy_save,
		.flush = begin_flush,
		.read = toy_read,
		.trim = toy_trim,
	};
	enum fault none = NONE;
	const struct raft_log_conformance_subject subject = {
		.functions = &functions,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.context = &none,
		.make = toy_make,
		.open = toy_open,
		.wait = wait_for_it,
		.close = stop,
		.payload_bytes_max = 70000,
	};

	bool passed;

	job.reports_early = reports_early;
	passed =
	    raft_log_conformance_run(&subject, text, RAFT_LOG_CONFORMANCE_TEXT);
	toy_free_rest();
	return passed;
}

static void
a_log_that_syncs_on_a_thread_passes(void **state)
{
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!try_log(false, text))
		fail_msg("%s", text);
	print_message("%s\n", text);
}

static void
one_that_does_not_wait_for_it_is_told(void **state)
{
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	assert_false(try_log(true, text));
	print_message("%s\n", text);
	assert_non_null(strstr(text, "what was reported is there after"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_that_syncs_on_a_thread_passes),
		cmocka_unit_test(one_that_does_not_wait_for_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

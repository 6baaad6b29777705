/*
 * log_file keeps the contract of a log when a thread of its own writes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdlib.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/syncs.h"
#include "assists/log_file/log_file.h"

/* Small, so that many are begun. */
#define SEGMENT_BYTES (16 << 10)

/** The thread is done with something. */
static sem_t done;

static void
wake(void *none)
{
	(void)none;
	sem_post(&done);
}

static void
on_saved(void *told, uint64_t token)
{
	raft_log_conformance_saved(told, token);
}

static void
on_failed(void *told, const char *why)
{
	(void)why;
	raft_log_conformance_failed(told);
}

static bool
make(void *context, const char *folder)
{
	struct raft_owner owner = { .self.id = 1 };
	char error[512];

	(void)context;
	return raft_log_file_create_sized(folder, &owner, SEGMENT_BYTES, error,
					  sizeof(error));
}

static void *
open_log(void *context, const char *folder, struct raft_log_conformance *told,
	 struct raft_stored *stored, char *error, size_t size)
{
	const struct raft_log_file_options options = {
		.path = folder,
		.owner.self.id = 1,
		.cache_bytes = 32 << 10,
		.segment_bytes = SEGMENT_BYTES,
	};
	struct raft_log_file *log = raft_log_file_open(&options, error, size);

	(void)context;
	if (log == NULL)
		return NULL;
	raft_log_file_bind(log, told, on_saved, on_failed);
	if (raft_log_file_stored(log, stored) &&
	    raft_log_file_begin_thread(log, wake, NULL))
		return log;
	raft_log_file_close(log);
	return NULL;
}

static void
wait_for_it(void *context, void *log)
{
	(void)context;
	while (raft_log_file_turn(log))
		sem_wait(&done);
}

static void
close_log(void *context, void *log)
{
	(void)context;
	raft_log_file_close(log);
}

static void
the_log_keeps_the_contract_with_a_thread(void **state)
{
	const char *seed = getenv("OUTRIGGER_SEED");
	const struct raft_log_conformance_subject subject = {
		.functions = &raft_log_file,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.make = make,
		.open = open_log,
		.wait = wait_for_it,
		.close = close_log,
		.seed = seed != NULL ? strtoull(seed, NULL, 10) : 1,
	};
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	sem_init(&done, 0, 0);
	if (!raft_log_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	print_message("%s\n", text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_log_keeps_the_contract_with_a_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Logs, snapshots and the transport within a process when memory runs out:
 * whichever allocation fails, what was promised stays, and why not more is said.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The test's own succeed. */
#define malloc __real_malloc
#define calloc __real_calloc
#include "tests/unit/log_file_model.h"
#undef malloc
#undef calloc

#include "assists/log_memory/log_memory.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "assists/transport_local/transport_local.h"

/* ----------------------------------------------------------- log in a file */

#define STEPS 40

/** What a log has been heard to say. */
struct heard {
	bool no_record;
	bool no_snapshot;
	bool no_entry;
	bool nothing;
};

static bool
says(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

static void
hear(struct heard *heard, const char *text)
{
	if (says(text, "the record of save ") &&
	    says(text, " does not fit into memory"))
		heard->no_record = true;
	else if (says(text,
		      "the record of a snapshot does not fit into memory"))
		heard->no_snapshot = true;
	else if (says(text, " cannot be read back: Cannot allocate memory"))
		heard->no_entry = true;
	else
		fail_msg("\"%s\"", text);
}

/* An empty log. */
static void
begin_anew(struct fixture *f)
{
	assert_true(make_log(f, 16 << 10));
	f->model = (struct model){ .seed = 1 };
	open_log(f);
}

/* All that there is, unless one cannot be read. */
static void
read_all(struct fixture *f)
{
	uint64_t i = f->model.snapshot.index + 1;

	while (i <= f->model.last_index && entry_matches(&f->model, f->log, i))
		i++;
	assert_int_equal(f->report.failed, i <= f->model.last_index);
}

/* Nothing is taken, written or read any more, and nothing said. */
static void
assert_stopped(struct fixture *f)
{
	uint64_t token = f->report.token;
	struct raft_entry entry;

	steps(f, 1);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.token, token);
	assert_int_equal(f->report.failed, 1);
	assert_int_equal(
	    raft_log_file.read(f->log, f->model.last_index, 1, 0, &entry), 0);
}

/* False: no allocation failed. */
static bool
live_without(struct fixture *f, size_t allocation, struct heard *heard)
{
	uint64_t reported;

	fail_after(allocation);
	for (int i = 0; i < STEPS && f->report.failed == 0; i++) {
		steps(f, 1);
		raft_log_file.flush(f->log);
		if (f->report.failed == 0)
			read_all(f);
	}
	if (f->report.failed > 0) {
		hear(heard, f->report.why);
		assert_stopped(f);
	} else {
		assert_int_equal(f->report.token, STEPS);
		heard->nothing = true;
	}
	reported = f->report.token;
	if (!has_failed())
		return false;
	reopen(f);
	assert_reached(f->log, f->model.seed, reported, f->model.term);
	return true;
}

static void
what_a_log_reported_outlives_an_allocation_that_fails(void **state)
{
	struct fixture *f = *state;
	struct heard heard = { 0 };
	size_t round = 0;

	do
		begin_anew(f);
	while (live_without(f, round++, &heard));
	assert_true(heard.no_record);
	assert_true(heard.no_snapshot);
	assert_true(heard.no_entry);
	/* No zeros were written ahead, and that is all. */
	assert_true(heard.nothing);
	assert_true(round > 10);
}

static struct raft_log_file *
open_again(struct fixture *f)
{
	const struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.cache_bytes = CACHE_BYTES,
	};

	return raft_log_file_open(&options, f->error, sizeof(f->error));
}

static void
a_log_that_does_not_fit_into_memory_is_not_opened(void **state)
{
	struct fixture *f = *state;
	size_t round = 0, refused = 0;

	steps(f, STEPS);
	flush(f);
	close_log(f);
	for (fail_after(round); f->log == NULL; fail_after(++round)) {
		f->log = open_again(f);
		if (f->log == NULL) {
			assert_true(has_failed());
			refused++;
			assert_true(says(f->error, "memory"));
			assert_true(says(f->error, f->path));
		}
	}
	has_failed();
	assert_true(refused > 3);
	assert_true(holds(f->log, &f->model));
}

static void
what_is_stored_is_told_wholly_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	struct raft_stored stored;
	size_t round = 0;

	steps(f, STEPS);
	flush(f);
	for (fail_after(0); !raft_log_file_stored(f->log, &stored);
	     fail_after(++round))
		assert_true(has_failed());
	assert_false(has_failed());
	assert_true(round >= 3);
	assert_true(holds(f->log, &f->model));
}

/* ---------------------------------------------------------- log in memory */

static void
note_token(void *context, uint64_t token)
{
	*(uint64_t *)context = token;
}

static const char *why_memory;

static void
note_why(void *context, const char *why)
{
	(void)context;
	assert_null(why_memory);
	why_memory = why;
}

static void
a_log_in_memory_says_that_there_is_none(void **state)
{
	struct raft_entry entries[100], read[100];
	struct raft_save save = { .token = 1,
				  .entries = entries,
				  .entry_count = 1 };
	struct raft_log_memory *log;
	uint64_t token = 0;
	size_t round = 0;

	(void)state;
	for (fail_after(0); (log = raft_log_memory_create()) == NULL;
	     fail_after(++round))
		assert_true(has_failed());
	assert_false(has_failed());
	assert_int_equal(round, 2);
	raft_log_memory_bind(log, &token, note_token, note_why);
	for (uint64_t i = 0; i < 100; i++)
		entries[i] = (struct raft_entry){ .index = i + 1, .term = 3 };
	raft_log_memory.save(log, &save);
	raft_log_memory.flush(log);
	assert_int_equal(token, 1);
	save = (struct raft_save){ .token = 2,
				   .entries = &entries[1],
				   .entry_count = 99 };
	fail_after(0);
	raft_log_memory.save(log, &save);
	assert_true(has_failed());
	assert_string_equal(why_memory, "out of memory");
	/* The first is there, and nothing is taken or promised any more. */
	assert_int_equal(raft_log_memory.read(log, 1, 100, 1000, read), 1);
	raft_log_memory.save(log, &save);
	raft_log_memory.flush(log);
	assert_int_equal(token, 1);
	assert_int_equal(raft_log_memory.read(log, 1, 100, 1000, read), 1);
	raft_log_memory_destroy(log);
}

/* ------------------------------------------------------ within a process */

static size_t received;

static void
count_message(void *context, const struct raft_message *message)
{
	(void)context;
	received++;
	if (message->kind == RAFT_MESSAGE_APPEND)
		assert_memory_equal(message->append.entries[1].payload.data,
				    "payload", 7);
	else
		assert_memory_equal(message->snapshot.content->configuration,
				    "conf", 4);
}

static void
keep(struct raft_block *block)
{
	(void)block;
	fail_msg("%s", "one hold too few");
}

/* Whatever of it cannot be kept: it is lost, and nobody holds its payloads. */
static void
send_without(const struct raft_message *message, struct raft_block *block)
{
	const struct raft_local_receiver receiver = { 2, count_message, NULL };
	struct raft_local *hub;
	size_t round = 0;
	bool arrived;

	fail_after(0);
	assert_null(raft_local_create());
	assert_true(has_failed());
	hub = raft_local_create();
	assert_non_null(hub);
	fail_after(0);
	assert_false(raft_local_add(hub, &receiver));
	assert_true(has_failed());
	assert_true(raft_local_add(hub, &receiver));
	for (received = 0; received == 0; round++) {
		fail_after(round);
		raft_local_transport.send(hub, message);
		arrived = !has_failed();
		assert_int_equal(raft_local_pump(hub), arrived);
		assert_int_equal(received, arrived);
		assert_int_equal(block->references, 1);
	}
	assert_int_equal(round, 3);
	/* And what was used before is used again. */
	fail_after(message->kind == RAFT_MESSAGE_APPEND ? 0 : 1);
	raft_local_transport.send(hub, message);
	assert_false(has_failed());
	assert_int_equal(raft_local_pump(hub), 1);
	raft_local_destroy(hub);
	assert_int_equal(block->references, 1);
}

static void
a_message_that_does_not_fit_into_memory_is_lost(void **state)
{
	struct raft_block block = { 1, keep };
	const struct raft_payload payload = { "payload", 7, &block };
	const struct raft_entry entries[2] = { { .payload = payload },
					       { .payload = payload } };
	const struct raft_snapshot_content content = {
		.configuration = "conf",
		.configuration_length = 4,
		.part = payload,
	};
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.to = { 2, 1 },
		.append = { .previous.index = 4,
			    .last.index = 6,
			    .entries = entries },
	};

	(void)state;
	send_without(&message, &block);
	message = (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.to = { 2, 1 },
		.snapshot.content = &content,
	};
	send_without(&message, &block);
}

/* -------------------------------------------------------------- snapshots */

static struct raft_snapshot_file *
open_snapshots(struct fixture *f)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.1000s/snapshots", f->root);
	return raft_snapshot_file_open(path, &f->owner, f->error,
				       sizeof(f->error));
}

static bool
take_all(void *context, const void *bytes, size_t length)
{
	size_t *taken = context;

	assert_memory_equal(bytes, "a snapshot", length);
	*taken += length;
	return true;
}

static void
a_snapshot_is_read_with_memory_alone(void **state)
{
	const struct raft_entry_id id = { 7, 2 };
	struct fixture *f = *state;
	struct raft_snapshot_file *s;
	char command[PATH_MAX];
	struct raft_payload bytes;
	size_t taken = 0;

	fail_after(0);
	assert_null(open_snapshots(f));
	assert_true(has_failed());
	assert_true(says(f->error, "/snapshots: out of memory"));
	s = open_snapshots(f);
	assert_non_null(s);
	raft_snapshot_file_begin(s, id);
	raft_snapshot_file_write(s, "a snapshot", 10);
	assert_true(raft_snapshot_file_commit(s));
	fail_after(0);
	assert_false(raft_snapshot_file.read(s, id, 0, 8, &bytes));
	assert_true(has_failed());
	assert_true(raft_snapshot_file.read(s, id, 0, 8, &bytes));
	raft_payload_release(&bytes);
	fail_after(0);
	assert_false(raft_snapshot_file_load(s, id, take_all, &taken, f->error,
					     sizeof(f->error)));
	assert_true(has_failed());
	assert_int_equal(taken, 0);
	assert_true(says(f->error, "the snapshot of entry 7 of term 2 does not "
				   "fit into memory by parts: "));
	assert_true(raft_snapshot_file_load(s, id, take_all, &taken, f->error,
					    sizeof(f->error)));
	assert_int_equal(taken, 10);
	raft_snapshot_file_close(s);
	snprintf(command, sizeof(command), "rm -r %.1000s/snapshots", f->root);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_log_reported_outlives_an_allocation_that_fails),
		TEST(a_log_that_does_not_fit_into_memory_is_not_opened),
		TEST(what_is_stored_is_told_wholly_or_not_at_all),
		TEST(a_snapshot_is_read_with_memory_alone),
		cmocka_unit_test(a_log_in_memory_says_that_there_is_none),
		cmocka_unit_test(
		    a_message_that_does_not_fit_into_memory_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * log_memory keeps its promises, and every hold is released once.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "assists/log_memory/log_memory.h"

/** Bytes that turn to poison when the last hold is released. */
struct tracked {
	struct raft_block block;
	char bytes[16];
};

static int tracked_alive;

struct report {
	uint64_t token;
	int saved;
	int failed;
};

static void
poison(struct raft_block *block)
{
	tracked_alive--;
	memset(block, 0xdd, sizeof(struct tracked));
	free(block);
}

static struct raft_payload
track(const char *text)
{
	struct tracked *tracked = malloc(sizeof(*tracked));

	assert_non_null(tracked);
	tracked_alive++;
	tracked->block.references = 1;
	tracked->block.release = poison;
	strncpy(tracked->bytes, text, sizeof(tracked->bytes));
	return (struct raft_payload){tracked->bytes, strlen(text),
				     &tracked->block};
}

static void
note_saved(void *context, uint64_t token)
{
	struct report *report = context;

	report->token = token;
	report->saved++;
}

static void
note_failed(void *context, const char *why)
{
	struct report *report = context;

	assert_non_null(why);
	report->failed++;
}

static int
make_log(void **state)
{
	tracked_alive = 0;
	*state = raft_log_memory_create();
	return *state == NULL;
}

static int
destroy_log(void **state)
{
	raft_log_memory_destroy(*state);
	return tracked_alive != 0;
}

/* Save entries first..last of one term with the token `last`. */
static void
save_range(struct raft_log_memory *log, uint64_t first, uint64_t last,
	   uint64_t term, uint64_t truncate_from)
{
	for (uint64_t i = first; i <= last; i++) {
		struct raft_entry entry = {
			.index = i,
			.term = term,
			.kind = RAFT_ENTRY_DATA,
			.payload = track(i % 2 != 0 ? "odd" : "even"),
		};
		struct raft_save save = {
			.token = i,
			.term = term,
			.truncate_from = i == first ? truncate_from : 0,
			.entries = &entry,
			.entry_count = 1,
		};

		raft_log_memory.save(log, &save);
		raft_payload_release(&entry.payload);
	}
}

static void
assert_readable(struct raft_log_memory *log, uint64_t index, uint64_t term)
{
	struct raft_entry entry;
	const char *text = index % 2 != 0 ? "odd" : "even";

	assert_int_equal(raft_log_memory.read(log, index, 1, 0, &entry), 1);
	assert_int_equal(entry.index, index);
	assert_int_equal(entry.term, term);
	assert_int_equal(entry.payload.length, strlen(text));
	assert_memory_equal(entry.payload.data, text, strlen(text));
	raft_payload_release(&entry.payload);
}

static void
assert_absent(struct raft_log_memory *log, uint64_t index)
{
	struct raft_entry entry;

	assert_int_equal(raft_log_memory.read(log, index, 1, 0, &entry), 0);
}

static void
a_flush_reports_the_newest_save_once(void **state)
{
	struct report report = {0};

	raft_log_memory_bind(*state, &report, note_saved, note_failed);
	save_range(*state, 1, 3, 1, 0);
	assert_int_equal(report.saved, 0);
	raft_log_memory.flush(*state);
	raft_log_memory.flush(*state);
	assert_int_equal(report.saved, 1);
	assert_int_equal(report.token, 3);
}

static void
entries_are_readable_as_soon_as_they_are_saved(void **state)
{
	save_range(*state, 1, 1000, 4, 0);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_readable(*state, i, 4);
	assert_absent(*state, 0);
	assert_absent(*state, 1001);
}

static void
a_truncation_replaces_the_entries_after_it(void **state)
{
	save_range(*state, 1, 10, 1, 0);
	save_range(*state, 6, 7, 2, 6);
	assert_readable(*state, 5, 1);
	assert_readable(*state, 6, 2);
	assert_readable(*state, 7, 2);
	assert_absent(*state, 8);
	assert_int_equal(tracked_alive, 7);
}

/* A save that brings no entries, such as a vote. */
static void
save_nothing(struct raft_log_memory *log, uint64_t truncate_from)
{
	const struct raft_save save = { .token = 90,
					.truncate_from = truncate_from };

	raft_log_memory.save(log, &save);
}

static void
a_save_without_entries_only_truncates(void **state)
{
	save_range(*state, 1, 10, 1, 0);
	save_nothing(*state, 0);
	save_nothing(*state, 11);
	assert_int_equal(tracked_alive, 10);
	save_nothing(*state, 10);
	assert_absent(*state, 10);
	assert_int_equal(tracked_alive, 9);
	/* What a snapshot stands for stays. */
	raft_log_memory.trim(*state, (struct raft_entry_id){7, 1});
	save_nothing(*state, 5);
	assert_int_equal(tracked_alive, 0);
	save_range(*state, 8, 8, 2, 0);
	assert_readable(*state, 8, 2);
}

static void
nobody_need_be_told(void **state)
{
	save_range(*state, 1, 2, 1, 0);
	raft_log_memory.flush(*state);
	save_range(*state, 4, 4, 1, 0);
	assert_absent(*state, 4);
}

static void
a_read_stops_at_its_limits_but_gives_one_entry(void **state)
{
	struct raft_entry entries[8];

	save_range(*state, 1, 8, 1, 0);
	assert_int_equal(raft_log_memory.read(*state, 1, 2, 100, entries), 2);
	raft_payload_release(&entries[0].payload);
	raft_payload_release(&entries[1].payload);
	assert_int_equal(raft_log_memory.read(*state, 1, 8, 7, entries), 2);
	raft_payload_release(&entries[0].payload);
	raft_payload_release(&entries[1].payload);
	for (size_t most = 0; most < 7; most++) {
		assert_int_equal(
		    raft_log_memory.read(*state, 1, 8, most, entries), 1);
		raft_payload_release(&entries[0].payload);
	}
	assert_int_equal(raft_log_memory.read(*state, 1, 0, 1, entries), 0);
}

static void
a_trim_lets_go_of_what_a_snapshot_stands_for(void **state)
{
	save_range(*state, 1, 10, 1, 0);
	raft_log_memory.trim(*state, (struct raft_entry_id){7, 1});
	raft_log_memory.trim(*state, (struct raft_entry_id){3, 1});
	assert_int_equal(tracked_alive, 3);
	assert_absent(*state, 7);
	assert_readable(*state, 8, 1);
	save_range(*state, 11, 11, 1, 0);
	assert_readable(*state, 11, 1);
}

/* S11: what follows a snapshot of another history is of no use. */
static void
a_trim_to_another_history_drops_everything(void **state)
{
	save_range(*state, 1, 10, 1, 0);
	raft_log_memory.trim(*state, (struct raft_entry_id){7, 2});
	assert_int_equal(tracked_alive, 0);
	save_range(*state, 8, 8, 2, 0);
	raft_log_memory.trim(*state, (struct raft_entry_id){20, 3});
	assert_int_equal(tracked_alive, 0);
	save_range(*state, 21, 21, 3, 0);
	assert_readable(*state, 21, 3);
}

static void
a_reset_forgets_all_but_what_it_brings(void **state)
{
	const struct raft_stored_snapshot snapshot = {{7, 2}, 1, "", 0};
	struct raft_entry entry = {8, 2, RAFT_ENTRY_DATA, {"", 0, NULL}};
	const struct raft_save save = {
		.token = 50, .term = 2, .snapshot = &snapshot,
		.entries = &entry, .entry_count = 1};

	save_range(*state, 1, 10, 1, 0);
	raft_log_memory.save(*state, &save);
	assert_int_equal(tracked_alive, 0);
	assert_absent(*state, 7);
	assert_absent(*state, 9);
	/* That snapshot is no news. */
	raft_log_memory.trim(*state, (struct raft_entry_id){7, 2});
	assert_int_equal(raft_log_memory.read(*state, 8, 1, 0, &entry), 1);
	assert_int_equal(entry.term, 2);
}

/* M3: a reader may keep an entry for longer than the log does. */
static void
a_payload_outlives_its_entry_while_it_is_held(void **state)
{
	struct raft_entry entry;

	save_range(*state, 1, 2, 1, 0);
	assert_int_equal(raft_log_memory.read(*state, 2, 1, 0, &entry), 1);
	save_range(*state, 2, 2, 2, 2);
	raft_log_memory.trim(*state, (struct raft_entry_id){2, 2});
	assert_memory_equal(entry.payload.data, "even", 4);
	assert_int_equal(tracked_alive, 1);
	raft_payload_release(&entry.payload);
	assert_int_equal(tracked_alive, 0);
}

static void
a_save_that_leaves_a_gap_fails_the_log_once(void **state)
{
	struct report report = {0};

	raft_log_memory_bind(*state, &report, note_saved, note_failed);
	save_range(*state, 1, 2, 1, 0);
	save_range(*state, 4, 6, 1, 0);
	raft_log_memory.flush(*state);
	assert_int_equal(report.failed, 1);
	assert_int_equal(report.saved, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_log, destroy_log)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_flush_reports_the_newest_save_once),
		TEST(entries_are_readable_as_soon_as_they_are_saved),
		TEST(a_truncation_replaces_the_entries_after_it),
		TEST(a_save_without_entries_only_truncates),
		TEST(nobody_need_be_told),
		TEST(a_read_stops_at_its_limits_but_gives_one_entry),
		TEST(a_trim_lets_go_of_what_a_snapshot_stands_for),
		TEST(a_trim_to_another_history_drops_everything),
		TEST(a_reset_forgets_all_but_what_it_brings),
		TEST(a_payload_outlives_its_entry_while_it_is_held),
		TEST(a_save_that_leaves_a_gap_fails_the_log_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

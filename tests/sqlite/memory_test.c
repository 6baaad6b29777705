/*
 * SQLite has no memory, at each place in turn: what was to be done is done, or it is
 * said that it is not, and nothing is half there.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/log_sqlite/log_sqlite.h"

/* ------------------------------------------------------------- no memory */

static sqlite3_mem_methods real;
/** The allocation that fails, counted from now; 0: none. */
static unsigned int countdown;
static bool has_failed;

static bool
fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	has_failed = true;
	return true;
}

static void *
allocate(int length)
{
	return fails() ? NULL : real.xMalloc(length);
}

static void *
resize(void *memory, int length)
{
	return fails() ? NULL : real.xRealloc(memory, length);
}

/* Before SQLite does anything. */
static void
let_memory_fail(void)
{
	sqlite3_mem_methods ours;

	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real),
			 SQLITE_OK);
	ours = real;
	ours.xMalloc = allocate;
	ours.xRealloc = resize;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours),
			 SQLITE_OK);
	/* Each allocation is one of these. */
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0),
			 SQLITE_OK);
}

/* ------------------------------------------------------------ what is done */

static struct raft_log_sqlite *one;
static uint64_t token, saved;
static char why[512], error[512];

static void
on_saved(void *context, uint64_t told)
{
	(void)context;
	saved = told;
}

static void
on_failed(void *context, const char *told)
{
	(void)context;
	assert_string_equal(why, "");
	snprintf(why, sizeof(why), "%s", told);
}

static const struct raft_owner owner = { .cluster = "red", .self = { 1, 10 } };

static bool
make(void)
{
	struct raft_owner ours = owner;

	return raft_log_sqlite_create("log", &ours, error, sizeof(error));
}

static bool
open_log(void)
{
	why[0] = '\0';
	one = raft_log_sqlite_open("log", &owner, error, sizeof(error));
	if (one != NULL)
		raft_log_sqlite_bind(one, NULL, on_saved, on_failed);
	return one != NULL;
}

static struct raft_stored
stored_again(void)
{
	struct raft_entry_id needed;
	struct raft_stored stored;

	countdown = 0;
	raft_log_sqlite_close(one);
	if (!open_log())
		fail_msg("%s", error);
	assert_true(raft_log_sqlite_stored(one, &stored, &needed));
	assert_int_equal(needed.index, 0);
	return stored;
}

static uint64_t last_index;

static void
save(void)
{
	const struct raft_entry entry = {
		last_index + 1, 1, RAFT_ENTRY_DATA, { "twelve bytes", 12, NULL }
	};

	raft_log_sqlite.save(one, &(struct raft_save){ .token = ++token,
						       .term = 1,
						       .vote = { 1, 10 },
						       .entries = &entry,
						       .entry_count = 1 });
	raft_log_sqlite.flush(one);
}

/* What is tried: true if it was done. */
static bool
try_open(void)
{
	raft_log_sqlite_close(one);
	return open_log();
}

static bool
try_stored(void)
{
	struct raft_entry_id needed;
	struct raft_stored stored;
	bool done = raft_log_sqlite_stored(one, &stored, &needed);

	snprintf(error, sizeof(error), "%s", done ? "" : why);
	return done;
}

static bool
try_save(void)
{
	save();
	if (why[0] == '\0') {
		assert_int_equal(saved, token);
		last_index++;
		return true;
	}
	assert_int_not_equal(saved, token);
	snprintf(error, sizeof(error), "%s", why);
	/* It may be there, and nothing was said of it. */
	last_index = stored_again().last_index;
	return false;
}

static bool
try_read(void)
{
	struct raft_entry entries[2];
	size_t got = raft_log_sqlite.read(one, 1, 2, SIZE_MAX, entries);

	assert_int_equal(got == 0, why[0] != '\0');
	snprintf(error, sizeof(error), "%s", why);
	for (size_t i = 0; i < got; i++) {
		assert_int_equal(entries[i].index, i + 1);
		assert_memory_equal(entries[i].payload.data, "twelve bytes",
				    12);
		raft_payload_release(&entries[i].payload);
	}
	return got > 0;
}

static uint64_t applied;

static bool
try_apply(void)
{
	bool done = raft_log_sqlite_begin(one) &&
		    raft_log_sqlite_applied(
			one, (struct raft_entry_id){ applied + 1, 1 });

	assert_int_equal(done, why[0] == '\0');
	snprintf(error, sizeof(error), "%s", why);
	applied = stored_again().applied_index;
	return done;
}

static bool
try_copy(void)
{
	struct raft_entry_id last = { 0 };
	bool done;

	unlink("copy");
	done = raft_log_sqlite_copy("log", "copy", &last, error, sizeof(error));
	if (done)
		assert_int_equal(last.index, applied);
	assert_int_equal(access("copy", F_OK) == 0, done);
	assert_int_equal(access("copy.all", F_OK), -1);
	return done;
}

static bool
try_load(void)
{
	bool done = raft_log_sqlite_load(one, "copy", error, sizeof(error));
	struct raft_stored stored = stored_again();

	assert_int_equal(stored.last_index, last_index);
	assert_int_equal(stored.applied_index, applied);
	assert_int_equal(stored.vote.id, 1);
	return done;
}

/* At each allocation in turn, until there are no more. */
static void
try_each(bool (*what)(void), unsigned int step, unsigned int failures_least)
{
	unsigned int refused = 0;
	bool done;

	for (unsigned int i = 1; has_failed || i == 1; i += step) {
		has_failed = false;
		error[0] = '\0';
		countdown = i;
		done = what();
		countdown = 0;
		if (!done && strstr(error, "out of memory") == NULL)
			fail_msg("allocation %u: '%s'", i, error);
		refused += !done;
		if (one == NULL || why[0] != '\0') {
			raft_log_sqlite_close(one);
			if (!open_log())
				fail_msg("%s", error);
		}
		assert_true(done || has_failed);
	}
	print_message("%u refused\n", refused);
	assert_true(refused >= failures_least);
}

static void
a_log_is_made_or_not(void **state)
{
	(void)state;
	for (unsigned int i = 1; has_failed || i == 1; i += 23) {
		bool done;

		has_failed = false;
		error[0] = '\0';
		countdown = i;
		done = make();
		countdown = 0;
		if (!done) {
			assert_true(has_failed);
			assert_non_null(strstr(error, "out of memory"));
			/* Another time. */
			if (!make())
				fail_msg("%s", error);
		}
		assert_false(make());
		assert_non_null(strstr(error, "already has a log"));
		assert_int_equal(unlink("log/database"), 0);
	}
	assert_true(make());
}

static void
each_thing_is_done_or_said_to_be_not(void **state)
{
	static const struct {
		bool (*what)(void);
		/** Not each place: a call has hundreds of them. */
		unsigned int step, refused_least;
	} things[] = {
		{ try_open, 23, 20 }, { try_stored, 7, 5 },
		{ try_save, 3, 1 },   { try_read, 1, 1 },
		{ try_apply, 1, 1 },  { try_copy, 53, 20 },
		{ try_load, 10, 50 },
	};

	(void)state;
	if (!open_log())
		fail_msg("%s", error);
	for (int i = 0; i < 3; i++) {
		save();
		last_index++;
	}
	for (size_t i = 0; i < sizeof(things) / sizeof(*things); i++)
		try_each(things[i].what, things[i].step,
			 things[i].refused_least);
	raft_log_sqlite_close(one);
}

static int
set_up(void **state)
{
	static char place[] = "memory.XXXXXX";
	const char *folder = getenv("TEST_TMPDIR");

	(void)state;
	assert_int_equal(chdir(folder != NULL ? folder : "/tmp"), 0);
	assert_non_null(mkdtemp(place));
	assert_int_equal(chdir(place), 0);
	let_memory_fail();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_made_or_not),
		cmocka_unit_test(each_thing_is_done_or_said_to_be_not),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}

/*
 * A log in SQLite, and the tables beside it, after every crash of a machine: what was
 * promised is there, and the tables are those of the entry that was applied last.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * As crash_test.c has it, but for the sets of pieces: SQLite writes whole pages, so that
 * they are drawn at random (seeded), beside none, all, and those up to one
 * (RAFT_CRASH_BITS; 6). The contract of the log by itself is tests/conformance's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/log_sqlite/log_sqlite.h"
#include "tests/crash/disk.h"

#define ENTRIES_MAX 64

/** After so many calls this many entries had been saved, and this many were said to be
 *  durable. */
struct mark {
	size_t calls;
	uint64_t saved, durable;
};

static char root[96], folder[128], left[128], copy[128];
static char error[512];
static struct disk *disk;
static struct raft_log_sqlite *subject;
static struct mark marks[2 * ENTRIES_MAX];
static size_t mark_count;
static uint64_t saved, durable, token, chance, crashes;
static unsigned bits;
static const struct raft_owner owner = { .cluster = "red", .self = { 1, 7 } };

static bool
draw(void)
{
	chance = chance * UINT64_C(6364136223846793005) + 1;
	return (chance >> 40 & 1) != 0;
}

/* -------------------------------------------------------------- a history */

static void
mark(void)
{
	marks[mark_count++] = (struct mark){
		disk != NULL ? disk_calls(disk) : 0, saved, durable,
	};
}

static void
on_saved(void *context, uint64_t said)
{
	(void)context;
	durable = said;
	mark();
}

static void
on_failed(void *context, const char *why)
{
	(void)context;
	fail_msg("%s", why);
}

static void
open_log(const char *path)
{
	subject = raft_log_sqlite_open(path, &owner, error, sizeof(error));
	if (subject != NULL)
		raft_log_sqlite_bind(subject, NULL, on_saved, on_failed);
}

/* Entry n is save n, in term n, with a vote for n. */
static void
save(void)
{
	const uint64_t number = ++saved;
	const struct raft_entry entry = { number, number, RAFT_ENTRY_DATA,
					  { "an entry", 8, NULL } };
	const struct raft_save next = { .token = ++token, .term = number,
					.vote = { number, number },
					.entries = &entry, .entry_count = 1 };

	mark();
	raft_log_sqlite.save(subject, &next);
}

static void
flush(void)
{
	raft_log_sqlite.flush(subject);
}

static void
execute(const char *text)
{
	if (sqlite3_exec(raft_log_sqlite_database(subject), text, NULL, NULL,
			 NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(raft_log_sqlite_database(subject)));
}

static void
apply(uint64_t last, uint64_t count)
{
	assert_true(raft_log_sqlite_begin(subject));
	while (count-- > 0)
		execute("UPDATE tally SET sum = sum + 1");
	assert_true(raft_log_sqlite_applied(
	    subject, (struct raft_entry_id){ last, last }));
}

static void
begin(void)
{
	struct raft_owner mine = owner;

	saved = durable = token = 0;
	mark_count = 0;
	mark();
	assert_true(raft_log_sqlite_create(folder, &mine, error,
					   sizeof(error)));
	open_log(folder);
	assert_non_null(subject);
	assert_true(raft_log_sqlite_begin(subject));
	execute("CREATE TABLE tally (sum); INSERT INTO tally VALUES (0)");
	assert_true(
	    raft_log_sqlite_applied(subject, (struct raft_entry_id){ 0, 0 }));
}

/* --------------------------------------------------------------- a crash */

static int64_t
ask(const char *text)
{
	sqlite3_stmt *row;
	int64_t number = -1;

	if (sqlite3_prepare_v2(raft_log_sqlite_database(subject), text, -1, &row,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return number;
}

static const char *
judge(size_t at)
{
	struct raft_stored stored;
	struct raft_entry_id needed;
	uint64_t least = 0, most = 0;

	for (size_t i = 0; i < mark_count && marks[i].calls <= at; i++) {
		least = marks[i].durable;
		most = marks[i].saved;
	}
	if (!raft_log_sqlite_stored(subject, &stored, &needed))
		return "what is stored cannot be told";
	if (stored.last_index < least || stored.last_index > most)
		return "what was durable is gone";
	if (stored.term != stored.last_index ||
	    stored.vote.id != stored.last_index)
		return "a promise is not that of its save";
	if (stored.applied_index > stored.last_index)
		return "more was applied than saved";
	if (ask("SELECT sum FROM tally") != (int64_t)stored.applied_index)
		return "the tables are not those of the entry applied last";
	return NULL;
}

static int
delete_one(const char *path, const struct stat *status, int kind,
	   struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void
delete_folder(const char *path)
{
	if (access(path, F_OK) == 0)
		assert_int_equal(
		    nftw(path, delete_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
try(struct disk_crash *crash)
{
	const char *wrong;

	disk_crash_leave(crash, left);
	crashes++;
	open_log(left);
	wrong = subject != NULL ? judge(crash->at) : error;
	if (wrong != NULL) {
		for (size_t i = 0; i < crash->at; i++) {
			char text[200];

			disk_describe(disk, i, text, sizeof(text));
			print_error("%3zu %s%s\n", i, text,
				    crash->first[i] == SIZE_MAX
					? ""
					: ", not synced");
		}
		fail_msg("a crash before call %zu: %s", crash->at, wrong);
	}
	raft_log_sqlite_close(subject);
	delete_folder(left);
}

static void
crash_everywhere(void)
{
	struct disk_crash crash;
	size_t sets = (size_t)1 << bits;

	raft_log_sqlite_close(subject);
	disk_stop(disk);
	for (size_t at = 0; at <= disk_calls(disk); at++) {
		disk_crash_begin(&crash, disk, at);
		for (size_t n = 0; n < sets && n <= 2 * crash.piece_count;
		     n++) {
			for (size_t i = 0; i < crash.piece_count; i++)
				crash.pieces[i].is_there =
				    n < 2	? n == 1
				    : n % 2 == 0 ? i * sets <
						   n * crash.piece_count
						 : draw();
			try(&crash);
		}
		disk_crash_end(&crash);
	}
	print_message("%zu calls, %" PRIu64 " crashes so far\n",
		      disk_calls(disk), crashes);
	disk_free(disk);
	disk = NULL;
	delete_folder(folder);
}

/* -------------------------------------------------------------- the tests */

static void
effects_are_those_of_the_entry_applied_last(void **state)
{
	(void)state;
	begin();
	disk = disk_record(folder);
	save();
	save();
	flush();
	apply(2, 2);
	save();
	flush();
	apply(3, 1);
	raft_log_sqlite.trim(subject, (struct raft_entry_id){ 2, 2 });
	save();
	save();
	flush();
	apply(4, 1);
	apply(5, 1);
	crash_everywhere();
}

/* The tables are from it, or as they were. */
static void
a_copy_is_taken_whole_or_not_at_all(void **state)
{
	struct raft_entry_id last;

	(void)state;
	begin();
	save();
	save();
	flush();
	apply(2, 2);
	assert_true(raft_log_sqlite_copy(folder, copy, &last, error,
					 sizeof(error)));
	raft_log_sqlite_close(subject);
	delete_folder(folder);
	begin();
	save();
	save();
	flush();
	disk = disk_record(folder);
	if (!raft_log_sqlite_load(subject, copy, error, sizeof(error)))
		fail_msg("%s", error);
	save();
	flush();
	apply(3, 1);
	crash_everywhere();
}

static void
what_a_checkpoint_brings_home_is_there(void **state)
{
	(void)state;
	begin();
	disk = disk_record(folder);
	save();
	flush();
	apply(1, 1);
	raft_log_sqlite_close(subject);
	open_log(folder);
	save();
	flush();
	apply(2, 1);
	save();
	flush();
	crash_everywhere();
}

static int
make_root(void **state)
{
	const char *given = getenv("RAFT_CRASH_BITS");

	(void)state;
	bits = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 6;
	snprintf(root, sizeof(root), "%.60s/crash.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm"
					       : getenv("TEST_TMPDIR"));
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(folder, sizeof(folder), "%s/log", root);
	snprintf(left, sizeof(left), "%s/left", root);
	snprintf(copy, sizeof(copy), "%s/copy", root);
	return 0;
}

static int
delete_root(void **state)
{
	(void)state;
	delete_folder(root);
	print_message("%" PRIu64 " crashes\n", crashes);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effects_are_those_of_the_entry_applied_last),
		cmocka_unit_test(a_copy_is_taken_whole_or_not_at_all),
		cmocka_unit_test(what_a_checkpoint_brings_home_is_there),
	};

	return cmocka_run_group_tests(tests, make_root, delete_root);
}

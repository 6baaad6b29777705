/*
 * What log_sqlite promises beside the contract of a log: applied once, copied, taken.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assists/log_sqlite/log_sqlite.h"

#define KILLS 12
#define ROWS_OF_A_LARGE_TABLE 3000

struct fixture {
	char root[64];
	/** Directories of logs, of servers 1 and 2 of one cluster. */
	char one[96], two[96];
	char copy[96];
	char error[512];
	struct raft_log_sqlite *log;
	uint64_t saved;
	char why[512];
};

/* ----------------------------------------------------------- what is done */

static void
on_saved(void *context, uint64_t token)
{
	((struct fixture *)context)->saved = token;
}

static void
on_failed(void *context, const char *why)
{
	struct fixture *f = context;

	assert_string_equal(f->why, "");
	snprintf(f->why, sizeof(f->why), "%s", why);
}

static struct raft_owner
owner_of(uint64_t id)
{
	struct raft_owner owner = { .cluster = "red", .self = { id, 10 * id } };

	return owner;
}

static void
create(struct fixture *f, const char *path, uint64_t id)
{
	struct raft_owner owner = owner_of(id);

	if (!raft_log_sqlite_create(path, &owner, f->error, sizeof(f->error)))
		fail_msg("%s", f->error);
}

static struct raft_log_sqlite *
open_at(struct fixture *f, const char *path, uint64_t id)
{
	struct raft_owner owner = owner_of(id);
	struct raft_log_sqlite *log = raft_log_sqlite_open(
	    path, &owner, f->error, sizeof(f->error));

	if (log == NULL)
		fail_msg("%s", f->error);
	raft_log_sqlite_bind(log, f, on_saved, on_failed);
	return log;
}

static void
save(struct raft_log_sqlite *log, struct raft_save save)
{
	static uint64_t token;

	save.token = ++token;
	raft_log_sqlite.save(log, &save);
}

static void
save_entry(struct raft_log_sqlite *log, uint64_t index, uint64_t term)
{
	const struct raft_entry entry = { index, term, RAFT_ENTRY_DATA,
					  { "x", 1, NULL } };

	save(log, (struct raft_save){ .term = term, .vote = { 3, 30 },
				      .entries = &entry, .entry_count = 1 });
}

static void
execute(struct raft_log_sqlite *log, const char *text)
{
	char *error = NULL;

	sqlite3_exec(raft_log_sqlite_database(log), text, NULL, NULL, &error);
	if (error != NULL)
		fail_msg("%s: %s", text, error);
}

static void
apply(struct raft_log_sqlite *log, uint64_t index, const char *text)
{
	assert_true(raft_log_sqlite_begin(log));
	execute(log, text);
	assert_true(raft_log_sqlite_applied(
	    log, (struct raft_entry_id){ index, 1 }));
}

static int64_t
ask(struct raft_log_sqlite *log, const char *text)
{
	sqlite3_stmt *row;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(raft_log_sqlite_database(log), text,
					    -1, &row, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return number;
}

static struct raft_stored
stored_in(struct raft_log_sqlite *log, struct raft_entry_id *needed)
{
	struct raft_stored stored;

	assert_true(raft_log_sqlite_stored(log, &stored, needed));
	return stored;
}

static void
shell(const char *format, const char *name)
{
	char command[256];

	snprintf(command, sizeof(command), format, name);
	assert_int_equal(system(command), 0);
}

/* With a connection of somebody else's. */
static void
alter(const char *database, const char *text)
{
	sqlite3 *connection;

	assert_int_equal(sqlite3_open(database, &connection), SQLITE_OK);
	if (sqlite3_exec(connection, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(connection));
	sqlite3_close(connection);
}

/* A copy of the copy, altered. */
static void
alter_copy(struct fixture *f, char other[128], const char *text)
{
	snprintf(other, 128, "%s/other", f->root);
	shell("cp %1$s/copy %1$s/other", f->root);
	alter(other, text);
}

static int
set_up(void **state)
{
	const char *folder = getenv("TEST_TMPDIR");
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_non_null(folder);
	assert_int_equal(chdir(folder), 0);
	strcpy(f->root, "sqlite.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->one, sizeof(f->one), "%s/one", f->root);
	snprintf(f->two, sizeof(f->two), "%s/two", f->root);
	snprintf(f->copy, sizeof(f->copy), "%s/copy", f->root);
	create(f, f->one, 1);
	f->log = open_at(f, f->one, 1);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	raft_log_sqlite_close(f->log);
	shell("rm -rf %s", f->root);
	free(f);
	return 0;
}

/* ------------------------------------------------------ made and opened */

static void
a_log_is_made_once(void **state)
{
	struct fixture *f = *state;
	struct raft_owner owner = owner_of(1);

	raft_log_sqlite_close(f->log);
	f->log = NULL;
	assert_false(raft_log_sqlite_create(f->one, &owner, f->error,
					    sizeof(f->error)));
	assert_non_null(strstr(f->error, "already has a log"));
	owner = (struct raft_owner){ 0 };
	assert_false(raft_log_sqlite_create(f->two, &owner, f->error,
					    sizeof(f->error)));
	assert_non_null(strstr(f->error, "id from 1 up"));
	owner.self.id = 2;
	assert_true(raft_log_sqlite_create(f->two, &owner, f->error,
					   sizeof(f->error)));
	assert_true(owner.self.incarnation != 0);
	f->log = raft_log_sqlite_open(f->two, &owner, f->error,
				      sizeof(f->error));
	assert_non_null(f->log);
	owner.self.incarnation++;
	assert_int_equal(raft_log_sqlite_owner(f->log).self.incarnation + 1,
			 owner.self.incarnation);
}

static void
expect_refusal(struct fixture *f, const char *path, struct raft_owner owner,
	       const char *part)
{
	assert_null(raft_log_sqlite_open(path, &owner, f->error,
					 sizeof(f->error)));
	if (strstr(f->error, part) == NULL)
		fail_msg("%s: expected %s", f->error, part);
}

static void
only_its_own_server_opens_it_and_alone(void **state)
{
	struct fixture *f = *state;
	struct raft_owner owner = owner_of(1);
	char database[128];

	expect_refusal(f, f->one, owner, "is in use");
	raft_log_sqlite_close(f->log);
	f->log = NULL;
	expect_refusal(f, f->one, owner_of(2), "belongs to server 1");
	owner.self.incarnation = 11;
	expect_refusal(f, f->one, owner, "belongs to incarnation 10");
	owner = owner_of(1);
	owner.cluster[0] = 'b';
	expect_refusal(f, f->one, owner, "another cluster");
	expect_refusal(f, f->two, owner, "cannot be opened: No such file");
	assert_int_equal(mkdir(f->two, 0700), 0);
	expect_refusal(f, f->two, owner, "has no database");
	snprintf(database, sizeof(database), "%s/database", f->two);
	alter(database, "CREATE TABLE mine (a)");
	expect_refusal(f, f->two, owner_of(2), "has no log");
	create(f, f->two, 2);
	alter(database, "UPDATE raft_owner SET version = 2");
	expect_refusal(f, f->two, owner_of(2), "have version 2");
	shell("head -c 9000 /dev/urandom >%s/two/database", f->root);
	expect_refusal(f, f->two, owner_of(2), "not a database");
	f->log = open_at(f, f->one, 1);
}

/* -------------------------------------------------------------- applying */

/* Adds and adds, until it is killed. */
static _Noreturn void
add_for_ever(struct fixture *f)
{
	struct raft_entry_id needed;
	struct raft_stored stored;
	uint64_t applied;

	f->log = open_at(f, f->one, 1);
	stored = stored_in(f->log, &needed);
	applied = stored.applied_index;
	for (;;) {
		if (++applied > stored.last_index) {
			save_entry(f->log, applied, 1);
			raft_log_sqlite.flush(f->log);
		}
		apply(f->log, applied, "UPDATE tally SET sum = sum + 1");
		if (applied % 50 == 0)
			raft_log_sqlite.trim(
			    f->log, (struct raft_entry_id){ applied, 1 });
	}
}

static void
an_entry_is_applied_once_whenever_its_process_dies(void **state)
{
	struct fixture *f = *state;
	struct raft_stored stored = { 0 };
	struct raft_entry_id needed;
	uint64_t before = 0;
	pid_t pid;

	apply(f->log, 0, "CREATE TABLE tally (sum); INSERT INTO tally VALUES (0)");
	for (int i = 0; i < KILLS; i++) {
		raft_log_sqlite_close(f->log);
		f->log = NULL;
		pid = fork();
		if (pid == 0)
			add_for_ever(f);
		usleep(30000 + 7919 * (unsigned)i);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		f->log = open_at(f, f->one, 1);
		stored = stored_in(f->log, &needed);
		assert_int_equal(needed.index, 0);
		assert_in_range(stored.applied_index, before,
				stored.last_index);
		assert_int_equal(ask(f->log, "SELECT sum FROM tally"),
				 stored.applied_index);
		before = stored.applied_index;
	}
	print_message("%d processes killed, %ju entries applied once each\n",
		      KILLS, (uintmax_t)before);
}

/* A member stops rather than going on with what it has not applied. */
static void
what_was_begun_must_end(void **state)
{
	struct fixture *f = *state;

	assert_true(raft_log_sqlite_begin(f->log));
	save_entry(f->log, 1, 1);
	assert_non_null(strstr(f->why, "were to be applied were not"));
	assert_false(raft_log_sqlite_applied(f->log,
					     (struct raft_entry_id){ 1, 1 }));
	assert_false(raft_log_sqlite_begin(f->log));
	raft_log_sqlite.flush(f->log);
	assert_int_equal(f->saved, 0);
	raft_log_sqlite_close(f->log);
	f->log = open_at(f, f->one, 1);
	f->why[0] = '\0';
	assert_false(raft_log_sqlite_applied(f->log,
					     (struct raft_entry_id){ 1, 1 }));
	assert_non_null(strstr(f->why, "nothing was begun"));
}

/* What follows it would be a transaction of its own, and applied again. */
static void
a_statement_that_undoes_its_transaction_is_noticed(void **state)
{
	struct fixture *f = *state;
	sqlite3 *database = raft_log_sqlite_database(f->log);
	struct raft_entry_id needed;

	apply(f->log, 0, "CREATE TABLE tally (sum INTEGER PRIMARY KEY);"
			 "INSERT INTO tally VALUES (1)");
	for (uint64_t i = 1; i <= 3; i++)
		save_entry(f->log, i, 1);
	raft_log_sqlite.flush(f->log);
	assert_true(raft_log_sqlite_begin(f->log));
	execute(f->log, "INSERT INTO tally VALUES (2)");
	assert_int_equal(sqlite3_exec(database,
				      "INSERT OR ROLLBACK INTO tally VALUES (1)",
				      NULL, NULL, NULL),
			 SQLITE_CONSTRAINT);
	assert_true(sqlite3_exec(database, "INSERT INTO tally VALUES (3)", NULL,
				 NULL, NULL) != SQLITE_OK);
	assert_false(raft_log_sqlite_applied(f->log,
					     (struct raft_entry_id){ 3, 1 }));
	assert_non_null(strstr(f->why, "undone its transaction"));
	raft_log_sqlite_close(f->log);
	f->log = open_at(f, f->one, 1);
	assert_int_equal(ask(f->log, "SELECT count(*) FROM tally"), 1);
	assert_int_equal(stored_in(f->log, &needed).applied_index, 0);
}

/* Its tables would be ahead of it after a crash. */
static void
what_the_log_does_not_hold_is_not_applied(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 1; i <= 3; i++)
		save_entry(f->log, i, 1);
	/* They need not have been flushed. */
	apply(f->log, 3, "CREATE TABLE tally (sum)");
	assert_true(raft_log_sqlite_begin(f->log));
	assert_false(raft_log_sqlite_applied(f->log,
					     (struct raft_entry_id){ 4, 1 }));
	assert_non_null(strstr(f->why, "does not hold"));
}

/* A process may have been started without standard input. */
static void
the_first_descriptor_is_one_as_any(void **state)
{
	struct fixture *f = *state;
	int kept;

	raft_log_sqlite_close(f->log);
	f->log = NULL;
	kept = dup(STDIN_FILENO);
	close(STDIN_FILENO);
	f->log = open_at(f, f->one, 1);
	/* Its directory's, which is let go with it. */
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), FD_CLOEXEC);
	raft_log_sqlite_close(f->log);
	f->log = NULL;
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
	if (kept < 0)
		return;
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

/* Of five of one byte each; the first comes in any case. */
static void
as_many_are_read_as_there_is_room_for(void **state)
{
	static const struct {
		uint64_t first;
		size_t count, bytes_max, read;
	} reads[] = {
		{ 1, 5, 1000, 5 }, { 1, 5, SIZE_MAX, 5 }, { 1, 5, 5, 5 },
		{ 1, 5, 4, 4 },	   { 1, 5, 3, 3 },	  { 1, 5, 2, 2 },
		{ 1, 5, 1, 1 },	   { 1, 5, 0, 1 },	  { 1, 3, 1000, 3 },
		{ 1, 1, 1000, 1 }, { 3, 5, 1000, 3 },	  { 3, 5, 2, 2 },
		{ 5, 5, 1000, 1 }, { 1, 0, 1000, 0 },
	};
	struct raft_entry entries[5];
	struct fixture *f = *state;
	size_t got;

	for (uint64_t i = 1; i <= 5; i++)
		save_entry(f->log, i, 1);
	for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		got = raft_log_sqlite.read(f->log, reads[i].first,
					   reads[i].count, reads[i].bytes_max,
					   entries);
		assert_int_equal(got, reads[i].read);
		while (got-- > 0) {
			assert_int_equal(entries[got].index,
					 reads[i].first + got);
			raft_payload_release(&entries[got].payload);
		}
	}
	assert_string_equal(f->why, "");
}

/* That is no failure: whoever asks has a snapshot for it. */
static void
what_was_trimmed_and_what_is_not_there_yet_is_not_read(void **state)
{
	struct raft_entry entries[3];
	struct fixture *f = *state;

	for (uint64_t i = 1; i <= 3; i++)
		save_entry(f->log, i, 1);
	raft_log_sqlite.flush(f->log);
	raft_log_sqlite.trim(f->log, (struct raft_entry_id){ 2, 1 });
	for (uint64_t i = 0; i <= 4; i += 2)
		assert_int_equal(raft_log_sqlite.read(f->log, i, 3, 1000,
						      entries),
				 0);
	assert_string_equal(f->why, "");
	assert_int_equal(raft_log_sqlite.read(f->log, 3, 3, 1000, entries), 1);
	assert_int_equal(entries[0].index, 3);
	raft_payload_release(&entries[0].payload);
}

static void
what_was_applied_is_not_applied_again(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 1; i <= 3; i++)
		save_entry(f->log, i, 1);
	raft_log_sqlite.flush(f->log);
	apply(f->log, 3, "CREATE TABLE tally (sum)");
	apply(f->log, 0, "CREATE TABLE more (sum)");
	assert_true(raft_log_sqlite_begin(f->log));
	assert_false(raft_log_sqlite_applied(f->log,
					     (struct raft_entry_id){ 2, 1 }));
	assert_non_null(strstr(f->why, "a later entry was applied"));
}

static void
who_cannot_apply_gives_up(void **state)
{
	struct fixture *f = *state;

	assert_true(raft_log_sqlite_begin(f->log));
	raft_log_sqlite_give_up(f->log, "there is no room for accounts");
	assert_non_null(strstr(f->why, "no room for accounts"));
	assert_false(raft_log_sqlite_begin(f->log));
}

static void
read_one(struct raft_log_sqlite *log)
{
	struct raft_entry entry;

	assert_int_equal(raft_log_sqlite.read(log, 1, 1, 1000, &entry), 0);
}

static void
save_another(struct raft_log_sqlite *log)
{
	save_entry(log, 4, 1);
}

static void
save_in_place_of_another(struct raft_log_sqlite *log)
{
	save(log, (struct raft_save){ .term = 2, .truncate_from = 3 });
}

static void
save_snapshot(struct raft_log_sqlite *log)
{
	const struct raft_stored_snapshot base = { .last = { 9, 1 } };

	save(log, (struct raft_save){ .term = 2, .snapshot = &base });
}

static void
save_promise(struct raft_log_sqlite *log)
{
	save(log, (struct raft_save){ .term = 2 });
}

static void
trim_two(struct raft_log_sqlite *log)
{
	raft_log_sqlite.trim(log, (struct raft_entry_id){ 2, 1 });
}

static void
ask_what_is_stored(struct raft_log_sqlite *log)
{
	struct raft_stored stored;
	struct raft_entry_id needed;

	assert_false(raft_log_sqlite_stored(log, &stored, &needed));
}

static void
leave_a_gap(struct raft_log_sqlite *log)
{
	save_entry(log, 5, 1);
}

static void
begin_twice(struct raft_log_sqlite *log)
{
	(void)!raft_log_sqlite_begin(log);
	assert_false(raft_log_sqlite_begin(log));
}

/* Whatever it is that the database refuses: it is said once, and nothing is promised
 * any more. */
static void
what_cannot_be_done_is_the_end(void **state)
{
	static const struct {
		void (*try)(struct raft_log_sqlite *log);
		/** What is dropped before, "": nothing. */
		const char *table;
		const char *why;
	} cases[] = {
		{ read_one, "raft_entries", "no such table: " },
		{ save_another, "raft_entries", "no such table: " },
		{ save_in_place_of_another, "raft_entries", "no such table: " },
		{ save_snapshot, "raft_entries", "no such table: " },
		{ save_promise, "raft_state", "no such table: " },
		{ trim_two, "raft_entries", "no such table: " },
		{ trim_two, "raft_state", "no such table: " },
		{ ask_what_is_stored, "raft_entries", "no such table: " },
		{ leave_a_gap, "", "does not follow the last entry" },
		{ begin_twice, "", "what was begun has not ended" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64], database[128];
		uint64_t saved;

		raft_log_sqlite_close(f->log);
		shell("rm -rf %s", f->one);
		create(f, f->one, 1);
		f->log = open_at(f, f->one, 1);
		f->why[0] = '\0';
		for (uint64_t entry = 1; entry <= 3; entry++)
			save_entry(f->log, entry, 1);
		raft_log_sqlite.flush(f->log);
		saved = f->saved;
		if (cases[i].table[0] != '\0') {
			snprintf(database, sizeof(database), "%s/database",
				 f->one);
			snprintf(text, sizeof(text),
				 "ALTER TABLE %s RENAME TO gone",
				 cases[i].table);
			alter(database, text);
		}
		cases[i].try(f->log);
		if (strstr(f->why, cases[i].why) == NULL ||
		    strstr(f->why, cases[i].table) == NULL ||
		    strncmp(f->why, f->one, strlen(f->one)) != 0)
			fail_msg("%zu: '%s'", i, f->why);
		cases[i].try(f->log);
		raft_log_sqlite.flush(f->log);
		assert_int_equal(f->saved, saved);
		assert_false(raft_log_sqlite_begin(f->log));
	}
}

/* Readers that come and go, and copies, while the log goes on. */
static void
others_read_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id last;
	sqlite3 *reader;
	char name[128], copy[128];
	int status, copies = 0;
	pid_t pid;

	apply(f->log, 0, "CREATE TABLE tally (sum); INSERT INTO tally VALUES (0)");
	snprintf(name, sizeof(name), "%s/database", f->one);
	pid = fork();
	for (int i = 0; pid == 0 && i < 30; i++) {
		snprintf(copy, sizeof(copy), "%s.%d", f->copy, i);
		if (!raft_log_sqlite_copy(f->one, copy, &last, f->error,
					  sizeof(f->error)) ||
		    sqlite3_open(name, &reader) != SQLITE_OK ||
		    sqlite3_exec(reader, "SELECT sum FROM tally", NULL, NULL,
				 NULL) != SQLITE_OK ||
		    sqlite3_close(reader) != SQLITE_OK)
			_exit(1);
		copies++;
	}
	if (pid == 0)
		_exit(copies == 30 ? 0 : 1);
	for (uint64_t i = 1; waitpid(pid, &status, WNOHANG) == 0; i++) {
		save_entry(f->log, i, 1);
		raft_log_sqlite.flush(f->log);
		apply(f->log, i, "UPDATE tally SET sum = sum + 1");
	}
	assert_int_equal(status, 0);
	assert_string_equal(f->why, "");
}

static void
a_full_disk_is_reported_once_and_nothing_promised(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, after;
	struct raft_entry_id needed;
	uint64_t index = 0, promised;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	after = before;
	after.rlim_cur = 200000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &after), 0);
	for (; f->why[0] == '\0' && index < 10000; index++) {
		save_entry(f->log, index + 1, 1);
		raft_log_sqlite.flush(f->log);
	}
	promised = f->saved;
	save_entry(f->log, index + 1, 1);
	raft_log_sqlite.flush(f->log);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(f->saved, promised);
	assert_non_null(strstr(f->why, "database: "));
	raft_log_sqlite_close(f->log);
	f->log = open_at(f, f->one, 1);
	assert_in_range(stored_in(f->log, &needed).last_index, index - 1,
			index);
}

/* ---------------------------------------------------------------- copies */

/* Server 1 with a hundred entries applied, and its copy. */
static void
fill(struct fixture *f)
{
	struct raft_entry_id last;

	for (uint64_t i = 1; i <= 100; i++)
		save_entry(f->log, i, 1);
	raft_log_sqlite.flush(f->log);
	apply(f->log, 0, "CREATE TABLE names (name, bytes)");
	apply(f->log, 100,
	      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	      " WHERE i < 3000) INSERT INTO names SELECT i, randomblob(200)"
	      " FROM n");
	if (!raft_log_sqlite_copy(f->one, f->copy, &last, f->error,
				  sizeof(f->error)))
		fail_msg("%s", f->error);
	assert_int_equal(last.index, 100);
	assert_int_equal(last.term, 1);
}

/* Server 2, whose log begins behind that snapshot, with promises of its own. */
static void
begin_behind(struct fixture *f)
{
	const struct raft_stored_snapshot snapshot = { { 100, 1 }, 1, "conf", 4 };

	raft_log_sqlite_close(f->log);
	create(f, f->two, 2);
	f->log = open_at(f, f->two, 2);
	apply(f->log, 0, "CREATE TABLE old (a)");
	save(f->log, (struct raft_save){ .term = 7, .snapshot = &snapshot });
	save_entry(f->log, 101, 7);
	raft_log_sqlite.flush(f->log);
}

static void
expect_taken(struct fixture *f)
{
	struct raft_entry_id needed;
	struct raft_stored stored = stored_in(f->log, &needed);

	assert_int_equal(needed.index, 0);
	assert_int_equal(stored.applied_index, 100);
	assert_int_equal(stored.term, 7);
	assert_int_equal(stored.vote.id, 3);
	assert_int_equal(stored.vote.incarnation, 30);
	assert_int_equal(stored.snapshot.index, 100);
	assert_int_equal(stored.snapshot.term, 1);
	assert_int_equal(stored.last_index, 101);
	assert_int_equal(stored.run_count, 1);
	assert_int_equal(stored.configuration_count, 1);
	assert_memory_equal(stored.configurations[0].bytes, "conf", 4);
	assert_int_equal(raft_log_sqlite_owner(f->log).self.id, 2);
	assert_int_equal(ask(f->log, "SELECT count(*) FROM names"),
			 ROWS_OF_A_LARGE_TABLE);
}

static void
a_copy_is_taken_and_promises_stay(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id needed;
	struct stat file;

	fill(f);
	assert_int_equal(stat(f->copy, &file), 0);
	assert_in_range(file.st_size, 600000, 1000000);
	begin_behind(f);
	assert_int_equal(stored_in(f->log, &needed).applied_index, 0);
	assert_int_equal(needed.index, 100);
	if (!raft_log_sqlite_load(f->log, f->copy, f->error, sizeof(f->error)))
		fail_msg("%s", f->error);
	expect_taken(f);
	raft_log_sqlite_close(f->log);
	f->log = open_at(f, f->two, 2);
	expect_taken(f);
	save_entry(f->log, 102, 7);
	raft_log_sqlite.flush(f->log);
	apply(f->log, 101, "INSERT INTO names VALUES (0, NULL)");
}

static void
a_server_killed_while_it_takes_one_takes_it_again(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id needed;
	int half = 0;
	pid_t pid;

	fill(f);
	begin_behind(f);
	for (unsigned i = 0; i < KILLS; i++) {
		raft_log_sqlite_close(f->log);
		f->log = NULL;
		pid = fork();
		if (pid == 0) {
			f->log = open_at(f, f->two, 2);
			_exit(!raft_log_sqlite_load(f->log, f->copy, f->error,
						    sizeof(f->error)));
		}
		usleep(2000 * i);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		f->log = open_at(f, f->two, 2);
		stored_in(f->log, &needed);
		if (needed.index == 0)
			break;
		assert_int_equal(needed.index, 100);
		half++;
	}
	print_message("killed before it was taken %d times\n", half);
	if (needed.index != 0 &&
	    !raft_log_sqlite_load(f->log, f->copy, f->error, sizeof(f->error)))
		fail_msg("%s", f->error);
	expect_taken(f);
}

static void
expect_not_taken(struct fixture *f, const char *copy, const char *part)
{
	assert_false(
	    raft_log_sqlite_load(f->log, copy, f->error, sizeof(f->error)));
	if (strstr(f->error, part) == NULL)
		fail_msg("%s: expected %s", f->error, part);
}

static void
what_is_no_copy_is_not_taken(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id last;
	char other[128];

	fill(f);
	assert_false(raft_log_sqlite_copy(f->one, f->copy, &last, f->error,
					  sizeof(f->error)));
	assert_non_null(strstr(f->error, "is there already"));
	assert_false(raft_log_sqlite_copy(f->two, "nowhere", &last, f->error,
					  sizeof(f->error)));
	assert_int_equal(access("nowhere", F_OK), -1);
	begin_behind(f);
	snprintf(other, sizeof(other), "%s/one/database", f->root);
	expect_not_taken(f, other, "is the database of server 1");
	snprintf(other, sizeof(other), "%s/other", f->root);
	expect_not_taken(f, other, "unable to open");
	shell("echo 'This is not what it is for' >%s/other", f->root);
	expect_not_taken(f, other, "is not a copy");
}

static void
nor_one_of_another_cluster_or_an_older_one(void **state)
{
	struct fixture *f = *state;
	char other[128];

	fill(f);
	begin_behind(f);
	alter_copy(f, other,
		   "UPDATE raft_owner SET cluster ="
		   " x'62000000000000000000000000000000'");
	expect_not_taken(f, other, "another cluster");
	alter_copy(f, other, "UPDATE raft_state SET applied_index = 99");
	expect_not_taken(f, other,
			 "is of entry 99, and the log begins behind 100 and "
			 "ends with 101");
	alter_copy(f, other, "UPDATE raft_state SET applied_index = 102");
	expect_not_taken(f, other, "is of entry 102, and the log begins");
	alter_copy(f, other, "PRAGMA page_size = 8192; VACUUM");
	expect_not_taken(f, other, "of another size");
	assert_true(raft_log_sqlite_load(f->log, f->copy, f->error,
					 sizeof(f->error)));
	apply(f->log, 101, "DELETE FROM names WHERE name = 1");
	expect_not_taken(f, f->copy, "is of entry 100, and 101 is applied");
	assert_true(raft_log_sqlite_begin(f->log));
	expect_not_taken(f, f->copy, "while entries are being applied");
}

/* By number, rows of a table without a key are the same everywhere. */
static void
rows_keep_their_numbers(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id last;

	fill(f);
	shell("rm %s/copy", f->root);
	apply(f->log, 100, "DELETE FROM names WHERE name < 3");
	assert_true(raft_log_sqlite_copy(f->one, f->copy, &last, f->error,
					 sizeof(f->error)));
	begin_behind(f);
	assert_true(raft_log_sqlite_load(f->log, f->copy, f->error,
					 sizeof(f->error)));
	assert_int_equal(ask(f->log, "SELECT rowid FROM names WHERE name = 9"),
			 9);
}

static void
a_copy_is_not_taken_in_the_middle_of_rows(void **state)
{
	struct fixture *f = *state;
	sqlite3_stmt *row;

	fill(f);
	begin_behind(f);
	assert_int_equal(sqlite3_prepare_v2(raft_log_sqlite_database(f->log),
					    "SELECT * FROM sqlite_master", -1,
					    &row, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	expect_not_taken(f, f->copy, "in the middle of its rows");
	sqlite3_finalize(row);
	assert_true(raft_log_sqlite_load(f->log, f->copy, f->error,
					 sizeof(f->error)));
}

/* As another thread does, while saves go on. */
static void
a_copy_is_of_one_moment(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id last;

	fill(f);
	save_entry(f->log, 101, 1);
	shell("rm %s/copy", f->root);
	assert_true(raft_log_sqlite_copy(f->one, f->copy, &last, f->error,
					 sizeof(f->error)));
	assert_int_equal(last.index, 100);
	raft_log_sqlite.flush(f->log);
	alter(f->copy, "CREATE TABLE one (one CHECK (one = 0)); INSERT INTO one"
		       " SELECT (SELECT count(*) FROM raft_entries) +"
		       " (SELECT count(*) FROM raft_owner WHERE id != 0)");
}

/* Whatever is applied, and checkpointed, meanwhile. */
static void
a_view_is_copied_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct raft_log_sqlite_view *view;
	struct raft_entry_id last;

	fill(f);
	shell("rm %s/copy", f->root);
	view = raft_log_sqlite_view(f->one, &last, f->error, sizeof(f->error));
	assert_non_null(view);
	assert_int_equal(last.index, 100);
	for (uint64_t i = 101; i <= 130; i++) {
		save_entry(f->log, i, 1);
		raft_log_sqlite.flush(f->log);
		apply(f->log, i, "DELETE FROM names WHERE name % 30 = 0;"
				 "UPDATE names SET bytes = randomblob(300)");
	}
	if (!raft_log_sqlite_copy_view(view, f->copy, f->error,
				       sizeof(f->error)))
		fail_msg("%s", f->error);
	raft_log_sqlite_end_view(view);
	alter(f->copy, "CREATE TABLE one (one CHECK (one = 3100)); INSERT INTO"
		       " one SELECT applied_index + (SELECT count(*) FROM names"
		       " WHERE length(bytes) = 200) FROM raft_state");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_log_is_made_once),
		TEST(only_its_own_server_opens_it_and_alone),
		TEST(an_entry_is_applied_once_whenever_its_process_dies),
		TEST(what_was_begun_must_end),
		TEST(a_statement_that_undoes_its_transaction_is_noticed),
		TEST(what_the_log_does_not_hold_is_not_applied),
		TEST(as_many_are_read_as_there_is_room_for),
		TEST(what_was_trimmed_and_what_is_not_there_yet_is_not_read),
		TEST(the_first_descriptor_is_one_as_any),
		TEST(what_was_applied_is_not_applied_again),
		TEST(who_cannot_apply_gives_up),
		TEST(what_cannot_be_done_is_the_end),
		TEST(others_read_meanwhile),
		TEST(a_full_disk_is_reported_once_and_nothing_promised),
		TEST(a_copy_is_taken_and_promises_stay),
		TEST(a_server_killed_while_it_takes_one_takes_it_again),
		TEST(what_is_no_copy_is_not_taken),
		TEST(nor_one_of_another_cluster_or_an_older_one),
		TEST(a_copy_is_of_one_moment),
		TEST(a_view_is_copied_as_it_was),
		TEST(rows_keep_their_numbers),
		TEST(a_copy_is_not_taken_in_the_middle_of_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

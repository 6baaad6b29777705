/*
 * Three members whose ledgers are tables of the same database as their logs: members
 * end between any two turns, and while they take a snapshot, fall far behind, take each other's copies, and no
 * transfer is ever done twice, half, or not at all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * docs/sqlite.md shows parts of this. RAFT_SEED=n replays a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/stdlib.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/log_sqlite/log_sqlite.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "assists/transport_local/transport_local.h"

#define MEMBERS 3
#define ACCOUNTS 8
#define STEPS 5000
#define SNAPSHOT_ENTRIES 60
#define TIMEOUT_US 100000
#define PATH_BYTES 512

/* Crashes here are of processes: what the disk has is for other tests. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

static uint64_t chance;

static uint64_t
draw(uint64_t limit)
{
	chance += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t x = chance;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (x ^ x >> 31) % limit;
}

struct member {
	struct raft_owner owner;
	char path[PATH_BYTES];
	char snapshots_path[PATH_BYTES];
	/** Where a copy is written to, and read from. */
	char copy[PATH_BYTES];
	struct raft_log_sqlite *log;
	struct raft_snapshot_file *snapshots;
	/** NULL: it is down. */
	struct raft_node *node;
	sqlite3_stmt *transfer;
	/** The newest snapshot. */
	struct raft_entry_id taken;
	/** Steps until it comes back. */
	uint64_t down;
	/** It ends with this turn. */
	bool dies;
};

/** What a command says. */
struct command {
	uint32_t from, to, amount;
};

static struct member members[MEMBERS];
static struct raft_local *hub;
static uint64_t now, proposed, acknowledged;
static int crashed, installed, resumed;

/* ----------------------------------------------------------- the machine */

static bool
transfer(struct member *m, const struct raft_entry *entry)
{
	struct command command;
	bool done;

	memcpy(&command, entry->payload.data, sizeof(command));
	sqlite3_bind_int64(m->transfer, 1, command.from);
	sqlite3_bind_int64(m->transfer, 2, command.to);
	sqlite3_bind_int64(m->transfer, 3, command.amount);
	sqlite3_bind_int64(m->transfer, 4, (int64_t)entry->index);
	done = sqlite3_step(m->transfer) == SQLITE_DONE;
	sqlite3_reset(m->transfer);
	return done;
}

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	const struct raft_entry *last = &entries[count - 1];
	struct member *m = context;

	if (!raft_log_sqlite_begin(m->log))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].kind == RAFT_ENTRY_DATA &&
		    !transfer(m, &entries[i])) {
			raft_log_sqlite_give_up(m->log, NULL);
			return false;
		}
	}
	return raft_log_sqlite_applied(
	    m->log, (struct raft_entry_id){ last->index, last->term });
}

static void
outcome(void *context, const struct raft_outcome *outcome)
{
	(void)context;
	if (outcome->kind == RAFT_OUTCOME_COMMITTED)
		acknowledged += outcome->range.last - outcome->range.first + 1;
}

static const struct raft_node_machine machine = { .apply = apply,
						  .outcome = outcome };

/* --------------------------------------------------------- its snapshots */

static void
take_snapshot(struct member *m)
{
	struct raft_entry_id last;
	char error[512];
	char bytes[65536];
	ssize_t got;
	int fd;

	unlink(m->copy);
	if (!raft_log_sqlite_copy(m->path, m->copy, &last, error,
				  sizeof(error)))
		fail_msg("%s", error);
	raft_snapshot_file_begin(m->snapshots, last);
	fd = open(m->copy, O_RDONLY);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		raft_snapshot_file_write(m->snapshots, bytes, (size_t)got);
	close(fd);
	unlink(m->copy);
	if (got < 0 || !raft_snapshot_file_commit(m->snapshots))
		fail_msg("no snapshot");
	m->taken = last;
	assert_int_equal(raft_node_snapshot_taken(
			     m->node, last.index,
			     raft_snapshot_file_size(m->snapshots, last)),
			 RAFT_OK);
	raft_snapshot_file_forget(
	    m->snapshots, raft_snapshot_oldest(raft_node_raft(m->node)));
}

static bool
write_some(void *context, const void *bytes, size_t length)
{
	return write(*(int *)context, bytes, length) == (ssize_t)length;
}

static void
load_snapshot(struct member *m, struct raft_entry_id snapshot)
{
	int fd = open(m->copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char error[512];

	if (!raft_snapshot_file_load(m->snapshots, snapshot, write_some, &fd,
				     error, sizeof(error)) ||
	    !raft_log_sqlite_load(m->log, m->copy, error, sizeof(error)))
		fail_msg("%s", error);
	close(fd);
	unlink(m->copy);
	m->taken = snapshot;
}

static bool
on_install(void *context, struct raft_entry_id snapshot)
{
	struct member *m = context;

	/* It dies when the log has begun behind the snapshot, and the tables
	 * are not from it. */
	if (draw(2) == 0) {
		m->dies = true;
		return false;
	}
	load_snapshot(m, snapshot);
	installed++;
	return true;
}

/* -------------------------------------------------------------- the rest */

static void
on_saved(void *context, uint64_t token)
{
	raft_node_saved(((struct member *)context)->node, token);
}

static void
on_failed(void *context, const char *why)
{
	(void)context;
	fail_msg("%s", why);
}

static void
on_part_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	raft_node_snapshot_saved(((struct member *)context)->node, snapshot,
				 end);
}

static void
on_part_lost(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_failed(((struct member *)context)->node, snapshot);
}

static void
receive(void *context, const struct raft_message *message)
{
	struct member *m = context;

	if (m->node != NULL && draw(20) != 0)
		raft_receive(raft_node_raft(m->node), message, now);
}

static void
open_files(struct member *m)
{
	const struct raft_snapshot_file_reports reports = {
		m,	    on_part_saved, on_part_lost, on_part_lost,
		on_install, on_failed,	   NULL,
	};
	char error[512];

	m->log = raft_log_sqlite_open(m->path, &m->owner, error, sizeof(error));
	if (m->log == NULL)
		fail_msg("%s", error);
	m->snapshots = raft_snapshot_file_open(m->snapshots_path, &m->owner,
					       error, sizeof(error));
	if (m->snapshots == NULL)
		fail_msg("%s", error);
	raft_log_sqlite_bind(m->log, m, on_saved, on_failed);
	raft_snapshot_file_bind(m->snapshots, &reports);
}

/* What is stored, with a snapshot loaded if one is needed. */
static struct raft_stored
recover(struct member *m)
{
	struct raft_stored stored;
	struct raft_entry_id needed, chosen;
	char error[512];

	assert_true(raft_log_sqlite_stored(m->log, &stored, &needed));
	if (!raft_snapshot_file_choose(m->snapshots, &stored, &chosen, error,
				       sizeof(error)))
		fail_msg("%s", error);
	m->taken = chosen;
	/* Also after a power cut, when the tables are behind a snapshot of theirs. */
	if (chosen.index <= stored.applied_index)
		return stored;
	resumed += needed.index > 0;
	load_snapshot(m, chosen);
	assert_true(raft_log_sqlite_stored(m->log, &stored, &needed));
	assert_int_equal(needed.index, 0);
	return stored;
}

static void
prepare(struct member *m)
{
	const char text[] = "INSERT INTO transfers VALUES (?4, ?1, ?2, ?3)";

	if (sqlite3_prepare_v2(raft_log_sqlite_database(m->log), text, -1,
			       &m->transfer, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(raft_log_sqlite_database(m->log)));
}

static void
start(struct member *m)
{
	struct raft_node_options options = {
		.raft = { .self = m->owner.self,
			  .seed = draw(UINT64_MAX - 1) + 1,
			  .snapshot_tail_entries = 10,
			  .snapshot_part_bytes = 4096,
			  .ahead_of_disk = draw(1) == 0 },
		.log = &raft_log_sqlite,
		.transport = &raft_local_transport,
		.transport_context = hub,
		.machine = &machine,
		.machine_context = m,
		.snapshots = &raft_snapshot_file,
	};
	struct raft_stored stored;

	open_files(m);
	stored = recover(m);
	prepare(m);
	options.log_context = m->log;
	options.snapshots_context = m->snapshots;
	assert_int_equal(raft_node_create(&options, &stored, now, &m->node),
			 RAFT_OK);
	if (m->taken.index > 0)
		assert_int_equal(raft_node_snapshot_taken(
				     m->node, m->taken.index,
				     raft_snapshot_file_size(m->snapshots,
							     m->taken)),
				 RAFT_OK);
}

static void
stop(struct member *m)
{
	raft_node_destroy(m->node);
	raft_log_sqlite_close(m->log);
	raft_snapshot_file_close(m->snapshots);
	m->node = NULL;
}

static uint64_t
applied_by(const struct member *m)
{
	struct raft_status status;

	raft_status(raft_node_raft(m->node), &status);
	return status.applied_index;
}

static void
go_on(struct member *m, bool may_crash)
{
	if (m->node == NULL) {
		if (m->down > 0)
			m->down--;
		else
			start(m);
		return;
	}
	raft_node_turn(m->node, now);
	if (!m->dies && applied_by(m) >= m->taken.index + SNAPSHOT_ENTRIES)
		take_snapshot(m);
	if (!m->dies && (!may_crash || draw(500) != 0))
		return;
	crashed++;
	stop(m);
	m->dies = false;
	m->down = draw(2) == 0 ? draw(800) : draw(20);
}

static struct member *
leader(void)
{
	struct raft_status status;

	for (size_t i = 0; i < MEMBERS; i++) {
		if (members[i].node == NULL)
			continue;
		raft_status(raft_node_raft(members[i].node), &status);
		if (status.role == RAFT_LEADER)
			return &members[i];
	}
	return NULL;
}

static void
free_bytes(struct raft_block *block)
{
	free(block);
}

static void
propose(void)
{
	struct bytes {
		struct raft_block block;
		struct command command;
	} *bytes;
	struct member *m = leader();
	struct raft_payload payload;

	if (m == NULL)
		return;
	bytes = malloc(sizeof(*bytes));
	assert_non_null(bytes);
	bytes->block = (struct raft_block){ 1, free_bytes };
	bytes->command = (struct command){ (uint32_t)draw(ACCOUNTS),
					   (uint32_t)draw(ACCOUNTS),
					   (uint32_t)draw(100) };
	payload = (struct raft_payload){ &bytes->command,
					 sizeof(bytes->command),
					 &bytes->block };
	proposed += raft_propose(raft_node_raft(m->node), &payload, 1, now,
				 NULL) == RAFT_OK;
	raft_payload_release(&payload);
}

static void
run(int steps, bool may_crash, bool proposes)
{
	while (steps-- > 0) {
		if (proposes)
			propose();
		raft_local_pump(hub);
		for (size_t i = 0; i < MEMBERS; i++)
			go_on(&members[i], may_crash);
		now += 1000;
	}
}

/* ------------------------------------------------------------- the tests */

static char root[256];

static void
make_ledger(struct member *m)
{
	static const char text[] =
	    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance);"
	    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 7) INSERT INTO accounts SELECT i, 1000 FROM n;"
	    "CREATE TABLE transfers (entry INTEGER PRIMARY KEY, debtor,"
	    " creditor, amount);"
	    "CREATE TRIGGER pay AFTER INSERT ON transfers BEGIN"
	    " UPDATE accounts SET balance = balance - new.amount"
	    "  WHERE id = new.debtor;"
	    " UPDATE accounts SET balance = balance + new.amount"
	    "  WHERE id = new.creditor;"
	    "END";
	char error[512];

	if (!raft_log_sqlite_create(m->path, &m->owner, error, sizeof(error)))
		fail_msg("%s", error);
	m->log = raft_log_sqlite_open(m->path, &m->owner, error, sizeof(error));
	assert_non_null(m->log);
	assert_true(raft_log_sqlite_begin(m->log));
	assert_int_equal(sqlite3_exec(raft_log_sqlite_database(m->log), text,
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_true(
	    raft_log_sqlite_applied(m->log, (struct raft_entry_id){ 0, 0 }));
	raft_log_sqlite_close(m->log);
}

static void
bootstrap(void)
{
	struct raft_member named[MEMBERS];
	struct raft_configuration first = { .election_timeout_us = TIMEOUT_US,
					    .members = named,
					    .member_count = MEMBERS };

	for (size_t i = 0; i < MEMBERS; i++)
		named[i] = (struct raft_member){ .identity =
						     members[i].owner.self,
						 .role = RAFT_MEMBER_VOTER };
	for (size_t i = 0; i < MEMBERS; i++)
		assert_int_equal(raft_bootstrap(raft_node_raft(members[i].node),
						&first, now),
				 RAFT_OK);
}

static void
set_up(void)
{
	const char *seed = getenv("RAFT_SEED");

	chance = seed != NULL ? strtoull(seed, NULL, 10) : arc4random();
	print_message("again: ./run test --test_env=RAFT_SEED=%" PRIu64
		      " //tests/sqlite:ledger_test\n",
		      chance);
	now = 1000000;
	hub = raft_local_create();
	snprintf(root, sizeof(root), "%.200s/ledger.XXXXXX",
		 getenv("TEST_TMPDIR"));
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < MEMBERS; i++) {
		struct member *m = &members[i];

		m->owner.self.id = i + 1;
		snprintf(m->path, PATH_BYTES, "%s/log%zu", root, i);
		snprintf(m->snapshots_path, PATH_BYTES, "%s/snp%zu", root, i);
		snprintf(m->copy, PATH_BYTES, "%s/copy%zu", root, i);
		make_ledger(m);
		assert_true(raft_local_add(
		    hub, &(struct raft_local_receiver){ i + 1, receive, m }));
		start(m);
	}
	bootstrap();
}

/* What one line of text says about a whole ledger. */
static void
describe(const struct member *m, char text[256])
{
	static const char question[] =
	    "SELECT count(*) || ' transfers, ' || total(entry * (debtor + 2)"
	    " * (amount + creditor)) || ', ' || (SELECT group_concat(balance)"
	    " || ', sum ' || sum(balance) FROM accounts) FROM transfers";
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_prepare_v2(raft_log_sqlite_database(m->log),
					    question, -1, &row, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	snprintf(text, 256, "%s", (const char *)sqlite3_column_text(row, 0));
	sqlite3_finalize(row);
}

static bool
has_seen_all(void)
{
	return crashed > 10 && installed > 0 && resumed > 0;
}

static void
no_transfer_is_lost_or_done_twice(void **state)
{
	char first[256], other[256], command[300];

	(void)state;
	set_up();
	/* Until there was some of each. */
	for (int i = 0; i < 20 && !has_seen_all(); i++)
		run(STEPS, true, true);
	run(2000, false, false);
	for (size_t i = 0; i < MEMBERS; i++)
		assert_non_null(members[i].node);
	describe(&members[0], first);
	for (size_t i = 1; i < MEMBERS; i++) {
		describe(&members[i], other);
		assert_string_equal(other, first);
	}
	print_message("%s; %" PRIu64 " proposed, %" PRIu64 " acknowledged; %d "
		      "crashes, %d snapshots taken from others, %d more after "
		      "a crash\n",
		      first, proposed, acknowledged, crashed, installed,
		      resumed);
	assert_non_null(strstr(first, ", sum 8000"));
	assert_in_range(strtoull(first, NULL, 10), acknowledged, proposed);
	assert_true(has_seen_all());
	for (size_t i = 0; i < MEMBERS; i++)
		stop(&members[i]);
	raft_local_destroy(hub);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_transfer_is_lost_or_done_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

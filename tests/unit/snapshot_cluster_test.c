/*
 * Four members with logs and snapshots in files, in one process: members crash
 * while they take, send, receive and install snapshots, and nothing is lost.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state machine is a number that every entry changes. Its snapshot is large:
 * the rest of it follows from that number. What any member has applied at an
 * index is compared with what the others had there. A crash is a call of the
 * disk that does half of its work or nothing; all later ones do nothing, until
 * the member is started again. RAFT_SEED=n replays a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "assists/log_file/log_file.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "assists/transport_local/transport_local.h"
#include "tests/unit/real_disk.h"

#define MEMBERS 4
#define VOTERS 3
#define STEPS 4000
#define INDEX_MAX (2 * STEPS)
#define SNAPSHOT_WORDS ((size_t)1 << 17)
#define SNAPSHOT_ENTRIES 150
#define TAIL_ENTRIES 30
#define PART_BYTES (16u << 10)
#define TIMEOUT_US 100000

/* ---------------------------------------------------------------- chance */

static uint64_t chance;

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t
draw(uint64_t limit)
{
	return mix(chance += UINT64_C(0x9e3779b97f4a7c15)) % limit;
}

/* ---------------------------------------------------------------- faults */

/** Calls that succeed before the crash; -1: none comes. */
static int calls_until_crash = -1;
/** Every second time the crash comes when the log begins behind a snapshot that
 *  was received, and the snapshot has not got its name. */
static bool dies_at_install;

/** The disk of the member that installs fails once, and it lives on. */
static bool fails_at_install;

static bool
crashes(void)
{
	errno = EIO;
	if (calls_until_crash > 0)
		calls_until_crash--;
	else
		return calls_until_crash == 0;
	return false;
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	if (!crashes())
		return real_pwrite(fd, bytes, length, offset);
	(void)real_pwrite(fd, bytes, torn_length(length, offset), offset);
	errno = EIO;
	return -1;
}

int
fsync(int fd)
{
	(void)fd;
	return crashes() ? -1 : 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (fails_at_install && strcmp(from, "received") == 0) {
		fails_at_install = false;
		errno = EIO;
		return -1;
	}
	if (dies_at_install && strcmp(from, "received") == 0 && draw(2) == 0)
		calls_until_crash = 0;
	return crashes() ? -1 : real_renameat(from_fd, from, to_fd, to);
}

/* --------------------------------------------------------------- members */

/** What was agreed. */
static struct {
	/** The machine's number after each index; 0: nobody was there. */
	uint64_t numbers[INDEX_MAX];
	/** The entry's value, once it was applied. */
	uint64_t values[INDEX_MAX];
	/** What an outcome said was committed; 0: nothing. */
	uint64_t acknowledged[INDEX_MAX];
	uint64_t last;
} truth;

struct member {
	struct raft_identity self;
	char log_path[PATH_MAX];
	char snapshots_path[PATH_MAX];
	struct raft_log_file *log;
	struct raft_snapshot_file *snapshots;
	/** NULL: it is down. */
	struct raft_node *node;
	/** Steps until it comes back. */
	uint64_t down;
	/** The machine. */
	uint64_t index;
	uint64_t number;
	/** Of the newest snapshot; which is damaged. */
	uint64_t taken;
	bool must_take;
	/** Snapshots that came damaged. */
	int damaged;
	/** What it proposed, by the index that it was given. */
	uint64_t proposed[INDEX_MAX];
	/** How much of a snapshot was read back, in words. */
	size_t words;
	uint64_t loading[2];
};

static struct member members[MEMBERS];
static struct raft_local *hub;
static uint64_t now;
static int crashed, installed;
/** Of the cores and the nodes. */
static size_t memory, memory_max;

static void *
counted_resize(void *context, void *old, size_t bytes)
{
	size_t *block = old == NULL ? NULL : (size_t *)old - 2;

	(void)context;
	if (block != NULL)
		memory -= block[0];
	if (bytes == 0) {
		free(block);
		return NULL;
	}
	block = realloc(block, bytes + 2 * sizeof(*block));
	assert_non_null(block);
	block[0] = bytes;
	memory += bytes;
	if (memory > memory_max)
		memory_max = memory;
	return block + 2;
}

static const struct raft_allocator allocator = { NULL, counted_resize };

/* ----------------------------------------------------------- the machine */

static void
reach(struct member *m, uint64_t index, uint64_t number)
{
	assert_in_range(index, 1, INDEX_MAX - 1);
	m->index = index;
	m->number = number;
	if (truth.numbers[index] == 0)
		truth.numbers[index] = number;
	assert_true(truth.numbers[index] == number);
	if (index > truth.last)
		truth.last = index;
}

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct member *m = context;
	uint64_t value;

	for (size_t i = 0; i < count; i++) {
		value = 1;
		if (entries[i].kind == RAFT_ENTRY_DATA)
			memcpy(&value, entries[i].payload.data, sizeof(value));
		assert_int_equal(entries[i].index, m->index + 1);
		reach(m, entries[i].index, mix(m->number + value) | 1);
		truth.values[m->index] = value;
	}
	return true;
}

static void
outcome(void *context, const struct raft_outcome *outcome)
{
	struct member *m = context;

	for (uint64_t i = outcome->range.first;
	     outcome->kind == RAFT_OUTCOME_COMMITTED && i <= outcome->range.last;
	     i++)
		truth.acknowledged[i] = m->proposed[i];
}

static void
event(void *context, const struct raft_event *event)
{
	struct member *m = context;

	m->must_take |= event->kind == RAFT_EVENT_SNAPSHOT_DAMAGED;
	installed += event->kind == RAFT_EVENT_SNAPSHOT_INSTALLED;
}

static const struct raft_node_machine machine = {
	.apply = apply, .outcome = outcome, .event = event,
};

/* The words of a snapshot: the index, the number, what follows from it. */
static uint64_t
word_of(const uint64_t *head, size_t at)
{
	return at < 2 ? head[at] : mix(head[1] + at);
}

static bool
load_some(void *context, const void *bytes, size_t length)
{
	struct member *m = context;
	const uint8_t *at = bytes;
	uint64_t word;

	/* Pieces end anywhere; the words are on their own grid of bytes. */
	for (size_t i = 0; i < length; i++, m->words++) {
		size_t n = m->words / 8;

		if (n < 2)
			((uint8_t *)m->loading)[m->words] = at[i];
		word = word_of(m->loading, n);
		if (((const uint8_t *)&word)[m->words % 8] != at[i])
			return false;
	}
	return true;
}

static void
load(struct member *m, struct raft_entry_id snapshot)
{
	char error[512];

	m->words = 0;
	if (!raft_snapshot_file_load(m->snapshots, snapshot, load_some, m,
				     error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(m->words, 8 * SNAPSHOT_WORDS);
	assert_int_equal(m->loading[0], snapshot.index);
	reach(m, snapshot.index, m->loading[1]);
	m->taken = snapshot.index;
}

static void
take(struct member *m)
{
	static uint64_t words[8192];
	struct raft_entry_id id = { .index = m->index };
	const uint64_t head[] = { m->index, m->number };
	struct raft_entry entry;

	assert_int_equal(raft_log_file.read(m->log, m->index, 1, 0, &entry), 1);
	id.term = entry.term;
	raft_payload_release(&entry.payload);
	raft_snapshot_file_begin(m->snapshots, id);
	for (size_t n = 0; n < SNAPSHOT_WORDS; n += 8192) {
		for (size_t i = 0; i < 8192; i++)
			words[i] = word_of(head, n + i);
		raft_snapshot_file_write(m->snapshots, words, sizeof(words));
	}
	if (!raft_snapshot_file_commit(m->snapshots))
		return;
	m->must_take = false;
	m->taken = m->index;
	assert_int_equal(
		raft_node_snapshot_taken(
			m->node, id.index,
			raft_snapshot_file_size(m->snapshots, id)),
		RAFT_OK);
	raft_snapshot_file_forget(m->snapshots,
				  raft_snapshot_oldest(
					  raft_node_raft(m->node)));
}

/* ------------------------------------------------------ up, down, and on */

static void
on_saved(void *context, uint64_t token)
{
	raft_node_saved(((struct member *)context)->node, token);
}

static void
on_log_failed(void *context, const char *why)
{
	(void)why;
	assert_int_equal(calls_until_crash, 0);
	raft_node_log_failed(((struct member *)context)->node);
}

static void
on_part_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	raft_node_snapshot_saved(((struct member *)context)->node, snapshot,
				 end);
}

static bool
on_install(void *context, struct raft_entry_id snapshot)
{
	load(context, snapshot);
	return true;
}

static void
on_part_lost(void *context, struct raft_entry_id snapshot)
{
	struct member *m = context;

	if (m->node != NULL)
		raft_node_snapshot_failed(m->node, snapshot);
}

static void
on_damaged(void *context, struct raft_entry_id snapshot)
{
	struct member *m = context;

	m->damaged++;
	raft_node_snapshot_damaged(m->node, snapshot);
}

static void
on_snapshot_failed(void *context, const char *why)
{
	(void)context;
	if (calls_until_crash != 0 && strstr(why, "damaged") == NULL &&
	    strstr(why, "cannot be installed") == NULL)
		fail_msg("%s", why);
}

static void
receive(void *context, const struct raft_message *message)
{
	struct member *m = context;

	if (m->node != NULL)
		raft_receive(raft_node_raft(m->node), message, now);
}

static void
open_files(struct member *m)
{
	struct raft_log_file_options options = { .path = m->log_path,
						 .owner.self = m->self };
	char error[512];

	m->log = raft_log_file_open(&options, error, sizeof(error));
	if (m->log == NULL)
		fail_msg("%s", error);
	m->snapshots = raft_snapshot_file_open(
	    m->snapshots_path, &options.owner, error, sizeof(error));
	if (m->snapshots == NULL)
		fail_msg("%s", error);
	raft_log_file_bind(m->log, m, on_saved, on_log_failed);
	raft_snapshot_file_bind(m->snapshots,
				&(struct raft_snapshot_file_reports){
				    m, on_part_saved, on_part_lost, on_damaged,
				    on_install, on_snapshot_failed, NULL });
}

static void
start(struct member *m)
{
	struct raft_node_options options = {
		.raft = { .self = m->self, .seed = draw(UINT64_MAX) + 1,
			  .snapshot_tail_entries = TAIL_ENTRIES,
			  .snapshot_part_bytes = PART_BYTES,
			  .allocator = &allocator },
		.log = &raft_log_file, .transport = &raft_local_transport,
		.transport_context = hub, .machine = &machine,
		.machine_context = m, .snapshots = &raft_snapshot_file,
	};
	struct raft_stored stored;
	struct raft_entry_id chosen;
	char error[512];

	open_files(m);
	options.log_context = m->log;
	options.snapshots_context = m->snapshots;
	assert_true(raft_log_file_stored(m->log, &stored));
	if (!raft_snapshot_file_choose(m->snapshots, &stored, &chosen, error,
				       sizeof(error)))
		fail_msg("%s", error);
	m->index = m->number = m->taken = 0;
	if (chosen.index > 0)
		load(m, chosen);
	stored.applied_index = chosen.index;
	assert_int_equal(raft_node_create(&options, &stored, now, &m->node),
			 RAFT_OK);
	if (chosen.index > 0)
		assert_int_equal(
			raft_node_snapshot_taken(
				m->node, chosen.index,
				raft_snapshot_file_size(m->snapshots, chosen)),
			RAFT_OK);
}

static void
stop(struct member *m)
{
	raft_node_destroy(m->node);
	raft_log_file_close(m->log);
	raft_snapshot_file_close(m->snapshots);
	m->node = NULL;
	calls_until_crash = -1;
}

/* What one member does in a step, with a crash now and then. */
static void
go_on(struct member *m, bool may_crash)
{
	if (m->node == NULL) {
		if (m->down-- == 0)
			start(m);
		return;
	}
	if (may_crash && draw(60) == 0)
		calls_until_crash = (int)draw(draw(2) == 0 ? 3 : 20);
	dies_at_install = may_crash;
	raft_node_turn(m->node, now);
	dies_at_install = false;
	if (calls_until_crash != 0 &&
	    (m->index >= m->taken + SNAPSHOT_ENTRIES || m->must_take))
		take(m);
	if (calls_until_crash == 0) {
		crashed++;
		stop(m);
		m->down = draw(3) == 0 ? draw(400) : draw(20);
	}
	calls_until_crash = -1;
}

static struct member *
leader(void)
{
	struct raft_status status;

	for (size_t i = 0; i < MEMBERS; i++) {
		if (members[i].node == NULL)
			continue;
		raft_status(raft_node_raft(members[i].node), &status);
		if (status.role == RAFT_LEADER && !status.stopped)
			return &members[i];
	}
	return NULL;
}

static void
free_value(struct raft_block *block)
{
	free(block);
}

static void
propose(void)
{
	struct { struct raft_block block; uint64_t value; } *v;
	struct member *m = leader();
	struct raft_payload payload;
	struct raft_entry_id first;

	if (m == NULL)
		return;
	v = malloc(sizeof(*v));
	v->block = (struct raft_block){ 1, free_value };
	v->value = draw(UINT64_MAX) | 2;
	payload = (struct raft_payload){ &v->value, 8, &v->block };
	if (raft_propose(raft_node_raft(m->node), &payload, 1, now, &first) ==
	    RAFT_OK)
		m->proposed[first.index] = v->value;
	raft_payload_release(&payload);
}

static void
step(bool may_crash)
{
	raft_local_pump(hub);
	for (size_t i = 0; i < MEMBERS; i++)
		go_on(&members[i], may_crash);
	now += 1000;
}

/* ------------------------------------------------------------- the tests */

static char root[256];

static int
set_up(void **state)
{
	const char *temporary = getenv("TEST_TMPDIR");
	const char *seed = getenv("RAFT_SEED");
	char error[512];

	(void)state;
	chance = seed != NULL ? strtoull(seed, NULL, 10) : arc4random();
	print_message("again: ./run test --test_env=RAFT_SEED=%llu "
		      "//tests/unit:snapshot_cluster_test\n",
		      (unsigned long long)chance);
	memset(members, 0, sizeof(members));
	memset(&truth, 0, sizeof(truth));
	crashed = installed = 0;
	memory_max = 0;
	now = 1000000;
	hub = raft_local_create();
	snprintf(root, sizeof(root), "%.200s/cluster.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(root) == NULL)
		return -1;
	for (size_t i = 0; i < MEMBERS; i++) {
		struct member *m = &members[i];
		struct raft_owner owner = { .self = { i + 1, 0 } };
		struct raft_local_receiver receiver = { i + 1, receive, m };

		snprintf(m->log_path, PATH_MAX, "%s/log%zu", root, i);
		snprintf(m->snapshots_path, PATH_MAX, "%s/snp%zu", root, i);
		if (!raft_log_file_create(m->log_path, &owner, error,
					  sizeof(error)) ||
		    !raft_local_add(hub, &receiver))
			return -1;
		m->self = owner.self;
		start(m);
	}
	return 0;
}

static int
tear_down(void **state)
{
	char command[300];

	(void)state;
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].node != NULL)
			stop(&members[i]);
	raft_local_destroy(hub);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command) + (memory != 0);
}

static struct raft_configuration
name_members(struct raft_member *named, size_t count)
{
	for (size_t i = 0; i < count; i++)
		named[i] = (struct raft_member){
			.identity = members[i].self,
			.role = i < VOTERS ? RAFT_MEMBER_VOTER
					   : RAFT_MEMBER_NON_VOTING };
	return (struct raft_configuration){
		.election_timeout_us = TIMEOUT_US, .members = named,
		.member_count = count };
}

static void
bootstrap(void)
{
	struct raft_member named[MEMBERS];
	struct raft_configuration c = name_members(named, VOTERS);

	for (size_t i = 0; i < VOTERS; i++)
		assert_int_equal(
			raft_bootstrap(raft_node_raft(members[i].node), &c,
				       now), RAFT_OK);
}

/* The fourth member joins, with nothing. */
static void
add_fourth(void)
{
	struct raft_member named[MEMBERS];
	struct raft_configuration c = name_members(named, MEMBERS);
	struct member *m = leader();

	assert_non_null(m);
	c.feature_level =
		raft_configuration(raft_node_raft(m->node))->feature_level;
	assert_int_equal(raft_reconfigure(raft_node_raft(m->node), &c, now,
					  NULL), RAFT_OK);
}

static void
run(int steps, bool may_crash)
{
	while (steps-- > 0) {
		propose();
		step(may_crash);
	}
}

static void
come_to_rest(void)
{
	for (int n = 0; n < 3000; n++)
		step(false);
	for (size_t i = 0; i < MEMBERS; i++) {
		assert_non_null(members[i].node);
		assert_int_equal(members[i].index, truth.last);
	}
	for (uint64_t i = 1; i <= truth.last; i++)
		if (truth.acknowledged[i] != 0)
			assert_true(truth.values[i] == truth.acknowledged[i]);
}

static void
a_new_member_catches_up_by_a_snapshot_under_load(void **state)
{
	(void)state;
	bootstrap();
	run(1000, false);
	assert_true(truth.last > 400);
	assert_int_equal(members[3].index, 0);
	add_fourth();
	run(1000, false);
	/* A newer one may have been taken while the first was on its way. */
	assert_in_range(installed, 1, 3);
	assert_true(members[3].index + 100 > truth.last);
	come_to_rest();
	/* Far less than one snapshot, for all four of them. */
	assert_in_range(memory_max, 1, 8 * SNAPSHOT_WORDS / 2);
}

/* One bit of the newest snapshot of a member, as it is written. */
static void
spoil_newest(const struct member *m)
{
	char file[PATH_MAX + 64];
	struct raft_status status;
	uint8_t byte;
	int fd;

	raft_status(raft_node_raft(m->node), &status);
	snprintf(file, sizeof(file), "%s/%020llu-%020llu", m->snapshots_path,
		 (unsigned long long)m->taken, (unsigned long long)status.term);
	fd = open(file, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, 500000), 1);
	byte ^= 8;
	assert_int_equal(real_pwrite(fd, &byte, 1, 500000), 1);
	close(fd);
}

/* It was sent again and again, for ever. Nothing is proposed meanwhile, so another
 * one is taken of the same entry. */
static void
a_snapshot_that_is_damaged_at_its_leader_is_replaced(void **state)
{
	struct member *m;

	(void)state;
	bootstrap();
	run(1000, false);
	m = leader();
	assert_non_null(m);
	spoil_newest(m);
	add_fourth();
	for (int n = 0; n < 3000; n++)
		step(false);
	assert_int_equal(members[3].damaged, 1);
	assert_int_equal(members[3].index, truth.last);
	come_to_rest();
}

/* It stayed for ever: it voted, and applied nothing. */
static void
a_member_that_cannot_install_stops_and_a_restart_mends_it(void **state)
{
	struct raft_status status;

	(void)state;
	bootstrap();
	run(1000, false);
	fails_at_install = true;
	add_fourth();
	run(300, false);
	assert_false(fails_at_install);
	raft_status(raft_node_raft(members[3].node), &status);
	assert_int_equal(members[3].index, 0);
	assert_true(status.stopped);
	stop(&members[3]);
	run(300, false);
	come_to_rest();
}

static void
crashes_at_any_call_lose_nothing(void **state)
{
	(void)state;
	bootstrap();
	run(1000, false);
	add_fourth();
	run(STEPS - 1000, true);
	come_to_rest();
	print_message("%d crashes, %d snapshots installed, %llu entries\n",
		      crashed, installed, (unsigned long long)truth.last);
	assert_true(crashed > 20);
	assert_true(installed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_new_member_catches_up_by_a_snapshot_under_load, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_snapshot_that_is_damaged_at_its_leader_is_replaced,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_member_that_cannot_install_stops_and_a_restart_mends_it,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    crashes_at_any_call_lose_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

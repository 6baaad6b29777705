/*
 * Every allocation of a group's life fails in turn: once, and for a while. Each is
 * survived: a verb is refused and has changed nothing, or a member makes do, or it
 * stops with an event that says so and is started again. Nothing that was
 * committed is lost, and with memory the group goes on.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/group.h"

#include <stdio.h>

/** How long memory is short, in the second round. */
#define SHORTAGE_US (3 * T)

/* ----------------------------------------------------------- asking again */

static void
assert_unchanged(const struct raft_status *a, const struct raft_status *b)
{
	assert_int_equal(a->role, b->role);
	assert_int_equal(a->term, b->term);
	assert_int_equal(a->vote.id, b->vote.id);
	assert_int_equal(a->last.index, b->last.index);
	assert_int_equal(a->commit_index, b->commit_index);
	assert_int_equal(a->uncommitted_bytes, b->uncommitted_bytes);
	assert_int_equal(a->configuration_index, b->configuration_index);
	assert_int_equal(a->stopped, b->stopped);
}

/** A refusal for want of memory has changed nothing; it is asked again later.
 *  True: done. */
static bool
is_done(struct group *group, struct member *member, enum raft_result result,
	const struct raft_status *before)
{
	struct raft_status after;

	if (result == RAFT_NO_MEMORY) {
		raft_status(member->raft, &after);
		assert_unchanged(&after, before);
		group->refusals++;
	}
	if (result == RAFT_OK)
		return true;
	group_pass(group);
	return false;
}

static struct member *
await_leader(struct group *group, struct raft_status *status)
{
	struct member *leader;

	group_until(group, group_has_leader);
	leader = group_leader(group);
	raft_status(leader->raft, status);
	return leader;
}

static void
propose(struct group *group, size_t count)
{
	struct raft_status before;
	struct member *leader;

	for (size_t i = 0; i < count; i++) {
		do
			leader = await_leader(group, &before);
		while (!is_done(group, leader, group_propose(group, leader),
				&before));
		group_turn(group, leader);
	}
	group_until(group, group_is_settled);
}

static void
read_from(struct group *group, size_t position)
{
	struct member *member = &group->members[position];
	struct raft_status before;

	group->reads_ended = 0;
	while (group->reads_ended == 0) {
		uint64_t read;

		(void)await_leader(group, &before);
		raft_status(member->raft, &before);
		(void)is_done(group, member,
			      raft_read(member->raft, group->now, &read),
			      &before);
		group_pass(group);
	}
}

/** The voters are to be those of the mask. */
static void
reconfigure(struct group *group, uint32_t voters)
{
	struct raft_status before;
	struct member *leader;

	while (!group_has_voters(group, voters)) {
		leader = await_leader(group, &before);
		(void)is_done(group, leader,
			      group_reconfigure(group, leader, voters),
			      &before);
		for (int i = 0; i < 20; i++)
			group_pass(group);
	}
}

static void
transfer(struct group *group)
{
	struct raft_status before;
	struct member *leader = await_leader(group, &before);
	size_t old = (size_t)(leader - group->members), tries = 0;

	while (leader == &group->members[old] && tries++ < 100) {
		size_t other = group_other_voter(group, old);

		(void)raft_transfer(leader->raft, other + 1, group->now);
		for (int i = 0; i < 20; i++)
			group_pass(group);
		leader = await_leader(group, &before);
	}
	assert_true(leader != &group->members[old]);
}

/* -------------------------------------------------------------- one life */

static void
live(struct group *group)
{
	struct raft_status status;
	size_t leader;

	for (size_t i = 0; i < 3; i++)
		group_start(group, i);
	propose(group, 20);
	read_from(group, 0);
	read_from(group, 1);
	/* A leader that is alone goes on writing; the others overwrite it. */
	leader = (size_t)(await_leader(group, &status) - group->members);
	group->cut_off = leader;
	for (size_t i = 0; i < 3; i++)
		(void)group_propose(group, &group->members[leader]);
	group_turn(group, &group->members[leader]);
	propose(group, 5);
	group->cut_off = SIZE_MAX;
	propose(group, 5);
	/* One that is down misses what a snapshot covers; the others change. */
	group_crash(group, 2);
	propose(group, 40);
	group_snapshot(group);
	group_start(group, 2);
	group_start(group, 3);
	propose(group, 5);
	reconfigure(group, 0xf);
	reconfigure(group, 0x9);
	reconfigure(group, 0x7);
	propose(group, 5);
	transfer(group);
	propose(group, 5);
	for (size_t i = 0; i < 3; i++) {
		group_crash(group, i);
		group_start(group, i);
	}
	propose(group, 5);
	group_check(group);
}

/** False: the allocation that was to fail did not come. */
static bool
live_short_of_memory(uint64_t failing, uint64_t shortage_us, uint64_t *refusals)
{
	static struct group group;
	bool failed;

	group_create(&group);
	group.fail_at = failing;
	group.shortage_us = shortage_us;
	live(&group);
	failed = group.allocations >= failing;
	*refusals += group.refusals;
	group_destroy(&group);
	return failed;
}

static void
fail_each(uint64_t shortage_us, const char *how)
{
	uint64_t refusals = 0, failing = 1;

	while (live_short_of_memory(failing, shortage_us, &refusals))
		failing++;
	printf("%llu allocations failed, each %s; verbs were refused %llu times\n",
	       (unsigned long long)failing - 1, how,
	       (unsigned long long)refusals);
	assert_true(failing > 50);
	assert_true(refusals > 0);
}

static void
any_allocation_may_fail(void **state)
{
	(void)state;
	fail_each(0, "once");
}

static void
memory_may_run_out_at_any_allocation(void **state)
{
	(void)state;
	fail_each(SHORTAGE_US, "with all that followed for a while");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(memory_may_run_out_at_any_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

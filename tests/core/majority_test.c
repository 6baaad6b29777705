/*
 * The commit index, beside majorities that are counted in the plainest way.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * In each world a leader of one to six servers proposes, saves, changes who
 * votes, and is answered, in an order that is drawn. Its configuration is joint
 * as often as not; servers without a vote are among its peers, and it may be one
 * of them itself.
 */
#include "tests/core/rig.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORLDS 3000
#define STEPS 30
#define SERVERS 6

struct world {
	struct rig rig;
	uint64_t seed;
	uint64_t random;
	/** The leader's no-op. */
	uint64_t term_first;
	/** The newest save that has ended. */
	uint64_t saved;
};

/** How many commits were seen to rise, and in a joint configuration. */
static size_t rises, joint_rises;
/** 0: all. */
static uint64_t only;

/** splitmix64. */
static uint64_t
draw(struct world *w, uint64_t below)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

/** By a majority of those who vote; `before`: in C_old. */
static bool
is_held(const struct rig *rig, uint64_t index, bool before)
{
	struct raft_member_status member;
	size_t voters = 0, held = 0;

	for (size_t i = 0; raft_member_status(rig->raft, i, &member); i++) {
		if ((before ? member.role_before : member.role) !=
		    RAFT_MEMBER_VOTER)
			continue;
		voters++;
		held += member.match_index >= index;
	}
	return 2 * held > voters;
}

/** What can be committed, seen from the end of the log. */
static uint64_t
held_by_majorities(const struct world *w)
{
	struct raft_status status = rig_status(&w->rig);
	bool joint = raft_configuration(w->rig.raft)->joint;
	uint64_t index = status.last.index;

	while (index > status.commit_index &&
	       !(is_held(&w->rig, index, false) &&
		 (!joint || is_held(&w->rig, index, true))))
		index--;
	return index < w->term_first ? status.commit_index : index;
}

/** `counts`: something has happened by which the member counts anew. */
static void
check(struct world *w, bool counts)
{
	uint64_t before = rig_status(&w->rig).commit_index;
	uint64_t held = held_by_majorities(w), commit;
	bool joint = raft_configuration(w->rig.raft)->joint;

	rig_turn(&w->rig);
	commit = rig_status(&w->rig).commit_index;
	if (commit > held || (counts && commit < held))
		print_error("again: ./run test //tests/core:majority_test "
			    "--test_arg=%" PRIu64 "\n",
			    w->seed);
	assert_true(commit >= before && commit <= held);
	if (counts)
		assert_int_equal(commit, held);
	rises += commit > before;
	joint_rises += commit > before && joint;
}

static void
save(struct world *w)
{
	bool ends = w->rig.save.token > w->saved;

	w->saved = w->rig.save.token;
	raft_saved(w->rig.raft, w->saved, w->rig.now);
	check(w, ends);
}

/** 0: it is none of the members. */
static uint64_t
match_of(const struct rig *rig, uint64_t number)
{
	struct raft_member_status member;

	for (size_t i = 0; raft_member_status(rig->raft, i, &member); i++)
		if (member.identity.id == rig_id(number))
			return member.match_index;
	return 0;
}

/** All that was sent to it, or less. */
static void
acknowledge(struct world *w)
{
	uint64_t number = 2 + draw(w, SERVERS - 1), before, after;
	const struct raft_message *append = rig_sent(&w->rig, "append", number);

	if (append == NULL)
		return;
	before = match_of(&w->rig, number);
	rig_accept(&w->rig, number, draw(w, append->append.last.index + 1));
	after = match_of(&w->rig, number);
	check(w, after > before && after > rig_status(&w->rig).commit_index);
}

/** Refused while another change is under way. */
static void
reconfigure(struct world *w)
{
	struct raft_member members[SERVERS];
	struct raft_configuration target = { .election_timeout_us = T,
					     .members = members };

	memset(members, 0, sizeof(members));
	for (uint64_t number = 1; number <= SERVERS; number++) {
		struct raft_member *member = &members[target.member_count];
		uint64_t drawn = draw(w, 5);

		if (drawn == 0)
			continue;
		member->identity.id = number;
		member->identity.incarnation = number + 10;
		member->role =
		    drawn == 1 ? RAFT_MEMBER_NON_VOTING : RAFT_MEMBER_VOTER;
		target.member_count++;
	}
	rig_order(members, target.member_count);
	if (raft_reconfigure(w->rig.raft, &target, w->rig.now, NULL) == RAFT_OK)
		check(w, false);
}

static void
propose(struct world *w)
{
	(void)rig_propose(&w->rig, (size_t)(1 + draw(w, 3)));
	check(w, false);
}

static void
run(uint64_t seed)
{
	static void (*const steps[])(struct world *) = {
		propose,     propose,	  save,	       save,	    acknowledge,
		acknowledge, acknowledge, acknowledge, acknowledge, reconfigure,
	};
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->seed = seed;
	w->random = seed;
	rig_start(&w->rig, &(struct rig_options){
			       .voters = (size_t)(1 + draw(w, SERVERS)) });
	rig_lead(&w->rig);
	w->term_first = rig_status(&w->rig).last.index;
	w->saved = w->rig.save.token;
	for (size_t i = 0; i < STEPS; i++) {
		steps[draw(w, sizeof(steps) / sizeof(steps[0]))](w);
		if (rig_status(&w->rig).role != RAFT_LEADER)
			break;
	}
	rig_stop(&w->rig);
	free(w);
}

/* Hazard S7. */
static void
what_majorities_hold_is_committed(void **state)
{
	(void)state;
	rises = 0;
	joint_rises = 0;
	for (uint64_t seed = 1; seed <= WORLDS; seed++)
		if (only == 0 || only == seed)
			run(seed);
	print_message("%zu commits rose, %zu of them in joint "
		      "configurations\n",
		      rises, joint_rises);
	if (only == 0)
		assert_true(rises > WORLDS && joint_rises > WORLDS / 10);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_majorities_hold_is_committed),
	};

	if (argc > 1)
		only = strtoull(argv[1], NULL, 10);
	return rig_run(tests);
}

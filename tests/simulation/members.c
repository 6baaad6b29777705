/*
 * The members of a trial's group come, go, change their roles, and lose their
 * disks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A voter whose disk is lost is dead for good, and its group must be able to
 * decide without it, or no library could help. So one disk at a time is lost,
 * of a group of three or more that is not changing, and the next change removes
 * that server.
 *
 * Nobody leads for much of a trial, and a change that finds no leader is no
 * change. So most of them wait until someone leads; the others are asked for at
 * once, of nobody or of a leader of the past.
 */
#include "tests/simulation/sweep.h"

static uint64_t
every_node(const struct trial *trial)
{
	return (UINT64_C(1) << trial->nodes) - 1;
}

static int
count(uint64_t set)
{
	int bits = 0;

	for (; set != 0; set &= set - 1)
		bits++;
	return bits;
}

/** A leader that most follow knows of no change under way. */
static bool
is_settled(const struct trial *trial)
{
	uint32_t leader = raft_sim_leader(trial->sim);
	struct raft_sim_node node;

	if (leader == 0)
		return false;
	raft_sim_node(trial->sim, leader, &node);
	return !node.status.changing;
}

/** It goes for good. True: it is gone. */
static bool
lost_one_is_removed(struct trial *trial)
{
	uint64_t set;

	if (trial->lost == 0)
		return true;
	set = UINT64_C(1) << (trial->lost - 1);
	if (!is_settled(trial))
		return false;
	/* Refused as no member: an earlier request has removed it. */
	if (raft_sim_reconfigure(trial->sim, RAFT_SIM_REMOVE, set) ==
	    RAFT_INVALID)
		trial->lost = 0;
	return trial->lost == 0;
}

/** Learners may wish for something, and change the members by themselves. */
static enum raft_result
ask_for(struct trial *trial, enum raft_sim_change change, uint64_t set)
{
	bool promotes = draw(trial, 2) == 0;
	uint64_t stands_in_us =
	    draw(trial, 1) * draw(trial, 4) * ELECTION_US;

	if (change != RAFT_SIM_ADD_LEARNER)
		return raft_sim_reconfigure(trial->sim, change, set);
	return raft_sim_add_learners(trial->sim, set, promotes,
				     (uint32_t)stands_in_us);
}

/** Drawn again if the node has not the role for it. */
static void
change(struct trial *trial)
{
	static const enum raft_sim_change changes[] = {
		RAFT_SIM_ADD,	      RAFT_SIM_ADD,	RAFT_SIM_REMOVE,
		RAFT_SIM_ADD_LEARNER, RAFT_SIM_PROMOTE, RAFT_SIM_DEMOTE,
	};
	enum raft_result result = RAFT_INVALID;

	if (!lost_one_is_removed(trial))
		return;
	for (int i = 0; i < 4 && result == RAFT_INVALID; i++) {
		uint64_t set = UINT64_C(1) << draw(trial, trial->nodes - 1);

		if (draw(trial, 3) == 0)
			set |= UINT64_C(1) << draw(trial, trial->nodes - 1);
		result = ask_for(trial, changes[draw(trial, 5)], set);
	}
}

/** Any set of voters to any other of at least two. */
static void
exchange(struct trial *trial)
{
	uint64_t set = sim_random_next(&trial->random) & every_node(trial);

	if (count(set) >= 2 && lost_one_is_removed(trial))
		(void)raft_sim_reconfigure(trial->sim, RAFT_SIM_MEMBERSHIP,
					   set);
}

static void
now_or_soon(struct trial *trial, void (*what)(struct trial *))
{
	if (draw(trial, 3) == 0)
		what(trial);
	else
		trial->change = what;
}

void
members_change(struct trial *trial)
{
	now_or_soon(trial, change);
}

void
members_exchange(struct trial *trial)
{
	now_or_soon(trial, exchange);
}

void
members_ask(struct trial *trial)
{
	void (*what)(struct trial *) = trial->change;

	if (what == NULL || raft_sim_leader(trial->sim) == 0)
		return;
	trial->change = NULL;
	what(trial);
}

void
members_lose_disk(struct trial *trial)
{
	uint32_t node = 1 + (uint32_t)draw(trial, trial->nodes - 1);

	if (!lost_one_is_removed(trial) || !is_settled(trial) ||
	    count(raft_sim_voters(trial->sim)) < 3)
		return;
	raft_sim_crash(trial->sim, node, RAFT_SIM_CRASH);
	raft_sim_wipe(trial->sim, node);
	raft_sim_start(trial->sim, node);
	trial->lost = node;
}

bool
members_return(struct trial *trial)
{
	uint64_t wanted = (UINT64_C(1) << trial->voters) - 1;

	if (!lost_one_is_removed(trial) || !is_settled(trial))
		return false;
	if (raft_sim_voters(trial->sim) == wanted)
		return true;
	(void)raft_sim_reconfigure(trial->sim, RAFT_SIM_MEMBERSHIP, wanted);
	return false;
}

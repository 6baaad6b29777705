/*
 * Questions about the present, answered from what the processes reported.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "demos/weather/world.h"

static const struct node *
node_at(const struct raft_sim *sim, uint64_t number)
{
	return &sim->nodes[number - 1];
}

/* Not a life of it that is over. */
static bool
is_present(const struct raft_sim *sim, const struct raft_member *member)
{
	return node_at(sim, member->identity.id)->incarnation ==
	       member->identity.incarnation;
}

bool
ask_says_it_leads(const struct node *node)
{
	return node_runs(node) && node->status.raft.role == RAFT_LEADER &&
	       !node->status.raft.stopped;
}

/* ------------------------------------------------------------- the leader */

static bool
follows(const struct raft_sim *sim, const struct raft_member *member,
	const struct node *leader)
{
	const struct node *voter = node_at(sim, member->identity.id);
	const struct raft_status *status = &voter->status.raft;

	return is_present(sim, member) && node_runs(voter) &&
	       !status->stopped && status->term == leader->status.raft.term &&
	       status->leader == leader->number;
}

/* Of one configuration, a joint one's to come or that before. */
static bool
has_majority(const struct raft_sim *sim, const struct node *leader, bool before)
{
	const struct report_members *members = &leader->members;
	uint32_t voters = 0, followers = 0;

	for (uint32_t i = 0; i < members->count; i++) {
		const struct raft_member *member = &members->of[i];
		enum raft_member_role role =
		    before ? member->role_before : member->role;

		if (role != RAFT_MEMBER_VOTER)
			continue;
		voters++;
		followers += follows(sim, member, leader);
	}
	return followers * 2 > voters || (before && voters == 0);
}

uint32_t
ask_leader(const struct raft_sim *sim)
{
	const struct node *best = NULL;

	for (uint32_t i = 0; i < sim->node_count; i++) {
		const struct node *node = &sim->nodes[i];

		if (ask_says_it_leads(node) &&
		    (best == NULL ||
		     node->status.raft.term > best->status.raft.term) &&
		    has_majority(sim, node, false) &&
		    has_majority(sim, node, true))
			best = node;
	}
	return best == NULL ? 0 : best->number;
}

uint64_t
ask_leader_since(const struct raft_sim *sim)
{
	return sim->leader == 0 ? world_now(sim) : sim->leader_since;
}

static uint64_t
members_at_leader(const struct raft_sim *sim, bool vote)
{
	uint32_t leader = ask_leader(sim);
	const struct report_members *members;
	uint64_t set = 0;

	if (leader == 0)
		return 0;
	members = &node_at(sim, leader)->members;
	for (uint32_t i = 0; i < members->count; i++) {
		const struct raft_member *member = &members->of[i];
		bool votes = member->role == RAFT_MEMBER_VOTER ||
			     member->role_before == RAFT_MEMBER_VOTER;

		if (is_present(sim, member) && votes == vote)
			set |= UINT64_C(1) << (member->identity.id - 1);
	}
	return set;
}

uint64_t
ask_voters(const struct raft_sim *sim)
{
	return members_at_leader(sim, true);
}

uint64_t
ask_learners(const struct raft_sim *sim)
{
	return members_at_leader(sim, false);
}

/* ------------------------------------------------------------------- logs */

/* Logs that share an entry share all before it (thesis 3.5). A leader has every
 * entry of its own term that anybody has, and every one that is committed. */
static bool
log_equals(const struct node *node, const struct node *leader,
	   uint64_t committed)
{
	const struct raft_status *status = &node->status.raft;

	return status->last.index >= committed &&
	       (status->last.term == leader->status.raft.term ||
		status->last.index <= status->commit_index);
}

bool
ask_logs_equal(const struct raft_sim *sim, uint64_t committed)
{
	uint32_t leader = ask_leader(sim);
	uint64_t members;

	if (leader == 0)
		return false;
	members = ask_voters(sim) | ask_learners(sim);
	for (uint32_t i = 0; i < sim->node_count; i++) {
		const struct node *node = &sim->nodes[i];

		if ((members >> i & 1) != 0 && node_runs(node) &&
		    !log_equals(node, node_at(sim, leader), committed))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------- nodes */

void
ask_node(const struct raft_sim *sim, uint32_t number,
	 struct raft_sim_node *state)
{
	const struct node *node = node_at(sim, number);

	*state = (struct raft_sim_node){
		.up = node->process != 0,
		.paused = node->paused,
		.runs = node_runs(node),
		.identity = { number, node->incarnation },
		.status = node->status.raft,
		.writes_committed =
		    record_writes(sim, node->status.raft.commit_index),
		.writes_applied = node->applied_writes,
		.installing = node->status.installing,
	};
}

const char *
ask_role(const struct raft_sim *sim, uint32_t number)
{
	const struct node *node = node_at(sim, number);
	const struct raft_status *status = &node->status.raft;

	if (node->process == 0)
		return "down";
	if (status->role == RAFT_LEADER)
		return "leader";
	if (status->member_role == RAFT_MEMBER_NONE || node->told_removed)
		return "removed";
	if (status->member_role == RAFT_MEMBER_NON_VOTING)
		return "learner";
	return status->role == RAFT_CANDIDATE ? "candidate" : "follower";
}

int
ask_print(const struct raft_sim *sim, uint32_t number, char *text, size_t size)
{
	const struct node *node = node_at(sim, number);
	const struct raft_status *status = &node->status.raft;

	return snprintf(text, size,
			"n%u %s%s%s term %" PRIu64 " leader n%" PRIu64
			" last %" PRIu64 "@%" PRIu64 " durable %" PRIu64
			" committed %" PRIu64 " applied %" PRIu64,
			number, ask_role(sim, number),
			node->paused ? " paused" : "",
			status->stopped ? " stopped" : "", status->term,
			status->leader, status->last.index, status->last.term,
			status->durable_index, status->commit_index,
			node->applied_index);
}

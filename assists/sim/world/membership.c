/*
 * Who is in the group: what a leader is asked to change, which majorities its
 * decisions need, and what the checkers are told of configurations.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "assists/sim/world/world.h"

/** No role: the change does not fit the member. */
#define UNFIT ((enum raft_member_role)255)

static bool
is_present(const struct sim_node *node, struct raft_identity identity)
{
	return node->self.id == identity.id &&
	       node->self.incarnation == identity.incarnation;
}

/* -------------------------------------------------------- who it consists of */

void
sim_support(const struct sim_node *node,
	    bool (*holds)(const struct sim_node *voter, const void *what),
	    const void *what, struct sim_support support[2])
{
	struct raft_member_status member;

	support[0] = support[1] = (struct sim_support){0};
	for (size_t i = 0; raft_member_status(node->raft, i, &member); i++) {
		const struct sim_node *voter = sim_node_at(
			node->sim, (uint32_t)member.identity.id);
		bool is_one = holds(is_present(voter, member.identity)
					    ? voter
					    : NULL,
				    what);

		if (member.role == RAFT_MEMBER_VOTER) {
			support[0].voters++;
			support[0].holders += is_one;
		}
		if (member.role_before == RAFT_MEMBER_VOTER) {
			support[1].voters++;
			support[1].holders += is_one;
		}
	}
}

uint64_t
sim_members(const struct sim_node *node, enum raft_member_role role)
{
	struct raft_member_status member;
	uint64_t set = 0;

	for (size_t i = 0; raft_member_status(node->raft, i, &member); i++) {
		bool votes = member.role == RAFT_MEMBER_VOTER ||
			     member.role_before == RAFT_MEMBER_VOTER;

		if (is_present(sim_node_at(node->sim,
					   (uint32_t)member.identity.id),
			       member.identity) &&
		    votes == (role == RAFT_MEMBER_VOTER))
			set |= UINT64_C(1) << (member.identity.id - 1);
	}
	return set;
}

static uint64_t
members_at_leader(const struct raft_sim *sim, enum raft_member_role role)
{
	uint32_t leader = raft_sim_leader(sim);

	return leader == 0 ? 0 : sim_members(sim_node_at(sim, leader), role);
}

uint64_t
raft_sim_voters(const struct raft_sim *sim)
{
	return members_at_leader(sim, RAFT_MEMBER_VOTER);
}

uint64_t
raft_sim_learners(const struct raft_sim *sim)
{
	return members_at_leader(sim, RAFT_MEMBER_NON_VOTING);
}

/* ------------------------------------------------------------- the change */

static enum raft_member_role
role_after(enum raft_sim_change change, enum raft_member_role before, bool named)
{
	if (change == RAFT_SIM_MEMBERSHIP) {
		if (named)
			return RAFT_MEMBER_VOTER;
		return before == RAFT_MEMBER_VOTER ? RAFT_MEMBER_NONE : before;
	}
	if (!named)
		return before;
	switch (change) {
	case RAFT_SIM_ADD:
		return before == RAFT_MEMBER_VOTER ? UNFIT : RAFT_MEMBER_VOTER;
	case RAFT_SIM_REMOVE:
		return before == RAFT_MEMBER_NONE ? UNFIT : RAFT_MEMBER_NONE;
	case RAFT_SIM_ADD_LEARNER:
		return before == RAFT_MEMBER_NONE ? RAFT_MEMBER_NON_VOTING
						  : UNFIT;
	case RAFT_SIM_PROMOTE:
		return before == RAFT_MEMBER_NON_VOTING ? RAFT_MEMBER_VOTER
							: UNFIT;
	case RAFT_SIM_DEMOTE:
		return before == RAFT_MEMBER_VOTER ? RAFT_MEMBER_NON_VOTING
						   : UNFIT;
	case RAFT_SIM_MEMBERSHIP:
	case RAFT_SIM_LEASES:
		break;
	}
	abort();
}

static const struct raft_member *
member_of(const struct raft_configuration *configuration, uint64_t id)
{
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == id)
			return &configuration->members[i];
	return NULL;
}

/** As it was, for one that is not named; else present, and with new wishes. */
static struct raft_member
member_after(struct raft_identity self, const struct raft_member *before,
	     const struct raft_sim_wish *wish, bool named)
{
	if (!named && before != NULL)
		return *before;
	return (struct raft_member){
		.identity = self,
		.promotes = wish->promotes,
		.stands_in_us = wish->stands_in_us,
	};
}

bool
raft_sim_target(const struct raft_sim_wish *wish, const uint64_t *incarnations,
		uint32_t node_count, struct raft_configuration *target,
		struct raft_member *members)
{
	const struct raft_configuration old = *target;

	if (wish->change == RAFT_SIM_LEASES)
		target->clock_drift = wish->clock_drift;
	target->joint = false;
	target->members = members;
	target->member_count = 0;
	for (uint32_t number = 1; number <= node_count; number++) {
		const struct raft_identity self = { number,
						    incarnations[number - 1] };
		const struct raft_member *before = member_of(&old, number);
		bool named = wish->nodes >> (number - 1) & 1;
		enum raft_member_role role = role_after(
			wish->change,
			before == NULL ? RAFT_MEMBER_NONE : before->role,
			named);
		struct raft_member *member = &members[target->member_count];

		if (role == UNFIT)
			return false;
		if (role == RAFT_MEMBER_NONE)
			continue;
		*member = member_after(self, before, wish, named);
		member->role = role;
		target->member_count++;
	}
	return true;
}

static enum raft_result
reconfigure(struct sim_node *leader, const struct raft_sim_wish *wish)
{
	struct raft_configuration target = *raft_configuration(leader->raft);
	const struct raft_sim *sim = leader->sim;
	uint64_t incarnations[RAFT_SIM_NODES_MAX];
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_entry_id entry;
	enum raft_result result;

	for (uint32_t i = 0; i < sim->node_count; i++)
		incarnations[i] = sim->nodes[i].self.incarnation;
	if (!raft_sim_target(wish, incarnations, sim->node_count, &target,
			     members))
		return RAFT_INVALID;
	result = raft_reconfigure(leader->raft, &target, sim_node_now(leader),
				  &entry);
	if (result == RAFT_OK)
		sim_client_changes(leader, entry);
	return result;
}

static void
trace_change(struct raft_sim *sim, const struct raft_sim_wish *wish,
	     enum raft_result result)
{
	static const char *const names[] = {
		[RAFT_SIM_MEMBERSHIP] = "membership",
		[RAFT_SIM_ADD] = "add",
		[RAFT_SIM_REMOVE] = "remove",
		[RAFT_SIM_ADD_LEARNER] = "add-learner",
		[RAFT_SIM_PROMOTE] = "promote",
		[RAFT_SIM_DEMOTE] = "demote",
		[RAFT_SIM_LEASES] = "leases",
	};
	char nodes[SIM_SET_BYTES], text[SIM_OUTCOME_BYTES], wishes[48] = "";

	if (wish->stands_in_us != 0)
		snprintf(wishes, sizeof(wishes), " stands-in %" PRIu32 "us",
			 wish->stands_in_us);
	if (wish->clock_drift != 0)
		snprintf(wishes, sizeof(wishes), " drift %g%%",
			 wish->clock_drift / 10000.0);
	else if (wish->change == RAFT_SIM_LEASES)
		snprintf(wishes, sizeof(wishes), " off");
	sim_verb(sim, sim_outcome(result, text), "%s%s%s%s",
		 names[wish->change], sim_set_print(nodes, " ", wish->nodes),
		 wish->promotes ? " promotes" : "", wishes);
}

static enum raft_result
ask_for(struct raft_sim *sim, const struct raft_sim_wish *wish)
{
	struct sim_node *leader = sim_client_target(sim);
	enum raft_result result = RAFT_NOT_LEADER;

	if (leader != NULL)
		result = reconfigure(leader, wish);
	trace_change(sim, wish, result);
	if (result != RAFT_OK)
		raft_tally_count(&sim->metrics, RAFT_SIM_REFUSED, 1);
	else
		sim_node_turn(leader);
	sim_settle(sim);
	return result;
}

enum raft_result
raft_sim_reconfigure(struct raft_sim *sim, enum raft_sim_change change,
		     uint64_t nodes)
{
	return ask_for(sim, &(struct raft_sim_wish){.change = change,
						    .nodes = nodes});
}

enum raft_result
raft_sim_add_learners(struct raft_sim *sim, uint64_t nodes, bool promotes,
		      uint32_t stands_in_us)
{
	return ask_for(sim, &(struct raft_sim_wish){
				    .change = RAFT_SIM_ADD_LEARNER,
				    .nodes = nodes,
				    .promotes = promotes,
				    .stands_in_us = stands_in_us,
			    });
}

enum raft_result
raft_sim_set_leases(struct raft_sim *sim, uint32_t clock_drift)
{
	return ask_for(sim, &(struct raft_sim_wish){
				    .change = RAFT_SIM_LEASES,
				    .clock_drift = clock_drift,
			    });
}

/* ------------------------------------------------------------- observing */

static void
read_configuration(const struct raft_payload *payload,
		   struct raft_configuration *configuration,
		   struct raft_member *members)
{
	/* Nothing but the library makes them, and nothing changes them. */
	if (raft_configuration_decode(payload->data, payload->length,
				      configuration, members,
				      RAFT_SIM_NODES_MAX) != RAFT_OK)
		abort();
}

void
sim_membership_committed(struct sim_node *node, uint64_t first)
{
	struct sim_checks *checks = &node->sim->checks;
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_configuration configuration;

	for (uint64_t index = first; index <= checks->history.count; index++) {
		const struct sim_log_entry *entry =
			sim_log_at(&node->disk.accepted, index);

		if (entry->kind != RAFT_ENTRY_CONFIGURATION)
			continue;
		read_configuration(&entry->payload, &configuration, members);
		sim_check_membership_committed(
			&checks->membership, index,
			checks->history.entries[index - 1].known_in,
			&configuration);
	}
}

void
sim_membership_elected(struct sim_node *node, uint64_t term)
{
	struct raft_sim *sim = node->sim;

	sim_check_membership_elected(&sim->checks.membership, &sim->verdict,
				     node->number, term,
				     raft_configuration(node->raft));
}

static void
appends(struct sim_node *node, const struct raft_entry *entry)
{
	struct raft_sim *sim = node->sim;
	const struct sim_history *history = &sim->checks.history;
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_configuration configuration;
	struct sim_appended appended = {
		.node = node->number,
		.term = entry->term,
		.index = entry->index,
		.committed.index = node->status.commit_index,
		.configuration = &configuration,
	};
	uint64_t index = appended.committed.index;

	if (index > 0 && index <= history->count)
		appended.committed.term = history->entries[index - 1].term;
	while (++index < entry->index)
		if (sim_log_at(&node->disk.accepted, index)->kind ==
		    RAFT_ENTRY_CONFIGURATION)
			appended.pending = index;
	read_configuration(&entry->payload, &configuration, members);
	sim_check_membership_appended(&sim->checks.membership, &sim->verdict,
				      &appended);
}

void
sim_membership_saved(struct sim_node *node, const struct raft_save *save)
{
	if (node->status.role != RAFT_LEADER)
		return;
	for (size_t i = 0; i < save->entry_count; i++)
		if (save->entries[i].kind == RAFT_ENTRY_CONFIGURATION &&
		    save->entries[i].term == node->status.term)
			appends(node, &save->entries[i]);
}

/*
 * Questions about the present: nodes, the leader, who holds what.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>

#include "assists/sim/world/world.h"

void
raft_sim_node(const struct raft_sim *sim, uint32_t number,
	      struct raft_sim_node *state)
{
	const struct sim_node *node = sim_node_at(sim, number);
	const struct sim_log *log = &node->disk.accepted;

	*state = (struct raft_sim_node){
		.up = node->up,
		.paused = node->paused,
		.runs = sim_node_runs(node),
		.identity = node->self,
		.status = node->status,
		.writes_committed =
		    sim_log_writes(log, node->status.commit_index),
		.writes_applied = node->machine.writes,
		.installing = node->incoming > node->machine.applied,
		.acts = sim_node_acts(node),
		.lag_us = sim_health_lag(node),
		.memory_bytes = node->held_bytes,
		.mask = node->options.mask,
		.disk = node->disk.state,
		.disk_latency = node->disk.latency,
		.clock_millionths = node->clock.millionths,
	};
}

const char *
raft_sim_role(const struct raft_sim *sim, uint32_t number)
{
	const struct sim_node *node = sim_node_at(sim, number);

	if (!node->up)
		return "down";
	if (node->status.role == RAFT_LEADER)
		return "leader";
	if (node->status.member_role == 0 || node->told_removed)
		return "removed";
	if (node->status.member_role == RAFT_MEMBER_NON_VOTING)
		return "learner";
	return node->status.role == RAFT_CANDIDATE ? "candidate" : "follower";
}

int
raft_sim_print(const struct raft_sim *sim, uint32_t number, char *text,
	       size_t size)
{
	const struct sim_node *node = sim_node_at(sim, number);
	const struct raft_status *status = &node->status;

	return snprintf(text, size,
			"n%u %s%s%s term %" PRIu64 " leader n%" PRIu64
			" last %" PRIu64 "@%" PRIu64 " durable %" PRIu64
			" committed %" PRIu64 " applied %" PRIu64,
			number, raft_sim_role(sim, number),
			node->paused ? " paused" : "",
			status->stopped ? " stopped" : "", status->term,
			status->leader, status->last.index, status->last.term,
			sim_log_last(&node->disk.durable), status->commit_index,
			node->machine.applied);
}

/* ----------------------------------------------------------- the leader */

static bool
follows(const struct sim_node *voter, const void *what)
{
	const struct sim_node *leader = what;

	return voter != NULL && sim_node_runs(voter) &&
	       !voter->status.stopped &&
	       voter->status.term == leader->status.term &&
	       voter->status.leader == leader->number;
}

/** A majority of its voters run, hold its term and take it as leader; of either
 *  configuration, while they are joint. */
static bool
is_followed(const struct sim_node *leader)
{
	struct sim_support support[2];

	sim_support(leader, follows, leader, support);
	return support[0].holders * 2 > support[0].voters &&
	       (support[1].voters == 0 ||
		support[1].holders * 2 > support[1].voters);
}

uint32_t
raft_sim_leader(const struct raft_sim *sim)
{
	const struct sim_node *best = NULL;

	for (uint32_t i = 0; i < sim->node_count; i++) {
		const struct sim_node *node = &sim->nodes[i];

		if (node->says_it_leads &&
		    (best == NULL || node->status.term > best->status.term) &&
		    is_followed(node))
			best = node;
	}
	return best == NULL ? 0 : best->number;
}

/** Who begins to act does so by an event; who ceases may do so by time alone. */
static void
count_acting(struct raft_sim *sim)
{
	uint32_t acting = 0;

	if (sim->metrics.leaders > 1)
		for (uint32_t i = 0; i < sim->node_count; i++)
			acting += sim_node_acts(&sim->nodes[i]);
	else
		acting = sim->metrics.leaders;
	raft_tally_acting(&sim->metrics, acting);
}

void
sim_settle(struct raft_sim *sim)
{
	uint32_t leader;
	uint64_t term;

	count_acting(sim);
	if (sim->changed ||
	    sim->lag.seen < sim->checks.history.count)
		sim_lag_note(sim);
	if (!sim->changed)
		return;
	sim->changed = false;
	leader = raft_sim_leader(sim);
	term = leader == 0 ? 0 : sim_node_at(sim, leader)->status.term;
	if (leader == sim->leader && term == sim->leader_term)
		return;
	sim->leader = leader;
	sim->leader_term = term;
	sim->leader_since = sim->now;
}

uint64_t
raft_sim_leader_since(const struct raft_sim *sim)
{
	return sim->leader == 0 ? sim->now : sim->leader_since;
}

/* ----------------------------------------------------------------- logs */

uint64_t
raft_sim_committed(const struct raft_sim *sim)
{
	return sim->checks.history.count;
}

/** The chain up to an index of the leader's log, or before it, where it is what
 *  history has. */
static uint64_t
leaders_chain(const struct raft_sim *sim, const struct sim_log *log,
	      uint64_t index)
{
	if (index > 0 && index < log->base.last.index)
		return sim->checks.history.entries[index - 1].chain;
	return sim_log_chain(log, index);
}

static bool
log_equals(const struct raft_sim *sim, const struct sim_log *log,
	   const struct sim_log *leaders, uint64_t committed)
{
	const struct sim_history *history = &sim->checks.history;
	uint64_t last = sim_log_last(log);

	if (committed > 0 &&
	    !sim_log_covers(log, committed,
			    history->entries[committed - 1].chain))
		return false;
	return last <= sim_log_last(leaders) &&
	       sim_log_chain(log, last) == leaders_chain(sim, leaders, last);
}

bool
raft_sim_logs_equal(const struct raft_sim *sim, uint64_t committed)
{
	uint32_t leader = raft_sim_leader(sim);
	const struct sim_node *leads;
	uint64_t members;

	if (leader == 0)
		return false;
	leads = sim_node_at(sim, leader);
	members = sim_members(leads, RAFT_MEMBER_VOTER) |
		  sim_members(leads, RAFT_MEMBER_NON_VOTING);
	for (uint32_t i = 0; i < sim->node_count; i++) {
		const struct sim_node *node = &sim->nodes[i];

		if ((members >> i & 1) != 0 && sim_node_runs(node) &&
		    !log_equals(sim, &node->disk.accepted,
				&leads->disk.accepted, committed))
			return false;
	}
	return true;
}

/* -------------------------------------------------------------- metrics */

void
raft_sim_mark(struct raft_sim *sim)
{
	sim_verb(sim, "", "mark");
	raft_tally_mark(&sim->metrics, sim->now, sim->client.last_id);
	for (uint32_t i = 0; i < sim->node_count; i++)
		sim->nodes[i].lag[1] = 0;
	sim_lag_note(sim);
}

uint64_t
raft_sim_metric(const struct raft_sim *sim, enum raft_sim_metric metric,
		bool since_mark)
{
	if (metric == RAFT_SIM_LOST_ACKS)
		return sim->checks.acknowledged.lost;
	if (metric == RAFT_SIM_STALE_READS)
		return sim->checks.reads.stale;
	return raft_tally_read(&sim->metrics, sim->now, metric, since_mark);
}

uint64_t
raft_sim_writes_waiting(const struct raft_sim *sim)
{
	return sim->metrics.waiting;
}

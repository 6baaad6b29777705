/*
 * The limits that a group keeps to while nothing is broken.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/world/world.h"

static uint64_t
later(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

void
raft_sim_limit(struct raft_sim *sim, const struct raft_sim_limits *limits)
{
	sim->limits = *limits;
	sim->limited_at = sim->now;
}

void
raft_sim_limit_lag(struct raft_sim *sim, uint32_t number, uint64_t within_us)
{
	struct sim_node *node = sim_node_at(sim, number);

	node->lag_within = within_us;
	node->lag_limited_at = sim->now;
}

static uint64_t
lags_since(const struct sim_node *node)
{
	return sim_check_lag_since(&node->sim->checks.history,
				   node->machine.applied);
}

uint64_t
sim_health_lag(const struct sim_node *node)
{
	uint64_t since = node->up ? lags_since(node) : UINT64_MAX;

	return since == UINT64_MAX ? 0 : node->sim->now - since;
}

static void
look_at_lag(struct sim_node *node)
{
	uint64_t since = later(lags_since(node), node->lag_limited_at);

	if (sim_node_runs(node))
		sim_check_lag(&node->sim->verdict, node->number,
			      node->machine.applied, since, node->lag_within);
}

static void
look_at_wait(struct raft_sim *sim, const char *what, uint64_t id,
	     uint64_t begun_at, uint64_t within)
{
	sim_check_wait(&sim->verdict, what, id,
		       later(begun_at, sim->limited_at), within);
}

/** The oldest of each are the first; one that is tried again, and now stands
 *  behind younger ones, is seen when it is the first. */
static void
look_at_waits(struct raft_sim *sim, const struct sim_node *node)
{
	if (node->proposal_count > 0)
		look_at_wait(sim, "write", node->proposals[0].id,
			     node->proposals[0].begun_at, sim->limits.write_us);
	if (node->read_count > 0)
		look_at_wait(sim, "read", node->reads[0].id,
			     node->reads[0].begun_at, sim->limits.read_us);
}

void
sim_health_look(struct raft_sim *sim)
{
	const struct sim_waiting *waiting = sim->client.waiting;

	for (uint32_t i = 0; i < sim->node_count; i++) {
		look_at_lag(&sim->nodes[i]);
		look_at_waits(sim, &sim->nodes[i]);
	}
	if (sim->client.waiting_count > 0)
		look_at_wait(sim, waiting->bytes == 0 ? "read" : "write",
			     waiting->id, waiting->begun_at,
			     waiting->bytes == 0 ? sim->limits.read_us
						 : sim->limits.write_us);
}

void
sim_health_lost(struct sim_node *node, const char *what, uint64_t id)
{
	struct raft_sim *sim = node->sim;
	bool reads = what[0] == 'r';

	if ((reads ? sim->limits.read_us : sim->limits.write_us) != 0)
		sim_accuse(&sim->verdict, "waits",
			   "n%u does not end %s %llu as it should",
			   node->number, what, (unsigned long long)id);
}

void
sim_health_sent(struct sim_node *node, const struct sim_message *message)
{
	struct raft_sim *sim = node->sim;
	const struct sim_log *log = &node->disk.accepted;
	const struct raft_append *append = &message->message.append;
	struct sim_carried *carried =
	    &sim_link_at(sim, message->from, message->to)->carried;
	uint64_t durable;

	sim_check_traffic_sent(carried, &sim->verdict, message->from,
			       message->to, message->message.term,
			       append->previous.index + 1, append->last.index,
			       sim->limits.sent_times);
	sim_check_traffic_waits_for(carried, &sim->verdict, message->from,
				    message->to, append->sequence,
				    sim->limits.appends_in_flight);
	durable =
	    later(sim_log_last(&sim_node_at(sim, message->to)->disk.durable),
		  carried->since - 1);
	if (durable < append->last.index)
		sim_check_traffic_waits(&sim->verdict, message->from,
					message->to,
					sim_log_bytes(log, append->last.index) -
					    sim_log_bytes(log, durable),
					sim->limits.undurable_bytes);
}

void
sim_health_answered(struct sim_node *node, const struct sim_message *message)
{
	struct sim_carried *carried =
	    &sim_link_at(node->sim, message->to, message->from)->carried;
	const struct raft_message *answer = &message->message;

	if (answer->term != carried->term ||
	    carried->unanswered_count == 0)
		return;
	if (answer->kind == RAFT_MESSAGE_APPEND_ANSWER)
		sim_check_traffic_answered(carried,
					   answer->append_answer.sequence);
	else if (answer->kind == RAFT_MESSAGE_SNAPSHOT_ANSWER)
		sim_check_traffic_answered(carried,
					   answer->snapshot_answer.sequence);
}

void
sim_health_memory(struct sim_node *node)
{
	sim_check_memory(&node->sim->verdict, node->number, node->held_bytes,
			 node->sim->limits.memory_bytes);
}

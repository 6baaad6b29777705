/*
 * Linearizable reads: those of the open-loop client and single ones, and what
 * became of each.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A read that a node has taken ends once: lost, or with an index; with one it
 * is answered as soon as the node's state machine has applied all up to there.
 * What a read must show is what clients had seen when it was given to the node.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assists/sim/world/world.h"

enum raft_result
sim_read_begin(struct sim_node *node, uint64_t id, uint64_t begun_at,
	       bool retried)
{
	struct sim_read read = {
		.id = id,
		.begun_at = begun_at,
		.seen_before = node->sim->checks.reads.seen,
		.retried = retried,
	};
	enum raft_result result =
		raft_read(node->raft, sim_node_now(node), &read.name);

	if (result != RAFT_OK)
		return result;
	node->reads = sim_grow(node->reads, &node->read_room,
			       node->read_count + 1, sizeof(*node->reads));
	node->reads[node->read_count++] = read;
	return RAFT_OK;
}

enum raft_result
raft_sim_read(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = number == 0 ? sim_client_target(sim)
					    : sim_node_at(sim, number);
	enum raft_result result = RAFT_NOT_LEADER;
	char text[SIM_OUTCOME_BYTES], set[SIM_SET_BYTES];

	if (node != NULL && !sim_node_runs(node))
		result = RAFT_STOPPED;
	else if (node != NULL)
		result = sim_read_begin(node, ++sim->client.last_read, sim->now,
					false);
	sim_verb(sim, sim_outcome(result, text), "read%s",
		 sim_set_print(set, " at ", sim_set_of(number)));
	if (result != RAFT_OK) {
		raft_tally_count(&sim->metrics, RAFT_SIM_REFUSED, 1);
		raft_tally_count(&sim->metrics, RAFT_SIM_READS_REFUSED, 1);
	} else {
		sim_node_turn(node);
	}
	sim_settle(sim);
	return result;
}

/** Whatever a node may have seen, it had to see what was seen so long ago. */
static void
answer_bounded(struct sim_node *node, uint64_t id, uint64_t bound_us)
{
	struct raft_sim *sim = node->sim;
	struct sim_check_reads *check = &sim->checks.reads;
	struct sim_read read = {.id = id};

	sim_trace(sim, "n%u answers read %" PRIu64 " as of %" PRIu64,
		  node->number, id, node->machine.applied);
	if (sim->now > bound_us)
		read.index = sim_check_reads_seen_before(check,
							 sim->now - bound_us);
	sim_check_reads_answered(check, &sim->verdict, &sim->checks.history,
				 node->number, &read, &node->machine);
	raft_tally_count(&sim->metrics, RAFT_SIM_READS, 1);
}

enum raft_result
sim_read_bounded(struct raft_sim *sim, struct sim_node *node, uint64_t bound_us)
{
	enum raft_result result = RAFT_STOPPED;
	uint64_t id = ++sim->client.last_read;

	if (node != NULL)
		result = raft_read_bounded(node->raft, bound_us,
					   sim_node_now(node));
	if (result == RAFT_OK)
		answer_bounded(node, id, bound_us);
	else
		raft_tally_count(&sim->metrics, RAFT_SIM_READS_REFUSED, 1);
	if (node != NULL)
		sim_node_turn(node);
	return result;
}

const char *
sim_bound_print(char text[SIM_BOUND_BYTES], uint64_t bound_us)
{
	text[0] = '\0';
	if (bound_us != 0)
		snprintf(text, SIM_BOUND_BYTES, " bound %" PRIu64 "us",
			 bound_us);
	return text;
}

enum raft_result
raft_sim_read_bounded(struct raft_sim *sim, uint32_t number, uint64_t bound_us)
{
	struct sim_node *node = number == 0 ? sim_client_target(sim)
					    : sim_node_at(sim, number);
	bool runs = node != NULL && sim_node_runs(node);
	enum raft_result result =
		sim_read_bounded(sim, runs ? node : NULL, bound_us);
	char text[SIM_OUTCOME_BYTES], set[SIM_SET_BYTES];
	char bound[SIM_BOUND_BYTES];

	sim_verb(sim, sim_outcome(result, text), "read%s%s",
		 sim_set_print(set, " at ", sim_set_of(number)),
		 sim_bound_print(bound, bound_us));
	sim_settle(sim);
	return result;
}

/* ---------------------------------------------------------------- ends */

static void
lose(struct sim_node *node, struct sim_read *read)
{
	size_t after = (size_t)(node->reads + --node->read_count - read);
	struct sim_waiting again = {
		.id = read->id,
		.begun_at = read->begun_at,
	};

	sim_trace(node->sim, "n%u loses read %" PRIu64, node->number, read->id);
	sim_guest_read(node, read->name, 0);
	sim_health_lost(node, "read", read->id);
	if (read->retried && node->sim->client.reads.every_us != 0)
		sim_client_again(node->sim, &again);
	memmove(read, read + 1, after * sizeof(*read));
}

void
sim_read_ends(struct sim_node *node, const struct raft_read *end)
{
	struct raft_sim *sim = node->sim;
	struct sim_read *read = node->reads;

	while (read < node->reads + node->read_count &&
	       (read->name != end->read || read->index != 0))
		read++;
	if (read == node->reads + node->read_count) {
		sim_accuse(&sim->verdict, "reads",
			   "n%u ends a read that nobody waits for",
			   node->number);
	} else if (end->index == 0) {
		lose(node, read);
	} else {
		read->index = end->index;
		sim_check_reads_ended(&sim->checks.reads, &sim->verdict,
				      node->number, read);
	}
}

static void
answer(struct sim_node *node, const struct sim_read *read)
{
	struct raft_sim *sim = node->sim;

	sim_trace(sim, "n%u answers read %" PRIu64 " as of %" PRIu64,
		  node->number, read->id, node->machine.applied);
	sim_check_reads_answered(&sim->checks.reads, &sim->verdict,
				 &sim->checks.history, node->number, read,
				 &node->machine);
	sim_guest_read(node, read->name, read->index);
	raft_tally_count(&sim->metrics, RAFT_SIM_READS, 1);
}

void
sim_read_answer(struct sim_node *node)
{
	size_t kept = 0;

	for (size_t i = 0; i < node->read_count; i++) {
		const struct sim_read *read = &node->reads[i];

		if (read->index == 0 || read->index > node->machine.applied)
			node->reads[kept++] = *read;
		else
			answer(node, read);
	}
	node->read_count = kept;
}

/*
 * The open-loop client, which writes and reads; writes, its own and single
 * ones, and what became of each.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A write waits until a node accepts it, is then that node's proposal, and ends
 * in one outcome: committed is an acknowledgement, unknown is given up, lost
 * waits again, under a new id, so that the old one is known never to commit.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"

struct sim_node *
sim_client_target(struct raft_sim *sim)
{
	struct sim_node *best = NULL;

	for (uint32_t i = 0; i < sim->node_count; i++) {
		struct sim_node *node = &sim->nodes[i];

		if (node->says_it_leads &&
		    (best == NULL || node->status.term > best->status.term))
			best = node;
	}
	return best;
}

static void
proposal_add(struct sim_node *node, const struct sim_proposal *proposal)
{
	node->proposals = sim_grow(node->proposals, &node->proposal_room,
				   node->proposal_count + 1,
				   sizeof(*node->proposals));
	node->proposals[node->proposal_count++] = *proposal;
}

void
sim_client_changes(struct sim_node *node, struct raft_entry_id name)
{
	proposal_add(node, &(struct sim_proposal){
			       .name = name,
			       .begun_at = node->sim->now,
			   });
}

static void
wait_for(struct raft_sim *sim, const struct sim_waiting *waiting)
{
	struct sim_client *client = &sim->client;

	client->waiting = sim_grow(client->waiting, &client->waiting_room,
				   client->waiting_count + 1,
				   sizeof(*client->waiting));
	client->waiting[client->waiting_count++] = *waiting;
}

static void
offer_at(struct raft_sim *sim, uint64_t at)
{
	sim_queue_push(&sim->queue, (struct sim_event){
					    .at = at,
					    .kind = SIM_EVENT_CLIENT_OFFERS,
				    });
}

void
sim_client_again(struct raft_sim *sim, struct sim_waiting *waiting)
{
	waiting->due_at = sim->now + sim->options.heartbeat_us;
	wait_for(sim, waiting);
	offer_at(sim, waiting->due_at);
}

void
sim_client_wake(struct raft_sim *sim)
{
	if (sim->client.waiting_count > 0)
		offer_at(sim, sim->now);
}

/* ------------------------------------------------------ the open loop */

static enum raft_result
offer_write(struct sim_node *node, const struct sim_waiting *write)
{
	struct raft_payload payload = sim_payload_new(write->id, write->bytes);
	struct sim_proposal proposal = {
		.id = write->id,
		.first_id = write->first_id,
		.bytes = write->bytes,
		.begun_at = write->begun_at,
		.retried = true,
	};
	enum raft_result result = raft_propose(
		node->raft, &payload, 1, sim_node_now(node), &proposal.name);

	raft_payload_release(&payload);
	if (result == RAFT_OK)
		proposal_add(node, &proposal);
	return result;
}

static bool
offer(struct sim_node *node, const struct sim_waiting *waiting)
{
	bool reads = waiting->bytes == 0;
	enum raft_result result =
	    reads ? sim_read_begin(node, waiting->id, waiting->begun_at, true)
		  : offer_write(node, waiting);

	if (result != RAFT_OK && reads)
		raft_tally_count(&node->sim->metrics, RAFT_SIM_READS_REFUSED,
				  1);
	if (result != RAFT_OK)
		sim_trace(node->sim, "n%u refuses %s %" PRIu64 ": %s",
			  node->number, reads ? "read" : "write", waiting->id,
			  raft_result_name(result));
	return result == RAFT_OK;
}

static bool
is_asked_in_turn(const struct raft_sim *sim, const struct sim_waiting *waiting)
{
	return waiting->bytes == 0 && sim->client.reads.nodes != 0;
}

/** Whom a read of the loop goes to: the next in turn, if it runs. */
static struct sim_node *
next_reader(struct raft_sim *sim)
{
	struct sim_loop *loop = &sim->client.reads;
	struct sim_node *node;

	do
		loop->last_node = loop->last_node % sim->node_count + 1;
	while ((loop->nodes >> (loop->last_node - 1) & 1) == 0);
	node = sim_node_at(sim, loop->last_node);
	return sim_node_runs(node) ? node : NULL;
}

/** Offer one. False: it was refused. */
static bool
offer_next(struct raft_sim *sim, const struct sim_waiting *waiting,
	   struct sim_node *leader, uint64_t *taken_by)
{
	struct sim_node *node = leader;

	if (is_asked_in_turn(sim, waiting))
		node = next_reader(sim);
	if (node == NULL || !offer(node, waiting))
		return false;
	*taken_by |= UINT64_C(1) << (node->number - 1);
	return true;
}

void
sim_client_offers(struct raft_sim *sim)
{
	struct sim_client *client = &sim->client;
	struct sim_node *leader = sim_client_target(sim);
	uint64_t retry_at = sim->now + sim->options.heartbeat_us;
	uint64_t taken_by = 0;
	bool refused = false;
	size_t kept = 0;

	for (size_t i = 0; i < client->waiting_count; i++) {
		struct sim_waiting *waiting = &client->waiting[i];

		if (waiting->due_at <= sim->now &&
		    (leader != NULL || is_asked_in_turn(sim, waiting))) {
			if (offer_next(sim, waiting, leader, &taken_by))
				continue;
			waiting->due_at = retry_at;
			refused = true;
		}
		client->waiting[kept++] = *waiting;
	}
	client->waiting_count = kept;
	if (refused)
		offer_at(sim, retry_at);
	for (uint32_t i = 0; i < sim->node_count; i++)
		if (taken_by >> i & 1)
			sim_node_turn(&sim->nodes[i]);
}

static void
next_at(struct raft_sim *sim, const struct sim_loop *loop, uint64_t at)
{
	bool reads = loop == &sim->client.reads;

	sim_queue_push(&sim->queue,
		       (struct sim_event){
			       .at = at,
			       .kind = reads ? SIM_EVENT_CLIENT_READS
					     : SIM_EVENT_CLIENT_WRITES,
			       .number = loop->generation,
		       });
}

/** It does not wait for anybody. */
static void
begin_bounded(struct raft_sim *sim)
{
	const struct sim_loop *loop = &sim->client.reads;
	struct sim_node *node = loop->nodes == 0 ? sim_client_target(sim)
						 : next_reader(sim);

	(void)sim_read_bounded(sim, node, loop->bound_us);
}

void
sim_client_begins(struct raft_sim *sim, struct sim_loop *loop,
		  uint64_t generation)
{
	struct sim_client *client = &sim->client;
	struct sim_waiting waiting = {
		.begun_at = sim->now,
		.due_at = sim->now,
		.bytes = loop->bytes,
	};

	if (generation != loop->generation)
		return;
	if (loop->bound_us != 0) {
		next_at(sim, loop, sim->now + loop->every_us);
		begin_bounded(sim);
		return;
	}
	if (loop == &client->reads) {
		waiting.id = ++client->last_read;
	} else {
		waiting.id = waiting.first_id = ++client->last_id;
		raft_tally_waits(&sim->metrics, sim->now);
	}
	wait_for(sim, &waiting);
	next_at(sim, loop, sim->now + loop->every_us);
	sim_client_offers(sim);
}

/** What no node has taken is given up: the reads, or the writes. */
static void
give_up(struct raft_sim *sim, bool reads)
{
	struct sim_client *client = &sim->client;
	size_t kept = 0;

	for (size_t i = 0; i < client->waiting_count; i++) {
		if ((client->waiting[i].bytes == 0) != reads)
			client->waiting[kept++] = client->waiting[i];
		else if (!reads)
			raft_tally_given_up(&sim->metrics, sim->now);
	}
	client->waiting_count = kept;
}

static void
set_loop(struct raft_sim *sim, struct sim_loop *loop, uint64_t every_us,
	 size_t bytes)
{
	loop->generation++;
	loop->every_us = every_us;
	loop->bytes = bytes;
	if (every_us != 0)
		next_at(sim, loop, sim->now);
	else
		give_up(sim, loop == &sim->client.reads);
}

void
raft_sim_client(struct raft_sim *sim, uint64_t every_us, size_t bytes)
{
	if (every_us == 0)
		sim_verb(sim, "", "client off");
	else
		sim_verb(sim, "", "client every %" PRIu64 "us size %zu",
			 every_us, bytes);
	set_loop(sim, &sim->client.writes, every_us, bytes);
}

void
raft_sim_reads_bounded(struct raft_sim *sim, uint64_t every_us, uint64_t nodes,
		       uint64_t bound_us)
{
	uint64_t every = UINT64_MAX >> (RAFT_SIM_NODES_MAX - sim->node_count);
	struct sim_loop *loop = &sim->client.reads;
	char set[SIM_SET_BYTES], bound[SIM_BOUND_BYTES];

	if (every_us == 0)
		sim_verb(sim, "", "reads off");
	else
		sim_verb(sim, "", "reads every %" PRIu64 "us%s%s", every_us,
			 sim_set_print(set, " at ", nodes & every),
			 sim_bound_print(bound, bound_us));
	loop->nodes = nodes & every;
	loop->last_node = 0;
	loop->bound_us = bound_us;
	set_loop(sim, loop, every_us, 0);
}

void
raft_sim_reads_at(struct raft_sim *sim, uint64_t every_us, uint64_t nodes)
{
	raft_sim_reads_bounded(sim, every_us, nodes, 0);
}

void
raft_sim_reads(struct raft_sim *sim, uint64_t every_us)
{
	raft_sim_reads_at(sim, every_us, 0);
}

/* -------------------------------------------------------- single writes */

static enum raft_result
propose(struct sim_node *node, size_t count, size_t bytes)
{
	struct raft_sim *sim = node->sim;
	struct raft_payload *payloads = sim_alloc(count, sizeof(*payloads));
	struct sim_proposal proposal = {
		.bytes = bytes,
		.begun_at = sim->now,
	};
	enum raft_result result;

	for (size_t i = 0; i < count; i++)
		payloads[i] = sim_payload_new(sim->client.last_id + 1 + i,
					      bytes);
	result = raft_propose(node->raft, payloads, count, sim_node_now(node),
			      &proposal.name);
	for (size_t i = 0; i < count; i++)
		raft_payload_release(&payloads[i]);
	free(payloads);
	if (result != RAFT_OK)
		return result;
	for (size_t i = 0; i < count; i++) {
		proposal.id = proposal.first_id = ++sim->client.last_id;
		proposal_add(node, &proposal);
		proposal.name.index++;
		raft_tally_waits(&sim->metrics, sim->now);
	}
	return RAFT_OK;
}

enum raft_result
raft_sim_propose(struct raft_sim *sim, uint32_t number, size_t count,
		 size_t bytes)
{
	struct sim_node *node = number == 0 ? sim_client_target(sim)
					    : sim_node_at(sim, number);
	enum raft_result result = RAFT_NOT_LEADER;
	char text[SIM_OUTCOME_BYTES], set[SIM_SET_BYTES];

	if (node != NULL && !sim_node_runs(node))
		result = RAFT_STOPPED;
	else if (node != NULL && count > 0)
		result = propose(node, count, bytes);
	sim_verb(sim, sim_outcome(result, text), "propose %zu%s size %zu",
		 count, sim_set_print(set, " at ", sim_set_of(number)), bytes);
	if (result != RAFT_OK)
		raft_tally_count(&sim->metrics, RAFT_SIM_REFUSED, 1);
	else
		sim_node_turn(node);
	sim_settle(sim);
	return result;
}

/* ------------------------------------------------------------- outcomes */

/** What stands at an index of a log. */
struct place {
	uint64_t index;
	uint64_t chain;
};

static bool
holds_durably(const struct sim_node *voter, const void *what)
{
	const struct place *place = what;

	/* A disk lost meanwhile was one that held it. */
	return voter == NULL || sim_log_covers(&voter->disk.durable,
					       place->index, place->chain);
}

static void
acknowledge(struct sim_node *node, const struct sim_proposal *proposal)
{
	struct raft_sim *sim = node->sim;
	struct sim_told told = {
		.node = node->number,
		.term = node->status.term,
		.id = proposal->id,
		.index = proposal->name.index,
	};
	const struct sim_history *history = &sim->checks.history;
	const struct place place = {
		.index = told.index,
		.chain = told.index > history->count
				 ? 1
				 : history->entries[told.index - 1].chain,
	};

	/* One that leads no more may have taken back the configuration by which
	 * it had counted. */
	if (node->status.role == RAFT_LEADER)
		sim_support(node, holds_durably, &place, told.support);
	sim_check_acknowledged_committed(&sim->checks.acknowledged,
					 &sim->verdict, history, &told);
	sim_check_reads_seen(&sim->checks.reads, sim->now, told.index);
	raft_tally_acknowledged(&sim->metrics, sim->now, proposal->first_id);
}

static void
lose(struct sim_node *node, const struct sim_proposal *proposal)
{
	struct raft_sim *sim = node->sim;
	struct sim_waiting again = {
		.first_id = proposal->first_id,
		.begun_at = proposal->begun_at,
		.bytes = proposal->bytes,
	};

	sim_check_acknowledged_lost(&sim->checks.acknowledged, &sim->verdict,
				    node->number, proposal->id);
	if (!proposal->retried || sim->client.writes.every_us == 0) {
		raft_tally_given_up(&sim->metrics, sim->now);
		return;
	}
	again.id = ++sim->client.last_id;
	sim_client_again(sim, &again);
}

static void
proposal_ends(struct sim_node *node, const struct sim_proposal *proposal,
	      enum raft_outcome_kind kind)
{
	static const char *const names[] = {
		[RAFT_OUTCOME_COMMITTED] = "committed",
		[RAFT_OUTCOME_LOST] = "lost",
		[RAFT_OUTCOME_UNKNOWN] = "unknown",
	};

	if (proposal->id == 0) {
		sim_trace(node->sim, "n%u tells change %s at %" PRIu64,
			  node->number, names[kind], proposal->name.index);
		return;
	}
	sim_trace(node->sim, "n%u tells write %" PRIu64 " %s at %" PRIu64,
		  node->number, proposal->id, names[kind],
		  proposal->name.index);
	if (kind != RAFT_OUTCOME_COMMITTED)
		sim_health_lost(node, "write", proposal->id);
	switch (kind) {
	case RAFT_OUTCOME_COMMITTED:
		acknowledge(node, proposal);
		break;
	case RAFT_OUTCOME_LOST:
		lose(node, proposal);
		break;
	case RAFT_OUTCOME_UNKNOWN:
		raft_tally_given_up(&node->sim->metrics, node->sim->now);
		break;
	}
}

void
sim_client_outcome(struct sim_node *node, const struct raft_outcome *outcome)
{
	uint64_t named = outcome->range.last + 1 - outcome->range.first;
	size_t kept = 0;

	for (size_t i = 0; i < node->proposal_count; i++) {
		const struct sim_proposal *proposal = &node->proposals[i];

		if (proposal->name.term == outcome->term &&
		    proposal->name.index >= outcome->range.first &&
		    proposal->name.index <= outcome->range.last) {
			proposal_ends(node, proposal, outcome->kind);
			named--;
		} else {
			node->proposals[kept++] = *proposal;
		}
	}
	node->proposal_count = kept;
	if (named != 0)
		sim_accuse(&node->sim->verdict, "outcomes",
			   "n%u tells an outcome of %" PRIu64
			   " entries that nobody waits for",
			   node->number, named);
}

void
sim_client_forget(struct sim_node *node)
{
	for (size_t i = 0; i < node->proposal_count; i++)
		if (node->proposals[i].id != 0)
			raft_tally_given_up(&node->sim->metrics,
					     node->sim->now);
	node->proposal_count = 0;
	node->read_count = 0;
}

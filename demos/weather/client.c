/*
 * The client, which is outside of the network: it writes and reads in an open loop,
 * as the simulator's does (raft_sim_client), or once, and every operation goes into a
 * history.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A write waits until somebody says that it leads, is then that node's, and ends in
 * one way: committed is an acknowledgement, unknown is given up, refused or lost
 * waits again, lost under a new number, as the old one never will be there.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "demos/weather/world.h"

struct node *
client_target(struct raft_sim *sim)
{
	struct node *best = NULL;

	for (uint32_t i = 0; i < sim->node_count; i++) {
		struct node *node = &sim->nodes[i];

		if (ask_says_it_leads(node) &&
		    (best == NULL ||
		     node->status.raft.term > best->status.raft.term))
			best = node;
	}
	return best;
}

/* --------------------------------------------------------------- history */

void
client_begin(struct raft_sim *sim)
{
	if (sim->weather->history == NULL)
		return;
	sim->client.history = fopen(sim->weather->history, "w");
	if (sim->client.history == NULL)
		world_accuse(sim, "history", "%s cannot be written",
			     sim->weather->history);
}

/* An answer that is NULL never came. */
static void
write_down(const struct raft_sim *sim, const struct ask *ask,
	   const char *answer)
{
	FILE *out = sim->client.history;

	/* What may be old is not linearizable, and need not be. */
	if (out == NULL || ask->bound_us != 0 || (ask->reads && answer == NULL))
		return;
	fprintf(out, ask->reads ? "c register get - " : "c register set ");
	if (!ask->reads)
		fprintf(out, "%" PRIu64 " ", ask->id);
	fprintf(out, "%s %" PRIu64, answer == NULL ? "?" : answer,
		ask->invoked_ns);
	if (answer == NULL)
		fputs(" -\n", out);
	else
		fprintf(out, " %" PRIu64 "\n", world_now_ns());
}

void
client_end(struct raft_sim *sim)
{
	struct client *client = &sim->client;

	for (size_t i = 0; i < client->count; i++)
		if (client->asks[i].node != 0)
			write_down(sim, &client->asks[i], NULL);
	if (client->history != NULL)
		fclose(client->history);
	free(client->asks);
}

/* ------------------------------------------------------------------- asks */

static struct ask *
add(struct raft_sim *sim, const struct ask *ask)
{
	struct client *client = &sim->client;
	size_t count = client->count + 1;

	client->asks = realloc(client->asks, count * sizeof(*ask));
	if (client->asks == NULL)
		abort();
	client->asks[client->count++] = *ask;
	if (!ask->reads)
		raft_tally_waits(&sim->tally, world_now(sim));
	return &client->asks[client->count - 1];
}

/* The order of the others is that in which they are offered. */
static void
drop(struct raft_sim *sim, struct ask *ask)
{
	struct client *client = &sim->client;
	struct ask *end = client->asks + --client->count;

	for (; ask < end; ask++)
		ask[0] = ask[1];
}

static void
give_up(struct raft_sim *sim, struct ask *ask)
{
	if (!ask->reads)
		raft_tally_given_up(&sim->tally, world_now(sim));
	drop(sim, ask);
}

static void
retry_at(struct raft_sim *sim, uint64_t at)
{
	if (at < sim->client.retry_at)
		sim->client.retry_at = at;
}

static const struct loop *
loop_of(const struct raft_sim *sim, const struct ask *ask)
{
	return ask->reads ? &sim->client.reads : &sim->client.writes;
}

/* After a heartbeat, if its loop still goes on. */
static void
wait_again(struct raft_sim *sim, struct ask *ask)
{
	if (!ask->retried || loop_of(sim, ask)->every_us == 0) {
		give_up(sim, ask);
		return;
	}
	ask->node = 0;
	ask->due_at = world_now(sim) + sim->options.heartbeat_us;
	retry_at(sim, ask->due_at);
}

/* Give it to a node: what becomes of it, that one will report. */
static void
hand_over(struct raft_sim *sim, struct ask *ask, struct node *node)
{
	uint64_t now = world_now(sim);
	const struct order order = {
		.kind = ask->reads ? ORDER_READ : ORDER_PROPOSE,
		.id = ask->id,
		.count = 1,
		.bytes = ask->bytes,
		.bound_us = world_real_us(sim, ask->bound_us),
	};

	ask->node = node->number;
	ask->invoked_ns = world_now_ns();
	if (ask->reads)
		ask->seen = now < ask->bound_us
				? 0
				: record_seen_at(sim, now - ask->bound_us);
	node_order(node, &order);
}

/* ---------------------------------------------------------- the open loop */

/* Whom a read of the loop goes to: the next in turn, if it runs. */
static struct node *
next_reader(struct raft_sim *sim)
{
	struct loop *loop = &sim->client.reads;
	struct node *node;

	do
		loop->last_node = loop->last_node % sim->node_count + 1;
	while ((loop->nodes >> (loop->last_node - 1) & 1) == 0);
	node = &sim->nodes[loop->last_node - 1];
	return node_runs(node) ? node : NULL;
}

/* Those that wait and are due, to whoever leads or is next in turn. */
static void
offer(struct raft_sim *sim, uint64_t now)
{
	struct client *client = &sim->client;
	struct node *leader = client_target(sim), *node;

	client->retry_at = UINT64_MAX;
	for (size_t i = 0; i < client->count; i++) {
		struct ask *ask = &client->asks[i];
		bool in_turn = ask->reads && client->reads.nodes != 0;

		if (ask->node != 0)
			continue;
		if (ask->due_at > now) {
			retry_at(sim, ask->due_at);
			continue;
		}
		node = in_turn ? next_reader(sim) : leader;
		if (node != NULL) {
			hand_over(sim, ask, node);
		} else if (in_turn) {
			raft_tally_count(&sim->tally, RAFT_SIM_READS_REFUSED,
					 1);
			ask->due_at = now + sim->options.heartbeat_us;
			retry_at(sim, ask->due_at);
		}
	}
}

/* One that does not wait for anybody. */
static void
begin_bounded(struct raft_sim *sim)
{
	const struct loop *loop = &sim->client.reads;
	struct node *node =
	    loop->nodes == 0 ? client_target(sim) : next_reader(sim);

	(void)client_read(sim, node == NULL ? 0 : node->number,
			  loop->bound_us);
}

static void
begin(struct raft_sim *sim, const struct loop *loop, uint64_t now)
{
	bool reads = loop == &sim->client.reads;
	uint64_t id;

	if (reads && loop->bound_us != 0) {
		begin_bounded(sim);
		return;
	}
	id = ++sim->client.last_id;
	add(sim, &(struct ask){
		     .reads = reads,
		     .id = id,
		     .first_id = id,
		     .bytes = loop->bytes,
		     .due_at = now,
		     .retried = true,
		 });
	offer(sim, now);
}

static bool
act_in(struct raft_sim *sim, struct loop *loop, uint64_t now)
{
	if (loop->every_us == 0 || loop->next_at > now)
		return false;
	loop->next_at += loop->every_us;
	begin(sim, loop, now);
	return true;
}

bool
client_act(struct raft_sim *sim, uint64_t now)
{
	struct client *client = &sim->client;
	bool acts = act_in(sim, &client->writes, now);

	acts |= act_in(sim, &client->reads, now);
	if (client->retry_at > now)
		return acts;
	offer(sim, now);
	return true;
}

static uint64_t
sooner(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

uint64_t
client_due(const struct raft_sim *sim)
{
	const struct client *client = &sim->client;
	uint64_t due = client->retry_at;

	if (client->writes.every_us != 0)
		due = sooner(due, client->writes.next_at);
	if (client->reads.every_us != 0)
		due = sooner(due, client->reads.next_at);
	return due;
}

void
client_wake(struct raft_sim *sim)
{
	retry_at(sim, world_now(sim));
}

/* What no node has is given up when its loop ends. */
static void
set_loop(struct raft_sim *sim, struct loop *loop, const struct loop *to)
{
	bool reads = loop == &sim->client.reads;

	*loop = *to;
	loop->next_at = world_now(sim);
	for (size_t i = sim->client.count; loop->every_us == 0 && i-- > 0;) {
		struct ask *ask = &sim->client.asks[i];

		if (ask->node == 0 && ask->reads == reads)
			give_up(sim, ask);
	}
}

void
client_set_writes(struct raft_sim *sim, uint64_t every_us, size_t bytes)
{
	set_loop(sim, &sim->client.writes,
		 &(struct loop){ .every_us = every_us, .bytes = bytes });
}

void
client_set_reads(struct raft_sim *sim, uint64_t every_us, uint64_t nodes,
		 uint64_t bound_us)
{
	uint64_t every = UINT64_MAX >> (RAFT_SIM_NODES_MAX - sim->node_count);

	set_loop(sim, &sim->client.reads,
		 &(struct loop){
		     .every_us = every_us,
		     .nodes = nodes & every,
		     .bound_us = bound_us,
		 });
}

/* ------------------------------------------------------------- single ones */

static struct node *
node_or_leader(struct raft_sim *sim, uint32_t number)
{
	return number == 0 ? client_target(sim) : &sim->nodes[number - 1];
}

enum raft_result
client_propose(struct raft_sim *sim, uint32_t number, size_t count,
	       size_t bytes)
{
	struct node *node = node_or_leader(sim, number);
	struct order order = {
		.kind = ORDER_PROPOSE,
		.id = sim->client.last_id + 1,
		.count = count,
		.bytes = bytes,
	};

	if (node == NULL || !node_runs(node))
		return node == NULL ? RAFT_NOT_LEADER : RAFT_STOPPED;
	for (size_t i = 0; i < count; i++) {
		uint64_t id = ++sim->client.last_id;

		add(sim, &(struct ask){
			     .node = node->number,
			     .id = id,
			     .first_id = id,
			     .batch = order.id,
			     .bytes = bytes,
			     .invoked_ns = world_now_ns(),
			 });
	}
	world_order(sim, node, &order);
	return RAFT_OK;
}

enum raft_result
client_read(struct raft_sim *sim, uint32_t number, uint64_t bound_us)
{
	struct node *node = node_or_leader(sim, number);
	struct ask *ask;

	if (node == NULL || !node_runs(node)) {
		raft_tally_count(&sim->tally, RAFT_SIM_READS_REFUSED, 1);
		return node == NULL ? RAFT_NOT_LEADER : RAFT_STOPPED;
	}
	ask = add(sim, &(struct ask){
			   .reads = true,
			   .id = ++sim->client.last_id,
			   .bound_us = bound_us,
		       });
	hand_over(sim, ask, node);
	return RAFT_OK;
}

/* ---------------------------------------------------------------- outcomes */

static struct ask *
find(struct raft_sim *sim, const struct node *node, uint64_t id)
{
	for (size_t i = 0; i < sim->client.count; i++) {
		struct ask *ask = &sim->client.asks[i];

		if (ask->id == id && ask->node == node->number)
			return ask;
	}
	return NULL;
}

/* Of several writes at once all are refused, and none is told but the first. */
static void
refused(struct raft_sim *sim, const struct node *node, struct ask *ask)
{
	uint64_t id = ask->id, batch = ask->batch;

	if (ask->reads)
		raft_tally_count(&sim->tally, RAFT_SIM_READS_REFUSED, 1);
	if (!ask->retried && ask->bound_us == 0)
		raft_tally_count(&sim->tally, RAFT_SIM_REFUSED, 1);
	do
		wait_again(sim, ask);
	while (batch != 0 && (ask = find(sim, node, ++id)) != NULL &&
	       ask->batch == batch);
}

static void
written(struct raft_sim *sim, struct ask *ask, const struct report *report)
{
	switch (report->written.outcome) {
	case RAFT_OUTCOME_COMMITTED:
		write_down(sim, ask, "ok");
		record_acknowledged(sim, ask->id, report->written.place);
		raft_tally_acknowledged(&sim->tally, world_now(sim),
					ask->first_id);
		drop(sim, ask);
		break;
	case RAFT_OUTCOME_LOST:
		write_down(sim, ask, "failed");
		ask->id = ++sim->client.last_id;
		wait_again(sim, ask);
		break;
	case RAFT_OUTCOME_UNKNOWN:
		write_down(sim, ask, NULL);
		give_up(sim, ask);
		break;
	}
}

static void
read_ended(struct raft_sim *sim, struct ask *ask, const struct report *report)
{
	char value[32] = "nil";

	if (report->read.index == 0) {
		wait_again(sim, ask);
		return;
	}
	if (report->read.value != 0)
		snprintf(value, sizeof(value), "%" PRIu64, report->read.value);
	write_down(sim, ask, value);
	record_read(sim, ask, report);
	raft_tally_count(&sim->tally, RAFT_SIM_READS, 1);
	drop(sim, ask);
}

void
client_report(struct raft_sim *sim, const struct node *node,
	      const struct report *report)
{
	struct ask *ask = find(sim, node, report->id);

	if (ask == NULL) {
		/* Not of the client, but a verb of the scenario. */
		if (report->kind == REPORT_REFUSED)
			raft_tally_count(&sim->tally, RAFT_SIM_REFUSED, 1);
		return;
	}
	if (report->kind == REPORT_REFUSED)
		refused(sim, node, ask);
	else if (report->kind == REPORT_WRITTEN)
		written(sim, ask, report);
	else
		read_ended(sim, ask, report);
}

uint64_t
client_waiting(const struct raft_sim *sim)
{
	uint64_t writes = 0;

	for (size_t i = 0; i < sim->client.count; i++)
		writes += !sim->client.asks[i].reads;
	return writes;
}

void
client_forget(struct raft_sim *sim, uint32_t node)
{
	for (size_t i = sim->client.count; i-- > 0;) {
		struct ask *ask = &sim->client.asks[i];

		if (ask->node != node)
			continue;
		write_down(sim, ask, NULL);
		give_up(sim, ask);
	}
}

/*
 * What each verb does that breaks, mends or asks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/run/run.h"

#include "assists/scenario/run/watch.h"

/* --------------------------------------------------------------- network */

/* Calls `act` for each direction between two sets. */
static void
each_direction(struct run *run, const struct statement *statement,
	       uint64_t senders, uint64_t receivers, bool both_ways,
	       void (*act)(struct run *, const struct statement *, uint32_t,
			   uint32_t))
{
	uint32_t from, to;

	while ((from = run_take_lowest(&senders)) != 0) {
		uint64_t rest = receivers;

		while ((to = run_take_lowest(&rest)) != 0) {
			if (from == to)
				continue;
			act(run, statement, from, to);
			if (both_ways)
				act(run, statement, to, from);
		}
	}
}

static void
on_arrow(struct run *run, const struct statement *statement,
	 void (*act)(struct run *, const struct statement *, uint32_t,
		     uint32_t))
{
	uint64_t every = run_every_node(run);

	if (statement->every_link)
		each_direction(run, statement, every, every, false, act);
	else
		each_direction(run, statement,
			       run_resolve(run, statement, &statement->nodes),
			       run_resolve(run, statement, &statement->peers),
			       statement->both_ways, act);
}

static void
cut_link(struct run *run, const struct statement *statement, uint32_t from,
	 uint32_t to)
{
	run->world->cut(run->sim, from, to,
		     statement->verb == VERB_CUT ? statement->only
						 : RAFT_SIM_EVERY_KIND);
}

static void
heal_link(struct run *run, const struct statement *statement, uint32_t from,
	  uint32_t to)
{
	(void)statement;
	run->world->heal(run->sim, from, to);
}

void
do_cut(struct run *run, const struct statement *statement)
{
	on_arrow(run, statement, cut_link);
}

void
do_heal(struct run *run, const struct statement *statement)
{
	if (statement->every_link)
		run->world->heal_all(run->sim);
	else
		on_arrow(run, statement, heal_link);
}

void
do_isolate(struct run *run, const struct statement *statement)
{
	uint64_t set = run_resolve(run, statement, &statement->nodes);

	each_direction(run, statement, set, run_every_node(run) & ~set, true,
		       cut_link);
}

/* Nodes in no group form one more. A node in two stays in the first. */
void
do_partition(struct run *run, const struct statement *statement)
{
	uint64_t rest = run_every_node(run), group;

	for (size_t i = 0; i <= statement->group_count; i++) {
		group = rest;
		if (i < statement->group_count)
			group &= run_resolve(run, statement,
					     &statement->groups[i]);
		rest &= ~group;
		each_direction(run, statement, group, group, false, heal_link);
		each_direction(run, statement, group, rest, true, cut_link);
	}
}

struct raft_sim_range
run_range_us(const struct run *run, const struct duration_range *range)
{
	return (struct raft_sim_range){
		.least_us = duration_us(&range->least, run->scenario),
		.most_us = duration_us(&range->most, run->scenario),
	};
}

static void
set_link(struct run *run, const struct statement *statement, uint32_t from,
	 uint32_t to)
{
	const struct link_quality *quality = &statement->quality;
	struct raft_sim_link link = run->world->link(run->sim, from, to);

	if (quality->is_default) {
		run->world->default_link(run->sim, from, to);
		return;
	}
	if (quality->has_latency)
		link.latency = run_range_us(run, &quality->latency);
	if (quality->has_loss)
		link.loss = quality->loss;
	if (quality->has_duplicate)
		link.duplicate = quality->duplicate;
	run->world->set_link(run->sim, from, to, &link);
}

void
do_link(struct run *run, const struct statement *statement)
{
	on_arrow(run, statement, set_link);
}

static void
hold_link(struct run *run, const struct statement *statement, uint32_t from,
	  uint32_t to)
{
	run->world->hold(run->sim, from, to, statement->only);
}

void
do_hold(struct run *run, const struct statement *statement)
{
	on_arrow(run, statement, hold_link);
}

static void
release_link(struct run *run, const struct statement *statement, uint32_t from,
	     uint32_t to)
{
	run->world->release(run->sim, from, to, statement->only);
}

void
do_release(struct run *run, const struct statement *statement)
{
	on_arrow(run, statement, release_link);
}

static void
replay_link(struct run *run, const struct statement *statement, uint32_t from,
	    uint32_t to)
{
	(void)run->world->replay(run->sim, from, to, statement->only,
			      (size_t)statement->number);
}

void
do_replay(struct run *run, const struct statement *statement)
{
	on_arrow(run, statement, replay_link);
}

/* ----------------------------------------------------- one node at a time */

/* Lowest first. What has no effect is in the trace, no more. */
static void
each_node(struct run *run, const struct statement *statement,
	  void (*act)(struct run *, const struct statement *, uint32_t))
{
	uint64_t set = run_resolve(run, statement, &statement->nodes);
	uint32_t node;

	while ((node = run_take_lowest(&set)) != 0)
		act(run, statement, node);
}

#define DO_EACH_NODE(verb, call)                                               \
	static void verb##_node(struct run *run,                               \
				const struct statement *statement,             \
				uint32_t node)                                 \
	{                                                                      \
		(void)statement;                                               \
		(void)call;                                                    \
	}                                                                      \
	void do_##verb(struct run *run, const struct statement *statement)     \
	{                                                                      \
		each_node(run, statement, verb##_node);                        \
	}

DO_EACH_NODE(restart, run_start(run, node))
DO_EACH_NODE(crash, run->world->crash(run->sim, node,
				   statement->torn ? RAFT_SIM_CRASH_TORN
						   : RAFT_SIM_CRASH))
DO_EACH_NODE(poweroff, run->world->crash(run->sim, node, RAFT_SIM_POWEROFF))
DO_EACH_NODE(wipe, run->world->wipe(run->sim, node))
DO_EACH_NODE(pause, run->world->pause(run->sim, node))
DO_EACH_NODE(resume, run->world->resume(run->sim, node))
DO_EACH_NODE(clock, (run->world->set_clock(run->sim, node, statement->rate), 0))
DO_EACH_NODE(campaign, run->world->campaign(run->sim, node))
DO_EACH_NODE(step_down, run->world->step_down(run->sim, node))
DO_EACH_NODE(transfer, run->world->transfer(run->sim, node))
DO_EACH_NODE(snapshot, run->world->snapshot(run->sim, node))
DO_EACH_NODE(build, (run_set_build(run, node, statement->modules), 0))

void
run_start(struct run *run, uint32_t node)
{
	run->started |= UINT64_C(1) << (node - 1);
	(void)run->world->start(run->sim, node);
}

/* What the reader could not know: see parse_starts.c. */
void
do_start(struct run *run, const struct statement *statement)
{
	uint64_t set = run_resolve(run, statement, &statement->nodes);
	uint64_t again = set & run->started;
	char why[96];

	if (again != 0) {
		snprintf(why, sizeof why, "n%u has run before, and 'start' is "
			 "a node's first; expected 'restart'",
			 run_take_lowest(&again));
		run_fail_and_end(run, statement, why);
		return;
	}
	while (set != 0)
		run_start(run, run_take_lowest(&set));
}

static void
disk_node(struct run *run, const struct statement *statement, uint32_t node)
{
	if (statement->has_range)
		run->world->set_disk_latency(run->sim, node,
					  run_range_us(run, &statement->range));
	else
		run->world->set_disk(run->sim, node, statement->disk);
}

void
do_disk(struct run *run, const struct statement *statement)
{
	each_node(run, statement, disk_node);
}

static void
propose_node(struct run *run, const struct statement *statement, uint32_t node)
{
	(void)run->world->propose(run->sim, node, (size_t)statement->number,
			       (size_t)statement->size);
}

static void
read_node(struct run *run, const struct statement *statement, uint32_t node)
{
	uint64_t bound_us = duration_us(&statement->bound, run->scenario);

	if (bound_us != 0)
		(void)run->world->read_bounded(run->sim, node, bound_us);
	else
		(void)run->world->read(run->sim, node);
}

/* At the nodes that it names, or through the leader. */
static void
at_nodes(struct run *run, const struct statement *statement,
	 void (*act)(struct run *, const struct statement *, uint32_t))
{
	if (statement->at)
		each_node(run, statement, act);
	else
		act(run, statement, 0);
}

void
do_propose(struct run *run, const struct statement *statement)
{
	at_nodes(run, statement, propose_node);
}

void
do_read(struct run *run, const struct statement *statement)
{
	at_nodes(run, statement, read_node);
}

/* --------------------------------------------------------------- the rest */

/* One change, however many nodes it is about. */
void
do_reconfigure(struct run *run, const struct statement *statement)
{
	uint64_t nodes = run_resolve(run, statement, &statement->nodes);
	uint64_t stands_in_us =
	    duration_us(&statement->stands_in, run->scenario);

	/* More than there can be is refused by the library. */
	if (stands_in_us > UINT32_MAX)
		stands_in_us = UINT32_MAX;
	if (statement->change == RAFT_SIM_ADD_LEARNER)
		(void)run->world->add_learners(run->sim, nodes,
					    statement->promotes,
					    (uint32_t)stands_in_us);
	else
		(void)run->world->reconfigure(run->sim, statement->change,
					      nodes);
}

void
do_leases(struct run *run, const struct statement *statement)
{
	(void)run->world->set_leases(run->sim, statement->drift);
}

void
do_client(struct run *run, const struct statement *statement)
{
	run->world->client(run->sim,
			duration_us(&statement->duration, run->scenario),
			(size_t)statement->size);
}

void
do_reads(struct run *run, const struct statement *statement)
{
	uint64_t every_us = duration_us(&statement->duration, run->scenario);

	run->world->reads_bounded(run->sim, every_us,
			       run_resolve(run, statement, &statement->nodes),
			       duration_us(&statement->bound, run->scenario));
}

void
do_mark(struct run *run, const struct statement *statement)
{
	(void)statement;
	run->marked = true;
	run->world->mark(run->sim);
	watch_mark(run);
}

void
do_note(struct run *run, const struct statement *statement)
{
	run->world->note(run->sim, statement->text);
}

void
do_print(struct run *run, const struct statement *statement)
{
	char text[512];

	fprintf(run->prints, "%s:%d: at %lluus\n", run->scenario->name,
		statement->line, (unsigned long long)run->world->now(run->sim));
	for (uint32_t i = 1; i <= run->scenario->node_count; i++) {
		run->world->print(run->sim, i, text, sizeof text);
		fprintf(run->prints, "  %s\n", text);
	}
}

/*
 * What one sees who looks at a world again and again: what has changed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/lab/look.h"

#include <stdlib.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "demos/lab/page.h"

/** What was told of a node. Texts are static. */
struct seen {
	uint64_t term;
	uint64_t first;
	uint64_t last;
	uint64_t durable;
	uint64_t committed;
	const char *role;
	uint32_t leader;
	uint64_t mask;
	const char *disk;
	uint32_t clock;
	bool acts;
};

struct look {
	uint32_t nodes;
	int line;
	struct seen seen[RAFT_SIM_NODES_MAX];
	const char *links[RAFT_SIM_NODES_MAX][RAFT_SIM_NODES_MAX];
	/** How links and disks are at first. */
	bool begun;
	struct raft_sim_link usual_link;
	struct raft_sim_range usual_disk;
};

struct look *
look_begin(uint32_t nodes)
{
	struct look *look = calloc(1, sizeof *look);

	if (look == NULL)
		abort();
	look->nodes = nodes;
	for (uint32_t from = 0; from < nodes; from++)
		for (uint32_t to = 0; to < nodes; to++)
			look->links[from][to] = "whole";
	return look;
}

void
look_end(struct look *look)
{
	free(look);
}

/* ------------------------------------------------------------------- nodes */

static bool
is_slower(const struct raft_sim_range *one, const struct raft_sim_range *other)
{
	return one->most_us > other->most_us;
}

static const char *
disk_word(const struct look *look, const struct raft_sim_node *node)
{
	switch (node->disk) {
	case RAFT_SIM_DISK_STALL:
		return "stalled";
	case RAFT_SIM_DISK_FULL:
		return "full";
	case RAFT_SIM_DISK_FAIL:
		return "failing";
	case RAFT_SIM_DISK_OK:
		break;
	}
	return is_slower(&node->disk_latency, &look->usual_disk) ? "slow"
								 : "ok";
}

/* The name of the build with that mask; `name` has room for it. */
static void
name_build(uint64_t mask, char *name)
{
	uint32_t modules;
	uint64_t other;

	for (size_t i = 0; raft_scenario_every_build(i, &modules); i++) {
		raft_scenario_build_name(modules, name,
					 RAFT_SCENARIO_BUILD_BYTES);
		if (raft_mask(name, &other) && other == mask)
			return;
	}
	name[0] = '\0';
}

static struct seen
see(const struct look *look, const struct raft_sim *sim, uint32_t number)
{
	struct raft_sim_node node;

	raft_sim_node(sim, number, &node);
	return (struct seen){
		.term = node.status.term,
		.first = node.status.snapshot.index,
		.last = node.status.last.index,
		.durable = node.status.durable_index,
		.committed = node.status.commit_index,
		.role = raft_sim_role(sim, number),
		.leader = (uint32_t)node.status.leader,
		.mask = node.mask,
		.disk = disk_word(look, &node),
		.clock = node.clock_millionths,
		.acts = node.acts,
	};
}

static void
look_at_log(double at, uint32_t node, const struct seen *was,
	    const struct seen *is)
{
	if (is->term == was->term && is->first == was->first &&
	    is->last == was->last && is->durable == was->durable &&
	    is->committed == was->committed)
		return;
	page_log(at, node, (double)is->term, (double)is->first,
		 (double)is->last, (double)is->durable, (double)is->committed);
}

static void
look_at_node(double at, uint32_t node, const struct seen *was,
	     const struct seen *is)
{
	char build[RAFT_SCENARIO_BUILD_BYTES];

	if (is->role == was->role && is->leader == was->leader &&
	    is->mask == was->mask && is->disk == was->disk &&
	    is->clock == was->clock && is->acts == was->acts)
		return;
	name_build(is->mask, build);
	page_node(at, node, is->role, is->leader, build, is->disk, is->clock,
		  is->acts);
}

/* ------------------------------------------------------------------- links */

static const char *
link_word(const struct look *look, const struct raft_sim *sim, uint32_t from,
	  uint32_t to)
{
	uint32_t cut = raft_sim_cut_kinds(sim, from, to);
	struct raft_sim_link link = raft_sim_link(sim, from, to);

	if (cut == RAFT_SIM_EVERY_KIND)
		return "cut";
	if (raft_sim_held_kinds(sim, from, to) != 0)
		return "held";
	if (cut != 0)
		return "part";
	if (link.loss > 0 ||
	    is_slower(&link.latency, &look->usual_link.latency))
		return "poor";
	return "whole";
}

static void
look_at_links(struct look *look, const struct raft_sim *sim, double at)
{
	const char **seen, *word;

	for (uint32_t from = 1; from <= look->nodes; from++) {
		for (uint32_t to = 1; to <= look->nodes; to++) {
			if (from == to)
				continue;
			seen = &look->links[from - 1][to - 1];
			word = link_word(look, sim, from, to);
			if (*seen == word)
				continue;
			*seen = word;
			page_link(at, from, to, word);
		}
	}
}

static void
begin(struct look *look, const struct raft_sim *sim)
{
	struct raft_sim_node node;

	raft_sim_node(sim, 1, &node);
	look->usual_disk = node.disk_latency;
	if (look->nodes > 1)
		look->usual_link = raft_sim_link(sim, 1, 2);
	look->begun = true;
}

/* Links change only between two statements. */
void
look(void *context, const struct raft_sim *sim, int line)
{
	struct look *look = context;
	double at = (double)raft_sim_now(sim);

	if (!look->begun)
		begin(look, sim);
	for (uint32_t i = 1; i <= look->nodes; i++) {
		struct seen is = see(look, sim, i);

		look_at_log(at, i, &look->seen[i - 1], &is);
		look_at_node(at, i, &look->seen[i - 1], &is);
		look->seen[i - 1] = is;
	}
	if (line == look->line)
		return;
	look->line = line;
	look_at_links(look, sim, at);
	page_statement(at, line);
}

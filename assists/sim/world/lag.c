/*
 * How far each node is behind what is committed.
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

static uint64_t
writes_committed(struct sim_lag *lag, const struct sim_history *history)
{
	for (; lag->seen < history->count; lag->seen++)
		lag->writes +=
			history->entries[lag->seen].id != 0;
	return lag->writes;
}

void
sim_lag_note(struct raft_sim *sim)
{
	uint64_t committed =
		writes_committed(&sim->lag, &sim->checks.history);

	for (uint32_t i = 0; i < sim->node_count; i++) {
		struct sim_node *node = &sim->nodes[i];
		uint64_t behind = 0;

		if (!sim_node_runs(node))
			continue;
		if (node->machine.writes < committed)
			behind = committed - node->machine.writes;
		node->lag[0] = later(node->lag[0], behind);
		node->lag[1] = later(node->lag[1], behind);
	}
}

uint64_t
raft_sim_lag(const struct raft_sim *sim, uint64_t nodes, bool since_mark)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < sim->node_count; i++)
		if (nodes >> i & 1)
			most = later(most, sim->nodes[i].lag[since_mark]);
	return most;
}

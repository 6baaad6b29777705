/*
 * Whether a condition holds in a world.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/run/condition.h"

#include <stdio.h>
#include <string.h>

#include "assists/scenario/scenario.h"

static bool
compare(uint64_t a, enum comparison comparison, uint64_t b)
{
	switch (comparison) {
	case COMPARE_EQUAL:
		return a == b;
	case COMPARE_UNEQUAL:
		return a != b;
	case COMPARE_LESS:
		return a < b;
	case COMPARE_AT_MOST:
		return a <= b;
	case COMPARE_MORE:
		return a > b;
	case COMPARE_AT_LEAST:
		return a >= b;
	}
	return false;
}

/* A condition on several nodes holds if it holds of each. */
static bool
node_holds(const struct question *question, uint32_t node)
{
	const struct condition *condition = question->condition;
	const struct raft_scenario_world *world = question->world;
	struct raft_sim_node state;

	world->node(question->sim, node, &state);
	switch (condition->kind) {
	case CONDITION_ROLE:
		return strcmp(world->role(question->sim, node),
			      condition->role) == 0;
	case CONDITION_COMMITTED:
		return state.up && state.writes_committed >= condition->number;
	case CONDITION_APPLIED:
		return state.up && state.writes_applied >= condition->number;
	case CONDITION_RUNNING:
		return state.runs;
	case CONDITION_INSTALLING:
		return state.installing;
	case CONDITION_ACTS:
		return state.acts;
	case CONDITION_TERM:
		return state.up && compare(state.status.term,
					   condition->comparison,
					   condition->number);
	default:
		return false;
	}
}

static bool
each_node_holds(const struct question *question)
{
	for (uint32_t i = 0; i < SCENARIO_NODES_MAX; i++) {
		if ((question->nodes >> i & 1) != 0 &&
		    !node_holds(question, i + 1))
			return false;
	}
	return question->nodes != 0;
}

static bool
leader_is_right(const struct question *question)
{
	uint32_t leader = question->world->leader(question->sim);
	bool is_one;

	if (leader == 0)
		return false;
	is_one = (question->nodes >> (leader - 1) & 1) != 0;
	return is_one ==
	       (question->condition->comparison == COMPARE_EQUAL);
}

static bool
is_time(const struct condition *condition)
{
	return condition->kind == CONDITION_METRIC &&
	       raft_sim_metric_unit(condition->metric) == RAFT_SIM_UNIT_TIME;
}

static uint64_t
metric(const struct question *question)
{
	const struct condition *condition = question->condition;
	const struct raft_scenario_world *world = question->world;

	return condition->kind == CONDITION_LAG
		   ? world->lag(question->sim, question->nodes,
				condition->since_mark)
		   : world->metric(question->sim, condition->metric,
				   condition->since_mark);
}

static bool
metric_holds(const struct question *question)
{
	const struct condition *condition = question->condition;

	return compare(metric(question), condition->comparison,
		       is_time(condition) ? question->duration_us
					  : condition->number);
}

uint64_t
condition_due(const struct question *question)
{
	const struct raft_scenario_world *world = question->world;

	if (question->condition->kind != CONDITION_STABLE ||
	    world->leader(question->sim) == 0)
		return UINT64_MAX;
	return world->leader_since(question->sim) + question->duration_us;
}

bool
condition_holds(const struct question *question)
{
	const struct raft_scenario_world *world = question->world;
	const struct raft_sim *sim = question->sim;

	switch (question->condition->kind) {
	case CONDITION_LEADER:
		return world->leader(sim) != 0;
	case CONDITION_NO_LEADER:
		return world->leader(sim) == 0;
	case CONDITION_LEADER_IN:
		return leader_is_right(question);
	case CONDITION_STABLE:
		return condition_due(question) <= world->now(sim);
	case CONDITION_LOGS_EQUAL:
		return world->logs_equal(sim, question->committed);
	case CONDITION_VOTERS:
		return world->leader(sim) != 0 &&
		       world->voters(sim) == question->nodes;
	case CONDITION_LEARNERS:
		return world->leader(sim) != 0 &&
		       world->learners(sim) == question->nodes;
	case CONDITION_METRIC:
	case CONDITION_LAG:
		return metric_holds(question);
	default:
		return each_node_holds(question);
	}
}

void
condition_explain(const struct question *question, uint64_t election_us,
		  char *text, size_t size)
{
	const struct condition *condition = question->condition;
	const struct raft_scenario_world *world = question->world;
	uint32_t leader = world->leader(question->sim);

	if (is_time(condition)) {
		raft_scenario_print_duration(text, size, metric(question),
					     election_us);
	} else if (condition->kind == CONDITION_METRIC ||
		   condition->kind == CONDITION_LAG) {
		snprintf(text, size, "%llu",
			 (unsigned long long)metric(question));
	} else if (leader != 0) {
		snprintf(text, size, "n%u leads since %llums", leader,
			 (unsigned long long)(
			     world->leader_since(question->sim) / 1000));
	} else {
		snprintf(text, size, "no node leads");
	}
}

/*
 * What a scenario file says: the small questions about it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/script/script.h"

#include <stdlib.h>

/* A millionth of a timeout is taken apart so that nothing overflows. */
uint64_t
duration_us(const struct duration *duration,
	    const struct raft_scenario *scenario)
{
	uint64_t whole = duration->amount / 1000000;
	uint64_t part = duration->amount % 1000000;

	if (!duration->of_timeout)
		return duration->amount;
	return whole * scenario->election_us +
	       part * scenario->election_us / 1000000;
}

void
raft_scenario_free(struct raft_scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->statement_count; i++) {
		free(scenario->statements[i].groups);
		free(scenario->statements[i].text);
	}
	for (size_t i = 0; i < SCENARIO_NODES_MAX; i++)
		free(scenario->settings[i].log);
	for (size_t i = 0; i < scenario->name_count; i++)
		free(scenario->names[i]);
	for (size_t i = 0; i < scenario->note_count; i++)
		free(scenario->notes[i].text);
	free(scenario->notes);
	free(scenario->statements);
	free(scenario->title);
	free(scenario->source);
	free(scenario->name);
	free(scenario);
}

const char *
raft_scenario_name(const struct raft_scenario *scenario)
{
	return scenario->name;
}

const char *
raft_scenario_title(const struct raft_scenario *scenario)
{
	return scenario->title;
}

const char *
raft_scenario_text(const struct raft_scenario *scenario)
{
	return scenario->source;
}

uint64_t
raft_scenario_election_us(const struct raft_scenario *scenario)
{
	return scenario->election_us;
}

uint32_t
raft_scenario_node_count(const struct raft_scenario *scenario)
{
	return (uint32_t)scenario->node_count;
}

const struct raft_scenario_note *
raft_scenario_notes(const struct raft_scenario *scenario, size_t *count)
{
	*count = scenario->note_count;
	return scenario->notes;
}

void
script_give_logs(const struct raft_scenario *scenario,
		 const struct raft_scenario_world *world, struct raft_sim *sim)
{
	const struct node_setting *setting;

	for (uint32_t i = 1; i <= scenario->node_count; i++) {
		setting = &scenario->settings[i - 1];
		if (setting->term != 0)
			world->set_term(sim, i, setting->term);
		if (setting->log_count != 0)
			world->set_log(sim, i, setting->log,
				       setting->log_count);
	}
}

/*
 * What a scenario file says: the small questions about it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/scenario/scenario.h"

#include <stdlib.h>

/* A millionth of a timeout is taken apart so that nothing overflows. */
uint64_t
duration_us(const struct duration *duration, const struct scenario *scenario)
{
	uint64_t whole = duration->amount / 1000000;
	uint64_t part = duration->amount % 1000000;

	if (!duration->of_timeout)
		return duration->amount;
	return whole * scenario->election_us +
	       part * scenario->election_us / 1000000;
}

void
scenario_free(struct scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->statement_count; i++) {
		free(scenario->statements[i].groups);
		free(scenario->statements[i].condition.text);
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
	free(scenario->file);
	free(scenario);
}

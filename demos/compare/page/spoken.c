/*
 * A timeline in words.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/spoken.h"

/** So often it is said who led. */
#define SPELLS_MAX 12

/* Until the next change of that node; UINT64_MAX: to the end. */
static uint64_t
spell_end(const struct timeline_changes *states, size_t i)
{
	for (size_t next = i + 1; next < states->count; next++) {
		if (states->of[next].node == states->of[i].node)
			return states->of[next].at;
	}
	return UINT64_MAX;
}

static void
describe_leaders(const struct timeline *timeline, FILE *out)
{
	const struct timeline_changes *states = &timeline->states;
	char from[32], to[32];
	size_t spells = 0;
	uint64_t end;

	for (size_t i = 0; i < states->count; i++) {
		if (states->of[i].value != RAFT_SCENARIO_LEADER)
			continue;
		if (spells++ == SPELLS_MAX) {
			fputs(" And so on.", out);
			return;
		}
		end = spell_end(states, i);
		timeline_seconds(from, sizeof from, states->of[i].at);
		timeline_seconds(to, sizeof to, end);
		fprintf(out, " n%u leads from %s to %s.", states->of[i].node,
			from, end == UINT64_MAX ? "the end" : to);
	}
	if (spells == 0)
		fputs(" No node leads a majority.", out);
}

void
spoken_write(const struct timeline *timeline, FILE *out)
{
	char end[32];

	timeline_seconds(end, sizeof end, timeline->end);
	fprintf(out, "%u node%s over %s.", timeline->node_count,
		timeline->node_count == 1 ? "" : "s", end);
	describe_leaders(timeline, out);
	if (timeline->outage_count > 0)
		fprintf(out,
			" Stretches longer than the election timeout in "
			"which a write waited in vain: %zu.",
			timeline->outage_count);
}

/*
 * Reads: what anyone had seen before, a read shows.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What was seen is one index, since state-machine safety makes of all logs one
 * history: a state that has applied all up to there has everything in it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

static const char property[] = "reads";

void
sim_check_reads_seen(struct sim_check_reads *check, uint64_t now,
		     uint64_t index)
{
	if (check->seen >= index)
		return;
	check->seen = index;
	check->sights = sim_grow(check->sights, &check->room, check->count + 1,
				 sizeof(*check->sights));
	check->sights[check->count++] = (struct sim_sight){
		.at = now,
		.index = index,
	};
}

uint64_t
sim_check_reads_seen_before(const struct sim_check_reads *check, uint64_t at)
{
	size_t low = 0, high = check->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (check->sights[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? 0 : check->sights[low - 1].index;
}

void
sim_check_reads_clear(struct sim_check_reads *check)
{
	free(check->sights);
}

void
sim_check_reads_ended(struct sim_check_reads *check,
		      struct sim_verdict *verdict, uint32_t node,
		      const struct sim_read *read)
{
	if (read->index >= read->seen_before)
		return;
	check->stale++;
	sim_accuse(verdict, property,
		   "n%u answers read %" PRIu64 " as of index %" PRIu64
		   ", but index %" PRIu64 " was seen before it began",
		   node, read->id, read->index, read->seen_before);
}

void
sim_check_reads_answered(struct sim_check_reads *check,
			 struct sim_verdict *verdict,
			 const struct sim_history *history, uint32_t node,
			 const struct sim_read *read,
			 const struct sim_machine *machine)
{
	uint64_t applied = machine->applied;

	if (applied < read->index) {
		check->stale++;
		sim_accuse(verdict, property,
			   "n%u answers read %" PRIu64 " as of index %" PRIu64
			   ", having applied %" PRIu64,
			   node, read->id, read->index, applied);
	} else if (applied > history->count ||
		   (applied > 0 &&
		    history->entries[applied - 1].chain != machine->chain)) {
		sim_accuse(verdict, property,
			   "n%u answers read %" PRIu64
			   " from a state that is not what was committed up to"
			   " index %" PRIu64,
			   node, read->id, applied);
	}
	sim_check_reads_seen(check, verdict->now, applied);
}

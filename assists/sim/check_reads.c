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

#include "assists/sim/check.h"

static const char property[] = "reads";

void
sim_check_reads_seen(struct sim_check_reads *check, uint64_t index)
{
	if (check->seen < index)
		check->seen = index;
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
	sim_check_reads_seen(check, applied);
}

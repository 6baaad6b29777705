/*
 * Leader completeness: a leader holds all that was committed before.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/sim/check/check.h"

/**
 * How much of history was known committed before `term`. A leader that learns
 * late that it was elected need not hold what a later leader has committed
 * since.
 */
static uint64_t
committed_before(const struct sim_history *history, uint64_t term)
{
	uint64_t low = 0, high = history->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (history->entries[middle].known_in < term)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
sim_check_leader_holds(const struct sim_history *history,
		       struct sim_verdict *verdict, uint32_t node,
		       uint64_t term, const struct sim_log *log)
{
	uint64_t index = committed_before(history, term);

	/* The chain at the last of them covers all. */
	if (index > 0 &&
	    !sim_log_covers(log, index, history->entries[index - 1].chain))
		sim_accuse(verdict, "leader completeness",
			   "n%u leads in term %" PRIu64
			   " without all that was committed before, up to index"
			   " %" PRIu64,
			   node, term, index);
}

/*
 * Traffic: what is sent over a link is in proportion to what there is to send.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/sim/check.h"

void
sim_check_traffic_sent(struct sim_carried *carried, struct sim_verdict *verdict,
		       uint32_t from, uint32_t to, uint64_t term,
		       uint64_t first, uint64_t last, uint32_t times)
{
	uint64_t different;

	if (carried->term != term)
		*carried = (struct sim_carried){
			.term = term,
			.first = first,
			.last = last,
		};
	if (first > carried->newest + 1 || first < carried->since)
		carried->since = first;
	carried->newest = last;
	if (carried->first > first)
		carried->first = first;
	if (carried->last < last)
		carried->last = last;
	carried->sent += last + 1 - first;
	different = carried->last + 1 - carried->first;
	if (times != 0 && carried->sent > times * different + SIM_REPEATED_FREE)
		sim_accuse(verdict, "traffic",
			   "n%u has sent %" PRIu64
			   " entries to n%u in term %" PRIu64
			   ", of which %" PRIu64 " are different",
			   from, carried->sent, to, term, different);
}

void
sim_check_traffic_waits(struct sim_verdict *verdict, uint32_t from, uint32_t to,
			uint64_t bytes, uint64_t most)
{
	if (most != 0 && bytes > most)
		sim_accuse(verdict, "traffic",
			   "of what n%u has sent to n%u, %" PRIu64
			   " bytes are not on its disk, and %" PRIu64
			   " are allowed",
			   from, to, bytes, most);
}

void
sim_check_memory(struct sim_verdict *verdict, uint32_t node, uint64_t bytes,
		 uint64_t most)
{
	if (most != 0 && bytes > most)
		sim_accuse(verdict, "memory",
			   "n%u holds %" PRIu64 " bytes, and %" PRIu64
			   " are allowed",
			   node, bytes, most);
}

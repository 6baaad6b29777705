/*
 * Traffic: what is sent over a link is in proportion to what there is to send.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

void
sim_check_traffic_sent(struct sim_carried *carried, struct sim_verdict *verdict,
		       uint32_t from, uint32_t to, uint64_t term,
		       uint64_t first, uint64_t last, uint32_t times)
{
	uint64_t different;

	if (carried->term != term) {
		sim_carried_clear(carried);
		carried->term = term;
		carried->first = first;
		carried->last = last;
	}
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
sim_check_traffic_waits_for(struct sim_carried *carried,
			    struct sim_verdict *verdict, uint32_t from,
			    uint32_t to, uint64_t sequence, uint32_t most)
{
	carried->unanswered = sim_grow(
	    carried->unanswered, &carried->unanswered_room,
	    carried->unanswered_count + 1, sizeof(*carried->unanswered));
	carried->unanswered[carried->unanswered_count++] = sequence;
	if (most != 0 && carried->unanswered_count > most)
		sim_accuse(verdict, "traffic",
			   "n%u has sent %zu appends with entries to n%u that "
			   "are not answered, and %u are allowed",
			   from, carried->unanswered_count, to, most);
}

void
sim_check_traffic_answered(struct sim_carried *carried, uint64_t sequence)
{
	size_t answered = 0;

	while (answered < carried->unanswered_count &&
	       carried->unanswered[answered] <= sequence)
		answered++;
	carried->unanswered_count -= answered;
	memmove(carried->unanswered, &carried->unanswered[answered],
		carried->unanswered_count * sizeof(*carried->unanswered));
}

void
sim_carried_clear(struct sim_carried *carried)
{
	free(carried->unanswered);
	*carried = (struct sim_carried){ 0 };
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

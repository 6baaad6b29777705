/*
 * Election safety: at most one leader a term (thesis figure 3.2).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

void
sim_check_election_won(struct sim_check_election *check,
		       struct sim_verdict *verdict, uint32_t node,
		       uint64_t term)
{
	for (size_t i = check->count; i-- > 0;) {
		if (check->reigns[i].term != term)
			continue;
		if (check->reigns[i].node != node)
			sim_accuse(verdict, "election safety",
				   "n%u and n%u both led in term %" PRIu64,
				   check->reigns[i].node, node, term);
		return;
	}
	check->reigns = sim_grow(check->reigns, &check->room, check->count + 1,
				 sizeof(*check->reigns));
	check->reigns[check->count++] = (struct sim_reign){term, node};
}

void
sim_check_election_clear(struct sim_check_election *check)
{
	free(check->reigns);
	*check = (struct sim_check_election){0};
}

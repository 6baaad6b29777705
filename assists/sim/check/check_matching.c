/*
 * Log matching: the same index and term, the same log up to there.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

static struct sim_versions *
versions_at(struct sim_check_matching *check, uint64_t index)
{
	size_t before = check->room;

	check->indexes = sim_grow(check->indexes, &check->room, index,
				  sizeof(*check->indexes));
	if (check->room > before)
		memset(&check->indexes[before], 0,
		       (check->room - before) * sizeof(*check->indexes));
	if (check->count < index)
		check->count = index;
	return &check->indexes[index - 1];
}

void
sim_check_matching_held(struct sim_check_matching *check,
			struct sim_verdict *verdict, uint32_t node,
			uint64_t index, uint64_t term, uint64_t chain)
{
	struct sim_versions *at = versions_at(check, index);

	for (size_t i = 0; i < at->count; i++) {
		const struct sim_version *version = &at->versions[i];

		if (version->term != term)
			continue;
		if (version->chain != chain)
			sim_accuse(verdict, "log matching",
				   "n%u and n%u both held index %" PRIu64
				   " of term %" PRIu64
				   ", but not the same log up to there",
				   version->node, node, index, term);
		return;
	}
	at->versions = sim_grow(at->versions, &at->room, at->count + 1,
				sizeof(*at->versions));
	at->versions[at->count++] = (struct sim_version){term, chain, node};
}

void
sim_check_matching_clear(struct sim_check_matching *check)
{
	for (size_t i = 0; i < check->count; i++)
		free(check->indexes[i].versions);
	free(check->indexes);
	*check = (struct sim_check_matching){0};
}

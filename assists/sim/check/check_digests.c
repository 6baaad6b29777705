/*
 * The user's state machine: what the same entries make is the same on every node.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

void
sim_check_digests_model(struct sim_check_digests *check, uint64_t digest)
{
	check->digests = sim_grow(check->digests, &check->room,
				  check->count + 1, sizeof(*check->digests));
	check->digests[check->count++] = digest;
}

void
sim_check_digests_node(const struct sim_check_digests *check,
		       struct sim_verdict *verdict, uint32_t node,
		       const char *did, uint64_t index, uint64_t digest)
{
	/* What a node has applied, the model was shown before. */
	if (index >= check->count)
		abort();
	if (digest != check->digests[index])
		sim_accuse(verdict, "machine",
			   "n%u %s and is not what the entries up to index "
			   "%" PRIu64 " make: its digest is %" PRIu64
			   ", not %" PRIu64,
			   node, did, index, digest, check->digests[index]);
}

void
sim_check_digests_clear(struct sim_check_digests *check)
{
	free(check->digests);
	*check = (struct sim_check_digests){0};
}

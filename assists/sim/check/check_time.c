/*
 * In time: nobody lags, and nothing waits, for longer than it may.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/sim/check/check.h"

static bool
is_late(const struct sim_verdict *verdict, uint64_t since, uint64_t within)
{
	return within != 0 && since < verdict->now &&
	       verdict->now - since > within;
}

uint64_t
sim_check_lag_since(const struct sim_history *history, uint64_t applied)
{
	return applied < history->count ? history->entries[applied].known_at
					: UINT64_MAX;
}

void
sim_check_lag(struct sim_verdict *verdict, uint32_t node, uint64_t applied,
	      uint64_t since, uint64_t within)
{
	if (is_late(verdict, since, within))
		sim_accuse(verdict, "lag",
			   "n%u has applied %" PRIu64
			   "; the next was committed %" PRIu64
			   " us ago, and %" PRIu64 " are allowed",
			   node, applied, verdict->now - since, within);
}

void
sim_check_wait(struct sim_verdict *verdict, const char *what, uint64_t id,
	       uint64_t since, uint64_t within)
{
	if (is_late(verdict, since, within))
		sim_accuse(verdict, "waits",
			   "%s %" PRIu64 " has not ended in %" PRIu64
			   " us, and %" PRIu64 " are allowed",
			   what, id, verdict->now - since, within);
}

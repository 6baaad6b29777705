/*
 * A node's own time: an origin of its own, and a rate in millionths.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/world/world.h"

uint64_t
sim_clock_read(const struct sim_clock *clock, uint64_t now)
{
	return clock->local_base + (now - clock->virtual_base) *
					   clock->millionths /
					   RAFT_SIM_MILLION;
}

void
sim_clock_set(struct sim_clock *clock, uint64_t now, uint32_t millionths)
{
	clock->local_base = sim_clock_read(clock, now);
	clock->virtual_base = now;
	clock->millionths = millionths;
}

uint64_t
sim_clock_when(const struct sim_clock *clock, uint64_t local)
{
	uint64_t away = local - clock->local_base;

	if (local <= clock->local_base)
		return clock->virtual_base;
	/* Beyond four months, or for a clock that stands still: never. */
	if (away > UINT64_C(10000000000000) || clock->millionths == 0)
		return RAFT_SIM_INFINITE;
	return clock->virtual_base +
	       (away * RAFT_SIM_MILLION + clock->millionths - 1) /
		       clock->millionths;
}

/*
 * The generator and its draws.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/base/random.h"

uint64_t
sim_mix(uint64_t value)
{
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

uint64_t
sim_random_next(struct sim_random *random)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return sim_mix(random->state);
}

uint64_t
sim_random_upto(struct sim_random *random, uint64_t most)
{
	uint64_t bias, drawn;

	if (most == UINT64_MAX)
		return sim_random_next(random);
	/* 2^64 modulo (most + 1): what would make the first values likelier. */
	bias = -(most + 1) % (most + 1);
	do
		drawn = sim_random_next(random);
	while (drawn < bias);
	return drawn % (most + 1);
}

uint64_t
sim_random_between(struct sim_random *random, uint64_t least, uint64_t most)
{
	if (most <= least)
		return least;
	return least + sim_random_upto(random, most - least);
}

bool
sim_random_chance(struct sim_random *random, uint32_t share)
{
	return share != 0 && sim_random_upto(random, 999999) < share;
}

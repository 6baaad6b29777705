/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/cluster/spread.h"

#include <stddef.h>

#define BITS 6
#define STEPS (1 << BITS)

/** The six bits behind the first one say where within a power of two. */
static size_t
bucket_of(uint64_t ns)
{
	unsigned int power;

	if (ns < STEPS)
		return (size_t)ns;
	power = 63 - (unsigned int)__builtin_clzll(ns);
	return (size_t)(power - BITS + 1) * STEPS +
	       (size_t)((ns >> (power - BITS)) & (STEPS - 1));
}

/** What is in it is below that. */
static double
bound_of(size_t bucket)
{
	size_t power = bucket / STEPS;

	if (power == 0)
		return (double)(bucket + 1);
	return (double)(STEPS + bucket % STEPS + 1) *
	       (double)((uint64_t)1 << (power - 1));
}

void
spread_add(struct spread *spread, uint64_t ns, uint64_t count)
{
	spread->count += count;
	spread->counts[bucket_of(ns)] += count;
}

double
spread_us(const struct spread *spread, double part)
{
	double sought = part * (double)spread->count;
	uint64_t passed = 0;

	if (spread->count == 0)
		return 0;
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		passed += spread->counts[i];
		if (passed > 0 && (double)passed >= sought)
			return 1e-3 * bound_of(i);
	}
	return 0;
}

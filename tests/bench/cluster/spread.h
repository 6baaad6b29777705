/*
 * Durations as they are spread: what part of them took how long, to within 2 %.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_BENCH_CLUSTER_SPREAD_H
#define TESTS_BENCH_CLUSTER_SPREAD_H

#include <stdint.h>

/** 64 buckets for each power of two. */
#define SPREAD_BUCKETS 4096

/** All zero: nothing was measured. */
struct spread {
	uint64_t count;
	uint64_t counts[SPREAD_BUCKETS];
};

/** So many took so many nanoseconds. */
void spread_add(struct spread *spread, uint64_t ns, uint64_t count);

/** What this part of them did not exceed, in microseconds; 0.5 is the median. Of
 *  none: 0. */
double spread_us(const struct spread *spread, double part);

#endif

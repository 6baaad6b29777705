/*
 * A histogram of durations: how many took no longer than 10 us, 25 us, 50 us,
 * 100 us, and so on up to 100 s, and how long all of them took together.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The buckets are the same for all, so that what several servers have measured can
 * be added up. It takes no memory of its own, and reads no clock.
 */
#ifndef OUTRIGGER_HISTOGRAM_H
#define OUTRIGGER_HISTOGRAM_H

#include "raft/raft_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The bounds between the buckets: three a decade. */
#define RAFT_HISTOGRAM_BOUNDS 22

/** All zero: nothing was measured. */
struct raft_histogram {
	/** How many took longer than the bound before, and no longer than the
	 *  one of this place; the last: longer than all bounds. */
	uint64_t counts[RAFT_HISTOGRAM_BOUNDS + 1];
	/** How long all of them took together, in microseconds. */
	uint64_t sum_us;
};

/** In microseconds, ascending. */
extern RAFT_API const uint64_t raft_histogram_bounds_us[RAFT_HISTOGRAM_BOUNDS];

/** One took so long. */
RAFT_API void raft_histogram_add(struct raft_histogram *histogram, uint64_t us);

#ifdef __cplusplus
}
#endif

#endif

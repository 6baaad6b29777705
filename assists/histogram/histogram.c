/*
 * Histograms of durations (histogram.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/histogram/histogram.h"

#include <stddef.h>

#define DECADE(us) (us), (us)*5 / 2, (us)*5

const uint64_t raft_histogram_bounds_us[RAFT_HISTOGRAM_BOUNDS] = {
	DECADE(10),	 DECADE(100),	  DECADE(1000),	    DECADE(10000),
	DECADE(100000), DECADE(1000000), DECADE(10000000), 100000000,
};

/* What is measured most is short, and found soon. */
void
raft_histogram_add(struct raft_histogram *histogram, uint64_t us)
{
	size_t at = 0;

	while (at < RAFT_HISTOGRAM_BOUNDS && us > raft_histogram_bounds_us[at])
		at++;
	histogram->counts[at]++;
	histogram->sum_us += us;
}

/*
 * Histograms: each duration is in one bucket, the right one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/histogram/histogram.h"

static void
the_bounds_rise_from_10_us_to_100_s(void **state)
{
	(void)state;
	assert_int_equal(raft_histogram_bounds_us[0], 10);
	for (size_t i = 1; i < RAFT_HISTOGRAM_BOUNDS; i++)
		assert_in_range(raft_histogram_bounds_us[i],
				2 * raft_histogram_bounds_us[i - 1],
				3 * raft_histogram_bounds_us[i - 1]);
	assert_int_equal(raft_histogram_bounds_us[RAFT_HISTOGRAM_BOUNDS - 1],
			 100000000);
}

static void
a_bound_belongs_to_the_bucket_below_it(void **state)
{
	struct raft_histogram histogram = { 0 };
	uint64_t sum = 0;

	(void)state;
	for (size_t i = 0; i < RAFT_HISTOGRAM_BOUNDS; i++) {
		uint64_t bound = raft_histogram_bounds_us[i];

		raft_histogram_add(&histogram, bound);
		assert_int_equal(histogram.counts[i], i == 0 ? 1 : 2);
		raft_histogram_add(&histogram, bound + 1);
		assert_int_equal(histogram.counts[i + 1], 1);
		sum += 2 * bound + 1;
	}
	assert_int_equal(histogram.sum_us, sum);
	raft_histogram_add(&histogram, 0);
	assert_int_equal(histogram.counts[0], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bounds_rise_from_10_us_to_100_s),
		cmocka_unit_test(a_bound_belongs_to_the_bucket_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

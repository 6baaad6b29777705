/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/bench/cluster/spread.h"

static void
within_2_percent(double is, double should_be)
{
	assert_true(is >= should_be * 0.98 && is <= should_be * 1.02);
}

/** 1 to 100,000 microseconds, each once. */
static void
parts_are_found(void **state)
{
	static struct spread spread;

	(void)state;
	for (uint64_t us = 1; us <= 100000; us++)
		spread_add(&spread, us * 1000, 1);
	assert_int_equal(spread.count, 100000);
	within_2_percent(spread_us(&spread, 0.5), 50000);
	within_2_percent(spread_us(&spread, 0.99), 99000);
	within_2_percent(spread_us(&spread, 0.999), 99900);
	within_2_percent(spread_us(&spread, 1), 100000);
}

static void
many_count_as_many(void **state)
{
	static struct spread spread;

	(void)state;
	spread_add(&spread, 5000000, 10);
	spread_add(&spread, 100000, 989);
	spread_add(&spread, UINT64_MAX, 1);
	within_2_percent(spread_us(&spread, 0.5), 100);
	within_2_percent(spread_us(&spread, 0.989), 100);
	within_2_percent(spread_us(&spread, 0.9895), 5000);
	within_2_percent(spread_us(&spread, 1), 1e-3 * (double)UINT64_MAX);
}

static void
the_shortest_are_exact(void **state)
{
	static struct spread spread;

	(void)state;
	assert_true(spread_us(&spread, 0.5) == 0);
	spread_add(&spread, 0, 1);
	spread_add(&spread, 63, 1);
	spread_add(&spread, 64, 1);
	/* What is in a bucket is below its bound. */
	assert_true(spread_us(&spread, 0.3) == 0.001);
	assert_true(spread_us(&spread, 0.6) == 0.064);
	assert_true(spread_us(&spread, 1) == 0.065);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(many_count_as_many),
		cmocka_unit_test(the_shortest_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

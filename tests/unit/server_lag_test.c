/*
 * How far back in time an entry is, known from few samples.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/server/lag.h"

#define TICK_US UINT64_C(20000)
#define HOUR_US UINT64_C(3600000000)

static void
who_has_all_lacks_nothing(void **state)
{
	struct lag lag = { 0 };

	(void)state;
	assert_int_equal(raft__lag_of(&lag, 5, 0), 0);
	raft__lag_note(&lag, 1000, 7);
	assert_int_equal(raft__lag_of(&lag, 9000, 7), 0);
	assert_int_equal(raft__lag_of(&lag, 9000, 99), 0);
	assert_int_equal(raft__lag_of(&lag, 9000, 6), 8000);
}

/* An hour at which nothing came does not count against who lacks the newest. */
static void
time_counts_from_the_first_entry_that_is_lacked(void **state)
{
	struct lag lag = { 0 };

	(void)state;
	raft__lag_note(&lag, 1000, 7);
	for (uint64_t now = 2000; now < HOUR_US; now += HOUR_US / 100)
		raft__lag_note(&lag, now, 7);
	raft__lag_note(&lag, HOUR_US, 9);
	raft__lag_note(&lag, HOUR_US + 50, 12);
	assert_int_equal(raft__lag_of(&lag, HOUR_US + 100, 7), 100);
	assert_int_equal(raft__lag_of(&lag, HOUR_US + 100, 9), 50);
	assert_int_equal(raft__lag_of(&lag, HOUR_US + 100, 3), HOUR_US - 900);
}

/* Two hours of entries, one a tick: whatever is asked is told to a fifth, or a few ticks
 * if it is that young. */
static void
two_hours_are_known_as_well_as_a_second(void **state)
{
	const uint64_t ticks = 2 * HOUR_US / TICK_US;
	struct lag lag = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= ticks; i++)
		raft__lag_note(&lag, i * TICK_US, i);
	assert_int_equal(lag.count, LAG_SAMPLES);
	for (uint64_t age = 1; age < ticks; age += 1 + age / 3) {
		/* Entry `ticks - age + 1` is lacked, for age - 1 ticks. */
		uint64_t told =
		    raft__lag_of(&lag, ticks * TICK_US, ticks - age);
		uint64_t is = (age - 1) * TICK_US;

		assert_in_range(
		    told,
		    is - is / 5 > 3 * TICK_US ? is - is / 5 - 3 * TICK_US : 0,
		    is);
	}
}

static void
what_was_taken_back_is_not_lacked(void **state)
{
	struct lag lag = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 10; i++)
		raft__lag_note(&lag, 100 * i, i);
	raft__lag_note(&lag, 2000, 4);
	assert_int_equal(raft__lag_of(&lag, 2000, 4), 0);
	raft__lag_note(&lag, 3000, 5);
	assert_int_equal(raft__lag_of(&lag, 4000, 4), 1000);
	assert_int_equal(raft__lag_of(&lag, 4000, 3), 3600);
}

/* Of all but the first and the last, by fractions that are exact: those whose neighbours
 * are nearest to each other for how long ago they are, and of equal ones the oldest. */
static size_t
least_needed(const struct lag *lag, uint64_t now)
{
	size_t least = 1;

	for (size_t i = 2; i + 1 < lag->count; i++) {
		const struct lag_sample *at = &lag->list[i - 1];
		const struct lag_sample *best = &lag->list[least - 1];

		if ((at[2].at - at[0].at) * (now - best[0].at + 1) <
		    (best[2].at - best[0].at) * (now - at[0].at + 1))
			least = i;
	}
	return least;
}

static void
what_is_needed_least_is_dropped(void **state)
{
	static struct lag lag, before;
	uint64_t now = 0, chance = 1;
	size_t gone;

	(void)state;
	for (uint64_t i = 1; i <= 2000; i++) {
		chance = chance * 6364136223846793005u + 1442695040888963407u;
		now += 1 + (chance >> 60) * (chance >> 59 & 1);
		before = lag;
		raft__lag_note(&lag, now, i);
		assert_int_equal(lag.list[lag.count - 1].last, i);
		assert_int_equal(lag.list[lag.count - 1].at, now);
		if (i <= LAG_SAMPLES) {
			assert_int_equal(lag.count, i);
			continue;
		}
		assert_int_equal(lag.count, LAG_SAMPLES);
		gone = least_needed(&before, now);
		assert_memory_equal(lag.list, before.list,
				    gone * sizeof(lag.list[0]));
		assert_memory_equal(lag.list + gone, before.list + gone + 1,
				    (LAG_SAMPLES - 1 - gone) *
					sizeof(lag.list[0]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_all_lacks_nothing),
		cmocka_unit_test(
		    time_counts_from_the_first_entry_that_is_lacked),
		cmocka_unit_test(two_hours_are_known_as_well_as_a_second),
		cmocka_unit_test(what_was_taken_back_is_not_lacked),
		cmocka_unit_test(what_is_needed_least_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Metrics count what sim.h says they count.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/sim/sim.h"
#include "assists/sim/world/world.h"

static uint64_t
since_mark(const struct raft_tally *metrics, uint64_t now,
	   enum raft_sim_metric which)
{
	return raft_tally_read(metrics, now, which, true);
}

static void
unavailable_is_the_longest_wait(void **state)
{
	struct raft_tally m;

	(void)state;
	raft_tally_init(&m, 1000);
	raft_tally_waits(&m, 100);
	assert_int_equal(since_mark(&m, 150, RAFT_SIM_UNAVAILABLE), 50);
	raft_tally_acknowledged(&m, 200, 1);
	/* Nothing waits: time passes, and counts for nothing. */
	assert_int_equal(since_mark(&m, 5000, RAFT_SIM_UNAVAILABLE), 100);
	raft_tally_waits(&m, 5000);
	raft_tally_waits(&m, 5100);
	raft_tally_acknowledged(&m, 5300, 2);
	assert_int_equal(since_mark(&m, 5400, RAFT_SIM_UNAVAILABLE), 300);
	/* A mark in the middle of a stretch begins it anew. */
	raft_tally_mark(&m, 6000, 3);
	assert_int_equal(since_mark(&m, 6100, RAFT_SIM_UNAVAILABLE), 100);
	raft_tally_given_up(&m, 6500);
	assert_int_equal(since_mark(&m, 9000, RAFT_SIM_UNAVAILABLE), 500);
	assert_int_equal(raft_tally_read(&m, 9000, RAFT_SIM_UNAVAILABLE,
					  false), 1200);
}

static void
downtime_is_the_sum_of_the_long_gaps(void **state)
{
	struct raft_tally m;

	(void)state;
	raft_tally_init(&m, 1000);
	for (int i = 0; i < 5; i++)
		raft_tally_waits(&m, 0);
	assert_int_equal(since_mark(&m, 4000, RAFT_SIM_DOWNTIME), 0);
	raft_tally_acknowledged(&m, 5000, 1);
	raft_tally_acknowledged(&m, 6000, 2);
	raft_tally_acknowledged(&m, 7500, 3);
	assert_int_equal(since_mark(&m, 7600, RAFT_SIM_DOWNTIME), 1500);
	raft_tally_mark(&m, 8000, 5);
	raft_tally_acknowledged(&m, 9500, 4);
	assert_int_equal(since_mark(&m, 9500, RAFT_SIM_DOWNTIME), 1500);
	assert_int_equal(since_mark(&m, 10600, RAFT_SIM_DOWNTIME), 2600);
	raft_tally_given_up(&m, 10600);
	assert_int_equal(since_mark(&m, 12000, RAFT_SIM_DOWNTIME), 1500);
}

static void
first_ack_is_of_a_write_begun_since(void **state)
{
	struct raft_tally m;

	(void)state;
	raft_tally_init(&m, 1000);
	raft_tally_waits(&m, 10);
	raft_tally_mark(&m, 100, 1);
	raft_tally_waits(&m, 120);
	raft_tally_acknowledged(&m, 150, 1);
	assert_true(since_mark(&m, 160, RAFT_SIM_FIRST_ACK) ==
		    RAFT_SIM_INFINITE);
	raft_tally_acknowledged(&m, 170, 2);
	assert_int_equal(since_mark(&m, 180, RAFT_SIM_FIRST_ACK), 70);
	assert_int_equal(raft_tally_read(&m, 180, RAFT_SIM_FIRST_ACK, false),
			 150);
}

static void
leaders_are_counted_as_they_come_and_go(void **state)
{
	struct raft_tally m;

	(void)state;
	raft_tally_init(&m, 1000);
	raft_tally_began_to_lead(&m, 1);
	raft_tally_leaders(&m, 100, 1);
	raft_tally_began_to_lead(&m, 2);
	raft_tally_leaders(&m, 200, 2);
	raft_tally_mark(&m, 250, 0);
	assert_int_equal(since_mark(&m, 260, RAFT_SIM_TWO_LEADERS), 10);
	raft_tally_leaders(&m, 300, 1);
	raft_tally_began_to_lead(&m, 2);
	assert_int_equal(since_mark(&m, 900, RAFT_SIM_TWO_LEADERS), 50);
	assert_int_equal(since_mark(&m, 900, RAFT_SIM_MAX_LEADERS), 2);
	assert_int_equal(since_mark(&m, 900, RAFT_SIM_LEADERS), 1);
	assert_int_equal(since_mark(&m, 900, RAFT_SIM_LEADER_CHANGES), 0);
	assert_int_equal(raft_tally_read(&m, 900, RAFT_SIM_LEADER_CHANGES,
					  false), 1);
	assert_int_equal(raft_tally_read(&m, 900, RAFT_SIM_TWO_LEADERS, false),
			 100);
	raft_tally_term(&m, 6);
	raft_tally_mark(&m, 1000, 0);
	raft_tally_term(&m, 9);
	assert_int_equal(since_mark(&m, 1000, RAFT_SIM_TERM_GROWTH), 3);
	assert_int_equal(raft_tally_read(&m, 1000, RAFT_SIM_TERM_GROWTH,
					  false), 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unavailable_is_the_longest_wait),
		cmocka_unit_test(downtime_is_the_sum_of_the_long_gaps),
		cmocka_unit_test(first_ack_is_of_a_write_begun_since),
		cmocka_unit_test(leaders_are_counted_as_they_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

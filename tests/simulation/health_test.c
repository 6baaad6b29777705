/*
 * The limits that a group keeps to while nothing is broken: each checker is told
 * what goes beyond one, and must say so, and what does not; and each limit is
 * seen to be kept in a world, and passed in one where something breaks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "assists/sim/sim.h"
#include "assists/sim/world/world.h"

#define SECOND UINT64_C(1000000)
#define MILLISECOND UINT64_C(1000)

static void
assert_says(const char *said, const char *text)
{
	if (said == NULL || strncmp(said, text, strlen(text)) != 0)
		fail_msg("said: %s", said == NULL ? "nothing" : said);
}

/* --------------------------------------------------------------- events */

static void
an_event_said_again_and_again_is_seen(void **state)
{
	const struct raft_event stranded = { .kind = RAFT_EVENT_PEER_STRANDED,
					     .peer = 2,
					     .index = 7 };
	struct sim_verdict verdict = { 0 };
	struct sim_check_events check = { 0 };

	(void)state;
	for (int i = 0; i < SIM_EVENTS_SAME_MAX; i++)
		sim_check_events_told(&check, &verdict, 1, &stranded, 100);
	/* Much later is another time. */
	verdict.now = 101;
	for (int i = 0; i < SIM_EVENTS_SAME_MAX; i++)
		sim_check_events_told(&check, &verdict, 1, &stranded, 100);
	assert_false(verdict.broken);
	verdict.now = 201;
	sim_check_events_told(&check, &verdict, 1, &stranded, 100);
	assert_says(verdict.text, "events: n1 says again and again: peer 2");
}

static void
other_events_in_between_do_not_hide_it(void **state)
{
	struct raft_event event = { .kind = RAFT_EVENT_CONFIGURATION };
	const struct raft_event same = { .kind = RAFT_EVENT_SNAPSHOT_SENT };
	struct sim_verdict verdict = { 0 };
	struct sim_check_events check = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		event.index++;
		sim_check_events_told(&check, &verdict, 1, &event, 100);
	}
	assert_false(verdict.broken);
	for (int i = 0; i <= SIM_EVENTS_SAME_MAX; i++) {
		event.index++;
		sim_check_events_told(&check, &verdict, 1, &event, 100);
		sim_check_events_told(&check, &verdict, 1, &same, 100);
	}
	assert_says(verdict.text, "events: n1");
}

/* -------------------------------------------------------------- in time */

static void
who_lags_longer_than_it_may_is_seen(void **state)
{
	struct sim_committed entries[] = { { .known_at = 10 },
					   { .known_at = 20 } };
	const struct sim_history history = { .entries = entries, .count = 2 };
	struct sim_verdict verdict = { .now = 50 };

	(void)state;
	assert_int_equal(sim_check_lag_since(&history, 0), 10);
	assert_int_equal(sim_check_lag_since(&history, 1), 20);
	assert_true(sim_check_lag_since(&history, 2) == UINT64_MAX);
	sim_check_lag(&verdict, 3, 1, 20, 30);
	sim_check_lag(&verdict, 3, 1, 20, 0);
	sim_check_lag(&verdict, 3, 2, UINT64_MAX, 30);
	assert_false(verdict.broken);
	sim_check_lag(&verdict, 3, 1, 20, 29);
	assert_says(verdict.text, "lag: n3 has applied 1; the next was "
				  "committed 30 us ago, and 29 are allowed");
}

static void
what_waits_longer_than_it_may_is_seen(void **state)
{
	struct sim_verdict verdict = { .now = 50 };

	(void)state;
	sim_check_wait(&verdict, "read", 4, 20, 30);
	sim_check_wait(&verdict, "read", 4, 20, 0);
	assert_false(verdict.broken);
	sim_check_wait(&verdict, "read", 4, 20, 29);
	assert_says(verdict.text, "waits: read 4 has not ended in 30 us");
}

/* -------------------------------------------------------------- traffic */

static void
entries_that_go_again_and_again_are_seen(void **state)
{
	struct sim_verdict verdict = { 0 };
	struct sim_carried carried = { 0 };

	(void)state;
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 5, 1, 1000, 1);
	/* Some few do: and in another term all is sent anew. */
	for (int i = 0; i < SIM_REPEATED_FREE; i++)
		sim_check_traffic_sent(&carried, &verdict, 1, 2, 5, 9, 9, 1);
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 6, 501, 1000, 1);
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 6, 1, 500, 1);
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 6, 1001, 2000, 1);
	assert_false(verdict.broken);
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 6, 1, 1000, 2);
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 6, 1, 1000, 0);
	assert_false(verdict.broken);
	sim_check_traffic_sent(&carried, &verdict, 1, 2, 6, 1, 1000, 2);
	assert_says(verdict.text, "traffic: n1 has sent 5000 entries to n2 in "
				  "term 6, of which 2000 are different");
}

static void
appends_beyond_the_window_are_seen(void **state)
{
	struct sim_verdict verdict = { 0 };
	struct sim_carried carried = { 0 };

	(void)state;
	for (uint64_t sequence = 1; sequence <= 4; sequence++)
		sim_check_traffic_waits_for(&carried, &verdict, 1, 2, sequence,
					    4);
	/* An answer speaks for all before it, and late for nothing more. */
	sim_check_traffic_answered(&carried, 2);
	sim_check_traffic_answered(&carried, 1);
	sim_check_traffic_waits_for(&carried, &verdict, 1, 2, 5, 4);
	sim_check_traffic_waits_for(&carried, &verdict, 1, 2, 6, 4);
	sim_check_traffic_waits_for(&carried, &verdict, 1, 2, 7, 0);
	assert_false(verdict.broken);
	sim_check_traffic_answered(&carried, 3);
	sim_check_traffic_waits_for(&carried, &verdict, 1, 2, 8, 4);
	assert_says(verdict.text, "traffic: n1 has sent 5 appends with entries "
				  "to n2 that are not answered");
	sim_carried_clear(&carried);
}

static void
what_is_held_beyond_the_limits_is_seen(void **state)
{
	struct sim_verdict verdicts[2] = { { 0 } };

	(void)state;
	sim_check_traffic_waits(&verdicts[0], 1, 2, 100, 100);
	sim_check_traffic_waits(&verdicts[0], 1, 2, 100, 0);
	sim_check_memory(&verdicts[1], 1, 100, 100);
	sim_check_memory(&verdicts[1], 1, 100, 0);
	assert_false(verdicts[0].broken || verdicts[1].broken);
	sim_check_traffic_waits(&verdicts[0], 1, 2, 101, 100);
	sim_check_memory(&verdicts[1], 1, 101, 100);
	assert_says(verdicts[0].text, "traffic: of what n1 has sent to n2, "
				      "101 bytes are not on its disk");
	assert_says(verdicts[1].text, "memory: n1 holds 101 bytes");
}

/* -------------------------------------------------------------- a world */

/** Three nodes, of which one leads, a client, and reads. */
static struct raft_sim *
create_led(uint32_t *follower)
{
	struct raft_sim_options options;
	struct raft_sim *sim;

	raft_sim_defaults(&options);
	options.fifo = true;
	sim = raft_sim_create(&options);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(raft_sim_start(sim, n));
	raft_sim_client(sim, 10 * MILLISECOND, 64);
	raft_sim_reads(sim, 10 * MILLISECOND);
	assert_true(raft_sim_run(sim, 5 * SECOND));
	assert_int_not_equal(raft_sim_leader(sim), 0);
	*follower = raft_sim_leader(sim) == 1 ? 2 : 1;
	return sim;
}

/** What is said within a second; nothing may be, if nothing breaks. */
static const char *
run_on(struct raft_sim *sim)
{
	raft_sim_run(sim, raft_sim_now(sim) + SECOND);
	return raft_sim_violation(sim);
}

static const struct raft_sim_limits limits = {
	.write_us = 20 * MILLISECOND,
	.read_us = 30 * MILLISECOND,
	.sent_times = 1,
	.undurable_bytes = 1000,
	.appends_in_flight = 4,
	.memory_bytes = 100000,
};

static void
nothing_is_said_while_nothing_breaks(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	(void)state;
	raft_sim_limit(sim, &limits);
	for (uint32_t n = 1; n <= 3; n++)
		raft_sim_limit_lag(sim, n, 30 * MILLISECOND);
	assert_null(run_on(sim));
	raft_sim_destroy(sim);
}

static void
one_that_hears_nothing_lags(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);
	struct raft_sim_node node;

	(void)state;
	raft_sim_cut(sim, raft_sim_leader(sim), follower,
		     raft_sim_kind("append"));
	raft_sim_run(sim, raft_sim_now(sim) + 500 * MILLISECOND);
	raft_sim_node(sim, follower, &node);
	assert_in_range(node.lag_us, 480 * MILLISECOND, 510 * MILLISECOND);
	/* What it lags already counts from now on. */
	raft_sim_limit_lag(sim, follower, 200 * MILLISECOND);
	raft_sim_run(sim, raft_sim_now(sim) + 200 * MILLISECOND);
	assert_null(raft_sim_violation(sim));
	assert_says(run_on(sim), follower == 1 ? "lag: n1" : "lag: n2");
	raft_sim_destroy(sim);
}

static void
a_write_without_a_majority_waits(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	(void)state;
	raft_sim_limit(sim, &limits);
	for (uint32_t n = 1; n <= 3; n++)
		if (n != raft_sim_leader(sim))
			raft_sim_set_disk(sim, n, RAFT_SIM_DISK_STALL);
	assert_says(run_on(sim), "waits: write");
	raft_sim_destroy(sim);
}

static void
begin_write(struct raft_sim *sim)
{
	assert_int_equal(raft_sim_propose(sim, 0, 1, 64), RAFT_OK);
}

static void
begin_change(struct raft_sim *sim)
{
	assert_int_equal(raft_sim_reconfigure(sim, RAFT_SIM_DEMOTE,
					      raft_sim_leader(sim) == 1 ? 2 : 1),
			 RAFT_OK);
}

static void
begin_read(struct raft_sim *sim)
{
	assert_int_equal(raft_sim_read(sim, 0), RAFT_OK);
}

static void
begin_client(struct raft_sim *sim)
{
	raft_sim_client(sim, 10 * SECOND, 64);
}

static void
begin_reads(struct raft_sim *sim)
{
	raft_sim_reads(sim, 10 * SECOND);
}

static void
begin_client_without_a_leader(struct raft_sim *sim)
{
	raft_sim_crash(sim, raft_sim_leader(sim), RAFT_SIM_CRASH);
	begin_client(sim);
}

static void
begin_reads_without_a_leader(struct raft_sim *sim)
{
	raft_sim_crash(sim, raft_sim_leader(sim), RAFT_SIM_CRASH);
	begin_reads(sim);
}

/** What begins long after the limits were set, and does not end: not before a
 *  second has passed is that said. */
static void
assert_waits(void (*begin)(struct raft_sim *), const char *text)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	raft_sim_client(sim, 0, 0);
	raft_sim_reads(sim, 0);
	assert_null(run_on(sim));
	raft_sim_limit(sim, &(struct raft_sim_limits){
				.write_us = SECOND, .read_us = SECOND });
	raft_sim_run(sim, raft_sim_now(sim) + 900 * MILLISECOND);
	for (uint32_t from = 1; from <= 3; from++)
		for (uint32_t to = 1; to <= 3; to++)
			raft_sim_cut(sim, from, to, RAFT_SIM_EVERY_KIND);
	begin(sim);
	raft_sim_run(sim, raft_sim_now(sim) + SECOND);
	assert_null(raft_sim_violation(sim));
	assert_says(run_on(sim), text);
	raft_sim_destroy(sim);
}

static void
a_wait_begins_with_what_waits(void **state)
{
	(void)state;
	assert_waits(begin_write, "waits: write ");
	assert_waits(begin_change, "waits: write 0 has");
	assert_waits(begin_read, "waits: read ");
	assert_waits(begin_client, "waits: write ");
	assert_waits(begin_reads, "waits: read ");
	assert_waits(begin_client_without_a_leader, "waits: write ");
	assert_waits(begin_reads_without_a_leader, "waits: read ");
}

static void
a_read_without_a_majority_waits(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	(void)state;
	raft_sim_limit(sim,
		       &(struct raft_sim_limits){ .read_us = limits.read_us });
	for (uint32_t n = 1; n <= 3; n++)
		raft_sim_cut(sim, raft_sim_leader(sim), n, RAFT_SIM_EVERY_KIND);
	assert_says(run_on(sim), "waits: read");
	raft_sim_destroy(sim);
}

static void
a_read_that_is_lost_is_seen(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	(void)state;
	raft_sim_limit(sim,
		       &(struct raft_sim_limits){ .read_us = 10 * SECOND });
	assert_int_equal(raft_sim_read(sim, follower), RAFT_OK);
	raft_sim_crash(sim, raft_sim_leader(sim), RAFT_SIM_POWEROFF);
	raft_sim_run(sim, raft_sim_now(sim) + 5 * SECOND);
	assert_non_null(raft_sim_violation(sim));
	assert_non_null(strstr(raft_sim_violation(sim), "does not end read"));
	raft_sim_destroy(sim);
}

static void
what_losses_repeat_is_seen(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);
	struct raft_sim_link link;

	(void)state;
	raft_sim_limit(sim, &(struct raft_sim_limits){ .sent_times = 1 });
	assert_null(run_on(sim));
	link = raft_sim_link(sim, raft_sim_leader(sim), follower);
	link.loss = 300000;
	raft_sim_set_link(sim, raft_sim_leader(sim), follower, &link);
	raft_sim_run(sim, raft_sim_now(sim) + 20 * SECOND);
	assert_non_null(raft_sim_violation(sim));
	assert_says(raft_sim_violation(sim), "traffic:");
	raft_sim_destroy(sim);
}

static void
what_a_disk_does_not_take_is_seen(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	(void)state;
	raft_sim_limit(sim,
		       &(struct raft_sim_limits){ .undurable_bytes = 1000 });
	raft_sim_set_disk(sim, follower, RAFT_SIM_DISK_STALL);
	assert_says(run_on(sim), "traffic: of what");
	raft_sim_destroy(sim);
}

/** What is sent again, and is on the disk already, weighs nothing. */
static void
what_a_disk_has_is_not_counted(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);
	const struct sim_message message = {
		.from = raft_sim_leader(sim),
		.to = follower,
		.message = {.kind = RAFT_MESSAGE_APPEND, .term = 1,
			    .append = {.previous = {4, 1}, .last = {5, 1}}},
		.entry_count = 1,
	};

	(void)state;
	raft_sim_client(sim, 0, 0);
	assert_null(run_on(sim));
	raft_sim_limit(sim, &(struct raft_sim_limits){ .undurable_bytes = 1 });
	sim_health_sent(sim_node_at(sim, message.from), &message);
	assert_null(raft_sim_violation(sim));
	raft_sim_destroy(sim);
}

static void
appends_without_answers_are_seen(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);

	(void)state;
	raft_sim_limit(sim, &(struct raft_sim_limits){
				.appends_in_flight = 10 });
	assert_null(run_on(sim));
	raft_sim_cut(sim, follower, raft_sim_leader(sim),
		     raft_sim_kind("append-answer"));
	assert_says(run_on(sim), "traffic: n");
	raft_sim_destroy(sim);
}

static void
what_a_member_holds_is_counted(void **state)
{
	uint32_t follower;
	struct raft_sim *sim = create_led(&follower);
	struct raft_sim_node node;

	(void)state;
	raft_sim_node(sim, follower, &node);
	assert_in_range(node.memory_bytes, sizeof(struct raft_options), 100000);
	raft_sim_crash(sim, follower, RAFT_SIM_POWEROFF);
	raft_sim_node(sim, follower, &node);
	/* A configuration in its log. */
	assert_in_range(node.memory_bytes, 1, 200);
	raft_sim_limit(sim, &(struct raft_sim_limits){ .memory_bytes = 1000 });
	assert_says(run_on(sim), "memory: n");
	raft_sim_destroy(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_said_again_and_again_is_seen),
		cmocka_unit_test(other_events_in_between_do_not_hide_it),
		cmocka_unit_test(who_lags_longer_than_it_may_is_seen),
		cmocka_unit_test(what_waits_longer_than_it_may_is_seen),
		cmocka_unit_test(entries_that_go_again_and_again_are_seen),
		cmocka_unit_test(appends_beyond_the_window_are_seen),
		cmocka_unit_test(what_is_held_beyond_the_limits_is_seen),
		cmocka_unit_test(nothing_is_said_while_nothing_breaks),
		cmocka_unit_test(one_that_hears_nothing_lags),
		cmocka_unit_test(a_write_without_a_majority_waits),
		cmocka_unit_test(a_wait_begins_with_what_waits),
		cmocka_unit_test(a_read_without_a_majority_waits),
		cmocka_unit_test(a_read_that_is_lost_is_seen),
		cmocka_unit_test(what_losses_repeat_is_seen),
		cmocka_unit_test(what_a_disk_does_not_take_is_seen),
		cmocka_unit_test(what_a_disk_has_is_not_counted),
		cmocka_unit_test(appends_without_answers_are_seen),
		cmocka_unit_test(what_a_member_holds_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

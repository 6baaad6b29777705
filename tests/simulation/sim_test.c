/*
 * The simulator does to its nodes what it says it does.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assists/sim/sim.h"
#include "assists/sim/world/world.h"

#define SECOND UINT64_C(1000000)
/** The default election timeout. */
#define T SECOND

/** What a test watches of a trace. */
struct watch {
	uint64_t hash;
	uint64_t lines;
	/** The last number delivered from n1 to n2, and how many came after a
	 *  later one. */
	uint64_t newest;
	uint64_t overtaken;
	/** How many lines hold this. */
	const char *text;
	uint64_t found;
};

static void
watch_line(void *context, uint64_t now, const char *line)
{
	struct watch *watch = context;
	uint64_t number;

	watch->lines++;
	for (const char *at = line; *at != '\0'; at++)
		watch->hash = sim_mix(watch->hash ^ (uint8_t)*at ^ now << 8);
	if (watch->text != NULL && strstr(line, watch->text) != NULL)
		watch->found++;
	if (sscanf(line, "deliver #%" SCNu64 " 1 > 2", &number) != 1 ||
	    strstr(line, " 1 > 2 ") == NULL)
		return;
	if (number < watch->newest)
		watch->overtaken++;
	else
		watch->newest = number;
}

static struct raft_sim *
create(const struct raft_sim_options *options)
{
	struct raft_sim *sim = raft_sim_create(options);

	for (uint32_t n = 1; n <= raft_sim_node_count(sim); n++)
		assert_true(raft_sim_start(sim, n));
	return sim;
}

static void
run_for(struct raft_sim *sim, uint64_t duration)
{
	if (!raft_sim_run(sim, raft_sim_now(sim) + duration))
		fail_msg("%s", raft_sim_violation(sim));
}

/** Three nodes with a leader and a client. */
static struct raft_sim *
create_led(struct watch *watch)
{
	struct raft_sim_options options;
	struct raft_sim *sim;

	raft_sim_defaults(&options);
	if (watch != NULL) {
		options.hooks.trace = watch_line;
		options.hooks.context = watch;
	}
	sim = create(&options);
	raft_sim_client(sim, 20000, 64);
	run_for(sim, 5 * T);
	assert_int_not_equal(raft_sim_leader(sim), 0);
	return sim;
}

static uint32_t
follower(const struct raft_sim *sim)
{
	return raft_sim_leader(sim) == 1 ? 2 : 1;
}

static uint64_t
metric(const struct raft_sim *sim, enum raft_sim_metric which)
{
	return raft_sim_metric(sim, which, true);
}

static struct raft_sim_node
node_of(const struct raft_sim *sim, uint32_t number)
{
	struct raft_sim_node node;

	raft_sim_node(sim, number, &node);
	return node;
}

static void
isolate(struct raft_sim *sim, uint32_t node)
{
	for (uint32_t n = 1; n <= raft_sim_node_count(sim); n++) {
		raft_sim_cut(sim, node, n, RAFT_SIM_EVERY_KIND);
		raft_sim_cut(sim, n, node, RAFT_SIM_EVERY_KIND);
	}
}

static void
heal_all(struct raft_sim *sim)
{
	for (uint32_t a = 1; a <= raft_sim_node_count(sim); a++)
		for (uint32_t b = 1; b <= raft_sim_node_count(sim); b++)
			raft_sim_heal(sim, a, b);
}

/* ----------------------------------------------------------- determinism */

static struct watch
trace_of(uint64_t seed, bool fifo)
{
	struct watch watch = {0};
	struct raft_sim_options options;
	struct raft_sim *sim;

	raft_sim_defaults(&options);
	options.seed = seed;
	options.fifo = fifo;
	options.link.duplicate = 50000;
	options.link.loss = 50000;
	options.hooks.trace = watch_line;
	options.hooks.context = &watch;
	sim = create(&options);
	/* Closer together than messages are, so that they can overtake. */
	raft_sim_client(sim, 500, 64);
	run_for(sim, 4 * T);
	if (raft_sim_leader(sim) != 0)
		raft_sim_crash(sim, raft_sim_leader(sim), RAFT_SIM_CRASH_TORN);
	run_for(sim, 4 * T);
	raft_sim_destroy(sim);
	return watch;
}

static void
a_seed_means_one_trace(void **state)
{
	struct watch one = trace_of(3, false), again = trace_of(3, false);

	(void)state;
	assert_true(one.lines > 1000);
	assert_int_equal(one.lines, again.lines);
	assert_int_equal(one.hash, again.hash);
	assert_int_not_equal(one.hash, trace_of(4, false).hash);
}

static void
draws_are_the_same_on_every_machine(void **state)
{
	struct sim_random random = {.state = 1};

	(void)state;
	/* SplitMix64 with seed 1, as published. */
	assert_true(sim_random_next(&random) == UINT64_C(0x910a2dec89025cc1));
	assert_true(sim_random_next(&random) == UINT64_C(0xbeeb8da1658eec67));
	for (int i = 0; i < 1000; i++) {
		uint64_t drawn = sim_random_between(&random, 5, 9);

		assert_in_range(drawn, 5, 9);
	}
}

/* --------------------------------------------------------------- network */

static void
messages_overtake_unless_links_are_first_in_first_out(void **state)
{
	uint64_t overtaken = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		overtaken += trace_of(seed, false).overtaken;
		assert_int_equal(trace_of(seed, true).overtaken, 0);
	}
	assert_true(overtaken > 0);
}

static void
a_cut_is_one_way_and_of_its_kinds(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t leader = raft_sim_leader(sim), other = follower(sim);
	uint64_t held;

	(void)state;
	/* Its answers cut, and votes, the follower's log still grows. */
	raft_sim_cut(sim, other, leader, raft_sim_kind("append-answer"));
	raft_sim_cut(sim, leader, other, raft_sim_kind("vote"));
	run_for(sim, T / 2);
	held = node_of(sim, other).status.last.index;
	assert_true(held + 20 > raft_sim_committed(sim));
	/* Appends cut, it does not. */
	raft_sim_heal(sim, other, leader);
	raft_sim_heal(sim, leader, other);
	raft_sim_cut(sim, leader, other, raft_sim_kind("append"));
	run_for(sim, 10000);
	held = node_of(sim, other).status.last.index;
	run_for(sim, T / 2);
	assert_int_equal(node_of(sim, other).status.last.index, held);
	assert_true(raft_sim_committed(sim) > held + 10);
	assert_int_equal(raft_sim_kind("nonsense"), 0);
	raft_sim_destroy(sim);
}

static void
what_is_held_comes_when_it_is_released(void **state)
{
	struct watch watch = {.text = "hold #"};
	struct raft_sim *sim = create_led(&watch);
	uint32_t leader = raft_sim_leader(sim), other = follower(sim);
	uint64_t before;

	(void)state;
	raft_sim_hold(sim, leader, other, RAFT_SIM_EVERY_KIND);
	run_for(sim, T / 2);
	before = node_of(sim, other).status.last.index;
	assert_true(watch.found > 5);
	assert_true(raft_sim_committed(sim) > before + 10);
	raft_sim_release(sim, leader, other, RAFT_SIM_EVERY_KIND);
	run_for(sim, 0);
	assert_true(node_of(sim, other).status.last.index > before);
	raft_sim_destroy(sim);
}

static void
a_heal_leaves_a_link_as_it_was_set(void **state)
{
	const struct raft_sim_link slow = {.latency = {T, T}, .loss = 1};
	struct raft_sim *sim = create_led(NULL);
	struct raft_sim_link link;

	(void)state;
	raft_sim_set_link(sim, 1, 2, &slow);
	raft_sim_cut(sim, 1, 2, RAFT_SIM_EVERY_KIND);
	raft_sim_heal(sim, 1, 2);
	link = raft_sim_link(sim, 1, 2);
	assert_int_equal(link.latency.least_us, T);
	assert_int_equal(link.loss, 1);
	raft_sim_default_link(sim, 1, 2);
	link = raft_sim_link(sim, 1, 2);
	assert_int_equal(link.latency.least_us, 1000);
	assert_int_equal(link.loss, 0);
	raft_sim_destroy(sim);
}

static void
a_replay_delivers_the_last_ones_again(void **state)
{
	struct watch watch = {.text = "deliver #"};
	struct raft_sim *sim = create_led(&watch);
	uint32_t leader = raft_sim_leader(sim), other = follower(sim);

	(void)state;
	raft_sim_client(sim, 0, 0);
	run_for(sim, 10000);
	isolate(sim, other);
	run_for(sim, 10000);
	watch.found = 0;
	assert_int_equal(raft_sim_replay(sim, leader, other,
					 raft_sim_kind("append"), 3), 3);
	assert_int_equal(raft_sim_replay(sim, leader, other,
					 raft_sim_kind("resign"), 3), 0);
	run_for(sim, 0);
	assert_int_equal(watch.found, 3);
	raft_sim_destroy(sim);
}

static void
peers_see_a_crash_but_not_a_poweroff(void **state)
{
	struct watch watch = {.text = " close"};
	struct raft_sim *sim = create_led(&watch);
	uint32_t node = follower(sim), leader = raft_sim_leader(sim);

	(void)state;
	raft_sim_crash(sim, node, RAFT_SIM_POWEROFF);
	run_for(sim, T / 4);
	assert_int_equal(watch.found, 0);
	raft_sim_start(sim, node);
	raft_sim_cut(sim, node, leader, RAFT_SIM_EVERY_KIND);
	raft_sim_crash(sim, node, RAFT_SIM_CRASH);
	assert_false(raft_sim_crash(sim, node, RAFT_SIM_CRASH));
	run_for(sim, T / 4);
	assert_int_equal(watch.found, 1);
	raft_sim_destroy(sim);
}

/** Whatever happens to the link afterwards. */
static void
a_close_that_is_held_is_seen_once(void **state)
{
	struct watch watch = {.text = " close"};
	struct raft_sim *sim = create_led(&watch);
	uint32_t node = follower(sim), leader = raft_sim_leader(sim);

	(void)state;
	raft_sim_hold(sim, node, leader, RAFT_SIM_EVERY_KIND);
	raft_sim_crash(sim, node, RAFT_SIM_CRASH);
	run_for(sim, T / 4);
	/* The third one has. */
	assert_int_equal(watch.found, 1);
	raft_sim_release(sim, node, leader, RAFT_SIM_EVERY_KIND);
	run_for(sim, T / 4);
	assert_int_equal(watch.found, 2);
	raft_sim_release(sim, node, leader, RAFT_SIM_EVERY_KIND);
	raft_sim_heal_all(sim);
	run_for(sim, T / 4);
	assert_int_equal(watch.found, 2);
	raft_sim_destroy(sim);
}

/* ----------------------------------------------------------------- disks */

static void
a_crash_loses_what_was_not_durable(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t node = follower(sim);
	uint64_t durable;

	(void)state;
	raft_sim_set_disk(sim, node, RAFT_SIM_DISK_STALL);
	durable = node_of(sim, node).status.durable_index;
	run_for(sim, T / 2);
	assert_int_equal(node_of(sim, node).status.durable_index, durable);
	assert_true(node_of(sim, node).status.last.index > durable);
	raft_sim_crash(sim, node, RAFT_SIM_CRASH);
	raft_sim_set_disk(sim, node, RAFT_SIM_DISK_OK);
	raft_sim_start(sim, node);
	assert_int_equal(node_of(sim, node).status.last.index, durable);
	run_for(sim, T);
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim) - 5));
	raft_sim_destroy(sim);
}

static void
a_torn_write_leaves_a_prefix_of_what_was_under_way(void **state)
{
	bool some_survived = false;

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct raft_sim *sim = create_led(NULL);
		uint32_t node = follower(sim);
		uint64_t durable, last, kept;

		run_for(sim, (uint64_t)i * 1000);
		raft_sim_set_disk(sim, node, RAFT_SIM_DISK_STALL);
		durable = node_of(sim, node).status.durable_index;
		run_for(sim, T / 2);
		last = node_of(sim, node).status.last.index;
		raft_sim_crash(sim, node, RAFT_SIM_CRASH_TORN);
		raft_sim_start(sim, node);
		kept = node_of(sim, node).status.last.index;
		assert_in_range(kept, durable, last - 1);
		some_survived = some_survived || kept > durable;
		raft_sim_destroy(sim);
	}
	assert_true(some_survived);
}

static void
a_failing_disk_stops_its_member(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t leader = raft_sim_leader(sim);

	(void)state;
	raft_sim_set_disk(sim, leader, RAFT_SIM_DISK_FULL);
	run_for(sim, T / 2);
	assert_true(node_of(sim, leader).status.stopped);
	run_for(sim, 6 * T);
	assert_int_not_equal(raft_sim_leader(sim), 0);
	assert_int_not_equal(raft_sim_leader(sim), leader);
	raft_sim_destroy(sim);
}

static void
a_single_node_acknowledges_only_what_is_durable(void **state)
{
	struct raft_sim_options options;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.voters = 1;
	sim = create(&options);
	run_for(sim, 3 * T);
	assert_int_equal(raft_sim_leader(sim), 1);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_STALL);
	assert_int_equal(raft_sim_propose(sim, 0, 3, 64), RAFT_OK);
	run_for(sim, T / 2);
	assert_int_equal(metric(sim, RAFT_SIM_ACKS), 0);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_OK);
	run_for(sim, T / 2);
	assert_int_equal(metric(sim, RAFT_SIM_ACKS), 3);
	assert_int_equal(node_of(sim, 1).writes_applied, 3);
	raft_sim_destroy(sim);
}

static void
a_lost_disk_makes_another_server(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t node = follower(sim);
	uint64_t incarnation = node_of(sim, node).identity.incarnation;

	(void)state;
	assert_false(raft_sim_wipe(sim, node));
	raft_sim_crash(sim, node, RAFT_SIM_CRASH);
	assert_true(raft_sim_wipe(sim, node));
	assert_true(raft_sim_start(sim, node));
	run_for(sim, 5 * T);
	assert_true(node_of(sim, node).identity.incarnation != incarnation);
	assert_int_equal(node_of(sim, node).status.last.index, 0);
	assert_string_equal(raft_sim_role(sim, node), "removed");
	raft_sim_destroy(sim);
}

/* ---------------------------------------------------------------- pauses */

static void
a_resumed_follower_first_hears_what_queued(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t node = follower(sim);

	(void)state;
	raft_sim_mark(sim);
	assert_true(raft_sim_pause(sim, node));
	assert_false(node_of(sim, node).runs);
	run_for(sim, 5 * T);
	assert_true(raft_sim_resume(sim, node));
	run_for(sim, T / 10);
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim) - 5));
	run_for(sim, 3 * T);
	assert_int_equal(metric(sim, RAFT_SIM_ELECTIONS), 0);
	assert_int_equal(metric(sim, RAFT_SIM_LEADER_CHANGES), 0);
	raft_sim_destroy(sim);
}

static void
a_paused_leader_does_not_say_that_it_leads(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t old = raft_sim_leader(sim);
	struct raft_sim_node node;

	(void)state;
	raft_sim_mark(sim);
	raft_sim_pause(sim, old);
	raft_sim_node(sim, old, &node);
	assert_true(node.up && node.paused && !node.runs);
	assert_int_equal(metric(sim, RAFT_SIM_LEADERS), 0);
	assert_int_equal(raft_sim_leader(sim), 0);
	run_for(sim, 5 * T);
	assert_int_not_equal(raft_sim_leader(sim), 0);
	assert_int_equal(metric(sim, RAFT_SIM_STEP_DOWNS), 0);
	assert_int_equal(metric(sim, RAFT_SIM_LEADER_CHANGES), 1);
	raft_sim_resume(sim, old);
	raft_sim_node(sim, old, &node);
	assert_true(node.up && !node.paused && node.runs);
	run_for(sim, T);
	assert_string_equal(raft_sim_role(sim, old), "follower");
	assert_int_equal(metric(sim, RAFT_SIM_STEP_DOWNS), 1);
	raft_sim_destroy(sim);
}

/* ---------------------------------------------------------------- clocks */

static void
a_clock_shows_a_time_when_it_says_so(void **state)
{
	struct sim_clock clock = {.local_base = 777, .millionths = 1000000};

	(void)state;
	sim_clock_set(&clock, 1000, 900000);
	assert_int_equal(sim_clock_read(&clock, 1000), 1777);
	assert_int_equal(sim_clock_read(&clock, 2000), 2677);
	for (uint64_t local = 1777; local < 3000; local++) {
		uint64_t when = sim_clock_when(&clock, local);

		assert_true(sim_clock_read(&clock, when) >= local);
		if (when > 1000)
			assert_true(sim_clock_read(&clock, when - 1) < local);
	}
	assert_true(sim_clock_when(&clock, UINT64_MAX) == RAFT_SIM_INFINITE);
}

static void
a_fast_clock_campaigns_under_a_slow_leader(void **state)
{
	struct raft_sim *sim = create_led(NULL);

	(void)state;
	raft_sim_mark(sim);
	/* A heartbeat each 100 ms is one a second, or two timeouts, to it. */
	raft_sim_client(sim, 0, 0);
	raft_sim_set_clock(sim, follower(sim), 30000000);
	run_for(sim, T);
	assert_true(metric(sim, RAFT_SIM_ELECTIONS) > 0);
	raft_sim_destroy(sim);
}

/* ----------------------------------------------------------------- setup */

static void
logs_that_are_given_are_the_logs_that_nodes_start_with(void **state)
{
	const struct raft_sim_log_run one[] = {{1, 5}, {2, 3}};
	const struct raft_sim_log_run two[] = {{1, 2}};
	struct raft_sim_options options;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	sim = raft_sim_create(&options);
	raft_sim_set_log(sim, 1, one, 2);
	raft_sim_set_log(sim, 2, two, 1);
	raft_sim_set_term(sim, 3, 7);
	assert_null(raft_sim_setup_error(sim));
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(raft_sim_start(sim, n));
	assert_int_equal(node_of(sim, 1).status.last.index, 9);
	assert_int_equal(node_of(sim, 1).status.last.term, 2);
	assert_int_equal(node_of(sim, 1).status.vote.id, 1);
	assert_int_equal(node_of(sim, 2).status.last.index, 3);
	assert_int_equal(node_of(sim, 2).status.term, 2);
	assert_int_equal(node_of(sim, 2).status.vote.id, 1);
	assert_int_equal(node_of(sim, 3).status.term, 7);
	run_for(sim, 10 * T);
	assert_int_not_equal(raft_sim_leader(sim), 0);
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim)));
	raft_sim_destroy(sim);
}

static void
what_cannot_be_a_past_is_told(void **state)
{
	static const char differ[] = "two logs differ before a term that both "
				     "have entries of";
	static const char unreached[] = "a log has entries of a term that no "
					"majority reached";
	const struct raft_sim_log_run descending[] = {{3, 1}, {2, 1}};
	const struct raft_sim_log_run level[] = {{1, 1}, {1, 1}, {3, 1}};
	const struct raft_sim_log_run empty[] = {{1, 1}, {3, 0}};
	const struct raft_sim_log_run short_past[] = {{1, 2}, {3, 1}};
	const struct raft_sim_log_run long_past[] = {{1, 4}, {3, 1}};
	const struct raft_sim_log_run other_past[] = {{2, 2}, {3, 1}};
	const struct raft_sim_log_run no_past[] = {{3, 1}};
	const struct raft_sim_log_run later[] = {{1, 2}, {3, 9}, {4, 1}};
	struct raft_sim_options options;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	sim = raft_sim_create(&options);
	assert_null(raft_sim_setup_error(sim));
	raft_sim_set_log(sim, 1, descending, 2);
	assert_string_equal(raft_sim_setup_error(sim),
			    "the terms of a log descend");
	raft_sim_set_log(sim, 1, empty, 2);
	assert_string_equal(raft_sim_setup_error(sim),
			    "a run of entries is empty");
	raft_sim_set_log(sim, 1, level, 3);
	assert_null(raft_sim_setup_error(sim));
	raft_sim_set_log(sim, 1, short_past, 2);
	assert_null(raft_sim_setup_error(sim));
	raft_sim_set_log(sim, 2, long_past, 2);
	assert_string_equal(raft_sim_setup_error(sim), differ);
	raft_sim_set_log(sim, 2, other_past, 2);
	assert_string_equal(raft_sim_setup_error(sim), differ);
	raft_sim_set_log(sim, 2, no_past, 1);
	assert_string_equal(raft_sim_setup_error(sim), differ);
	raft_sim_set_log(sim, 2, later, 3);
	assert_null(raft_sim_setup_error(sim));
	raft_sim_set_log(sim, 2, NULL, 0);
	raft_sim_set_term(sim, 1, 2);
	assert_string_equal(raft_sim_setup_error(sim),
			    "a log has an entry of a later term than its "
			    "node");
	raft_sim_set_term(sim, 1, 0);
	raft_sim_set_term(sim, 2, 2);
	raft_sim_set_term(sim, 3, 2);
	assert_string_equal(raft_sim_setup_error(sim), unreached);
	/* Two of three are enough. */
	raft_sim_set_term(sim, 3, 3);
	assert_null(raft_sim_setup_error(sim));
	raft_sim_destroy(sim);
}

static void
options_are_set_by_name(void **state)
{
	struct raft_module_option option;
	struct raft_sim_options options;
	const uint64_t *values;
	struct raft_sim *sim;
	size_t place;

	(void)state;
	raft_sim_defaults(&options);
	sim = raft_sim_create(&options);
	assert_true(raft_sim_set_option(sim, 1, "heartbeat_us", 50000));
	assert_true(raft_sim_set_option(sim, 1, "batch_entries_max", 7));
	assert_false(raft_sim_set_option(sim, 1, "batch_entries_max",
					 UINT64_C(1) << 32));
	assert_false(raft_sim_set_option(sim, 1, "heartbeat", 1));
	assert_int_equal(sim_node_at(sim, 1)->options.heartbeat_us, 50000);
	assert_int_equal(sim_node_at(sim, 1)->options.batch_entries_max, 7);
	assert_true(raft_sim_module_option("learners.slow_rounds", &place,
					   &option));
	assert_true(raft_sim_set_option(sim, 1, "learners.slow_rounds", 255));
	assert_false(raft_sim_set_option(sim, 1, "learners.slow_rounds", 256));
	values = sim_node_at(sim, 1)->module_options[option.number];
	assert_int_equal(values[option.position], 255);
	assert_ptr_equal(sim_node_at(sim, 1)->options.modules[option.number],
			 values);
	assert_null(sim_node_at(sim, 2)->options.modules[option.number]);
	/* Back to what it is by itself. */
	assert_true(raft_sim_set_option(sim, 1, "learners.slow_rounds", 0));
	assert_false(raft_sim_set_option(sim, 1, "learners.rounds", 1));
	assert_false(raft_sim_set_option(sim, 1, "learnersXslow_rounds", 1));
	raft_sim_destroy(sim);
}

/**
 * Hazard S1, thesis figure 3.7: random faults hardly ever find it. n1 brings an
 * entry of term 2 to a majority, but none of its own term; n5, whose last entry
 * is of term 3, can then still win and overwrite it.
 */
static void
an_old_entry_on_a_majority_is_not_committed(void **state)
{
	const struct raft_sim_log_run two[] = {{1, 1}, {2, 1}};
	const struct raft_sim_log_run three[] = {{1, 1}, {3, 1}};
	struct raft_sim_options options;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.voters = 5;
	sim = raft_sim_create(&options);
	raft_sim_set_log(sim, 1, two, 2);
	raft_sim_set_log(sim, 2, two, 2);
	raft_sim_set_log(sim, 5, three, 2);
	raft_sim_set_option(sim, 1, "batch_entries_max", 1);
	raft_sim_set_option(sim, 1, "appends_in_flight_max", 1);
	assert_null(raft_sim_setup_error(sim));
	for (uint32_t n = 1; n <= 5; n++)
		assert_true(raft_sim_start(sim, n));
	isolate(sim, 4);
	isolate(sim, 5);
	assert_int_equal(raft_sim_campaign(sim, 1), RAFT_OK);
	while (node_of(sim, 3).status.durable_index < 3)
		assert_true(raft_sim_step(sim, T));
	/* What tells n1 of it is under way; what follows it is not sent. */
	raft_sim_cut(sim, 1, 3, RAFT_SIM_EVERY_KIND);
	run_for(sim, T / 20);
	assert_int_equal(node_of(sim, 1).status.term, 4);
	assert_int_equal(node_of(sim, 3).status.last.index, 3);
	assert_true(node_of(sim, 1).status.commit_index < 3);
	raft_sim_crash(sim, 1, RAFT_SIM_POWEROFF);
	raft_sim_crash(sim, 2, RAFT_SIM_POWEROFF);
	heal_all(sim);
	while (raft_sim_leader(sim) == 0) {
		raft_sim_campaign(sim, 5);
		run_for(sim, T / 10);
	}
	assert_int_equal(raft_sim_leader(sim), 5);
	raft_sim_start(sim, 1);
	raft_sim_start(sim, 2);
	run_for(sim, 5 * T);
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim)));
	raft_sim_destroy(sim);
}

/* ---------------------------------------------------------------- client */

static void
a_client_waits_for_a_leader_and_never_doubles_a_write(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t old = raft_sim_leader(sim);
	uint64_t acks;

	(void)state;
	isolate(sim, old);
	run_for(sim, 5 * T);
	acks = metric(sim, RAFT_SIM_ACKS);
	heal_all(sim);
	/* What the old leader took is unknown, and given to nobody again: the
	 *  checkers see that no write is committed twice. */
	run_for(sim, 5 * T);
	assert_true(metric(sim, RAFT_SIM_ACKS) > acks + 200);
	assert_int_equal(metric(sim, RAFT_SIM_LOST_ACKS), 0);
	raft_sim_client(sim, 0, 0);
	run_for(sim, T);
	acks = metric(sim, RAFT_SIM_ACKS);
	run_for(sim, T);
	assert_int_equal(metric(sim, RAFT_SIM_ACKS), acks);
	raft_sim_destroy(sim);
}

static void
a_refusal_is_counted(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t other = follower(sim);

	(void)state;
	assert_int_equal(raft_sim_propose(sim, other, 1, 8), RAFT_NOT_LEADER);
	assert_int_equal(raft_sim_step_down(sim, other), RAFT_NOT_LEADER);
	raft_sim_crash(sim, other, RAFT_SIM_CRASH);
	assert_int_equal(raft_sim_campaign(sim, other), RAFT_STOPPED);
	assert_int_equal(metric(sim, RAFT_SIM_REFUSED), 3);
	assert_int_equal(raft_sim_step_down(sim, raft_sim_leader(sim)),
			 RAFT_OK);
	run_for(sim, SECOND);
	assert_int_equal(metric(sim, RAFT_SIM_STEP_DOWNS), 1);
	raft_sim_destroy(sim);
}

static void
a_snapshot_drops_the_log_once_it_is_on_the_disk(void **state)
{
	struct raft_sim_options options;
	struct raft_sim_node one;
	const struct sim_disk *disk;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.voters = 1;
	sim = create(&options);
	disk = &sim_node_at(sim, 1)->disk;
	run_for(sim, 3 * T);
	assert_int_equal(raft_sim_propose(sim, 1, 30, 16), RAFT_OK);
	run_for(sim, T);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_STALL);
	assert_true(raft_sim_snapshot(sim, 1));
	assert_false(raft_sim_snapshot(sim, 1));
	run_for(sim, T);
	raft_sim_node(sim, 1, &one);
	assert_int_equal(one.status.snapshot.index, 0);
	/* A crash now finds neither. */
	raft_sim_crash(sim, 1, RAFT_SIM_CRASH);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_OK);
	assert_true(raft_sim_start(sim, 1));
	run_for(sim, 3 * T);
	assert_true(raft_sim_snapshot(sim, 1));
	run_for(sim, T);
	assert_false(raft_sim_snapshot(sim, 1));
	raft_sim_node(sim, 1, &one);
	assert_int_equal(one.status.snapshot.index, one.status.applied_index);
	assert_int_equal(one.writes_applied, 30);
	assert_true(disk->durable.base.last.index > 0);
	assert_int_equal(disk->durable.base.last.index,
			 disk->accepted.base.last.index);
	raft_sim_crash(sim, 1, RAFT_SIM_CRASH);
	assert_true(raft_sim_start(sim, 1));
	raft_sim_node(sim, 1, &one);
	assert_int_equal(one.writes_applied, 30);
	assert_true(one.status.snapshot.index > 30);
	raft_sim_destroy(sim);
}

static void
a_world_whose_log_may_not_grow_takes_snapshots(void **state)
{
	struct raft_sim_options options;
	struct raft_sim_node one;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.max_log = 10;
	sim = create(&options);
	run_for(sim, 3 * T);
	raft_sim_client(sim, 10000, 16);
	run_for(sim, 2 * T);
	for (uint32_t n = 1; n <= 3; n++) {
		raft_sim_node(sim, n, &one);
		assert_true(one.status.applied_index <=
			    one.status.snapshot.index + 11);
	}
	raft_sim_destroy(sim);
}

/** Who loads a leader's snapshot has applied what is in it, and says so. */
static void
a_snapshot_that_is_loaded_is_applied(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t other = follower(sim);
	uint64_t committed;

	(void)state;
	raft_sim_crash(sim, other, RAFT_SIM_CRASH);
	run_for(sim, T);
	raft_sim_client(sim, 0, 0);
	run_for(sim, T);
	committed = raft_sim_committed(sim);
	assert_true(raft_sim_snapshot(sim, raft_sim_leader(sim)));
	run_for(sim, T);
	assert_true(raft_sim_start(sim, other));
	run_for(sim, 2 * T);
	assert_int_equal(metric(sim, RAFT_SIM_SNAPSHOTS), 1);
	assert_int_equal(node_of(sim, other).status.snapshot.index, committed);
	assert_int_equal(node_of(sim, other).status.applied_index, committed);
	assert_int_equal(node_of(sim, other).writes_applied,
			 metric(sim, RAFT_SIM_ACKS));
	assert_int_equal(node_of(sim, other).writes_committed,
			 metric(sim, RAFT_SIM_ACKS));
	raft_sim_destroy(sim);
}

/** One bit of a snapshot that is on its way, or on a disk, is enough. */
static void
a_snapshot_that_is_spoilt_is_noticed(void **state)
{
	struct raft_sim_options options;
	struct sim_snapshot *snapshot;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.voters = 1;
	sim = create(&options);
	run_for(sim, 3 * T);
	assert_int_equal(raft_sim_propose(sim, 1, 5, 16), RAFT_OK);
	run_for(sim, T);
	assert_true(raft_sim_snapshot(sim, 1));
	run_for(sim, T);
	raft_sim_crash(sim, 1, RAFT_SIM_CRASH);
	assert_int_equal(sim->nodes[0].disk.snapshot_count, 1);
	snapshot = &sim->nodes[0].disk.snapshots[0];
	snapshot->bytes[snapshot->size - 1] ^= 1;
	(void)raft_sim_start(sim, 1);
	assert_non_null(raft_sim_violation(sim));
	assert_non_null(strstr(raft_sim_violation(sim), "snapshots"));
	raft_sim_destroy(sim);
}

static void
refused_reads_are_counted(void **state)
{
	struct raft_sim *sim = create_led(NULL);
	uint32_t leader = raft_sim_leader(sim);
	uint64_t refused = metric(sim, RAFT_SIM_REFUSED);

	(void)state;
	raft_sim_client(sim, 0, 0);
	assert_int_equal(raft_sim_read(sim, leader), RAFT_OK);
	assert_int_equal(metric(sim, RAFT_SIM_READS_REFUSED), 0);
	/* No module answers for the age of what it has. */
	assert_int_equal(raft_sim_read_bounded(sim, leader, T), RAFT_TOO_OLD);
	assert_int_equal(metric(sim, RAFT_SIM_READS_REFUSED), 1);
	assert_true(raft_sim_crash(sim, leader, RAFT_SIM_CRASH));
	assert_int_equal(raft_sim_read(sim, leader), RAFT_STOPPED);
	assert_int_equal(raft_sim_read(sim, leader), RAFT_STOPPED);
	assert_int_equal(raft_sim_read_bounded(sim, leader, T), RAFT_STOPPED);
	assert_int_equal(metric(sim, RAFT_SIM_READS_REFUSED), 4);
	assert_int_equal(metric(sim, RAFT_SIM_REFUSED), refused + 2);
	assert_int_equal(raft_sim_read(sim, 0), RAFT_NOT_LEADER);
	assert_int_equal(raft_sim_read_bounded(sim, 0, T), RAFT_STOPPED);
	assert_int_equal(metric(sim, RAFT_SIM_READS_REFUSED), 6);
	assert_int_equal(metric(sim, RAFT_SIM_REFUSED), refused + 3);
	raft_sim_destroy(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_reads_are_counted),
		cmocka_unit_test(a_seed_means_one_trace),
		cmocka_unit_test(draws_are_the_same_on_every_machine),
		cmocka_unit_test(
			messages_overtake_unless_links_are_first_in_first_out),
		cmocka_unit_test(a_cut_is_one_way_and_of_its_kinds),
		cmocka_unit_test(what_is_held_comes_when_it_is_released),
		cmocka_unit_test(a_heal_leaves_a_link_as_it_was_set),
		cmocka_unit_test(a_replay_delivers_the_last_ones_again),
		cmocka_unit_test(peers_see_a_crash_but_not_a_poweroff),
		cmocka_unit_test(a_close_that_is_held_is_seen_once),
		cmocka_unit_test(a_crash_loses_what_was_not_durable),
		cmocka_unit_test(
			a_snapshot_drops_the_log_once_it_is_on_the_disk),
		cmocka_unit_test(
			a_world_whose_log_may_not_grow_takes_snapshots),
		cmocka_unit_test(a_snapshot_that_is_loaded_is_applied),
		cmocka_unit_test(a_snapshot_that_is_spoilt_is_noticed),
		cmocka_unit_test(
			a_torn_write_leaves_a_prefix_of_what_was_under_way),
		cmocka_unit_test(a_failing_disk_stops_its_member),
		cmocka_unit_test(
			a_single_node_acknowledges_only_what_is_durable),
		cmocka_unit_test(a_lost_disk_makes_another_server),
		cmocka_unit_test(
			a_resumed_follower_first_hears_what_queued),
		cmocka_unit_test(a_paused_leader_does_not_say_that_it_leads),
		cmocka_unit_test(a_clock_shows_a_time_when_it_says_so),
		cmocka_unit_test(a_fast_clock_campaigns_under_a_slow_leader),
		cmocka_unit_test(
			logs_that_are_given_are_the_logs_that_nodes_start_with),
		cmocka_unit_test(what_cannot_be_a_past_is_told),
		cmocka_unit_test(an_old_entry_on_a_majority_is_not_committed),
		cmocka_unit_test(options_are_set_by_name),
		cmocka_unit_test(
			a_client_waits_for_a_leader_and_never_doubles_a_write),
		cmocka_unit_test(a_refusal_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

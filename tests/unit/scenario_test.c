/*
 * The scenario language as a library: what a program sees that reads texts, runs
 * them, and watches, by the public header alone.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/scenario.h"

/** A leader that hears nothing any more. */
static const char deaf[] =
    "title   A deaf leader\n"
    "nodes   3\n"
    "spare   1\n"
    "election 500ms\n"
    "client  every 20ms\n"
    "run until stable 2T within 20T\n"
    "let L = leader\n"
    "mark\n"
    "cut others -> L\n"
    "run 10T\n"
    "when not checkquorum: expect unavailable >= 9T since mark\n"
    "when checkquorum: expect leader != L\n"
    "print\n";

static struct raft_scenario *
parse(const char *text)
{
	char error[1024] = "";
	struct raft_scenario *scenario = raft_scenario_parse(
	    "a text", text, strlen(text), error, sizeof error);

	if (scenario == NULL)
		fail_msg("%s", error);
	return scenario;
}

static uint32_t
build(const char *name)
{
	char error[1024];
	uint32_t modules = 0;

	if (!raft_scenario_build(name, &modules, error, sizeof error))
		fail_msg("%s", error);
	return modules;
}

/** What a watcher has seen. */
struct seen {
	size_t count[RAFT_SCENARIO_END + 1];
	size_t lines;
	size_t acknowledged;
	uint64_t last_at;
	uint64_t hash;
	enum raft_scenario_state states[4];
	char deeds[256];
	char answers[512];
};

static void
mix(struct seen *seen, const char *text)
{
	for (; *text != '\0'; text++)
		seen->hash = (seen->hash ^ (uint64_t)*text) * 1099511628211u;
}

static void
append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s;", text);
}

static void
see_event(void *context, const struct raft_scenario_event *event)
{
	struct seen *seen = context;

	assert_true(event->at >= seen->last_at);
	seen->last_at = event->at;
	seen->count[event->kind]++;
	seen->hash = (seen->hash ^ event->at) * 1099511628211u;
	if (event->kind == RAFT_SCENARIO_STATE)
		seen->states[event->node - 1] = event->state;
	if (event->kind == RAFT_SCENARIO_WRITES)
		seen->acknowledged += event->acknowledged;
	if (event->kind == RAFT_SCENARIO_DEED)
		append(seen->deeds, sizeof seen->deeds, event->text);
	if (event->kind == RAFT_SCENARIO_ANSWER)
		append(seen->answers, sizeof seen->answers, event->text);
}

static void
see_line(void *context, uint64_t now, const char *line)
{
	struct seen *seen = context;

	(void)now;
	seen->lines++;
	mix(seen, line);
}

static void
run(const struct raft_scenario *scenario, const char *name, uint64_t seed,
    struct raft_scenario_result *result, struct seen *seen)
{
	const struct raft_scenario_request request = {
		.scenario = scenario,
		.modules = build(name),
		.seed = seed,
		.context = seen,
		.event = seen == NULL ? NULL : see_event,
		.trace = seen == NULL ? NULL : see_line,
	};

	raft_scenario_run(&request, result);
}

static void
a_text_says_what_it_is(void **state)
{
	struct raft_scenario *scenario = parse(deaf);
	size_t count = 1;

	(void)state;
	assert_string_equal(raft_scenario_name(scenario), "a text");
	assert_string_equal(raft_scenario_title(scenario), "A deaf leader");
	assert_int_equal(raft_scenario_election_us(scenario), 500000);
	assert_int_equal(raft_scenario_node_count(scenario), 4);
	(void)raft_scenario_notes(scenario, &count);
	assert_int_equal(count, 0);
	raft_scenario_free(scenario);
	raft_scenario_free(NULL);
}

static void
an_error_fits_where_it_goes(void **state)
{
	static const char text[] = "nodes 3\nfly n1\n";
	char error[16] = "";

	(void)state;
	for (size_t size = 1; size <= sizeof error; size++) {
		assert_null(raft_scenario_parse("f", text, strlen(text), error,
						size));
		assert_true(strlen(error) < size);
		assert_memory_equal(error, "f:2: found 'fly'", strlen(error));
	}
}

/* The modules number `subset` of all there are, by their names. */
static void
name_subset(size_t subset, char name[RAFT_SCENARIO_BUILD_BYTES])
{
	char all[RAFT_SCENARIO_BUILD_BYTES], *rest = all, *module;

	snprintf(all, sizeof all, "%s", raft_build());
	name[0] = '\0';
	for (; (module = strsep(&rest, "+")) != NULL; subset /= 2) {
		if (subset % 2 == 0)
			continue;
		if (name[0] != '\0')
			strcat(name, "+");
		strcat(name, module);
	}
	if (name[0] == '\0')
		strcpy(name, "baseline");
}

/** Of all subsets, those that have what their modules need. */
static size_t
build_count(void)
{
	char name[RAFT_SCENARIO_BUILD_BYTES], error[1024];
	size_t subsets = 2, count = 0;
	uint32_t modules;

	for (const char *c = raft_build(); *c != '\0'; c++)
		subsets *= *c == '+' ? 2 : 1;
	for (size_t i = 0; i < subsets; i++) {
		name_subset(i, name);
		count += raft_scenario_build(name, &modules, error,
					     sizeof error);
	}
	return count;
}

static void
a_build_has_a_name(void **state)
{
	char name[RAFT_SCENARIO_BUILD_BYTES];
	uint32_t modules;
	size_t count = 0;

	(void)state;
	assert_true(raft_scenario_every_build(0, &modules));
	assert_int_equal(modules, build("baseline"));
	raft_scenario_build_name(build("checkquorum+prevote"), name,
				 sizeof name);
	assert_string_equal(name, "prevote+checkquorum");
	for (; raft_scenario_every_build(count, &modules); count++) {
		raft_scenario_build_name(modules, name, sizeof name);
		assert_int_equal(build(name), modules);
	}
	assert_int_equal(count, build_count());
}

static void
a_run_has_a_verdict_and_metrics(void **state)
{
	struct raft_scenario *scenario = parse(deaf);
	struct raft_scenario_result baseline, cured;

	(void)state;
	run(scenario, "baseline", 1, &baseline, NULL);
	run(scenario, "prevote+checkquorum", 1, &cured, NULL);
	assert_string_equal(baseline.failures, "");
	assert_string_equal(baseline.cause, "");
	assert_int_equal(baseline.verdict, RAFT_SCENARIO_OK);
	assert_int_equal(cured.verdict, RAFT_SCENARIO_OK);
	assert_true(baseline.marked);
	assert_int_equal(baseline.election_us, 500000);
	assert_true(baseline.since_mark[RAFT_SIM_UNAVAILABLE] >= 9 * 500000);
	assert_true(cured.since_mark[RAFT_SIM_UNAVAILABLE] < 9 * 500000);
	assert_true(cured.whole[RAFT_SIM_ACKS] >
		    cured.since_mark[RAFT_SIM_ACKS]);
	assert_non_null(strstr(cured.prints, "n1 "));
	raft_scenario_result_free(&baseline);
	raft_scenario_result_free(&cured);
	raft_scenario_free(scenario);
}

static void
what_does_not_hold_is_told_by_line(void **state)
{
	struct raft_scenario *scenario =
	    parse("nodes 1\nrun 9T\nexpect no leader\nexpect acks = 1\n"
		  "run until acks = 1 within 1T\nexpect no leader\n");
	struct raft_scenario_result result;

	(void)state;
	run(scenario, "baseline", 1, &result, NULL);
	assert_int_equal(result.verdict, RAFT_SCENARIO_FAILED);
	assert_false(result.marked);
	assert_memory_equal(result.failures,
			    "a text:3: expect no leader: not so: ", 36);
	assert_string_equal(result.cause, "expect no leader");
	assert_non_null(strstr(result.failures, "\na text:4: "));
	assert_non_null(strstr(result.failures, "\na text:5: "));
	/* A `run until` in vain is the last thing that it did. */
	assert_null(strstr(result.failures, "\na text:6: "));
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

static void
what_needs_another_module_is_skipped(void **state)
{
	struct raft_scenario *scenario = parse("nodes 1\nneeds prevote\n"
					       "run 1T\nexpect acks = 1\n");
	struct raft_scenario_result result;
	struct seen seen = { .hash = 1 };

	(void)state;
	run(scenario, "baseline", 1, &result, &seen);
	assert_int_equal(result.verdict, RAFT_SCENARIO_SKIPPED);
	assert_int_equal(seen.hash, 1);
	raft_scenario_result_free(&result);
	run(scenario, "prevote", 1, &result, NULL);
	assert_int_equal(result.verdict, RAFT_SCENARIO_FAILED);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

static void
a_watcher_sees_how_it_went(void **state)
{
	struct raft_scenario *scenario = parse(deaf);
	struct raft_scenario_result result;
	struct seen seen = { .hash = 1 };
	size_t leaders = 0, alone = 0;

	(void)state;
	run(scenario, "baseline", 2, &result, &seen);
	for (size_t i = 0; i < 4; i++) {
		leaders += seen.states[i] == RAFT_SCENARIO_LEADER;
		alone += seen.states[i] == RAFT_SCENARIO_ALONE;
	}
	/* The others take the deaf one as leader still. */
	assert_int_equal(leaders + alone, 1);
	assert_int_equal(seen.count[RAFT_SCENARIO_MARK], 1);
	assert_int_equal(seen.count[RAFT_SCENARIO_END], 1);
	/* Several at one instant are one event. */
	assert_in_range(seen.acknowledged, 10, result.whole[RAFT_SIM_ACKS]);
	assert_true(seen.count[RAFT_SCENARIO_TERM] >= 3);
	assert_memory_equal(seen.deeds, "cut others -> n", 15);
	assert_non_null(strstr(seen.answers, "run until stable 2T within 20T;"
					     "let L = leader;when not "));
	assert_true(seen.lines > 1000);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

/** What a watcher has been told of messages. */
struct messages {
	size_t count[RAFT_SIM_LOST + 1];
	uint64_t last_number;
	bool to_deaf;
};

static void
see_message(void *context, uint64_t now, enum raft_sim_fate fate,
	    uint64_t number, const struct raft_message *message)
{
	struct messages *seen = context;

	(void)now;
	seen->count[fate]++;
	if (fate == RAFT_SIM_SENT) {
		assert_true(number > seen->last_number);
		seen->last_number = number;
	}
	assert_true(number <= seen->last_number);
	assert_int_not_equal(message->from.id, message->to.id);
	if (fate == RAFT_SIM_LOST)
		seen->to_deaf |= message->kind == RAFT_MESSAGE_APPEND_ANSWER;
}

static void
a_watcher_is_told_what_becomes_of_each_message(void **state)
{
	struct raft_scenario *scenario = parse(deaf);
	struct messages seen = { .last_number = 0 };
	struct raft_scenario_result result;
	const struct raft_scenario_request request = {
		.scenario = scenario,
		.modules = build("baseline"),
		.seed = 2,
		.context = &seen,
		.message = see_message,
	};
	size_t ended;

	(void)state;
	raft_scenario_run(&request, &result);
	ended = seen.count[RAFT_SIM_ARRIVED] + seen.count[RAFT_SIM_LOST];
	assert_int_equal(seen.count[RAFT_SIM_SENT],
			 result.whole[RAFT_SIM_MESSAGES]);
	/* Some may be on their way at the end. */
	assert_in_range(ended, seen.count[RAFT_SIM_SENT] - 20,
			seen.count[RAFT_SIM_SENT]);
	assert_true(seen.count[RAFT_SIM_LOST] > 10);
	assert_true(seen.to_deaf);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

/** Who looks at the world while it is broken, and where that began. */
struct sights {
	size_t count;
	int line;
	bool is_cut, is_held, is_slow, is_fast, is_stalled;
};

static void
look(void *context, const struct raft_sim *sim, int line)
{
	struct sights *seen = context;
	struct raft_sim_node node;

	seen->count++;
	assert_true(line >= seen->line);
	seen->line = line;
	if (line != 8)
		return;
	seen->is_cut = raft_sim_cut_kinds(sim, 1, 2) == RAFT_SIM_EVERY_KIND &&
		       raft_sim_cut_kinds(sim, 2, 1) == 0;
	seen->is_held = raft_sim_held_kinds(sim, 2, 3) == raft_sim_kind("vote");
	raft_sim_node(sim, 1, &node);
	seen->is_slow = node.disk_latency.least_us == 7000;
	seen->is_fast = node.clock_millionths == 1500000;
	raft_sim_node(sim, 2, &node);
	seen->is_stalled = node.disk == RAFT_SIM_DISK_STALL && node.mask == 0;
}

/* Whoever leads, the first and the last as well. */
static void
no_leader_is_among_the_followers(void **state)
{
	static const char *const leaders[] = { "n1", "n2", "n3" };
	struct raft_scenario_result result;
	struct raft_scenario *scenario;
	char text[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof text,
			 "nodes 3\nrun until stable 2T within 20T\n"
			 "transfer %s\nrun 5T\nexpect leader = %s\n"
			 "let A B = followers\nlet A B C = followers\n",
			 leaders[i], leaders[i]);
		scenario = parse(text);
		run(scenario, "baseline", 1, &result, NULL);
		assert_string_equal(result.failures,
				    "a text:7: let A B C = followers: "
				    "there are too few\n");
		raft_scenario_result_free(&result);
		raft_scenario_free(scenario);
	}
}

static void
a_watcher_looks_at_the_world(void **state)
{
	struct raft_scenario *scenario = parse("nodes 3\n"
					       "build n2 = baseline\n"
					       "cut n1 -> n2\n"
					       "hold n2 -> n3 only vote\n"
					       "disk n1 7ms..9ms\n"
					       "clock n1 rate 1.5\n"
					       "disk n2 stall\n"
					       "run 1s\n");
	struct sights seen = { .count = 0 };
	const struct raft_scenario_request request = {
		.scenario = scenario,
		.modules = build("all"),
		.seed = 1,
		.context = &seen,
		.look = look,
	};
	struct raft_scenario_result result;

	(void)state;
	raft_scenario_run(&request, &result);
	assert_int_equal(result.verdict, RAFT_SCENARIO_OK);
	assert_true(seen.count > 20);
	assert_int_equal(seen.line, 8);
	assert_true(seen.is_cut);
	assert_true(seen.is_held);
	assert_true(seen.is_slow);
	assert_true(seen.is_fast);
	assert_true(seen.is_stalled);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

static void
end_early(const char *text, const char *failures)
{
	struct raft_scenario *scenario = parse(text);
	const struct raft_scenario_request request = {
		.scenario = scenario,
		.seed = 1,
		.steps_max = 1000,
	};
	struct raft_scenario_result result;

	raft_scenario_run(&request, &result);
	assert_int_equal(result.verdict, RAFT_SCENARIO_FAILED);
	assert_string_equal(result.failures, failures);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

static void
an_endless_run_ends_where_it_is_told(void **state)
{
	(void)state;
	end_early("nodes 3\nrun 1000000s\nexpect acks = 9\n",
		  "a text:2: run 1000000s: not over after 1000 events, "
		  "expected an end before\n");
	end_early("nodes 3\nrun until acks = 9 within 1000000s\n",
		  "a text:2: run until acks = 9 within 1000000s: not over after "
		  "1000 events, expected an end before\n");
	end_early("nodes 3\nrepeat 1000000\nrepeat 1000000\nnote x\nend\nend\n",
		  "a text:4: x: not over after 1000 events, expected an end "
		  "before\n");
}

/* Nor for ever at what does nothing, on this build or at all. */
static void
rounds_of_nothing_end_where_it_is_told(void **state)
{
	(void)state;
	end_early("nodes 3\nrepeat 1000000\nrepeat 1000000\n"
		  "when prevote: expect leader\nend\nend\n",
		  "a text:4: when prevote: expect leader: not over after "
		  "1000 events, expected an end before\n");
	end_early("nodes 3\nrepeat 1000000\nrepeat 1000000\nend\nend\n",
		  "a text:3: repeat 1000000: not over after 1000 events, "
		  "expected an end before\n");
}

static void
a_scenario_keeps_its_text(void **state)
{
	struct raft_scenario *scenario = parse(deaf);

	(void)state;
	assert_string_equal(raft_scenario_text(scenario), deaf);
	raft_scenario_free(scenario);
}

static void
the_same_seed_is_the_same_run(void **state)
{
	struct raft_scenario *scenario = parse(deaf);
	struct raft_scenario_result result;
	struct seen seen[3] = { { .hash = 1 }, { .hash = 1 }, { .hash = 1 } };

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		run(scenario, "all", 1 + i / 2, &result, &seen[i]);
		raft_scenario_result_free(&result);
	}
	assert_int_equal(seen[0].hash, seen[1].hash);
	assert_int_not_equal(seen[0].hash, seen[2].hash);
	raft_scenario_free(scenario);
}

/** Cuts of a world that is the simulator's but for them. */
static size_t cuts;

static void
count_cut(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t kinds)
{
	cuts++;
	raft_sim_cut(sim, from, to, kinds);
}

static void
a_scenario_happens_to_the_world_that_a_request_names(void **state)
{
	struct raft_scenario_world world = raft_scenario_simulated;
	struct raft_scenario *scenario = parse(deaf);
	struct raft_scenario_result simulated, result;
	struct raft_scenario_request request = {
		.scenario = scenario,
		.modules = build("all"),
		.seed = 7,
	};

	(void)state;
	raft_scenario_run(&request, &simulated);
	world.cut = count_cut;
	request.world = &world;
	raft_scenario_run(&request, &result);
	assert_int_equal(cuts, 3);
	assert_int_equal(result.verdict, simulated.verdict);
	assert_memory_equal(result.whole, simulated.whole,
			    sizeof result.whole);
	raft_scenario_result_free(&simulated);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
}

/** Fails as the first text did: a write is acknowledged where none may be. */
static bool
is_acknowledged(void *context, const char *text)
{
	struct raft_scenario_result result;
	struct raft_scenario *scenario;
	char error[1024];
	bool fails;

	(*(size_t *)context)++;
	scenario = raft_scenario_parse("f", text, strlen(text), error,
				       sizeof error);
	if (scenario == NULL)
		return false;
	run(scenario, "baseline", 1, &result, NULL);
	fails = strcmp(result.cause, "expect acks = 0") == 0;
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
	return fails;
}

static void
what_is_not_needed_to_fail_is_left_out(void **state)
{
	static const char text[] =
	    "# A comment.\n"
	    "title   of no use\n"
	    "nodes   3\n"
	    "learners 1 # nor this\n"
	    "spare   1\n"
	    "client  every 20000us size 100\n"
	    "run until stable 2T within 20T\n"
	    "repeat 3\n"
	    "cut n4 -> {n1 n5} only append\n"
	    "run 123456us\n"
	    "crash {n4 n5} torn\n"
	    "run 1s\n"
	    "heal all\n"
	    "end\n"
	    "restart n5\n"
	    "expect acks = 0\n"
	    "expect leader\n";
	struct raft_scenario_shrinking shrinking = { .fails = is_acknowledged,
						     .tries_max = 1000 };
	size_t tries = 0;
	char *smallest;

	(void)state;
	shrinking.context = &tries;
	smallest = raft_scenario_shrink(text, &shrinking);
	assert_non_null(smallest);
	/* A group of one, its client, time, and what fails. */
	assert_memory_equal(smallest, "nodes 1\nclient  every 20ms\nrun ", 30);
	assert_string_equal(strchr(strstr(smallest, "run "), '\n'),
			    "\nexpect acks = 0\n");
	assert_true(tries <= 1000);
	free(smallest);
	assert_null(raft_scenario_shrink("nodes 3\n", &shrinking));
	/* Nobody waits longer than that. */
	tries = 0;
	shrinking.tries_max = 5;
	free(raft_scenario_shrink(text, &shrinking));
	assert_int_equal(tries, 5);
}

static void
times_are_printed_for_a_person(void **state)
{
	char text[64];

	(void)state;
	raft_scenario_print_timeouts(text, sizeof text, 2100000, 1000000);
	assert_string_equal(text, "2.1T");
	/* A little is not nothing. */
	raft_scenario_print_timeouts(text, sizeof text, 1, 1000000);
	assert_string_equal(text, "0.1T");
	raft_scenario_print_duration(text, sizeof text, 2133001, 1000000);
	assert_string_equal(text, "2.2T (2134ms)");
	raft_scenario_print_duration(text, sizeof text, RAFT_SIM_INFINITE, 1);
	assert_string_equal(text, "never");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_says_what_it_is),
		cmocka_unit_test(an_error_fits_where_it_goes),
		cmocka_unit_test(a_build_has_a_name),
		cmocka_unit_test(a_run_has_a_verdict_and_metrics),
		cmocka_unit_test(what_does_not_hold_is_told_by_line),
		cmocka_unit_test(what_needs_another_module_is_skipped),
		cmocka_unit_test(a_watcher_sees_how_it_went),
		cmocka_unit_test(
		    a_watcher_is_told_what_becomes_of_each_message),
		cmocka_unit_test(no_leader_is_among_the_followers),
		cmocka_unit_test(a_watcher_looks_at_the_world),
		cmocka_unit_test(an_endless_run_ends_where_it_is_told),
		cmocka_unit_test(rounds_of_nothing_end_where_it_is_told),
		cmocka_unit_test(a_scenario_keeps_its_text),
		cmocka_unit_test(the_same_seed_is_the_same_run),
		cmocka_unit_test(
		    a_scenario_happens_to_the_world_that_a_request_names),
		cmocka_unit_test(what_is_not_needed_to_fail_is_left_out),
		cmocka_unit_test(times_are_printed_for_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

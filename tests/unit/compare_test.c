/*
 * What a comparison is made of: which build did best, where a run is worth a look,
 * and where words find room in a drawing.
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

#include "demos/compare/page/elastic.h"
#include "demos/compare/page/places.h"
#include "demos/compare/record/matrix.h"
#include "demos/compare/record/stretch.h"

/* ------------------------------------------------------------------- best */

#define BUILDS 4

static const char three_nodes[] = "nodes 3\nrun 1T\n";

/** A comparison whose runs are made up. */
struct made {
	struct build builds[BUILDS];
	struct comparison comparison;
	struct matrix *matrix;
};

/* The builds have the modules 0, 1, 1+2 and 1+4. */
static void
make(struct made *made)
{
	static char names[BUILDS][2] = { "a", "b", "c", "d" };
	static const uint32_t modules[BUILDS] = { 0, 1, 3, 5 };
	char error[256];

	*made = (struct made){ .matrix = matrix_create() };
	made->comparison.scenario = raft_scenario_parse(
	    "a text", three_nodes, sizeof three_nodes - 1, error, sizeof error);
	assert_non_null(made->comparison.scenario);
	for (size_t i = 0; i < BUILDS; i++)
		made->builds[i] = (struct build){ names[i], modules[i] };
	made->comparison.builds = (struct builds){ made->builds, BUILDS };
}

static void
unmake(struct made *made)
{
	matrix_destroy(made->matrix);
	raft_scenario_free(made->comparison.scenario);
}

/* A run of the next seed of a build, of which one metric is something. */
static void
add(struct made *made, size_t build, enum raft_scenario_verdict verdict,
    enum raft_sim_metric metric, uint64_t value)
{
	struct run_key key = { &made->comparison, build, 1, false };
	struct raft_scenario_result result = { .verdict = verdict };

	result.since_mark[metric] = value;
	matrix_add(made->matrix, &key, &result);
}

static void
assert_best(const struct made *made, const char *names)
{
	char best[BUILDS + 1] = "";

	matrix_finish(made->matrix);
	for (size_t i = 0; i < made->matrix->count; i++) {
		if (made->matrix->rows[i].is_best)
			strcat(best, made->builds[i].name);
	}
	assert_string_equal(best, names);
}

static void
the_middle_stands_between_the_least_and_the_most(void **state)
{
	static const uint64_t values[] = { 9, 2, 7, 4 };
	const struct matrix_span *span;
	struct made made;

	(void)state;
	make(&made);
	for (size_t i = 0; i < 4; i++)
		add(&made, 0, RAFT_SCENARIO_OK, RAFT_SIM_MESSAGES, values[i]);
	add(&made, 0, RAFT_SCENARIO_SKIPPED, RAFT_SIM_MESSAGES, 100);
	matrix_finish(made.matrix);
	span = &made.matrix->rows[0].spans[COLUMN_MESSAGES];
	assert_int_equal(span->least, 2);
	assert_int_equal(span->median, 4);
	assert_int_equal(span->most, 9);
	assert_int_equal(made.matrix->rows[0].seeds, 5);
	assert_int_equal(made.matrix->rows[0].runs, 4);
	unmake(&made);
}

static void
the_best_are_sifted_criterion_by_criterion(void **state)
{
	static const struct {
		enum raft_sim_metric metric;
		uint64_t values[BUILDS];
		const char *best;
	} cases[] = {
		/* An outage below a timeout is none, and less than half a one
		 * makes no difference. */
		{ RAFT_SIM_UNAVAILABLE, { 999999, 0, 400000, 3000000 }, "abc" },
		{ RAFT_SIM_UNAVAILABLE,
		  { 1200000, 1700000, 1700001, 5000000 },
		  "ab" },
		{ RAFT_SIM_TWO_LEADERS, { 500000, 0, 500001, 900000 }, "ab" },
		{ RAFT_SIM_READS, { 0, 50, 500, 0 }, "bc" },
		{ RAFT_SIM_LEADER_CHANGES, { 2, 1, 1, 2 }, "bc" },
		{ RAFT_SIM_TERM_GROWTH, { 3, 1, 2, 4 }, "bc" },
		/* All are equal, so none is best. */
		{ RAFT_SIM_UNAVAILABLE, { 5, 4, 3, 2 }, "" },
		{ RAFT_SIM_MESSAGES, { 5, 4, 3, 2 }, "" },
	};
	struct made made;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make(&made);
		for (size_t b = 0; b < BUILDS; b++)
			add(&made, b, RAFT_SCENARIO_OK, cases[i].metric,
			    cases[i].values[b]);
		assert_best(&made, cases[i].best);
		unmake(&made);
	}
}

static void
what_failed_or_was_skipped_is_not_best(void **state)
{
	struct made made;

	(void)state;
	make(&made);
	add(&made, 0, RAFT_SCENARIO_SKIPPED, RAFT_SIM_UNAVAILABLE, 0);
	add(&made, 1, RAFT_SCENARIO_FAILED, RAFT_SIM_UNAVAILABLE, 0);
	add(&made, 2, RAFT_SCENARIO_OK, RAFT_SIM_UNAVAILABLE, 9000000);
	add(&made, 3, RAFT_SCENARIO_OK, RAFT_SIM_UNAVAILABLE, 2000000);
	/* The worst seed counts. */
	add(&made, 3, RAFT_SCENARIO_OK, RAFT_SIM_UNAVAILABLE, 20000000);
	assert_best(&made, "c");
	unmake(&made);
}

static void
others_are_told_from_the_best_that_is_most_like_them(void **state)
{
	static const struct {
		const char *build;
		uint64_t changes;
		const char *told;
	} cases[BUILDS] = {
		{ "checkquorum", 4, "lacks prevote, has checkquorum" },
		{ "prevote", 0, "" },
		{ "prevote+learners", 0, "" },
		{ "prevote+checkquorum", 4, "has checkquorum" },
	};
	char text[256];
	struct made made;

	(void)state;
	make(&made);
	for (size_t i = 0; i < BUILDS; i++) {
		assert_true(raft_scenario_build(cases[i].build,
						&made.builds[i].modules, text,
						sizeof text));
		add(&made, i, RAFT_SCENARIO_OK, RAFT_SIM_LEADER_CHANGES,
		    cases[i].changes);
	}
	assert_best(&made, "bc");
	for (size_t i = 0; i < BUILDS; i++) {
		matrix_difference(made.matrix, &made.matrix->rows[i], text,
				  sizeof text);
		assert_string_equal(text, cases[i].told);
	}
	unmake(&made);
}

/* ---------------------------------------------------------------- drawings */

static void
an_elastic_axis_gives_each_instant_room(void **state)
{
	/* A burst within a millisecond, and a second of nothing. */
	static const uint64_t instants[] = { 5000000, 5000100, 5000300, 5000200,
					     5000100, 6000000, 4000000 };
	struct elastic elastic = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < 7; i++)
		elastic_add(&elastic, instants[i]);
	elastic_fit(&elastic, 840);
	assert_int_equal(elastic.count, 6);
	assert_int_equal(elastic_place(&elastic, 4000000), 0);
	assert_int_equal(elastic_place(&elastic, 6000000), 840);
	for (size_t i = 1; i < elastic.count; i++)
		assert_in_range(elastic.place[i] - elastic.place[i - 1], 10,
				840);
	/* Between them time goes on, and beyond them it does not. */
	assert_in_range(elastic_place(&elastic, 4500000), 150, 250);
	assert_int_equal(elastic_place(&elastic, 1), 0);
	assert_int_equal(elastic_place(&elastic, 7000000), 840);
	elastic_free(&elastic);
}

static void
no_place_is_taken_twice(void **state)
{
	struct places places = { .count = 0 };

	(void)state;
	assert_true(places_take(&places, (struct place){ 0, 0, 10, 10 }));
	assert_false(places_take(&places, (struct place){ 9, 9, 20, 20 }));
	assert_false(places_take(&places, (struct place){ 2, 2, 4, 4 }));
	assert_true(places_take(&places, (struct place){ 10, 0, 20, 10 }));
	assert_true(places_take(&places, (struct place){ 0, 10, 20, 12 }));
	assert_int_equal(places.count, 3);
	places_free(&places);
}

/* --------------------------------------------------------------- stretches */

static void
tell(struct timeline *timeline, enum raft_scenario_event_kind kind, uint64_t at,
     int line)
{
	const struct raft_scenario_event event = {
		.kind = kind,
		.at = at,
		.node = 1,
		.state = RAFT_SCENARIO_FOLLOWER,
		.line = line,
		.text = "something",
		.waits = true,
	};

	timeline_record(timeline, &event);
}

/* In this run line 7 is done at that time. */
static struct run
run_with(uint64_t done)
{
	struct run run = { .timeline = timeline_create(3, 1000000),
			   .traffic = traffic_create() };

	tell(run.timeline, RAFT_SCENARIO_DEED, 0, 3);
	tell(run.timeline, RAFT_SCENARIO_STATE, done / 2, 0);
	tell(run.timeline, RAFT_SCENARIO_DEED, done, 7);
	return run;
}

static void
forget(struct run *run)
{
	timeline_destroy(run->timeline);
	traffic_destroy(run->traffic);
}

static void
vote(struct run *run, uint64_t at)
{
	const struct raft_message message = { .kind = RAFT_MESSAGE_VOTE };

	traffic_record(run->traffic, at, RAFT_SIM_SENT, at, &message);
}

static void
assert_span(struct span span, uint64_t from, uint64_t to)
{
	assert_int_equal(span.from, from);
	assert_int_equal(span.to, to);
}

static void
a_run_is_worth_a_look_where_it_goes_wrong(void **state)
{
	struct run run = run_with(3000000);

	(void)state;
	/* Nothing but what was done; then a vote; then an outage. */
	assert_span(stretch_about(&run), 2800000, 5000000);
	vote(&run, 2900000);
	vote(&run, 4000000);
	assert_span(stretch_about(&run), 3800000, 6000000);
	tell(run.timeline, RAFT_SCENARIO_WRITES, 5000000, 0);
	tell(run.timeline, RAFT_SCENARIO_END, 7000000, 0);
	assert_span(stretch_about(&run), 4800000, 7200000);
	forget(&run);
	/* One that does not end soon goes on as it began. */
	run = run_with(3000000);
	tell(run.timeline, RAFT_SCENARIO_WRITES, 3500000, 0);
	tell(run.timeline, RAFT_SCENARIO_END, 9000000, 0);
	assert_span(stretch_about(&run), 3300000, 5500000);
	forget(&run);
}

static void
another_run_is_shown_as_long_after_the_same_was_done(void **state)
{
	struct run run = run_with(3000000), early = run_with(2000000);
	struct run late = run_with(4000000);
	struct span span = { 3800000, 6000000 };

	(void)state;
	assert_span(stretch_beside(&early, &run, &span), 2800000, 5000000);
	assert_span(stretch_beside(&late, &run, &span), 4800000, 7000000);
	/* Unless it has an outage of its own, not long before or after. */
	tell(late.timeline, RAFT_SCENARIO_WRITES, 8000000, 0);
	tell(late.timeline, RAFT_SCENARIO_END, 9500000, 0);
	assert_span(stretch_beside(&late, &run, &span), 7800000, 9700000);
	tell(early.timeline, RAFT_SCENARIO_WRITES, 30000000, 0);
	tell(early.timeline, RAFT_SCENARIO_END, 39000000, 0);
	assert_span(stretch_beside(&early, &run, &span), 2800000, 5000000);
	forget(&run);
	forget(&early);
	forget(&late);
}

static void
a_stretch_shows_as_many_messages_as_a_person_can_take_in(void **state)
{
	struct raft_message append = { .kind = RAFT_MESSAGE_APPEND };
	struct span span = { 1000000, 3000000 };
	struct run run = run_with(900000);
	struct stretch stretch;
	uint64_t number = 0;

	(void)state;
	run.timeline->end = 5000000;
	append.from.id = 1;
	for (uint64_t at = 900000; at < 3500000; at += 10000) {
		append.append.sent_at = at;
		for (append.to.id = 2; append.to.id <= 3; append.to.id++)
			traffic_record(run.traffic, at, RAFT_SIM_SENT, ++number,
				       &append);
	}
	stretch_find(&stretch, &run, &span);
	assert_int_equal(stretch.in_all, 400);
	assert_in_range(stretch.count, 20, 60);
	/* Of a round all or none. */
	for (size_t i = 0; i < stretch.count; i += 2)
		assert_int_equal(stretch.shown[i]->round,
				 stretch.shown[i + 1]->round);
	stretch_free(&stretch);
	forget(&run);
}

static void
a_stretch_of_time_is_read(void **state)
{
	struct span span;

	(void)state;
	assert_true(span_read(&span, "4.9s..5600ms"));
	assert_span(span, 4900000, 5600000);
	assert_false(span_read(&span, "5s..5s"));
	assert_false(span_read(&span, "5s..6s "));
	assert_false(span_read(&span, "-5s..6s"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_middle_stands_between_the_least_and_the_most),
		cmocka_unit_test(the_best_are_sifted_criterion_by_criterion),
		cmocka_unit_test(what_failed_or_was_skipped_is_not_best),
		cmocka_unit_test(
		    others_are_told_from_the_best_that_is_most_like_them),
		cmocka_unit_test(an_elastic_axis_gives_each_instant_room),
		cmocka_unit_test(no_place_is_taken_twice),
		cmocka_unit_test(a_run_is_worth_a_look_where_it_goes_wrong),
		cmocka_unit_test(
		    another_run_is_shown_as_long_after_the_same_was_done),
		cmocka_unit_test(
		    a_stretch_shows_as_many_messages_as_a_person_can_take_in),
		cmocka_unit_test(a_stretch_of_time_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

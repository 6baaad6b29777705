/*
 * A trial that is written down as a scenario is one: as such it does the same.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "tests/simulation/sweep.h"

static char *
record(const struct build *build, uint64_t seed, struct tally *tally)
{
	struct trial trial = {
		.build = build,
		.seed = seed,
		.seconds = 5,
		.upgrade = build->next[0] != '\0',
	};
	char *text = NULL;
	size_t size;

	trial.record = open_memstream(&text, &size);
	assert_non_null(trial.record);
	assert_true(trial_run(&trial, tally));
	fclose(trial.record);
	return text;
}

static void
assert_same(const struct build *build, uint64_t seed)
{
	struct raft_scenario_request request = { .seed = seed };
	struct raft_scenario_result result;
	struct tally tally = { 0 };
	char *text = record(build, seed, &tally), error[1024] = "";
	struct raft_scenario *scenario = raft_scenario_parse(
	    "trial", text, strlen(text), error, sizeof(error));

	assert_string_equal(error, "");
	/* Else each node has its build in the text. */
	assert_true(raft_scenario_build(
	    build->mixed || build->next[0] != '\0' ? "baseline" : build->name,
	    &request.modules, error, sizeof(error)));
	request.scenario = scenario;
	raft_scenario_run(&request, &result);
	assert_int_equal(result.verdict, RAFT_SCENARIO_OK);
	assert_true(tally.acks > 20);
	assert_int_equal(result.whole[RAFT_SIM_ACKS], tally.acks);
	assert_int_equal(result.whole[RAFT_SIM_READS], tally.reads);
	assert_int_equal(result.whole[RAFT_SIM_SNAPSHOTS], tally.snapshots);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
	free(text);
}

static void
a_trial_as_a_scenario_does_the_same(void **state)
{
	struct build builds[BUILDS_MAX];
	size_t count = builds_parse(builds, "baseline,mixed", false);

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++)
		for (size_t i = 0; i < count; i++)
			assert_same(&builds[i], seed);
}

static void
an_upgrade_as_a_scenario_does_the_same(void **state)
{
	struct build builds[BUILDS_MAX];
	size_t count =
	    builds_parse(builds, "stickiness,prevote+checkquorum", true);

	(void)state;
	assert_int_equal(count, 4);
	assert_string_equal(builds[1].name, "stickiness:prevote+checkquorum");
	for (uint64_t seed = 1; seed <= 3; seed++)
		for (size_t i = 0; i < count; i++)
			assert_same(&builds[i], seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trial_as_a_scenario_does_the_same),
		cmocka_unit_test(an_upgrade_as_a_scenario_does_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

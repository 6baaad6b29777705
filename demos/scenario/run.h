/*
 * One run of a scenario: one build, one seed, one simulated world.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SCENARIO_RUN_H
#define OUTRIGGER_SCENARIO_RUN_H

#include <stdio.h>

#include "demos/scenario/scenario.h"
#include "demos/scenario/timeline.h"

struct run_request {
	const struct scenario *scenario;
	/** A set of modules (build.h). */
	uint32_t modules;
	uint64_t seed;
	/** Where every message, role change and fault goes; NULL: nowhere. */
	FILE *trace;
	/** What is recorded for a person; NULL: nothing. */
	struct timeline *timeline;
};

enum run_verdict {
	RUN_OK,
	RUN_FAILED,
	/** The build lacks a module that the scenario needs. */
	RUN_SKIPPED,
};

struct run_result {
	enum run_verdict verdict;
	/** One line each: what was expected and did not hold, or the safety
	 *  property that broke. "" if nothing did. */
	char *failures;
	/** What `print` said. */
	char *prints;
	/** A `mark` was passed. */
	bool marked;
	/** Every metric: of the whole run, and since the last mark. */
	uint64_t whole[RAFT_SIM_METRIC_COUNT];
	uint64_t since_mark[RAFT_SIM_METRIC_COUNT];
	uint64_t election_us;
};

/** Run it to its end. Free the result with run_result_free(). */
void run_scenario(const struct run_request *request, struct run_result *result);

void run_result_free(struct run_result *result);

/** The given terms and logs can be those of Raft. False: `error` holds one line
 *  as scenario_parse() would write it. */
bool run_check(const struct scenario *scenario, char *error, size_t size);

#endif

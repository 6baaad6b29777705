/*
 * What is said of runs: a line each, and JSON.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_REPORT_H
#define OUTRIGGER_COMPARE_REPORT_H

#include <stdio.h>

#include "demos/compare/record/comparison.h"

/** "ok  FILE  BUILD  seed N". */
void report_line(FILE *out, const struct run_key *key,
		 const struct raft_scenario_result *result);

/** One object on one line. Times are in microseconds, null for what never
 *  came. */
void report_json(FILE *out, const struct run_key *key,
		 const struct raft_scenario_result *result);

/** "leader changes 3, terms +6, longest outage 2.1T", since the last mark. */
void report_summary(FILE *out, const struct raft_scenario_result *result);

#endif

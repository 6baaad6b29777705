/*
 * All that is kept of one run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_RUN_H
#define OUTRIGGER_COMPARE_RUN_H

#include "demos/compare/record/comparison.h"
#include "demos/compare/record/timeline.h"
#include "demos/compare/record/traffic.h"

struct run {
	struct run_key key;
	struct raft_scenario_result result;
	/** Each NULL, if nobody wants it. */
	struct timeline *timeline;
	struct traffic *traffic;
};

/** One that has not been run. */
struct run *run_create(const struct run_key *key);
void run_destroy(struct run *run);

#endif

/*
 * A comparison: one scenario, and the builds of the library that run it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_COMPARISON_H
#define OUTRIGGER_COMPARE_COMPARISON_H

#include "assists/scenario/scenario.h"

/** A build. */
struct build {
	/** As it was asked for. */
	char *name;
	/** Of raft_scenario_build(). */
	uint32_t modules;
};

struct builds {
	struct build *of;
	size_t count;
};

/** Comparisons that belong together, with a few words to a reader. */
struct chapter {
	char *title;
	/** Lines; an empty one parts paragraphs. NULL: there are none. */
	char *text;
};

struct comparison {
	struct raft_scenario *scenario;
	struct builds builds;
	/** NULL: it is in none. */
	const struct chapter *chapter;
};

/** What names a run. */
struct run_key {
	const struct comparison *comparison;
	/** Its position among the builds of the comparison. */
	size_t build;
	uint64_t seed;
	/** It is one of processes, not of the simulator. */
	bool is_real;
};

/** Its build, as it was asked for. */
static inline const char *
run_build(const struct run_key *key)
{
	return key->comparison->builds.of[key->build].name;
}

#endif

/*
 * Whether a condition holds in a world.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SCENARIO_CONDITION_H
#define OUTRIGGER_SCENARIO_CONDITION_H

#include "assists/scenario/script/script.h"

/** What a condition is about, fixed when its statement begins. */
struct question {
	const struct raft_scenario_world *world;
	const struct raft_sim *sim;
	const struct condition *condition;
	/** The nodes that it names. */
	uint64_t nodes;
	/** Its duration, in microseconds. */
	uint64_t duration_us;
	/** What was committed anywhere when the statement began. */
	uint64_t committed;
};

bool condition_holds(const struct question *question);

/** The instant at which it may begin to hold without any event; UINT64_MAX:
 *  there is none. */
uint64_t condition_due(const struct question *question);

/** What was found instead, such as "it was 3", for a report. */
void condition_explain(const struct question *question, uint64_t election_us,
		       char *text, size_t size);

#endif

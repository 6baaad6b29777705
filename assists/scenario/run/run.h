/*
 * A run under way, and what each verb does to it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * run.c has the verbs by which a run goes on and is judged, verbs.c those that
 * break, mend and ask.
 */
#ifndef OUTRIGGER_SCENARIO_RUN_H
#define OUTRIGGER_SCENARIO_RUN_H

#include <stdio.h>

#include "assists/scenario/script/script.h"

struct run {
	const struct raft_scenario_request *request;
	const struct raft_scenario *scenario;
	const struct raft_scenario_world *world;
	struct raft_sim *sim;
	/** What each name is bound to. */
	uint64_t bound[SCENARIO_NAMES_MAX];
	FILE *failures;
	FILE *prints;
	/** What failed first; owned. */
	char *cause;
	bool failed;
	/** Nodes that have been started. */
	uint64_t started;
	/** No further statement is carried out. */
	bool over;
	bool marked;
	/** Statements and events of the world. */
	uint64_t steps;
	uint64_t acknowledged;
	enum raft_scenario_state shown[SCENARIO_NODES_MAX];
	uint64_t terms_shown[SCENARIO_NODES_MAX];
};

/** A statement failed, and what follows would mean something else. */
void run_fail_and_end(struct run *run, const struct statement *statement,
		      const char *why);

uint64_t run_every_node(const struct run *run);

/** The nodes that an expression of this statement names now. */
uint64_t run_resolve(const struct run *run, const struct statement *statement,
		     const struct nodes *nodes);

/** The lowest node of a set, taken out of it; 0: it is empty. */
uint32_t run_take_lowest(uint64_t *set);

struct raft_sim_range run_range_us(const struct run *run,
				   const struct duration_range *range);

/** The node's first start, or another. */
void run_start(struct run *run, uint32_t node);

/** The node runs that build from its next start on. */
void run_set_build(struct run *run, uint32_t node, uint32_t modules);

#define VERB_FUNCTION(symbol, function)                                        \
	void do_##function(struct run *run, const struct statement *statement);
SCENARIO_VERBS(VERB_FUNCTION)
#undef VERB_FUNCTION

#endif

/*
 * The columns of the matrix: metrics by which builds are compared, the ones that
 * say most first.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_COLUMN_H
#define OUTRIGGER_COMPARE_COLUMN_H

#include "assists/scenario/scenario.h"

enum column {
	COLUMN_OUTAGE,
	COLUMN_ACTING,
	COLUMN_LEADER_CHANGES,
	COLUMN_TERM_GROWTH,
	COLUMN_TWO_LEADERS,
	COLUMN_READS,
	COLUMN_DOWNTIME,
	COLUMN_ELECTIONS,
	COLUMN_MESSAGES,
	/** How many there are. */
	COLUMN_COUNT,
};

/** What a column is. */
struct column_meaning {
	enum raft_sim_metric metric;
	/** Its heading, in two lines and in one. */
	const char *above;
	const char *below;
	const char *heading;
	/** Left out if it is no more than that in every run; -1: never. */
	int64_t usual;
};

extern const struct column_meaning column_meanings[COLUMN_COUNT];

/** Whether such a value is more than the usual one. */
bool column_says(enum column column, uint64_t value);

/** A value as a person reads it: a number, or "2.1T". */
void column_text(char *text, size_t size, enum column column, uint64_t value,
		 uint64_t election_us);

#endif

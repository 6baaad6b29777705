/*
 * Which builds did best in a scenario, and what the others lack.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/best.h"

#include <stdio.h>

static uint64_t
election_us(const struct matrix_row *row)
{
	return raft_scenario_election_us(row->comparison->scenario);
}

/* -------------------------------------------------------------- criteria */

/* Each gives less for what is better. */

static uint64_t
failures(const struct matrix_row *row)
{
	return row->failed;
}

static uint64_t
two_leaders(const struct matrix_row *row)
{
	return row->spans[COLUMN_TWO_LEADERS].most;
}

static uint64_t
two_act(const struct matrix_row *row)
{
	return column_says(COLUMN_ACTING, row->spans[COLUMN_ACTING].most);
}

bool
best_knows_leases(const struct matrix_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].runs > 0 && two_leaders(&rows[i]) > 0 &&
		    !two_act(&rows[i]))
			return true;
	}
	return false;
}

static uint64_t
outage(const struct matrix_row *row)
{
	uint64_t longest = row->spans[COLUMN_OUTAGE].most;

	return longest < election_us(row) ? 0 : longest;
}

static uint64_t
has_no_reads(const struct matrix_row *row)
{
	return row->spans[COLUMN_READS].least == 0;
}

static uint64_t
leader_changes(const struct matrix_row *row)
{
	return row->spans[COLUMN_LEADER_CHANGES].most;
}

static uint64_t
term_growth(const struct matrix_row *row)
{
	return row->spans[COLUMN_TERM_GROWTH].most;
}

static const struct {
	uint64_t (*badness)(const struct matrix_row *row);
	bool is_time;
	/** What makes no difference, where it is no time. */
	uint64_t tolerance;
} criteria[] = {
	{ failures, false, 0 },	    { two_leaders, true, 0 },
	{ two_act, false, 0 },	    { outage, true, 0 },
	{ has_no_reads, false, 0 }, { leader_changes, false, 0 },
	{ term_growth, false, 1 },
};

/* Of those that are best so far, only the best by this one stay. */
static void
sift(struct matrix_row *rows, size_t count, size_t criterion)
{
	uint64_t (*badness)(const struct matrix_row *) =
	    criteria[criterion].badness;
	uint64_t least = UINT64_MAX, tolerance = criteria[criterion].tolerance;

	if (criteria[criterion].is_time)
		tolerance = election_us(&rows[0]) / 2;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].is_best && badness(&rows[i]) < least)
			least = badness(&rows[i]);
	}
	for (size_t i = 0; i < count; i++)
		rows[i].is_best &= badness(&rows[i]) - least <= tolerance;
}

void
best_mark(struct matrix_row *rows, size_t count)
{
	size_t others = 0;

	for (size_t i = 0; i < count; i++)
		rows[i].is_best = rows[i].runs > 0;
	for (size_t i = 0; i < sizeof criteria / sizeof criteria[0]; i++) {
		if (criteria[i].badness != two_act ||
		    best_knows_leases(rows, count))
			sift(rows, count, i);
	}
	for (size_t i = 0; i < count; i++)
		others += rows[i].runs > 0 && !rows[i].is_best;
	for (size_t i = 0; i < count && others == 0; i++)
		rows[i].is_best = false;
}

/* ------------------------------------------------------------- differences */

static uint32_t
modules_of(const struct matrix_row *row)
{
	return row->comparison->builds.of[row->build].modules;
}

static unsigned
bits(uint32_t set)
{
	unsigned count = 0;

	for (; set != 0; set &= set - 1)
		count++;
	return count;
}

/* The best build that differs from these modules in the fewest; NULL: none is
 * best. */
static const struct matrix_row *
nearest_best(const struct matrix_row *rows, size_t count, uint32_t modules)
{
	const struct matrix_row *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].is_best &&
		    (nearest == NULL ||
		     bits(modules_of(&rows[i]) ^ modules) <
			 bits(modules_of(nearest) ^ modules)))
			nearest = &rows[i];
	}
	return nearest;
}

/* "lacks prevote"; nothing for no modules. */
static size_t
say(char *text, size_t size, const char *word, uint32_t modules)
{
	char names[RAFT_SCENARIO_BUILD_BYTES];

	if (modules == 0)
		return 0;
	raft_scenario_build_name(modules, names, sizeof names);
	return (size_t)snprintf(text, size, "%s %s", word, names);
}

void
best_difference(const struct matrix_row *rows, size_t count,
		const struct matrix_row *row, char *text, size_t size)
{
	uint32_t own = modules_of(row);
	const struct matrix_row *best = nearest_best(rows, count, own);
	uint32_t its = best == NULL ? own : modules_of(best);
	size_t used;

	text[0] = '\0';
	if (best == NULL || row->is_best)
		return;
	used = say(text, size, "lacks", its & ~own);
	if (used < size)
		say(text + used, size - used, used > 0 ? ", has" : "has",
		    own & ~its);
}

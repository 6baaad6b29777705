/*
 * The matrix: what each build did in each scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/record/best.h"
#include "demos/compare/record/grown.h"

/** An outage that a person would call no service at all. */
#define STUCK_TIMEOUTS 10

struct matrix *
matrix_create(void)
{
	struct matrix *matrix = calloc(1, sizeof *matrix);

	if (matrix == NULL)
		abort();
	return matrix;
}

void
matrix_destroy(struct matrix *matrix)
{
	if (matrix == NULL)
		return;
	for (size_t i = 0; i < matrix->count; i++) {
		free(matrix->rows[i].verdicts);
		for (size_t c = 0; c < COLUMN_COUNT; c++)
			free(matrix->rows[i].values[c]);
	}
	free(matrix->rows);
	free(matrix);
}

/* ----------------------------------------------------------------- adding */

static struct matrix_row *
row_for(struct matrix *matrix, const struct run_key *key)
{
	struct matrix_row *row = NULL;

	if (matrix->count > 0)
		row = &matrix->rows[matrix->count - 1];
	if (row != NULL && row->comparison == key->comparison &&
	    row->build == key->build)
		return row;
	matrix->rows =
	    grown(matrix->rows, matrix->count, sizeof *matrix->rows);
	row = &matrix->rows[matrix->count++];
	*row = (struct matrix_row){
		.comparison = key->comparison,
		.build = key->build,
		.first_seed = key->seed,
	};
	return row;
}

void
matrix_add(struct matrix *matrix, const struct run_key *key,
	   const struct raft_scenario_result *result)
{
	struct matrix_row *row = row_for(matrix, key);

	row->verdicts = grown(row->verdicts, row->seeds, sizeof *row->verdicts);
	row->verdicts[row->seeds++] = result->verdict;
	if (result->verdict == RAFT_SCENARIO_SKIPPED)
		return;
	row->failed += result->verdict == RAFT_SCENARIO_FAILED;
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		row->values[c] =
		    grown(row->values[c], row->runs, sizeof *row->values[c]);
		row->values[c][row->runs] =
		    result->since_mark[column_meanings[c].metric];
	}
	row->runs++;
}

/* -------------------------------------------------------------- finishing */

static int
compare_values(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

static void
finish_row(struct matrix_row *row)
{
	uint64_t *values;

	for (size_t c = 0; c < COLUMN_COUNT && row->runs > 0; c++) {
		values = row->values[c];
		qsort(values, row->runs, sizeof *values, compare_values);
		row->spans[c] = (struct matrix_span){
			.least = values[0],
			.median = values[(row->runs - 1) / 2],
			.most = values[row->runs - 1],
		};
	}
}

void
matrix_finish(struct matrix *matrix)
{
	size_t first;

	if (matrix->count == 0)
		return;
	first = matrix_block(matrix, &matrix->rows[matrix->count - 1]);
	for (size_t i = first; i < matrix->count; i++)
		finish_row(&matrix->rows[i]);
	best_mark(&matrix->rows[first], matrix->count - first);
}

/* ----------------------------------------------------------- what it says */

size_t
matrix_block(const struct matrix *matrix, const struct matrix_row *row)
{
	return (size_t)(row - matrix->rows) - row->build;
}

size_t
matrix_block_end(const struct matrix *matrix, size_t first)
{
	size_t end = first;

	while (end < matrix->count &&
	       matrix->rows[end].comparison == matrix->rows[first].comparison)
		end++;
	return end;
}

size_t
matrix_chapter_end(const struct matrix *matrix, size_t first)
{
	size_t end = first;

	while (end < matrix->count &&
	       matrix->rows[end].comparison->chapter ==
		   matrix->rows[first].comparison->chapter)
		end++;
	return end;
}

bool
matrix_has(const struct matrix *matrix, size_t first, size_t end,
	   enum column column)
{
	bool is_there = column_says(column, 0);

	/* Elsewhere it says what that of two leaders does. */
	if (column == COLUMN_ACTING &&
	    !best_knows_leases(&matrix->rows[first], end - first))
		return false;
	for (size_t i = first; i < end && !is_there; i++)
		is_there =
		    column_says(column, matrix->rows[i].spans[column].most);
	return is_there;
}

static uint64_t
election_us(const struct matrix_row *row)
{
	return raft_scenario_election_us(row->comparison->scenario);
}

void
matrix_span_text(char *text, size_t size, const struct matrix_row *row,
		 enum column column)
{
	const struct matrix_span *span = &row->spans[column];
	char least[32], most[32];

	column_text(least, sizeof least, column, span->least,
		    election_us(row));
	column_text(most, sizeof most, column, span->most, election_us(row));
	if (strcmp(least, most) == 0)
		snprintf(text, size, "%s", least);
	else
		snprintf(text, size, "%.*s..%s", (int)strcspn(least, "T"),
			 least, most);
}

enum matrix_verdict
matrix_verdict(const struct matrix_row *row)
{
	uint64_t outage = row->spans[COLUMN_OUTAGE].most;
	uint64_t changes = row->spans[COLUMN_LEADER_CHANGES].most;

	if (row->failed > 0)
		return MATRIX_FAILED;
	if (row->runs == 0)
		return MATRIX_SKIPPED;
	if (outage >= STUCK_TIMEOUTS * election_us(row))
		return MATRIX_STUCK;
	if (changes > 1 || row->spans[COLUMN_TERM_GROWTH].most > 1)
		return MATRIX_UNSTABLE;
	if (changes > 0 || outage > election_us(row))
		return MATRIX_ONE_CHANGE;
	return MATRIX_STEADY;
}

static uint64_t
first_failed(const struct matrix_row *row)
{
	size_t i = 0;

	while (row->verdicts[i] != RAFT_SCENARIO_FAILED)
		i++;
	return row->first_seed + i;
}

void
matrix_verdict_text(char *text, size_t size, const struct matrix_row *row)
{
	static const char *const words[MATRIX_VERDICTS] = {
		[MATRIX_STEADY] = "steady",
		[MATRIX_ONE_CHANGE] = "one change",
		[MATRIX_UNSTABLE] = "unstable",
		[MATRIX_STUCK] = "stuck",
		[MATRIX_SKIPPED] = "skipped",
	};

	if (row->failed > 0)
		snprintf(text, size,
			 "NOT AS EXPECTED: %zu of %zu, first seed %llu",
			 row->failed, row->runs,
			 (unsigned long long)first_failed(row));
	else
		snprintf(text, size, "%s", words[matrix_verdict(row)]);
}

void
matrix_difference(const struct matrix *matrix, const struct matrix_row *row,
		  char *text, size_t size)
{
	size_t first = matrix_block(matrix, row);

	best_difference(&matrix->rows[first],
			matrix_block_end(matrix, first) - first, row, text,
			size);
}

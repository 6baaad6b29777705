/*
 * The matrix: what each build did in each scenario, over all seeds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_MATRIX_H
#define OUTRIGGER_COMPARE_MATRIX_H

#include "demos/compare/record/column.h"
#include "demos/compare/record/comparison.h"

/** What a column says of a row: of all runs that were not skipped, the least,
 *  the one in the middle (the lower of two) and the most. */
struct matrix_span {
	uint64_t least;
	uint64_t median;
	uint64_t most;
};

/** One scenario and build. */
struct matrix_row {
	const struct comparison *comparison;
	/** Its position among the builds of the comparison. */
	size_t build;
	uint64_t first_seed;
	/** How each run ended, seed by seed. */
	enum raft_scenario_verdict *verdicts;
	size_t seeds;
	/** Runs that were not skipped, and those of them that failed. */
	size_t runs;
	size_t failed;
	/** Of each of `runs`, column by column. */
	uint64_t *values[COLUMN_COUNT];
	/** Set by matrix_finish(), where there are runs. */
	struct matrix_span spans[COLUMN_COUNT];
	/** No other build of the scenario did better, and one did worse: set by
	 *  matrix_finish(). */
	bool is_best;
};

/** In the order of the runs. */
struct matrix {
	struct matrix_row *rows;
	size_t count;
};

struct matrix *matrix_create(void);
void matrix_destroy(struct matrix *matrix);

/** Runs come in the order of their rows. */
void matrix_add(struct matrix *matrix, const struct run_key *key,
		const struct raft_scenario_result *result);
/** All runs of the comparison added last are there: work out what its rows
 *  say. */
void matrix_finish(struct matrix *matrix);

/** The first row of the comparison that a row is of, and the one behind its
 *  last. */
size_t matrix_block(const struct matrix *matrix, const struct matrix_row *row);
size_t matrix_block_end(const struct matrix *matrix, size_t first);

/** The row behind the last one of the chapter that begins at `first`. */
size_t matrix_chapter_end(const struct matrix *matrix, size_t first);

/** Whether a column says anything of the rows first..end-1. */
bool matrix_has(const struct matrix *matrix, size_t first, size_t end,
		enum column column);

/** "2.1T", or "1.2..2.1T" if seeds differ. */
void matrix_span_text(char *text, size_t size, const struct matrix_row *row,
		      enum column column);

/** What a user of that cluster would have said, over all seeds: "steady" and
 *  worse. */
enum matrix_verdict {
	MATRIX_STEADY,
	MATRIX_ONE_CHANGE,
	MATRIX_UNSTABLE,
	MATRIX_STUCK,
	MATRIX_FAILED,
	MATRIX_SKIPPED,
	/** How many there are. */
	MATRIX_VERDICTS,
};

enum matrix_verdict matrix_verdict(const struct matrix_row *row);
/** The verdict in words. */
void matrix_verdict_text(char *text, size_t size, const struct matrix_row *row);

/** "lacks prevote, has learners": what a row's build lacks, and has besides,
 *  beside the best build that is most like it. "" if that is itself, or there is
 *  none. */
void matrix_difference(const struct matrix *matrix,
		       const struct matrix_row *row, char *text, size_t size);

#endif

/*
 * The matrix: what each build did in each scenario, over all seeds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_MATRIX_H
#define OUTRIGGER_COMPARE_MATRIX_H

#include "demos/compare/report.h"

struct matrix_span {
	uint64_t least;
	uint64_t most;
};

/** One scenario and build. */
struct matrix_row {
	const struct raft_scenario *scenario;
	const char *build;
	uint64_t first_seed;
	/** These are of runs that were not skipped. */
	struct matrix_span leader_changes;
	struct matrix_span term_growth;
	struct matrix_span unavailable;
	size_t runs;
	size_t skipped;
	size_t failed;
	/** A seed; 0: none failed. */
	uint64_t first_failed;
};

/** In the order of the runs. */
struct matrix {
	struct matrix_row *rows;
	size_t count;
};

struct matrix *matrix_create(void);
/** Runs come in the order of their rows. */
void matrix_add(struct matrix *matrix, const struct report_key *key,
		const struct raft_scenario_result *result);
void matrix_destroy(struct matrix *matrix);

/** What a row says, column by column; but for the verdict "" if all of its runs
 *  were skipped. */
struct matrix_text {
	char leader_changes[48];
	char term_growth[48];
	char outage[72];
	char verdict[96];
};

void matrix_row_text(const struct matrix_row *row, struct matrix_text *text);

/** As a table of text. */
void matrix_draw(const struct matrix *matrix, FILE *out);

#endif

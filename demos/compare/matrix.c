/*
 * The matrix: what each build did in each scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/matrix.h"

#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 32
/** An outage that a person would call no service at all. */
#define STUCK_TIMEOUTS 10
#define RULE_WIDTH 80

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
	free(matrix->rows);
	free(matrix);
}

static void
widen(struct matrix_span *span, uint64_t value)
{
	if (value < span->least)
		span->least = value;
	if (value > span->most)
		span->most = value;
}

static struct matrix_row *
row_for(struct matrix *matrix, const struct report_key *key)
{
	struct matrix_row *row = NULL;

	if (matrix->count > 0)
		row = &matrix->rows[matrix->count - 1];
	if (row != NULL && row->scenario == key->scenario &&
	    strcmp(row->build, key->build) == 0)
		return row;
	matrix->rows =
	    realloc(matrix->rows, (matrix->count + 1) * sizeof *matrix->rows);
	if (matrix->rows == NULL)
		abort();
	row = &matrix->rows[matrix->count++];
	*row = (struct matrix_row){
		.scenario = key->scenario,
		.build = key->build,
		.first_seed = key->seed,
		.leader_changes = { UINT64_MAX, 0 },
		.term_growth = { UINT64_MAX, 0 },
		.unavailable = { UINT64_MAX, 0 },
	};
	return row;
}

void
matrix_add(struct matrix *matrix, const struct report_key *key,
	   const struct raft_scenario_result *result)
{
	struct matrix_row *row = row_for(matrix, key);
	const uint64_t *metrics = result->since_mark;

	if (result->verdict == RAFT_SCENARIO_SKIPPED) {
		row->skipped++;
		return;
	}
	row->runs++;
	if (result->verdict == RAFT_SCENARIO_FAILED && row->failed++ == 0)
		row->first_failed = key->seed;
	widen(&row->leader_changes, metrics[RAFT_SIM_LEADER_CHANGES]);
	widen(&row->term_growth, metrics[RAFT_SIM_TERM_GROWTH]);
	widen(&row->unavailable, metrics[RAFT_SIM_UNAVAILABLE]);
}

static void
count_text(char *text, size_t size, const struct matrix_span *span)
{
	if (span->least == span->most)
		snprintf(text, size, "%llu", (unsigned long long)span->least);
	else
		snprintf(text, size, "%llu..%llu",
			 (unsigned long long)span->least,
			 (unsigned long long)span->most);
}

static void
time_text(char *text, size_t size, const struct matrix_span *span,
	  uint64_t election_us)
{
	char least[32], most[32];

	raft_scenario_print_timeouts(least, sizeof least, span->least,
				     election_us);
	raft_scenario_print_timeouts(most, sizeof most, span->most,
				     election_us);
	if (strcmp(least, most) == 0)
		snprintf(text, size, "%s", least);
	else
		snprintf(text, size, "%.*s..%s", (int)strcspn(least, "T"),
			 least, most);
}

/** What a user of that cluster would have said; the worst of the seeds. */
static const char *
describe(const struct matrix_row *row)
{
	uint64_t election_us = raft_scenario_election_us(row->scenario);

	if (row->unavailable.most >= STUCK_TIMEOUTS * election_us)
		return "stuck";
	if (row->leader_changes.most > 1 || row->term_growth.most > 1)
		return "unstable";
	if (row->leader_changes.most > 0 || row->unavailable.most > election_us)
		return "one change";
	return "steady";
}

void
matrix_row_text(const struct matrix_row *row, struct matrix_text *text)
{
	*text = (struct matrix_text){ .verdict = "skipped" };
	if (row->runs == 0)
		return;
	count_text(text->leader_changes, sizeof text->leader_changes,
		   &row->leader_changes);
	count_text(text->term_growth, sizeof text->term_growth,
		   &row->term_growth);
	time_text(text->outage, sizeof text->outage, &row->unavailable,
		  raft_scenario_election_us(row->scenario));
	if (row->failed > 0)
		snprintf(text->verdict, sizeof text->verdict,
			 "NOT AS EXPECTED: %zu of %zu, first seed %llu",
			 row->failed, row->runs,
			 (unsigned long long)row->first_failed);
	else
		snprintf(text->verdict, sizeof text->verdict, "%s",
			 describe(row));
}

static void
draw_rule(FILE *out)
{
	for (size_t i = 0; i < RULE_WIDTH; i++)
		fputc('-', out);
	fputc('\n', out);
}

static void
draw_heading(FILE *out)
{
	fprintf(out, "%-*s%9s%9s%15s\n", NAME_WIDTH, "", "leader", "term",
		"longest");
	fprintf(out, "%-*s%9s%9s%15s   %s\n", NAME_WIDTH, "scenario, build",
		"changes", "growth", "outage", "verdict");
	draw_rule(out);
}

void
matrix_draw(const struct matrix *matrix, FILE *out)
{
	const struct raft_scenario *above = NULL;
	const struct matrix_row *row;
	struct matrix_text text;

	draw_heading(out);
	for (size_t i = 0; i < matrix->count; i++) {
		row = &matrix->rows[i];
		if (row->scenario != above)
			fprintf(out, "%s%s\n", above == NULL ? "" : "\n",
				raft_scenario_title(row->scenario));
		above = row->scenario;
		matrix_row_text(row, &text);
		fprintf(out, "  %-*s%9s%9s%15s   %s\n", NAME_WIDTH - 2,
			row->build, text.leader_changes, text.term_growth,
			text.outage, text.verdict);
	}
	draw_rule(out);
}

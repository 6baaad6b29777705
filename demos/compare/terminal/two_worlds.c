/*
 * The matrix of both worlds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/terminal/two_worlds.h"

#include <string.h>

#define NAME_HEADING "scenario, build"
#define BETWEEN 2
#define VERDICT_WIDTH 10

/** Those in which a person sees whether two runs went alike. */
static const enum column shown[] = {
	COLUMN_OUTAGE,
	COLUMN_LEADER_CHANGES,
	COLUMN_TERM_GROWTH,
};

#define SHOWN (sizeof(shown) / sizeof(shown[0]))

/** How wide a build's name is, and what a run of either world has in a column. */
struct widths {
	size_t name;
	size_t cell;
};

static const char *
row_name(const struct matrix_row *row)
{
	return row->comparison->builds.of[row->build].name;
}

static void
cell_text(char *text, size_t size, const struct matrix_row *row,
	  enum column column)
{
	text[0] = '\0';
	if (row->runs > 0)
		matrix_span_text(text, size, row, column);
}

static void
widen(size_t *width, size_t length)
{
	if (length > *width)
		*width = length;
}

static void
fit(const struct matrix *matrix, struct widths *widths)
{
	char text[64];

	for (size_t i = 0; i < matrix->count; i++) {
		widen(&widths->name, 2 + strlen(row_name(&matrix->rows[i])));
		for (size_t c = 0; c < SHOWN; c++) {
			cell_text(text, sizeof text, &matrix->rows[i],
				  shown[c]);
			widen(&widths->cell, strlen(text));
		}
	}
}

static void
draw_rule(FILE *out, const struct widths *widths)
{
	size_t width = widths->name +
		       2 * (SHOWN * (BETWEEN + widths->cell) + BETWEEN +
			    VERDICT_WIDTH);

	for (size_t i = 0; i < width; i++)
		fputc('-', out);
	fputc('\n', out);
}

static void
draw_cell(FILE *out, const struct widths *widths, const char *text)
{
	fprintf(out, "%*s", (int)(BETWEEN + widths->cell), text);
}

static void
draw_verdict(FILE *out, const char *text, bool is_last)
{
	fprintf(out, "%*s%-*s", BETWEEN, "", is_last ? 0 : VERDICT_WIDTH,
		text);
}

static void
draw_head(FILE *out, const struct widths *widths)
{
	fprintf(out, "%*s", (int)widths->name, "");
	for (size_t i = 0; i < SHOWN; i++)
		fprintf(out, "%*s", (int)(2 * (BETWEEN + widths->cell)),
			column_meanings[shown[i]].heading);
	draw_verdict(out, "verdict", true);
	fprintf(out, "\n%-*s", (int)widths->name, NAME_HEADING);
	for (size_t i = 0; i < SHOWN; i++) {
		draw_cell(out, widths, "sim");
		draw_cell(out, widths, "real");
	}
	draw_verdict(out, "sim", false);
	draw_verdict(out, "real", true);
	fputc('\n', out);
	draw_rule(out, widths);
}

static void
draw_row(FILE *out, const struct widths *widths,
	 const struct matrix_row *simulated, const struct matrix_row *real)
{
	char text[96];

	fprintf(out, "  %-*s", (int)widths->name - 2, row_name(simulated));
	for (size_t i = 0; i < SHOWN; i++) {
		cell_text(text, sizeof text, simulated, shown[i]);
		draw_cell(out, widths, text);
		cell_text(text, sizeof text, real, shown[i]);
		draw_cell(out, widths, text);
	}
	matrix_verdict_text(text, sizeof text, simulated);
	draw_verdict(out, text, false);
	matrix_verdict_text(text, sizeof text, real);
	draw_verdict(out, text, true);
	fputc('\n', out);
}

void
two_worlds_draw(const struct matrix *simulated, const struct matrix *real,
		const struct screen *screen)
{
	struct widths widths = { .name = strlen(NAME_HEADING), .cell = 6 };
	const struct matrix_row *row;

	fit(simulated, &widths);
	fit(real, &widths);
	draw_head(screen->out, &widths);
	for (size_t i = 0; i < simulated->count; i++) {
		row = &simulated->rows[i];
		if (row->build == 0)
			fprintf(screen->out, "%s%s\n", i > 0 ? "\n" : "",
				raft_scenario_title(
				    row->comparison->scenario));
		draw_row(screen->out, &widths, row, &real->rows[i]);
	}
	draw_rule(screen->out, &widths);
}

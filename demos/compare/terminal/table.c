/*
 * The matrix as a table of text.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/terminal/table.h"

#include <string.h>

/** Before the name of a build: whether it is best. */
#define MARK_WIDTH 2
#define BETWEEN 2
/** The widest verdict but for a failure, which may be as wide as it likes. */
#define VERDICT_WIDTH 10
/** Words to a reader have lines no longer than these. */
#define TEXT_WIDTH 80
/** Room for what stands in a cell. */
#define CELL_BYTES 72
#define NAME_HEADING "scenario, build"
#define SPAN_ABOVE "over"
#define SPAN_BELOW "seeds"

/** What is shown, and how wide. */
struct layout {
	size_t name;
	/** 0: the column is left out. */
	size_t columns[COLUMN_COUNT];
	/** Of the longest outage over the seeds. 0: there is one seed. */
	size_t span;
};

static void
widen(size_t *width, const char *text)
{
	if (strlen(text) > *width)
		*width = strlen(text);
}

static const char *
row_name(const struct matrix_row *row)
{
	return row->comparison->builds.of[row->build].name;
}

static void
median_text(char *text, size_t size, const struct matrix_row *row,
	    enum column column)
{
	column_text(text, size, column, row->spans[column].median,
		    raft_scenario_election_us(row->comparison->scenario));
}

/* ----------------------------------------------------------------- layout */

static void
fit_row(const struct matrix_row *row, struct layout *layout)
{
	char text[CELL_BYTES];

	widen(&layout->name, row_name(row));
	for (size_t c = 0; c < COLUMN_COUNT && row->runs > 0; c++) {
		if (layout->columns[c] == 0)
			continue;
		median_text(text, sizeof text, row, (enum column)c);
		widen(&layout->columns[c], text);
	}
	if (row->runs > 1) {
		matrix_span_text(text, sizeof text, row, COLUMN_OUTAGE);
		widen(&layout->span, SPAN_BELOW);
		widen(&layout->span, text);
	}
}

/* But for the differences, of which nobody knows how long they are. */
static size_t
layout_width(const struct layout *layout)
{
	size_t width = MARK_WIDTH + layout->name;

	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (layout->columns[c] > 0)
			width += BETWEEN + layout->columns[c];
	}
	if (layout->span > 0)
		width += BETWEEN + layout->span;
	return width + BETWEEN + 1 + VERDICT_WIDTH;
}

/* Of the rows first..end-1. */
static void
lay_out(const struct matrix *matrix, size_t first, size_t end,
	const struct screen *screen, struct layout *layout)
{
	*layout = (struct layout){ .name = strlen(NAME_HEADING) - MARK_WIDTH };
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (!matrix_has(matrix, first, end, (enum column)c))
			continue;
		widen(&layout->columns[c], column_meanings[c].above);
		widen(&layout->columns[c], column_meanings[c].below);
	}
	for (size_t i = first; i < end; i++)
		fit_row(&matrix->rows[i], layout);
	for (size_t c = COLUMN_COUNT;
	     c-- > 1 && layout_width(layout) > screen->width;)
		layout->columns[c] = 0;
}

/* ---------------------------------------------------------------- drawing */

static void
draw_cell(FILE *out, size_t width, const char *text)
{
	if (width > 0)
		fprintf(out, "%*s", (int)(BETWEEN + width), text);
}

/* One of the two lines of the heading. */
static void
draw_heading(const struct layout *layout, bool is_first, FILE *out)
{
	const struct column_meaning *meaning;

	fprintf(out, "%-*s", (int)(MARK_WIDTH + layout->name),
		is_first ? "" : NAME_HEADING);
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		meaning = &column_meanings[c];
		draw_cell(out, layout->columns[c],
			  is_first ? meaning->above : meaning->below);
		if (c == COLUMN_OUTAGE)
			draw_cell(out, layout->span,
				  is_first ? SPAN_ABOVE : SPAN_BELOW);
	}
	fprintf(out, "%s\n", is_first ? "" : "   verdict");
}

static void
draw_rule(const struct layout *layout, FILE *out)
{
	for (size_t i = 0; i < layout_width(layout); i++)
		fputc('-', out);
	fputc('\n', out);
}

static void
draw_cells(const struct matrix *matrix, const struct matrix_row *row,
	   const struct layout *layout, FILE *out)
{
	size_t first = matrix_block(matrix, row);
	size_t end = matrix_block_end(matrix, first);
	char text[CELL_BYTES];

	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		text[0] = '\0';
		if (row->runs > 0 &&
		    matrix_has(matrix, first, end, (enum column)c))
			median_text(text, sizeof text, row, (enum column)c);
		draw_cell(out, layout->columns[c], text);
		if (c != COLUMN_OUTAGE)
			continue;
		if (row->runs > 0)
			matrix_span_text(text, sizeof text, row, COLUMN_OUTAGE);
		draw_cell(out, layout->span, text);
	}
}

static void
draw_verdict(const struct matrix_row *row, const struct screen *screen)
{
	static const enum screen_look looks[MATRIX_VERDICTS] = {
		[MATRIX_STEADY] = SCREEN_GOOD,
		[MATRIX_UNSTABLE] = SCREEN_DOUBTFUL,
		[MATRIX_STUCK] = SCREEN_BAD,
		[MATRIX_FAILED] = SCREEN_BAD,
		[MATRIX_SKIPPED] = SCREEN_QUIET,
	};
	enum screen_look look = looks[matrix_verdict(row)];
	char text[96];

	matrix_verdict_text(text, sizeof text, row);
	fputs("   ", screen->out);
	screen_begin(screen, look);
	fputs(text, screen->out);
	screen_end(screen, look);
}

/* Behind the verdict, if there is room. */
static void
draw_difference(const struct matrix *matrix, const struct matrix_row *row,
		const struct layout *layout, const struct screen *screen)
{
	char text[2 * RAFT_SCENARIO_BUILD_BYTES], verdict[96];
	size_t used;

	matrix_difference(matrix, row, text, sizeof text);
	matrix_verdict_text(verdict, sizeof verdict, row);
	used = strlen(verdict) < VERDICT_WIDTH ? VERDICT_WIDTH - strlen(verdict)
					       : 0;
	if (text[0] == '\0' ||
	    layout_width(layout) + BETWEEN + strlen(text) > screen->width)
		return;
	fprintf(screen->out, "%*s", (int)(BETWEEN + used), "");
	screen_begin(screen, SCREEN_QUIET);
	fputs(text, screen->out);
	screen_end(screen, SCREEN_QUIET);
}

static void
draw_row(const struct matrix *matrix, const struct matrix_row *row,
	 const struct layout *layout, const struct screen *screen)
{
	enum screen_look look = row->is_best ? SCREEN_HEAD : SCREEN_PLAIN;

	screen_begin(screen, look);
	fprintf(screen->out, "%c %-*s", row->is_best ? '*' : ' ',
		(int)layout->name, row_name(row));
	screen_end(screen, look);
	draw_cells(matrix, row, layout, screen->out);
	draw_verdict(row, screen);
	draw_difference(matrix, row, layout, screen);
	fputc('\n', screen->out);
}

static void
draw_title(const struct screen *screen, const char *words)
{
	screen_begin(screen, SCREEN_HEAD);
	fputs(words, screen->out);
	screen_end(screen, SCREEN_HEAD);
	fputc('\n', screen->out);
}

/* Lines as long as the screen takes, and no longer than is good to read; an empty
 * line stays one. */
static void
draw_words(const struct screen *screen, const char *text)
{
	size_t widest = screen->width < TEXT_WIDTH ? screen->width : TEXT_WIDTH;
	size_t used = 0, length;

	for (; *text != '\0'; text += length) {
		length = strspn(text, " \n");
		if (length >= 2 && text[0] == '\n' && text[1] == '\n') {
			fputs("\n\n", screen->out);
			used = 0;
		}
		text += length;
		length = strcspn(text, " \n");
		if (used > 0 && length > 0) {
			fputc(used + 1 + length > widest ? '\n' : ' ',
			      screen->out);
			used = used + 1 + length > widest ? 0 : used + 1;
		}
		fwrite(text, 1, length, screen->out);
		used += length;
	}
	fputc('\n', screen->out);
}

void
table_draw_text(const struct screen *screen, const char *title,
		const char *text)
{
	if (title != NULL)
		draw_title(screen, title);
	if (text != NULL) {
		fputc('\n', screen->out);
		draw_words(screen, text);
	}
	fputc('\n', screen->out);
}

/* Each chapter has its own heading, as the one above may be out of sight. */
static void
draw_head(const struct chapter *chapter, const struct layout *layout,
	  const struct screen *screen)
{
	if (chapter != NULL)
		table_draw_text(screen, chapter->title, chapter->text);
	draw_heading(layout, true, screen->out);
	draw_heading(layout, false, screen->out);
	draw_rule(layout, screen->out);
}

/* The rows first..end-1, which are a chapter. */
static void
draw_chapter(const struct matrix *matrix, size_t first, size_t end,
	     const struct screen *screen)
{
	const struct matrix_row *row;
	struct layout layout;

	lay_out(matrix, first, end, screen, &layout);
	draw_head(matrix->rows[first].comparison->chapter, &layout, screen);
	for (size_t i = first; i < end; i++) {
		row = &matrix->rows[i];
		if (row->build == 0) {
			fputs(i > first ? "\n" : "", screen->out);
			draw_title(screen, raft_scenario_title(
					       row->comparison->scenario));
		}
		draw_row(matrix, row, &layout, screen);
	}
	if (end == matrix->count)
		draw_rule(&layout, screen->out);
	else
		fputc('\n', screen->out);
}

void
table_draw(const struct matrix *matrix, const struct screen *screen)
{
	bool has_best = false;
	size_t end;

	for (size_t first = 0; first < matrix->count; first = end) {
		end = matrix_chapter_end(matrix, first);
		draw_chapter(matrix, first, end, screen);
	}
	for (size_t i = 0; i < matrix->count; i++)
		has_best |= matrix->rows[i].is_best;
	if (has_best)
		fputs("* did best: behind the others stands what they lack\n",
		      screen->out);
}

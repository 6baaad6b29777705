/*
 * What a page opens with.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/opening.h"

#include <stdlib.h>
#include <string.h>

#include "demos/compare/page/legend.h"
#include "demos/compare/page/markup.h"
#include "demos/compare/page/names.h"
#include "demos/compare/page/style.h"

/** The rows of one table: those of a chapter. */
struct table {
	const struct opening *opening;
	size_t first;
	size_t end;
};

/** So many links to seeds stand in the open. */
#define SEEDS_OPEN 8

/* Empty lines part paragraphs. */
static void
write_paragraphs(FILE *out, const char *text)
{
	char *copy = strdup(text == NULL ? "" : text), *rest = copy, *line;
	bool is_open = false;

	if (copy == NULL)
		abort();
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0' && !is_open)
			fputs("<p class=\"words\">", out);
		if (*line == '\0' && is_open)
			fputs("</p>", out);
		markup_text(out, line);
		fputc('\n', out);
		is_open = *line != '\0';
	}
	if (is_open)
		fputs("</p>\n", out);
	free(copy);
}

/* ------------------------------------------------------------------- a row */

static void
write_seed_links(FILE *out, const struct matrix_row *row, size_t section,
		 size_t shown)
{
	char name[NAME_BYTES];

	for (size_t i = 0; i < shown && i < row->seeds; i++) {
		name_run(name, sizeof name, section, row->build,
			 row->first_seed + i);
		fprintf(out, "%s<a href=\"#%s\"%s>%llu</a>", i == 0 ? "" : " ",
			name,
			row->verdicts[i] == RAFT_SCENARIO_FAILED
			    ? " class=\"failed\""
			    : "",
			(unsigned long long)(row->first_seed + i));
	}
}

static void
write_seeds(FILE *out, const struct matrix_row *row, size_t section,
	    size_t shown)
{
	fputs("<td class=\"seeds\">", out);
	if (shown > SEEDS_OPEN)
		fprintf(out, "<details><summary>%llu..%llu</summary>",
			(unsigned long long)row->first_seed,
			(unsigned long long)(row->first_seed + shown - 1));
	write_seed_links(out, row, section, shown);
	if (shown > SEEDS_OPEN)
		fputs("</details>", out);
	fputs("</td>", out);
}

static void
write_cell(FILE *out, const struct matrix_row *row, enum column column)
{
	char text[72], span[72];

	fputs("<td class=\"number\">", out);
	if (row->runs > 0) {
		column_text(
		    text, sizeof text, column, row->spans[column].median,
		    raft_scenario_election_us(row->comparison->scenario));
		fputs(text, out);
		matrix_span_text(span, sizeof span, row, column);
		if (strcmp(text, span) != 0)
			fprintf(out, "<small>%s</small>", span);
	}
	fputs("</td>", out);
}

static void
write_verdict(FILE *out, const struct matrix_row *row)
{
	static const char *const classes[MATRIX_VERDICTS] = {
		[MATRIX_STEADY] = "ok",	    [MATRIX_ONE_CHANGE] = "so-so",
		[MATRIX_UNSTABLE] = "poor", [MATRIX_STUCK] = "failed",
		[MATRIX_FAILED] = "failed", [MATRIX_SKIPPED] = "skipped",
	};
	char text[96];

	matrix_verdict_text(text, sizeof text, row);
	fprintf(out, "<td class=\"%s\">%s%s</td>", classes[matrix_verdict(row)],
		row->failed > 0 ? "\u2717 " : "", text);
}

static bool
has_column(const struct table *table, size_t column)
{
	return matrix_has(table->opening->matrix, table->first, table->end,
			  (enum column)column);
}

static void
write_row(FILE *out, const struct table *table, const struct matrix_row *row,
	  size_t section)
{
	const struct opening *opening = table->opening;
	char text[2 * RAFT_SCENARIO_BUILD_BYTES];

	fprintf(out, "<tr%s><th scope=\"row\">%s",
		row->is_best ? " class=\"best\"" : "",
		row->is_best ? "<span title=\"did best\">\u2605</span> " : "");
	markup_text(out, row->comparison->builds.of[row->build].name);
	fputs("</th>", out);
	write_verdict(out, row);
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (has_column(table, c))
			write_cell(out, row, (enum column)c);
	}
	matrix_difference(opening->matrix, row, text, sizeof text);
	fputs("<td class=\"difference\">", out);
	markup_text(out, text);
	fputs("</td>", out);
	write_seeds(out, row, section, opening->shown[section - 1]);
	fputs("</tr>\n", out);
}

/* --------------------------------------------------------------- the matrix */

static void
write_head(FILE *out, const struct table *table)
{
	fputs("<div class=\"wide\"><table class=\"matrix\"><thead><tr>"
	      "<th scope=\"col\">scenario, build</th>"
	      "<th scope=\"col\">verdict</th>",
	      out);
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (has_column(table, c))
			fprintf(out,
				"<th scope=\"col\" class=\"number\">%s</th>",
				column_meanings[c].heading);
	}
	fputs("<th scope=\"col\">beside the best \u2605</th>"
	      "<th scope=\"col\">seeds</th></tr></thead>\n",
	      out);
}

static void
write_scenario(FILE *out, const struct table *table, size_t first,
	       size_t section)
{
	const struct matrix *matrix = table->opening->matrix;
	const struct comparison *comparison = matrix->rows[first].comparison;
	bool is_shown = table->opening->shown[section - 1] > 0;
	size_t columns = 4;

	for (size_t c = 0; c < COLUMN_COUNT; c++)
		columns += has_column(table, c);
	fprintf(out,
		"<tbody id=\"m%zu\">\n<tr><th class=\"scenario\" "
		"colspan=\"%zu\" scope=\"rowgroup\">",
		section, columns);
	if (is_shown)
		fprintf(out, "<a href=\"#s%zu\">", section);
	else
		fputs("<b>", out);
	markup_text(out, raft_scenario_title(comparison->scenario));
	fprintf(out, "</%c></th></tr>\n", is_shown ? 'a' : 'b');
	for (size_t i = first; i < matrix_block_end(matrix, first); i++)
		write_row(out, table, &matrix->rows[i], section);
	fputs("</tbody>\n", out);
}

/* The words of a chapter, if it is one, and its table. Returns the number of its
 * last section. */
static size_t
write_chapter(FILE *out, const struct table *table, size_t section)
{
	const struct matrix *matrix = table->opening->matrix;
	const struct chapter *chapter =
	    matrix->rows[table->first].comparison->chapter;

	if (chapter != NULL) {
		fputs("<h2 class=\"chapter\">", out);
		markup_text(out, chapter->title);
		fputs("</h2>\n", out);
		write_paragraphs(out, chapter->text);
	}
	write_head(out, table);
	for (size_t i = table->first; i < table->end;
	     i = matrix_block_end(matrix, i))
		write_scenario(out, table, i, ++section);
	fputs("</table></div>\n", out);
	return section;
}

static void
write_matrix(FILE *out, const struct opening *opening)
{
	const struct matrix *matrix = opening->matrix;
	struct table table = { .opening = opening };
	size_t section = 0;

	for (; table.first < matrix->count; table.first = table.end) {
		table.end = matrix_chapter_end(matrix, table.first);
		section = write_chapter(out, &table, section);
	}
}

/* ------------------------------------------------------------------- words */

static void
write_counts(FILE *out, const struct opening *opening)
{
	const struct matrix *matrix = opening->matrix;
	size_t runs = 0, failed = 0, skipped = 0, hidden = 0, section = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		const struct matrix_row *row = &matrix->rows[i];

		section += row->build == 0;
		runs += row->seeds;
		failed += row->failed;
		skipped += row->seeds - row->runs;
		hidden += row->seeds - opening->shown[section - 1];
	}
	fprintf(out,
		"<p class=\"thin\">%zu run%s: %zu ok, %zu failed, %zu "
		"skipped. ",
		runs, runs == 1 ? "" : "s", runs - failed - skipped, failed,
		skipped);
	if (hidden > 0)
		fprintf(out,
			"The first %zu runs are shown below the matrix; the "
			"other %zu are in the matrix alone. ",
			runs - hidden, hidden);
	fputs("Each run is one build and one seed, in virtual time; of several "
	      "seeds a cell has the one in the middle, and below it the least "
	      "and the most. All counts from the last mark of a scenario, if "
	      "it has one. T is the least election timeout. An outage is the "
	      "longest stretch in which a write waited and none was "
	      "acknowledged; all outages, the sum of those longer than 1T. "
	      "\u2605 did best: in order, of the worst seed, by the time with "
	      "two leaders, whether two acted at once, where that is a column, "
	      "the longest outage, whether reads were answered, leader changes "
	      "and the growth of the term; half a T, or one term, makes no "
	      "difference.</p>\n",
	      out);
}

static void
write_top(FILE *out, const struct opening *opening)
{
	const char *title =
	    opening->title == NULL ? "Raft scenarios" : opening->title;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	      "<title>",
	      out);
	markup_text(out, title);
	fputs("</title>\n<style>\n", out);
	fputs(page_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n<h1>", out);
	markup_text(out, title);
	fputs("</h1>\n", out);
	write_paragraphs(out, opening->text);
}

void
opening_write(FILE *out, const struct opening *opening)
{
	write_top(out, opening);
	write_matrix(out, opening);
	write_counts(out, opening);
	fputs("<h2 id=\"legend\">How to read the drawings</h2>\n", out);
	legend_draw_patterns(out);
	legend_draw(out);
}

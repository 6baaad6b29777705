/*
 * A page of all runs.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/page/lanes.h"
#include "demos/compare/page/markup.h"
#include "demos/compare/page/style.h"
#include "demos/compare/page/ticks.h"
#include "demos/compare/page/whole_file.h"
#include "demos/compare/terminal/report.h"

/** Of a run: statements that ask, and bytes of what it printed or of how it
 *  failed. */
#define ANSWERS_MAX 300
#define PRINTS_BYTES 8000
/** Of one statement, in bytes. */
#define STATEMENT_BYTES 400

/** Where in the order of scenarios and builds something is, counted from 1. */
struct place {
	const struct comparison *comparison;
	size_t scenario_number;
	size_t build_number;
};

struct page {
	struct whole_file *file;
	/** What comes below the matrix. */
	FILE *body;
	char *text;
	size_t size;
	struct place place;
	size_t runs;
};

/* Returns whether another scenario begins. */
static bool
move(struct place *place, const struct comparison *comparison, size_t build)
{
	bool is_next = comparison != place->comparison;

	place->scenario_number += is_next;
	place->comparison = comparison;
	place->build_number = build + 1;
	return is_next;
}

static void
run_id(char *text, size_t size, const struct place *place, uint64_t seed)
{
	snprintf(text, size, "s%zu-b%zu-seed%llu", place->scenario_number,
		 place->build_number, (unsigned long long)seed);
}

struct page *
page_open(const char *path)
{
	struct page *page = calloc(1, sizeof *page);

	if (page == NULL)
		abort();
	page->file = whole_file_open(path);
	if (page->file == NULL) {
		free(page);
		return NULL;
	}
	page->body = open_memstream(&page->text, &page->size);
	if (page->body == NULL)
		abort();
	return page;
}

/* ------------------------------------------------------------------ a run */

static void
write_verdict(FILE *out, enum raft_scenario_verdict verdict)
{
	static const struct {
		const char *class;
		const char *word;
	} verdicts[] = {
		[RAFT_SCENARIO_OK] = { "ok", "\u2713 as expected" },
		[RAFT_SCENARIO_FAILED] = { "failed", "\u2717 not as expected" },
		[RAFT_SCENARIO_SKIPPED] = { "skipped", "\u2013 skipped" },
	};

	fprintf(out, "<span class=\"verdict %s\">%s</span>",
		verdicts[verdict].class, verdicts[verdict].word);
}

static void
write_outcome(FILE *out, const struct timeline_answer *answer)
{
	size_t times = answer->held + answer->failed;

	if (answer->failed > 0 && times > 1)
		fprintf(out,
			"<td class=\"failed\">\u2717 failed %zu of %zu "
			"times</td>",
			answer->failed, times);
	else if (answer->failed > 0)
		fputs("<td class=\"failed\">\u2717 failed</td>", out);
	else if (times > 1)
		fprintf(out, "<td class=\"ok\">\u2713 held %zu times</td>",
			times);
	else
		fputs("<td class=\"ok\">\u2713 held</td>", out);
}

static void
write_answers(FILE *out, const struct timeline *timeline)
{
	size_t count = timeline->answer_count, shown = count;

	if (count == 0)
		return;
	if (shown > ANSWERS_MAX)
		shown = ANSWERS_MAX;
	fputs("<table class=\"answers\"><caption>What was asked</caption>"
	      "<thead><tr><th scope=\"col\">line</th><th scope=\"col\">"
	      "statement</th><th scope=\"col\">outcome</th><th scope=\"col\">"
	      "found</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < shown; i++) {
		const struct timeline_answer *answer = &timeline->answers[i];

		fprintf(out, "<tr><th scope=\"row\">%d</th><td><code>",
			answer->line);
		markup_text_short(out, answer->statement, STATEMENT_BYTES);
		fputs("</code></td>", out);
		write_outcome(out, answer);
		fputs("<td>", out);
		markup_text_short(out, answer->found, STATEMENT_BYTES);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
	if (count > shown)
		fprintf(out,
			"<p class=\"thin\">And %zu more that are not "
			"listed.</p>\n",
			count - shown);
}

static void
write_metric(FILE *out, enum raft_sim_metric metric, uint64_t value,
	     uint64_t election_us)
{
	char text[64];

	if (raft_sim_metric_unit(metric) == RAFT_SIM_UNIT_TIME)
		raft_scenario_print_duration(text, sizeof text, value,
					     election_us);
	else
		snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	fprintf(out, "<td class=\"number\">%s</td>", text);
}

static void
write_metrics(FILE *out, const struct raft_scenario_result *result)
{
	fputs("<table class=\"metrics\"><caption>What was measured</caption>"
	      "<thead><tr><th scope=\"col\">metric</th><th scope=\"col\" "
	      "class=\"number\">whole run</th>",
	      out);
	if (result->marked)
		fputs("<th scope=\"col\" class=\"number\">since the last mark"
		      "</th>",
		      out);
	fputs("</tr></thead><tbody>\n", out);
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		enum raft_sim_metric metric = (enum raft_sim_metric)i;

		fprintf(out, "<tr><th scope=\"row\">%s</th>",
			raft_sim_metric_name(metric));
		write_metric(out, metric, result->whole[i],
			     result->election_us);
		if (result->marked)
			write_metric(out, metric, result->since_mark[i],
				     result->election_us);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void
write_lines(FILE *out, const char *class, const char *lines)
{
	if (*lines == '\0')
		return;
	fprintf(out, "<pre class=\"%s\">", class);
	markup_text_short(out, lines, PRINTS_BYTES);
	fputs("</pre>\n", out);
}

static void
write_run(FILE *out, const char *id, const char *name,
	  const struct raft_scenario_result *result,
	  const struct timeline *timeline)
{
	fputs("<p class=\"summary\">", out);
	report_summary(out, result);
	fputs("</p>\n", out);
	write_lines(out, "failures", result->failures);
	lanes_draw(timeline, id, name, out);
	fputs("<div class=\"tables\">\n<div>\n", out);
	ticks_draw_table(timeline, out);
	write_answers(out, timeline);
	write_lines(out, "prints", result->prints);
	fputs("</div>\n", out);
	write_metrics(out, result);
	fputs("</div>\n", out);
}

/* The headings of a scenario, into which its runs go. */
static void
begin_scenario(struct page *page)
{
	const struct place *place = &page->place;

	if (place->scenario_number > 1)
		fputs("</section>\n", page->body);
	fprintf(page->body, "<section>\n<h2 id=\"s%zu\">",
		place->scenario_number);
	markup_text(page->body, raft_scenario_title(place->comparison->scenario));
	fputs("</h2>\n<p class=\"file\">", page->body);
	markup_text(page->body, raft_scenario_name(place->comparison->scenario));
	fputs("</p>\n", page->body);
}

void
page_add(struct page *page, const struct run_key *key,
	 const struct raft_scenario_result *result,
	 const struct timeline *timeline)
{
	char id[96], name[640];

	if (page->runs++ >= PAGE_RUNS_MAX)
		return;
	if (move(&page->place, key->comparison, key->build))
		begin_scenario(page);
	run_id(id, sizeof id, &page->place, key->seed);
	snprintf(name, sizeof name, "%s, seed %llu", run_build(key),
		 (unsigned long long)key->seed);
	fprintf(page->body, "<article id=\"%s\">\n<h3>", id);
	markup_text(page->body, name);
	fputc(' ', page->body);
	write_verdict(page->body, result->verdict);
	fputs(" <a class=\"up\" href=\"#matrix\">matrix</a></h3>\n",
	      page->body);
	if (result->verdict == RAFT_SCENARIO_SKIPPED)
		fputs("<p class=\"summary\">This build lacks a module that the "
		      "scenario needs.</p>\n",
		      page->body);
	else
		write_run(page->body, id, name, result, timeline);
	fputs("</article>\n", page->body);
}

/* ------------------------------------------------------------- the matrix */

/* A link if that run is shown. */
static void
write_link(FILE *out, const struct place *place, uint64_t seed, bool is_shown,
	   const char *text)
{
	char id[96];

	run_id(id, sizeof id, place, seed);
	if (is_shown)
		fprintf(out, "<a href=\"#%s\">", id);
	markup_text(out, text);
	if (is_shown)
		fputs("</a>", out);
}

static void
write_matrix_row(FILE *out, const struct matrix *matrix,
		 const struct matrix_row *row, const struct place *place,
		 size_t runs_before)
{
	char text[96];

	fprintf(out, "<tr><th scope=\"row\">%s", row->is_best ? "\u2605 " : "");
	write_link(out, place, row->first_seed, runs_before < PAGE_RUNS_MAX,
		   row->comparison->builds.of[row->build].name);
	fputs("</th>", out);
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (!matrix_has(matrix, 0, matrix->count, (enum column)c))
			continue;
		text[0] = '\0';
		if (row->runs > 0)
			matrix_span_text(text, sizeof text, row,
					 (enum column)c);
		fprintf(out, "<td class=\"number\">%s</td>", text);
	}
	matrix_verdict_text(text, sizeof text, row);
	if (row->failed > 0)
		fprintf(out, "<td class=\"failed\">\u2717 %s</td></tr>\n",
			text);
	else
		fprintf(out, "<td%s>%s</td></tr>\n",
			row->runs == 0 ? " class=\"skipped\"" : "", text);
}

static void
write_matrix_title(FILE *out, const struct place *place, bool is_shown)
{
	if (place->scenario_number > 1)
		fputs("</tbody>\n", out);
	fputs("<tbody>\n<tr><th class=\"scenario\" colspan=\"10\" "
	      "scope=\"rowgroup\">",
	      out);
	if (is_shown)
		fprintf(out, "<a href=\"#s%zu\">", place->scenario_number);
	markup_text(out, raft_scenario_title(place->comparison->scenario));
	if (is_shown)
		fputs("</a>", out);
	fputs("</th></tr>\n", out);
}

static void
write_matrix_head(FILE *out, const struct matrix *matrix)
{
	fputs("<div class=\"wide\"><table id=\"matrix\" class=\"matrix\">"
	      "<caption>What each build did in each scenario</caption>\n<thead>"
	      "<tr><th scope=\"col\">scenario, build</th>",
	      out);
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (matrix_has(matrix, 0, matrix->count, (enum column)c))
			fprintf(out,
				"<th scope=\"col\" class=\"number\">%s</th>",
				column_meanings[c].heading);
	}
	fputs("<th scope=\"col\">verdict</th></tr></thead>\n", out);
}

static void
write_matrix(FILE *out, const struct matrix *matrix)
{
	struct place place = { .comparison = NULL };
	size_t runs = 0;

	write_matrix_head(out, matrix);
	for (size_t i = 0; i < matrix->count; i++) {
		const struct matrix_row *row = &matrix->rows[i];

		if (move(&place, row->comparison, row->build))
			write_matrix_title(out, &place, runs < PAGE_RUNS_MAX);
		write_matrix_row(out, matrix, row, &place, runs);
		runs += row->seeds;
	}
	fputs("</tbody></table></div>\n", out);
}

/* -------------------------------------------------------------- the whole */

static void
write_counts(FILE *out, const struct matrix *matrix)
{
	size_t runs = 0, failed = 0, skipped = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		runs += matrix->rows[i].seeds;
		failed += matrix->rows[i].failed;
		skipped += matrix->rows[i].seeds - matrix->rows[i].runs;
	}
	fprintf(out, "<p>%zu run%s: %zu ok, %zu failed, %zu skipped.</p>\n",
		runs, runs == 1 ? "" : "s", runs - failed - skipped, failed,
		skipped);
	if (runs > PAGE_RUNS_MAX)
		fprintf(out,
			"<p class=\"thin\">The first %d runs are shown "
			"below the matrix; the other %zu are in the matrix "
			"alone.</p>\n",
			PAGE_RUNS_MAX, runs - PAGE_RUNS_MAX);
}

static void
write_top(FILE *out, const struct matrix *matrix)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	      "<title>Raft scenarios</title>\n<style>\n",
	      out);
	fputs(page_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n<h1>Raft scenarios</h1>\n"
	      "<p>Each run is one build of the library and one seed, in "
	      "virtual time.</p>\n",
	      out);
	write_counts(out, matrix);
	write_matrix(out, matrix);
	fputs("<p class=\"thin\">Counted since the last mark of a scenario, if "
	      "it has one. An outage is the longest stretch in which a write "
	      "waited and none was acknowledged.</p>\n"
	      "<h2>How to read the drawings</h2>\n",
	      out);
	lanes_draw_patterns(out);
	lanes_draw_legend(out);
}

static void
write_file(struct page *page, const struct matrix *matrix)
{
	static const char bottom[] = "</section>\n</main>\n</body>\n</html>\n";
	char *text = NULL;
	size_t size = 0;
	FILE *top = open_memstream(&text, &size);

	if (top == NULL)
		abort();
	write_top(top, matrix);
	if (fclose(top) != 0 || fclose(page->body) != 0)
		abort();
	(void)(whole_file_write(page->file, text, size) &&
	       whole_file_write(page->file, page->text, page->size) &&
	       whole_file_write(page->file, bottom, sizeof bottom - 1));
	free(text);
}

bool
page_finish(struct page *page, const struct matrix *matrix)
{
	bool finished;
	int why;

	write_file(page, matrix);
	finished = whole_file_finish(page->file);
	why = errno;
	free(page->text);
	free(page);
	errno = why;
	return finished;
}

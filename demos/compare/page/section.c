/*
 * A section of a page: one scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/section.h"

#include <stdlib.h>
#include <string.h>

#include "demos/compare/page/figure.h"
#include "demos/compare/page/findings.h"
#include "demos/compare/page/markup.h"
#include "demos/compare/page/messages.h"
#include "demos/compare/page/names.h"

/** Of a scenario's text, in lines. */
#define LINES_MAX 400

static const struct comparison *
comparison_of(const struct section *section)
{
	return section->runs[0]->key.comparison;
}

/* --------------------------------------------------------------- its text */

static void
write_line(FILE *out, const char *line, size_t length)
{
	char *copy = strndup(line, length);

	if (copy == NULL)
		abort();
	fprintf(out, "<li%s>", *copy == '#' ? " class=\"comment\"" : "");
	markup_text(out, copy);
	fputs("</li>", out);
	free(copy);
}

/* A list, so that its lines have the numbers that drawings refer to. */
static void
write_text(FILE *out, const struct raft_scenario *scenario)
{
	const char *line = raft_scenario_text(scenario);
	size_t lines = 0, length;

	fputs("<details class=\"text\" open=\"open\"><summary>", out);
	markup_text(out, raft_scenario_name(scenario));
	fputs("</summary>\n<ol>", out);
	for (; *line != '\0' && lines < LINES_MAX; lines++) {
		length = strcspn(line, "\n");
		write_line(out, line, length);
		line += length + (line[length] == '\n');
	}
	fputs("</ol>\n", out);
	if (*line != '\0')
		fprintf(out,
			"<p class=\"thin\">And more, from line %zu on."
			"</p>\n",
			lines + 1);
	fputs("</details>\n", out);
}

/* ------------------------------------------------------------- its messages */

/* The first build, and the first of the best if that is another. */
static size_t
pick(const struct section *section, struct run *const *runs, size_t count,
     const struct run **picked)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (runs[i]->timeline->end == 0)
			continue;
		if (found == 0 || section->rows[runs[i]->key.build].is_best)
			picked[found++] = runs[i];
		if (found == 2)
			break;
	}
	return found;
}

static void
write_messages(FILE *out, const struct section *section,
	       struct run *const *runs, size_t count)
{
	const struct run *picked[2];
	size_t found = pick(section, runs, count, picked);
	struct span span = { 0, 0 };

	if (found == 0)
		return;
	fputs("<h3>Why: the messages</h3>\n", out);
	for (size_t i = 0; i < found; i++) {
		if (section->span != NULL)
			span = *section->span;
		else if (i == 0)
			span = stretch_about(picked[0]);
		else
			span = stretch_beside(picked[i], picked[0], &span);
		messages_draw(section->number, picked[i], &span, out);
	}
}

/* ---------------------------------------------------------------- its seeds */

static size_t
seed_count(const struct section *section)
{
	return section->count / comparison_of(section)->builds.count;
}

/* The runs of all builds with that seed. */
static void
write_seed(FILE *out, const struct section *section, size_t seed)
{
	size_t seeds = seed_count(section), count = section->count / seeds;
	struct run **runs = calloc(count, sizeof(struct run *));
	char name[NAME_BYTES];

	if (runs == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		runs[i] = section->runs[i * seeds + seed];
	name_seed(name, sizeof name, section->number, runs[0]->key.seed);
	fprintf(out,
		"<details class=\"seed\" id=\"%s\"%s><summary class=\"of\">"
		"Seed %llu</summary>\n",
		name, seed == 0 ? " open=\"open\"" : "",
		(unsigned long long)runs[0]->key.seed);
	figure_draw(section->number, runs, count, section->rows, out);
	if (seed == 0)
		write_messages(out, section, runs, count);
	fputs("<h3>What was found</h3>\n", out);
	for (size_t i = 0; i < count; i++)
		findings_write(out, runs[i]);
	fputs("</details>\n", out);
	free(runs);
}

void
section_write(FILE *out, const struct section *section)
{
	const struct raft_scenario *scenario = comparison_of(section)->scenario;

	fprintf(out, "<section>\n<h2 id=\"s%zu\">", section->number);
	markup_text(out, raft_scenario_title(scenario));
	fprintf(out,
		" <a class=\"up\" href=\"#m%zu\">matrix</a></h2>\n"
		"<div class=\"beside\">\n",
		section->number);
	write_text(out, scenario);
	fputs("<div class=\"runs\">\n", out);
	for (size_t i = 0; i < seed_count(section); i++)
		write_seed(out, section, i);
	fputs("</div>\n</div>\n</section>\n", out);
}

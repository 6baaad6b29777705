/*
 * A figure: the runs of several builds with one seed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/figure.h"

#include "demos/compare/page/lanes.h"
#include "demos/compare/page/markup.h"
#include "demos/compare/page/names.h"
#include "demos/compare/page/spoken.h"
#include "demos/compare/page/ticks.h"
#include "demos/compare/page/writes.h"

/* All in units of the drawing. */
#define WIDTH (LANES_MARGIN + LANES_COLUMNS + 26)
#define AXIS_AT 12
#define BANDS_AT 18
#define HEAD_AT 12
#define HEAD_HEIGHT 20
#define BETWEEN 8
/** Room for the steps of the axis, in columns. */
#define STEP_WIDTH 70

static bool
is_drawn(const struct run *run)
{
	return run->timeline->end > 0;
}

static int
band_height(const struct run *run)
{
	if (!is_drawn(run))
		return HEAD_HEIGHT;
	return lanes_end(run->timeline) +
	       (writes_are_there(run->timeline) ? LANES_STRIP + 8 : 4);
}

/* ------------------------------------------------------------------- axis */

/* One for all of them, so that it is as long as the longest. */
static const struct timeline *
share_axis(struct run *const *runs, size_t count)
{
	struct timeline *longest = runs[0]->timeline;

	for (size_t i = 1; i < count; i++) {
		if (runs[i]->timeline->end > longest->end)
			longest = runs[i]->timeline;
	}
	for (size_t i = 0; i < count; i++)
		runs[i]->timeline->axis_end = longest->end;
	return longest;
}

static void
draw_axis(const struct timeline *timeline, int bottom, FILE *out)
{
	uint64_t column_us = timeline_column_us(timeline, LANES_COLUMNS);
	uint64_t step = timeline_tick_us(column_us, STEP_WIDTH);
	char label[32];
	int column;

	fputs("<g class=\"axis\">", out);
	for (uint64_t at = 0; at < timeline->end; at += step) {
		timeline_tick_text(label, sizeof label, at, step);
		column = LANES_MARGIN + lanes_column(timeline, at);
		fprintf(out,
			"<path d=\"M%d %dV%d\"/><text x=\"%d\" y=\"%d\">"
			"%s</text>",
			column, AXIS_AT - 8, bottom, column + 3, AXIS_AT,
			label);
	}
	fputs("</g>\n", out);
}

/* ------------------------------------------------------------------ a band */

/* What says most, and what is rare if it is there. */
static void
draw_summary(const struct run *run, FILE *out)
{
	const uint64_t *metrics = run->result.since_mark;
	char text[64];

	for (size_t i = 0; i < COLUMN_DOWNTIME; i++) {
		const struct column_meaning *meaning = &column_meanings[i];

		if (!column_says((enum column)i, metrics[meaning->metric]))
			continue;
		column_text(text, sizeof text, (enum column)i,
			    metrics[meaning->metric], run->result.election_us);
		fprintf(out, "%s%s %s", i == 0 ? "" : ", ", meaning->heading,
			text);
	}
}

static void
draw_head(const struct run *run, bool is_best, FILE *out)
{
	fprintf(out, "<text class=\"build\" x=\"0\" y=\"%d\">%s", HEAD_AT,
		is_best ? "\u2605 " : "");
	markup_text(out, run_build(&run->key));
	fputs("<tspan class=\"about\" dx=\"10\">", out);
	if (run->result.verdict == RAFT_SCENARIO_SKIPPED)
		fputs("skipped: it lacks a module that the scenario needs",
		      out);
	else
		draw_summary(run, out);
	fputs("</tspan>", out);
	if (run->result.verdict == RAFT_SCENARIO_FAILED)
		fputs("<tspan class=\"wrong\" dx=\"10\">\u2717 not as expected"
		      "</tspan>",
		      out);
	fputs("</text>\n", out);
}

/* Returns how many changes of role are not to be seen. */
static size_t
draw_band(size_t section, const struct run *run, int top, bool is_best,
	  FILE *out)
{
	const struct timeline *timeline = run->timeline;
	char name[NAME_BYTES];
	size_t hidden = 0;

	name_run(name, sizeof name, section, run->key.build, run->key.seed);
	fprintf(out,
		"<g id=\"%s\" class=\"band\" transform=\"translate(0 %d)\">"
		"<path class=\"ground\" d=\"M0 0h%dv%dh-%dz\"/>",
		name, top, WIDTH, band_height(run), WIDTH);
	draw_head(run, is_best, out);
	if (is_drawn(run)) {
		ticks_draw(timeline, lanes_end(timeline), out);
		hidden = lanes_draw(timeline, out);
		if (writes_are_there(timeline))
			writes_draw(timeline, lanes_end(timeline) + 4, out);
	}
	fputs("</g>\n", out);
	return hidden;
}

/* -------------------------------------------------------------- the whole */

static void
begin(size_t section, struct run *const *runs, size_t count, int height,
      FILE *out)
{
	char name[NAME_BYTES];

	name_seed(name, sizeof name, section, runs[0]->key.seed);
	fprintf(
	    out,
	    "<div class=\"wide\"><svg class=\"figure\" viewBox=\"0 0 %d %d\" "
	    "role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n"
	    "<title id=\"%s-title\">What each build did with seed %llu"
	    "</title>\n<desc id=\"%s-desc\">",
	    WIDTH, height, name, name, name,
	    (unsigned long long)runs[0]->key.seed, name);
	for (size_t i = 0; i < count; i++) {
		if (!is_drawn(runs[i]))
			continue;
		fprintf(out, "%s", i == 0 ? "" : " ");
		markup_text(out, run_build(&runs[i]->key));
		fputs(": ", out);
		spoken_write(runs[i]->timeline, out);
	}
	fputs("</desc>\n", out);
}

static void
tell_hidden(const struct timeline *timeline, size_t hidden, FILE *out)
{
	uint64_t column_us = timeline_column_us(timeline, LANES_COLUMNS);

	if (hidden == 0)
		return;
	fprintf(out,
		"<p class=\"thin\">%zu change%s of role lie%s too close to "
		"others to be drawn: the drawing parts %llums.</p>\n",
		hidden, hidden == 1 ? "" : "s", hidden == 1 ? "s" : "",
		(unsigned long long)((column_us + 999) / 1000));
}

void
figure_draw(size_t section, struct run *const *runs, size_t count,
	    const struct matrix_row *rows, FILE *out)
{
	const struct timeline *longest = share_axis(runs, count);
	int height = BANDS_AT, top = BANDS_AT;
	size_t hidden = 0;

	for (size_t i = 0; i < count; i++)
		height += band_height(runs[i]) + BETWEEN;
	begin(section, runs, count, height, out);
	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			draw_axis(longest, height - BETWEEN, out);
		hidden += draw_band(section, runs[i], top,
				    rows[runs[i]->key.build].is_best, out);
		top += band_height(runs[i]) + BETWEEN;
	}
	fputs("</svg></div>\n", out);
	tell_hidden(longest, hidden, out);
}

/*
 * What was done in a run, and the marks, in a drawing and in a table.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/ticks.h"

#include "demos/compare/page/lanes.h"
#include "demos/compare/page/markup.h"

/** Where the labels stand, and what room each takes. */
#define TICKS_AT 27
#define TICK_WIDTH 9
#define DIGIT_WIDTH 6
/** Of a deed's words, in bytes. */
#define DEED_BYTES 400

/** One of what was done, or a mark. */
struct tick {
	uint64_t at;
	/** NULL: a mark. */
	const char *what;
	/** Where it stands in the scenario's text. */
	int line;
	/** Where its line and its label stand. */
	int column;
	int label;
};

struct ticks {
	struct tick of[TICKS_MAX];
	size_t count;
	size_t left_out;
};

/* Room for its label: about its middle, and as much for its neighbours. */
static int
tick_width(const struct tick *tick)
{
	int width = TICK_WIDTH;

	for (int line = tick->line; line > 0; line /= 10)
		width += DIGIT_WIDTH;
	return tick->what == NULL ? width + DIGIT_WIDTH : width;
}

/* Labels keep apart, as near to their lines as they can. */
static void
place_labels(struct ticks *ticks)
{
	int free_column = 0, limit = LANES_COLUMNS;

	for (size_t i = 0; i < ticks->count; i++) {
		ticks->of[i].label = ticks->of[i].column > free_column
					 ? ticks->of[i].column
					 : free_column;
		free_column = ticks->of[i].label + tick_width(&ticks->of[i]);
	}
	for (size_t i = ticks->count; i > 0; i--) {
		if (ticks->of[i - 1].label > limit)
			ticks->of[i - 1].label = limit;
		limit = ticks->of[i - 1].label -
			(i > 1 ? tick_width(&ticks->of[i - 2]) : 0);
	}
}

static void
collect_ticks(const struct timeline *timeline, struct ticks *ticks)
{
	const struct timeline_changes *marks = &timeline->marks;
	size_t deed = 0, mark = 0;
	struct tick *tick;
	bool is_mark;

	*ticks = (struct ticks){ .count = 0 };
	while (ticks->count < TICKS_MAX &&
	       (deed < timeline->deed_count || mark < marks->count)) {
		is_mark = deed == timeline->deed_count ||
			  (mark < marks->count &&
			   marks->of[mark].at <= timeline->deeds[deed].at);
		tick = &ticks->of[ticks->count++];
		if (is_mark) {
			tick->at = marks->of[mark++].at;
		} else {
			tick->at = timeline->deeds[deed].at;
			tick->what = timeline->deeds[deed].what;
			tick->line = timeline->deeds[deed++].line;
		}
		tick->column = lanes_column(timeline, tick->at);
	}
	ticks->left_out = timeline->deed_count - deed + marks->count - mark;
	place_labels(ticks);
}

static void
write_tick_label(FILE *out, const struct tick *tick)
{
	if (tick->what == NULL)
		fputc('M', out);
	else
		fprintf(out, "%d", tick->line);
}

static void
write_tick_words(FILE *out, const struct tick *tick)
{
	if (tick->what == NULL)
		fputs("mark", out);
	else
		markup_text_short(out, tick->what, DEED_BYTES);
}

void
ticks_draw(const struct timeline *timeline, int bottom, FILE *out)
{
	struct ticks ticks;
	char at[32];

	collect_ticks(timeline, &ticks);
	for (size_t i = 0; i < ticks.count; i++) {
		const struct tick *tick = &ticks.of[i];

		timeline_seconds(at, sizeof at, tick->at);
		fprintf(out, "<g class=\"%s\"><title>%s: ",
			tick->what == NULL ? "mark" : "deed", at);
		write_tick_words(out, tick);
		fprintf(out,
			"</title><path d=\"M%d %dL%d %dV%d\"/>"
			"<text x=\"%d\" y=\"%d\">",
			LANES_MARGIN + tick->label, TICKS_AT + 2,
			LANES_MARGIN + tick->column, TICKS_AT + 8, bottom,
			LANES_MARGIN + tick->label, TICKS_AT);
		write_tick_label(out, tick);
		fputs("</text></g>\n", out);
	}
}

void
ticks_draw_table(const struct timeline *timeline, FILE *out)
{
	struct ticks ticks;
	char at[32];

	collect_ticks(timeline, &ticks);
	if (ticks.count == 0)
		return;
	fputs("<table class=\"deeds\"><caption>What was done</caption><thead>"
	      "<tr><th scope=\"col\">line</th><th scope=\"col\">at</th>"
	      "<th scope=\"col\">what</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < ticks.count; i++) {
		timeline_seconds(at, sizeof at, ticks.of[i].at);
		fputs("<tr><th scope=\"row\">", out);
		write_tick_label(out, &ticks.of[i]);
		fprintf(out, "</th><td class=\"number\">%s</td><td>", at);
		write_tick_words(out, &ticks.of[i]);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
	if (ticks.left_out > 0)
		fprintf(out,
			"<p class=\"thin\">And %zu more, neither listed "
			"nor drawn.</p>\n",
			ticks.left_out);
}

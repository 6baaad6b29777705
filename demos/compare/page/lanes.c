/*
 * A timeline as a drawing in a page.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/lanes.h"

#include <string.h>

#include "demos/compare/page/markup.h"
#include "demos/compare/page/ticks.h"

/* All in units of the drawing. */
#define WIDTH (LANES_MARGIN + LANES_COLUMNS + 26)
#define AXIS_AT 34
#define LANES_AT 40
#define LANE_HEIGHT 27
#define STRIP_HEIGHT 13
#define DIGIT_WIDTH 6
/** Room that a word of a state needs. */
#define WORD_WIDTH 68
/** No candidacy is too short to be seen. */
#define CANDIDATE_WIDTH 3
/** Acknowledgements that are no farther apart make one box. */
#define ACKS_APART 8
/** So often the words of a drawing say who led. */
#define SPELLS_MAX 12

/** How a state looks: its class, its shape within the strip, and its name. */
static const struct {
	const char *class;
	int top;
	int height;
	const char *word;
} looks[RAFT_SCENARIO_STATES] = {
	[RAFT_SCENARIO_DOWN] = { "down", 6, 1, "down" },
	[RAFT_SCENARIO_PAUSED] = { "paused", 2, 9, "paused" },
	[RAFT_SCENARIO_FOLLOWER] = { "follower", 5, 3, "follows" },
	[RAFT_SCENARIO_CANDIDATE] = { "candidate", 0, 13, "campaigns" },
	[RAFT_SCENARIO_ALONE] = { "alone", 0, 13, "leads no majority" },
	[RAFT_SCENARIO_LEADER] = { "leader", 0, 13, "leads" },
};

int
lanes_column(const struct timeline *timeline, uint64_t at)
{
	return (int)(at / timeline_column_us(timeline, LANES_COLUMNS));
}

static int
lane_top(uint32_t node)
{
	return LANES_AT + (int)(node - 1) * LANE_HEIGHT + 12;
}

static int
lanes_end(const struct timeline *timeline)
{
	return LANES_AT + (int)timeline->node_count * LANE_HEIGHT;
}

static bool
has_writes(const struct timeline *timeline)
{
	return timeline->acknowledged.count > 0 || timeline->outage_count > 0;
}

static void
draw_box(FILE *out, int column, int top, int width, int height)
{
	fprintf(out, "M%d %dh%dv%dh-%dz", LANES_MARGIN + column, top, width,
		height, width);
}

/* ------------------------------------------------------------------- axis */

static void
draw_axis(const struct timeline *timeline, FILE *out)
{
	uint64_t column_us = timeline_column_us(timeline, LANES_COLUMNS);
	uint64_t step = timeline_tick_us(column_us, 70);
	char label[32];

	fputs("<g class=\"axis\">", out);
	for (uint64_t at = 0; at < timeline->end; at += step) {
		timeline_tick_text(label, sizeof label, at, step);
		fprintf(out,
			"<path d=\"M%d %dV%d\"/><text x=\"%d\" y=\"%d\">"
			"%s</text>",
			LANES_MARGIN + lanes_column(timeline, at), AXIS_AT - 8,
			lanes_end(timeline),
			LANES_MARGIN + lanes_column(timeline, at) + 3, AXIS_AT,
			label);
	}
	fputs("</g>\n", out);
}

/* ------------------------------------------------------------------ lanes */

/** Adjacent columns in which a node was the same. */
struct stretch {
	enum raft_scenario_state state;
	int begin;
	int end;
};

struct lane {
	struct stretch of[LANES_COLUMNS];
	size_t count;
};

static void
collect_lane(const struct timeline *timeline, uint32_t node, struct lane *lane)
{
	struct timeline_cursor cursor = {
		.timeline = timeline,
		.node = node,
		.column_us = timeline_column_us(timeline, LANES_COLUMNS),
	};
	enum raft_scenario_state state;
	int column = 0;

	lane->count = 0;
	for (; cursor.begin < timeline->end; column++) {
		state = timeline_next_column(&cursor);
		if (lane->count == 0 ||
		    lane->of[lane->count - 1].state != state)
			lane->of[lane->count++] =
			    (struct stretch){ state, column, column };
		lane->of[lane->count - 1].end = column + 1;
	}
}

/* What is drawn of it: its own columns, and what it takes to be seen. */
static int
stretch_width(const struct stretch *stretch)
{
	int width = stretch->end - stretch->begin;

	if (stretch->state == RAFT_SCENARIO_CANDIDATE &&
	    width < CANDIDATE_WIDTH)
		return CANDIDATE_WIDTH;
	return width;
}

/* One path a state. */
static void
draw_shapes(const struct lane *lane, enum raft_scenario_state state, int top,
	    FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < lane->count; i++) {
		if (lane->of[i].state != state)
			continue;
		if (!any)
			fprintf(out, "<path class=\"%s\" d=\"",
				looks[state].class);
		any = true;
		draw_box(out, lane->of[i].begin, top + looks[state].top,
			 stretch_width(&lane->of[i]), looks[state].height);
	}
	if (any)
		fputs("\"/>", out);
}

/* Where there is room; that a node follows is plain. */
static void
draw_words(const struct lane *lane, int top, FILE *out)
{
	const struct stretch *stretch;
	int width;

	for (size_t i = 0; i < lane->count; i++) {
		stretch = &lane->of[i];
		width = stretch->end - stretch->begin;
		if (stretch->state == RAFT_SCENARIO_FOLLOWER ||
		    width < (stretch->state == RAFT_SCENARIO_ALONE ? 2 : 1) *
				WORD_WIDTH)
			continue;
		fprintf(out,
			"<text class=\"on-%s\" x=\"%d\" y=\"%d\">%s"
			"</text>",
			looks[stretch->state].class,
			LANES_MARGIN + stretch->begin + width / 2, top + 10,
			looks[stretch->state].word);
	}
}

/* Each new term where it began, if there is room; else the newest one where
 * there is room again. */
static void
draw_terms(const struct timeline *timeline, uint32_t node, FILE *out)
{
	const struct timeline_changes *terms = &timeline->terms;
	int column, shown_at = 0, free_column = 0;
	uint64_t pending = 0;
	char label[32];

	for (size_t i = 0; i <= terms->count; i++) {
		if (i < terms->count && terms->of[i].node != node)
			continue;
		column = i < terms->count
			     ? lanes_column(timeline, terms->of[i].at)
			     : LANES_COLUMNS;
		if (pending != 0 && shown_at < column) {
			snprintf(label, sizeof label, "t%llu",
				 (unsigned long long)pending);
			fprintf(out,
				"<text class=\"term\" x=\"%d\" y=\"%d\">"
				"%s</text>",
				LANES_MARGIN + shown_at, lane_top(node) - 2,
				label);
			free_column =
			    shown_at + 4 + (int)strlen(label) * DIGIT_WIDTH;
		}
		if (i == terms->count)
			break;
		pending = terms->of[i].value;
		shown_at = column > free_column ? column : free_column;
	}
}

/* Returns how many of its changes are not to be seen. */
static size_t
draw_lane(const struct timeline *timeline, uint32_t node, FILE *out)
{
	const struct timeline_changes *states = &timeline->states;
	struct lane lane;
	size_t changes = 0;

	collect_lane(timeline, node, &lane);
	for (size_t i = 0; i < states->count; i++)
		changes += states->of[i].node == node && states->of[i].at > 0;
	fprintf(out, "<g><text class=\"node\" x=\"%d\" y=\"%d\">n%u</text>",
		LANES_MARGIN - 8, lane_top(node) + 10, node);
	for (size_t i = 0; i < RAFT_SCENARIO_STATES; i++)
		draw_shapes(&lane, (enum raft_scenario_state)i, lane_top(node),
			    out);
	draw_words(&lane, lane_top(node), out);
	draw_terms(timeline, node, out);
	fputs("</g>\n", out);
	return changes < lane.count ? 0 : changes + 1 - lane.count;
}

/* ----------------------------------------------------------------- writes */

static void
draw_acknowledged(const struct timeline *timeline, int top, FILE *out)
{
	const struct timeline_changes *writes = &timeline->acknowledged;
	int begin = 0, end = 0, column;

	fputs("<path class=\"acks\" d=\"", out);
	for (size_t i = 0; i < writes->count; i++) {
		column = lanes_column(timeline, writes->of[i].at);
		if (column > end + ACKS_APART && end > begin) {
			draw_box(out, begin, top + 3, end - begin, 7);
			begin = column;
		} else if (end == begin) {
			begin = column;
		}
		end = column + 1;
	}
	if (end > begin)
		draw_box(out, begin, top + 3, end - begin, 7);
	fputs("\"/>", out);
}

/* Those that are too short for a column are in the metrics. */
static void
draw_outages(const struct timeline *timeline, int top, FILE *out)
{
	const struct timeline_outage *outage;
	int begin, width, drawn_to = -1;
	char length[32];

	for (size_t i = 0; i < timeline->outage_count; i++) {
		outage = &timeline->outages[i];
		begin = lanes_column(timeline, outage->from);
		width = lanes_column(timeline, outage->to) - begin;
		if (width < 1 || begin < drawn_to)
			continue;
		drawn_to = begin + width;
		raft_scenario_print_timeouts(length, sizeof length,
					     outage->to - outage->from,
					     timeline->election_us);
		fprintf(out,
			"<g><title>no write acknowledged for %s</title>"
			"<path class=\"outage\" d=\"",
			length);
		draw_box(out, begin, top, width, STRIP_HEIGHT);
		fputs("\"/>", out);
		if (width > 36)
			fprintf(out,
				"<text class=\"on-outage\" x=\"%d\" "
				"y=\"%d\">%s</text>",
				LANES_MARGIN + begin + width / 2, top + 10,
				length);
		fputs("</g>\n", out);
	}
}

static void
draw_writes(const struct timeline *timeline, FILE *out)
{
	int top = lanes_end(timeline) + 10;

	fprintf(out, "<g><text class=\"node\" x=\"%d\" y=\"%d\">acks</text>",
		LANES_MARGIN - 8, top + 10);
	draw_acknowledged(timeline, top, out);
	fputs("</g>\n", out);
	draw_outages(timeline, top, out);
}

/* ------------------------------------------------------------------ words */

/* Until the next change of that node; UINT64_MAX: to the end. */
static uint64_t
spell_end(const struct timeline_changes *states, size_t i)
{
	for (size_t next = i + 1; next < states->count; next++) {
		if (states->of[next].node == states->of[i].node)
			return states->of[next].at;
	}
	return UINT64_MAX;
}

static void
describe_leaders(const struct timeline *timeline, FILE *out)
{
	const struct timeline_changes *states = &timeline->states;
	char from[32], to[32];
	size_t spells = 0;
	uint64_t end;

	for (size_t i = 0; i < states->count; i++) {
		if (states->of[i].value != RAFT_SCENARIO_LEADER)
			continue;
		if (spells++ == SPELLS_MAX) {
			fputs(" And so on.", out);
			return;
		}
		end = spell_end(states, i);
		timeline_seconds(from, sizeof from, states->of[i].at);
		timeline_seconds(to, sizeof to, end);
		fprintf(out, " n%u leads from %s to %s.", states->of[i].node,
			from, end == UINT64_MAX ? "the end" : to);
	}
	if (spells == 0)
		fputs(" No node leads a majority.", out);
}

static void
describe(const struct timeline *timeline, FILE *out)
{
	char end[32];

	timeline_seconds(end, sizeof end, timeline->end);
	fprintf(out, "%u node%s over %s.", timeline->node_count,
		timeline->node_count == 1 ? "" : "s", end);
	describe_leaders(timeline, out);
	if (timeline->outage_count > 0)
		fprintf(out,
			" Stretches longer than the election timeout in "
			"which a write waited in vain: %zu.",
			timeline->outage_count);
}

/* -------------------------------------------------------------- the whole */

static void
tell_thinned(const struct timeline *timeline, size_t hidden, FILE *out)
{
	uint64_t column_us = timeline_column_us(timeline, LANES_COLUMNS);

	fprintf(out,
		"<p class=\"thin\">%zu change%s of role lie%s too close "
		"to others to be drawn: the drawing parts %llums.</p>\n",
		hidden, hidden == 1 ? "" : "s", hidden == 1 ? "s" : "",
		(unsigned long long)((column_us + 999) / 1000));
}

void
lanes_draw(const struct timeline *timeline, const char *id, const char *name,
	   FILE *out)
{
	int height = lanes_end(timeline) + (has_writes(timeline) ? 32 : 6);
	size_t hidden = 0;

	if (timeline->end == 0)
		return;
	fprintf(out,
		"<div class=\"wide\"><svg viewBox=\"0 0 %d %d\" "
		"role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n"
		"<title id=\"%s-title\">Timeline of ",
		WIDTH, height, id, id, id);
	markup_text(out, name);
	fprintf(out, "</title>\n<desc id=\"%s-desc\">", id);
	describe(timeline, out);
	fputs("</desc>\n", out);
	draw_axis(timeline, out);
	ticks_draw(timeline, lanes_end(timeline), out);
	for (uint32_t i = 1; i <= timeline->node_count; i++)
		hidden += draw_lane(timeline, i, out);
	if (has_writes(timeline))
		draw_writes(timeline, out);
	fputs("</svg></div>\n", out);
	if (hidden > 0)
		tell_thinned(timeline, hidden, out);
}

void
lanes_draw_patterns(FILE *out)
{
	fputs("<svg class=\"patterns\" width=\"0\" height=\"0\" "
	      "aria-hidden=\"true\"><defs>\n"
	      "<pattern id=\"stripes\" width=\"6\" height=\"6\" "
	      "patternUnits=\"userSpaceOnUse\" "
	      "patternTransform=\"rotate(45)\">"
	      "<path class=\"stripe\" d=\"M0 0h2.4v6h-2.4z\"/></pattern>\n"
	      "<pattern id=\"bars\" width=\"5\" height=\"5\" "
	      "patternUnits=\"userSpaceOnUse\">"
	      "<path class=\"bar\" d=\"M0 0h1.5v5h-1.5z\"/></pattern>\n"
	      "<pattern id=\"cross\" width=\"5\" height=\"5\" "
	      "patternUnits=\"userSpaceOnUse\" "
	      "patternTransform=\"rotate(45)\">"
	      "<path class=\"thread\" d=\"M0 0h1v5h-1zM0 0h5v1h-5z\"/>"
	      "</pattern>\n</defs></svg>\n",
	      out);
}

static void
draw_sample(const char *class, int top, int height, const char *word, FILE *out)
{
	fprintf(out,
		"<li><svg class=\"sample\" viewBox=\"0 0 30 15\" "
		"width=\"30\" height=\"15\" aria-hidden=\"true\">"
		"<path class=\"%s\" d=\"M1 %dh28v%dh-28z\"/></svg> %s</li>\n",
		class, top + 1, height, word);
}

void
lanes_draw_legend(FILE *out)
{
	fputs("<ul class=\"legend\">\n", out);
	for (size_t i = RAFT_SCENARIO_STATES; i-- > 0;)
		draw_sample(looks[i].class, looks[i].top, looks[i].height,
			    looks[i].word, out);
	draw_sample("acks", 3, 7, "acknowledges writes", out);
	draw_sample("outage", 0, STRIP_HEIGHT,
		    "a write waits in vain for longer than 1T", out);
	fputs("<li><b>t5</b> the node is in term 5</li>\n"
	      "<li><b>1</b>, <b>2</b> \u2026 what was done, listed below each "
	      "drawing</li>\n"
	      "<li><b>M</b> mark: metrics begin to count again</li>\n"
	      "<li><b>T</b> the election timeout of the file</li>\n"
	      "</ul>\n",
	      out);
}

/*
 * A timeline as a drawing in a page.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/lanes.h"

#include <string.h>

/* All in units of the drawing. */
#define LANES_AT 33
#define LANE_HEIGHT 25
/** Within a lane, above the strip, stand the terms. */
#define STRIP_AT 11
#define CHARACTER_WIDTH 6
/** Room that a word of a state needs. */
#define WORD_WIDTH 68
/** No candidacy is too short to be seen. */
#define CANDIDATE_WIDTH 3

const struct look looks[RAFT_SCENARIO_STATES] = {
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
	return LANES_AT + (int)(node - 1) * LANE_HEIGHT + STRIP_AT;
}

int
lanes_end(const struct timeline *timeline)
{
	return LANES_AT + (int)timeline->node_count * LANE_HEIGHT;
}

void
lanes_box(FILE *out, int column, int top, int width, int height)
{
	fprintf(out, "M%d %dh%dv%dh-%dz", LANES_MARGIN + column, top, width,
		height, width);
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
		lanes_box(out, lane->of[i].begin, top + looks[state].top,
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
			    shown_at + 4 + (int)strlen(label) * CHARACTER_WIDTH;
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

size_t
lanes_draw(const struct timeline *timeline, FILE *out)
{
	size_t hidden = 0;

	for (uint32_t i = 1; i <= timeline->node_count; i++)
		hidden += draw_lane(timeline, i, out);
	return hidden;
}

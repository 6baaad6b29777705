/*
 * A sketch: a stretch of a run, close enough to see each message.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/sketch.h"

#include <string.h>

#include "demos/compare/page/lanes.h"
#include "demos/compare/page/markup.h"

/* All in units of the drawing. */
#define WIDTH (LANES_MARGIN + LANES_COLUMNS + 26)
#define AXIS_AT 10
#define DEEDS_AT 22
#define FIRST_LANE_AT 48
/** Between lanes, where there are few, and where there are many. */
#define GAP 66
#define GAP_SMALL 50
#define FEW_NODES 3
/** Room that a word of a state needs, and a time. */
#define WORD_WIDTH 68
#define DIGIT_WIDTH 6
#define TIME_WIDTH 62

static uint32_t
node_count(const struct sketch *sketch)
{
	return sketch->run->timeline->node_count;
}

int
sketch_lane(const struct sketch *sketch, uint32_t node)
{
	int gap = node_count(sketch) > FEW_NODES ? GAP_SMALL : GAP;

	return FIRST_LANE_AT + (int)(node - 1) * gap;
}

static int
bottom(const struct sketch *sketch)
{
	return sketch_lane(sketch, node_count(sketch)) + SKETCH_HALF_LANE + 8;
}

int
sketch_place(const struct sketch *sketch, uint64_t at)
{
	return LANES_MARGIN + elastic_place(&sketch->elastic, at);
}

bool
sketch_holds(const struct sketch *sketch, uint64_t at)
{
	return at >= sketch->stretch.span.from && at < sketch->stretch.span.to;
}

bool
sketch_take(struct sketch *sketch, int x, int y, const char *text)
{
	int width = (int)strlen(text) * SKETCH_CHARACTER_WIDTH + 2;

	return places_take(
	    &sketch->places,
	    (struct place){ x, y - SKETCH_TEXT_HEIGHT + 2, x + width, y + 1 });
}

/* ------------------------------------------------------------------- axis */

static void
add_instants(struct sketch *sketch)
{
	const struct stretch *stretch = &sketch->stretch;
	const struct timeline_changes *changes[] = {
		&sketch->run->timeline->states, &sketch->run->timeline->terms
	};

	elastic_add(&sketch->elastic, stretch->span.from);
	elastic_add(&sketch->elastic, stretch->span.to);
	for (size_t i = 0; i < stretch->count; i++) {
		elastic_add(&sketch->elastic, stretch->shown[i]->sent);
		if (sketch_holds(sketch, stretch->shown[i]->ended))
			elastic_add(&sketch->elastic, stretch->shown[i]->ended);
	}
	for (size_t c = 0; c < 2; c++) {
		for (size_t i = 0; i < changes[c]->count; i++) {
			if (sketch_holds(sketch, changes[c]->of[i].at))
				elastic_add(&sketch->elastic,
					    changes[c]->of[i].at);
		}
	}
	elastic_fit(&sketch->elastic, LANES_COLUMNS);
}

static void
draw_axis(const struct sketch *sketch)
{
	const struct elastic *elastic = &sketch->elastic;
	int free_place = 0;

	fputs("<g class=\"axis\">", sketch->out);
	for (size_t i = 0; i < elastic->count; i++) {
		if (elastic->place[i] < free_place ||
		    elastic->place[i] > LANES_COLUMNS - TIME_WIDTH / 2)
			continue;
		free_place = elastic->place[i] + TIME_WIDTH;
		fprintf(sketch->out,
			"<path d=\"M%d %dV%d\"/><text x=\"%d\" y=\"%d\">"
			"%llu.%03llus</text>",
			LANES_MARGIN + elastic->place[i], AXIS_AT - 8,
			bottom(sketch), LANES_MARGIN + elastic->place[i] + 3,
			AXIS_AT, (unsigned long long)(elastic->at[i] / 1000000),
			(unsigned long long)(elastic->at[i] % 1000000 / 1000));
	}
	fputs("</g>\n", sketch->out);
}

/* A label has its place, or one further to the right that is free. */
static int
deed_label_place(struct sketch *sketch, int x, const char *text)
{
	int width = (int)strlen(text) * DIGIT_WIDTH;

	x -= width / 2;
	while (!places_take(&sketch->places,
			    (struct place){ x, DEEDS_AT - SKETCH_TEXT_HEIGHT,
					    x + width + 4, DEEDS_AT }))
		x += 2;
	return x + width / 2;
}

static void
draw_deed(struct sketch *sketch, const struct timeline_deed *deed)
{
	int x = sketch_place(sketch, deed->at), label;
	char text[16];

	snprintf(text, sizeof text, "%d", deed->line);
	label = deed_label_place(sketch, x, text);
	fputs("<g class=\"deed\"><title>", sketch->out);
	markup_text(sketch->out, deed->what);
	fprintf(sketch->out,
		"</title><path d=\"M%d %dL%d %dV%d\"/><text x=\"%d\" "
		"y=\"%d\">%s</text></g>\n",
		label, DEEDS_AT + 2, x, DEEDS_AT + 7, bottom(sketch), label,
		DEEDS_AT, text);
}

static void
draw_deeds(struct sketch *sketch)
{
	const struct timeline *timeline = sketch->run->timeline;

	for (size_t i = 0; i < timeline->deed_count; i++) {
		if (sketch_holds(sketch, timeline->deeds[i].at))
			draw_deed(sketch, &timeline->deeds[i]);
	}
}

/* ------------------------------------------------------------------- lanes */

static void
draw_state(const struct sketch *sketch, uint32_t node,
	   enum raft_scenario_state state, int from, int to)
{
	const struct look *look = &looks[state];
	int top = sketch_lane(sketch, node) - SKETCH_HALF_LANE;

	if (to <= from)
		return;
	fprintf(sketch->out, "<path class=\"%s\" d=\"", look->class);
	lanes_box(sketch->out, from - LANES_MARGIN, top + look->top, to - from,
		  look->height);
	fputs("\"/>", sketch->out);
	if (to - from > WORD_WIDTH && state != RAFT_SCENARIO_FOLLOWER)
		fprintf(sketch->out,
			"<text class=\"on-%s\" x=\"%d\" y=\"%d\">%s</text>",
			look->class, (from + to) / 2, top + 10, look->word);
}

static void
draw_states(const struct sketch *sketch, uint32_t node)
{
	const struct timeline_changes *states = &sketch->run->timeline->states;
	enum raft_scenario_state state = RAFT_SCENARIO_DOWN;
	int from = LANES_MARGIN, to;

	for (size_t i = 0; i < states->count; i++) {
		if (states->of[i].node != node ||
		    states->of[i].at >= sketch->stretch.span.to)
			continue;
		if (states->of[i].at >= sketch->stretch.span.from) {
			to = sketch_place(sketch, states->of[i].at);
			draw_state(sketch, node, state, from, to);
			from = to;
		}
		state = (enum raft_scenario_state)states->of[i].value;
	}
	draw_state(sketch, node, state, from, LANES_MARGIN + LANES_COLUMNS);
}

static void
draw_term(struct sketch *sketch, uint32_t node, int x, uint64_t term)
{
	int y = sketch_lane(sketch, node) - SKETCH_HALF_LANE - 2;
	char text[32];

	snprintf(text, sizeof text, "t%llu", (unsigned long long)term);
	if (sketch_take(sketch, x, y, text))
		fprintf(sketch->out,
			"<text class=\"term\" x=\"%d\" y=\"%d\">%s</text>", x,
			y, text);
}

/* At the left that which it has, then each new one. */
static void
draw_terms(struct sketch *sketch, uint32_t node)
{
	const struct timeline_changes *terms = &sketch->run->timeline->terms;
	uint64_t term = 0;

	for (size_t i = 0; i < terms->count; i++) {
		if (terms->of[i].node == node &&
		    terms->of[i].at < sketch->stretch.span.from)
			term = terms->of[i].value;
	}
	draw_term(sketch, node, LANES_MARGIN, term);
	for (size_t i = 0; i < terms->count; i++) {
		if (terms->of[i].node == node &&
		    sketch_holds(sketch, terms->of[i].at))
			draw_term(sketch, node,
				  sketch_place(sketch, terms->of[i].at),
				  terms->of[i].value);
	}
}

static void
draw_lane(struct sketch *sketch, uint32_t node)
{
	int y = sketch_lane(sketch, node);

	fprintf(sketch->out,
		"<g><text class=\"node\" x=\"%d\" y=\"%d\">n%u</text>",
		LANES_MARGIN - 8, y + 4, node);
	draw_states(sketch, node);
	draw_terms(sketch, node);
	fputs("</g>\n", sketch->out);
	(void)places_take(&sketch->places,
			  (struct place){ 0, y - SKETCH_HALF_LANE, WIDTH,
					  y + SKETCH_HALF_LANE });
}

/* -------------------------------------------------------------- the whole */

void
sketch_begin(struct sketch *sketch, const struct run *run,
	     const struct span *span, FILE *out)
{
	*sketch = (struct sketch){ .run = run, .out = out };
	stretch_find(&sketch->stretch, run, span);
	add_instants(sketch);
}

void
sketch_end(struct sketch *sketch)
{
	stretch_free(&sketch->stretch);
	elastic_free(&sketch->elastic);
	places_free(&sketch->places);
}

int
sketch_width(void)
{
	return WIDTH;
}

int
sketch_height(const struct sketch *sketch)
{
	return bottom(sketch) + 4;
}

void
sketch_draw(struct sketch *sketch)
{
	draw_axis(sketch);
	draw_deeds(sketch);
	for (uint32_t i = 1; i <= node_count(sketch); i++)
		draw_lane(sketch, i);
}

/*
 * What arrows say.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/labels.h"

#include <stdlib.h>
#include <string.h>

#include "demos/compare/page/arrow.h"
#include "demos/compare/page/lanes.h"
#include "demos/compare/page/markup.h"
#include "demos/compare/record/grown.h"

/** How far from its arrow a label stands. */
#define BESIDE 4
/** The same words are not said again of the same two nodes any nearer. */
#define SAME_APART 110

struct labels {
	struct sketch *sketch;
	/** The messages that have one. */
	const struct traffic_message **of;
	size_t count;
};

static void
label_text(char *text, size_t size, const struct traffic_message *message,
	   bool is_short)
{
	if (message->says == NULL)
		snprintf(text, size, "%s t%llu", message->name,
			 (unsigned long long)message->term);
	else if (message->is_refusal)
		snprintf(text, size, is_short ? "no" : "no: %s", message->says);
	else
		snprintf(text, size, "%s", message->says);
}

/* Beside the arrow, wherever there is room. */
static bool
draw_label(struct labels *labels, const struct traffic_message *message,
	   const char *text)
{
	static const double along[] = { 0.5, 0.35, 0.65, 0.22, 0.78 };
	struct sketch *sketch = labels->sketch;
	struct arrow arrow = arrow_of(sketch, message);
	int width = (int)strlen(text) * SKETCH_CHARACTER_WIDTH + 2, x, y;

	for (size_t i = 0; i < 2 * sizeof along / sizeof along[0]; i++) {
		double share = along[i / 2];

		x = (int)(arrow.x + share * (arrow.to_x - arrow.x));
		y = (int)(arrow.y + share * (arrow.to_y - arrow.y)) + 3;
		x = i % 2 == 0 ? x + BESIDE : x - BESIDE - width;
		if (x < LANES_MARGIN || x + width > sketch_width() ||
		    !sketch_take(sketch, x, y, text))
			continue;
		fprintf(sketch->out,
			"<text class=\"label %s%s\" x=\"%d\" y=\"%d\">",
			arrow_class(message->kind),
			message->is_lost ? " lost" : "", x, y);
		markup_text(sketch->out, text);
		fputs("</text>\n", sketch->out);
		return true;
	}
	return false;
}

/* The first append of a leader in this stretch. */
static bool
begins(const struct stretch *stretch, size_t position)
{
	const struct traffic_message *message = stretch->shown[position];

	for (size_t i = 0; i < position; i++) {
		if (stretch->shown[i]->from == message->from &&
		    stretch->shown[i]->term == message->term &&
		    stretch->shown[i]->kind == message->kind)
			return false;
	}
	return message->kind == TRAFFIC_APPEND;
}

/* A label near it says the same of the same two nodes. */
static bool
is_said(const struct labels *labels, const struct traffic_message *message)
{
	int at = sketch_place(labels->sketch, message->sent);
	const struct traffic_message *before;
	char text[96], other[96];

	label_text(text, sizeof text, message, false);
	for (size_t i = 0; i < labels->count; i++) {
		before = labels->of[i];
		label_text(other, sizeof other, before, false);
		if (before->from == message->from &&
		    before->to == message->to && strcmp(text, other) == 0 &&
		    at <
			sketch_place(labels->sketch, before->sent) + SAME_APART)
			return true;
	}
	return false;
}

static void
label(struct labels *labels, const struct traffic_message *message)
{
	char text[96];

	label_text(text, sizeof text, message, false);
	if (!draw_label(labels, message, text)) {
		label_text(text, sizeof text, message, true);
		if (!draw_label(labels, message, text))
			return;
	}
	labels->of =
	    grown(labels->of, labels->count, sizeof(struct traffic_message *));
	labels->of[labels->count++] = message;
}

void
labels_draw(struct sketch *sketch)
{
	const struct stretch *stretch = &sketch->stretch;
	struct labels labels = { .sketch = sketch };

	for (size_t i = 0; i < stretch->count; i++) {
		if ((stretch->shown[i]->is_telling || begins(stretch, i)) &&
		    !is_said(&labels, stretch->shown[i]))
			label(&labels, stretch->shown[i]);
	}
	free(labels.of);
}

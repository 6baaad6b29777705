/*
 * A message as an arrow.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/arrow.h"

#include "demos/compare/page/markup.h"

#define HEAD_LENGTH 6.0
#define HEAD_WIDTH 2.6
/** How far one that is lost gets: along, and to the right. */
#define LOST_AT 0.55
#define LOST_LATER 8
#define CROSS 3.2

const char *
arrow_class(enum traffic_kind kind)
{
	static const char *const classes[TRAFFIC_KINDS] = {
		[TRAFFIC_APPEND] = "append",
		[TRAFFIC_APPEND_ANSWER] = "append-answer",
		[TRAFFIC_VOTE] = "vote",
		[TRAFFIC_VOTE_ANSWER] = "vote-answer",
		[TRAFFIC_OTHER] = "other",
	};

	return classes[kind];
}

static double
root(double square)
{
	double guess = square > 1 ? square : 1;

	for (int i = 0; i < 40; i++)
		guess = (guess + square / guess) / 2;
	return guess;
}

/* One that is on its way at the end of the stretch gets as far as time does. */
struct arrow
arrow_of(const struct sketch *sketch, const struct traffic_message *message)
{
	int from = sketch_lane(sketch, message->from);
	int to = sketch_lane(sketch, message->to);
	int way = from < to ? SKETCH_HALF_LANE + 1 : -SKETCH_HALF_LANE - 1;
	struct arrow arrow = { .x = sketch_place(sketch, message->sent),
			       .y = from + way };
	double share = 1;

	if (message->is_lost && sketch_holds(sketch, message->ended))
		share = LOST_AT;
	else if (!sketch_holds(sketch, message->ended) &&
		 message->ended != UINT64_MAX)
		share = (double)(sketch->stretch.span.to - message->sent) /
			(double)(message->ended - message->sent);
	arrow.to_x = message->is_lost ? arrow.x + LOST_LATER
				      : sketch_place(sketch, message->ended);
	arrow.to_y = arrow.y + share * (to - way - arrow.y);
	return arrow;
}

static void
write_tenths(FILE *out, const char *before, double number)
{
	fprintf(out, "%s%.1f", before, number);
}

static void
draw_head(const struct arrow *arrow, FILE *out)
{
	double x = arrow->to_x - arrow->x, y = arrow->to_y - arrow->y;
	double length = root(x * x + y * y);
	double back_x, back_y;

	x /= length;
	y /= length;
	back_x = arrow->to_x - HEAD_LENGTH * x;
	back_y = arrow->to_y - HEAD_LENGTH * y;
	write_tenths(out, "<path class=\"head\" d=\"M", arrow->to_x);
	write_tenths(out, " ", arrow->to_y);
	write_tenths(out, "L", back_x - HEAD_WIDTH * y);
	write_tenths(out, " ", back_y + HEAD_WIDTH * x);
	write_tenths(out, "L", back_x + HEAD_WIDTH * y);
	write_tenths(out, " ", back_y - HEAD_WIDTH * x);
	fputs("z\"/>", out);
}

static void
draw_cross(const struct arrow *arrow, FILE *out)
{
	fprintf(out,
		"<path class=\"cut\" d=\"M%.1f %.1fl%.1f %.1fm0 %.1fl%.1f %.1f"
		"\"/>",
		arrow->to_x - CROSS, arrow->to_y - CROSS, 2 * CROSS, 2 * CROSS,
		-2 * CROSS, -2 * CROSS, 2 * CROSS);
}

void
arrow_write_words(const struct traffic_message *message, FILE *out)
{
	char sent[32], ended[32];

	snprintf(sent, sizeof sent, "%.3fs", (double)message->sent / 1e6);
	snprintf(ended, sizeof ended, "%.3fs", (double)message->ended / 1e6);
	fprintf(out, "%s n%u to n%u: ", sent, message->from, message->to);
	markup_text(out, message->name);
	fprintf(out, " in term %llu", (unsigned long long)message->term);
	if (message->says != NULL) {
		fprintf(out, ", %s", message->is_refusal ? "no: " : "");
		markup_text(out, message->says);
	}
	if (message->is_lost)
		fputs(", lost", out);
	else if (message->ended != UINT64_MAX)
		fprintf(out, ", arrives %s", ended);
}

void
arrow_draw(const struct sketch *sketch, const struct traffic_message *message)
{
	struct arrow arrow = arrow_of(sketch, message);
	FILE *out = sketch->out;

	fprintf(out, "<g class=\"message %s%s\"><title>",
		arrow_class(message->kind), message->is_lost ? " lost" : "");
	arrow_write_words(message, out);
	fprintf(out,
		"</title><path class=\"line\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
		arrow.x, arrow.y, arrow.to_x, arrow.to_y);
	if (message->is_lost)
		draw_cross(&arrow, out);
	else if (sketch_holds(sketch, message->ended))
		draw_head(&arrow, out);
	fputs("</g>\n", out);
}

/* ------------------------------------------------------------------ legend */

static void
draw_sample(const char *kind, const char *word, bool is_lost, FILE *out)
{
	static const struct arrow arrow = { 2, 8, 28, 8 };
	static const struct arrow cut = { 2, 8, 18, 8 };

	fprintf(out,
		"<li><svg class=\"sample\" viewBox=\"0 0 32 15\" width=\"32\" "
		"height=\"15\" aria-hidden=\"true\"><g class=\"message %s%s\">"
		"<path class=\"line\" d=\"M2 8H%d\"/>",
		kind, is_lost ? " lost" : "", is_lost ? 18 : 28);
	if (is_lost)
		draw_cross(&cut, out);
	else
		draw_head(&arrow, out);
	fprintf(out, "</g></svg> %s</li>\n", word);
}

void
arrow_draw_legend(FILE *out)
{
	fputs("<ul class=\"legend\">\n", out);
	draw_sample("append", "a leader's append, or its heartbeat", false,
		    out);
	draw_sample("append-answer", "its answer", false, out);
	draw_sample("vote",
		    "asks for a vote, or (prevote) whether it would "
		    "get one",
		    false, out);
	draw_sample("vote-answer", "yes or no", false, out);
	draw_sample("other", "anything else", false, out);
	draw_sample("append", "lost", true, out);
	fputs("</ul>\n", out);
}

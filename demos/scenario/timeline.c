/*
 * A timeline: what each node was, over the time of one run, for a person.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/scenario/timeline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "demos/scenario/text.h"

#define COLUMNS 80
#define MARGIN 6
/** Letters for what was done: a to z, then A to Z. */
#define LETTERS_MAX 52
/** Of these, so many are spelled out below. */
#define SPELLED_MAX 16

/** One change: a node's state, or the highest term. */
struct change {
	uint64_t at;
	uint32_t node;
	uint64_t value;
};

struct changes {
	struct change *of;
	size_t count;
};

struct deed {
	uint64_t at;
	char *what;
};

struct timeline {
	uint32_t node_count;
	uint64_t end;
	struct changes states;
	struct changes terms;
	struct changes acknowledged;
	struct deed *deeds;
	size_t deed_count;
};

/* -------------------------------------------------------------- recording */

static void *
grown(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	array = realloc(array, (count == 0 ? 1 : 2 * count) * size);
	if (array == NULL)
		abort();
	return array;
}

static void
record(struct changes *changes, uint64_t now, uint32_t node, uint64_t value)
{
	changes->of = grown(changes->of, changes->count, sizeof *changes->of);
	changes->of[changes->count++] = (struct change){ now, node, value };
}

struct timeline *
timeline_create(uint32_t node_count)
{
	struct timeline *timeline = calloc(1, sizeof *timeline);

	if (timeline == NULL)
		abort();
	timeline->node_count = node_count;
	return timeline;
}

void
timeline_destroy(struct timeline *timeline)
{
	if (timeline == NULL)
		return;
	for (size_t i = 0; i < timeline->deed_count; i++)
		free(timeline->deeds[i].what);
	free(timeline->deeds);
	free(timeline->states.of);
	free(timeline->terms.of);
	free(timeline->acknowledged.of);
	free(timeline);
}

void
timeline_state(struct timeline *timeline, uint64_t now, uint32_t node,
	       enum node_state state)
{
	record(&timeline->states, now, node, (uint64_t)state);
}

void
timeline_term(struct timeline *timeline, uint64_t now, uint64_t term)
{
	record(&timeline->terms, now, 0, term);
}

void
timeline_acknowledged(struct timeline *timeline, uint64_t now)
{
	record(&timeline->acknowledged, now, 0, 1);
}

/* What is done at one instant has one letter. */
void
timeline_did(struct timeline *timeline, uint64_t now, const char *what)
{
	struct deed *last = NULL;
	char *joined;

	if (timeline->deed_count > 0)
		last = &timeline->deeds[timeline->deed_count - 1];
	if (last != NULL && last->at == now) {
		if (asprintf(&joined, "%s; %s", last->what, what) < 0)
			abort();
		free(last->what);
		last->what = joined;
		return;
	}
	timeline->deeds = grown(timeline->deeds, timeline->deed_count,
				sizeof *timeline->deeds);
	last = &timeline->deeds[timeline->deed_count++];
	last->at = now;
	last->what = strdup(what);
	if (last->what == NULL)
		abort();
}

void
timeline_end(struct timeline *timeline, uint64_t now)
{
	timeline->end = now;
}

/* ---------------------------------------------------------------- drawing */

static const struct {
	const char *sign;
	const char *meaning;
} signs[] = {
	[STATE_DOWN] = { " ", "down" },
	[STATE_PAUSED] = { "z", "paused" },
	[STATE_FOLLOWER] = { "\u00b7", "follows" },
	[STATE_CANDIDATE] = { "?", "campaigns" },
	[STATE_ALONE] = { "\u2592", "leads no majority" },
	[STATE_LEADER] = { "\u2588", "leads" },
};

/* Rounded up, so that the end is within the last column. */
static uint64_t
column_us(const struct timeline *timeline)
{
	return timeline->end / COLUMNS + 1;
}

static size_t
column_of(const struct timeline *timeline, uint64_t at)
{
	return (size_t)(at / column_us(timeline));
}

static void
draw_label(FILE *out, const char *label)
{
	fprintf(out, "%-*s", MARGIN, label);
}

/* Prints a row of one-byte signs without the blanks at its end. */
static void
draw_row(FILE *out, const char *label, char *row, size_t length)
{
	while (length > 0 && row[length - 1] == ' ')
		length--;
	draw_label(out, label);
	fprintf(out, "%.*s\n", (int)length, row);
}

static char
letter(size_t i)
{
	return (char)(i < 26 ? 'a' + i : 'A' + (i - 26));
}

/* Each letter stands in its column, or in the next free one. */
static void
draw_deeds(const struct timeline *timeline, FILE *out)
{
	char row[COLUMNS + LETTERS_MAX];
	size_t column, free_column = 0;

	memset(row, ' ', sizeof row);
	for (size_t i = 0; i < timeline->deed_count && i < LETTERS_MAX; i++) {
		column = column_of(timeline, timeline->deeds[i].at);
		if (column < free_column)
			column = free_column;
		row[column] = letter(i);
		free_column = column + 1;
	}
	if (timeline->deed_count > 0)
		draw_row(out, "", row, sizeof row);
}

/* A step of 1, 2 or 5 times a power of ten that leaves room for its label. */
static uint64_t
tick_us(uint64_t column)
{
	static const uint64_t factors[] = { 2, 5, 10 };
	uint64_t step = 10000, power = 10000;

	for (size_t i = 0; step / column < 9; i++) {
		step = power * factors[i % 3];
		if (i % 3 == 2)
			power *= 10;
	}
	return step;
}

static void
draw_axis(const struct timeline *timeline, FILE *out)
{
	char row[COLUMNS + 16], label[16];
	uint64_t step = tick_us(column_us(timeline));
	size_t column, length;

	memset(row, ' ', sizeof row);
	for (uint64_t at = 0; at < timeline->end; at += step) {
		column = column_of(timeline, at);
		length = (size_t)snprintf(
		    label, sizeof label, step % 1000000 == 0 ? "|%llus" :
		    "|%llu.%02llus", (unsigned long long)(at / 1000000),
		    (unsigned long long)(at % 1000000 / 10000));
		memcpy(row + column, label, length);
	}
	draw_row(out, "", row, sizeof row);
}

/* What a node was within a column: a candidate if it became one, since that is
 * short and yet what one looks for; else what it was for longest. */
static enum node_state
state_within(const struct timeline *timeline, uint32_t node, uint64_t begin,
	     size_t *next, enum node_state *state)
{
	uint64_t spent[STATE_LEADER + 1] = { 0 }, at = begin;
	uint64_t end = begin + column_us(timeline);
	const struct changes *states = &timeline->states;
	enum node_state longest = STATE_DOWN;
	bool asked = false;

	for (; *next < states->count && states->of[*next].at < end; ++*next) {
		if (states->of[*next].node != node)
			continue;
		spent[*state] += states->of[*next].at - at;
		at = states->of[*next].at;
		*state = (enum node_state)states->of[*next].value;
		asked |= *state == STATE_CANDIDATE;
	}
	spent[*state] += end - at;
	for (size_t i = 0; i <= STATE_LEADER; i++) {
		if (spent[i] > spent[longest])
			longest = (enum node_state)i;
	}
	return asked ? STATE_CANDIDATE : longest;
}

static void
draw_node(const struct timeline *timeline, uint32_t node, FILE *out)
{
	enum node_state state = STATE_DOWN;
	char label[16];
	size_t next = 0;

	snprintf(label, sizeof label, "n%u", node);
	draw_label(out, label);
	for (uint64_t at = 0; at < timeline->end; at += column_us(timeline))
		fputs(signs[state_within(timeline, node, at, &next, &state)]
			  .sign, out);
	fputc('\n', out);
}

/* Each new term where it began, if there is room; else the newest one where
 * there is room again. */
static void
draw_terms(const struct timeline *timeline, FILE *out)
{
	char row[COLUMNS + 24];
	const struct changes *terms = &timeline->terms;
	size_t next = 0, free_column = 0;
	uint64_t shown = 0, term = 0;

	memset(row, ' ', sizeof row);
	for (size_t column = 0; column < COLUMNS; column++) {
		for (; next < terms->count &&
		       column_of(timeline, terms->of[next].at) == column;
		     next++)
			term = terms->of[next].value;
		if (term == shown || column < free_column)
			continue;
		shown = term;
		free_column = column + 1 +
			      (size_t)snprintf(row + column,
					       sizeof row - column, "%llu",
					       (unsigned long long)term);
		row[free_column - 1] = ' ';
	}
	draw_row(out, "term", row, sizeof row);
}

static void
draw_acknowledged(const struct timeline *timeline, FILE *out)
{
	char row[COLUMNS + 1];

	if (timeline->acknowledged.count == 0)
		return;
	memset(row, ' ', sizeof row);
	for (size_t i = 0; i < timeline->acknowledged.count; i++)
		row[column_of(timeline, timeline->acknowledged.of[i].at)] = '=';
	draw_row(out, "acks", row, sizeof row);
}

static void
draw_spelled(const struct timeline *timeline, FILE *out)
{
	size_t count = timeline->deed_count, shown = count;
	char at[32];

	if (shown > SPELLED_MAX)
		shown = SPELLED_MAX;
	for (size_t i = 0; i < shown; i++) {
		text_seconds(at, sizeof at, timeline->deeds[i].at);
		fprintf(out, "%*c %8s  %s\n", MARGIN + 1, letter(i), at,
			timeline->deeds[i].what);
	}
	if (count > shown)
		fprintf(out, "%*s and %zu more\n", MARGIN + 1, "",
			count - shown);
}

void
timeline_draw(const struct timeline *timeline, FILE *out)
{
	if (timeline->end == 0)
		return;
	draw_deeds(timeline, out);
	draw_axis(timeline, out);
	for (uint32_t i = 1; i <= timeline->node_count; i++)
		draw_node(timeline, i, out);
	draw_terms(timeline, out);
	draw_acknowledged(timeline, out);
	draw_spelled(timeline, out);
}

void
timeline_draw_legend(FILE *out)
{
	fprintf(out, "%s %s   %s %s   %s %s   %s %s   %s %s   (blank) %s   "
		"= acks writes\n",
		signs[STATE_LEADER].sign, signs[STATE_LEADER].meaning,
		signs[STATE_ALONE].sign, signs[STATE_ALONE].meaning,
		signs[STATE_CANDIDATE].sign, signs[STATE_CANDIDATE].meaning,
		signs[STATE_FOLLOWER].sign, signs[STATE_FOLLOWER].meaning,
		signs[STATE_PAUSED].sign, signs[STATE_PAUSED].meaning,
		signs[STATE_DOWN].meaning);
}

/*
 * A timeline as text.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/terminal/picture.h"

#include <string.h>

#define COLUMNS 80
#define MARGIN 6
/** Letters for what was done: a to z, then A to Z. */
#define LETTERS_MAX 52
/** Of these, so many are spelled out below. */
#define SPELLED_MAX 16

static const struct {
	const char *sign;
	const char *meaning;
} signs[] = {
	[RAFT_SCENARIO_DOWN] = { " ", "down" },
	[RAFT_SCENARIO_PAUSED] = { "z", "paused" },
	[RAFT_SCENARIO_FOLLOWER] = { "\u00b7", "follows" },
	[RAFT_SCENARIO_CANDIDATE] = { "?", "campaigns" },
	[RAFT_SCENARIO_ALONE] = { "\u2592", "leads no majority" },
	[RAFT_SCENARIO_LEADER] = { "\u2588", "leads" },
};

static uint64_t
column_us(const struct timeline *timeline)
{
	return timeline_column_us(timeline, COLUMNS);
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

static void
draw_axis(const struct timeline *timeline, FILE *out)
{
	char row[COLUMNS + 16], label[16];
	uint64_t step = timeline_tick_us(column_us(timeline), 9);
	size_t column;

	memset(row, ' ', sizeof row);
	for (uint64_t at = 0; at < timeline->end; at += step) {
		column = column_of(timeline, at);
		timeline_tick_text(label, sizeof label, at, step);
		row[column] = '|';
		memcpy(row + column + 1, label, strlen(label));
	}
	draw_row(out, "", row, sizeof row);
}

static void
draw_node(const struct timeline *timeline, uint32_t node, FILE *out)
{
	struct timeline_cursor cursor = {
		.timeline = timeline,
		.node = node,
		.column_us = column_us(timeline),
	};
	char label[16];

	snprintf(label, sizeof label, "n%u", node);
	draw_label(out, label);
	while (cursor.begin < timeline->end)
		fputs(signs[timeline_next_column(&cursor)].sign, out);
	fputc('\n', out);
}

/* The highest term: each new one where it began, if there is room; else the
 * newest one where there is room again. */
static void
draw_terms(const struct timeline *timeline, FILE *out)
{
	char row[COLUMNS + 24];
	const struct timeline_changes *terms = &timeline->terms;
	size_t next = 0, free_column = 0;
	uint64_t shown = 0, term = 0;

	memset(row, ' ', sizeof row);
	for (size_t column = 0; column < COLUMNS; column++) {
		for (; next < terms->count &&
		       column_of(timeline, terms->of[next].at) == column;
		     next++) {
			if (terms->of[next].value > term)
				term = terms->of[next].value;
		}
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
		timeline_seconds(at, sizeof at, timeline->deeds[i].at);
		fprintf(out, "%*c %8s  %s\n", MARGIN + 1, letter(i), at,
			timeline->deeds[i].what);
	}
	if (count > shown)
		fprintf(out, "%*s and %zu more\n", MARGIN + 1, "",
			count - shown);
}

void
picture_draw(const struct timeline *timeline, FILE *out)
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
picture_draw_legend(FILE *out)
{
	fprintf(out,
		"%s %s   %s %s   %s %s   %s %s   %s %s   (blank) %s   "
		"= acks writes\n",
		signs[RAFT_SCENARIO_LEADER].sign,
		signs[RAFT_SCENARIO_LEADER].meaning,
		signs[RAFT_SCENARIO_ALONE].sign,
		signs[RAFT_SCENARIO_ALONE].meaning,
		signs[RAFT_SCENARIO_CANDIDATE].sign,
		signs[RAFT_SCENARIO_CANDIDATE].meaning,
		signs[RAFT_SCENARIO_FOLLOWER].sign,
		signs[RAFT_SCENARIO_FOLLOWER].meaning,
		signs[RAFT_SCENARIO_PAUSED].sign,
		signs[RAFT_SCENARIO_PAUSED].meaning,
		signs[RAFT_SCENARIO_DOWN].meaning);
}

/*
 * A timeline: what each node was, over the time of one run, for a person.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is recorded while the run goes on and drawn when its length is known: as
 * text (picture.h) or on a page (lanes.h). Both divide its time into columns
 * and show what happened within each.
 */
#ifndef OUTRIGGER_COMPARE_TIMELINE_H
#define OUTRIGGER_COMPARE_TIMELINE_H

#include "assists/scenario/scenario.h"

/** One change: a node's state, or its term. */
struct timeline_change {
	uint64_t at;
	uint32_t node;
	uint64_t value;
};

struct timeline_changes {
	struct timeline_change *of;
	size_t count;
};

/** What was done to the cluster at one instant. */
struct timeline_deed {
	uint64_t at;
	/** The first of the statements. */
	int line;
	char *what;
};

/** From the first to the second instant a write waited in vain. */
struct timeline_outage {
	uint64_t from;
	uint64_t to;
};

/** What became of one statement that asks, over all times it was asked. */
struct timeline_answer {
	int line;
	/** As it was written. */
	char *statement;
	size_t held;
	size_t failed;
	/** What was found the first time it failed, else the last time. */
	char *found;
};

struct timeline {
	uint32_t node_count;
	/** Outages that are longer are recorded. */
	uint64_t election_us;
	uint64_t end;
	/** Where its axis ends: later, beside a longer one. */
	uint64_t axis_end;
	struct timeline_changes states;
	struct timeline_changes terms;
	/** Instants at which writes were acknowledged, and marks were set. */
	struct timeline_changes acknowledged;
	struct timeline_changes marks;
	struct timeline_deed *deeds;
	size_t deed_count;
	struct timeline_outage *outages;
	size_t outage_count;
	/** Ordered by line. */
	struct timeline_answer *answers;
	size_t answer_count;
	/** A write waits, and since when in vain. */
	bool waits;
	uint64_t waits_since;
};

/* -------------------------------------------------------------- recording */

struct timeline *timeline_create(uint32_t node_count, uint64_t election_us);
void timeline_destroy(struct timeline *timeline);

/** An event of the run; the context is the timeline. */
void timeline_record(void *context, const struct raft_scenario_event *event);

/* ---------------------------------------------------------------- columns */

/** The width of one of so many columns: rounded up, so that the end of the axis
 *  is within the last one. */
uint64_t timeline_column_us(const struct timeline *timeline, size_t columns);

/** A step for the axis, 1, 2 or 5 times a power of ten, of which each is at
 *  least `columns` columns wide. */
uint64_t timeline_tick_us(uint64_t column_us, size_t columns);

/** "3s" or "0.25s". */
void timeline_tick_text(char *text, size_t size, uint64_t at, uint64_t tick_us);

/** "12.34s". */
void timeline_seconds(char *text, size_t size, uint64_t us);

/** Goes through the changes of one node, column by column. */
struct timeline_cursor {
	const struct timeline *timeline;
	uint32_t node;
	uint64_t column_us;
	/** The column that comes next. */
	uint64_t begin;
	size_t next;
	enum raft_scenario_state state;
};

/** To be begun with only the first three members set. What the node was within
 *  the next column: a candidate if it became one, since that is short and yet
 *  what one looks for; else what it was for longest. */
enum raft_scenario_state timeline_next_column(struct timeline_cursor *cursor);

#endif

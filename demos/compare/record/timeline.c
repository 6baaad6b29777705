/*
 * What is recorded of one run, and what was within a column of its time.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/record/grown.h"

/* -------------------------------------------------------------- recording */

static char *
copied(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

static void
record(struct timeline_changes *changes, uint64_t now, uint32_t node,
       uint64_t value)
{
	changes->of = grown(changes->of, changes->count, sizeof *changes->of);
	changes->of[changes->count++] =
	    (struct timeline_change){ now, node, value };
}

struct timeline *
timeline_create(uint32_t node_count, uint64_t election_us)
{
	struct timeline *timeline = calloc(1, sizeof *timeline);

	if (timeline == NULL)
		abort();
	timeline->node_count = node_count;
	timeline->election_us = election_us;
	return timeline;
}

void
timeline_destroy(struct timeline *timeline)
{
	if (timeline == NULL)
		return;
	for (size_t i = 0; i < timeline->deed_count; i++)
		free(timeline->deeds[i].what);
	for (size_t i = 0; i < timeline->answer_count; i++) {
		free(timeline->answers[i].statement);
		free(timeline->answers[i].found);
	}
	free(timeline->deeds);
	free(timeline->outages);
	free(timeline->answers);
	free(timeline->states.of);
	free(timeline->terms.of);
	free(timeline->acknowledged.of);
	free(timeline->marks.of);
	free(timeline);
}

/* The stretch in which a write waited ends now. */
static void
end_waiting(struct timeline *timeline, uint64_t now)
{
	if (!timeline->waits ||
	    now - timeline->waits_since <= timeline->election_us)
		return;
	timeline->outages = grown(timeline->outages, timeline->outage_count,
				  sizeof *timeline->outages);
	timeline->outages[timeline->outage_count++] =
	    (struct timeline_outage){ timeline->waits_since, now };
}

static void
writes(struct timeline *timeline, uint64_t now, bool acknowledged, bool waits)
{
	if (acknowledged)
		record(&timeline->acknowledged, now, 0, 1);
	if (acknowledged || !waits)
		end_waiting(timeline, now);
	if (acknowledged || !timeline->waits)
		timeline->waits_since = now;
	timeline->waits = waits;
}

/* What is done at one instant is one deed. */
static void
did(struct timeline *timeline, uint64_t now, int line, const char *what)
{
	struct timeline_deed *last = NULL;
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
	timeline->deeds[timeline->deed_count++] =
	    (struct timeline_deed){ now, line, copied(what) };
}

/* Where that line is or belongs. */
static size_t
answer_place(const struct timeline *timeline, int line)
{
	size_t place = timeline->answer_count;

	while (place > 0 && timeline->answers[place - 1].line >= line)
		place--;
	return place;
}

static struct timeline_answer *
answer_for(struct timeline *timeline, int line, const char *statement)
{
	size_t place = answer_place(timeline, line);
	struct timeline_answer *answer;

	if (place < timeline->answer_count &&
	    timeline->answers[place].line == line)
		return &timeline->answers[place];
	timeline->answers = grown(timeline->answers, timeline->answer_count,
				  sizeof *timeline->answers);
	answer = &timeline->answers[place];
	memmove(answer + 1, answer,
		(timeline->answer_count++ - place) * sizeof *answer);
	*answer = (struct timeline_answer){ .line = line,
					    .statement = copied(statement) };
	return answer;
}

static void
answered(struct timeline *timeline, const struct raft_scenario_event *event)
{
	struct timeline_answer *answer =
	    answer_for(timeline, event->line, event->text);

	if (answer->failed == 0) {
		free(answer->found);
		answer->found = copied(event->found);
	}
	answer->held += event->held;
	answer->failed += !event->held;
}

void
timeline_record(void *context, const struct raft_scenario_event *event)
{
	struct timeline *timeline = context;

	switch (event->kind) {
	case RAFT_SCENARIO_STATE:
		record(&timeline->states, event->at, event->node,
		       (uint64_t)event->state);
		break;
	case RAFT_SCENARIO_TERM:
		record(&timeline->terms, event->at, event->node, event->term);
		break;
	case RAFT_SCENARIO_WRITES:
		writes(timeline, event->at, event->acknowledged, event->waits);
		break;
	case RAFT_SCENARIO_DEED:
		did(timeline, event->at, event->line, event->text);
		break;
	case RAFT_SCENARIO_ANSWER:
		answered(timeline, event);
		break;
	case RAFT_SCENARIO_MARK:
		record(&timeline->marks, event->at, 0, 0);
		break;
	case RAFT_SCENARIO_END:
		end_waiting(timeline, event->at);
		timeline->end = event->at;
		timeline->axis_end = event->at;
		break;
	}
}

/* ---------------------------------------------------------------- columns */

uint64_t
timeline_column_us(const struct timeline *timeline, size_t columns)
{
	return timeline->axis_end / columns + 1;
}

uint64_t
timeline_tick_us(uint64_t column_us, size_t columns)
{
	static const uint64_t factors[] = { 2, 5, 10 };
	uint64_t step = 10000, power = 10000;

	for (size_t i = 0; step / column_us < columns; i++) {
		step = power * factors[i % 3];
		if (i % 3 == 2)
			power *= 10;
	}
	return step;
}

void
timeline_tick_text(char *text, size_t size, uint64_t at, uint64_t tick_us)
{
	if (tick_us % 1000000 == 0)
		snprintf(text, size, "%llus",
			 (unsigned long long)(at / 1000000));
	else
		snprintf(text, size, "%llu.%02llus",
			 (unsigned long long)(at / 1000000),
			 (unsigned long long)(at % 1000000 / 10000));
}

void
timeline_seconds(char *text, size_t size, uint64_t us)
{
	unsigned long long hundredths = us / 10000;

	snprintf(text, size, "%llu.%02llus", hundredths / 100,
		 hundredths % 100);
}

enum raft_scenario_state
timeline_next_column(struct timeline_cursor *cursor)
{
	const struct timeline_changes *states = &cursor->timeline->states;
	uint64_t spent[RAFT_SCENARIO_STATES] = { 0 }, at = cursor->begin;
	uint64_t end = cursor->begin + cursor->column_us;
	enum raft_scenario_state longest = RAFT_SCENARIO_DOWN;
	const struct timeline_change *change;
	bool asked = false;

	for (; cursor->next < states->count; cursor->next++) {
		change = &states->of[cursor->next];
		if (change->at >= end)
			break;
		if (change->node != cursor->node)
			continue;
		spent[cursor->state] += change->at - at;
		at = change->at;
		cursor->state = (enum raft_scenario_state)change->value;
		asked |= cursor->state == RAFT_SCENARIO_CANDIDATE;
	}
	spent[cursor->state] += end - at;
	cursor->begin = end;
	for (size_t i = 0; i < RAFT_SCENARIO_STATES; i++) {
		if (spent[i] > spent[longest])
			longest = (enum raft_scenario_state)i;
	}
	return asked ? RAFT_SCENARIO_CANDIDATE : longest;
}

/*
 * A stretch of a run, and its messages.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/stretch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/record/grown.h"

/** As many messages that do not go on all the time are enough. */
#define TELLING_MAX 24
/** At the least, of appends and their answers. */
#define ROUTINE_MIN 16

/* --------------------------------------------------------------- choosing */

/* The first message from then on that does not go on all the time; UINT64_MAX:
 * none. */
static uint64_t
first_telling(const struct traffic *traffic, uint64_t from)
{
	for (size_t i = 0; i < traffic->count; i++) {
		if (traffic->of[i].sent >= from && traffic->of[i].is_telling)
			return traffic->of[i].sent;
	}
	return UINT64_MAX;
}

static uint64_t
first_change(const struct timeline *timeline, uint64_t from)
{
	for (size_t i = 0; i < timeline->states.count; i++) {
		if (timeline->states.of[i].at >= from)
			return timeline->states.of[i].at;
	}
	return UINT64_MAX;
}

/* When something was done to the cluster for the first time. */
static uint64_t
first_deed(const struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->deed_count; i++) {
		if (timeline->deeds[i].at > 0)
			return timeline->deeds[i].at;
	}
	return 0;
}

/* With a little of what was before. */
static struct span
span_at(const struct timeline *timeline, uint64_t at, uint64_t length)
{
	uint64_t before = timeline->election_us / 5;

	at = at > before ? at - before : 0;
	return (struct span){ at, at + before + length };
}

/* One that is not over after three timeouts goes on as it has begun. */
static bool
outage_span(const struct timeline *timeline, struct span *span)
{
	uint64_t from = first_deed(timeline), length;
	uint64_t timeout = timeline->election_us;
	const struct timeline_outage *outage;

	for (size_t i = 0; i < timeline->outage_count; i++) {
		outage = &timeline->outages[i];
		if (outage->to <= from)
			continue;
		from = outage->from > from ? outage->from : from;
		length = outage->to - from + timeout / 5;
		*span = span_at(timeline, from,
				length > 3 * timeout ? 2 * timeout : length);
		return true;
	}
	return false;
}

struct span
stretch_about(const struct run *run)
{
	const struct timeline *timeline = run->timeline;
	uint64_t done = first_deed(timeline), at, changed;
	struct span span;

	if (outage_span(timeline, &span))
		return span;
	at = first_telling(run->traffic, done);
	changed = first_change(timeline, done);
	at = changed < at ? changed : at;
	return span_at(timeline, at == UINT64_MAX ? done : at,
		       2 * timeline->election_us);
}

/* How often a statement had been carried out before that deed. */
static size_t
times_before(const struct timeline *timeline, size_t deed)
{
	size_t times = 0;

	for (size_t i = 0; i < deed; i++)
		times += timeline->deeds[i].line == timeline->deeds[deed].line;
	return times;
}

/* When the same was done in another run; NULL: it was not. */
static const struct timeline_deed *
same_deed(const struct timeline *timeline, size_t deed,
	  const struct timeline *other)
{
	for (size_t i = 0; i < other->deed_count; i++) {
		if (other->deeds[i].line == timeline->deeds[deed].line &&
		    times_before(other, i) == times_before(timeline, deed))
			return &other->deeds[i];
	}
	return NULL;
}

/* That span of another run, as long after the same thing was done in this one. */
static struct span
same_span(const struct timeline *timeline, const struct timeline *other,
	  const struct span *span)
{
	uint64_t at = span->from + other->election_us / 5, later;
	const struct timeline_deed *same = NULL;
	size_t deed = other->deed_count;

	while (deed > 0 && same == NULL) {
		if (other->deeds[--deed].at <= at)
			same = same_deed(other, deed, timeline);
	}
	if (same == NULL)
		return *span;
	/* Wraps where it was earlier, and back. */
	later = same->at - other->deeds[deed].at;
	return (struct span){ span->from + later, span->to + later };
}

struct span
stretch_beside(const struct run *run, const struct run *other,
	       const struct span *span)
{
	struct span same = same_span(run->timeline, other->timeline, span);
	uint64_t far = 2 * run->timeline->election_us;
	struct span outage;

	if (outage_span(run->timeline, &outage) &&
	    outage.from < same.to + far && same.from < outage.to + far)
		return outage;
	return same;
}

/* ---------------------------------------------------------------- finding */

/** A round of appends, or how often the messages of one were met. */
struct round {
	uint32_t leader;
	uint64_t term;
	uint64_t at;
	bool is_shown;
};

struct rounds {
	struct round *of;
	size_t count;
};

static struct round *
round_of(const struct rounds *rounds, const struct traffic_message *message)
{
	for (size_t i = rounds->count; i > 0; i--) {
		if (rounds->of[i - 1].leader == message->leader &&
		    rounds->of[i - 1].at == message->round)
			return &rounds->of[i - 1];
	}
	return NULL;
}

static bool
is_within(const struct span *span, const struct traffic_message *message)
{
	return message->sent >= span->from && message->sent < span->to;
}

/* No more than a person can take in. */
static void
shorten(struct span *span, const struct traffic *traffic)
{
	size_t telling = 0;

	for (size_t i = 0; i < traffic->count; i++) {
		if (!is_within(span, &traffic->of[i]) ||
		    !traffic->of[i].is_telling)
			continue;
		if (telling++ == TELLING_MAX)
			span->to = traffic->of[i].sent;
	}
}

static bool
is_first_of_leader(const struct rounds *rounds,
		   const struct traffic_message *message)
{
	for (size_t i = 0; i < rounds->count; i++) {
		if (rounds->of[i].leader == message->leader &&
		    rounds->of[i].term == message->term)
			return false;
	}
	return true;
}

static void
find_rounds(const struct stretch *stretch, const struct traffic *traffic,
	    struct rounds *rounds)
{
	const struct traffic_message *message;

	for (size_t i = 0; i < traffic->count; i++) {
		message = &traffic->of[i];
		if (!is_within(&stretch->span, message) ||
		    message->kind != TRAFFIC_APPEND ||
		    round_of(rounds, message) != NULL)
			continue;
		rounds->of =
		    grown(rounds->of, rounds->count, sizeof *rounds->of);
		rounds->of[rounds->count] =
		    (struct round){ message->leader, message->term,
				    message->round,
				    rounds->count % stretch->one_in == 0 ||
					is_first_of_leader(rounds, message) };
		rounds->count++;
	}
}

static void
count(struct stretch *stretch, const struct traffic *traffic)
{
	size_t telling = 0, routine = 0, room;

	for (size_t i = 0; i < traffic->count; i++) {
		if (!is_within(&stretch->span, &traffic->of[i]))
			continue;
		telling += traffic->of[i].is_telling;
		routine += !traffic->of[i].is_telling;
	}
	stretch->in_all = telling + routine;
	room = telling + ROUTINE_MIN < STRETCH_MESSAGES
		   ? STRETCH_MESSAGES - telling
		   : ROUTINE_MIN;
	stretch->one_in = routine <= room ? 1 : (routine + room - 1) / room;
}

void
stretch_find(struct stretch *stretch, const struct run *run,
	     const struct span *span)
{
	const struct traffic *traffic = run->traffic;
	uint64_t limit = STRETCH_TIMEOUTS * run->timeline->election_us;
	struct rounds rounds = { .count = 0 };
	const struct traffic_message *message;
	const struct round *round;

	*stretch = (struct stretch){ .span = *span };
	if (span->to - span->from > limit)
		stretch->span.to = span->from + limit;
	if (stretch->span.to > run->timeline->end)
		stretch->span.to = run->timeline->end;
	shorten(&stretch->span, traffic);
	count(stretch, traffic);
	find_rounds(stretch, traffic, &rounds);
	for (size_t i = 0; i < traffic->count; i++) {
		message = &traffic->of[i];
		if (!is_within(&stretch->span, message))
			continue;
		round = message->is_telling ? NULL : round_of(&rounds, message);
		if (!message->is_telling && (round == NULL || !round->is_shown))
			continue;
		stretch->shown = grown(stretch->shown, stretch->count,
				       sizeof(struct traffic_message *));
		stretch->shown[stretch->count++] = message;
	}
	free(rounds.of);
}

void
stretch_free(struct stretch *stretch)
{
	free(stretch->shown);
}

/* ---------------------------------------------------------------- reading */

/* A number with "s" or "ms" behind; where it ends, or NULL. */
static const char *
read_time(uint64_t *us, const char *text)
{
	char *end;
	double number;

	if (!isdigit((unsigned char)*text))
		return NULL;
	number = strtod(text, &end);
	if (number > 1e9)
		return NULL;
	if (strncmp(end, "ms", 2) == 0) {
		*us = (uint64_t)(number * 1e3 + 0.5);
		return end + 2;
	}
	*us = (uint64_t)(number * 1e6 + 0.5);
	return *end == 's' ? end + 1 : NULL;
}

bool
span_read(struct span *span, const char *text)
{
	text = read_time(&span->from, text);
	if (text == NULL || strncmp(text, "..", 2) != 0)
		return false;
	text = read_time(&span->to, text + 2);
	return text != NULL && *text == '\0' && span->from < span->to;
}

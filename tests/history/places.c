/*
 * What is known of a key's operations before the search (search.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <stdlib.h>

#include "tests/history/search.h"

bool
is_value(struct history_value one, struct history_value other)
{
	return one.is_there == other.is_there && one.number == other.number;
}

int
compare_values(struct history_value one, struct history_value other)
{
	if (one.is_there != other.is_there)
		return one.is_there ? 1 : -1;
	return one.number < other.number ? -1 : one.number > other.number;
}

bool
only_looks(const struct history_operation *operation)
{
	return operation->kind == HISTORY_GET ||
	       operation->answer == HISTORY_NO;
}

bool
overwrites(const struct history_operation *operation)
{
	return operation->kind == HISTORY_SET ||
	       (operation->kind == HISTORY_DELETE &&
		operation->answer != HISTORY_YES &&
		operation->answer != HISTORY_NO);
}

void *
allocate(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (memory == NULL)
		err(2, NULL);
	return memory;
}

/* ---------------------------------------------------------------- events */

int
compare_events(const void *left, const void *right)
{
	const struct event *one = left, *other = right;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	if (one->is_return != other->is_return)
		return one->is_return ? 1 : -1;
	return one->operation < other->operation
		   ? -1
		   : one->operation > other->operation;
}

static void
list_events(struct places *places)
{
	struct event *event;

	places->events = allocate(2 * places->count, sizeof(*event));
	event = places->events;
	for (uint32_t i = 0; i < places->count; i++) {
		const struct history_operation *operation =
		    &places->operations[i];
		bool returns = operation->answer != HISTORY_UNKNOWN;

		if (!returns && operation->kind == HISTORY_GET)
			continue;
		*event++ = (struct event){ operation->invoked_at, i, false };
		if (returns)
			*event++ =
			    (struct event){ operation->returned_at, i, true };
	}
	places->event_count = (uint32_t)(event - places->events);
	qsort(places->events, places->event_count, sizeof(*event),
	      compare_events);
}

/* ----------------------------------------------------------------- slots */

/** The slots of those that return are given on. */
static void
place_returning(struct places *places)
{
	uint32_t *spare = allocate(places->count, sizeof(*spare));
	uint32_t spares = 0;

	for (uint32_t i = 0; i < places->event_count; i++) {
		const struct event *event = &places->events[i];
		struct place *place = &places->places[event->operation];

		if (event->is_return)
			spare[spares++] = place->slot;
		else if (places->operations[event->operation].answer ==
			 HISTORY_UNKNOWN)
			continue;
		else if (spares > 0)
			place->slot = spare[--spares];
		else
			place->slot = places->returning++;
	}
	free(spare);
}

/** Those that overwrite come last, by what they make; and those that ask for the same
 *  stand together. */
static int
compare_unknown(const void *left, const void *right)
{
	const struct history_operation *one =
	    *(const struct history_operation *const *)left;
	const struct history_operation *other =
	    *(const struct history_operation *const *)right;
	int order = (overwrites(one) ? 1 : 0) - (overwrites(other) ? 1 : 0);

	if (order == 0)
		order = compare_values(one->argument, other->argument);
	if (order == 0)
		order = (int)one->kind - (int)other->kind;
	if (order == 0)
		order = compare_values(one->expected, other->expected);
	return order != 0 ? order : one < other ? -1 : 1;
}

static bool
ask_for_the_same(const struct history_operation *one,
		 const struct history_operation *other)
{
	return one->kind == other->kind &&
	       is_value(one->argument, other->argument) &&
	       is_value(one->expected, other->expected);
}

static size_t
list_unknown(const struct places *places,
	     const struct history_operation **unknown)
{
	size_t count = 0;

	for (size_t i = 0; i < places->count; i++)
		if (places->operations[i].answer == HISTORY_UNKNOWN &&
		    places->operations[i].kind != HISTORY_GET)
			unknown[count++] = &places->operations[i];
	if (count > 0)
		qsort(unknown, count, sizeof(const struct history_operation *),
		      compare_unknown);
	return count;
}

static void
place_unknown(struct places *places)
{
	const struct history_operation **unknown =
	    allocate(places->count, sizeof(const struct history_operation *));
	size_t count = list_unknown(places, unknown);

	places->made = allocate(count, sizeof(*places->made));
	places->overwriting = places->returning;
	for (uint32_t i = 0; i < count; i++) {
		struct place *place =
		    &places->places[unknown[i] - places->operations];

		place->slot = places->returning + i;
		if (i > 0 && ask_for_the_same(unknown[i - 1], unknown[i]))
			place->twin = place->slot - 1;
		if (!overwrites(unknown[i]))
			places->overwriting++;
		else
			places->made[place->slot - places->overwriting] =
			    unknown[i]->argument;
	}
	places->slots = places->returning + (uint32_t)count;
	free(unknown);
}

/* ---------------------------------------------------------------- sights */

static int
compare_sights(const void *left, const void *right)
{
	return compare_values(((const struct sight *)left)->value,
			      ((const struct sight *)right)->value);
}

/** What it makes, if it is done. False: nothing, or that depends. */
static bool
makes(const struct history_operation *operation, struct history_value *value)
{
	if (only_looks(operation) || operation->kind == HISTORY_DELETE)
		return false;
	*value = operation->kind == HISTORY_ADD ? operation->answer_value
						: operation->argument;
	return value->is_there;
}

/** The value that it must have seen. False: that can be told of none. */
static bool
sees(const struct history_operation *operation, struct history_value *value)
{
	*value = operation->answer_value;
	if (operation->kind == HISTORY_SWAP && operation->answer == HISTORY_YES)
		*value = operation->expected;
	else if (operation->kind != HISTORY_GET)
		return false;
	return operation->answer != HISTORY_UNKNOWN && value->is_there;
}

static void
merge_sights(struct places *places)
{
	struct sight *sights = places->sights;
	size_t count = 0;

	if (places->sight_count > 0)
		qsort(sights, places->sight_count, sizeof(*sights),
		      compare_sights);
	for (size_t i = 0; i < places->sight_count; i++) {
		struct sight *last = &sights[count - (count > 0 ? 1 : 0)];

		if (count == 0 || !is_value(last->value, sights[i].value)) {
			sights[count++] = sights[i];
			continue;
		}
		last->makers += sights[i].makers;
		last->seers += sights[i].seers;
		if (sights[i].last_seer > last->last_seer)
			last->last_seer = sights[i].last_seer;
	}
	places->sight_count = count;
}

static void
list_sights(struct places *places)
{
	struct sight *sight;

	places->sights = allocate(2 * places->count, sizeof(*sight));
	sight = places->sights;
	for (uint32_t i = 0; i < places->event_count; i++) {
		const struct history_operation *operation =
		    &places->operations[places->events[i].operation];
		struct history_value value;

		if (places->events[i].is_return)
			continue;
		if (operation->kind == HISTORY_ADD &&
		    operation->answer != HISTORY_VALUE)
			return;
		if (makes(operation, &value))
			*sight++ = (struct sight){ value, 1, 0, 0 };
		if (places->events[i].operation != places->suspect &&
		    sees(operation, &value))
			*sight++ = (struct sight){ value, 0, 1, i };
	}
	places->sight_count = (size_t)(sight - places->sights);
	merge_sights(places);
}

const struct sight *
places_sight(const struct places *places, struct history_value value)
{
	const struct sight sought = { .value = value };

	if (places->sight_count == 0)
		return NULL;
	return bsearch(&sought, places->sights, places->sight_count,
		       sizeof(sought), compare_sights);
}

/* ----------------------------------------------------------- what only rises */

static bool
may_lower(const struct history_operation *operation)
{
	return !only_looks(operation) && (operation->kind != HISTORY_ADD ||
					  operation->argument.number < 0);
}

static void
find_rise(struct places *places)
{
	for (uint32_t i = 0; i < places->event_count; i++) {
		const struct history_operation *operation =
		    &places->operations[places->events[i].operation];

		if (!may_lower(operation))
			continue;
		if (operation->answer == HISTORY_UNKNOWN) {
			places->rises_from = UINT32_MAX;
			return;
		}
		places->rises_from = i + 1;
	}
}

/* ------------------------------------------------------------- everything */

void
places_open(struct places *places, const struct history_operation *operations,
	    size_t count, uint32_t suspect)
{
	*places = (struct places){
		.operations = operations,
		.count = count,
		.suspect = suspect,
	};
	places->places = allocate(count, sizeof(*places->places));
	for (size_t i = 0; i < count; i++)
		places->places[i].twin = NOBODY;
	list_events(places);
	place_returning(places);
	place_unknown(places);
	list_sights(places);
	find_rise(places);
}

void
places_close(struct places *places)
{
	free(places->places);
	free(places->events);
	free(places->made);
	free(places->sights);
}

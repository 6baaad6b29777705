/*
 * Whether operations of one key are linearizable (history.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The search of Wing and Gong (1993): of the operations that are open, one is done
 * next, which is tried for each of them; and when something returns that has not been
 * done, it is too late. With Lowe's cure (2017): what comes of a state does not depend
 * on the way there, so no state is visited twice. A state is how far the invocations
 * and returns went, the value, and which of the open operations are done.
 *
 * Six rules spare most of the rest, and none of them loses an explanation:
 *
 * 1. What only looks (a get; a swap or a deletion that was answered no) is done as soon
 *    as the value is what it saw: that is in nobody's way.
 * 2. One of unknown outcome is done only for somebody who sees what it did. So it
 *    changes the value, and the next one is not one that overwrites it unseen.
 * 3. Of several unknown ones that ask for the same, the first is done first.
 * 4. What overwrites, and is overwritten unseen while it is open, need not be done: it
 *    may return if something else has overwritten the value since its invocation. So
 *    what is done before it has to be, and overwrites, is done for somebody, too.
 * 5. A value that was made once, and is seen by one that is not invoked yet, stays
 *    until then.
 * 6. Where all that is left only adds, the value does not go beyond what one that is
 *    open has seen; and an unknown one adds only up to what somebody has seen.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tests/history/search.h"

/** A state. */
struct state {
	/** The event that cannot be passed yet: a return. */
	uint32_t event;
	bool is_there;
	/** What the last one did must be seen by the next. */
	bool owes;
	int64_t number;
	/** A bit for each slot, whether its operation is done; and behind these one for
	 *  each of those that return, whether something has overwritten the value since
	 *  it was invoked. */
	uint64_t bits[];
};

/** A state on the way, and the choice that is tried next there. */
struct step {
	uint32_t state;
	uint32_t choice;
};

struct search {
	struct places places;
	/** What is open, by slot, when the first `passed` events have happened. */
	uint32_t *open;
	uint32_t passed;
	/** The first bit of those that say what was overwritten. */
	uint32_t covered;
	/** All states that were visited, `state_bytes` each, and one more, the next. */
	char *states;
	size_t state_bytes;
	size_t state_count;
	size_t state_room;
	size_t bytes_max;
	/** Their numbers and one, by hash; 0: none. A power of two. */
	uint32_t *table;
	size_t table_size;
	struct step *steps;
	size_t step_count;
	size_t step_room;
	/** The values that somebody waits for in the state of a step, if it is known of
	 *  each who waits. */
	struct history_value *wanted;
	size_t wanted_count;
	bool wants_any;
	struct history_verdict *verdict;
	/** The furthest event that a state had before it. */
	uint32_t furthest;
};

/* ------------------------------------------------------- what operations do */

static struct history_value
sum_of(struct history_value value, struct history_value added)
{
	return (struct history_value){
		.is_there = true,
		.number =
		    (int64_t)((uint64_t)value.number + (uint64_t)added.number),
	};
}

/** Do it. False: that would have been answered otherwise. */
static bool
apply(const struct history_operation *operation, struct history_value *value)
{
	const struct history_value before = *value, nil = { 0 };
	const enum history_answer answer = operation->answer;
	bool did = false;

	switch (operation->kind) {
	case HISTORY_GET:
		return answer == HISTORY_UNKNOWN ||
		       is_value(before, operation->answer_value);
	case HISTORY_SET:
		*value = operation->argument;
		return true;
	case HISTORY_ADD:
		*value = sum_of(before, operation->argument);
		return answer != HISTORY_VALUE ||
		       is_value(*value, operation->answer_value);
	case HISTORY_DELETE:
		did = before.is_there;
		*value = nil;
		break;
	case HISTORY_SWAP:
		did = is_value(before, operation->expected);
		if (did)
			*value = operation->argument;
		break;
	}
	return (answer != HISTORY_YES || did) && (answer != HISTORY_NO || !did);
}

/** Make `open` what it was when so many events had happened. */
static void
go_to(struct search *search, uint32_t passed)
{
	while (search->passed != passed) {
		bool forward = search->passed < passed;
		const struct event *event =
		    &search->places
			 .events[forward ? search->passed : search->passed - 1];

		search->open[search->places.places[event->operation].slot] =
		    event->is_return == forward ? NOBODY : event->operation;
		search->passed += forward ? 1 : -1u;
	}
}

/* --------------------------------------------------------------- states */

static struct state *
state_at(const struct search *search, size_t number)
{
	return (struct state *)(void *)(search->states +
					number * search->state_bytes);
}

static bool
has_bit(const struct state *state, uint32_t bit)
{
	return (state->bits[bit / 64] >> bit % 64 & 1) != 0;
}

static void
set_bit(struct state *state, uint32_t bit)
{
	state->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void
clear_bit(struct state *state, uint32_t bit)
{
	state->bits[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

static struct history_value
value_of(const struct state *state)
{
	return (struct history_value){ state->is_there, state->number };
}

static size_t
hash(const struct search *search, const struct state *state)
{
	const char *bytes = (const char *)state;
	uint64_t hash = 0, word;

	for (size_t i = 0; i < search->state_bytes; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return (size_t)hash;
}

/** Where in the table a state is, or belongs. */
static uint32_t *
find(const struct search *search, const struct state *state)
{
	size_t at = hash(search, state);

	for (;; at++) {
		uint32_t *entry = &search->table[at & (search->table_size - 1)];

		if (*entry == 0 || memcmp(state_at(search, *entry - 1), state,
					  search->state_bytes) == 0)
			return entry;
	}
}

static void
grow_table(struct search *search)
{
	free(search->table);
	search->table_size *= 2;
	search->table = allocate(search->table_size, sizeof(*search->table));
	for (uint32_t i = 0; i < search->state_count; i++)
		*find(search, state_at(search, i)) = i + 1;
}

static size_t
bytes_of(const struct search *search, size_t states)
{
	return states * search->state_bytes +
	       search->table_size * sizeof(*search->table) +
	       search->step_room * sizeof(*search->steps);
}

/** Room for a state behind all others. False: that is too much. */
static bool
make_room(struct search *search)
{
	if (search->state_count < search->state_room)
		return true;
	search->state_room = search->state_room * 3 / 2 + 1024;
	if (search->state_room >= UINT32_MAX ||
	    bytes_of(search, search->state_room) > search->bytes_max)
		return false;
	search->states =
	    realloc(search->states, search->state_room * search->state_bytes);
	if (search->states == NULL)
		err(2, NULL);
	return true;
}

/** The state behind all others, `next`, is where the search goes on, unless it has
 *  been there. */
static void
visit(struct search *search, const struct state *next)
{
	uint32_t *entry = find(search, next);

	if (*entry != 0)
		return;
	search->state_count++;
	*entry = (uint32_t)search->state_count;
	if (2 * search->state_count > search->table_size)
		grow_table(search);
	if (search->step_count == search->step_room) {
		search->step_room = search->step_room * 3 / 2 + 1024;
		search->steps = reallocarray(search->steps, search->step_room,
					     sizeof(*search->steps));
		if (search->steps == NULL)
			err(2, NULL);
	}
	search->steps[search->step_count++] =
	    (struct step){ (uint32_t)search->state_count - 1, 0 };
}

/* ------------------------------------------------------------ the search */

/** The operation that is open in a slot and not done yet, or NULL. */
static const struct history_operation *
undone(const struct search *search, const struct state *state, uint32_t slot)
{
	if (search->open[slot] == NOBODY || has_bit(state, slot))
		return NULL;
	return &search->places.operations[search->open[slot]];
}

static const struct place *
place_at(const struct search *search, uint32_t event)
{
	return &search->places.places[search->places.events[event].operation];
}

/** (Rule 1.) */
static void
look(const struct search *search, struct state *state, uint32_t slot)
{
	const struct history_operation *operation = undone(search, state, slot);
	struct history_value value = value_of(state);

	if (operation == NULL || !only_looks(operation) ||
	    !apply(operation, &value))
		return;
	set_bit(state, slot);
	state->owes = false;
}

/** Go on until something returns that is not done. */
static void
advance(struct search *search, struct state *state)
{
	for (uint32_t slot = 0; slot < search->places.returning; slot++)
		look(search, state, slot);
	for (; state->event < search->places.event_count; state->event++) {
		bool is_return = search->places.events[state->event].is_return;
		uint32_t slot = place_at(search, state->event)->slot;

		if (is_return && !has_bit(state, slot))
			return;
		go_to(search, state->event + 1);
		if (is_return) {
			clear_bit(state, slot);
			clear_bit(state, search->covered + slot);
		} else if (slot < search->places.returning) {
			look(search, state, slot);
		}
	}
}

/** Remember how far it went, and with which values. */
static void
note_value(struct search *search, const struct state *state)
{
	struct history_verdict *verdict = search->verdict;

	if (state->event < search->furthest)
		return;
	if (state->event > search->furthest) {
		search->furthest = state->event;
		verdict->value_count = 0;
		verdict->has_more_values = false;
	}
	for (size_t i = 0; i < verdict->value_count; i++)
		if (is_value(verdict->values[i], value_of(state)))
			return;
	if (verdict->value_count == HISTORY_VALUES)
		verdict->has_more_values = true;
	else
		verdict->values[verdict->value_count++] = value_of(state);
}

/** Somebody who comes later must see the value as it is. (Rule 5.) */
static bool
must_stay(const struct search *search, const struct state *state)
{
	const struct sight *sight =
	    places_sight(&search->places, value_of(state));

	return sight != NULL && sight->makers == 1 && sight->seers > 0 &&
	       sight->last_seer > state->event;
}

/** The only one that makes what somebody sees has to be done. (Rule 5.) */
static bool
must_be_seen(const struct search *search,
	     const struct history_operation *operation)
{
	const struct sight *sight =
	    places_sight(&search->places, operation->argument);

	return sight != NULL && sight->makers == 1 && sight->seers > 0;
}

/** The value that one must find that is told a sum or a value. False: it is told
 *  neither. */
static bool
finds(const struct history_operation *operation, int64_t *number)
{
	*number = operation->answer_value.number;
	if (operation->answer != HISTORY_VALUE)
		return false;
	if (operation->kind == HISTORY_ADD)
		*number = (int64_t)((uint64_t)*number -
				    (uint64_t)operation->argument.number);
	return true;
}

/** Whether a value is beyond what one in another slot has found, or an unknown one has
 *  added more than any of them has. (Rule 6.) */
static bool
is_too_high(const struct search *search, const struct state *state,
	    uint32_t done, int64_t value)
{
	bool is_wanted = done < search->places.returning, has_all = true;

	if (state->event < search->places.rises_from)
		return false;
	for (uint32_t slot = 0; slot < search->places.returning; slot++) {
		const struct history_operation *operation =
		    undone(search, state, slot);
		int64_t found;

		if (operation == NULL || slot == done ||
		    search->open[slot] == search->places.suspect)
			continue;
		if (!finds(operation, &found))
			has_all = false;
		else if (found < value)
			return true;
		else
			is_wanted = true;
	}
	return !is_wanted && has_all;
}

/** Whether what is open in a slot may be done next, with this value after it. */
static bool
may_be_done(const struct search *search, const struct state *state,
	    uint32_t slot, struct history_value *value)
{
	const struct history_operation *operation = undone(search, state, slot);
	uint32_t twin;

	if (operation == NULL || only_looks(operation) ||
	    (state->owes && overwrites(operation)))
		return false;
	twin = search->places.places[search->open[slot]].twin;
	if (twin != NOBODY && !has_bit(state, twin))
		return false;
	*value = value_of(state);
	if (!apply(operation, value))
		return false;
	if (is_value(value_of(state), *value))
		return operation->answer != HISTORY_UNKNOWN;
	return !must_stay(search, state) &&
	       !is_too_high(search, state, slot, value->number);
}

/** What is open and overwrites has been overwritten, if it was there. (Rule 4.) */
static void
cover(const struct search *search, struct state *state)
{
	for (uint32_t slot = 0; slot < search->places.returning; slot++) {
		const struct history_operation *operation =
		    undone(search, state, slot);

		if (operation != NULL && overwrites(operation))
			set_bit(state, search->covered + slot);
	}
}

/** What is open in this slot is done. */
static void
carry_out(const struct search *search, struct state *state, uint32_t slot,
	  bool is_due, struct history_value value)
{
	const struct history_operation *operation =
	    &search->places.operations[search->open[slot]];

	state->owes = operation->answer == HISTORY_UNKNOWN ||
		      (overwrites(operation) && !is_due);
	state->is_there = value.is_there;
	state->number = value.number;
	set_bit(state, slot);
	if (slot < search->places.returning)
		clear_bit(state, search->covered + slot);
	if (overwrites(operation))
		cover(search, state);
}

/* --------------------------------------------------------------- choices */

static void
want(struct search *search, struct history_value value)
{
	search->wanted[search->wanted_count++] = value;
}

/** What has to be there for it to be done. */
static void
add_wanted(struct search *search, const struct history_operation *operation)
{
	struct history_value value = operation->answer_value;

	if (operation->kind == HISTORY_SWAP &&
	    operation->answer != HISTORY_NO) {
		want(search, operation->expected);
	} else if (operation->kind == HISTORY_GET) {
		want(search, value);
	} else if (operation->kind == HISTORY_ADD &&
		   operation->answer == HISTORY_VALUE) {
		value.number = (int64_t)((uint64_t)value.number -
					 (uint64_t)operation->argument.number);
		want(search, value);
		if (value.number == 0)
			want(search, (struct history_value){ 0 });
	} else if (!overwrites(operation)) {
		search->wants_any = true;
	}
}

/** Which values do those wait for that do not overwrite them? */
static void
list_wanted(struct search *search, const struct state *state)
{
	search->wanted_count = 0;
	search->wants_any = false;
	for (uint32_t slot = 0; slot < search->places.overwriting; slot++) {
		const struct history_operation *operation =
		    undone(search, state, slot);

		if (operation != NULL)
			add_wanted(search, operation);
	}
}

/** The first slot from this on, of those of unknown ones that overwrite, that makes
 *  this value or a greater one. */
static uint32_t
first_that_makes(const struct search *search, uint32_t slot,
		 struct history_value value)
{
	uint32_t end = search->places.slots;

	while (slot < end) {
		uint32_t middle = slot + (end - slot) / 2;

		if (compare_values(
			search->places
			    .made[middle - search->places.overwriting],
			value) < 0)
			slot = middle + 1;
		else
			end = middle;
	}
	return slot;
}

/** The first slot from this on that makes what somebody wants. (Rule 2.) */
static uint32_t
next_wanted(const struct search *search, uint32_t slot)
{
	uint32_t next = search->places.slots;

	if (search->wants_any)
		return slot;
	for (size_t i = 0; i < search->wanted_count; i++) {
		struct history_value value = search->wanted[i];
		uint32_t found = first_that_makes(search, slot, value);

		if (found < next &&
		    is_value(
			search->places.made[found - search->places.overwriting],
			value))
			next = found;
	}
	return next;
}

/** Choice 0 is that what is due was overwritten, 1 that it is done, and the others
 *  that the one in a slot is done before it. Returns the next from this on that may
 *  be of use, which is `end` if there is none. */
static uint32_t
next_choice(struct search *search, const struct state *state, uint32_t choice,
	    uint32_t end)
{
	uint32_t overwriting = search->places.overwriting + 2;

	if (choice < overwriting)
		return choice;
	if (state->owes)
		return end;
	list_wanted(search, state);
	return next_wanted(search, choice - 2) + 2;
}

/** One choice of a state, if it can be made: the next state. */
static bool
is_chosen(const struct search *search, const struct state *state,
	  struct state *next, uint32_t choice)
{
	uint32_t due = place_at(search, state->event)->slot;
	uint32_t slot = choice < 2 ? due : choice - 2;
	struct history_value value;

	if (choice == 0 &&
	    (state->owes || !has_bit(state, search->covered + due) ||
	     must_be_seen(search,
			  &search->places.operations[search->open[due]])))
		return false;
	if (choice > 0 && ((choice > 1 && slot == due) ||
			   !may_be_done(search, state, slot, &value)))
		return false;
	memcpy(next, state, search->state_bytes);
	if (choice == 0)
		set_bit(next, due);
	else
		carry_out(search, next, slot, choice == 1, value);
	return true;
}

/** The last step goes on by a choice, or is over. */
static void
try_choices(struct search *search)
{
	struct step *step = &search->steps[search->step_count - 1];
	const struct state *state = state_at(search, step->state);
	struct state *next = state_at(search, search->state_count);
	uint32_t end = search->places.slots + 2;

	go_to(search, state->event);
	while ((step->choice = next_choice(search, state, step->choice, end)) <
	       end) {
		if (!is_chosen(search, state, next, step->choice++))
			continue;
		advance(search, next);
		note_value(search, next);
		visit(search, next);
		return;
	}
	search->step_count--;
}

static enum history_finding
find_order(struct search *search)
{
	if (!make_room(search))
		return HISTORY_GAVE_UP;
	memset(search->states, 0, search->state_bytes);
	advance(search, state_at(search, 0));
	note_value(search, state_at(search, 0));
	visit(search, state_at(search, 0));
	while (search->furthest < search->places.event_count) {
		if (search->step_count == 0)
			return HISTORY_NOT_LINEARIZABLE;
		if (!make_room(search))
			return HISTORY_GAVE_UP;
		try_choices(search);
	}
	return HISTORY_LINEARIZABLE;
}

static void
open_search(struct search *search)
{
	uint32_t slots = search->places.slots;

	search->open = allocate(slots, sizeof(*search->open));
	for (uint32_t i = 0; i < slots; i++)
		search->open[i] = NOBODY;
	search->covered = (slots + 63) / 64 * 64;
	search->state_bytes =
	    sizeof(struct state) +
	    (search->covered + search->places.returning + 63) / 64 *
		sizeof(uint64_t);
	search->table_size = 1024;
	search->table = allocate(search->table_size, sizeof(*search->table));
	search->wanted = allocate(2 * slots, sizeof(*search->wanted));
}

static void
close_search(struct search *search)
{
	places_close(&search->places);
	free(search->open);
	free(search->states);
	free(search->table);
	free(search->steps);
	free(search->wanted);
}

struct event
search_order(const struct history_operation *operations, size_t count,
	     size_t bytes_max, uint32_t suspect,
	     struct history_verdict *verdict)
{
	struct search search = {
		.bytes_max = bytes_max,
		.verdict = verdict,
	};
	struct event stuck = { 0 };

	places_open(&search.places, operations, count, suspect);
	open_search(&search);
	verdict->value_count = 0;
	verdict->has_more_values = false;
	verdict->finding = find_order(&search);
	verdict->states += search.state_count;
	if (verdict->finding != HISTORY_LINEARIZABLE)
		stuck = search.places.events[search.furthest];
	verdict->blocked = stuck.operation;
	close_search(&search);
	return stuck;
}

/*
 * The search of search.c, and what it knows ahead (places.c).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_HISTORY_SEARCH_H
#define OUTRIGGER_TESTS_HISTORY_SEARCH_H

#include "tests/history/history.h"

/** Nothing is open in a slot. */
#define NOBODY UINT32_MAX

/** An operation is invoked or returns. */
struct event {
	uint64_t at;
	uint32_t operation;
	bool is_return;
};

/** Where an operation is found in a state. */
struct place {
	/** While it is open it has this slot alone. */
	uint32_t slot;
	/** The slot of an unknown one before it that asks for the same, or NOBODY. */
	uint32_t twin;
};

/** Who makes a value, and who sees it. */
struct sight {
	struct history_value value;
	/** Operations that can have made it. */
	uint32_t makers;
	/** Operations that must have seen it. */
	uint32_t seers;
	/** The event with which the last of these was invoked. */
	uint32_t last_seer;
};

/** What is known before the search begins. */
struct places {
	const struct history_operation *operations;
	size_t count;
	/** What this one saw rules nothing out; NOBODY: there is none. */
	uint32_t suspect;
	struct place *places;
	/** In order. Those of unknown gets are left out. */
	struct event *events;
	uint32_t event_count;
	/** Slots: of those that return; then of the unknown ones that look at what is
	 *  there; then of those that overwrite it, which rise by their value. */
	uint32_t returning;
	uint32_t overwriting;
	uint32_t slots;
	/** What those that overwrite make, and there is one more. */
	struct history_value *made;
	/** By value; none if there are operations that may make any. */
	struct sight *sights;
	size_t sight_count;
	/** From this event on the value only rises. */
	uint32_t rises_from;
};

bool is_value(struct history_value one, struct history_value other);
int compare_values(struct history_value one, struct history_value other);
int compare_events(const void *left, const void *right);

/** Whether it changes nothing, wherever it is done. */
bool only_looks(const struct history_operation *operation);

/** Whether what was there before makes no difference to it. */
bool overwrites(const struct history_operation *operation);

/** calloc that does not fail, of one more. */
void *allocate(size_t count, size_t size);

void places_open(struct places *places,
		 const struct history_operation *operations, size_t count,
		 uint32_t suspect);
void places_close(struct places *places);

/** NULL: nothing is known of this value. */
const struct sight *
places_sight(const struct places *places, struct history_value value);

/** The search. It leaves out what later answers rule out, but for that of the suspect,
 *  and so may be stuck sooner than at what cannot be explained. Returns where it was
 *  stuck, if it was; adds to the verdict's states. */
struct event search_order(const struct history_operation *operations,
			  size_t count, size_t bytes_max, uint32_t suspect,
			  struct history_verdict *verdict);

#endif

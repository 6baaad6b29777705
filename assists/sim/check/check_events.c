/*
 * Events: nothing is said again and again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/check/check.h"

static bool
is_same(const struct raft_event *one, const struct raft_event *other)
{
	return one->kind == other->kind && one->role == other->role &&
	       one->reason == other->reason && one->term == other->term &&
	       one->peer == other->peer && one->index == other->index;
}

/** Where it is noted, or will be: instead of what was told longest ago. */
static struct sim_told_event *
find(struct sim_check_events *check, const struct raft_event *event)
{
	size_t room = sizeof(check->told) / sizeof(check->told[0]);
	struct sim_told_event *oldest = &check->told[0];

	for (size_t i = 0; i < room; i++) {
		struct sim_told_event *told = &check->told[i];

		if (is_same(&told->event, event))
			return told;
		if (told->number < oldest->number)
			oldest = told;
	}
	*oldest = (struct sim_told_event){ .event = *event };
	return oldest;
}

void
sim_check_events_told(struct sim_check_events *check,
		      struct sim_verdict *verdict, uint32_t node,
		      const struct raft_event *event, uint64_t window)
{
	struct sim_told_event *told = find(check, event);
	char text[160];

	told->number = ++check->count;
	if (told->count == 0 || verdict->now - told->since > window) {
		told->since = verdict->now;
		told->count = 0;
	}
	if (++told->count <= SIM_EVENTS_SAME_MAX)
		return;
	raft_event_print(text, sizeof(text), event);
	sim_accuse(verdict, "events", "n%u says again and again: %s", node,
		   text);
}

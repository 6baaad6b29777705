/*
 * What happens next: a binary heap, ordered by time and then by making.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/world/world.h"

static bool
event_is_before(const struct sim_event *one, const struct sim_event *other)
{
	if (one->at != other->at)
		return one->at < other->at;
	return one->order < other->order;
}

void
sim_queue_push(struct sim_queue *queue, struct sim_event event)
{
	size_t at = queue->count++;

	queue->events = sim_grow(queue->events, &queue->room, queue->count,
				 sizeof(*queue->events));
	event.order = queue->next_order++;
	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (!event_is_before(&event, &queue->events[parent]))
			break;
		queue->events[at] = queue->events[parent];
		at = parent;
	}
	queue->events[at] = event;
}

const struct sim_event *
sim_queue_peek(const struct sim_queue *queue)
{
	return queue->count == 0 ? NULL : &queue->events[0];
}

struct sim_event
sim_queue_pop(struct sim_queue *queue)
{
	struct sim_event first = queue->events[0];
	struct sim_event last = queue->events[--queue->count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < queue->count &&
		    event_is_before(&queue->events[child + 1],
				    &queue->events[child]))
			child++;
		if (child >= queue->count ||
		    !event_is_before(&queue->events[child], &last))
			break;
		queue->events[at] = queue->events[child];
		at = child;
	}
	if (queue->count > 0)
		queue->events[at] = last;
	return first;
}

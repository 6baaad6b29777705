/*
 * The files that a log has. They are few: each is looked at.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/segments.h"

#include <stdlib.h>

#define ROOM_MIN 8

void
raft__segments_clear(struct segments *s)
{
	free(s->list);
	*s = (struct segments){ 0 };
}

bool
raft__segments_reserve(struct segments *s)
{
	size_t room = s->room == 0 ? ROOM_MIN : 2 * s->room;
	struct segment *grown;

	if (s->count < s->room)
		return true;
	grown = calloc(room, sizeof(*grown));
	if (grown == NULL)
		return false;
	for (size_t i = 0; i < s->count; i++)
		grown[i] = s->list[i];
	free(s->list);
	s->list = grown;
	s->room = room;
	return true;
}

void
raft__segments_add(struct segments *s, const struct segment *segment)
{
	s->list[s->count++] = *segment;
}

void
raft__segments_remove(struct segments *s, unsigned int number)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].number == number)
			s->list[i] = s->list[--s->count];
}

struct segment *
raft__segments_at(const struct segments *s, uint64_t place)
{
	struct segment *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct segment *segment = &s->list[i];

		if (segment->begin != 0 && segment->begin <= place &&
		    (found == NULL || segment->begin > found->begin))
			found = segment;
	}
	return found;
}

struct segment *
raft__segments_after(const struct segments *s, uint64_t place)
{
	struct segment *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct segment *segment = &s->list[i];

		if (segment->begin > place &&
		    (found == NULL || segment->begin < found->begin))
			found = segment;
	}
	return found;
}

struct segment *
raft__segments_spare(const struct segments *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].begin == 0)
			return &s->list[i];
	return NULL;
}

size_t
raft__segments_spares(const struct segments *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += s->list[i].begin == 0;
	return count;
}

size_t
raft__segments_drop(struct segments *s, uint64_t needed)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].begin == 0 || s->list[i].begin >= needed)
			continue;
		s->list[i].begin = 0;
		count++;
	}
	return count;
}

unsigned int
raft__segments_unused(const struct segments *s)
{
	unsigned int number = 1;

	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].number != number)
			continue;
		number++;
		i = SIZE_MAX; /* From the first on again. */
	}
	return number;
}

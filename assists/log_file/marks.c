/*
 * Rows of marks (marks.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/marks.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 8

void
raft__marks_clear(struct marks *m)
{
	free(m->list);
	*m = (struct marks){ 0 };
}

/* Where half of it is not in use any more nothing is allocated. */
static bool
has_room(struct marks *m)
{
	size_t count = m->end - m->first;
	size_t room = m->room == 0 ? ROOM_MIN : 2 * m->room;
	struct mark *grown;

	if (m->end < m->room)
		return true;
	if (count <= m->room / 2 && m->room > 0) {
		memmove(m->list, m->list + m->first, count * sizeof(*m->list));
	} else {
		grown = calloc(room, sizeof(*grown));
		if (grown == NULL)
			return false;
		for (size_t i = 0; i < count; i++)
			grown[i] = m->list[m->first + i];
		free(m->list);
		m->list = grown;
		m->room = room;
	}
	m->first = 0;
	m->end = count;
	return true;
}

bool
raft__marks_add(struct marks *m, const struct mark *mark)
{
	if (!has_room(m))
		return false;
	m->list[m->end++] = *mark;
	return true;
}

size_t
raft__marks_from(const struct marks *m, uint64_t index)
{
	size_t low = m->first, high = m->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->list[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct mark *
raft__marks_at(const struct marks *m, uint64_t index)
{
	size_t behind = raft__marks_from(m, index + 1);

	return behind > m->first ? &m->list[behind - 1] : NULL;
}

void
raft__marks_cut(struct marks *m, uint64_t index)
{
	m->end = raft__marks_from(m, index);
}

void
raft__marks_trim(struct marks *m, uint64_t index)
{
	while (m->end - m->first > 1 && m->list[m->first + 1].index <= index)
		m->first++;
}

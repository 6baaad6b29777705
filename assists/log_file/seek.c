/*
 * Finding entries (seek.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between two places that are kept, entries stand one behind the other, in records that
 * cut nothing off. What else is met there is marks of snapshots, and saves without
 * entries. Whatever is found is compared with what the catalog says of it.
 */
#include "assists/log_file/seek.h"

#include <errno.h>

#include "assists/little_endian/little_endian.h"

static uint64_t
aligned(uint64_t place)
{
	return (place + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT *
	       RECORD_ALIGNMENT;
}

/* Read its header. */
static bool
look(struct found *f, struct journal *j)
{
	const uint8_t *bytes =
	    raft__journal_peek(j, f->place, RECORD_ENTRY_BYTES);

	if (bytes == NULL)
		return false;
	f->term = get64(bytes);
	f->length = get32(bytes + 8);
	f->kind = (enum raft_entry_kind)get32(bytes + 12);
	errno = EBADMSG;
	return f->length <= RECORD_PAYLOAD_BYTES_MAX;
}

/* A record of entries begins with the one that is looked for. */
static bool
enter(struct found *f, struct journal *j, struct record *record)
{
	struct record_cursor cursor;
	struct record_save save;

	record->bytes = (uint8_t *)(uintptr_t)raft__journal_peek(
	    j, f->place, RECORD_SAVE_BYTES);
	if (record->bytes == NULL)
		return false;
	errno = EBADMSG;
	if (!raft__record_save_read(record, &save, &cursor) ||
	    (save.count > 0 && save.first != f->index))
		return false;
	f->left = save.count;
	return true;
}

/* From the beginning of a record to the next entry. */
static bool
go_to_entry(struct found *f, struct journal *j)
{
	while (f->left == 0) {
		struct record record = { .offset = f->place };
		const uint8_t *bytes =
		    raft__journal_peek(j, f->place, RECORD_HEADER_BYTES);

		if (bytes == NULL)
			return false;
		errno = EBADMSG;
		if (!raft__record_frame(&record, bytes) ||
		    record.length > j->end - f->place ||
		    (record.type != RECORD_SAVE &&
		     record.type != RECORD_SNAPSHOT))
			return false;
		if (record.type == RECORD_SAVE && !enter(f, j, &record))
			return false;
		f->place += f->left > 0 ? RECORD_SAVE_BYTES : record.length;
	}
	return true;
}

static bool
go_on(struct found *f, struct journal *j)
{
	f->index++;
	f->place += RECORD_ENTRY_BYTES + f->length;
	f->left--;
	if (f->left == 0)
		f->place = aligned(f->place);
	return go_to_entry(f, j) && look(f, j);
}

/* What was given last that is nearest before; which one that was. */
static size_t
find_nearest(const struct seek *seek, const struct catalog *c, uint64_t index,
	     uint64_t from)
{
	size_t nearest = SEEK_READERS;

	for (size_t i = 0; i < SEEK_READERS; i++) {
		const struct found *given = &seek->given[i];

		if (given->cuts != c->cuts || given->index <= from ||
		    given->index > index)
			continue;
		nearest = i;
		from = given->index;
	}
	return nearest;
}

bool
raft__seek(struct seek *seek, const struct catalog *c, struct journal *j,
	   uint64_t index, struct found *found)
{
	const struct mark *mark = raft__marks_at(&c->marks[MARK_PLACE], index);
	size_t reader = find_nearest(seek, c, index, mark->index);

	if (reader != SEEK_READERS) {
		*found = seek->given[reader];
	} else {
		*found = (struct found){ .index = mark->index,
					 .place = mark->value,
					 .left = mark->left,
					 .cuts = c->cuts };
		reader = seek->next++ % SEEK_READERS;
		if (!look(found, j))
			return false;
	}
	while (found->index < index)
		if (!go_on(found, j))
			return false;
	seek->given[reader] = *found;
	errno = EBADMSG;
	return found->term == raft__catalog_term(c, index);
}

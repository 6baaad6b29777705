/*
 * What the records add up to.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A record whose CRC is right can still be one that no log of Raft contains:
 * the caller's mistake when it is appended, a foreign hand when it is read. It
 * is refused with a sentence, never asserted.
 */
#include "assists/log_file/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "assists/crc32c/crc32c.h"

#define CAPACITY_MIN 64
#define ENTRY_OVERHEAD 16

static const char malformed[] = "has fields that do not fit its length";
static const char no_memory[] = "does not fit into memory";

static struct catalog_entry *
slot(const struct catalog *c, uint64_t index)
{
	return &c->ring[(size_t)index & (c->capacity - 1)];
}

const struct catalog_entry *
raft__catalog_entry(const struct catalog *c, uint64_t index)
{
	if (index <= c->snapshot.index || index > c->last_index)
		return NULL;
	return slot(c, index);
}

static uint64_t
last_term(const struct catalog *c)
{
	const struct catalog_entry *last;

	last = raft__catalog_entry(c, c->last_index);
	return last != NULL ? last->term : c->snapshot.term;
}

static bool
has_room(struct catalog *c, uint64_t count)
{
	uint64_t needed = c->last_index - c->snapshot.index + count;
	struct catalog grown = *c;

	if (needed <= c->capacity)
		return true;
	if (grown.capacity == 0)
		grown.capacity = CAPACITY_MIN;
	while (grown.capacity < needed)
		grown.capacity *= 2;
	grown.ring = calloc(grown.capacity, sizeof(*grown.ring));
	if (grown.ring == NULL)
		return false;
	for (uint64_t i = c->snapshot.index + 1; i <= c->last_index; i++)
		*slot(&grown, i) = *slot(c, i);
	free(c->ring);
	*c = grown;
	return true;
}

static void
forget(struct catalog *c, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last; i++)
		c->live_bytes -= ENTRY_OVERHEAD + slot(c, i)->length;
}

static void
add_entry(struct catalog *c, const struct record *record,
	  const struct raft_entry *entry)
{
	const uint8_t *data = entry->payload.data;
	size_t length = entry->payload.length;

	*slot(c, ++c->last_index) = (struct catalog_entry){
		.offset = record->offset + (uint64_t)(data - record->bytes),
		.term = entry->term,
		.length = (uint32_t)length,
		.crc = raft__crc32c(0, data, length),
		.kind = entry->kind,
	};
	c->live_bytes += ENTRY_OVERHEAD + length;
}

static const char *
take_entries(struct catalog *c, uint64_t count, struct record_cursor *cursor)
{
	struct raft_entry entry;

	if (count > 0 && cursor->index != c->last_index + 1)
		return "does not follow the last entry";
	if (!has_room(c, count))
		return no_memory;
	for (; count > 0; count--) {
		if (!raft__record_entry_read(cursor, &entry))
			return malformed;
		if (entry.term < last_term(c))
			return "has an entry whose term goes back";
		add_entry(c, cursor->record, &entry);
	}
	return raft__record_ends(cursor) ? NULL : malformed;
}

static bool
keep_base(struct catalog *c, const struct raft_stored_configuration *base)
{
	void *bytes = malloc(base->length + 1);

	if (bytes == NULL)
		return false;
	memcpy(bytes, base->bytes, base->length);
	free((void *)(uintptr_t)c->base.bytes);
	c->base = *base;
	c->base.bytes = bytes;
	return true;
}

/* Begin behind a snapshot, with nothing. */
static void
begin_behind(struct catalog *c, struct raft_entry_id snapshot)
{
	forget(c, c->snapshot.index + 1, c->last_index);
	c->last_index = snapshot.index;
	c->snapshot = snapshot;
}

static const char *
take_reset(struct catalog *c, const struct record_snapshot *snapshot)
{
	if (snapshot->id.index <= c->snapshot.index)
		return "begins behind a snapshot that is no newer";
	if (snapshot->id.term < c->snapshot.term)
		return "begins behind a snapshot of an older term";
	if (!keep_base(c, &snapshot->configuration))
		return no_memory;
	begin_behind(c, snapshot->id);
	return NULL;
}

static const char *
take_save(struct catalog *c, const struct record *record)
{
	struct record_save save;
	struct record_cursor cursor;
	const char *wrong = NULL;

	if (!raft__record_save_read(record, &save, &cursor))
		return malformed;
	if (save.term < c->term)
		return "has a term that goes back";
	if (save.term == c->term && c->vote.id != 0 &&
	    (save.vote.id != c->vote.id ||
	     save.vote.incarnation != c->vote.incarnation))
		return "changes the vote within a term";
	if (record->type == RECORD_RESET)
		wrong = take_reset(c, &save.snapshot);
	if (wrong != NULL)
		return wrong;
	if (save.truncate_from != 0 && save.truncate_from <= c->snapshot.index)
		return "drops entries that a snapshot stands for";
	c->term = save.term;
	c->vote = save.vote;
	if (save.truncate_from != 0 && save.truncate_from <= c->last_index) {
		forget(c, save.truncate_from, c->last_index);
		c->last_index = save.truncate_from - 1;
	}
	return take_entries(c, save.count, &cursor);
}

static const char *
take_snapshot(struct catalog *c, const struct record *record)
{
	struct record_snapshot snapshot;
	const struct catalog_entry *entry;

	if (!raft__record_snapshot_read(record, &snapshot))
		return malformed;
	if (snapshot.id.index < c->snapshot.index)
		return "has a snapshot that goes back";
	if (!keep_base(c, &snapshot.configuration))
		return no_memory;
	entry = raft__catalog_entry(c, snapshot.id.index);
	if (entry != NULL && entry->term == snapshot.id.term) {
		forget(c, c->snapshot.index + 1, snapshot.id.index);
		c->snapshot = snapshot.id;
	} else {
		/* Another history than the snapshot's: none of it counts. */
		begin_behind(c, snapshot.id);
	}
	return NULL;
}

const char *
raft__catalog_take(struct catalog *c, const struct record *record)
{
	switch (record->type) {
	case RECORD_SAVE:
	case RECORD_RESET:
		return take_save(c, record);
	case RECORD_SNAPSHOT:
		return take_snapshot(c, record);
	default:
		return "is of a newer version's type: use that version";
	}
}

void
raft__catalog_clear(struct catalog *c)
{
	free((void *)(uintptr_t)c->base.bytes);
	free(c->ring);
	*c = (struct catalog){0};
}

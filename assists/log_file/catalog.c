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

#define CAPACITY_MIN 64

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
	if (index <= c->before || index > c->last_index)
		return NULL;
	return slot(c, index);
}

static bool
has_room(struct catalog *c, uint64_t count)
{
	uint64_t needed = c->last_index - c->before + count;
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
	for (uint64_t i = c->before + 1; i <= c->last_index; i++)
		*slot(&grown, i) = *slot(c, i);
	free(c->ring);
	*c = grown;
	return true;
}

static void
add_entry(struct catalog *c, const struct record *record,
	  const struct raft_entry *entry)
{
	const uint8_t *data = entry->payload.data;

	*slot(c, ++c->last_index) = (struct catalog_entry){
		.offset = record->offset + (uint64_t)(data - record->bytes),
		.term = entry->term,
		.length = (uint32_t)entry->payload.length,
		.kind = entry->kind,
	};
	c->last_term = entry->term;
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
		if (entry.term < c->last_term)
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
	c->before = snapshot.index;
	c->last_index = snapshot.index;
	c->last_term = snapshot.term;
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

/* Drop the entries from this index on, of which some may be unknown. */
static void
truncate(struct catalog *c, uint64_t index)
{
	const struct catalog_entry *last;

	c->last_index = index - 1;
	if (c->before > c->last_index)
		c->before = c->last_index;
	last = raft__catalog_entry(c, c->last_index);
	c->last_term = last != NULL ? last->term : c->snapshot.term;
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
	if (save.truncate_from != 0 && save.truncate_from <= c->last_index)
		truncate(c, save.truncate_from);
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
	entry = raft__catalog_entry(c, snapshot.id.index);
	if (snapshot.id.index > c->before &&
	    (entry == NULL || entry->term != snapshot.id.term))
		return "has a snapshot of another history";
	if (!keep_base(c, &snapshot.configuration))
		return no_memory;
	c->snapshot = snapshot.id;
	if (c->before < snapshot.id.index)
		c->before = snapshot.id.index;
	if (c->last_index == snapshot.id.index)
		c->last_term = snapshot.id.term;
	return NULL;
}

static bool
agrees(const struct catalog *c, const struct record_begin *begin)
{
	return c->term == begin->term && c->vote.id == begin->vote.id &&
	       c->vote.incarnation == begin->vote.incarnation &&
	       c->last_index == begin->last.index &&
	       c->snapshot.index == begin->snapshot.id.index &&
	       c->snapshot.term == begin->snapshot.id.term;
}

/* What it says is new if nothing stands before it. */
static const char *
take_begin(struct catalog *c, const struct record *record)
{
	struct record_begin begin;

	if (!raft__record_begin_read(record, &begin))
		return malformed;
	if (c->has_begun)
		return agrees(c, &begin) ? NULL
					 : "belies what stands before it";
	if (!keep_base(c, &begin.snapshot.configuration))
		return no_memory;
	c->has_begun = true;
	c->term = begin.term;
	c->vote = begin.vote;
	c->snapshot = begin.snapshot.id;
	c->before = begin.last.index;
	c->last_index = begin.last.index;
	c->last_term = begin.last.term;
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
	case RECORD_BEGIN:
		return take_begin(c, record);
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

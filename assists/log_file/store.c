/*
 * A journal and its catalog.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char no_memory[] = "does not fit into memory";
static const char unreadable[] = "has an entry that cannot be read back";

struct store *
raft__store_create(int directory, const struct file_header *header,
		   uint64_t segment_bytes, size_t cache_bytes)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s != NULL)
		raft__journal_init(&s->journal, directory, header,
				   segment_bytes, cache_bytes);
	return s;
}

void
raft__store_close(struct store *s)
{
	if (s == NULL)
		return;
	raft__journal_close(&s->journal);
	raft__catalog_clear(&s->catalog);
	raft__mended_clear(&s->mended);
	free(s);
}

static bool
open_record(struct store *s, struct record *record, enum record_type type,
	    size_t length)
{
	*record = (struct record){
		.type = type,
		.bytes = raft__journal_reserve(&s->journal, length),
		.offset = s->journal.end,
		.length = length,
	};
	return record->bytes != NULL;
}

/* The catalog first: what it refuses never gets near the file. */
static const char *
close_record(struct store *s, const struct record *record)
{
	const char *wrong = raft__catalog_take(&s->catalog, record);

	if (wrong != NULL)
		return wrong;
	raft__record_mark(record);
	raft__journal_append(&s->journal, record->length);
	return NULL;
}

/* ---------------------------------------------------------------- segments */

static void
write_marks(struct record *record, const struct catalog *c,
	    const struct record_begin *begin)
{
	size_t count = 0;

	for (int kind = 0; kind < MARK_KINDS; kind++)
		count += begin->outline.counts[kind];
	for (size_t n = 0; n < count; n++) {
		struct mark mark =
		    raft__catalog_outlined(c, &begin->outline, n);

		raft__record_outline_put(record, begin, n, &mark);
	}
}

const char *
raft__store_begin(struct store *s)
{
	const struct catalog *c = &s->catalog;
	struct record_begin begin = {
		.term = c->term,
		.vote = c->vote,
		.last = { c->last_index, c->last_term },
		.snapshot = { c->snapshot, c->base },
	};
	struct record record;
	const char *wrong;

	raft__catalog_outline(c, &begin.outline);
	if (!open_record(s, &record, RECORD_BEGIN,
			 raft__record_begin_length(&begin)))
		return no_memory;
	raft__record_begin_write(&record, &begin);
	write_marks(&record, c, &begin);
	wrong = close_record(s, &record);
	s->journal.begun = s->journal.end;
	return wrong;
}

/* The segment that has the first entry; 0: there are no entries. */
static uint64_t
first_needed(const struct store *s)
{
	const struct catalog *c = &s->catalog;
	uint64_t first = c->snapshot.index + 1;
	const struct mark *place;

	if (!raft__catalog_has(c, first))
		return 0;
	/* The first entry of each segment has a mark. */
	place = raft__marks_at(&c->marks[MARK_PLACE], first);
	return raft__segments_at(&s->journal.segments, place->value)->begin;
}

/* If there is no file for the next segment, this one goes on. */
static const char *
turn_if_full(struct store *s)
{
	if (!raft__journal_is_full(&s->journal) ||
	    !raft__journal_turn(&s->journal, first_needed(s)))
		return NULL;
	return raft__store_begin(s);
}

/* ----------------------------------------------------------------- records */

const char *
raft__store_save(struct store *s, const struct raft_save *save)
{
	const char *wrong = turn_if_full(s);
	struct record record;

	if (wrong != NULL)
		return wrong;
	if (!open_record(s, &record, raft__record_save_type(save),
			 raft__record_save_length(save)))
		return no_memory;
	raft__record_save_write(&record, save);
	return close_record(s, &record);
}

const char *
raft__store_append(struct store *s, const struct record *from)
{
	struct record record;

	if (!open_record(s, &record, (enum record_type)from->type,
			 from->length))
		return no_memory;
	memcpy(record.bytes, from->bytes, from->length);
	return close_record(s, &record);
}

static const char *
append_snapshot(struct store *s, const struct record_snapshot *snapshot)
{
	const char *wrong = turn_if_full(s);
	struct record record;

	if (wrong != NULL)
		return wrong;
	if (!open_record(s, &record, RECORD_SNAPSHOT,
			 raft__record_snapshot_length(snapshot)))
		return no_memory;
	raft__record_snapshot_write(&record, snapshot);
	return close_record(s, &record);
}

/* What the log has is another history than the snapshot's: none of it counts. */
static const char *
begin_behind(struct store *s, const struct record_snapshot *snapshot)
{
	const struct raft_stored_snapshot stored = {
		.last = snapshot->id,
		.configuration_index = snapshot->configuration.index,
		.configuration = snapshot->configuration.bytes,
		.configuration_length = snapshot->configuration.length,
	};
	const struct raft_save save = {
		.term = s->catalog.term,
		.vote = s->catalog.vote,
		.snapshot = &stored,
	};

	return raft__store_save(s, &save);
}

const char *
raft__store_mark(struct store *s, const struct record_snapshot *snapshot)
{
	const struct catalog *c = &s->catalog;
	uint64_t index = snapshot->id.index;

	return raft__catalog_has(c, index) &&
		       raft__catalog_term(c, index) == snapshot->id.term
		   ? append_snapshot(s, snapshot)
		   : begin_behind(s, snapshot);
}

uint64_t
raft__store_configuration(const struct store *s, uint64_t index)
{
	const struct mark *mark =
	    raft__marks_at(&s->catalog.marks[MARK_CONFIGURATION], index);

	return mark != NULL ? mark->index : 0;
}

const char *
raft__store_trim(struct store *s, struct raft_entry_id snapshot)
{
	struct record_snapshot mark = {
		.id = snapshot,
		.configuration = s->catalog.base,
	};
	uint64_t index = raft__store_configuration(s, snapshot.index);
	struct raft_entry entry = {0};
	const char *wrong;

	if (snapshot.index <= s->catalog.snapshot.index)
		return NULL;
	if (index != 0) {
		if (!raft__store_read(s, index, &entry))
			return unreadable;
		mark.configuration = (struct raft_stored_configuration){
			.index = index,
			.bytes = entry.payload.data,
			.length = entry.payload.length,
		};
	}
	wrong = raft__store_mark(s, &mark);
	raft_payload_release(&entry.payload);
	raft__mended_trim(&s->mended, s->catalog.snapshot.index);
	return wrong;
}

bool
raft__store_find(struct store *s, uint64_t index, struct found *found)
{
	return raft__seek(&s->seek, &s->catalog, &s->journal, index, found);
}

bool
raft__store_take(struct store *s, const struct found *found,
		 struct raft_entry *entry)
{
	*entry = (struct raft_entry){ .index = found->index,
				      .term = found->term,
				      .kind = found->kind };
	if (found->length == 0)
		return true;
	return raft__journal_read(&s->journal,
				  found->place + RECORD_ENTRY_BYTES,
				  found->length, &entry->payload);
}

bool
raft__store_mended(const struct store *s, uint64_t index,
		   struct raft_entry *entry)
{
	const struct raft_entry_id id = { index, raft__catalog_term(&s->catalog,
								    index) };

	return raft__mended_find(&s->mended, id, entry);
}

bool
raft__store_read(struct store *s, uint64_t index, struct raft_entry *entry)
{
	struct found found;
	int error;

	if (raft__store_find(s, index, &found) &&
	    raft__store_take(s, &found, entry))
		return true;
	error = errno;
	if (raft__store_mended(s, index, entry))
		return true;
	errno = error;
	return false;
}

uint64_t
raft__store_bytes(const struct store *s)
{
	const struct segment *first =
	    raft__segments_after(&s->journal.segments, 0);

	return s->journal.end - (first != NULL ? first->begin : STORE_BEGIN);
}

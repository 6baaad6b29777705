/*
 * A journal and its catalog.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/store.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/disk.h"

/* Of one record of a copy. */
#define COPY_ENTRIES 256
#define COPY_BYTES (1u << 20)

static const char no_memory[] = "does not fit into memory";
static const char unreadable[] = "has an entry that cannot be read back";

struct store *
raft__store_create(int fd, const struct file_header *header, size_t cache_bytes)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		close(fd);
		return NULL;
	}
	s->header = *header;
	raft__journal_init(&s->journal, fd, FILE_HEADER_BYTES, cache_bytes);
	return s;
}

void
raft__store_close(struct store *s)
{
	if (s == NULL)
		return;
	raft__journal_close(&s->journal);
	raft__catalog_clear(&s->catalog);
	free(s);
}

static bool
open_record(struct store *s, struct record *record, enum record_type type,
	    size_t length)
{
	*record = (struct record){
		.type = type,
		.offset = s->journal.end,
		.durable = s->journal.durable,
		.bytes = raft__journal_reserve(&s->journal, length),
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
	raft__record_seal(record, s->header.salt);
	raft__journal_append(&s->journal, record->length);
	return NULL;
}

const char *
raft__store_save(struct store *s, const struct raft_save *save)
{
	struct record record;

	if (!open_record(s, &record, raft__record_save_type(save),
			 raft__record_save_length(save)))
		return no_memory;
	raft__record_save_write(&record, save);
	return close_record(s, &record);
}

static const char *
append_snapshot(struct store *s, const struct record_snapshot *snapshot)
{
	struct record record;

	if (!open_record(s, &record, RECORD_SNAPSHOT,
			 raft__record_snapshot_length(snapshot)))
		return no_memory;
	raft__record_snapshot_write(&record, snapshot);
	return close_record(s, &record);
}

/* The newest configuration up to an index; 0: none among the entries. */
static uint64_t
configuration_at(const struct catalog *c, uint64_t index)
{
	const struct catalog_entry *entry;

	if (index > c->last_index)
		index = c->last_index;
	for (; (entry = raft__catalog_entry(c, index)) != NULL; index--) {
		if (entry->kind == RAFT_ENTRY_CONFIGURATION)
			return index;
	}
	return 0;
}

const char *
raft__store_trim(struct store *s, struct raft_entry_id snapshot)
{
	struct record_snapshot mark = {
		.id = snapshot,
		.configuration = s->catalog.base,
	};
	uint64_t index = configuration_at(&s->catalog, snapshot.index);
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
	wrong = append_snapshot(s, &mark);
	raft_payload_release(&entry.payload);
	return wrong;
}

bool
raft__store_read(struct store *s, uint64_t index, struct raft_entry *entry)
{
	const struct catalog_entry *e = raft__catalog_entry(&s->catalog, index);
	struct raft_payload *payload = &entry->payload;

	*entry = (struct raft_entry){
		.index = index, .term = e->term, .kind = e->kind};
	if (e->length == 0)
		return true;
	if (!raft__journal_read(&s->journal, e->offset, e->length, payload))
		return false;
	if (raft__crc32c(0, payload->data, payload->length) == e->crc)
		return true;
	raft_payload_release(payload);
	errno = EBADMSG;
	return false;
}

static const char *
copy_entries(struct store *to, struct store *from, uint64_t *next)
{
	struct raft_entry entries[COPY_ENTRIES];
	struct raft_save save = {
		.term = from->catalog.term,
		.vote = from->catalog.vote,
		.entries = entries,
	};
	const char *wrong = NULL;
	size_t bytes = 0;

	while (save.entry_count < COPY_ENTRIES && bytes < COPY_BYTES &&
	       *next <= from->catalog.last_index) {
		struct raft_entry *entry = &entries[save.entry_count];

		if (!raft__store_read(from, *next, entry)) {
			wrong = unreadable;
			break;
		}
		bytes += entry->payload.length;
		save.entry_count++;
		++*next;
	}
	if (wrong == NULL)
		wrong = raft__store_save(to, &save);
	for (size_t i = 0; i < save.entry_count; i++)
		raft_payload_release(&entries[i].payload);
	return wrong;
}

const char *
raft__store_copy(struct store *to, struct store *from)
{
	struct record_snapshot snapshot = {
		.id = from->catalog.snapshot,
		.configuration = from->catalog.base,
	};
	uint64_t next = from->catalog.snapshot.index + 1;
	const char *wrong = append_snapshot(to, &snapshot);

	/* At least one save, for the term and the vote. */
	do {
		if (wrong == NULL)
			wrong = copy_entries(to, from, &next);
		if (wrong == NULL && !raft__journal_write(&to->journal))
			wrong = "could not be written";
	} while (wrong == NULL && next <= from->catalog.last_index);
	return wrong;
}

bool
raft__store_seal(struct store *s)
{
	uint8_t bytes[FILE_HEADER_BYTES];

	s->header.sealed = s->journal.end;
	raft__record_header_write(bytes, &s->header);
	return raft__disk_write(s->journal.fd, bytes, sizeof(bytes),
					 0) &&
	       raft__journal_sync(&s->journal);
}

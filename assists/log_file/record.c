/*
 * The codec of the disk format: see the tables in record.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is read may be anything: every length is compared with what is there
 * before it is used, and nothing here asserts.
 */
#include "assists/log_file/record.h"

#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/owner_bytes.h"
#include "assists/little_endian/little_endian.h"

#define VERSION 3
#define VERSION_LEGACY 2
#define SAVE_BYTES RECORD_SAVE_BYTES
#define ENTRY_BYTES RECORD_ENTRY_BYTES
#define SNAPSHOT_BYTES 48
#define BEGIN_BYTES 88
/* What stands of a snapshot before its configuration. */
#define MARK_BYTES 32
/* Of an outline, before its marks, and of each of them. */
#define OUTLINE_BYTES 24
#define OUTLINE_MARK_BYTES 24
/* Of the bits that must be understood. */
#define HAS_OUTLINE 1u
#define KNOWN_BITS HAS_OUTLINE

static const uint8_t magic[8] = {'r', 'a', 'f', 't', '-', 'l', 'o', 'g'};

static size_t
aligned(size_t length)
{
	return (length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT *
	       RECORD_ALIGNMENT;
}

void
raft__record_header_write(uint8_t bytes[FILE_HEADER_BYTES],
			  const struct file_header *header)
{
	memcpy(bytes, magic, sizeof(magic));
	put32(bytes + 8, VERSION);
	put32(bytes + 12, header->has_outline ? HAS_OUTLINE : 0);
	put_owner(bytes + 16, &header->owner);
	put64(bytes + 48, header->begin);
	put64(bytes + 56, header->needed);
	put64(bytes + 64, header->ended);
	put32(bytes + 72, header->salt);
	put32(bytes + 76, raft__crc32c(0, bytes, 76));
}

bool
raft__record_is_legacy(const uint8_t *bytes)
{
	return memcmp(bytes, magic, sizeof(magic)) == 0 &&
	       get32(bytes + 8) <= VERSION_LEGACY;
}

const char *
raft__record_header_read(const uint8_t bytes[FILE_HEADER_BYTES],
			 struct file_header *header)
{
	if (memcmp(bytes, magic, sizeof(magic)) != 0)
		return "is not a log";
	if (get32(bytes + 76) != raft__crc32c(0, bytes, 76))
		return "has a damaged header";
	if (get32(bytes + 8) != VERSION || (get32(bytes + 12) & ~KNOWN_BITS) != 0)
		return "was written by a newer version: use that one";
	get_owner(bytes + 16, &header->owner);
	header->begin = get64(bytes + 48);
	header->needed = get64(bytes + 56);
	header->ended = get64(bytes + 64);
	header->salt = get32(bytes + 72);
	header->has_outline = (get32(bytes + 12) & HAS_OUTLINE) != 0;
	return NULL;
}

/* The bytes of a mark that stands at `at`; `configuration` follows it. */
static void
mark_write(uint8_t *at, const struct record_snapshot *snapshot)
{
	const struct raft_stored_configuration *c = &snapshot->configuration;

	put64(at, snapshot->id.index);
	put64(at + 8, snapshot->id.term);
	put64(at + 16, c->index);
	put64(at + 24, c->length);
	if (c->length > 0)
		memcpy(at + MARK_BYTES, c->bytes, c->length);
}

/* `room` bytes may belong to it. False: they are too few. */
static bool
mark_read(const uint8_t *at, size_t room, struct record_snapshot *snapshot)
{
	uint64_t length;

	if (room < MARK_BYTES)
		return false;
	length = get64(at + 24);
	if (length > room - MARK_BYTES)
		return false;
	*snapshot = (struct record_snapshot){
		.id.index = get64(at),
		.id.term = get64(at + 8),
		.configuration.index = get64(at + 16),
		.configuration.bytes = at + MARK_BYTES,
		.configuration.length = (size_t)length,
	};
	return true;
}

enum record_type
raft__record_save_type(const struct raft_save *save)
{
	return save->snapshot != NULL ? RECORD_RESET : RECORD_SAVE;
}

size_t
raft__record_save_length(const struct raft_save *save)
{
	size_t length = SAVE_BYTES;

	if (save->snapshot != NULL)
		length += MARK_BYTES + save->snapshot->configuration_length;
	for (size_t i = 0; i < save->entry_count; i++)
		length += ENTRY_BYTES + save->entries[i].payload.length;
	return aligned(length);
}

static uint8_t *
entry_write(uint8_t *at, const struct raft_entry *entry)
{
	put64(at, entry->term);
	put32(at + 8, (uint32_t)entry->payload.length);
	put32(at + 12, (uint32_t)entry->kind);
	at += ENTRY_BYTES;
	if (entry->payload.length > 0)
		memcpy(at, entry->payload.data, entry->payload.length);
	return at + entry->payload.length;
}

static uint8_t *
reset_write(uint8_t *at, const struct raft_stored_snapshot *snapshot)
{
	const struct record_snapshot mark = {
		.id = snapshot->last,
		.configuration = {
			.index = snapshot->configuration_index,
			.bytes = snapshot->configuration,
			.length = snapshot->configuration_length,
		},
	};

	mark_write(at, &mark);
	return at + MARK_BYTES + mark.configuration.length;
}

void
raft__record_save_write(struct record *record, const struct raft_save *save)
{
	uint8_t *bytes = record->bytes;
	uint8_t *at = bytes + SAVE_BYTES;

	put64(bytes + 16, save->term);
	put64(bytes + 24, save->vote.id);
	put64(bytes + 32, save->vote.incarnation);
	put64(bytes + 40, save->truncate_from);
	put64(bytes + 48, save->entry_count > 0 ? save->entries[0].index : 0);
	put64(bytes + 56, save->entry_count);
	if (save->snapshot != NULL)
		at = reset_write(at, save->snapshot);
	for (size_t i = 0; i < save->entry_count; i++)
		at = entry_write(at, &save->entries[i]);
	memset(at, 0, (size_t)(bytes + record->length - at));
}

bool
raft__record_save_read(const struct record *record, struct record_save *save,
		       struct record_cursor *cursor)
{
	const uint8_t *bytes = record->bytes;
	const struct record_snapshot *snapshot = &save->snapshot;
	size_t position = SAVE_BYTES;

	if (record->length < SAVE_BYTES)
		return false;
	*save = (struct record_save){
		.term = get64(bytes + 16),
		.vote.id = get64(bytes + 24),
		.vote.incarnation = get64(bytes + 32),
		.truncate_from = get64(bytes + 40),
		.first = get64(bytes + 48),
		.count = get64(bytes + 56),
	};
	if (record->type == RECORD_RESET) {
		if (!mark_read(bytes + SAVE_BYTES, record->length - SAVE_BYTES,
			       &save->snapshot))
			return false;
		position += MARK_BYTES + snapshot->configuration.length;
	}
	*cursor = (struct record_cursor){
		.record = record,
		.position = position,
		.index = save->first,
	};
	return save->count <= (record->length - position) / ENTRY_BYTES;
}

bool
raft__record_entry_read(struct record_cursor *cursor, struct raft_entry *entry)
{
	const uint8_t *at = cursor->record->bytes + cursor->position;
	size_t room = cursor->record->length - cursor->position;
	uint32_t length;

	if (room < ENTRY_BYTES)
		return false;
	length = get32(at + 8);
	if (length > RECORD_PAYLOAD_BYTES_MAX || length > room - ENTRY_BYTES)
		return false;
	*entry = (struct raft_entry){
		.index = cursor->index++,
		.term = get64(at),
		.kind = (enum raft_entry_kind)get32(at + 12),
		.payload = {.data = at + ENTRY_BYTES, .length = length},
	};
	cursor->position += ENTRY_BYTES + length;
	return true;
}

bool
raft__record_ends(const struct record_cursor *cursor)
{
	return aligned(cursor->position) == cursor->record->length;
}

size_t
raft__record_snapshot_length(const struct record_snapshot *snapshot)
{
	return aligned(SNAPSHOT_BYTES + snapshot->configuration.length);
}

void
raft__record_snapshot_write(struct record *record,
			    const struct record_snapshot *snapshot)
{
	uint8_t *bytes = record->bytes;

	memset(bytes + SNAPSHOT_BYTES, 0, record->length - SNAPSHOT_BYTES);
	mark_write(bytes + RECORD_HEADER_BYTES, snapshot);
}

bool
raft__record_snapshot_read(const struct record *record,
			   struct record_snapshot *snapshot)
{
	return mark_read(record->bytes + RECORD_HEADER_BYTES,
			 record->length - RECORD_HEADER_BYTES, snapshot) &&
	       raft__record_snapshot_length(snapshot) == record->length;
}

/* Where its outline stands. */
static size_t
outline_at(const struct record_begin *begin)
{
	return aligned(BEGIN_BYTES + begin->snapshot.configuration.length);
}

static uint64_t
outline_length(const struct record_outline *outline)
{
	uint64_t count = 0;

	if (!outline->is_there)
		return 0;
	for (int kind = 0; kind < MARK_KINDS; kind++)
		count += outline->counts[kind];
	return OUTLINE_BYTES + count * OUTLINE_MARK_BYTES;
}

size_t
raft__record_begin_length(const struct record_begin *begin)
{
	return outline_at(begin) + (size_t)outline_length(&begin->outline);
}

static void
outline_write(uint8_t *at, const struct record_outline *outline)
{
	put64(at, outline->first);
	for (size_t kind = 0; kind < MARK_KINDS; kind++)
		put32(at + 8 + 4 * kind, outline->counts[kind]);
	put32(at + 20, 0);
}

void
raft__record_begin_write(struct record *record, const struct record_begin *begin)
{
	uint8_t *bytes = record->bytes;

	memset(bytes + BEGIN_BYTES, 0, record->length - BEGIN_BYTES);
	put64(bytes + 16, begin->term);
	put64(bytes + 24, begin->vote.id);
	put64(bytes + 32, begin->vote.incarnation);
	put64(bytes + 40, begin->last.index);
	put64(bytes + 48, begin->last.term);
	mark_write(bytes + BEGIN_BYTES - MARK_BYTES, &begin->snapshot);
	if (begin->outline.is_there)
		outline_write(bytes + outline_at(begin), &begin->outline);
}

void
raft__record_outline_put(struct record *record, const struct record_begin *begin,
			size_t n, const struct mark *mark)
{
	uint8_t *at = record->bytes + outline_at(begin) + OUTLINE_BYTES +
		      n * OUTLINE_MARK_BYTES;

	put64(at, mark->index);
	put64(at + 8, mark->value);
	put64(at + 16, mark->left);
}

struct mark
raft__record_outline_get(const struct record_outline *outline, size_t n)
{
	const uint8_t *at = outline->marks + n * OUTLINE_MARK_BYTES;

	return (struct mark){ get64(at), get64(at + 8), get64(at + 16) };
}

static bool
outline_read(const uint8_t *at, size_t room, struct record_outline *outline)
{
	if (room < OUTLINE_BYTES)
		return room == 0;
	outline->is_there = true;
	outline->first = get64(at);
	for (size_t kind = 0; kind < MARK_KINDS; kind++)
		outline->counts[kind] = get32(at + 8 + 4 * kind);
	outline->marks = at + OUTLINE_BYTES;
	return get32(at + 20) == 0 && outline_length(outline) == room;
}

bool
raft__record_begin_read(const struct record *record, struct record_begin *begin)
{
	const uint8_t *bytes = record->bytes;
	size_t at;

	if (record->length < BEGIN_BYTES)
		return false;
	*begin = (struct record_begin){
		.term = get64(bytes + 16),
		.vote.id = get64(bytes + 24),
		.vote.incarnation = get64(bytes + 32),
		.last.index = get64(bytes + 40),
		.last.term = get64(bytes + 48),
	};
	if (!mark_read(bytes + BEGIN_BYTES - MARK_BYTES,
		       record->length - BEGIN_BYTES + MARK_BYTES,
		       &begin->snapshot))
		return false;
	at = outline_at(begin);
	return at <= record->length &&
	       outline_read(bytes + at, record->length - at, &begin->outline);
}

void
raft__record_mark(const struct record *record)
{
	put32(record->bytes, record->type);
	put32(record->bytes + 4, 0);
	put64(record->bytes + 8, record->length);
}

bool
raft__record_frame(struct record *record, const uint8_t *header)
{
	uint64_t length = get64(header + 8);

	record->type = get32(header);
	record->length = (size_t)length;
	return record->type != 0 && get32(header + 4) == 0 &&
	       length >= RECORD_HEADER_BYTES && length <= SIZE_MAX &&
	       length % RECORD_ALIGNMENT == 0;
}

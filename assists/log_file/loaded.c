/*
 * Reading a segment's file back (loaded.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/loaded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assists/disk/disk.h"

/* Of a file, at a time. */
#define WINDOW_BYTES (1u << 20)
/* What a segment begins with is seldom longer. */
#define BEGINNING_SECTORS 15

void
raft__loaded_clear(struct loaded *l)
{
	free(l->kinds);
	free(l->bytes);
	*l = (struct loaded){ 0 };
}

struct sector_place
raft__loaded_place(const struct loaded *l, size_t n)
{
	return (struct sector_place){
		.salt = l->header.salt,
		.segment = l->segment.begin,
		.begin = l->segment.begin + n * SECTOR_ROOM,
	};
}

/* One more of those that are whole. */
static bool
keep(struct loaded *l, const uint8_t sector[SECTOR_BYTES])
{
	size_t length = l->whole * SECTOR_ROOM;
	uint8_t *grown;

	if (length + SECTOR_ROOM > l->room) {
		l->room = 2 * l->room + l->window;
		grown = realloc(l->bytes, l->room);
		if (grown == NULL)
			return false;
		l->bytes = grown;
	}
	memcpy(l->bytes + length, sector + SECTOR_HEADER_BYTES, SECTOR_ROOM);
	l->whole++;
	return true;
}

static bool
take_sector(struct loaded *l, size_t n, const uint8_t sector[SECTOR_BYTES])
{
	struct sector_place place = raft__loaded_place(l, n);
	enum sector_kind kind = raft__sector_kind(sector, &place);
	uint64_t durable;

	l->kinds[n] = (uint8_t)kind;
	if (kind != SECTOR_WRITTEN)
		return true;
	durable = raft__sector_durable(sector, &place);
	if (durable > l->durable)
		l->durable = durable;
	return l->whole != n || keep(l, sector);
}

/* False: see errno. */
static bool
read_sectors(struct loaded *l, int fd, uint8_t *window)
{
	size_t used = 0, at = 0;

	for (size_t n = 0; n < l->sectors; n++, at += SECTOR_BYTES) {
		size_t left = (l->sectors - n) * SECTOR_BYTES;

		if (at == used) {
			used = left < l->window ? left : l->window;
			at = 0;
			if (!raft__disk_read(fd, window, used,
					     (n + 1) * SECTOR_BYTES))
				return false;
		}
		errno = ENOMEM;
		if (!take_sector(l, n, window + at))
			return false;
	}
	return true;
}

/* Where a file ends within a sector, that was not written. */
bool
raft__loaded_read(struct loaded *l, int fd, size_t sectors_max)
{
	uint64_t sectors = l->segment.size / SECTOR_BYTES;
	uint8_t *window;
	bool done;

	l->sectors = (size_t)sectors - (sectors > 0);
	if (l->sectors > sectors_max)
		l->sectors = sectors_max;
	l->window = l->sectors < WINDOW_BYTES / SECTOR_BYTES
			? l->sectors * SECTOR_BYTES
			: WINDOW_BYTES;
	l->whole = 0;
	free(l->kinds);
	l->kinds = malloc(l->sectors + 1);
	window = malloc(l->window + 1);
	errno = ENOMEM;
	done = window != NULL && l->kinds != NULL && read_sectors(l, fd, window);
	free(window);
	return done;
}

bool
raft__loaded_read_beginning(struct loaded *l, int fd)
{
	struct record record;

	if (!raft__loaded_read(l, fd, BEGINNING_SECTORS))
		return false;
	if (l->whole < BEGINNING_SECTORS ||
	    !raft__record_frame(&record, l->bytes) ||
	    record.length <= l->whole * SECTOR_ROOM)
		return true;
	return raft__loaded_read(l, fd, record.length / SECTOR_ROOM + 1);
}

bool
raft__loaded_has(const struct loaded *l, int fd, uint64_t place)
{
	size_t n = (size_t)((place - l->segment.begin) / SECTOR_ROOM);
	struct sector_place at = raft__loaded_place(l, n);
	uint8_t sector[SECTOR_BYTES];
	uint64_t offset = raft__sector_offset(l->segment.begin, place);

	return offset + SECTOR_BYTES <= l->segment.size &&
	       raft__disk_read(fd, sector, SECTOR_BYTES, offset) &&
	       raft__sector_kind(sector, &at) == SECTOR_WRITTEN;
}

/* How many bytes that were written there are from a place on, and where. */
static size_t
bytes_at(const struct loaded *l, uint64_t place, uint8_t **bytes)
{
	uint64_t at = place - l->segment.begin;

	*bytes = l->bytes + at;
	return (size_t)(l->whole * SECTOR_ROOM - at);
}

bool
raft__loaded_record(const struct loaded *l, uint64_t place, struct record *record)
{
	size_t room = bytes_at(l, place, &record->bytes);

	record->offset = place;
	return room >= RECORD_HEADER_BYTES &&
	       raft__record_frame(record, record->bytes) &&
	       record->length <= room;
}

bool
raft__loaded_is_born(const struct loaded *l)
{
	struct record record;

	return raft__loaded_record(l, l->segment.begin, &record);
}

/* A crash can have left these sectors, up to `end`, the first of which is not as it
 * was to be written. */
static bool
is_missing(const struct loaded *l, size_t n, size_t end)
{
	for (; n < end && n < l->sectors; n++)
		if (l->kinds[n] == SECTOR_DAMAGED)
			return false;
	return true;
}

bool
raft__loaded_is_torn(const struct loaded *l)
{
	uint8_t *bytes;
	size_t room = bytes_at(l, l->end, &bytes);
	size_t in_sector = room % SECTOR_ROOM;
	struct record record;

	if (room == 0)
		return is_missing(l, l->whole, l->whole + 1);
	if (raft__sector_is_blank(bytes, RECORD_ALIGNMENT))
		return raft__sector_is_blank(bytes, in_sector != 0
							? in_sector
							: SECTOR_ROOM);
	if (room < RECORD_HEADER_BYTES)
		return is_missing(l, l->whole, l->whole + 1);
	if (!raft__record_frame(&record, bytes))
		return false;
	return is_missing(l, l->whole,
			  l->whole + (record.length - room) / SECTOR_ROOM + 1);
}

size_t
raft__loaded_written(const struct loaded *l)
{
	size_t n = l->sectors;

	while (n > 0 && l->kinds[n - 1] != SECTOR_WRITTEN)
		n--;
	return n;
}

static bool
has_torn_record(const struct loaded *l)
{
	uint8_t *bytes;

	return bytes_at(l, l->end, &bytes) >= RECORD_ALIGNMENT &&
	       !raft__sector_is_blank(bytes, RECORD_ALIGNMENT);
}

uint64_t
raft__loaded_torn(const struct loaded *l)
{
	uint64_t written =
	    l->segment.begin + raft__loaded_written(l) * SECTOR_ROOM;

	if (written > raft__sector_next(l->end))
		return written - l->end;
	return has_torn_record(l) ? raft__sector_next(l->end) - l->end : 0;
}


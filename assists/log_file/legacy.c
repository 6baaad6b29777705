/*
 * Reading a log of the former format: see legacy.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/legacy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/disk.h"
#include "assists/disk/owner_bytes.h"
#include "assists/log_file/sector.h"

#define VERSION 2
/* Of a record. What follows it is the same in both formats. */
#define FORMER_BYTES 40
#define WINDOW_BYTES (1u << 20)

/** A part of the file in memory that moves along with the reader. */
struct window {
	int fd;
	uint32_t salt;
	/** Of the file. */
	uint64_t size;
	uint64_t begin;
	size_t used;
	size_t capacity;
	uint8_t *bytes;
	/** An errno that ended the reading; 0: none. */
	int error;
};

static bool
move_window(struct window *w, uint64_t offset, size_t length)
{
	size_t bytes = length > WINDOW_BYTES ? length : WINDOW_BYTES;

	if (bytes > w->capacity) {
		free(w->bytes);
		w->bytes = malloc(bytes);
		w->capacity = w->bytes != NULL ? bytes : 0;
	}
	w->begin = offset;
	w->used = bytes;
	if (bytes > w->size - offset)
		w->used = (size_t)(w->size - offset);
	errno = ENOMEM;
	if (w->bytes != NULL &&
	    raft__disk_read(w->fd, w->bytes, w->used, offset))
		return true;
	w->error = errno;
	w->used = 0;
	return false;
}

/* NULL: beyond the end of the file, or an error. */
static uint8_t *
window_at(struct window *w, uint64_t offset, size_t length)
{
	if (w->error != 0 || offset > w->size || length > w->size - offset)
		return NULL;
	if (offset < w->begin || offset + length > w->begin + w->used) {
		if (!move_window(w, offset, length))
			return NULL;
	}
	return w->bytes + (offset - w->begin);
}

/** A record where it stands in the file. */
struct former {
	uint64_t offset;
	uint64_t durable;
	uint32_t blanks;
	uint8_t *bytes;
	size_t length;
};

static uint64_t
sector_end(uint64_t offset)
{
	return offset / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
}

/* False: it is no record, or is damaged. */
static bool
frame(struct former *record, const uint8_t *header, uint32_t salt)
{
	uint64_t length = get64(header + 8);

	record->length = (size_t)length;
	record->durable = get64(header + 24);
	record->blanks = get32(header + 32);
	return get64(header + 16) == record->offset &&
	       record->durable <= record->offset && length >= FORMER_BYTES &&
	       length <= SIZE_MAX && length % RECORD_ALIGNMENT == 0 &&
	       get32(header + 36) == raft__crc32c(salt, header + 4, 32);
}

/* Sectors that begin behind its header and have nothing but zeros. */
static uint32_t
count_blanks(const struct former *record)
{
	uint64_t end = record->offset + record->length;
	uint64_t next, at = record->offset + FORMER_BYTES - 1;
	uint32_t blanks = 0;

	for (at = sector_end(at); at < end; at = next) {
		next = sector_end(at) < end ? sector_end(at) : end;
		blanks += raft__sector_is_blank(
		    record->bytes + (at - record->offset), (size_t)(next - at));
	}
	return blanks;
}

static bool
record_at(struct window *w, uint64_t offset, struct former *record)
{
	const uint8_t *header = window_at(w, offset, FORMER_BYTES);

	record->offset = offset;
	if (header == NULL || !frame(record, header, w->salt))
		return false;
	record->bytes = window_at(w, offset, record->length);
	return record->bytes != NULL &&
	       get32(record->bytes) == raft__crc32c(w->salt, record->bytes + 4,
						    record->length - 4);
}

/* The file is known to have been durable up to `durable` at least. */
struct extent {
	uint64_t durable;
	uint64_t end;
};

/* In the form that records have now. */
static const char *
hand_on(const struct former *former, const struct legacy *legacy)
{
	uint8_t *bytes = former->bytes + FORMER_BYTES - RECORD_HEADER_BYTES;
	struct record record = {
		.type = get32(former->bytes + 4),
		.bytes = bytes,
		.length = former->length - (size_t)(bytes - former->bytes),
	};

	return legacy->take(legacy->context, &record);
}

static bool
take_records(struct legacy *legacy, struct window *w, struct extent *extent,
	     const struct refusal *refusal)
{
	struct former record;

	*extent = (struct extent){ legacy->sealed, LEGACY_HEADER_BYTES };
	while (record_at(w, extent->end, &record)) {
		const char *wrong = hand_on(&record, legacy);

		if (wrong != NULL)
			return refuse(refusal,
				      "the record at byte %" PRIu64
				      " of its log %s. Nothing was changed",
				      record.offset, wrong);
		if (record.durable > extent->durable)
			extent->durable = record.durable;
		extent->end += record.length;
	}
	return true;
}

static bool
is_corrupt(struct window *w, const struct extent *extent)
{
	struct former record;
	uint64_t offset = extent->end;

	if (extent->durable > extent->end)
		return true;
	while (w->error == 0 && offset + FORMER_BYTES <= w->size) {
		offset += RECORD_ALIGNMENT;
		if (record_at(w, offset, &record) &&
		    record.durable > extent->end)
			return true;
	}
	return false;
}

/* What of a sector was not written: it is as it was, which is zeros. */
static bool
is_blank(struct window *w, uint64_t offset)
{
	uint64_t end = sector_end(offset);
	size_t length = (size_t)((end < w->size ? end : w->size) - offset);
	const uint8_t *bytes = window_at(w, offset, length);

	return bytes == NULL || raft__sector_is_blank(bytes, length);
}

/*
 * Whether a crash can have left what begins at `offset`, and is no whole record.
 * A header that is sound says how long its record is, and how many of its sectors
 * were to be zeros.
 */
static bool
is_torn(struct window *w, uint64_t offset)
{
	const uint8_t *header = window_at(w, offset, FORMER_BYTES);
	uint64_t next = sector_end(offset);
	struct former record = { .offset = offset };

	if (header == NULL)
		return true;
	if (!frame(&record, header, w->salt))
		return is_blank(w, offset) ||
		       (next < offset + FORMER_BYTES &&
			is_blank(w, next));
	record.bytes = window_at(w, offset, record.length);
	return record.bytes == NULL ||
	       count_blanks(&record) > record.blanks;
}

/* How far behind `end` there is something. */
static uint64_t
measure_torn(struct window *w, uint64_t end)
{
	uint64_t last = end;

	for (uint64_t at = end; at < w->size; at = sector_end(at))
		if (!is_blank(w, at))
			last = sector_end(at);
	return (last < w->size ? last : w->size) - end;
}

static bool
refuse_corrupt(const struct refusal *refusal, uint64_t offset, const char *how)
{
	return refuse(
	    refusal,
	    "the log is corrupt at byte %" PRIu64 ", %s: this server "
	    "may have forgotten what it promised. Nothing was changed. "
	    "Bring this very file back (no older copy), or remove the "
	    "server from its cluster, empty this directory, and add "
	    "it again with a new log, as another incarnation",
	    offset, how);
}

static bool
judge(struct legacy *legacy, struct window *w, const struct refusal *refusal)
{
	struct extent extent;

	if (!take_records(legacy, w, &extent, refusal))
		return false;
	if (w->error == 0 && is_corrupt(w, &extent))
		return refuse_corrupt(refusal, extent.end,
				      "which was durable once");
	if (w->error == 0 && !is_torn(w, extent.end) && w->error == 0)
		return refuse_corrupt(refusal, extent.end,
				      "and not as a crash leaves it");
	if (w->error == 0)
		legacy->torn = measure_torn(w, extent.end);
	if (w->error == 0)
		return true;
	return refuse(refusal, "the log cannot be read back: %s",
		      strerror(w->error));
}

bool
raft__legacy_read(struct legacy *legacy, const struct refusal *refusal)
{
	struct window window = { .fd = legacy->fd, .salt = legacy->salt };
	struct stat status;
	bool done;

	if (fstat(window.fd, &status) != 0)
		return refuse(refusal, "the log cannot be read back: %s",
			      strerror(errno));
	window.size = (uint64_t)status.st_size;
	done = judge(legacy, &window, refusal);
	free(window.bytes);
	return done;
}

const char *
raft__legacy_header(struct legacy *legacy,
		    const uint8_t bytes[LEGACY_HEADER_BYTES])
{
	if (get32(bytes + 60) != raft__crc32c(0, bytes, 60))
		return "has a damaged header";
	if (get32(bytes + 8) < VERSION)
		return "has a format that this version does not read any more: "
		       "run the one that wrote it, or remove the server from "
		       "its cluster and add it again with a new log";
	if (get32(bytes + 12) != 0)
		return "was written by a newer version: use that one";
	get_owner(bytes + 16, &legacy->owner);
	legacy->sealed = get64(bytes + 48);
	legacy->salt = get32(bytes + 56);
	return NULL;
}

/*
 * Reading a log back at start: see recovery.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/system/system.h"

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

static bool
record_at(struct window *w, uint64_t offset, struct record *record)
{
	const uint8_t *header = window_at(w, offset, RECORD_HEADER_BYTES);

	record->offset = offset;
	if (header == NULL || !raft__record_frame(record, header, w->salt))
		return false;
	record->bytes = window_at(w, offset, record->length);
	return record->bytes != NULL && raft__record_is_whole(record, w->salt);
}

/* The file is known to have been durable up to `durable` at least. */
struct extent {
	uint64_t durable;
	uint64_t end;
};

static bool
take_records(struct store *s, struct window *w, struct extent *extent,
	     const struct refusal *refusal)
{
	struct record record;

	*extent = (struct extent){s->header.sealed, FILE_HEADER_BYTES};
	while (record_at(w, extent->end, &record)) {
		const char *wrong = raft__catalog_take(&s->catalog, &record);

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
	struct record record;
	uint64_t offset = extent->end;

	if (extent->durable > extent->end)
		return true;
	while (w->error == 0 && offset + RECORD_HEADER_BYTES <= w->size) {
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
	uint64_t end = raft__sector_end(offset);
	size_t length = (size_t)((end < w->size ? end : w->size) - offset);
	const uint8_t *bytes = window_at(w, offset, length);

	return bytes == NULL || raft__record_is_blank(bytes, length);
}

/*
 * Whether a crash can have left what begins at `offset`, and is no whole record.
 * A header that is sound says how long its record is, and how many of its sectors
 * were to be zeros.
 */
static bool
is_torn(struct window *w, uint64_t offset)
{
	const uint8_t *header = window_at(w, offset, RECORD_HEADER_BYTES);
	uint64_t next = raft__sector_end(offset);
	struct record record = { .offset = offset };

	if (header == NULL)
		return true;
	if (!raft__record_frame(&record, header, w->salt))
		return is_blank(w, offset) ||
		       (next < offset + RECORD_HEADER_BYTES &&
			is_blank(w, next));
	record.bytes = window_at(w, offset, record.length);
	return record.bytes == NULL ||
	       raft__record_blanks(&record) > record.blanks;
}

/* How far behind `end` there is something. */
static uint64_t
measure_torn(struct window *w, uint64_t end)
{
	uint64_t last = end;

	for (uint64_t at = end; at < w->size; at = raft__sector_end(at))
		if (!is_blank(w, at))
			last = raft__sector_end(at);
	return (last < w->size ? last : w->size) - end;
}

/*
 * Write the last write again, cut off what follows, and sync. When a sync
 * fails, the kernel may mark what it could not write as clean; a new process
 * reads it back all the same, and its own sync would succeed without ever
 * writing it.
 */
static bool
make_durable(struct window *w, const struct extent *extent)
{
	uint64_t offset = extent->durable;

	while (offset < extent->end) {
		uint64_t left = extent->end - offset;
		size_t length = left < WINDOW_BYTES ? (size_t)left
						    : WINDOW_BYTES;
		const uint8_t *bytes = window_at(w, offset, length);

		if (bytes == NULL)
			return false;
		if (!raft__disk_write(w->fd, bytes, length, offset)) {
			w->error = errno;
			return false;
		}
		offset += length;
	}
	if (ftruncate(w->fd, (off_t)extent->end) == 0 && raft__system_sync(w->fd))
		return true;
	w->error = errno;
	return false;
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
judge(struct store *s, struct window *w, struct extent *extent,
      const struct refusal *refusal)
{
	if (!take_records(s, w, extent, refusal))
		return false;
	if (w->error == 0 && is_corrupt(w, extent))
		return refuse_corrupt(refusal, extent->end,
				      "which was durable once");
	if (w->error == 0 && !is_torn(w, extent->end) && w->error == 0)
		return refuse_corrupt(refusal, extent->end,
				      "and not as a crash leaves it");
	if (w->error == 0)
		s->torn = measure_torn(w, extent->end);
	return w->error == 0;
}

static bool
read_back(struct store *s, bool looks_only, const struct refusal *refusal)
{
	struct window window = {.fd = s->journal.fd, .salt = s->header.salt};
	struct extent extent;
	struct stat status;
	bool done;

	if (fstat(window.fd, &status) != 0)
		return refuse(refusal, "the log cannot be read back: %s",
			      strerror(errno));
	window.size = (uint64_t)status.st_size;
	done = judge(s, &window, &extent, refusal) &&
	       (looks_only || make_durable(&window, &extent));
	if (window.error != 0)
		refuse(refusal, "the log cannot be read back: %s",
		       strerror(window.error));
	free(window.bytes);
	if (done)
		raft__journal_init(&s->journal, window.fd, extent.end,
				   s->journal.cache_bytes);
	return done;
}

bool
raft__recover(struct store *s, const struct refusal *refusal)
{
	return read_back(s, false, refusal);
}

bool
raft__look_back(struct store *s, const struct refusal *refusal)
{
	return read_back(s, true, refusal);
}

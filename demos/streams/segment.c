/*
 * The file of a replica (segment.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is known of the file beside its bytes is found again by reading it: where each
 * epoch begins, what each producer has said last, and where some records stand.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demos/streams/segment.h"

/** Of the file, between two marks, or a record if that is longer. */
#define MARK_BYTES 16384
#define CHUNK_BYTES (4 * (RECORD_HEAD_BYTES + RECORD_TEXT_BYTES_MAX))

/** The array with room for one more: it doubles when its count is a power of two. */
static void *
grow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	array = reallocarray(array, count == 0 ? 1 : 2 * count, size);
	if (array == NULL)
		err(1, "segment");
	return array;
}

/* ------------------------------------------------------ what is known beside it */

/** The first whose id is not below this one. */
static size_t
producer_position(const struct segment *segment, uint64_t id)
{
	size_t begin = 0, end = segment->producer_count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (segment->producers[middle].id < id)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

static void
note_producer(struct segment *segment, const struct record *record)
{
	size_t at = producer_position(segment, record->producer);
	struct segment_producer *producer;

	if (at == segment->producer_count ||
	    segment->producers[at].id != record->producer) {
		segment->producers =
		    grow(segment->producers, segment->producer_count,
			 sizeof(*segment->producers));
		memmove(segment->producers + at + 1, segment->producers + at,
			(segment->producer_count++ - at) *
			    sizeof(*segment->producers));
	}
	producer = &segment->producers[at];
	*producer = (struct segment_producer){ .id = record->producer,
					       .sequence = record->sequence };
}

static void
note_epoch(struct segment *segment, const struct record *record)
{
	if (segment_last_epoch(segment) == record->epoch)
		return;
	segment->epochs = grow(segment->epochs, segment->epoch_count,
			       sizeof(*segment->epochs));
	segment->epochs[segment->epoch_count++] =
	    (struct segment_epoch){ .epoch = record->epoch,
				    .start = record->offset };
}

static void
note_mark(struct segment *segment, uint64_t position)
{
	if (segment->mark_count > 0 &&
	    position - segment->marks[segment->mark_count - 1].position <
		MARK_BYTES)
		return;
	segment->marks =
	    grow(segment->marks, segment->mark_count, sizeof(*segment->marks));
	segment->marks[segment->mark_count++] =
	    (struct segment_mark){ .offset = segment->end,
				   .position = position };
}

/** Records that stand at this position, behind all that is known. Returns the bytes of
 *  those that are sound. */
static size_t
note_records(struct segment *segment, const uint8_t *bytes, size_t length,
	     uint64_t position)
{
	size_t done = 0, more;
	struct record record;

	while ((more = record_get(bytes + done, length - done, &record)) > 0) {
		if (record.offset != segment->end ||
		    record.epoch < segment_last_epoch(segment))
			break;
		note_mark(segment, position + done);
		note_epoch(segment, &record);
		note_producer(segment, &record);
		segment->end++;
		done += more;
	}
	return done;
}

/* ------------------------------------------------------------------ the file */

static void
forget(struct segment *segment)
{
	segment->end = segment->size = 0;
	segment->epoch_count = segment->mark_count = 0;
	segment->producer_count = 0;
}

/** Learn what is in the file up to this offset, and cut off the rest. */
static void
learn(struct segment *segment, uint64_t limit)
{
	uint8_t *chunk = malloc(CHUNK_BYTES);
	ssize_t got;
	size_t done;

	if (chunk == NULL)
		err(1, "%s", segment->path);
	forget(segment);
	while ((got = pread(segment->fd, chunk, CHUNK_BYTES,
			    (off_t)segment->size)) > 0) {
		struct record record;
		size_t wanted = 0, more;

		while ((more = record_get(chunk + wanted, (size_t)got - wanted,
					  &record)) > 0 &&
		       record.offset < limit)
			wanted += more;
		done = note_records(segment, chunk, wanted, segment->size);
		segment->size += done;
		if (done == 0)
			break;
	}
	free(chunk);
	if (got < 0 || ftruncate(segment->fd, (off_t)segment->size) != 0)
		err(1, "%s", segment->path);
}

static void
sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		err(1, "%s", folder);
	close(fd);
}

struct segment *
segment_open(const char *folder, const char *name)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	off_t length;

	if (segment == NULL ||
	    asprintf(&segment->path, "%s/%s", folder, name) < 0)
		err(1, "%s/%s", folder, name);
	segment->fd = open(segment->path, O_RDWR | O_CREAT | O_CLOEXEC,
			   S_IRUSR | S_IWUSR);
	if (segment->fd < 0)
		err(1, "%s", segment->path);
	sync_folder(folder);
	length = lseek(segment->fd, 0, SEEK_END);
	learn(segment, UINT64_MAX);
	if (length != (off_t)segment->size)
		warnx("%s: cut off %lld bytes behind record %llu, which are no "
		      "whole record",
		      segment->path,
		      (long long)length - (long long)segment->size,
		      (unsigned long long)segment->end);
	/* What a process that was killed had written need not be on the disk. */
	if (fdatasync(segment->fd) != 0)
		err(1, "%s", segment->path);
	return segment;
}

void
segment_close(struct segment *segment)
{
	close(segment->fd);
	free(segment->producers);
	free(segment->marks);
	free(segment->epochs);
	free(segment->path);
	free(segment);
}

bool
segment_append(struct segment *segment, const uint8_t *bytes, size_t length)
{
	size_t sound = note_records(segment, bytes, length, segment->size);

	for (size_t done = 0; done < sound;) {
		ssize_t more = pwrite(segment->fd, bytes + done, sound - done,
				      (off_t)(segment->size + done));

		if (more < 0)
			err(1, "%s", segment->path);
		done += (size_t)more;
	}
	segment->size += sound;
	return sound == length;
}

/** Where the last mark that is not beyond the offset stands. */
static uint64_t
mark_before(const struct segment *segment, uint64_t offset)
{
	size_t begin = 0, end = segment->mark_count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (segment->marks[middle].offset <= offset)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin == 0 ? 0 : segment->marks[begin - 1].position;
}

size_t
segment_read(const struct segment *segment, uint64_t offset, uint64_t limit,
	     uint8_t *bytes, size_t room)
{
	uint64_t position = mark_before(segment, offset);
	ssize_t got = pread(segment->fd, bytes, room, (off_t)position);
	size_t skipped = 0, done = 0, more;
	struct record record;

	if (got < 0)
		err(1, "%s", segment->path);
	while ((more = record_get(bytes + done, (size_t)got - done, &record)) >
		   0 &&
	       record.offset < limit) {
		done += more;
		if (record.offset < offset)
			skipped = done;
	}
	memmove(bytes, bytes + skipped, done - skipped);
	return done - skipped;
}

size_t
segment_room(const struct segment *segment, uint64_t offset, size_t most)
{
	uint64_t room = segment->size - mark_before(segment, offset);

	return room < most ? (size_t)room : most;
}

void
segment_cut(struct segment *segment, uint64_t offset)
{
	learn(segment, offset);
}

/* ------------------------------------------------------------------- questions */

uint64_t
segment_last_epoch(const struct segment *segment)
{
	return segment->epoch_count == 0
		   ? 0
		   : segment->epochs[segment->epoch_count - 1].epoch;
}

struct segment_epoch
segment_epoch_end(const struct segment *segment, uint64_t epoch)
{
	struct segment_epoch found = { 0 };

	for (size_t i = 0; i < segment->epoch_count; i++) {
		if (segment->epochs[i].epoch > epoch) {
			found.start = segment->epochs[i].start;
			return found;
		}
		found.epoch = segment->epochs[i].epoch;
	}
	found.start = segment->end;
	return found;
}

uint64_t
segment_sequence(const struct segment *segment, uint64_t producer)
{
	size_t at = producer_position(segment, producer);

	return at < segment->producer_count &&
		       segment->producers[at].id == producer
		   ? segment->producers[at].sequence
		   : 0;
}

/*
 * A segment: the file of one replica, in which records stand one behind the other.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is appended is written, and durable only when somebody has synced it. A file
 * that cannot be written ends the process: what its disk has then nobody knows, but the
 * next start reads it.
 */
#ifndef STREAMS_SEGMENT_H
#define STREAMS_SEGMENT_H

#include "demos/streams/record.h"

/** The epoch of the records from this offset on. */
struct segment_epoch {
	uint64_t epoch;
	uint64_t start;
};

/** Where in the file a record begins; of some. */
struct segment_mark {
	uint64_t offset;
	uint64_t position;
};

/** The last that was taken of a producer. */
struct segment_producer {
	uint64_t id;
	uint64_t sequence;
};

struct segment {
	char *path;
	int fd;
	/** The offset of the next record. */
	uint64_t end;
	/** Of the file, in bytes. */
	uint64_t size;
	struct segment_epoch *epochs;
	size_t epoch_count;
	struct segment_mark *marks;
	size_t mark_count;
	/** In the order of their ids. */
	struct segment_producer *producers;
	size_t producer_count;
};

/** Open it, or make it durably. What is no record at its end, left by a crash, is cut
 *  off. */
struct segment *segment_open(const char *folder, const char *name);
void segment_close(struct segment *segment);

/** Append records that begin at the end; no more than what is sound is taken. False:
 *  that was not all. */
bool
segment_append(struct segment *segment, const uint8_t *bytes, size_t length);

/** Room to read all from this offset on; `most` if it is less, which must be more than
 *  the largest record and the bytes between two marks. */
size_t
segment_room(const struct segment *segment, uint64_t offset, size_t most);

/** Whole records from this offset on and below `limit`, as many as there is room for.
 *  Returns their bytes. */
size_t segment_read(const struct segment *segment, uint64_t offset,
		    uint64_t limit, uint8_t *bytes, size_t room);

/** Drop all from this offset on. */
void segment_cut(struct segment *segment, uint64_t offset);

/** Of the last record; 0: there is none. */
uint64_t segment_last_epoch(const struct segment *segment);

/** The newest epoch here that is no newer than this one, and where its records end. */
struct segment_epoch
segment_epoch_end(const struct segment *segment, uint64_t epoch);

/** The last sequence of a producer; 0: it has none. */
uint64_t segment_sequence(const struct segment *segment, uint64_t producer);

#endif

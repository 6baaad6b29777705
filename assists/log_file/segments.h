/*
 * The files that a log has, and which part of it is in each.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_SEGMENTS_H
#define OUTRIGGER_LOG_FILE_SEGMENTS_H

#include "assists/log_file/record.h"

/** A file, and the segment in it. */
struct segment {
	/** Of its name: directory.h. */
	unsigned int number;
	/** The segment's place; 0: it holds nothing that is needed, and is written over
	 *  when its turn comes. */
	uint64_t begin;
	/** Bytes of the file. */
	uint64_t size;
};

struct segments {
	struct segment *list;
	size_t count;
	size_t room;
};

void raft__segments_clear(struct segments *segments);

/** Have room for one more. False: out of memory. */
bool raft__segments_reserve(struct segments *segments);

/** Add one; there is room. */
void raft__segments_add(struct segments *segments, const struct segment *segment);

void raft__segments_remove(struct segments *segments, unsigned int number);

/** The one that has this place; NULL: none. */
struct segment *raft__segments_at(const struct segments *segments,
				  uint64_t place);

/** The first one behind that; NULL: none. */
struct segment *raft__segments_after(const struct segments *segments,
				     uint64_t place);

/** One that holds nothing; NULL: none. */
struct segment *raft__segments_spare(const struct segments *segments);

size_t raft__segments_spares(const struct segments *segments);

/** What lies before this place is not needed. Returns how many hold nothing now. */
size_t raft__segments_drop(struct segments *segments, uint64_t needed);

/** A number that no file has. */
unsigned int raft__segments_unused(const struct segments *segments);

#endif

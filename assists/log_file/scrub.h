/*
 * Reading a log's files through, to see whether each sector is as it was written.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One piece after the other, each of one file, in the order of the log's places; behind
 * the last one the next pass begins. A piece is work like a batch, and there is one work
 * at a time: so no file is written over, nor removed, while a piece of it is read, and a
 * trim between two pieces moves the place where the next one begins, no more.
 */
#ifndef OUTRIGGER_LOG_FILE_SCRUB_H
#define OUTRIGGER_LOG_FILE_SCRUB_H

#include "assists/log_file/segments.h"

struct journal;
struct work;

/** Places that were told once. */
#define SCRUB_TOLD_MAX 64

/** Sectors of one file. */
struct scrub_piece {
	int directory;
	uint32_t salt;
	/** The file, and its segment. */
	struct segment segment;
	/** Where in the file, whole sectors; what was read of them when it is done. */
	uint64_t offset;
	size_t length;
	/** The last so many bytes of that are not as they were written. */
	size_t damaged;
	/** Why they could not be read; 0: they were. */
	int error;
};

struct scrub {
	/** The place where the next piece begins; 0: with the first. And of which segment the
	 *  header was read already. */
	uint64_t place;
	uint64_t has_header_of;
	/** What was behind this place when the pass began is the next one's: where more is
	 *  written than is read, none would end. */
	uint64_t end;
	uint64_t passes;
	/** Bytes of files: in this pass, and ever. */
	uint64_t pass_bytes;
	uint64_t bytes;
	/** Damaged bytes: in this pass, and in the one before. */
	uint64_t pass_damaged;
	uint64_t last_damaged;
	/** Where there are some, as was told. */
	uint64_t told[SCRUB_TOLD_MAX];
	size_t told_count;
};

/** The next piece, of at most so many bytes. False: there is none, a pass has ended. */
bool raft__scrub_next(struct scrub *scrub, const struct journal *journal,
		      size_t bytes_max, struct scrub_piece *piece);

/** Read it, past the system's cache where that can be. On any thread. False: nothing is
 *  known of it, see errno. */
bool raft__scrub_read(struct scrub_piece *piece);

/** The place in the log where its damage begins. */
uint64_t raft__scrub_damage(const struct scrub_piece *piece);

/** It was read. True: it has damage that was not told before. */
bool raft__scrub_done(struct scrub *scrub, const struct scrub_piece *piece);

#endif

/*
 * One snapshot in a file: bytes and nothing else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All numbers are little endian.
 *
 *	 0   8  "raft-snp"
 *	 8   4  version: 1
 *	12   4  must-understand bits: 0; a reader refuses a bit it does not know
 *	16   8  index of the last entry that it covers
 *	24   8  term of that entry
 *	32      what the state machine wrote, then:
 *	 0   8  bytes that the state machine wrote
 *	 8   4  0
 *	12   4  CRC32C of all before this
 *
 * These very bytes are what is sent to a peer: so whatever happens to them from
 * the machine that wrote them to the one that loads them is noticed.
 */
#ifndef OUTRIGGER_SNAPSHOT_FILE_IMAGE_H
#define OUTRIGGER_SNAPSHOT_FILE_IMAGE_H

#include "raft/raft.h"

#define IMAGE_HEADER_BYTES 32
#define IMAGE_TRAILER_BYTES 16

/** One that is being written. */
struct image {
	struct raft_entry_id id;
	/** -1: none is. */
	int fd;
	/** Where the next byte goes. */
	uint64_t end;
	/** Of all bytes so far. */
	uint32_t checksum;
};

/** Append bytes as they are. False: see errno. */
bool raft__image_append(struct image *image, const void *bytes, size_t length);

/** Append what stands before, and after, the state machine's bytes. */
bool raft__image_begin(struct image *image);
bool raft__image_end(struct image *image);

/** Every byte is as it was written: to be asked when all are. */
bool raft__image_is_sound(const struct image *image);

/** What the file says that it is. False: no whole snapshot of this version. */
bool raft__image_identify(int fd, struct raft_entry_id *id, uint64_t *size);

/** Read all of a file. The state machine's bytes are given to `take`, unless
 *  that is NULL, until it returns false. NULL: done. Otherwise what is wrong,
 *  as the end of "the snapshot ...". */
const char *raft__image_read(int fd, uint64_t size,
			     bool (*take)(void *context, const void *bytes,
					  size_t length),
			     void *context);

#endif

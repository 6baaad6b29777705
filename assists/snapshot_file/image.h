/*
 * One snapshot in a file, format 2: bytes and nothing else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All numbers are little endian. A file says whose it is, which stays here; what
 * follows is the image, and these very bytes are what is sent to a peer: so
 * whatever happens to them from the machine that wrote them to the one that loads
 * them is noticed.
 *
 *	the owner
 *	 0   8  "raft-own"
 *	 8   4  format: 2; a file of format 1 began with the image
 *	12   4  0
 *	16  16  cluster id
 *	32   8  server id
 *	40   8  incarnation
 *	48  12  0
 *	60   4  CRC32C of bytes 0..59
 *
 *	the image
 *	 0   8  "raft-snp"
 *	 8   4  version: 1
 *	12   4  must-understand bits: 0; a reader refuses a bit it does not know
 *	16   8  index of the last entry that it covers
 *	24   8  term of that entry
 *	32      what the state machine wrote, then:
 *	 0   8  bytes that the state machine wrote
 *	 8   4  0
 *	12   4  CRC32C of all before this, from the image's beginning
 */
#ifndef OUTRIGGER_SNAPSHOT_FILE_IMAGE_H
#define OUTRIGGER_SNAPSHOT_FILE_IMAGE_H

#include "assists/disk/owner.h"

#define IMAGE_FORMAT 2
/** Where the image stands in its file. */
#define IMAGE_AT 64
#define IMAGE_HEADER_BYTES 32
#define IMAGE_TRAILER_BYTES 16

/** One that is being written. */
struct image {
	struct raft_entry_id id;
	/** -1: none is. */
	int fd;
	/** Bytes so far: where the next one goes in the image. */
	uint64_t end;
	/** Of all bytes so far. */
	uint32_t checksum;
};

/** The format of a file, and whose it is if that is ours. 0: it is damaged, not
 *  all there, or no file of a snapshot. */
uint32_t raft__image_format(int fd, struct raft_owner *owner);

/** Write down whose it is. False: see errno, here and below. */
bool raft__image_own(const struct image *image, const struct raft_owner *owner);

/** Append bytes as they are. */
bool raft__image_append(struct image *image, const void *bytes, size_t length);

/** Append what stands before, and after, the state machine's bytes. */
bool raft__image_begin(struct image *image);
bool raft__image_end(struct image *image);

/** Every byte is as it was written: to be asked when all are. */
bool raft__image_is_sound(const struct image *image);

/** What the image in a file says that it is, and its size. False: no whole
 *  snapshot of this version, or its file is of none. */
bool raft__image_identify(int fd, struct raft_entry_id *id, uint64_t *size);

/** One that is being read. */
struct image_reading {
	/** What it says that it is. */
	struct raft_entry_id id;
	/** -1: none is. */
	int fd;
	uint64_t size;
	/** Bytes that were read, and their checksum. */
	uint64_t offset;
	uint32_t checksum;
};

/** Begin to read the image in a file, which is taken; -1: there is none. False: as
 *  raft__image_identify(). Close it in either case. */
bool raft__image_open(struct image_reading *reading, int fd);
void raft__image_close(struct image_reading *reading);

/** Read on, some more than `bytes_max` at most. The state machine's bytes are given
 *  to `take`, unless that is NULL, until it returns false. NULL: well so far, or to
 *  the end. Otherwise what is wrong, as the end of "the snapshot ...". */
const char *
raft__image_read(struct image_reading *reading, uint64_t bytes_max,
		 bool (*take)(void *context, const void *bytes, size_t length),
		 void *context);

#endif

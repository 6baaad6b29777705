/*
 * The sectors of a segment's file: what a disk writes wholly or not at all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each says which bytes of the log it holds and has a checksum of its own. So of
 * whatever is found it can be told whether it was written for that place, was left by
 * what the file held before, or is damaged; see recovery.h for what follows from that.
 * The table is in record.h.
 */
#ifndef OUTRIGGER_LOG_FILE_SECTOR_H
#define OUTRIGGER_LOG_FILE_SECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a disk writes wholly or not at all. */
#define SECTOR_BYTES 512
#define SECTOR_HEADER_BYTES 16
/** Bytes of the log in one. */
#define SECTOR_ROOM (SECTOR_BYTES - SECTOR_HEADER_BYTES)

enum sector_kind {
	/** As it was written for this place. */
	SECTOR_WRITTEN,
	/** Of what the file held before. */
	SECTOR_FORMER,
	/** Nothing but zeros: nothing was ever written. */
	SECTOR_BLANK,
	/** None of these. */
	SECTOR_DAMAGED,
};

/** Where a sector belongs. */
struct sector_place {
	/** Of the log. */
	uint32_t salt;
	/** The place in the log of the first byte of its segment. */
	uint64_t segment;
	/** That of its own first byte. */
	uint64_t begin;
};

/** Write the header of a sector whose other bytes are in place. All of the log before
 *  `durable` is durable; so much is always before the segment. */
void raft__sector_seal(uint8_t bytes[SECTOR_BYTES],
		       const struct sector_place *place, uint64_t durable);

enum sector_kind raft__sector_kind(const uint8_t bytes[SECTOR_BYTES],
				   const struct sector_place *place);

/** Up to where all was durable when this one, which is as it was written, was. */
uint64_t raft__sector_durable(const uint8_t bytes[SECTOR_BYTES],
			      const struct sector_place *place);

/** Nothing but zeros. */
bool raft__sector_is_blank(const uint8_t *bytes, size_t length);

/** The place where the next sector begins, or this one if none of it is taken. */
static inline uint64_t
raft__sector_next(uint64_t place)
{
	return (place + SECTOR_ROOM - 1) / SECTOR_ROOM * SECTOR_ROOM;
}

/** Where in the file of a segment the sector stands that has the byte at `place`; the
 *  first one is the file's header. */
static inline uint64_t
raft__sector_offset(uint64_t segment, uint64_t place)
{
	return ((place - segment) / SECTOR_ROOM + 1) * SECTOR_BYTES;
}

#endif

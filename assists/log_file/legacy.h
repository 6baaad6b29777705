/*
 * Reading a log of the former format, version 2: one file, in which a rewrite left what
 * was not needed behind.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file header, then records without gaps, then nothing or zeros:
 *
 *	file header
 *	 0  48  as in version 3 (record.h), with version 2
 *	48   8  sealed: all before this offset was durable when the file got its
 *	        name
 *	56   4  salt, drawn at random for each file
 *	60   4  CRC32C of bytes 0..59
 *
 *	record header, at an offset that is a multiple of 8
 *	 0   4  CRC32C of bytes 4..length - 1, seeded with the salt
 *	 4   4  type: 1 save, 2 snapshot, 3 reset
 *	 8   8  length of the record, this header and zeros at its end included:
 *	        a multiple of 8
 *	16   8  the offset at which this record stands
 *	24   8  durable: all before this offset was durable when this record was
 *	        written
 *	32   4  blanks: sectors that begin behind this header and in which this
 *	        record has nothing but zeros
 *	36   4  CRC32C of bytes 4..35, seeded with the salt
 *	40      what follows the header in version 3
 *
 * It ends at its first byte P that does not begin a whole record: torn by a crash, and cut
 * off; or corrupt, and refused: if a whole record behind it, or the file's header, says
 * that the file was durable beyond P, or if none of the sectors of what stands at P is
 * missing. One that is missing is zeros, for nothing else was there before.
 */
#ifndef OUTRIGGER_LOG_FILE_LEGACY_H
#define OUTRIGGER_LOG_FILE_LEGACY_H

#include "assists/disk/refusal.h"
#include "assists/log_file/record.h"

#define LEGACY_HEADER_BYTES 64

struct legacy {
	/** Open to read. */
	int fd;
	struct raft_owner owner;
	/** See the table. */
	uint64_t sealed;
	uint32_t salt;
	/** Takes each record, in the form that it has now. NULL: done. Otherwise what is
	 *  wrong with it. */
	const char *(*take)(void *context, const struct record *record);
	void *context;
	/** Bytes that a crash tore off. */
	uint64_t torn;
};

/** Read a file header for which raft__record_is_legacy() is true. NULL: done. Otherwise
 *  what is wrong, as the end of "the file ...". */
const char *raft__legacy_header(struct legacy *legacy,
				const uint8_t bytes[LEGACY_HEADER_BYTES]);

/** Read all of it. False: refused. */
bool raft__legacy_read(struct legacy *legacy, const struct refusal *refusal);

#endif

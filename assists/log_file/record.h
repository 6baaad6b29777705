/*
 * The disk format of log_file, version 2: bytes and nothing else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A directory holds one file, `log`: a file header, then records without gaps,
 * then nothing or zeros. All numbers are little endian; all lengths are bytes.
 *
 *	file header
 *	 0   8  "raft-log"
 *	 8   4  version: 2; in version 1 a record's header was 32 bytes
 *	12   4  must-understand bits: 0; a reader refuses a bit it does not know
 *	16  16  cluster id
 *	32   8  server id
 *	40   8  incarnation
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
 *
 *	save: one struct raft_save, so that it is read back wholly or not at all
 *	40   8  term
 *	48   8  vote: server id; 0 none
 *	56   8  vote: incarnation
 *	64   8  drop the entries from this index on, first of all; 0 none
 *	72   8  index of the first entry; 0 if there are none
 *	80   8  count of entries
 *	88      the entries, each:
 *	            0   8  term
 *	            8   4  length of the payload
 *	           12   4  kind (enum raft_entry_kind)
 *	           16      payload
 *
 *	snapshot: the entries up to an index are not needed any more
 *	40   8  index
 *	48   8  term
 *	56   8  index of the configuration in force there; 0 none is known
 *	64   8  length of that configuration
 *	72      that configuration (raft_configuration_encode)
 *
 *	reset: a save that forgets all entries first, because the log begins
 *	behind a snapshot from now on
 *	40  48  as in a save
 *	88  32  as bytes 40..71 of a snapshot
 *	120     that configuration, then the entries
 *
 * The salt and the offset see to it that neither bytes of another file nor a
 * payload that happens to contain a log is ever taken for a record. A header has a
 * checksum of its own, and counts zeros, so that a record that a crash tore can be
 * told from one that was damaged (recovery.h).
 */
#ifndef OUTRIGGER_LOG_FILE_RECORD_H
#define OUTRIGGER_LOG_FILE_RECORD_H

#include "assists/disk/owner.h"

#define FILE_HEADER_BYTES 64
#define RECORD_HEADER_BYTES 40
#define RECORD_ALIGNMENT 8
/** What a disk writes wholly or not at all. */
#define SECTOR_BYTES 512

struct file_header {
	struct raft_owner owner;
	/** See the table. */
	uint64_t sealed;
	uint32_t salt;
};

enum record_type {
	RECORD_SAVE = 1,
	RECORD_SNAPSHOT = 2,
	RECORD_RESET = 3,
};

/** A record where it stands, or is about to. */
struct record {
	/** May be an unknown number when read from a disk. */
	uint32_t type;
	/** Of its first byte in the file. */
	uint64_t offset;
	/** See the table. */
	uint64_t durable;
	/** See the table; of one that was read. */
	uint32_t blanks;
	/** The whole record. */
	uint8_t *bytes;
	size_t length;
};

/** What a snapshot record says. */
struct record_snapshot {
	struct raft_entry_id id;
	/** index 0: none is known. Its bytes are the record's when read. */
	struct raft_stored_configuration configuration;
};

/** What a save or reset record says before its entries. */
struct record_save {
	uint64_t term;
	struct raft_identity vote;
	uint64_t truncate_from;
	uint64_t first;
	uint64_t count;
	/** Of a reset. */
	struct record_snapshot snapshot;
};

/** Where the next entry of a save record begins. */
struct record_cursor {
	const struct record *record;
	size_t position;
	uint64_t index;
};

void raft__record_header_write(uint8_t bytes[FILE_HEADER_BYTES],
			       const struct file_header *header);

/** NULL: read. Otherwise what is wrong, as the end of "the file ...". */
const char *raft__record_header_read(const uint8_t bytes[FILE_HEADER_BYTES],
				     struct file_header *header);

/** The type and the length of the record for a save. */
enum record_type raft__record_save_type(const struct raft_save *save);
size_t raft__record_save_length(const struct raft_save *save);

/** Fill record->bytes, but for the header. record->type is set. */
void raft__record_save_write(struct record *record,
			     const struct raft_save *save);

/** False: its fields do not fit its length. The cursor borrows the record. */
bool raft__record_save_read(const struct record *record,
			    struct record_save *save,
			    struct record_cursor *cursor);

/** The next entry; its payload points into the record. False: it does not fit,
 *  or is none. Call it `count` times, then raft__record_ends(). */
bool raft__record_entry_read(struct record_cursor *cursor,
			     struct raft_entry *entry);

/** After the last entry there is nothing but alignment. */
bool raft__record_ends(const struct record_cursor *cursor);

size_t raft__record_snapshot_length(const struct record_snapshot *snapshot);
void raft__record_snapshot_write(struct record *record,
				 const struct record_snapshot *snapshot);
bool raft__record_snapshot_read(const struct record *record,
				struct record_snapshot *snapshot);

/** Where the sector ends that this offset is in. */
static inline uint64_t
raft__sector_end(uint64_t offset)
{
	return offset / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
}

/** Nothing but zeros. */
bool raft__record_is_blank(const uint8_t *bytes, size_t length);

/** How many `blanks` record->bytes have. */
uint32_t raft__record_blanks(const struct record *record);

/** Write the header of a record whose other bytes are in place. */
void raft__record_seal(const struct record *record, uint32_t salt);

/** Read the header of what may be a record at record->offset; the record may be
 *  longer than what the file has there. False: it is none, or is damaged. */
bool
raft__record_frame(struct record *record, const uint8_t *header, uint32_t salt);

/** All of record->bytes are as they were written. */
bool raft__record_is_whole(const struct record *record, uint32_t salt);

#endif

/*
 * The disk format of log_file, version 1: bytes and nothing else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A directory holds one file, `log`: a file header, then records without gaps,
 * then nothing or zeros. All numbers are little endian; all lengths are bytes.
 *
 *	file header
 *	 0   8  "raft-log"
 *	 8   4  version: 1
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
 *
 *	save: one struct raft_save, so that it is read back wholly or not at all
 *	32   8  term
 *	40   8  vote: server id; 0 none
 *	48   8  vote: incarnation
 *	56   8  drop the entries from this index on, first of all; 0 none
 *	64   8  index of the first entry; 0 if there are none
 *	72   8  count of entries
 *	80      the entries, each:
 *	            0   8  term
 *	            8   4  length of the payload
 *	           12   4  kind (enum raft_entry_kind)
 *	           16      payload
 *
 *	snapshot: the entries up to an index are not needed any more
 *	32   8  index
 *	40   8  term
 *	48   8  index of the configuration in force there; 0 none is known
 *	56   8  length of that configuration
 *	64      that configuration (raft_configuration_encode)
 *
 *	reset: a save that forgets all entries first, because the log begins
 *	behind a snapshot from now on
 *	32  48  as in a save
 *	80  32  as bytes 32..63 of a snapshot
 *	112     that configuration, then the entries
 *
 * The salt and the offset see to it that neither bytes of another file nor a
 * payload that happens to contain a log is ever taken for a record.
 */
#ifndef OUTRIGGER_LOG_FILE_RECORD_H
#define OUTRIGGER_LOG_FILE_RECORD_H

#include "assists/disk/owner.h"

#define FILE_HEADER_BYTES 64
#define RECORD_HEADER_BYTES 32
#define RECORD_ALIGNMENT 8

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

/** Write the header of a record whose other bytes are in place. */
void raft__record_seal(const struct record *record, uint32_t salt);

/** Read the header of what may be a record at record->offset, with `room` from
 *  there to the end of the file. False: it is none. */
bool raft__record_frame(struct record *record, const uint8_t *header,
			uint64_t room);

/** All of record->bytes are as they were written. */
bool raft__record_is_whole(const struct record *record, uint32_t salt);

#endif

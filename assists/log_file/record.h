/*
 * The disk format of log_file, version 3: bytes and nothing else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A log is a row of records without gaps, each at a place that is never given again.
 * It lies in segments, each in a file of the directory: `log`, `log.1`, `log.2` ...; in
 * which of them is all the same. One that is needed no more is written over. All numbers
 * are little endian; all lengths are bytes.
 *
 * A file consists of sectors of 512 bytes. The first is the header, the others hold the
 * log, 496 bytes each, from the segment's place on: a multiple of 496, the first after
 * the end of the segment before. What was not written yet is zeros, or what the file held
 * before.
 *
 *	file header
 *	 0   8  "raft-log"
 *	 8   4  version: 3; version 2 was one file (legacy.h)
 *	12   4  must-understand bits; a reader refuses a bit it does not know. 1: the
 *	        segment begins with an outline
 *	16  16  cluster id
 *	32   8  server id
 *	40   8  incarnation
 *	48   8  the segment's place; 0: it holds nothing
 *	56   8  needed: the place of the first segment that was needed when this one was
 *	        begun
 *	64   8  ended: where the segment before ends, all of which was durable then
 *	72   4  salt, drawn at random for each log
 *	76   4  CRC32C of bytes 0..75; the rest is zeros
 *
 *	sector
 *	 0   4  CRC32C of bytes 4..511, seeded with the salt
 *	 4   4  durable: an eighth of how much of the segment was durable when this was
 *	        written
 *	 8   8  the place of its first byte
 *	16 496  the log's; zeros where it has not come yet
 *
 *	record header, at a place that is a multiple of 8
 *	 0   4  type: 1 save, 2 snapshot, 3 reset, 4 begin
 *	 4   4  0
 *	 8   8  length of the record, this header and zeros at its end included:
 *	        a multiple of 8; a record lies in one segment
 *
 *	save: one struct raft_save, so that it is read back wholly or not at all
 *	16   8  term
 *	24   8  vote: server id; 0 none
 *	32   8  vote: incarnation
 *	40   8  drop the entries from this index on, first of all; 0 none
 *	48   8  index of the first entry; 0 if there are none
 *	56   8  count of entries
 *	64      the entries, each:
 *	            0   8  term
 *	            8   4  length of the payload
 *	           12   4  kind (enum raft_entry_kind)
 *	           16      payload
 *
 *	snapshot: the entries up to an index are not needed any more; those behind it are
 *	16   8  index
 *	24   8  term
 *	32   8  index of the configuration in force there; 0 none is known
 *	40   8  length of that configuration
 *	48      that configuration (raft_configuration_encode)
 *
 *	reset: a save that forgets all entries first, because the log begins
 *	behind a snapshot from now on
 *	16  48  as in a save
 *	64  32  as bytes 16..47 of a snapshot
 *	96      that configuration, then the entries
 *
 *	begin: the first of each segment, and in no other place; what the segments before
 *	add up to but for their entries, so that they need not be read
 *	16   8  term
 *	24   8  vote: server id; 0 none
 *	32   8  vote: incarnation
 *	40   8  index of the last entry
 *	48   8  term of the last entry
 *	56  32  as bytes 16..47 of a snapshot
 *	88      that configuration, and zeros up to a multiple of 8; then, unless the
 *	        header lacks its bit, the outline of the segment before:
 *	         0   8  its entries are those from this index on
 *	         8   4  count of terms
 *	        12   4  count of configurations
 *	        16   4  count of places
 *	        20   4  0
 *	        24      that many marks of each, ascending by index, each:
 *	                    0   8  index
 *	                    8   8  of a term: all from this index on have it; of a
 *	                           place: that of this entry; else 0
 *	                   16   8  of a place: how many entries its record has from
 *	                           this one on; else 0
 *
 * Salt and place see to it that neither bytes of another log, nor those that the file
 * held before, are ever taken for what was written; and since no payload has the headers
 * of sectors, none that happens to contain a log is.
 */
#ifndef OUTRIGGER_LOG_FILE_RECORD_H
#define OUTRIGGER_LOG_FILE_RECORD_H

#include "assists/disk/owner.h"
#include "assists/log_file/marks.h"

#define FILE_HEADER_BYTES 80
#define RECORD_HEADER_BYTES 16
#define RECORD_ALIGNMENT 8
/** Of a save, before its entries; of an entry, before its payload. */
#define RECORD_SAVE_BYTES 64
#define RECORD_ENTRY_BYTES 16
/** Of a payload, at most. */
#define RECORD_PAYLOAD_BYTES_MAX RAFT_PAYLOAD_BYTES_MAX

struct file_header {
	struct raft_owner owner;
	/** See the table. */
	uint64_t begin;
	uint64_t needed;
	uint64_t ended;
	uint32_t salt;
	/** What the segment begins with says where the entries of the one before are. */
	bool has_outline;
};

enum record_type {
	RECORD_SAVE = 1,
	RECORD_SNAPSHOT = 2,
	RECORD_RESET = 3,
	RECORD_BEGIN = 4,
};

/** A record where it stands, or is about to. */
struct record {
	/** May be an unknown number when read from a disk. */
	uint32_t type;
	/** The place of its first byte. */
	uint64_t offset;
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

/** What a begin record says of the segment before. */
struct record_outline {
	/** False: the record is of a version that had none; the others are 0. */
	bool is_there;
	uint64_t first;
	uint32_t counts[MARK_KINDS];
	/** Where they stand, when read. */
	const uint8_t *marks;
};

/** What a begin record says. */
struct record_begin {
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id last;
	struct record_snapshot snapshot;
	struct record_outline outline;
};

/** Where the next entry of a save record begins. */
struct record_cursor {
	const struct record *record;
	size_t position;
	uint64_t index;
};

void raft__record_header_write(uint8_t bytes[FILE_HEADER_BYTES],
			       const struct file_header *header);

/** It is a file header of version 2: legacy.h. */
bool raft__record_is_legacy(const uint8_t *bytes);

/** NULL: read. Otherwise what is wrong, as the end of "the file ...". */
const char *raft__record_header_read(const uint8_t bytes[FILE_HEADER_BYTES],
				     struct file_header *header);

/** The type and the length of the record for a save. */
enum record_type raft__record_save_type(const struct raft_save *save);
size_t raft__record_save_length(const struct raft_save *save);

/** Fill record->bytes, but for the header. */
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

size_t raft__record_begin_length(const struct record_begin *begin);
void raft__record_begin_write(struct record *record,
			      const struct record_begin *begin);
/** Fill in one of its marks, numbered from 0 on over all kinds. */
void raft__record_outline_put(struct record *record,
			     const struct record_begin *begin, size_t n,
			     const struct mark *mark);
struct mark raft__record_outline_get(const struct record_outline *outline,
				   size_t n);
bool raft__record_begin_read(const struct record *record,
			     struct record_begin *begin);

/** Write the header of a record. */
void raft__record_mark(const struct record *record);

/** Read the header of what may be a record; the record may be longer than what is
 *  there. False: it is none. */
bool raft__record_frame(struct record *record, const uint8_t *header);

#endif

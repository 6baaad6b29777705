/*
 * A log that grows at its end, segment by segment, with its recent end in memory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is appended goes into a chunk of memory; what was not written yet is then
 * handed out as a batch, which any thread may write and make durable while more is
 * appended. The newest chunks then stay as a cache: one copy of the bytes serves the
 * disk and the readers. Bytes that were appended never change, so that a reader may keep
 * them while more is appended and even after the journal is closed; each chunk is a
 * raft_block.
 *
 *	0 ........ durable ......... written ........ handed ......... end
 *	           (synced)          (with the OS)    (in a batch)     (in chunks)
 *
 * The chunks of a batch stay where they are until it is taken back. Their counts of
 * references are the journal's thread's alone.
 *
 * All offsets are places in the log (record.h). A batch lies in one segment: the next one
 * begins between two of them, so all of a segment is durable before the next is written.
 */
#ifndef OUTRIGGER_LOG_FILE_JOURNAL_H
#define OUTRIGGER_LOG_FILE_JOURNAL_H

#include "assists/log_file/sector.h"
#include "assists/log_file/segments.h"
#include "assists/system/system.h"
#include "raft/raft.h"

/** What is written is whole pages: else the system might have to read what it writes
 *  over. */
#define PAGE_BYTES 4096

struct journal_chunk;

/** The last page of a segment's file as far as it was written. */
struct journal_page {
	/** The segment's place. */
	uint64_t segment;
	/** In the file. */
	uint64_t offset;
	uint8_t bytes[PAGE_BYTES];
};

/** What is to be written, all of which was appended. */
struct journal_batch {
	int fd;
	uint32_t salt;
	/** Bytes begin .. end - 1 of the log; all before them is durable. */
	uint64_t begin;
	uint64_t end;
	/** They are in this one, and in those that are named in it. */
	struct journal_chunk *first;
	/** The one that `begin` is in, as it is; then that of `end`. */
	struct journal_page page;
	/** Room for what is written at a time. */
	uint8_t *image;
	/** Of the file; and so many bytes of zeros are written where it grows. */
	uint64_t size;
	uint64_t zeros;
	bool is_written;
	bool is_durable;
};

struct journal {
	/** Of the log; not its own. */
	int directory;
	/** Of the segment at the end. */
	struct file_header header;
	struct segments segments;
	/** Of one, at least. */
	uint64_t segment_bytes;
	/** The file of the segment at the end; -1: none. */
	int fd;
	/** Where its first record ends. */
	uint64_t begun;
	/** It is damaged: the next one is to begin. */
	bool is_to_end;
	/** All before this place is durable. */
	uint64_t durable;
	/** All before this place was written. */
	uint64_t written;
	/** All before this place was handed out. */
	uint64_t handed;
	/** Where the next byte goes. */
	uint64_t end;
	/** The one that `written` is in. */
	struct journal_page page;
	/** NULL: nothing was appended. */
	uint8_t *image;
	/** Bytes of memory for chunks, at most, but for what is not written. */
	size_t cache_bytes;
	/** Bytes of memory that the chunks take. */
	size_t chunk_bytes;
	/** Oldest first; together they cover some place .. end. */
	TAILQ_HEAD(journal_chunks, journal_chunk) chunks;
	/** The one of these that was asked for last; NULL: none, or it is gone. */
	struct journal_chunk *recent;
	/** What the last read from a file brought in; NULL: nothing. */
	struct journal_chunk *read_ahead;
};

/** A journal with nothing in it, and no file. Of the header the owner and the salt
 *  count. */
void raft__journal_init(struct journal *journal, int directory,
			const struct file_header *header,
			uint64_t segment_bytes, size_t cache_bytes);

/** It is whole and durable up to `end`, which is in the segment that has this header,
 *  this file, and this last page. */
void raft__journal_resume(struct journal *journal,
			  const struct file_header *header, int fd,
			  uint64_t end, const uint8_t page[PAGE_BYTES]);

/** Close the file and let go of all memory. */
void raft__journal_close(struct journal *journal);

/** Whether the next segment is to begin. */
bool raft__journal_is_full(const struct journal *journal);

/** Whether half of the room of the last segment is taken. */
bool raft__journal_is_half_full(const struct journal *journal);

/** The segment that has this place is damaged: if it is the one at the end, it ends as soon
 *  as it can. A start reads that one as a whole, and refuses it if it is damaged. */
void raft__journal_end(struct journal *journal, uint64_t place);

/** Begin it, in a file that holds nothing; what lies before `needed` is not needed then,
 *  0: nothing behind this is. False: there is no such file. */
bool raft__journal_turn(struct journal *journal, uint64_t needed);

/** The same in a file that was made for it. */
void raft__journal_begin(struct journal *journal, int fd,
			 const struct segment *segment, uint64_t needed);

/** The first sector of a file with this header. */
void raft__journal_header(const struct file_header *header,
			  uint8_t bytes[SECTOR_BYTES]);

/** Room for `length` bytes at the end; NULL: out of memory. */
uint8_t *raft__journal_reserve(struct journal *journal, size_t length);

/** The reserved bytes are filled in: they are part of the journal now. */
void raft__journal_append(struct journal *journal, size_t length);

/** Hand out what was not written. There is one batch at a time. */
void raft__journal_hand(struct journal *journal, struct journal_batch *batch);

/** Write a batch and make it durable; on any thread. False: see errno; the file must
 *  not be relied on, nor synced again, because a failed sync may drop its bytes and
 *  the next one then succeeds without them. */
bool raft__journal_write(struct journal_batch *batch);

/** Note what has become of it. Returns how many files hold nothing that is needed any
 *  more. */
size_t raft__journal_take_back(struct journal *journal,
			       const struct journal_batch *batch);

/** Bytes offset .. offset + length - 1, which must lie within one append, until the
 *  journal is used again. NULL: see errno, EBADMSG if they are not as they were written,
 *  or were not; whatever stands next to them. */
const uint8_t *raft__journal_peek(struct journal *journal, uint64_t offset,
				  size_t length);

/** The same, to stay: the payload is held for the caller. False: see errno. */
bool raft__journal_read(struct journal *journal, uint64_t offset, size_t length,
			struct raft_payload *payload);

#endif

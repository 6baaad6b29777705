/*
 * A file that grows at its end, with its recent end in memory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is appended goes into a chunk of memory; a sync writes what was not
 * written yet and makes it durable. The newest chunks then stay as a cache: one
 * copy of the bytes serves the disk and the readers. Bytes that were appended
 * never change, so that a reader may keep them while more is appended and even
 * after the journal is closed; each chunk is a raft_block.
 *
 *	0 ........... durable ....... written ....... end ....... zeroed
 *	              (synced)        (with the OS)   (in chunks) (zeros)
 */
#ifndef OUTRIGGER_LOG_FILE_JOURNAL_H
#define OUTRIGGER_LOG_FILE_JOURNAL_H

#include "assists/system/system.h"
#include "raft/raft.h"

struct journal_chunk;

struct journal {
	int fd;
	/** All before this offset is durable. */
	uint64_t durable;
	/** All before this offset was written. */
	uint64_t written;
	/** Where the next byte goes. */
	uint64_t end;
	/** From end to here the file holds zeros, if this is beyond end. */
	uint64_t zeroed;
	/** Bytes of memory for chunks, at most, but for what is not written. */
	size_t cache_bytes;
	/** Bytes of memory that the chunks take. */
	size_t chunk_bytes;
	/** Oldest first; together they cover some offset .. end. */
	TAILQ_HEAD(journal_chunks, journal_chunk) chunks;
	/** What the last read from the file brought in; NULL: nothing. */
	struct journal_chunk *read_ahead;
};

/** A journal on an open file that is whole and durable up to `end`. */
void raft__journal_init(struct journal *journal, int fd, uint64_t end,
			size_t cache_bytes);

/** Close the file and let go of all memory. */
void raft__journal_close(struct journal *journal);

/** Room for `length` bytes at the end; NULL: out of memory. */
uint8_t *raft__journal_reserve(struct journal *journal, size_t length);

/** The reserved bytes are filled in: they are part of the journal now. */
void raft__journal_append(struct journal *journal, size_t length);

/** Hand what was appended to the operating system. False: see errno. */
bool raft__journal_write(struct journal *journal);

/** Make durable what was appended. False: see errno; the file must not be
 *  relied on, nor synced again, because a failed sync may drop its bytes and
 *  the next one then succeeds without them. */
bool raft__journal_sync(struct journal *journal);

/** Bytes offset .. offset + length - 1, which must lie within one append. The
 *  payload is held for the caller. False: see errno. */
bool raft__journal_read(struct journal *journal, uint64_t offset, size_t length,
			struct raft_payload *payload);

#endif

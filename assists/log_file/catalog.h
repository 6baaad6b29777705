/*
 * What the records add up to: the term, the vote, the snapshot, and where each
 * entry stands in the file.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same function takes a record when it is appended and when it is read back
 * at start, so that a log which can be written can be opened. Each entry takes
 * 32 bytes of memory until it is trimmed; its payload takes none here.
 */
#ifndef OUTRIGGER_LOG_FILE_CATALOG_H
#define OUTRIGGER_LOG_FILE_CATALOG_H

#include "assists/log_file/record.h"

/** Where an entry's payload is, and what it must be. */
struct catalog_entry {
	/** Of the payload in the file. */
	uint64_t offset;
	uint64_t term;
	uint32_t length;
	/** CRC32C of the payload. */
	uint32_t crc;
	enum raft_entry_kind kind;
};

struct catalog {
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id snapshot;
	/** In force at the snapshot; index 0: none is known. Its bytes are
	 *  owned. */
	struct raft_stored_configuration base;
	/** Entries snapshot.index + 1 .. last_index; the one with index i
	 *  stands at ring[i & (capacity - 1)]. */
	struct catalog_entry *ring;
	/** A power of two, or 0. */
	size_t capacity;
	/** snapshot.index if there are no entries. */
	uint64_t last_index;
	/** Bytes that the entries take in the file. */
	uint64_t live_bytes;
};

/** Free what an all-zero catalog has come to own. */
void raft__catalog_clear(struct catalog *catalog);

/** Take a record. NULL: done. Otherwise what is wrong with it, as the end of
 *  "the record ..."; the catalog is of no use then. */
const char *raft__catalog_take(struct catalog *catalog,
			       const struct record *record);

/** NULL: there is no such entry, or none any more. */
const struct catalog_entry *raft__catalog_entry(const struct catalog *catalog,
						uint64_t index);

#endif

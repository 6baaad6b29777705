/*
 * What the records add up to: the term, the vote, the snapshot, and where each
 * entry stands in the log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same function takes a record when it is appended and when it is read back
 * at start, so that a log which can be written can be opened. Each entry takes
 * 24 bytes of memory until it is trimmed; its payload takes none here.
 */
#ifndef OUTRIGGER_LOG_FILE_CATALOG_H
#define OUTRIGGER_LOG_FILE_CATALOG_H

#include "assists/log_file/record.h"

/** Where an entry's payload is. */
struct catalog_entry {
	/** Of the payload in the log. */
	uint64_t offset;
	uint64_t term;
	uint32_t length;
	enum raft_entry_kind kind;
};

struct catalog {
	/** It has taken a begin record. */
	bool has_begun;
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id snapshot;
	/** In force at the snapshot; index 0: none is known. Its bytes are
	 *  owned. */
	struct raft_stored_configuration base;
	/** Entries before + 1 .. last_index; the one with index i stands at
	 *  ring[i & (capacity - 1)]. */
	struct catalog_entry *ring;
	/** A power of two, or 0. */
	size_t capacity;
	/** snapshot.index; more while a log is read back whose first segments are
	 *  not needed, for the entries in them are forgotten by a later record. */
	uint64_t before;
	/** The same if there are no entries. */
	uint64_t last_index;
	/** The last entry's; the snapshot's if there are no entries. */
	uint64_t last_term;
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

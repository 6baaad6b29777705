/*
 * A journal and the catalog of what is in it, kept in step.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_STORE_H
#define OUTRIGGER_LOG_FILE_STORE_H

#include "assists/log_file/mended.h"
#include "assists/log_file/seek.h"

/** The place where a log begins: not 0, which is none. */
#define STORE_BEGIN SECTOR_ROOM

struct store {
	struct journal journal;
	struct catalog catalog;
	struct seek seek;
	struct mended mended;
	/** Bytes that a crash tore off: behind the last record, when it was
	 *  opened, and up to the last of them that was written. */
	uint64_t torn;
};

/** A store with nothing in it, and no file. Of the header the owner and the salt count.
 *  NULL: out of memory. */
struct store *raft__store_create(int directory, const struct file_header *header,
				 uint64_t segment_bytes, size_t cache_bytes);

/** Close the file and free the store. NULL is allowed. */
void raft__store_close(struct store *store);

/** Append what a segment begins with. NULL: done. Otherwise what is wrong, as the end of
 *  "the record ...". */
const char *raft__store_begin(struct store *store);

/** Append a save, or a mark that the entries up to a snapshot are not needed. */
const char *raft__store_save(struct store *store, const struct raft_save *save);
const char *raft__store_trim(struct store *store,
			     struct raft_entry_id snapshot);

/** Append a mark that says itself what configuration is in force at its snapshot. */
const char *raft__store_mark(struct store *store,
			     const struct record_snapshot *snapshot);

/** Append a record as it is. */
const char *raft__store_append(struct store *store,
			       const struct record *record);

/** Where an entry is, and what its payload will be. The entry must exist. False: as
 *  below. */
bool raft__store_find(struct store *store, uint64_t index, struct found *found);

/** One entry that was found just now, held for the caller. */
bool raft__store_take(struct store *store, const struct found *found,
		      struct raft_entry *entry);

/** One that was fetched again, held for the caller. False: there is none. The entry must
 *  exist. */
bool raft__store_mended(const struct store *store, uint64_t index,
			struct raft_entry *entry);

/** The newest configuration up to an index; 0: none among the entries. */
uint64_t raft__store_configuration(const struct store *store, uint64_t index);

/** One entry, held for the caller. False: it cannot be read back as it was
 *  written, and was not fetched again; see errno, EBADMSG if its bytes changed. The entry
 *  must exist. */
bool raft__store_read(struct store *store, uint64_t index,
		      struct raft_entry *entry);

/** Bytes of the log that are kept. */
uint64_t raft__store_bytes(const struct store *store);

#endif

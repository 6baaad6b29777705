/*
 * A journal and the catalog of what is in it, kept in step.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_STORE_H
#define OUTRIGGER_LOG_FILE_STORE_H

#include "assists/log_file/catalog.h"
#include "assists/log_file/journal.h"

struct store {
	struct file_header header;
	struct journal journal;
	struct catalog catalog;
	/** Bytes that a crash tore off: behind the last record, when it was
	 *  opened, and up to the last of them that is not zero. */
	uint64_t torn;
};

/** A store on a file, which it takes, with nothing in it yet. NULL: out of
 *  memory, the file is closed. */
struct store *raft__store_create(int fd, const struct file_header *header,
				 size_t cache_bytes);

/** Close the file and free the store. NULL is allowed. */
void raft__store_close(struct store *store);

/** Append a save, or a mark that the entries up to a snapshot are not needed.
 *  NULL: done. Otherwise what is wrong, as the end of "the record ...". */
const char *raft__store_save(struct store *store, const struct raft_save *save);
const char *raft__store_trim(struct store *store,
			     struct raft_entry_id snapshot);

/** One entry, held for the caller. False: it cannot be read back as it was
 *  written; see errno, EBADMSG if its bytes changed. The entry must exist. */
bool raft__store_read(struct store *store, uint64_t index,
		      struct raft_entry *entry);

/** Append to an empty store all that is alive in another one. NULL: done. */
const char *raft__store_copy(struct store *to, struct store *from);

/** Seal the header over all that was appended, and make all of it durable.
 *  False: see errno. */
bool raft__store_seal(struct store *store);

#endif

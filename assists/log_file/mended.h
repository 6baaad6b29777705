/*
 * Entries that were damaged on the disk and were fetched again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * They are kept beside the segments, in a file `mended`: what else stands in the damaged
 * sectors, headers of records, nobody else knows, so that they cannot be written anew in
 * place. One counts where the log has an entry of its index and term, and that one cannot
 * be read: there is one such entry at most (thesis 3.5, Log Matching), so that it need
 * not be known whether the log was cut since. A file that is missing, or not as it was
 * written, has no entries: then they are fetched once more. It is written as a whole under
 * another name, so that a crash leaves the one before or this one.
 *
 *	the file, little endian
 *	 0   8  "raft-mnd"
 *	 8   4  version: 1
 *	12   4  salt of the log
 *	16   8  bytes behind this header
 *	24   4  0
 *	28   4  CRC32C of all other bytes
 *	32      the entries, each:
 *	            0   8  index
 *	            8   8  term
 *	           16   4  length of the payload
 *	           20   4  kind (enum raft_entry_kind)
 *	           24      payload
 */
#ifndef OUTRIGGER_LOG_FILE_MENDED_H
#define OUTRIGGER_LOG_FILE_MENDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

/** Of payload and all, at most: what has more damage than that is not to be trusted. */
#define MENDED_BYTES_MAX ((size_t)64 << 20)

struct mended_entry {
	struct raft_entry entry;
	/** They are counted as they are added; from 1. */
	uint64_t number;
};

struct mended {
	/** By number. */
	struct mended_entry *list;
	size_t count;
	size_t room;
	/** Of the last one that was added, and of the last one that is durable. */
	uint64_t number;
	uint64_t durable;
	/** As the file has them. */
	size_t bytes;
	/** There are others than in the file. */
	bool is_changed;
};

/** The file as it is to be; to be written by any thread. */
struct mended_file {
	/** NULL: there is to be none. */
	uint8_t *bytes;
	size_t length;
	/** Of the last entry. */
	uint64_t number;
};

void raft__mended_clear(struct mended *mended);

/** Take what the file in this directory has, if it is one of this log. */
void raft__mended_load(struct mended *mended, int directory, uint32_t salt);

/** Add a copy of one. False: there is no room. */
bool raft__mended_add(struct mended *mended, const struct raft_entry *entry);

/** Find one, which is held for the caller. */
bool raft__mended_find(const struct mended *mended, struct raft_entry_id id,
		       struct raft_entry *entry);

/** Those up to this index are needed no more. */
void raft__mended_trim(struct mended *mended, uint64_t index);

/** What the file is to have, which is to be freed. False: out of memory. */
bool raft__mended_encode(struct mended *mended, uint32_t salt,
			 struct mended_file *file);

/** Make it durable. False: see errno. */
bool raft__mended_write(int directory, const struct mended_file *file);

/** Remove the file that did not get its name. */
void raft__mended_abandon(int directory);

#endif

/*
 * Where an entry stands in the log: from the nearest place that is kept on, one entry
 * after the other.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_SEEK_H
#define OUTRIGGER_LOG_FILE_SEEK_H

#include "assists/log_file/catalog.h"
#include "assists/log_file/journal.h"

/** An entry that was found. */
struct found {
	uint64_t index;
	/** Its own; its payload stands right behind its header. */
	uint64_t place;
	/** How many entries its record has from this one on; 0: a record begins here, and
	 *  the entry is the first that comes. */
	uint64_t left;
	/** Its term, and what its payload is. */
	uint64_t term;
	uint32_t length;
	enum raft_entry_kind kind;
	/** Of the catalog, when it was found. */
	uint64_t cuts;
};

/** So many that read the log one entry after the other, each from another place on, need
 *  not begin at a place that is kept. */
#define SEEK_READERS 4

struct seek {
	/** What each of them was given last; index 0: nothing. */
	struct found given[SEEK_READERS];
	/** Which one is forgotten next. */
	size_t next;
};

/** Find an entry that there is. False: it cannot be read back as it was written; see
 *  errno, EBADMSG if its bytes changed. */
bool raft__seek(struct seek *seek, const struct catalog *catalog,
		struct journal *journal, uint64_t index, struct found *found);

#endif

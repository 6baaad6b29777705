/*
 * What the records add up to: the term, the vote, the snapshot, and where each
 * entry stands in the log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same function takes a record when it is appended and when it is read back
 * at start, so that a log which can be written can be opened. What is kept does not grow
 * with the number of entries: of their terms, where one begins; of configurations, their
 * indexes; and of one entry in so many bytes its place, from which others are found
 * (seek.h). A segment that is not read back is taken by what the next one says of it,
 * its outline.
 */
#ifndef OUTRIGGER_LOG_FILE_CATALOG_H
#define OUTRIGGER_LOG_FILE_CATALOG_H

#include "assists/log_file/record.h"

/** From one place that is kept to the next there are so many bytes, or one entry. Thus
 *  it says nothing of a log in how many steps it was read. */
#define CATALOG_STEP_BYTES (16u << 10)

struct catalog {
	/** It has taken a begin record. */
	bool has_begun;
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id snapshot;
	/** In force at the snapshot; index 0: none is known. Its bytes are
	 *  owned. */
	struct raft_stored_configuration base;
	/** Entries are before + 1 .. last_index. It is snapshot.index; more while a log
	 *  is read back whose first segments are not needed, for the entries in them
	 *  are forgotten by a later record. */
	uint64_t before;
	/** The same if there are no entries. */
	uint64_t last_index;
	/** The last entry's; the snapshot's if there are no entries. */
	uint64_t last_term;
	/** Of the segment at the end: its place, and the index from which on entries are
	 *  in it. */
	uint64_t begin;
	uint64_t first;
	/** Of all entries. Among the places is that of each which does not stand right
	 *  behind the one before it: the first of a segment, and of what follows a
	 *  cut. */
	struct marks marks[MARK_KINDS];
	/** That of the next entry is one of these. */
	bool is_place_due;
	/** Entries were cut off so many times: what was found before may be gone. */
	uint64_t cuts;
};

/** Free what an all-zero catalog has come to own. */
void raft__catalog_clear(struct catalog *catalog);

/** Take a record. NULL: done. Otherwise what is wrong with it, as the end of
 *  "the record ..."; the catalog is of no use then. */
const char *raft__catalog_take(struct catalog *catalog,
			       const struct record *record);

/** Take a segment wholly, but for what it begins with, by what the next one begins with,
 *  which has an outline. NULL: done. */
const char *raft__catalog_skip(struct catalog *catalog,
			       const struct record *next);

/** The outline of the segment at the end. */
void raft__catalog_outline(const struct catalog *catalog,
			   struct record_outline *outline);

/** One of its marks, numbered from 0 on over all kinds. */
struct mark raft__catalog_outlined(const struct catalog *catalog,
				   const struct record_outline *outline,
				   size_t n);

/** There is such an entry, still. */
bool raft__catalog_has(const struct catalog *catalog, uint64_t index);

/** The term of an entry that there is. */
uint64_t raft__catalog_term(const struct catalog *catalog, uint64_t index);

/** The entries that are read from bytes begin .. end - 1 of the log, or that these come
 *  before where an entry is looked for. None: *first > *last. */
void raft__catalog_between(const struct catalog *catalog, uint64_t begin,
			   uint64_t end, uint64_t *first, uint64_t *last);

/** About where an entry that there is stands, from the places next to it; `end` is where
 *  the log ends. */
uint64_t raft__catalog_guess(const struct catalog *catalog, uint64_t index,
			     uint64_t end);

#endif

/*
 * What changes only now and then along a log: its terms, its configurations, and where
 * its entries stand.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row of marks, ascending by index. Each says something of its entry, or of all from
 * it on up to the next mark.
 */
#ifndef OUTRIGGER_LOG_FILE_MARKS_H
#define OUTRIGGER_LOG_FILE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mark_kind {
	/** A term begins. */
	MARK_TERM,
	/** The entry is a configuration. */
	MARK_CONFIGURATION,
	/** Where the entry stands. */
	MARK_PLACE,
	MARK_KINDS,
};

struct mark {
	/** Of the entry. */
	uint64_t index;
	/** Of a term: it. Of a place: it. */
	uint64_t value;
	/** Of a place: how many entries its record has from this one on. */
	uint64_t left;
};

struct marks {
	struct mark *list;
	/** Those from first up to end - 1 count. */
	size_t first;
	size_t end;
	size_t room;
};

/** Free what an all-zero row has come to own. */
void raft__marks_clear(struct marks *marks);

/** Add one, whose index is greater than all others'. False: out of memory. */
bool raft__marks_add(struct marks *marks, const struct mark *mark);

/** The last one up to this index; NULL: none. */
const struct mark *raft__marks_at(const struct marks *marks, uint64_t index);

/** The first one from this index on, as a place in the list. */
size_t raft__marks_from(const struct marks *marks, uint64_t index);

/** Drop those from this index on. */
void raft__marks_cut(struct marks *marks, uint64_t index);

/** Drop those that say nothing of what comes from this index on, because another one
 *  does. */
void raft__marks_trim(struct marks *marks, uint64_t index);

#endif

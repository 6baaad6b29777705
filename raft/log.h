/*
 * The log's index (log.c): indexes and terms; the bytes are the user's.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RAFT_LOG_H
#define OUTRIGGER_RAFT_LOG_H

#include "raft/raft.h"

/** Indexes and terms of the log; the bytes are the user's. */
struct raft_log {
	/** Entries up to here are compacted away; all are committed. */
	struct raft_entry_id snapshot;
	/** The tip. Equals snapshot if there are no entries. */
	struct raft_entry_id last;
	/** Invariant: ascending in both fields; the first starts at
	 *  snapshot.index + 1; none if there are no entries. */
	struct raft_term_run *runs;
	size_t run_count;
	size_t run_capacity;
};

/** Room for `more` further runs. */
bool raft__log_reserve(struct raft *r, size_t more);
/** As raft__log_term_at(), of any run. */
uint64_t raft__log_find_term(const struct raft_log *log, uint64_t index);
/** Room must have been reserved for it. Entries of it follow. */
void raft__log_begin_run(struct raft_log *log, uint64_t term);
/** Drop all from `index` on. */
void raft__log_truncate(struct raft_log *log, uint64_t index);
/** Nothing but a snapshot. */
void raft__log_reset(struct raft_log *log, struct raft_entry_id snapshot);
/** Drop all up to `index`. */
void raft__log_compact(struct raft_log *log, uint64_t index);
/** The first index of the run that `index` is in. */
uint64_t raft__log_run_first(const struct raft_log *log, uint64_t index);
/** The last index of that term; 0: none. */
uint64_t raft__log_last_of_term(const struct raft_log *log, uint64_t term);

/** At least one entry. */
static inline void
raft__log_append(struct raft_log *log, uint64_t term, uint64_t count)
{
	if (log->run_count == 0 || log->last.term != term)
		raft__log_begin_run(log, term);
	log->last.index += count;
}

/** Of any index from snapshot.index to last.index. */
static inline uint64_t
raft__log_term_at(const struct raft_log *log, uint64_t index)
{
	if (log->run_count > 0 && index <= log->last.index &&
	    index >= log->runs[log->run_count - 1].first_index)
		return log->last.term;
	return raft__log_find_term(log, index);
}

/** Whether the entry stands in the log, or is the snapshot's last. */
static inline bool
raft__log_has(const struct raft_log *log, struct raft_entry_id id)
{
	return id.index >= log->snapshot.index && id.index <= log->last.index &&
	       raft__log_term_at(log, id.index) == id.term;
}

#endif

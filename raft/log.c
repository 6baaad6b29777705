/*
 * The log's index: which term stands where, as runs.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A log has as many runs as it has seen leaders, so this stays a few dozen
 * bytes however many entries there are, and nearly every question is about the
 * last run.
 */
#include "raft/state.h"

#include <string.h>

bool
raft__log_reserve(struct raft *r, size_t more)
{
	struct raft_log *log = &r->log;
	size_t wanted = log->run_count + more;
	struct raft_term_run *runs;

	if (wanted <= log->run_capacity)
		return true;
	runs = raft__grow(r, log->runs, &log->run_capacity, wanted,
			  sizeof(*runs));
	if (runs == NULL)
		return false;
	log->runs = runs;
	return true;
}

/** The position of the run that holds an index of the log. */
static size_t
find_run(const struct raft_log *log, uint64_t index)
{
	size_t low = 0, high = log->run_count - 1;

	raft_assert(log->run_count > 0);
	raft_assert(index >= log->runs[0].first_index);
	if (index >= log->runs[high].first_index)
		return high;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (log->runs[middle].first_index <= index)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t
raft__log_find_term(const struct raft_log *log, uint64_t index)
{
	raft_assert(index >= log->snapshot.index && index <= log->last.index);
	if (index == log->snapshot.index)
		return log->snapshot.term;
	return log->runs[find_run(log, index)].term;
}

void
raft__log_begin_run(struct raft_log *log, uint64_t term)
{
	raft_assert(term >= log->last.term);
	raft_assert(log->run_count < log->run_capacity);
	log->runs[log->run_count++] = (struct raft_term_run){
		.first_index = log->last.index + 1,
		.term = term,
	};
	log->last.term = term;
}

void
raft__log_truncate(struct raft_log *log, uint64_t index)
{
	raft_assert(index > log->snapshot.index);
	if (index > log->last.index)
		return;
	while (log->run_count > 0 &&
	       log->runs[log->run_count - 1].first_index >= index)
		log->run_count--;
	log->last.index = index - 1;
	log->last.term = log->run_count > 0
			     ? log->runs[log->run_count - 1].term
			     : log->snapshot.term;
}

static uint64_t
run_last(const struct raft_log *log, size_t run)
{
	return run + 1 < log->run_count ? log->runs[run + 1].first_index - 1
					: log->last.index;
}

void
raft__log_reset(struct raft_log *log, struct raft_entry_id snapshot)
{
	log->snapshot = snapshot;
	log->last = snapshot;
	log->run_count = 0;
}

void
raft__log_compact(struct raft_log *log, uint64_t index)
{
	size_t gone = 0;

	/* Rule 5.1/compact-1: the last entry dropped is remembered. */
	log->snapshot = (struct raft_entry_id){
		.index = index,
		.term = raft__log_term_at(log, index),
	};
	while (gone < log->run_count && run_last(log, gone) <= index)
		gone++;
	log->run_count -= gone;
	if (log->run_count == 0)
		return;
	memmove(log->runs, log->runs + gone,
		log->run_count * sizeof(*log->runs));
	if (log->runs[0].first_index <= index)
		log->runs[0].first_index = index + 1;
}

uint64_t
raft__log_run_first(const struct raft_log *log, uint64_t index)
{
	if (index == log->snapshot.index)
		return index;
	return log->runs[find_run(log, index)].first_index;
}

uint64_t
raft__log_last_of_term(const struct raft_log *log, uint64_t term)
{
	uint64_t last = log->last.index;

	for (size_t i = log->run_count; i-- > 0;) {
		if (log->runs[i].term == term)
			return last;
		if (log->runs[i].term < term)
			return 0;
		last = log->runs[i].first_index - 1;
	}
	return log->snapshot.term == term ? log->snapshot.index : 0;
}

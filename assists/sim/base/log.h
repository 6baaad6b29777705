/*
 * One image of a node's log: the one that its member can read back (accepted),
 * or the one that a crash leaves (durable).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each entry carries a chain: a hash over it and all entries before it, their
 * payloads included. Two logs with the same chain at an index are equal up to
 * there, which lets the checkers compare whole logs in one step.
 *
 * A log may begin behind a snapshot: it then knows the chain there, and nothing
 * of what was before.
 */
#ifndef OUTRIGGER_SIM_LOG_H
#define OUTRIGGER_SIM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

struct sim_log_entry {
	uint64_t term;
	enum raft_entry_kind kind;
	struct raft_payload payload;
	uint64_t chain;
	/** Entries of clients up to here, this one included, and the bytes of all
	 *  payloads. */
	uint64_t writes;
	uint64_t bytes;
};

/** Where a log begins; all zero: with entry 1. */
struct sim_log_base {
	/** The last entry before. */
	struct raft_entry_id last;
	/** The chain, and the entries of clients and bytes, up to that one. */
	uint64_t chain;
	uint64_t writes;
	uint64_t bytes;
	/** The configuration in force there: its place, its payload (held). */
	uint64_t configuration_index;
	struct raft_payload configuration;
};

struct sim_log {
	uint64_t term;
	struct raft_identity vote;
	struct sim_log_base base;
	/** Entry base.last.index + 1 + i is at position i. Each payload is
	 *  held. */
	struct sim_log_entry *entries;
	size_t count;
	size_t room;
};

/** The chain up to an entry that follows one with the chain `before`. */
uint64_t sim_chain(uint64_t before, uint64_t term, enum raft_entry_kind kind,
		   const struct raft_payload *payload);

/** Drop all from this index on; 0: none. */
void sim_log_truncate(struct sim_log *log, uint64_t from);

/** Add an entry; computes its chain and holds its payload. */
void sim_log_append(struct sim_log *log, uint64_t term,
		    enum raft_entry_kind kind,
		    const struct raft_payload *payload);

/** Forget all entries: the log begins here. Holds the configuration. */
void sim_log_reset(struct sim_log *log, const struct sim_log_base *base);

/** Drop the entries up to this index, if it has them. */
void sim_log_compact(struct sim_log *log, uint64_t index);

/** Take what a save says, but for its snapshot. False: it would leave a gap, and
 *  was not taken. */
bool sim_log_save(struct sim_log *log, const struct raft_save *save);

/** Make `log` equal to `model`. */
void sim_log_copy(struct sim_log *log, const struct sim_log *model);

/** Empty it and free its memory. */
void sim_log_clear(struct sim_log *log);

/** The index of the last entry, or of the last one before the log begins. */
uint64_t sim_log_last(const struct sim_log *log);

/** The entry at an index; NULL: it is not in the log. */
const struct sim_log_entry *sim_log_at(const struct sim_log *log,
				       uint64_t index);

/** The chain up to an index: 0 for 0; 1, which no chain is, beyond the end and
 *  before the log begins. */
uint64_t sim_log_chain(const struct sim_log *log, uint64_t index);

/** All up to an index with this chain is in the log, or before it: what a log
 *  begins behind is checked when it does (check_snapshots.c). */
bool sim_log_covers(const struct sim_log *log, uint64_t index, uint64_t chain);

/** The entries of clients up to an index that is not before the log begins, or
 *  to the end if that is less; for 0 there are none. */
uint64_t sim_log_writes(const struct sim_log *log, uint64_t index);
/** The same of the bytes of payloads, as far as this log knows of them. */
uint64_t sim_log_bytes(const struct sim_log *log, uint64_t index);

#endif

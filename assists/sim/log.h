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
	/** Entries of clients up to here, this one included. */
	uint64_t writes;
};

struct sim_log {
	uint64_t term;
	struct raft_identity vote;
	/** Entry i + 1 is at position i. Each payload is held. */
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

/** Take what a save says. False: it would leave a gap, and was not taken. */
bool sim_log_save(struct sim_log *log, const struct raft_save *save);

/** Make `log` equal to `model`. */
void sim_log_copy(struct sim_log *log, const struct sim_log *model);

/** Empty it and free its memory. */
void sim_log_clear(struct sim_log *log);

/** The entry at an index from 1; NULL: there is none. */
const struct sim_log_entry *sim_log_at(const struct sim_log *log,
				       uint64_t index);

/** The chain up to an index: 0 for 0; 1, which no chain is, beyond the end. */
uint64_t sim_log_chain(const struct sim_log *log, uint64_t index);

/** The entries of clients up to an index, or to the end if that is less. */
uint64_t sim_log_writes(const struct sim_log *log, uint64_t index);

#endif

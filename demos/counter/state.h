/*
 * The counter as a state machine: a number, and the sessions of its clients.
 * Nothing here knows of a network, a disk or a loop, so that it can be tried alone
 * (tests/simulation/counter.c).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An entry is a registration of a session (no bytes), an addition of a session
 * (amount, session and sequence, 8 bytes each), or one without (8 bytes: amount).
 */
#ifndef OUTRIGGER_COUNTER_STATE_H
#define OUTRIGGER_COUNTER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assists/sessions/sessions.h"

/** All that follows from the entries. */
struct state {
	uint64_t value;
	struct raft_sessions *sessions;
	/** The last entry that it has taken in. */
	struct raft_entry_id applied;
};

/** An addition as entries have it, in little endian. */
struct command {
	uint64_t amount;
	uint64_t session;
	uint64_t sequence;
};

/** What an entry did: nothing, if there is a refusal, and why; else the value
 *  after it, or the id of the session that it opened. */
struct state_answer {
	const char *refusal;
	uint64_t value;
};

/* These two end the process with a message and status 1 if they fail. */

/** Take in the next entry, of any kind. */
struct state_answer state_apply(struct state *state,
				const struct raft_entry *entry);

/** What a snapshot has of it, to be freed: all but `applied`. */
uint8_t *state_write(const struct state *state, size_t *length);

/** Become what was written. False: these are not the bytes of a counter's snapshot,
 *  and it is as it was. */
bool state_load(struct state *state, const uint8_t *bytes, size_t length);

#endif

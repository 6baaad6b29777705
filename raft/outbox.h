/*
 * What is owed to the caller (outbox.c).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RAFT_OUTBOX_H
#define OUTRIGGER_RAFT_OUTBOX_H

#include "raft/raft.h"

#define RAFT_WRITES_MAX 4
#define RAFT_EVENTS_MAX 10
#define RAFT_EVENTS_OUT_MAX 6
#define RAFT_OUTCOMES_MAX 4

/** A save that was handed out and is not yet durable. */
struct raft_write {
	uint64_t token;
	uint64_t term;
	struct raft_identity vote;
	/** The last entry that it, or a write before it, makes durable: lowered
	 *  by a truncation that overtakes it. */
	uint64_t last_index;
	/** When the log could begin with it: when it was handed out, or when
	 *  the one before it ended. */
	uint64_t since;
};

/** Entries accepted, on their way to the log. Holds their payloads. */
struct raft_entries {
	struct raft_entry *at;
	size_t count;
	size_t capacity;
};

/** What a follower owes its leader. Newer replaces older. */
struct raft_owed_answer {
	bool owed;
	/** To be said again when the log has made progress. */
	bool held;
	/** To a snapshot message; `conflict` is the snapshot then. */
	bool of_snapshot;
	union {
		/** To an append. */
		enum raft_append_verdict verdict;
		struct {
			/** The part was not the next one. */
			bool gap;
			/** The snapshot is damaged: a gap, too. */
			bool damaged;
			/** It is the one that is being received: of that term,
			 *  and as large. No longer once another takes its
			 *  place. */
			bool is_received;
		};
	};
	struct raft_identity to;
	struct raft_entry_id conflict;
	uint64_t sent_at;
	uint64_t sequence;
	/** The last entry of the acceptance that is held. */
	uint64_t held_index;
};

struct raft_outbox {
	/** Term and vote differ from those last handed out. */
	bool state_changed;
	/** A granted vote, to be told once durable. */
	bool owes_vote;
	/** The snapshot behind which the log is to begin, before all else; and
	 *  that of the save handed out last. NULL: none. */
	struct raft_receiving *reset;
	struct raft_receiving *reset_handed;
	/** Entries handed out from here on are to be dropped; 0: none. */
	uint64_t truncate_from;
	/** Entries accepted since the last save. */
	struct raft_entries pending;
	/** Entries of the save that was handed out last. */
	struct raft_entries handed;
	/** The last entry that the log has been given: what can be sent. */
	uint64_t handed_index;
	struct raft_save save;
	uint64_t token;
	/** Oldest first. */
	struct raft_write writes[RAFT_WRITES_MAX];
	struct raft_owed_answer answer;
	/** All else, oldest first; loses the oldest when full. */
	struct raft_message *loose;
	uint32_t loose_count;
	uint32_t loose_capacity;
	/** In the caller's hands between two calls of raft_duties. */
	struct raft_message *send;
	/** A larger one that replaces it then; NULL: none. */
	struct raft_message *send_next;
	uint32_t send_capacity;
	uint32_t send_next_capacity;
	/** Oldest first; the first events_out of them are in the caller's hands,
	 *  which leaves room for others. The oldest of those is lost when full. */
	struct raft_event events[RAFT_EVENTS_MAX];
	uint32_t event_count;
	uint32_t events_out;
	struct raft_outcome outcomes[RAFT_OUTCOMES_MAX];
	uint32_t outcome_count;
	uint32_t write_count;
	struct raft_outcome outcomes_out[RAFT_OUTCOMES_MAX];
};

/** Make room for `more` further pending entries. False: no memory. */
bool raft__outbox_grow(struct raft *r, size_t more);
/** Room to write to so many other members. */
bool raft__outbox_reserve_peers(struct raft *r, size_t others);
/** Drop the pending entries from `index` on, and have the log drop its own. */
void raft__outbox_truncate(struct raft *r, uint64_t index);
/** Everything that the log was given, or was to be, makes way for that
 *  snapshot; it is the outbox's from now on. */
void raft__outbox_reset(struct raft *r, struct raft_receiving *receiving);
/** Role and term are those of now. */
void raft__outbox_event(struct raft *r, struct raft_event event);
void raft__outbox_outcome(struct raft *r, enum raft_outcome_kind kind,
			  uint64_t first, uint64_t last);
void raft__outbox_free(struct raft *r);
/** Whether the log has been given all, and has made it durable. */
bool raft__outbox_all_durable(const struct raft *r);

#endif

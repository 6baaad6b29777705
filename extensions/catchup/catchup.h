/*
 * Catchup: fetch the newer log before asking for votes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who reaches a majority may lack what somebody has who reaches none: then nobody
 * can be elected. README.md beside this tells the rest.
 */
#ifndef OUTRIGGER_CATCHUP_H
#define OUTRIGGER_CATCHUP_H

#include "raft/raft_extension.h"

enum { raft_catchup_number = 8 };

/** What it does at `act_at`, if no leader is known by then. */
enum raft_catchup_phase {
	RAFT_CATCHUP_IDLE = 0,
	/** Begin, unless somebody was elected: a majority hears no leader, and
	 *  would not vote for this log. */
	RAFT_CATCHUP_WAITS,
	/** Choose among those who have said how far their logs go. */
	RAFT_CATCHUP_LOOKS,
	/** Go on to another: the one that was asked is silent. */
	RAFT_CATCHUP_FETCHES,
	/** See what the core has made of the entries that came. */
	RAFT_CATCHUP_TAKES,
};

struct raft_catchup {
	/** The preliminary round whose answers are counted. */
	uint64_t round;
	/** When to do what is next; 0: nothing is. */
	uint64_t act_at;
	/** When a majority last answered a round; 0: never. */
	uint64_t reached_at;
	/** Since when a member is let win that has the newer log and reaches a
	 *  majority itself; 0: none is. */
	uint64_t patient_since;
	/** Tells the answers to a question from those to earlier ones. */
	uint64_t question;
	/** Whom the one request that is out went to. */
	struct raft_identity donor;
	/** Up to there its log is known to be ours. */
	uint64_t from;
	/** Of the entries that came last, and of its log then; or of the snapshot. */
	struct raft_entry_id taken;
	struct raft_entry_id goal;
	/** enum raft_catchup_phase. */
	uint8_t phase;
	/** Something was taken since it began. */
	bool has_taken;
	/** What came last is a part of a snapshot. */
	bool is_part;
	/** What came last does not join this log. */
	bool is_apart;
	/** The donor is asked as by one who has nothing. */
	bool anew;
};

struct raft_catchup_peer {
	/** Its log, as it has said; index 0: it has not, or cannot give it. */
	struct raft_entry_id tip;
	/** enum raft_ballot: REFUSED only for the sake of the log. */
	uint8_t ballot;
	/** It could be elected where it stands, as it has said. */
	bool could_win;
	/** It was asked how far its log goes, and has said that, or that it does
	 *  not know the question. */
	bool has_answered;
};

void raft_catchup_role_changed(struct raft *r, enum raft_reason reason);
void raft_catchup_preliminary_answered(struct raft *r, uint32_t position,
				       uint64_t round,
				       enum raft_refusal refusal);
void raft_catchup_configured(struct raft *r);
uint64_t raft_catchup_deadline(const struct raft *r);
struct raft_intent raft_catchup_receive(struct raft *r,
					const struct raft_message *message);
struct raft_intent raft_catchup_offered(struct raft *r,
					const struct raft_message *message);
struct raft_intent raft_catchup_expire(struct raft *r);
struct raft_intent raft_catchup_peer_closed(struct raft *r, uint64_t peer);
const char *raft_catchup_message_name(uint16_t type);

static const struct raft_extension raft_catchup_extension = {
	.name = "catchup",
	.role_changed = raft_catchup_role_changed,
	.preliminary_answered = raft_catchup_preliminary_answered,
	.configured = raft_catchup_configured,
	.deadline = raft_catchup_deadline,
	.receive = raft_catchup_receive,
	.offered = raft_catchup_offered,
	.expire = raft_catchup_expire,
	.peer_closed = raft_catchup_peer_closed,
	.message_name = raft_catchup_message_name,
};

#endif

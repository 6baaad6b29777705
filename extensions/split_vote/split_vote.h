/*
 * Split votes: an election that nobody can win is not waited for.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Voters tell everybody whom they voted for, so that a candidate sees a draw when
 * it happens. README.md tells the rest.
 */
#ifndef OUTRIGGER_SPLIT_VOTE_H
#define OUTRIGGER_SPLIT_VOTE_H

#include "raft/raft_extension.h"

enum { raft_split_vote_number = 6 };

struct raft_split_vote {
	/** When to ask again, since nobody was elected; 0: it is waited for the
	 *  election timer. */
	uint64_t ask_at;
	/** The last term that was seen to elect nobody. */
	uint64_t drawn_term;
	/** How many terms before it did not either, one after another. */
	uint8_t draws_before;
	/** Of a candidate: what it hears of votes may still matter. */
	bool is_counting;
};

struct raft_split_vote_peer {
	/** The newest term of which its vote is known, and whom it is for; id 0:
	 *  for somebody else than this server, which it refused. */
	uint64_t term;
	struct raft_identity candidate;
	/** Its host has closed, and nothing was heard of a vote of it since. */
	bool is_gone;
};

void raft_split_vote_role_changed(struct raft *r, enum raft_reason reason);
void raft_split_vote_vote_given(struct raft *r);
void raft_split_vote_vote_answered(struct raft *r, uint64_t peer,
				   const struct raft_vote_answer *answer);
enum raft_refusal
raft_split_vote_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request);
uint64_t raft_split_vote_deadline(const struct raft *r);
struct raft_intent
raft_split_vote_receive(struct raft *r, const struct raft_message *message);
struct raft_intent raft_split_vote_expire(struct raft *r);
struct raft_intent raft_split_vote_peer_closed(struct raft *r, uint64_t peer);
const char *raft_split_vote_message_name(uint16_t type);

static const struct raft_extension raft_split_vote_extension = {
	.name = "split_vote",
	.role_changed = raft_split_vote_role_changed,
	.vote_given = raft_split_vote_vote_given,
	.vote_answered = raft_split_vote_vote_answered,
	.refuses_vote = raft_split_vote_refuses_vote,
	.deadline = raft_split_vote_deadline,
	.receive = raft_split_vote_receive,
	.expire = raft_split_vote_expire,
	.peer_closed = raft_split_vote_peer_closed,
	.message_name = raft_split_vote_message_name,
};

#endif

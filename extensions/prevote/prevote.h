/*
 * PreVote: ask whether a majority would vote before raising the term.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Thesis 9.6, with the half that 9.6 leaves to 4.2.3: a voter grants only to a
 * log as up to date as its own and only when it has not heard a live leader
 * within the least election timeout. README.md beside this tells the rest.
 */
#ifndef OUTRIGGER_PREVOTE_H
#define OUTRIGGER_PREVOTE_H

#include "raft/raft_extension.h"

enum { raft_prevote_number = 1 };

struct raft_prevote {
	/** Told apart from all earlier ones by an answer; 0: no round runs. */
	uint64_t round;
	/** When to ask again whoever has not answered. */
	uint64_t ask_at;
};

struct raft_prevote_peer {
	/** enum raft_ballot, of the round that runs. */
	uint8_t ballot;
	/** It asked, and was last answered with a no for a leader's sake. */
	bool was_put_off;
};

void raft_prevote_configured(struct raft *r);
void raft_prevote_role_changed(struct raft *r, enum raft_reason reason);
enum raft_refusal
raft_prevote_refuses_vote(struct raft *r,
			  const struct raft_vote_request *request);
bool raft_prevote_takes_candidacy(struct raft *r, enum raft_reason reason);
uint64_t raft_prevote_deadline(const struct raft *r);
struct raft_intent raft_prevote_receive(struct raft *r,
					const struct raft_message *message);
struct raft_intent raft_prevote_expire(struct raft *r);
struct raft_intent raft_prevote_peer_closed(struct raft *r, uint64_t peer);
const char *raft_prevote_message_name(uint16_t type);

static const struct raft_extension raft_prevote_extension = {
	.name = "prevote",
	.role_changed = raft_prevote_role_changed,
	.configured = raft_prevote_configured,
	.refuses_vote = raft_prevote_refuses_vote,
	.takes_candidacy = raft_prevote_takes_candidacy,
	.deadline = raft_prevote_deadline,
	.receive = raft_prevote_receive,
	.expire = raft_prevote_expire,
	.peer_closed = raft_prevote_peer_closed,
	.message_name = raft_prevote_message_name,
};

#endif

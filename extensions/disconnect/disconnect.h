/*
 * Disconnect: a leader whose process ended is not waited for.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * When a process ends, its host closes its connections, which all others see
 * long before an election timeout has passed. README.md tells the rest.
 */
#ifndef OUTRIGGER_DISCONNECT_H
#define OUTRIGGER_DISCONNECT_H

#include "raft/raft_extension.h"

enum { raft_disconnect_number = 5 };

struct raft_disconnect {
	/** When to ask for votes because the leader is gone; 0: it is not, or
	 *  somebody else asks. */
	uint64_t ask_at;
};

struct raft_disconnect_peer {
	uint8_t unused;
};

void raft_disconnect_role_changed(struct raft *r, enum raft_reason reason);
enum raft_refusal
raft_disconnect_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request);
uint64_t raft_disconnect_deadline(const struct raft *r);
struct raft_intent raft_disconnect_expire(struct raft *r);
struct raft_intent raft_disconnect_peer_closed(struct raft *r, uint64_t peer);

static const struct raft_extension raft_disconnect_extension = {
	.name = "disconnect",
	.role_changed = raft_disconnect_role_changed,
	.refuses_vote = raft_disconnect_refuses_vote,
	.deadline = raft_disconnect_deadline,
	.expire = raft_disconnect_expire,
	.peer_closed = raft_disconnect_peer_closed,
};

#endif

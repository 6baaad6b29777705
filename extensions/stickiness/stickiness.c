/*
 * Leader stickiness: when a vote is refused for the leader's sake.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "extensions/stickiness/stickiness.h"
#include "raft/raft_module.h"

static bool
is_virgin(const struct raft *r)
{
	/* Rule 4.2.3/restart-2: but not one that was bootstrapped and never
	 * started: the first election moves every member past term 1. */
	return raft_module_term(r) <= 1 && raft_module_vote(r).id == 0 &&
	       raft_module_tip(r).index <= 1;
}

void
raft_stickiness_role_changed(struct raft *r, enum raft_reason reason)
{
	/* Rule 4.2.3/restart-1: who restarts may have heard a leader an instant
	 * before, and votes for nobody for a least election timeout. */
	if (reason == RAFT_REASON_START && !is_virgin(r))
		RAFT_OWN(r, stickiness)->boot_until =
		    raft_module_now(r) + raft_module_election_timeout(r);
}

enum raft_refusal
raft_stickiness_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request)
{
	/* Rule 4.2.3/permit-1: whom the leader sends is not refused. */
	if (raft_module_is_permitted(r, request))
		return RAFT_REFUSAL_NONE;
	/* Rule 4.2.3/voters-2: nobody else, by a real request or a preliminary
	 * one, while a leader is recent. */
	if (raft_module_leader_is_recent(r))
		return RAFT_REFUSAL_LEASE;
	if (raft_module_now(r) < RAFT_OWN(r, stickiness)->boot_until)
		return RAFT_REFUSAL_BOOT;
	return RAFT_REFUSAL_NONE;
}

/*
 * Leader stickiness: when a vote is refused for the leader's sake.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *  (T1) The refusal comes before the request's term is adopted, which is the
 *       point: a server that was cut off cannot depose a leader by its term.
 *  (T2) A permit, given by a leader that hands over, is honoured only where
 *       the vote itself would be granted; else it would be a way around T1.
 *       There it is honoured as often as it comes, for a grant may be lost.
 *  (T3) A restarted voter may have promised a leader its patience an instant
 *       before, so it waits as long as that promise could last.
 */
#include "extensions/stickiness/stickiness.h"
#include "raft/raft_module.h"

/** A log that was bootstrapped and never started has promised nothing: the
 *  first election moves every member past term 1. */
static bool
is_virgin(const struct raft *r)
{
	return raft_module_term(r) <= 1 && raft_module_vote(r).id == 0 &&
	       raft_module_tip(r).index <= 1;
}

void
raft_stickiness_role_changed(struct raft *r, enum raft_reason reason)
{
	if (reason == RAFT_REASON_START && !is_virgin(r))
		RAFT_OWN(r, stickiness)->boot_until =
		    raft_module_now(r) + raft_module_election_timeout(r);
}

enum raft_refusal
raft_stickiness_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request)
{
	if (raft_module_is_permitted(r, request))
		return RAFT_REFUSAL_NONE;
	if (raft_module_leader_is_recent(r))
		return RAFT_REFUSAL_LEASE;
	if (raft_module_now(r) < RAFT_OWN(r, stickiness)->boot_until)
		return RAFT_REFUSAL_BOOT;
	return RAFT_REFUSAL_NONE;
}

/*
 * A module that grants nobody a vote: see stingy.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulation/stingy.h"

enum raft_refusal
raft_stingy_refuses_vote(struct raft *r,
			 const struct raft_vote_request *request)
{
	(void)r;
	(void)request;
	return RAFT_REFUSAL_VOTED;
}

/*
 * A module that grants nobody a vote, so that no group of two or more ever has a
 * leader.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STINGY_H
#define STINGY_H

#include "raft/raft_extension.h"

enum { raft_stingy_number = RAFT_MODULE_PRIVATE };

struct raft_stingy {
	uint8_t unused;
};

struct raft_stingy_peer {
	uint8_t unused;
};

enum raft_refusal
raft_stingy_refuses_vote(struct raft *r,
			 const struct raft_vote_request *request);

static const struct raft_extension raft_stingy_extension = {
	.name = "stingy",
	.refuses_vote = raft_stingy_refuses_vote,
};

#endif

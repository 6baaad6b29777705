/*
 * CheckQuorum: a leader that has lost its majority gives up.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Thesis 6.2, by the echoed send times of what a majority has answered, over a
 * sliding window of the least election timeout. README.md tells why.
 */
#ifndef OUTRIGGER_CHECKQUORUM_H
#define OUTRIGGER_CHECKQUORUM_H

#include "raft/raft_extension.h"

enum { raft_checkquorum_number = 2 };

/** All that it needs, the core keeps. */
struct raft_checkquorum {
	uint8_t unused;
};

struct raft_checkquorum_peer {
	uint8_t unused;
};

enum raft_result raft_checkquorum_refuses(struct raft *r,
					  enum raft_action action);
uint64_t raft_checkquorum_deadline(const struct raft *r);
struct raft_intent raft_checkquorum_expire(struct raft *r);

static const struct raft_extension raft_checkquorum_extension = {
	.name = "checkquorum",
	.capabilities = RAFT_CAPABILITY_YIELDS,
	.refuses = raft_checkquorum_refuses,
	.deadline = raft_checkquorum_deadline,
	.expire = raft_checkquorum_expire,
};

#endif

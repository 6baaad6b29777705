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

struct raft_checkquorum {
	/** A majority has answered something sent then or later. Since such
	 *  times only rise, it is looked at again only when it seems too old,
	 *  not with each proposal. */
	uint64_t heard_at;
};

struct raft_checkquorum_peer {
	uint8_t unused;
};

void raft_checkquorum_role_changed(struct raft *r, enum raft_reason reason);
void raft_checkquorum_configured(struct raft *r);
enum raft_result raft_checkquorum_refuses(struct raft *r,
					  enum raft_action action);
uint64_t raft_checkquorum_deadline(const struct raft *r);
struct raft_intent raft_checkquorum_expire(struct raft *r);

static const struct raft_extension raft_checkquorum_extension = {
	.name = "checkquorum",
	.capabilities = RAFT_CAPABILITY_YIELDS,
	.role_changed = raft_checkquorum_role_changed,
	.configured = raft_checkquorum_configured,
	.refuses = raft_checkquorum_refuses,
	.deadline = raft_checkquorum_deadline,
	.expire = raft_checkquorum_expire,
};

#endif

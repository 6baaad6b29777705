/*
 * Leader stickiness: who hears a live leader votes for no other.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Thesis 4.2.3, and for a voter that has just restarted, and so cannot know
 * what it heard, the same patience. README.md tells the rest.
 */
#ifndef OUTRIGGER_STICKINESS_H
#define OUTRIGGER_STICKINESS_H

#include "raft/raft_extension.h"

enum { raft_stickiness_number = 3 };

struct raft_stickiness {
	/** Until then, a voter that restarted grants nothing; 0: it did not. */
	uint64_t boot_until;
};

struct raft_stickiness_peer {
	uint8_t unused;
};

void raft_stickiness_role_changed(struct raft *r, enum raft_reason reason);
enum raft_refusal
raft_stickiness_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request);

static const struct raft_extension raft_stickiness_extension = {
	.name = "stickiness",
	.role_changed = raft_stickiness_role_changed,
	.refuses_vote = raft_stickiness_refuses_vote,
};

#endif

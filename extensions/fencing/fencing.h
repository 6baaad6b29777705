/*
 * Fencing: a leader acts while nobody else can, and not an instant longer.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The leases of the thesis (6.4.1), and the strict fencing of Tarantool's. Both
 * begin once the configuration has a clock_drift. README.md tells why.
 */
#ifndef OUTRIGGER_FENCING_H
#define OUTRIGGER_FENCING_H

#include "raft/raft_extension.h"

enum { raft_fencing_number = 7 };

struct raft_fencing {
	/** Leading: as of the last look, nobody else can lead before; 0: nobody
	 *  has looked. Since such times only rise, it is looked at again only
	 *  when it has come, not with each proposal. */
	uint64_t lease_until;
};

struct raft_fencing_peer {
	uint8_t unused;
};

void raft_fencing_role_changed(struct raft *r, enum raft_reason reason);
void raft_fencing_configured(struct raft *r);
enum raft_result raft_fencing_refuses(struct raft *r, enum raft_action action);
bool raft_fencing_vouches(struct raft *r, uint64_t bound_us, uint64_t *index);

static const struct raft_extension raft_fencing_extension = {
	.name = "fencing",
	.capabilities = RAFT_CAPABILITY_LEASES,
	.role_changed = raft_fencing_role_changed,
	.configured = raft_fencing_configured,
	.refuses = raft_fencing_refuses,
	.vouches = raft_fencing_vouches,
};

#endif

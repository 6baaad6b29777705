/*
 * A module of somebody else: it allows one proposal, then none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROBE_H
#define PROBE_H

#include "raft/raft_extension.h"

enum { raft_probe_number = RAFT_MODULE_PRIVATE };

struct raft_probe {
	/** Proposals that it was asked about. */
	uint32_t asked;
};

struct raft_probe_peer {
	uint8_t unused;
};

enum raft_result raft_probe_refuses(struct raft *r, enum raft_action action);

static const struct raft_extension raft_probe_extension = {
	.name = "probe",
	.refuses = raft_probe_refuses,
};

#endif

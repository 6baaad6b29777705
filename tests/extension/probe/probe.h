/*
 * A module of somebody else: it allows some proposals, one if nothing is said,
 * then none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROBE_H
#define PROBE_H

#include "raft/raft_extension.h"

enum { raft_probe_number = RAFT_MODULE_PRIVATE };

struct raft_probe_options {
	/** Proposals that it allows; 0: one. */
	uint64_t proposals;
};

struct raft_probe {
	/** Proposals that it allows yet. */
	uint64_t left;
};

struct raft_probe_peer {
	uint8_t unused;
};

void raft_probe_options_given(struct raft *r, const void *options);
enum raft_result raft_probe_refuses(struct raft *r, enum raft_action action);

static const struct raft_extension_option raft_probe_option_names[] = {
	{ "proposals", 1, 100 },
};

static const struct raft_extension raft_probe_extension = {
	.name = "probe",
	.options = raft_probe_option_names,
	.option_count = 1,
	.options_given = raft_probe_options_given,
	.refuses = raft_probe_refuses,
};

#endif

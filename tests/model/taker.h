/*
 * Taker: a module that has the core take whatever entries anybody offers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A module asks for entries where that is of use. What must not be taken, the core
 * has to refuse, whatever a module wants.
 */
#ifndef OUTRIGGER_TESTS_MODEL_TAKER_H
#define OUTRIGGER_TESTS_MODEL_TAKER_H

#include "raft/raft_extension.h"

enum { raft_taker_number = RAFT_MODULE_PRIVATE };

struct raft_taker {
	uint8_t unused;
};

struct raft_taker_peer {
	uint8_t unused;
};

struct raft_intent raft_taker_offered(struct raft *r,
				      const struct raft_message *message);

static const struct raft_extension raft_taker_extension = {
	.name = "taker",
	.offered = raft_taker_offered,
};

#endif

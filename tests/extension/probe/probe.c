/*
 * A module of somebody else: see probe.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/extension/probe/probe.h"
#include "raft/raft_module.h"

/** The second time on, so that a test sees its state kept in the member. */
enum raft_result
raft_probe_refuses(struct raft *r, enum raft_action action)
{
	if (action != RAFT_ACTION_PROPOSE || RAFT_OWN(r, probe)->asked++ == 0)
		return RAFT_OK;
	return RAFT_OVERLOADED;
}

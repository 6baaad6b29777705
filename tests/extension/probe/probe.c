/*
 * A module of somebody else: see probe.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/extension/probe/probe.h"
#include "raft/raft_module.h"

void
raft_probe_options_given(struct raft *r, const void *options)
{
	const struct raft_probe_options *given = options;

	RAFT_OWN(r, probe)->left =
	    given == NULL || given->proposals == 0 ? 1 : given->proposals;
}

enum raft_result
raft_probe_refuses(struct raft *r, enum raft_action action)
{
	if (action != RAFT_ACTION_PROPOSE)
		return RAFT_OK;
	if (RAFT_OWN(r, probe)->left == 0)
		return RAFT_OVERLOADED;
	RAFT_OWN(r, probe)->left--;
	return RAFT_OK;
}

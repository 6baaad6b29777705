/*
 * Quorum arithmetic: pure functions of numbers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/state.h"

/** Of the configuration in force; `before`: of C_old. */
static bool
majority_reaches(const struct raft_membership *m, const uint64_t *values,
		 uint64_t value, bool before)
{
	size_t voters = 0, reach = 0;

	for (size_t i = 0; i < m->peer_count; i++) {
		const struct raft_peer *peer = &m->peers[i];

		/* Rule 4.2/catch-up-1: a non-voting member gets the entries and
		 * counts in no majority. */
		if ((before ? peer->role_before : peer->role) !=
		    RAFT_MEMBER_VOTER)
			continue;
		voters++;
		reach += values[i] >= value;
	}
	return reach > voters / 2;
}

static bool
is_reached(const struct raft_membership *m, const uint64_t *values,
	   uint64_t value)
{
	/* Rule 4.1/change-4: a configuration is committed by its own majority.
	 * Rule 4.3/joint-1: while two are joint, each has its majority. */
	return majority_reaches(m, values, value, false) &&
	       (!m->configuration.joint ||
		majority_reaches(m, values, value, true));
}

/** All reach 0. What is not between the greatest value that was found to be
 *  reached and the least that was not needs no counting: often that is one value,
 *  and seldom more than a few. */
uint64_t
raft__quorum(const struct raft_membership *m, const uint64_t *values)
{
	uint64_t reached = 0, missed = 0;

	for (size_t i = 0; i < m->peer_count; i++) {
		if (values[i] <= reached ||
		    (missed != 0 && values[i] >= missed))
			continue;
		if (is_reached(m, values, values[i]))
			reached = values[i];
		else
			missed = values[i];
	}
	return reached;
}

/*
 * Quorum arithmetic: pure functions of numbers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/state.h"

static void
swap(uint64_t *a, uint64_t *b)
{
	uint64_t kept = *a;

	*a = *b;
	*b = kept;
}

/**
 * The greatest value that a majority of the `count` values, at least one, reach:
 * in falling order, the one at the majority's position. Reorders them.
 *
 * Quickselect, by three parts: above the pivot, equal to it, below it. Most of
 * the values are often equal, and then one pass is enough.
 */
static uint64_t
quorum_value(uint64_t *values, size_t count)
{
	size_t low = 0, end = count, wanted = count / 2;

	raft_assert(count > 0);
	for (;;) {
		uint64_t pivot = values[low + (end - low) / 2];
		size_t equal = low, next = low, below = end;

		while (next < below) {
			if (values[next] > pivot)
				swap(&values[equal++], &values[next++]);
			else if (values[next] < pivot)
				swap(&values[next], &values[--below]);
			else
				next++;
		}
		if (wanted < equal)
			end = equal;
		else if (wanted >= below)
			low = below;
		else
			return pivot;
	}
}

/** `before`: in C_old. */
static uint64_t
majority_value(const struct raft_membership *m, const uint64_t *values,
	       bool before)
{
	uint64_t voters[RAFT_MEMBERS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < m->peer_count; i++) {
		const struct raft_peer *peer = &m->peers[i];

		/* Rule 4.2/catch-up-1: a non-voting member gets the entries and
		 * counts in no majority. */
		if ((before ? peer->role_before : peer->role) ==
		    RAFT_MEMBER_VOTER)
			voters[count++] = values[i];
	}
	return quorum_value(voters, count);
}

uint64_t
raft__quorum(const struct raft_membership *m, const uint64_t *values)
{
	/* Rule 4.1/change-4: a configuration is committed by its own majority. */
	uint64_t value = majority_value(m, values, false);

	/* Rule 4.3/joint-1: while two are joint, each has its majority. */
	return m->configuration.joint
		   ? raft__least(value, majority_value(m, values, true))
		   : value;
}

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

/** Reorder so that [low, result) are at least the pivot, the rest below it or
 *  equal to it; the pivot stands at result. */
static size_t
partition(uint64_t *values, size_t low, size_t high)
{
	uint64_t pivot = values[low + (high - low) / 2];
	size_t boundary = low;

	swap(&values[low + (high - low) / 2], &values[high]);
	for (size_t i = low; i < high; i++)
		if (values[i] > pivot)
			swap(&values[i], &values[boundary++]);
	swap(&values[boundary], &values[high]);
	return boundary;
}

/** The greatest value that a majority of the `count` values, at least one,
 *  reach; reorders them. */
static uint64_t
quorum_value(uint64_t *values, size_t count)
{
	size_t low = 0, high = count - 1, wanted = count / 2;

	raft_assert(count > 0);
	/* In falling order the value at the majority's position is the one that
	 * as many reach. Quickselect: a hundred voters in a few hundred steps. */
	while (low < high) {
		size_t pivot = partition(values, low, high);

		if (pivot == wanted)
			break;
		if (pivot < wanted)
			low = pivot + 1;
		else
			high = pivot - 1;
	}
	return values[wanted];
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
raft__quorum_of_either(const struct raft_membership *m, const uint64_t *values)
{
	uint64_t value = majority_value(m, values, false);
	uint64_t before =
	    m->configuration.joint ? majority_value(m, values, true) : 0;

	return value > before ? value : before;
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

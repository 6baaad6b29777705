/*
 * Quorum arithmetic: pure functions of numbers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/state.h"

size_t
raft__majority(size_t voters)
{
	return voters / 2 + 1;
}

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

uint64_t
raft__quorum_value(uint64_t *values, size_t count)
{
	size_t low = 0, high = count - 1, wanted = raft__majority(count) - 1;

	if (count == 0)
		return 0;
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

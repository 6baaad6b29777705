/*
 * Samples of a log's last index (lag.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "assists/server/lag.h"

/** The one without which least is lost: its neighbours are nearest to each other,
 *  for how long ago they are. */
static size_t
find_spare(const struct lag *lag, uint64_t now)
{
	double least = 0;
	size_t spare = 0;

	for (size_t i = 1; i + 1 < lag->count; i++) {
		uint64_t gap = lag->list[i + 1].at - lag->list[i - 1].at;
		double loss =
		    (double)gap / (double)(now - lag->list[i - 1].at + 1);

		if (spare == 0 || loss < least) {
			spare = i;
			least = loss;
		}
	}
	return spare;
}

static void
drop(struct lag *lag, size_t at)
{
	lag->count--;
	memmove(&lag->list[at], &lag->list[at + 1],
		(lag->count - at) * sizeof(lag->list[0]));
}

/* Entries that a new leader has taken back were never lacked. */
void
raft__lag_note(struct lag *lag, uint64_t now, uint64_t last)
{
	while (lag->count > 0 && lag->list[lag->count - 1].last > last)
		lag->count--;
	if (lag->count > 0 && lag->list[lag->count - 1].last == last)
		return;
	if (lag->count == LAG_SAMPLES)
		drop(lag, find_spare(lag, now));
	lag->list[lag->count++] = (struct lag_sample){ now, last };
}

uint64_t
raft__lag_of(const struct lag *lag, uint64_t now, uint64_t match)
{
	size_t low = 0, high = lag->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lag->list[middle].last > match)
			high = middle;
		else
			low = middle + 1;
	}
	return low < lag->count ? now - lag->list[low].at : 0;
}

/*
 * Lag: how far back in time an entry of the log is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Samples of the log's last index, taken as it grows. There is room for a fixed
 * number of them, and the older they are, the further they are apart: an hour is
 * known to some minutes, a second to some tens of milliseconds.
 */
#ifndef OUTRIGGER_SERVER_LAG_H
#define OUTRIGGER_SERVER_LAG_H

#include <stddef.h>
#include <stdint.h>

#define LAG_SAMPLES 128

struct lag_sample {
	uint64_t at;
	uint64_t last;
};

/** All-zero: nothing is known. */
struct lag {
	/** Both of its members rise. */
	struct lag_sample list[LAG_SAMPLES];
	size_t count;
};

/** The log's last index is this now. */
void raft__lag_note(struct lag *lag, uint64_t now, uint64_t last);

/** For how long, in microseconds, there has been an entry that somebody lacks who
 *  has all up to `match`: at least that, if it is longer than anything is known. 0:
 *  there is none. */
uint64_t raft__lag_of(const struct lag *lag, uint64_t now, uint64_t match);

#endif

/*
 * An allowance: of something so much a second, and so much at once after a while
 * without.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_ALLOWANCE_H
#define OUTRIGGER_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct raft_rate {
	uint32_t per_second;
	/** At most a thousand times `per_second`. */
	uint32_t at_once;
};

/** All zeros: full, to a clock that has run for a while. */
struct raft_allowance {
	/** In millionths. Below 0: more was spent than there was. */
	int64_t left;
	/** When it was looked at last, in microseconds. */
	uint64_t at;
};

/** Take so much, or nothing: false. */
bool raft__allowance_take(struct raft_allowance *allowance,
			  const struct raft_rate *rate, uint64_t now,
			  uint32_t amount);

/** So much was spent, perhaps more than there was: that is waited for. */
void raft__allowance_spend(struct raft_allowance *allowance,
			   const struct raft_rate *rate, uint64_t now,
			   uint64_t amount);

/** In how many microseconds there will be something; 0: now. */
uint64_t raft__allowance_wait(struct raft_allowance *allowance,
			      const struct raft_rate *rate, uint64_t now);

#endif

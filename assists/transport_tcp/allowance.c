/*
 * So much a second (allowance.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/transport_tcp/allowance.h"

#define MILLION INT64_C(1000000)
/* After this long it is full. */
#define ELAPSED_MAX (UINT64_C(1000) * 1000000)

static void
fill(struct raft_allowance *allowance, const struct raft_rate *rate,
     uint64_t now)
{
	int64_t full = rate->at_once * MILLION;
	uint64_t elapsed = now > allowance->at ? now - allowance->at : 0;

	if (elapsed > ELAPSED_MAX)
		elapsed = ELAPSED_MAX;
	allowance->left += (int64_t)(elapsed * rate->per_second);
	if (allowance->left > full)
		allowance->left = full;
	if (now > allowance->at)
		allowance->at = now;
}

bool
raft__allowance_take(struct raft_allowance *allowance,
		     const struct raft_rate *rate, uint64_t now,
		     uint32_t amount)
{
	fill(allowance, rate, now);
	if (allowance->left < amount * MILLION)
		return false;
	allowance->left -= amount * MILLION;
	return true;
}

void
raft__allowance_spend(struct raft_allowance *allowance,
		      const struct raft_rate *rate, uint64_t now,
		      uint64_t amount)
{
	fill(allowance, rate, now);
	allowance->left -= (int64_t)amount * MILLION;
}

uint64_t
raft__allowance_wait(struct raft_allowance *allowance,
		     const struct raft_rate *rate, uint64_t now)
{
	fill(allowance, rate, now);
	if (allowance->left > 0)
		return 0;
	return (uint64_t)-allowance->left / rate->per_second + 1;
}

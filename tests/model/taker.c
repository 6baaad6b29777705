/*
 * Taker: nothing that is offered is left.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/model/taker.h"

struct raft_intent
raft_taker_offered(struct raft *r, const struct raft_message *message)
{
	(void)r;
	return (struct raft_intent){ .kind = RAFT_INTENT_TAKE_OFFER,
				     .offer = message };
}

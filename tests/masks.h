/*
 * Sets of modules that members may have.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_MASKS_H
#define TESTS_MASKS_H

#include "raft/raft.h"

/** Each of them has what it is not safe without. */
static inline bool
mask_composes(uint64_t mask)
{
	static const struct raft_stored empty;
	const struct raft_options options = {
		.self = { .id = 1, .incarnation = 1 },
		.mask = mask,
	};
	struct raft *member;
	enum raft_result result = raft_start(&options, &empty, 0, &member);

	raft_destroy(member);
	return result == RAFT_OK;
}

#endif

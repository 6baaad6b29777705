/*
 * What a program may give the module `learners`.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	const struct raft_learners_options learners = { .slow_rounds = 5 };
 *	struct raft_options options = { .self = self, .seed = seed };
 *
 *	options.modules[raft_learners_number] = &learners;
 */
#ifndef OUTRIGGER_LEARNERS_OPTIONS_H
#define OUTRIGGER_LEARNERS_OPTIONS_H

#include <stdint.h>

enum { raft_learners_number = 4 };

/** For raft_options.modules[raft_learners_number]. What is 0 has its default. */
struct raft_learners_options {
	/** So many rounds that took an election timeout or longer, one after the
	 *  other, are told as RAFT_EVENT_CANNOT_KEEP_UP; 0: 10 (thesis 4.2.1).
	 *  Up to 255. */
	uint64_t slow_rounds;
	/** By how much a clock may be faster or slower than true time, in
	 *  millionths: raft_read_bounded rests on it, for the clocks of this
	 *  member and its leader; 0: 10000, which is 1 %. Up to 500000. */
	uint64_t clock_drift;
};

#endif

/*
 * Asking servers, as a client would, who is in their cluster, beside the loop.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_ENQUIRY_H
#define OUTRIGGER_COUNTER_ENQUIRY_H

#include <uv.h>

#include "demos/counter/roster.h"

/** Servers that are asked, at most. */
#define ENQUIRY_MAX (2 * SERVERS_MAX)

struct enquiry {
	/** Filled in by the program: who asks whom, who may answer, whom to
	 *  tell. The roster is the newest that was told, `by` who told it. */
	struct server asking;
	struct server servers[ENQUIRY_MAX];
	size_t count;
	uint8_t cluster[RAFT_TCP_CLUSTER_BYTES];
	void (*told)(void *context, const struct roster *roster, uint64_t by);
	void *context;
	/** It is under way: leave all of it alone. */
	bool busy;
	uv_work_t work;
	struct roster newest;
	uint64_t by;
};

/** Begin, unless one is under way. Nobody is told if nobody answers. */
void enquiry_start(struct enquiry *enquiry, uv_loop_t *loop);

#endif

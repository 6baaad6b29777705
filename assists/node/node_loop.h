/*
 * raft_node_loop: runs a raft_node on the user's own libuv loop.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The node takes its turn right before the loop waits for input, when all
 * callbacks of this round have run. So whatever a callback tells the node (a
 * message, a proposal, a save made durable) is carried out in the same round,
 * and many of them together. Only what other uv_prepare callbacks tell it may
 * have to wait: see raft_node_loop_hurry().
 */
#ifndef OUTRIGGER_NODE_LOOP_H
#define OUTRIGGER_NODE_LOOP_H

#include <uv.h>

#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The user's memory, until its stop is complete. To be left alone. */
struct raft_node_loop {
	/** Borrowed. */
	struct raft_node *node;
	/** Takes the turn. */
	uv_prepare_t turn;
	/** Ends the loop's wait at the node's deadline. */
	uv_timer_t deadline;
	/** Handles that libuv still knows. */
	int handles;
	/** From raft_node_loop_stop: called once libuv knows none of them. */
	void (*stopped)(void *context);
	/** Handed to it. */
	void *stopped_context;
};

/** Microseconds of CLOCK_BOOTTIME: the time that this loop gives the node, to
 *  be given to the core's verbs as well. */
RAFT_API uint64_t raft_node_loop_now(void);

/** Run the node from the next round on. Keeps uv_run() from returning. 0 or an
 *  error of libuv. */
RAFT_API RAFT_MUST_USE int raft_node_loop_start(struct raft_node_loop *runner,
						uv_loop_t *loop,
						struct raft_node *node);

/** The node was told something by a uv_prepare callback: let the loop come
 *  round at once. */
RAFT_API void raft_node_loop_hurry(struct raft_node_loop *runner);

/** Take no more turns: the node may be destroyed at once. `stopped`, which may
 *  be NULL, is called when libuv has let go of *runner. May be called from any
 *  callback, the node's own excepted. */
RAFT_API void raft_node_loop_stop(struct raft_node_loop *runner,
				  void (*stopped)(void *context),
				  void *context);

#ifdef __cplusplus
}
#endif

#endif

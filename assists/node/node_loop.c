/*
 * A uv_prepare takes the node's turns, a uv_timer wakes the loop for it
 * (node_loop.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libuv's timers run on CLOCK_MONOTONIC, which stands still while the machine
 * sleeps. A deadline that passed meanwhile is met at the first input after it,
 * or when the rest of the wait is over: late, and no later than a wait.
 */
#include "assists/node/node_loop.h"
#include "assists/system/system.h"

uint64_t
raft_node_loop_now(void)
{
	return raft__system_now();
}

static void
wake(uv_timer_t *timer)
{
	(void)timer; /* Being awake is all: take_turn() follows. */
}

/* Rounded up, or the loop would come round for nothing. */
static uint64_t
wait_ms(uint64_t deadline, uint64_t now)
{
	return deadline <= now ? 0 : (deadline - now) / 1000 + 1;
}

static void
take_turn(uv_prepare_t *turn)
{
	struct raft_node_loop *runner = turn->data;
	uint64_t deadline;

	raft_node_turn(runner->node, raft_node_loop_now());
	deadline = raft_node_deadline(runner->node);
	if (deadline == UINT64_MAX) {
		uv_timer_stop(&runner->deadline);
		return;
	}
	/* The loop's own time is from before its callbacks ran. */
	uv_update_time(turn->loop);
	uv_timer_start(&runner->deadline, wake,
		       wait_ms(deadline, raft_node_loop_now()), 0);
}

int
raft_node_loop_start(struct raft_node_loop *runner, uv_loop_t *loop,
		     struct raft_node *node)
{
	*runner = (struct raft_node_loop){ .node = node, .handles = 2 };
	uv_prepare_init(loop, &runner->turn);
	uv_timer_init(loop, &runner->deadline);
	runner->turn.data = runner;
	runner->deadline.data = runner;
	/* The first turn, too, comes before a wait. */
	return uv_prepare_start(&runner->turn, take_turn);
}

void
raft_node_loop_hurry(struct raft_node_loop *runner)
{
	uv_timer_start(&runner->deadline, wake, 0, 0);
}

static void
handle_gone(uv_handle_t *handle)
{
	struct raft_node_loop *runner = handle->data;

	if (--runner->handles == 0 && runner->stopped != NULL)
		runner->stopped(runner->stopped_context);
}

void
raft_node_loop_stop(struct raft_node_loop *runner,
		    void (*stopped)(void *context), void *context)
{
	runner->stopped = stopped;
	runner->stopped_context = context;
	uv_close((uv_handle_t *)&runner->turn, handle_gone);
	uv_close((uv_handle_t *)&runner->deadline, handle_gone);
}

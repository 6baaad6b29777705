/*
 * When a node gets its turns on a libuv loop. The node is a stand-in that
 * counts, linked instead of the real one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/node/node_loop.h"

struct raft_node {
	size_t turns;
	uint64_t turned_at;
	uint64_t deadline;
	/** Told since the last turn, and what the last turn found. */
	size_t told;
	size_t found;
	/** Stopped by a turn that had something to do; may be NULL. */
	uv_loop_t *loop;
};

void
raft_node_turn(struct raft_node *node, uint64_t now)
{
	if (node->loop != NULL && (node->told > 0 || node->deadline <= now))
		uv_stop(node->loop);
	node->turns++;
	node->turned_at = now;
	node->found = node->told;
	node->told = 0;
	if (node->deadline <= now)
		node->deadline = UINT64_MAX;
}

uint64_t
raft_node_deadline(const struct raft_node *node)
{
	return node->deadline;
}

static void
give_up(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Run for `ms` at most. */
static void
run_for(uv_loop_t *loop, uint64_t ms)
{
	uv_timer_t timer;

	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, give_up, ms, 0);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

static void
count_stop(void *context)
{
	++*(int *)context;
}

static void
finish(uv_loop_t *loop, struct raft_node_loop *runner)
{
	int stopped = 0;

	raft_node_loop_stop(runner, count_stop, &stopped);
	assert_int_equal(stopped, 0);
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(stopped, 1);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void
a_turn_comes_at_the_deadline_and_not_before(void **state)
{
	struct raft_node node = { 0 };
	struct raft_node_loop runner;
	uint64_t due = raft_node_loop_now() + 40000;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	node.deadline = due;
	assert_int_equal(raft_node_loop_start(&runner, &loop, &node), 0);
	node.loop = &loop;
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_in_range(node.turned_at, due, due + 30000);
	/* One at the start, one when due, one for a timer that ran early. */
	assert_in_range(node.turns, 2, 3);
	finish(&loop, &runner);
}

static void
an_idle_node_costs_no_turns(void **state)
{
	struct raft_node node = { .deadline = UINT64_MAX };
	struct raft_node_loop runner;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(raft_node_loop_start(&runner, &loop, &node), 0);
	run_for(&loop, 50);
	assert_in_range(node.turns, 1, 4);
	finish(&loop, &runner);
}

static void
tell(uv_timer_t *timer)
{
	struct raft_node *node = timer->data;

	node->told++;
}

static void
what_was_told_in_a_round_is_done_in_one_turn(void **state)
{
	struct raft_node node = { .deadline = UINT64_MAX };
	struct raft_node_loop runner;
	uv_timer_t timers[5];
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(raft_node_loop_start(&runner, &loop, &node), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	for (int i = 0; i < 5; i++) {
		uv_timer_init(&loop, &timers[i]);
		timers[i].data = &node;
		uv_timer_start(&timers[i], tell, 0, 0);
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(node.turns, 2);
	assert_int_equal(node.found, 5);
	for (int i = 0; i < 5; i++)
		uv_close((uv_handle_t *)&timers[i], NULL);
	finish(&loop, &runner);
}

static void
hurrying_ends_the_wait(void **state)
{
	struct raft_node node = { .deadline = UINT64_MAX };
	struct raft_node_loop runner;
	uint64_t began;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	node.deadline = raft_node_loop_now() + 5000000;
	assert_int_equal(raft_node_loop_start(&runner, &loop, &node), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	began = raft_node_loop_now();
	raft_node_loop_hurry(&runner);
	node.told = 1;
	node.loop = &loop;
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(node.found, 1);
	assert_true(raft_node_loop_now() - began < 1000000);
	finish(&loop, &runner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_comes_at_the_deadline_and_not_before),
		cmocka_unit_test(an_idle_node_costs_no_turns),
		cmocka_unit_test(what_was_told_in_a_round_is_done_in_one_turn),
		cmocka_unit_test(hurrying_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

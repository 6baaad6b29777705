/*
 * The counter's state is its snapshot again, and takes no other bytes for one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "demos/counter/state.h"

static struct state
state_new(uint64_t value)
{
	const struct raft_sessions_options options = { .sessions_max = 4 };
	struct state state = { .value = value };

	assert_int_equal(raft_sessions_create(&options, &state.sessions),
			 RAFT_OK);
	return state;
}

/** One of 40 with a session. To be freed. */
static uint8_t *
snapshot(size_t *length)
{
	struct state state = state_new(40);
	uint8_t *bytes;

	assert_int_equal(raft_sessions_register(state.sessions, 3), RAFT_OK);
	bytes = state_write(&state, length);
	raft_sessions_destroy(state.sessions);
	return bytes;
}

static void
a_snapshot_is_loaded(void **state)
{
	struct state other = state_new(7);
	size_t length, again;
	uint8_t *bytes = snapshot(&length), *same;

	(void)state;
	assert_true(state_load(&other, bytes, length));
	assert_int_equal(other.value, 40);
	same = state_write(&other, &again);
	assert_int_equal(again, length);
	assert_memory_equal(same, bytes, length);
	raft_sessions_destroy(other.sessions);
	free(bytes);
	free(same);
}

static void
other_bytes_are_refused(void **state)
{
	struct state other = state_new(7);
	size_t length, before, after;
	uint8_t *bytes = snapshot(&length);
	uint8_t *was = state_write(&other, &before), *is;

	(void)state;
	for (size_t shorter = 0; shorter < length; shorter++)
		assert_false(state_load(&other, bytes, shorter));
	/* The sessions begin behind the value. */
	bytes[8] ^= 0xff;
	assert_false(state_load(&other, bytes, length));
	is = state_write(&other, &after);
	assert_int_equal(after, before);
	assert_memory_equal(is, was, before);
	raft_sessions_destroy(other.sessions);
	free(bytes);
	free(was);
	free(is);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_is_loaded),
		cmocka_unit_test(other_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

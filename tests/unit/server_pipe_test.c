/*
 * The pipe between a thread that writes a snapshot and one that reads it
 * (assists/server/pipe.h), and when a snapshot is due.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/** A number of bytes that has nothing in common with the ring's. */
#define ODD 65521

static uint8_t written[4 * PIPE_BYTES], taken[4 * PIPE_BYTES];

static void
fill(void)
{
	for (size_t i = 0; i < sizeof(written); i++)
		written[i] = (uint8_t)(i * 31 + i / 251 + i / 65536);
	memset(taken, 0, sizeof(taken));
}

/* Round and round, as much as fits. */
static void
bytes_come_out_as_they_went_in(void **state)
{
	struct pipe pipe;
	size_t in = 0, out = 0;

	(void)state;
	fill();
	assert_true(raft__pipe_open(&pipe));
	assert_int_equal(raft__pipe_take_some(&pipe, taken, 10), 0);
	while (in + ODD <= sizeof(written)) {
		while (in - out + ODD <= PIPE_BYTES &&
		       in + ODD <= sizeof(written)) {
			assert_true(raft__pipe_put(&pipe, written + in, ODD));
			in += ODD;
			assert_int_equal(pipe.count, in - out);
		}
		/* More is asked for than there is. */
		out += raft__pipe_take_some(&pipe, taken + out,
					    out % 3 == 0 ? 1000 : PIPE_BYTES);
		assert_int_equal(pipe.count, in - out);
	}
	out += raft__pipe_take_some(&pipe, taken + out, sizeof(taken) - out);
	assert_int_equal(out, in);
	assert_memory_equal(taken, written, in);
	/* All of the ring can be full. */
	assert_true(raft__pipe_put(&pipe, written, PIPE_BYTES));
	assert_int_equal(pipe.count, PIPE_BYTES);
	assert_int_equal(raft__pipe_take(&pipe, taken, PIPE_BYTES), PIPE_BYTES);
	assert_memory_equal(taken, written, PIPE_BYTES);
	raft__pipe_close(&pipe);
	assert_null(pipe.bytes);
}

static void
what_ends_gives_what_it_has(void **state)
{
	struct pipe pipe;

	(void)state;
	fill();
	assert_true(raft__pipe_open(&pipe));
	assert_true(raft__pipe_is_wanted(&pipe));
	assert_true(raft__pipe_put(&pipe, written, 100));
	assert_int_equal(raft__pipe_take(&pipe, taken, 60), 60);
	raft__pipe_end(&pipe);
	assert_true(raft__pipe_is_wanted(&pipe));
	assert_int_equal(raft__pipe_take(&pipe, taken + 60, 60), 40);
	assert_int_equal(raft__pipe_take(&pipe, taken, 60), 0);
	assert_memory_equal(taken, written, 100);
	raft__pipe_close(&pipe);
	/* What is not wanted is not written, nor waited for. */
	assert_true(raft__pipe_open(&pipe));
	raft__pipe_cancel(&pipe);
	assert_false(raft__pipe_is_wanted(&pipe));
	assert_false(raft__pipe_put(&pipe, written, 2 * PIPE_BYTES));
	assert_int_equal(pipe.count, 0);
	raft__pipe_close(&pipe);
}

static void
write_all(void *context)
{
	struct pipe *pipe = context;

	for (size_t at = 0; at < sizeof(written); at += sizeof(written) / 2)
		if (!raft__pipe_put(pipe, written + at, sizeof(written) / 2))
			return;
	raft__pipe_end(pipe);
}

/* More than fits, from another thread. */
static void
each_waits_for_the_other(void **state)
{
	struct pipe pipe;
	uv_thread_t thread;
	size_t out = 0;

	(void)state;
	fill();
	assert_true(raft__pipe_open(&pipe));
	assert_int_equal(uv_thread_create(&thread, write_all, &pipe), 0);
	while (out < sizeof(taken))
		out += raft__pipe_take(
		    &pipe, taken + out,
		    sizeof(taken) - out < ODD ? sizeof(taken) - out : ODD);
	assert_int_equal(raft__pipe_take(&pipe, taken, 1), 0);
	uv_thread_join(&thread);
	assert_memory_equal(taken, written, sizeof(written));
	raft__pipe_close(&pipe);
	/* One that waits for room is let go. */
	assert_true(raft__pipe_open(&pipe));
	assert_int_equal(uv_thread_create(&thread, write_all, &pipe), 0);
	assert_int_equal(raft__pipe_take(&pipe, taken, 1000), 1000);
	raft__pipe_cancel(&pipe);
	uv_thread_join(&thread);
	assert_false(raft__pipe_is_wanted(&pipe));
	raft__pipe_close(&pipe);
}

/* --------------------------------------------------------- when one is due */

/** How a server is, beside that its log has entries behind the newest snapshot. */
struct due {
	uint64_t log_bytes;
	bool is_wanted, is_damaged, is_covered, has_stopped, is_early;
	uint64_t age_us;
	enum server_state state;
	bool is_due;
};

static void
a_snapshot_is_due_for_a_reason(void **state)
{
	static const struct due cases[] = {
		{ .log_bytes = 999, .is_due = false },
		{ .log_bytes = 1000, .is_due = true },
		{ .log_bytes = 1001, .is_due = true },
		{ .log_bytes = 1000, .is_early = true },
		{ .log_bytes = 1000, .has_stopped = true },
		{ .log_bytes = 1000, .state = SERVER_LEAVING },
		/* Of the state as it is there is one. */
		{ .log_bytes = 1000, .is_covered = true },
		{ .is_wanted = true, .is_covered = true },
		{ .is_wanted = true, .is_due = true },
		{ .is_wanted = true, .is_early = true },
		{ .is_damaged = true, .is_due = true },
		{ .is_damaged = true, .is_covered = true, .is_due = true },
		{ .log_bytes = 1, .age_us = 59999999 },
		{ .log_bytes = 1, .age_us = 60000000, .is_due = true },
		{ .log_bytes = 0, .age_us = 60000000 },
		{ .log_bytes = 1, .age_us = 60000000, .is_covered = true },
	};
	struct raft_server *server;
	struct taking *taking;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_log_bytes = 1000;
	scene.options.snapshot_seconds = 60;
	make_first(&scene, 1);
	start(&scene, 1);
	server = scene.actors[1].server;
	taking = &server->taking;
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct due *is = &cases[i];
		uint64_t now = raft__server_now();
		uint64_t kept_at = server->snapshot_at;
		struct raft_entry_id kept = server->snapshot;

		server->log_bytes = is->log_bytes;
		server->measures.snapshot_written = 0;
		server->snapshot_at = now - is->age_us;
		server->snapshot.index =
		    is->is_covered ? server->applied.index : 0;
		taking->is_wanted = is->is_wanted;
		taking->is_damaged = is->is_damaged;
		taking->not_before = now + is->is_early;
		if (is->has_stopped)
			strlcpy(server->stopped, "x", sizeof(server->stopped));
		if (is->state != SERVER_OPEN)
			server->state = is->state;
		raft__server_snapshots_tick(server, now);
		server->stopped[0] = '\0';
		server->state = SERVER_RUNNING;
		if (taking->is_running != is->is_due)
			fail_msg("case %zu", i);
		if (!is->is_due) {
			assert_int_equal(server->log_bytes, is->log_bytes);
			assert_int_equal(taking->is_wanted,
					 is->is_wanted && !is->is_covered);
			server->snapshot = kept;
			server->snapshot_at = kept_at;
			taking->is_wanted = false;
			continue;
		}
		assert_int_equal(server->log_bytes, 0);
		assert_int_equal(taking->log_bytes, is->log_bytes);
		assert_false(taking->is_wanted);
		assert_int_equal(taking->at.index, server->applied.index);
		/* One at a time. */
		taking->is_wanted = true;
		raft__server_snapshots_tick(server, now);
		assert_int_equal(taking->log_bytes, is->log_bytes);
		taking->is_wanted = false;
		assert_true(
		    run_until(&scene.loop, !taking->is_running, PATIENCE_MS));
		assert_false(taking->is_damaged);
		assert_int_equal(server->snapshot.index, server->applied.index);
	}
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_out_as_they_went_in),
		cmocka_unit_test(what_ends_gives_what_it_has),
		cmocka_unit_test(each_waits_for_the_other),
		cmocka_unit_test(a_snapshot_is_due_for_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

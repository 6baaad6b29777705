/*
 * A server whose disk fails, or whose log has what it does not understand: it stops
 * for good, says why, and takes nothing more.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/syscall.h>

#include "assists/node/node_loop.h"
#include "tests/unit/server_scene.h"

/** The next sync fails. */
static bool sync_fails;

int
fdatasync(int fd)
{
	if (sync_fails) {
		sync_fails = false;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void
alone(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	await_leader(scene);
}

static bool
has_stopped(const struct scene *scene)
{
	return scene->actors[1].said[RAFT_SERVER_EVENT_STOPPED][0] != '\0';
}

static void
assert_says(const char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", text, words);
}

/* Nothing that is asked of it is done, and that is said. */
static void
assert_takes_nothing(struct scene *scene)
{
	struct wish wishes[3] = {
		add(scene, 1, "1"),
		look(scene, 1),
		change(scene, 1,
		       (struct raft_server_change){
			   .kind = RAFT_SERVER_REMOVE, .identity.id = 1 }),
	};

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(wishes[i].result, RAFT_SERVER_CLOSED);
		assert_string_equal(wishes[i].why,
				    "this server is closing, or has stopped: "
				    "it was not done");
		assert_int_equal(wishes[i].index, 0);
	}
}

static void
one_whose_disk_fails_stops_and_says_why(void **state)
{
	struct scene scene;
	struct wish wish;

	(void)state;
	alone(&scene);
	assert_int_equal(add(&scene, 1, "5").result, RAFT_SERVER_OK);
	assert_false(status_of(&scene, 1).raft.stopped);
	propose(&scene, 1, "6", 0, 0, &wish);
	sync_fails = true;
	assert_true(run_until(&scene.loop, has_stopped(&scene), PATIENCE_MS));
	assert_says(scene.actors[1].said[RAFT_SERVER_EVENT_STOPPED],
		    "/1/log: the log cannot be written: Input/output error");
	assert_true(status_of(&scene, 1).raft.stopped);
	assert_takes_nothing(&scene);
	/* It was written, perhaps: the one who waits is not told otherwise. */
	stop(&scene, 1);
	assert_true(wish.ended);
	assert_int_equal(wish.result, RAFT_SERVER_UNKNOWN);
	start(&scene, 1);
	await_leader(&scene);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	assert_in_range(scene.actors[1].machine.sum, 6, 12);
	scene_close(&scene);
}

/** A server that runs by itself, and what is done to it when it leads. */
struct plan {
	struct scene *scene;
	struct wish wish;
	bool done;
};

static void
fail_when_led(uv_timer_t *timer)
{
	struct plan *plan = timer->data;

	if (plan->done || leader(plan->scene) == 0)
		return;
	plan->done = true;
	sync_fails = true;
	propose(plan->scene, 1, "7", 0, 0, &plan->wish);
}

static void
one_that_runs_by_itself_ends_with_the_reason(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	struct scene scene;
	struct plan plan = { .scene = &scene };
	uv_timer_t timer = { .data = &plan };

	(void)state;
	alone(&scene);
	uv_timer_init(&scene.loop, &timer);
	uv_timer_start(&timer, fail_when_led, 1, 1);
	uv_unref((uv_handle_t *)&timer);
	assert_false(raft_server_run(scene.actors[1].server, &scene.loop,
				     error, sizeof(error)));
	scene.actors[1].server = NULL;
	assert_says(error, "the log cannot be written: Input/output error");
	assert_string_equal(error,
			    scene.actors[1].said[RAFT_SERVER_EVENT_STOPPED]);
	assert_true(plan.wish.ended);
	assert_int_equal(plan.wish.result, RAFT_SERVER_UNKNOWN);
	uv_close((uv_handle_t *)&timer, NULL);
	scene_close(&scene);
}

static void
one_that_has_stopped_before_it_runs_ends_with_the_reason(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	struct scene scene;
	struct wish wish;

	(void)state;
	alone(&scene);
	propose(&scene, 1, "7", 0, 0, &wish);
	sync_fails = true;
	assert_true(run_until(&scene.loop, has_stopped(&scene), PATIENCE_MS));
	assert_false(raft_server_run(scene.actors[1].server, &scene.loop,
				     error, sizeof(error)));
	scene.actors[1].server = NULL;
	assert_says(error, "the log cannot be written: Input/output error");
	scene_close(&scene);
}

static void
what_is_no_command_is_not_passed_over(void **state)
{
	const struct raft_payload nonsense = { "\377nonsense", 9, NULL };
	struct raft_entry_id id;
	char expected[128];
	struct scene scene;

	(void)state;
	alone(&scene);
	assert_int_equal(add(&scene, 1, "5").result, RAFT_SERVER_OK);
	assert_int_equal(raft_propose(raft_server_raft(scene.actors[1].server),
				      &nonsense, 1, raft_node_loop_now(), &id),
			 RAFT_OK);
	assert_true(run_until(&scene.loop, has_stopped(&scene), PATIENCE_MS));
	snprintf(expected, sizeof(expected),
		 "entry %" PRIu64 " is no command that this version knows: run "
		 "the one that wrote it",
		 id.index);
	assert_string_equal(scene.actors[1].said[RAFT_SERVER_EVENT_STOPPED],
			    expected);
	assert_takes_nothing(&scene);
	assert_int_equal(scene.actors[1].machine.sum, 5);
	stop(&scene, 1);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_whose_disk_fails_stops_and_says_why),
		cmocka_unit_test(one_that_runs_by_itself_ends_with_the_reason),
		cmocka_unit_test(
		    one_that_has_stopped_before_it_runs_ends_with_the_reason),
		cmocka_unit_test(what_is_no_command_is_not_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Servers of one cluster: whoever is asked, whoever leads, and whoever was away.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/wait.h>

#include "assists/node/node_loop.h"
#include "tests/unit/server_scene.h"

/* ----------------------------------------------------------- asked anywhere */

static void
whoever_is_asked_a_command_is_done_once_everywhere(void **state)
{
	struct scene scene;

	(void)state;
	three(&scene);
	/* Before anybody leads, too. */
	for (uint64_t i = 0; i < 9; i++)
		assert_int_equal(add(&scene, 1 + i % 3, "2").result,
				 RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, agree(&scene, 9), PATIENCE_MS));
	assert_int_equal(scene.actors[2].machine.sum, 18);
	scene_close(&scene);
}

static void
a_read_at_a_follower_sees_what_was_acknowledged(void **state)
{
	struct scene scene;
	uint64_t follower;

	(void)state;
	three(&scene);
	follower = await_follower(&scene);
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(add(&scene, leader(&scene), "1").result,
				 RAFT_SERVER_OK);
		assert_int_equal(look(&scene, follower).result, RAFT_SERVER_OK);
		assert_true(scene.actors[follower].machine.sum >= i);
	}
	scene_close(&scene);
}

static void
a_bounded_read_needs_no_leader_in_time(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };
	uint64_t follower;

	(void)state;
	three(&scene);
	follower = await_follower(&scene);
	add(&scene, follower, "1");
	raft_server_read(scene.actors[follower].server,
			 &(struct raft_server_view){ .bound_us = 2000000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	for (uint64_t id = 1; id <= 3; id++)
		if (id != follower)
			cut_off(&scene, id);
	wish = (struct wish){ 0 };
	raft_server_read(scene.actors[follower].server,
			 &(struct raft_server_view){ .bound_us = 60000000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	scene_close(&scene);
}

static void
a_session_is_one_across_leaders(void **state)
{
	struct scene scene;
	struct wish opened = { 0 }, wish;
	uint64_t first, second;

	(void)state;
	three(&scene);
	first = await_leader(&scene);
	raft_server_register(scene.actors[await_follower(&scene)].server, 0,
			     wish_done, &opened);
	assert_int_equal(wait_for(&scene, &opened).result, RAFT_SERVER_OK);
	assert_true(opened.index > 0);
	propose(&scene, first, "7", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "7");
	cut_off(&scene, first);
	second = await_leader(&scene);
	assert_int_not_equal(first, second);
	propose(&scene, second, "7", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "7");
	propose(&scene, await_follower(&scene), "7", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "7");
	assert_int_equal(scene.actors[second].machine.sum, 7);
	scene_close(&scene);
}

/* -------------------------------------------------------- who leads goes away */

#define WRITERS 16

/** Writes on and on, through one server, in a session or without. */
struct writer {
	struct scene *scene;
	uint64_t id;
	uint64_t session, sequence;
	bool stops, is_open;
	size_t done, unknown, refused;
};

static void writer_next(struct writer *writer);

static void
writer_done(void *context, const struct raft_server_answer *answer)
{
	struct writer *writer = context;

	writer->is_open = false;
	writer->done += answer->result == RAFT_SERVER_OK;
	writer->unknown += answer->result == RAFT_SERVER_UNKNOWN;
	writer->refused += answer->result != RAFT_SERVER_OK &&
			   answer->result != RAFT_SERVER_UNKNOWN;
	if (!writer->stops && scene_is_up(writer->scene, writer->id))
		writer_next(writer);
}

static void
writer_next(struct writer *writer)
{
	writer->is_open = true;
	writer->sequence++;
	raft_server_propose(
	    writer->scene->actors[writer->id].server,
	    &(struct raft_server_command){
		.data = "1",
		.length = 1,
		.session = writer->session,
		.sequence = writer->sequence,
		.timeout_us = writer->session != 0 ? 8000000 : 1500000,
	    },
	    writer_done, writer);
}

static size_t
sum_of(const struct writer *writers, size_t offset)
{
	size_t sum = 0;

	for (size_t i = 0; i < WRITERS; i++)
		sum +=
		    *(const size_t *)(const void *)((const char *)&writers[i] +
						    offset);
	return sum;
}

static bool
all_stopped(const struct writer *writers)
{
	for (size_t i = 0; i < WRITERS; i++)
		if (writers[i].is_open)
			return false;
	return true;
}

static void
begin_writers(struct scene *scene, struct writer *writers, bool in_sessions)
{
	uint64_t id = await_follower(scene);

	for (size_t i = 0; i < WRITERS; i++) {
		struct wish opened = { 0 };

		writers[i] = (struct writer){ .scene = scene, .id = id };
		if (in_sessions) {
			raft_server_register(
			    scene->actors[writers[i].id].server, 0, wish_done,
			    &opened);
			wait_for(scene, &opened);
			writers[i].session = opened.index;
		}
		writer_next(&writers[i]);
	}
}

static void
end_writers(struct scene *scene, struct writer *writers)
{
	for (size_t i = 0; i < WRITERS; i++)
		writers[i].stops = true;
	assert_true(run_until(&scene->loop, all_stopped(writers), PATIENCE_MS));
}

/* The leader is cut off, again and again, and comes back: with a session everything
 * ends well and counts once, from the followers' clients' point of view. */
static void
writers_outlive_their_leaders(struct scene *scene, struct writer *writers,
			      bool in_sessions)
{
	uint64_t writes_at;

	three(scene);
	begin_writers(scene, writers, in_sessions);
	writes_at = writers[0].id;
	for (int round = 0; round < 4; round++) {
		size_t before = sum_of(writers, offsetof(struct writer, done));
		uint64_t gone = await_leader(scene);

		assert_true(
		    run_until(&scene->loop,
			      sum_of(writers, offsetof(struct writer, done)) >
				  before + 100,
			      PATIENCE_MS));
		if (gone == writes_at)
			continue;
		cut_off(scene, gone);
		await_leader(scene);
		start(scene, gone);
	}
	end_writers(scene, writers);
}

static void
in_sessions_all_is_done_once_whoever_leads(void **state)
{
	static struct writer writers[WRITERS];
	struct scene scene;
	size_t done;

	(void)state;
	writers_outlive_their_leaders(&scene, writers, true);
	done = sum_of(writers, offsetof(struct writer, done));
	assert_int_equal(sum_of(writers, offsetof(struct writer, unknown)), 0);
	assert_int_equal(sum_of(writers, offsetof(struct writer, refused)), 0);
	assert_true(run_until(&scene.loop, agree(&scene, done), PATIENCE_MS));
	scene_close(&scene);
}

static void
without_a_session_what_is_acknowledged_is_there(void **state)
{
	static struct writer writers[WRITERS];
	struct scene scene;
	size_t done, unknown;
	uint64_t count;

	(void)state;
	writers_outlive_their_leaders(&scene, writers, false);
	done = sum_of(writers, offsetof(struct writer, done));
	unknown = sum_of(writers, offsetof(struct writer, unknown));
	assert_int_equal(sum_of(writers, offsetof(struct writer, refused)), 0);
	assert_int_equal(look(&scene, writers[0].id).result, RAFT_SERVER_OK);
	count = scene.actors[writers[0].id].machine.count;
	assert_in_range(count, done, done + unknown);
	assert_true(run_until(&scene.loop, agree(&scene, count), PATIENCE_MS));
	scene_close(&scene);
}

static void
without_a_majority_nothing_is_taken(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };

	(void)state;
	three(&scene);
	await_leader(&scene);
	cut_off(&scene, 1);
	cut_off(&scene, 2);
	/* Until it knows that nobody leads. */
	assert_true(run_until(
	    &scene.loop, status_of(&scene, 3).raft.leader == 0, PATIENCE_MS));
	raft_server_propose(scene.actors[3].server,
			    &(struct raft_server_command){
				.data = "1",
				.length = 1,
				.timeout_us = 300000,
			    },
			    wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_NO_LEADER);
	wish = (struct wish){ 0 };
	raft_server_read(scene.actors[3].server,
			 &(struct raft_server_view){ .timeout_us = 300000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_NO_LEADER);
	scene_close(&scene);
}

static void
a_leader_that_closes_hands_over(void **state)
{
	struct scene scene;
	uint64_t first, before, second;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	first = await_leader(&scene);
	before = status_of(&scene, first).raft.term;
	stop(&scene, first);
	/* It was there until the next one campaigned. */
	assert_true(status_of(&scene, first % 3 + 1).raft.term > before ||
		    status_of(&scene, (first + 1) % 3 + 1).raft.term > before);
	second = await_leader(&scene);
	assert_int_not_equal(first, second);
	assert_string_equal(add(&scene, second, "1").answer, "2");
	scene_close(&scene);
}

/* ------------------------------------------------------------------ snapshots */

static void
one_that_was_away_long_gets_a_snapshot(void **state)
{
	struct scene scene;
	uint64_t away;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_log_bytes = 3000;
	scene.options.snapshot_tail_entries = 5;
	make_first(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++) {
		scene.actors[id].machine.ballast = 1 << 20;
		start(&scene, id);
	}
	away = await_follower(&scene);
	cut_off(&scene, away);
	for (int i = 0; i < 300; i++)
		assert_int_equal(add(&scene, await_leader(&scene), "1").result,
				 RAFT_SERVER_OK);
	assert_true(run_until(
	    &scene.loop,
	    status_of(&scene, leader(&scene)).raft.snapshot.index > 100,
	    PATIENCE_MS));
	start(&scene, away);
	assert_true(run_until(&scene.loop, agree(&scene, 300), PATIENCE_MS));
	/* A newer one may have been taken while the first was on its way. */
	assert_true(scene.actors[away].machine.loads >= 1);
	scene_close(&scene);
}

/** Server 1 in a process of its own, which leads. */
static pid_t
lead_elsewhere(struct scene *scene)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	uv_loop_init(&scene->loop);
	start(scene, 1);
	(void)!raft_campaign(raft_server_raft(scene->actors[1].server),
			     raft_node_loop_now());
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	_exit(1);
}

/* It may have passed it on before: so it is not done again, and nobody waits until
 * the time is over. */
static void
what_a_leader_took_that_has_died_is_unknown_at_once(void **state)
{
	struct raft_server_command command = { .data = "1",
					       .length = 1,
					       .timeout_us = 300000000 };
	struct wish wish = { 0 };
	struct scene scene;
	uint64_t began;
	pid_t child;

	(void)state;
	scene_open(&scene);
	/* It leads as long as the test takes. */
	scene.election_timeout_us = 30000000;
	make_first(&scene, 3);
	child = lead_elsewhere(&scene);
	start(&scene, 2);
	start(&scene, 3);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 2).raft.leader == 1 &&
				  status_of(&scene, 3).raft.leader == 1,
			      4 * PATIENCE_MS));
	assert_int_equal(add(&scene, 2, "1").result, RAFT_SERVER_OK);
	kill(child, SIGSTOP);
	raft_server_propose(scene.actors[2].server, &command, wish_done, &wish);
	run_until(&scene.loop, false, 200);
	assert_false(wish.ended);
	began = uv_hrtime();
	kill(child, SIGKILL);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_UNKNOWN);
	assert_in_range(uv_hrtime() - began, 0, UINT64_C(20000000000));
	assert_int_equal(waitpid(child, NULL, 0), child);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_a_leader_took_that_has_died_is_unknown_at_once),
		cmocka_unit_test(
		    whoever_is_asked_a_command_is_done_once_everywhere),
		cmocka_unit_test(
		    a_read_at_a_follower_sees_what_was_acknowledged),
		cmocka_unit_test(a_bounded_read_needs_no_leader_in_time),
		cmocka_unit_test(a_session_is_one_across_leaders),
		cmocka_unit_test(in_sessions_all_is_done_once_whoever_leads),
		cmocka_unit_test(
		    without_a_session_what_is_acknowledged_is_there),
		cmocka_unit_test(without_a_majority_nothing_is_taken),
		cmocka_unit_test(a_leader_that_closes_hands_over),
		cmocka_unit_test(one_that_was_away_long_gets_a_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

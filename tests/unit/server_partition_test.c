/*
 * A leader that is cut off, and what it was asked for meanwhile.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/* Its transport knows nobody any more: it says nothing to them, and hears notes of
 * guests at most. */
static void
cut(struct scene *scene, uint64_t id)
{
	struct raft_server *server = scene->actors[id].server;

	for (uint64_t other = 1; other <= 3; other++)
		raft_tcp_peer_remove(server->transport, other);
}

static void
heal(struct scene *scene, uint64_t id)
{
	struct raft_server *server = scene->actors[id].server;
	struct address address;

	for (uint64_t other = 1; other <= 3; other++) {
		if (other == id)
			continue;
		assert_true(raft__address_parse(scene->actors[other].address,
						&address));
		assert_int_equal(
		    raft_tcp_peer_add(server->transport,
				      &(struct raft_tcp_peer){
					  other, address.host, address.port }),
		    0);
	}
}

/* One of the other two leads them both. */
static uint64_t
other_leader(const struct scene *scene, uint64_t id)
{
	uint64_t first = id % 3 + 1, second = first % 3 + 1;
	uint64_t found = status_of(scene, first).raft.leader;

	return found != id && found == status_of(scene, second).raft.leader
		   ? found
		   : 0;
}

static void
propose_patiently(struct scene *scene, uint64_t id, uint64_t session,
		  struct wish *wish)
{
	*wish = (struct wish){ 0 };
	raft_server_propose(scene->actors[id].server,
			    &(struct raft_server_command){
				.data = "7",
				.length = 1,
				.session = session,
				.sequence = session != 0,
				.timeout_us = 60000000,
			    },
			    wish_done, wish);
}

/* It proposes, and nobody hears of it. Returns who leads then. */
static uint64_t
depose(struct scene *scene, uint64_t id)
{
	assert_true(
	    run_until(&scene->loop, other_leader(scene, id) != 0, PATIENCE_MS));
	return other_leader(scene, id);
}

static bool
is_proposed(const struct scene *scene, uint64_t id, size_t count)
{
	const struct ask *ask;
	size_t found = 0;

	TAILQ_FOREACH(ask, &scene->actors[id].server->asks.lists[ASK_PROPOSED],
		      link)
	found++;
	return found == count;
}

static void
what_was_surely_lost_is_tried_again(void **state)
{
	struct scene scene;
	uint64_t deposed, next;
	struct wish wish;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	deposed = await_leader(&scene);
	cut(&scene, deposed);
	propose_patiently(&scene, deposed, 0, &wish);
	assert_true(run_until(&scene.loop, is_proposed(&scene, deposed, 1),
			      PATIENCE_MS));
	next = depose(&scene, deposed);
	assert_string_equal(add(&scene, next, "2").answer, "3");
	assert_false(wish.ended);
	heal(&scene, deposed);
	/* Another entry stands in its place: so it was never done. */
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	assert_string_equal(wish.answer, "10");
	assert_true(run_until(&scene.loop, agree(&scene, 3), PATIENCE_MS));
	scene_close(&scene);
}

static void
what_a_snapshot_hides_is_unknown_unless_it_has_a_session(void **state)
{
	struct scene scene;
	uint64_t deposed, next;
	struct wish opened = { 0 }, plain, once;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_log_bytes = 2000;
	scene.options.snapshot_tail_entries = 2;
	make_first(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(&scene, id);
	deposed = await_leader(&scene);
	raft_server_register(scene.actors[deposed].server, 0, wish_done,
			     &opened);
	wait_for(&scene, &opened);
	deposed = await_leader(&scene);
	cut(&scene, deposed);
	propose_patiently(&scene, deposed, 0, &plain);
	propose_patiently(&scene, deposed, opened.index, &once);
	assert_true(run_until(&scene.loop, is_proposed(&scene, deposed, 2),
			      PATIENCE_MS));
	next = depose(&scene, deposed);
	for (int i = 0; i < 200; i++)
		assert_int_equal(add(&scene, next, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, next).raft.snapshot.index > 100,
			      PATIENCE_MS));
	heal(&scene, deposed);
	assert_int_equal(wait_for(&scene, &plain).result, RAFT_SERVER_UNKNOWN);
	assert_int_equal(wait_for(&scene, &once).result, RAFT_SERVER_OK);
	assert_string_equal(once.answer, "207");
	assert_true(scene.actors[deposed].machine.loads > 0);
	assert_true(run_until(&scene.loop, agree(&scene, 201), PATIENCE_MS));
	scene_close(&scene);
}

static void
what_nobody_can_tell_ends_unknown_in_time(void **state)
{
	struct scene scene;
	uint64_t deposed;
	struct wish wish = { 0 };

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	deposed = await_leader(&scene);
	cut(&scene, deposed);
	raft_server_propose(scene.actors[deposed].server,
			    &(struct raft_server_command){
				.data = "7",
				.length = 1,
				.timeout_us = 500000,
			    },
			    wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_UNKNOWN);
	scene_close(&scene);
}

static void
a_change_is_done_when_it_is_committed(void **state)
{
	struct scene scene;
	uint64_t deposed;
	struct wish wish = { 0 };

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	deposed = await_leader(&scene);
	cut(&scene, deposed);
	/* In force at once, for this leader; and nobody else hears of it. */
	raft_server_change(
	    scene.actors[deposed].server,
	    &(struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
					  .identity.id = deposed % 3 + 1,
					  .timeout_us = 1000000 },
	    NULL, wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_UNKNOWN);
	scene_close(&scene);
}

/* Its leader has done it, and cannot say so; then it does not know whom to tell. */
static void
in_a_session_a_lost_answer_is_asked_for_again(void **state)
{
	struct scene scene;
	uint64_t leads, asked;
	struct wish opened = { 0 }, wish;
	struct raft_server *server;
	struct ask *ask;

	(void)state;
	three(&scene);
	raft_server_register(scene.actors[1].server, 0, wish_done, &opened);
	wait_for(&scene, &opened);
	leads = await_leader(&scene);
	server = scene.actors[leads].server;
	asked = await_follower(&scene);
	propose_patiently(&scene, asked, opened.index, &wish);
	assert_true(run_until(&scene.loop,
			      !TAILQ_EMPTY(&server->asks.lists[ASK_PROPOSED]),
			      PATIENCE_MS));
	TAILQ_FOREACH(ask, &server->asks.lists[ASK_PROPOSED], link)
	ask->origin_number += 1000000;
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	assert_string_equal(wish.answer, "7");
	assert_int_equal(look(&scene, asked).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[asked].machine.count, 1);
	scene_close(&scene);
}

/* It was told of the new ones, and sleeps before its log says so: those who told it
 * have to tell it again. */
static void
one_that_forgot_who_came_is_told_again(void **state)
{
	struct raft_tcp_peer_status status;
	struct scene scene;
	uint64_t asleep, stays;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	asleep = await_follower(&scene);
	stays = await_leader(&scene);
	cut(&scene, asleep);
	for (uint64_t id = 4; id <= 5; id++) {
		make_joining(&scene, id, stays, false);
		start(&scene, id);
		assert_true(run_until(
		    &scene.loop, role_of(&scene, id, id) == RAFT_MEMBER_VOTER,
		    PATIENCE_MS));
		assert_true(run_until(
		    &scene.loop,
		    raft_tcp_peer_status(
			raft_server_transport(scene.actors[asleep].server), id,
			&status),
		    PATIENCE_MS));
	}
	cut_off(&scene, asleep);
	for (uint64_t id = 1; id <= 3; id++) {
		if (id == asleep)
			continue;
		await_leader(&scene);
		assert_int_equal(
		    change(&scene, 4,
			   (struct raft_server_change){
			       .kind = RAFT_SERVER_REMOVE, .identity.id = id })
			.result,
		    RAFT_SERVER_OK);
		cut_off(&scene, id);
	}
	start(&scene, asleep);
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	scene_close(&scene);
}

static void
a_read_of_one_that_is_cut_off_is_no_old_one(void **state)
{
	struct scene scene;
	uint64_t deposed, next;
	struct wish wish = { 0 };

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	deposed = await_leader(&scene);
	cut(&scene, deposed);
	raft_server_read(scene.actors[deposed].server,
			 &(struct raft_server_view){ .timeout_us = 60000000 },
			 wish_done, &wish);
	next = depose(&scene, deposed);
	add(&scene, next, "2");
	assert_false(wish.ended);
	heal(&scene, deposed);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[deposed].machine.sum, 3);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_surely_lost_is_tried_again),
		cmocka_unit_test(
		    what_a_snapshot_hides_is_unknown_unless_it_has_a_session),
		cmocka_unit_test(what_nobody_can_tell_ends_unknown_in_time),
		cmocka_unit_test(a_change_is_done_when_it_is_committed),
		cmocka_unit_test(in_a_session_a_lost_answer_is_asked_for_again),
		cmocka_unit_test(one_that_forgot_who_came_is_told_again),
		cmocka_unit_test(a_read_of_one_that_is_cut_off_is_no_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

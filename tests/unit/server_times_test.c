/*
 * How long a server waits, and how much it takes, where nobody has said: to the
 * microsecond, and to the byte.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/statvfs.h>

#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"
#include "assists/transport_tcp/transport.h"

#define SECOND_US UINT64_C(1000000)

/** Bytes that are free on every disk. */
static uint64_t is_free = UINT32_MAX;

int
statvfs(const char *path, struct statvfs *status)
{
	(void)path;
	*status = (struct statvfs){ .f_blocks = UINT32_MAX,
				    .f_bavail = is_free,
				    .f_frsize = 1 };
	return 0;
}

static struct raft_server *
open_one(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
	return scene->actors[1].server;
}

/** What was asked last, and has not been tried yet. */
static const struct ask *
newest(struct raft_server *server)
{
	const struct ask *ask =
	    TAILQ_LAST(&server->asks.lists[ASK_WAITING], ask_list);

	assert_non_null(ask);
	return ask;
}

static void
assert_waits(struct raft_server *server, uint64_t us)
{
	const struct ask *ask = newest(server);

	assert_int_equal(ask->deadline - ask->asked_at, us);
}

static void
what_is_asked_has_so_much_time(void **state)
{
	struct wish wishes[8] = { 0 };
	struct scene scene;
	struct raft_server *server = open_one(&scene);
	struct raft_server_change change = { .kind = RAFT_SERVER_REMOVE,
					     .identity.id = 9 };
	struct raft_server_command command = { .data = "1", .length = 1 };
	struct raft_server_view view = { 0 };

	(void)state;
	raft_server_propose(server, &command, wish_done, &wishes[0]);
	assert_waits(server, 5 * SECOND_US);
	command.timeout_us = 1234567;
	raft_server_propose(server, &command, wish_done, &wishes[1]);
	assert_waits(server, 1234567);
	raft_server_register(server, 0, wish_done, &wishes[2]);
	assert_waits(server, 5 * SECOND_US);
	raft_server_register(server, 7654321, wish_done, &wishes[3]);
	assert_waits(server, 7654321);
	raft_server_read(server, &view, wish_done, &wishes[4]);
	assert_waits(server, 5 * SECOND_US);
	view.timeout_us = 1111111;
	raft_server_read(server, &view, wish_done, &wishes[5]);
	assert_waits(server, 1111111);
	raft_server_change(server, &change, NULL, wish_done, &wishes[6]);
	assert_waits(server, 60 * SECOND_US);
	change.timeout_us = 2222222;
	raft_server_change(server, &change, NULL, wish_done, &wishes[7]);
	assert_waits(server, 2222222);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(wait_for(&scene, &wishes[i]).result,
				 RAFT_SERVER_OK);
	scene_close(&scene);
}

/* For five seconds, whereupon it asks again. */
static void
one_that_asks_to_be_let_in_is_helped_for_a_while(void **state)
{
	struct scene scene;
	struct raft_server *server = open_one(&scene);
	struct peer *peer =
	    raft__peers_learn(server, 7, "127.0.0.1:7 a note", 1);
	const struct ask *ask;

	(void)state;
	for (int wish = WISH_VOTE; wish <= WISH_STAND_IN; wish++) {
		static const enum raft_server_change_kind kinds[] = {
			[WISH_VOTE] = RAFT_SERVER_ADD,
			[WISH_LEARN] = RAFT_SERVER_LEARN,
			[WISH_STAND_IN] = RAFT_SERVER_STAND_IN,
		};

		peer->wish = (enum peer_wish)wish;
		peer->incarnation = 70;
		peer->stands_in_seconds = 9;
		raft__peers_admit(server, peer);
		ask = newest(server);
		assert_int_equal(ask->deadline - ask->asked_at, 5 * SECOND_US);
		assert_true(ask->is_admission);
		assert_int_equal(ask->change.kind, kinds[wish]);
		assert_int_equal(ask->change.identity.id, 7);
		assert_int_equal(ask->change.identity.incarnation, 70);
		assert_int_equal(ask->change.stands_in_seconds, 9);
		assert_string_equal(ask->change.address, "127.0.0.1:7 a note");
		/* While that goes on nothing else is begun. */
		raft__peers_admit(server, peer);
		assert_int_equal(server->asks.count, 1);
		raft__asks_end(server, TAILQ_FIRST(&server->asks.lists[0]),
			       RAFT_SERVER_NO_LEADER, NULL, NULL, 0);
		raft__asks_deliver(server, raft__server_now());
		assert_int_equal(server->asks.count, 0);
		peer = raft__peers_find(&server->peers, 7);
		assert_false(peer->owes_roster);
		assert_null(peer->refusal);
	}
	/* One that is in is not asked for. */
	peer->id = 1;
	peer->incarnation = server->folder.owner.self.incarnation;
	raft__peers_admit(server, peer);
	assert_int_equal(server->asks.count, 0);
	peer->id = 7;
	/* What came of it is said to it. */
	raft__peers_admitted(
	    server, 7,
	    &(struct raft_server_answer){ .result = RAFT_SERVER_OK });
	assert_true(peer->owes_roster);
	raft__peers_admitted(server, 7,
			     &(struct raft_server_answer){
				 .result = RAFT_SERVER_REFUSED, .why = "no" });
	assert_false(peer->owes_roster);
	assert_string_equal(peer->refusal, "no");
	assert_int_equal(peer->refused, peer->incarnation);
	assert_string_equal(scene.actors[1].said[RAFT_SERVER_EVENT_MEMBERS],
			    "server 7 is not let in: no");
	raft__peers_admitted(
	    server, 7,
	    &(struct raft_server_answer){ .result = RAFT_SERVER_REFUSED,
					  .why = "no, no" });
	assert_string_equal(peer->refusal, "no");
	assert_string_equal(scene.actors[1].said[RAFT_SERVER_EVENT_MEMBERS],
			    "server 7 is not let in: no");
	scene_close(&scene);
}

static void
what_is_forwarded_is_repeated_after_a_second(void **state)
{
	struct scene scene;
	struct raft_server *server;
	struct wish wish = { 0 };
	struct ask *ask;
	uint64_t who, now;

	(void)state;
	three(&scene);
	await_leader(&scene);
	who = await_follower(&scene);
	server = scene.actors[who].server;
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	propose(&scene, who, "2", 0, 0, &wish);
	ask = TAILQ_LAST(&server->asks.lists[ASK_WAITING], ask_list);
	now = raft__server_now();
	raft__asks_submit(server, now);
	assert_int_equal(ask->state, ASK_FORWARDED);
	assert_int_equal(ask->to, leader(&scene));
	assert_int_equal(ask->next_at, now + SECOND_US);
	assert_string_equal(wait_for(&scene, &wish).answer, "3");
	scene_close(&scene);
}

static void
it_comes_round_fifty_times_a_second(void **state)
{
	struct scene scene;
	struct raft_server *server = open_one(&scene);

	(void)state;
	assert_int_equal(uv_timer_get_repeat(&server->tick), 20);
	assert_int_equal(uv_timer_get_repeat(&server->soon), 0);
	assert_int_equal(server->taking.fork.silence_ms, 60000);
	scene_close(&scene);
}

static void
one_that_leaves_waits_for_two_election_timeouts(void **state)
{
	struct scene scene;
	struct raft_server *server = open_one(&scene);
	uint64_t before, after;
	struct wish wish;

	(void)state;
	for (uint64_t id = 1; id <= 2; id++) {
		/* One that has joined nobody yet has a timeout of its own. */
		uint64_t timeout_us = id == 1 ? TIMEOUT_US : SECOND_US;

		if (id == 2) {
			make_joining(&scene, 2, 1, true);
			stop(&scene, 1);
			start(&scene, 2);
			server = scene.actors[2].server;
		}
		/* Who has asked is to be told first. */
		propose(&scene, id, "2", 0, 0, &wish);
		server->closes = 1;
		before = raft__server_now();
		raft__server_leave(server, before);
		after = raft__server_now();
		assert_int_equal(server->state, SERVER_LEAVING);
		assert_in_range(server->leaves_by, before + 2 * timeout_us,
				after + 2 * timeout_us);
		if (id == 2)
			break;
		server->state = SERVER_RUNNING;
		server->closes = 0;
	}
	scene_close(&scene);
}

static void
a_snapshot_that_failed_is_tried_again_after_ten_seconds(void **state)
{
	struct scene scene;
	struct raft_server *server = open_one(&scene);
	uint64_t before = raft__server_now();

	(void)state;
	scene.actors[1].machine.freezes_not = true;
	raft_server_snapshot(server);
	assert_true(run_until(&scene.loop, server->taking.not_before != 0,
			      PATIENCE_MS));
	assert_in_range(server->taking.not_before, before + 10 * SECOND_US,
			raft__server_now() + 10 * SECOND_US);
	assert_true(server->taking.is_wanted);
	scene_close(&scene);
}

/* Where nobody has room leadership goes round, ever less often. */
static void
who_has_no_room_leads_for_a_while(void **state)
{
	struct scene scene;
	struct raft_server *server;
	struct room *room;
	char told[PATH_MAX + 80];
	uint64_t now;

	(void)state;
	three(&scene);
	server = scene.actors[await_leader(&scene)].server;
	room = &server->room;
	is_free = 0;
	now = raft__server_now() + SECOND_US;
	room->look_at = now + 1;
	raft__room_tick(server, now);
	assert_false(room->is_short);
	raft__room_tick(server, now + 1);
	assert_int_equal(room->look_at, now + 1 + SECOND_US);
	assert_true(room->is_short);
	/* It has handed over, and would stay for five seconds the next time. */
	assert_int_equal(room->leads_until, now + 1 + 5 * SECOND_US);
	assert_int_equal(room->reign_us, 10 * SECOND_US);
	is_free = UINT32_MAX;
	raft__room_tick(server, now + 1 + SECOND_US);
	assert_false(room->is_short);
	snprintf(told, sizeof(told),
		 "%s: 4194303 KiB are free: new commands are taken again",
		 server->folder.path);
	assert_string_equal(scene.actors[server->folder.owner.self.id]
				.said[RAFT_SERVER_EVENT_DISK],
			    told);
	scene_close(&scene);
	/* Who is alone has nobody to hand over to. */
	server = open_one(&scene);
	is_free = 0;
	raft__room_tick(server, raft__server_now() + 2 * SECOND_US);
	assert_true(server->room.is_short);
	assert_int_equal(server->room.leads_until, 0);
	assert_int_equal(status_of(&scene, 1).raft.role, RAFT_LEADER);
	scene_close(&scene);
	/* Up to ten minutes. */
	for (uint64_t reign = 599999999; reign <= 600000000; reign++) {
		three(&scene);
		server = scene.actors[await_leader(&scene)].server;
		room = &server->room;
		room->is_short = true;
		room->reign_us = reign;
		is_free = 0;
		now = raft__server_now() + 2 * SECOND_US;
		room->leads_until = now + 1;
		raft__room_tick(server, now);
		assert_int_equal(room->leads_until, now + 1);
		room->leads_until = now;
		room->look_at = 0;
		raft__room_tick(server, now);
		assert_int_equal(room->leads_until, now + reign);
		assert_int_equal(room->reign_us,
				 reign < 600000000 ? 2 * reign : reign);
		is_free = UINT32_MAX;
		scene_close(&scene);
	}
}

/* ------------------------------------------------------------------- how much */

static void
a_command_counts_with_what_stands_around_it(void **state)
{
	struct scene scene;
	struct raft_server *server = open_one(&scene);
	uint64_t before = status_of(&scene, 1).log_bytes;

	(void)state;
	/* One byte says which kind it is. */
	assert_int_equal(add(&scene, 1, "12345").result, RAFT_SERVER_OK);
	assert_int_equal(status_of(&scene, 1).log_bytes, before + 48 + 1 + 5);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	assert_int_equal(server->log_bytes, before + 2 * 49 + 6);
	scene_close(&scene);
}

static void
a_note_has_room_for_any_command(void **state)
{
	static const uint32_t commands[] = { 0, 1, (1 << 20) - 4096,
					     (1 << 20) - 4095, 1 << 20 };
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		scene_open(&scene);
		scene.options.command_bytes_max = commands[i];
		make_first(&scene, 1);
		start(&scene, 1);
		/* One that is made of less may meet one that is made of all. */
		assert_int_equal(
		    scene.actors[1].server->transport->options.note_bytes_max,
		    i == 3 ? (1 << 20) + 1 : (1 << 20) + 4096);
		scene_close(&scene);
	}
}

/* The largest there is goes through, from a server that does not lead, too. */
static void
the_largest_command_is_taken(void **state)
{
	static char text[(1 << 20) + 2];
	struct scene scene;
	uint64_t who;

	(void)state;
	memset(text, ' ', sizeof(text));
	text[(1 << 20) + 1] = '\0';
	scene_open(&scene);
	scene.election_timeout_us = SECOND_US;
	make_first(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(&scene, id);
	await_leader(&scene);
	who = await_follower(&scene);
	assert_int_equal(add(&scene, who, text).result, RAFT_SERVER_TOO_LARGE);
	text[1 << 20] = '\0';
	assert_int_equal(add(&scene, who, text).result, RAFT_SERVER_OK);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_has_so_much_time),
		cmocka_unit_test(
		    one_that_asks_to_be_let_in_is_helped_for_a_while),
		cmocka_unit_test(what_is_forwarded_is_repeated_after_a_second),
		cmocka_unit_test(it_comes_round_fifty_times_a_second),
		cmocka_unit_test(
		    one_that_leaves_waits_for_two_election_timeouts),
		cmocka_unit_test(
		    a_snapshot_that_failed_is_tried_again_after_ten_seconds),
		cmocka_unit_test(who_has_no_room_leads_for_a_while),
		cmocka_unit_test(a_command_counts_with_what_stands_around_it),
		cmocka_unit_test(a_note_has_room_for_any_command),
		cmocka_unit_test(the_largest_command_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A server by itself: commands, reads, sessions, snapshots, its end.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

static void
alone(struct scene *scene)
{
	scene_open(scene);
	make_server(scene, 1, (struct raft_server_create){ .note = "clients" });
}

static void
a_command_is_applied_and_answered(void **state)
{
	struct scene scene;
	struct wish wish;

	(void)state;
	alone(&scene);
	start(&scene, 1);
	wish = add(&scene, 1, "4");
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_string_equal(wish.answer, "4");
	assert_string_equal(add(&scene, 1, "38").answer, "42");
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum, 42);
	scene_close(&scene);
}

static void
the_state_is_there_after_a_restart(void **state)
{
	struct scene scene;

	(void)state;
	alone(&scene);
	start(&scene, 1);
	add(&scene, 1, "4");
	stop(&scene, 1);
	start(&scene, 1);
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum, 4);
	assert_int_equal(scene.actors[1].machine.loads, 0);
	scene_close(&scene);
}

static void
many_commands_of_a_turn_are_one_batch(void **state)
{
	static struct wish wishes[200];
	struct scene scene;

	(void)state;
	alone(&scene);
	start(&scene, 1);
	add(&scene, 1, "1");
	for (size_t i = 0; i < 200; i++)
		propose(&scene, 1, "1", 0, 0, &wishes[i]);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(wait_for(&scene, &wishes[i]).result,
				 RAFT_SERVER_OK);
	assert_string_equal(wishes[199].answer, "201");
	assert_in_range(scene.actors[1].machine.batch_max, 2, 64);
	scene_close(&scene);
}

static void
a_command_of_a_session_counts_once(void **state)
{
	struct scene scene;
	struct wish opened = { 0 }, wish;

	(void)state;
	alone(&scene);
	start(&scene, 1);
	raft_server_register(scene.actors[1].server, 0, wish_done, &opened);
	assert_int_equal(wait_for(&scene, &opened).result, RAFT_SERVER_OK);
	assert_true(opened.index > 0);
	propose(&scene, 1, "5", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "5");
	propose(&scene, 1, "6", opened.index, 2, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "11");
	propose(&scene, 1, "6", opened.index, 2, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "11");
	propose(&scene, 1, "5", opened.index, 1, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_STALE);
	propose(&scene, 1, "5", opened.index + 1000, 1, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_EXPIRED);
	assert_int_equal(scene.actors[1].machine.sum, 11);
	scene_close(&scene);
}

static void
a_snapshot_keeps_the_state_and_the_sessions(void **state)
{
	struct scene scene;
	struct wish opened = { 0 }, wish;

	(void)state;
	alone(&scene);
	scene.actors[1].machine.ballast = 3 << 20;
	start(&scene, 1);
	raft_server_register(scene.actors[1].server, 0, wish_done, &opened);
	wait_for(&scene, &opened);
	propose(&scene, 1, "5", opened.index, 1, &wish);
	wait_for(&scene, &wish);
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	assert_int_equal(status_of(&scene, 1).log_bytes, 0);
	assert_non_null(strstr(scene.actors[1].said[RAFT_SERVER_EVENT_SNAPSHOT],
			       "was taken"));
	/* Of the same state none is taken again, now or with what follows. */
	raft_server_snapshot(scene.actors[1].server);
	for (int i = 0; i < 10; i++)
		run_until(&scene.loop, false, 10);
	propose(&scene, 1, "0", opened.index, 1, &wish);
	wait_for(&scene, &wish);
	for (int i = 0; i < 10; i++)
		run_until(&scene.loop, false, 10);
	assert_int_equal(scene.actors[1].snapshots, 1);
	stop(&scene, 1);
	start(&scene, 1);
	assert_int_equal(scene.actors[1].machine.loads, 1);
	assert_int_equal(scene.actors[1].machine.sum, 5);
	propose(&scene, 1, "5", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "5");
	assert_int_equal(scene.actors[1].machine.sum, 5);
	scene_close(&scene);
}

static void
snapshots_come_by_bytes_of_log_while_commands_go_on(void **state)
{
	struct scene scene;

	(void)state;
	alone(&scene);
	scene.options.snapshot_log_bytes = 4000;
	scene.options.snapshot_tail_entries = 10;
	scene.actors[1].machine.ballast = 1 << 20;
	start(&scene, 1);
	for (int i = 0; i < 600; i++)
		assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).raft.snapshot.index > 100,
			      PATIENCE_MS));
	stop(&scene, 1);
	start(&scene, 1);
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum, 600);
	assert_int_equal(scene.actors[1].machine.loads, 1);
	scene_close(&scene);
}

static void
a_snapshot_that_fails_is_told_and_harms_nothing(void **state)
{
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	alone(&scene);
	start(&scene, 1);
	add(&scene, 1, "1");
	actor->machine.freezes_not = true;
	raft_server_snapshot(actor->server);
	assert_true(run_until(&scene.loop, actor->snapshots == 1, PATIENCE_MS));
	assert_non_null(
	    strstr(actor->said[RAFT_SERVER_EVENT_SNAPSHOT], "frozen"));
	actor->machine.freezes_not = false;
	actor->machine.writes_not = true;
	raft_server_snapshot(actor->server);
	assert_true(run_until(&scene.loop, actor->snapshots == 2, PATIENCE_MS));
	assert_non_null(
	    strstr(actor->said[RAFT_SERVER_EVENT_SNAPSHOT], "write it"));
	assert_int_equal(status_of(&scene, 1).snapshot.index, 0);
	assert_true(status_of(&scene, 1).log_bytes > 0);
	actor->machine.writes_not = false;
	raft_server_snapshot(actor->server);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	scene_close(&scene);
}

static void
a_snapshot_that_cannot_be_stored_is_told(void **state)
{
	char command[2 * PATH_MAX];
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	alone(&scene);
	start(&scene, 1);
	add(&scene, 1, "1");
	snprintf(command, sizeof(command), "rmdir %s/snapshots", actor->folder);
	assert_int_equal(system(command), 0);
	raft_server_snapshot(actor->server);
	assert_true(run_until(
	    &scene.loop,
	    strstr(actor->said[RAFT_SERVER_EVENT_SNAPSHOT],
		   "no snapshot was taken: it could not be stored") != NULL,
	    PATIENCE_MS));
	assert_int_equal(status_of(&scene, 1).snapshot.index, 0);
	assert_true(status_of(&scene, 1).log_bytes > 0);
	assert_string_equal(add(&scene, 1, "1").answer, "2");
	scene_close(&scene);
}

static void
a_server_that_closes_gives_a_snapshot_up(void **state)
{
	struct scene scene;

	(void)state;
	alone(&scene);
	scene.actors[1].machine.ballast = 64 << 20;
	start(&scene, 1);
	add(&scene, 1, "1");
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(&scene.loop, status_of(&scene, 1).takes_snapshot,
			      PATIENCE_MS));
	cut_off(&scene, 1);
	start(&scene, 1);
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.loads, 0);
	assert_int_equal(scene.actors[1].machine.sum, 1);
	scene_close(&scene);
}

static void
what_is_too_much_is_refused(void **state)
{
	static char large[4096];
	struct scene scene;
	struct wish wishes[4];

	(void)state;
	memset(large, '1', sizeof(large) - 1);
	alone(&scene);
	scene.options.asks_max = 3;
	scene.options.command_bytes_max = 1000;
	start(&scene, 1);
	propose(&scene, 1, large, 0, 0, &wishes[0]);
	assert_false(wishes[0].ended);
	assert_int_equal(wait_for(&scene, &wishes[0]).result,
			 RAFT_SERVER_TOO_LARGE);
	for (size_t i = 0; i < 4; i++)
		propose(&scene, 1, "1", 0, 0, &wishes[i]);
	assert_int_equal(wait_for(&scene, &wishes[3]).result,
			 RAFT_SERVER_OVERLOADED);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(wait_for(&scene, &wishes[i]).result,
				 RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum, 3);
	assert_int_equal(status_of(&scene, 1).asks, 0);
	scene_close(&scene);
}

#define AGAIN 50000

/** Asks again for what was refused, from within the refusal. */
struct stubborn {
	struct raft_server *server;
	int refused;
	bool ended;
};

static void
ask_again(void *context, const struct raft_server_answer *answer)
{
	static const char large[2000];
	struct stubborn *stubborn = context;

	if (answer != NULL)
		assert_int_equal(answer->result, RAFT_SERVER_TOO_LARGE);
	stubborn->ended = ++stubborn->refused == AGAIN;
	if (!stubborn->ended)
		raft_server_propose(stubborn->server,
				    &(struct raft_server_command){
					.data = large,
					.length = sizeof(large),
				    },
				    ask_again, stubborn);
}

static void
who_asks_again_from_within_a_refusal_goes_no_deeper(void **state)
{
	struct stubborn stubborn = { 0 };
	struct scene scene;

	(void)state;
	alone(&scene);
	scene.options.command_bytes_max = 1000;
	start(&scene, 1);
	stubborn.server = scene.actors[1].server;
	ask_again(&stubborn, NULL);
	assert_true(run_until(&scene.loop, stubborn.ended, PATIENCE_MS));
	scene_close(&scene);
}

static void
what_is_asked_of_one_that_closes_is_refused(void **state)
{
	struct scene scene;
	struct wish first, second;

	(void)state;
	alone(&scene);
	start(&scene, 1);
	add(&scene, 1, "1");
	propose(&scene, 1, "2", 0, 0, &first);
	raft_server_close(scene.actors[1].server, now_closed, &scene.actors[1]);
	assert_true(run_until(&scene.loop, scene.actors[1].server == NULL,
			      PATIENCE_MS));
	assert_true(first.ended);
	/* It was not taken yet, or it was, and there was time for it. */
	assert_true(first.result == RAFT_SERVER_OK ||
		    first.result == RAFT_SERVER_CLOSED);
	start(&scene, 1);
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum,
			 first.result == RAFT_SERVER_OK ? 3 : 1);
	/* Whenever it is asked, it says so before it is gone. */
	raft_server_close(scene.actors[1].server, now_closed, &scene.actors[1]);
	uv_run(&scene.loop, UV_RUN_ONCE);
	if (scene.actors[1].server != NULL) {
		propose(&scene, 1, "2", 0, 0, &second);
		assert_true(run_until(
		    &scene.loop, scene.actors[1].server == NULL, PATIENCE_MS));
		assert_true(second.ended);
		assert_int_equal(second.result, RAFT_SERVER_CLOSED);
	}
	scene_close(&scene);
}

static void
a_status_says_who_and_where(void **state)
{
	struct scene scene;
	struct raft_server_member member;

	(void)state;
	alone(&scene);
	start(&scene, 1);
	add(&scene, 1, "1");
	assert_string_equal(status_of(&scene, 1).cluster, "scene");
	assert_true(raft_server_member(scene.actors[1].server, 0, &member));
	assert_string_equal(member.address, scene.actors[1].address);
	assert_string_equal(member.note, "clients");
	assert_true(member.leads);
	assert_false(raft_server_member(scene.actors[1].server, 1, &member));
	scene_close(&scene);
}

/* ------------------------------------------------------------------- threads */

#define THREADS 4
#define CALLS 500

/** Proposes as many as it can post, and sees each end. */
struct thread {
	struct raft_server *server;
	uv_thread_t thread;
	_Atomic int ended;
	_Atomic int well;
};

static void
count_end(void *context, const struct raft_server_answer *answer)
{
	struct thread *thread = context;

	thread->well += answer->result == RAFT_SERVER_OK;
	thread->ended++;
}

static void
propose_one(struct raft_server *server, void *context)
{
	raft_server_propose(server,
			    &(struct raft_server_command){ "1", 1, 0, 0, 0 },
			    count_end, context);
}

static void
work(void *context)
{
	struct thread *thread = context;

	for (int i = 0; i < CALLS; i++)
		while (!raft_server_post(thread->server, propose_one, thread))
			usleep(100);
}

static void
threads_ask_by_calls(void **state)
{
	static struct thread threads[THREADS];
	struct scene scene;

	(void)state;
	alone(&scene);
	scene.options.calls_max = 16;
	start(&scene, 1);
	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){
			.server = scene.actors[1].server,
		};
		uv_thread_create(&threads[i].thread, work, &threads[i]);
	}
	for (int i = 0; i < THREADS; i++)
		assert_true(run_until(&scene.loop, threads[i].ended == CALLS,
				      PATIENCE_MS));
	for (int i = 0; i < THREADS; i++) {
		uv_thread_join(&threads[i].thread);
		assert_int_equal(threads[i].well, CALLS);
	}
	assert_int_equal(scene.actors[1].machine.sum, THREADS * CALLS);
	scene_close(&scene);
}

static void
fill_up(struct raft_server *server, void *context)
{
	(void)server;
	++*(int *)context;
}

static void
calls_beyond_the_limit_are_refused(void **state)
{
	struct scene scene;
	int called = 0;

	(void)state;
	alone(&scene);
	scene.options.calls_max = 2;
	start(&scene, 1);
	assert_true(raft_server_post(scene.actors[1].server, fill_up, &called));
	assert_true(raft_server_post(scene.actors[1].server, fill_up, &called));
	assert_false(
	    raft_server_post(scene.actors[1].server, fill_up, &called));
	assert_true(run_until(&scene.loop, called == 2, PATIENCE_MS));
	/* One that was taken is made, though the server closes. */
	assert_true(raft_server_post(scene.actors[1].server, fill_up, &called));
	stop(&scene, 1);
	assert_int_equal(called, 3);
	scene_close(&scene);
}

/* As an operator says it. With nothing new there is none. */
static void
snapshots_come_by_time(void **state)
{
	struct raft_server_status status;
	char command[2 * PATH_MAX];
	struct scene scene;

	(void)state;
	alone(&scene);
	snprintf(command, sizeof(command),
		 "echo snapshot-seconds 1 >>%s/server.conf",
		 scene.actors[1].folder);
	assert_int_equal(system(command), 0);
	start(&scene, 1);
	add(&scene, 1, "1");
	assert_int_equal(status_of(&scene, 1).snapshot.index, 0);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	status = status_of(&scene, 1);
	run_until(&scene.loop, false, 1500);
	assert_int_equal(status_of(&scene, 1).snapshot.index,
			 status.snapshot.index);
	assert_in_range(status_of(&scene, 1).snapshot_us, 1400000, 60000000);
	add(&scene, 1, "1");
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index >
				  status.snapshot.index,
			      PATIENCE_MS));
	scene_close(&scene);
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 &&
		   bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void
servers_meet_over_ipv6(void **state)
{
	struct scene scene;

	(void)state;
	if (!has_ipv6()) {
		puts("no IPv6 here: skipped");
		skip();
	}
	scene_open(&scene);
	for (int id = 1; id <= 3; id++)
		snprintf(scene.actors[id].address,
			 sizeof(scene.actors[id].address), "[::1]:%u",
			 free_port());
	make_first(&scene, 2);
	start(&scene, 1);
	start(&scene, 2);
	assert_string_equal(add(&scene, await_follower(&scene), "3").answer,
			    "3");
	make_joining(&scene, 3, 1, false);
	start(&scene, 3);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 &&
				  role_of(&scene, leader(&scene), 3) ==
				      RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	scene_close(&scene);
}

static void
a_port_that_is_taken_is_told(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	struct scene scene;
	struct raft_server *second;

	(void)state;
	alone(&scene);
	strlcpy(scene.actors[2].address, scene.actors[1].address,
		sizeof(scene.actors[2].address));
	make_server(&scene, 2, (struct raft_server_create){ 0 });
	start(&scene, 1);
	second =
	    raft_server_open(scene.actors[2].folder, NULL, &scene_machine,
			     &scene.actors[2].machine, error, sizeof(error));
	assert_non_null(second);
	assert_false(raft_server_run(second, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "address already in use"));
	scene_close(&scene);
}

static void
a_machine_that_cannot_load_is_told(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	alone(&scene);
	actor->machine.ballast = 32;
	start(&scene, 1);
	add(&scene, 1, "1");
	raft_server_snapshot(actor->server);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	stop(&scene, 1);
	actor->machine.loads_in_part = true;
	assert_null(raft_server_open(actor->folder, NULL, &scene_machine,
				     &actor->machine, error, sizeof(error)));
	assert_non_null(strstr(error, "has more in it than this program's "
				      "machine has loaded"));
	actor->machine.loads_in_part = false;
	actor->machine.loads_not = true;
	assert_null(raft_server_open(actor->folder, NULL, &scene_machine,
				     &actor->machine, error, sizeof(error)));
	assert_non_null(strstr(error, "can load"));
	actor->machine.loads_not = false;
	assert_null(raft_server_open(
	    actor->folder, &(struct raft_server_options){ .sessions_max = 7 },
	    &scene_machine, &actor->machine, error, sizeof(error)));
	assert_non_null(strstr(error, "sessions_max"));
	scene_close(&scene);
}

static void
each_result_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(raft_server_result_name(RAFT_SERVER_OK), "OK");
	assert_string_equal(raft_server_result_name(RAFT_SERVER_CLOSED),
			    "CLOSED");
	assert_string_equal(raft_server_result_name(RAFT_SERVER_NO_ROOM),
			    "NO_ROOM");
	for (unsigned result = RAFT_SERVER_NO_ROOM + 1; result < 20; result++)
		assert_string_equal(
		    raft_server_result_name((enum raft_server_result)result),
		    "UNDOCUMENTED");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_applied_and_answered),
		cmocka_unit_test(the_state_is_there_after_a_restart),
		cmocka_unit_test(many_commands_of_a_turn_are_one_batch),
		cmocka_unit_test(a_command_of_a_session_counts_once),
		cmocka_unit_test(a_snapshot_keeps_the_state_and_the_sessions),
		cmocka_unit_test(
		    snapshots_come_by_bytes_of_log_while_commands_go_on),
		cmocka_unit_test(
		    a_snapshot_that_fails_is_told_and_harms_nothing),
		cmocka_unit_test(a_snapshot_that_cannot_be_stored_is_told),
		cmocka_unit_test(a_server_that_closes_gives_a_snapshot_up),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(
		    who_asks_again_from_within_a_refusal_goes_no_deeper),
		cmocka_unit_test(what_is_asked_of_one_that_closes_is_refused),
		cmocka_unit_test(a_status_says_who_and_where),
		cmocka_unit_test(threads_ask_by_calls),
		cmocka_unit_test(calls_beyond_the_limit_are_refused),
		cmocka_unit_test(snapshots_come_by_time),
		cmocka_unit_test(servers_meet_over_ipv6),
		cmocka_unit_test(a_port_that_is_taken_is_told),
		cmocka_unit_test(a_machine_that_cannot_load_is_told),
		cmocka_unit_test(each_result_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A server when memory runs out: whichever allocation fails, everybody who asked is
 * told, nothing is counted twice or said to be done that is not, and it goes on or
 * says that it has stopped.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The scene's own succeed. */
#define malloc __real_malloc
#include "tests/unit/server_scene.h"
#undef malloc

#include "assists/server/measures.h"
#include "assists/server/pipe.h"
#include "assists/server/rehearsal.h"

/** What is asked of a server at once. */
struct wishes {
	struct wish add, in_session, look, change;
	uint64_t session, sequence;
};

static bool
have_ended(const struct wishes *wishes)
{
	return wishes->add.ended && wishes->in_session.ended &&
	       wishes->look.ended && wishes->change.ended;
}

static void
ask_all(struct scene *scene, struct wishes *wishes)
{
	struct raft_server *server = scene->actors[1].server;

	wishes->look = wishes->change = (struct wish){ 0 };
	propose(scene, 1, "1", 0, 0, &wishes->add);
	propose(scene, 1, "1000000", wishes->session, ++wishes->sequence,
		&wishes->in_session);
	raft_server_read(server, &(struct raft_server_view){ 0 }, wish_done,
			 &wishes->look);
	raft_server_change(server,
			   &(struct raft_server_change){
			       .kind = RAFT_SERVER_MOVE,
			       .identity.id = 9,
			       .address = "127.0.0.1:9",
			       .timeout_us = 20000000,
			   },
			   wish_progress, wish_done, &wishes->change);
}

static void
assert_truth(const struct wish *wish)
{
	switch (wish->result) {
	case RAFT_SERVER_OK:
	case RAFT_SERVER_NO_MEMORY:
	case RAFT_SERVER_CLOSED:
	case RAFT_SERVER_UNKNOWN:
		break;
	default:
		fail_msg("%s: %s", raft_server_result_name(wish->result),
			 wish->why);
	}
}

static bool
has_stopped(const struct scene *scene)
{
	return scene->actors[1].said[RAFT_SERVER_EVENT_STOPPED][0] != '\0';
}

/* One whose log has no memory stops; it is as it was when it starts again. */
static void
start_again(struct scene *scene)
{
	char *said = scene->actors[1].said[RAFT_SERVER_EVENT_STOPPED];

	if (strstr(said, "memory") == NULL)
		fail_msg("\"%s\"", said);
	*said = '\0';
	stop(scene, 1);
	start(scene, 1);
	await_leader(scene);
}

/** What is known of the sum: `least` was said to be done. */
struct sums {
	uint64_t least, most;
};

static void
count(struct sums *sums, const struct wish *wish, uint64_t number)
{
	if (wish->result == RAFT_SERVER_OK)
		sums->least += number;
	if (wish->result == RAFT_SERVER_OK ||
	    wish->result == RAFT_SERVER_UNKNOWN)
		sums->most += number;
}

/* False: no allocation failed. */
static bool
ask_without(struct scene *scene, size_t round, struct wishes *wishes,
	    size_t *refusals)
{
	struct machine *machine = &scene->actors[1].machine;
	struct sums sums = { machine->sum, machine->sum };
	bool failed;

	fail_after(round);
	ask_all(scene, wishes);
	assert_true(run_until(&scene->loop,
			      have_ended(wishes) || has_stopped(scene),
			      PATIENCE_MS));
	failed = has_failed();
	if (has_stopped(scene))
		start_again(scene);
	assert_true(have_ended(wishes));
	assert_truth(&wishes->add);
	assert_truth(&wishes->in_session);
	assert_truth(&wishes->look);
	assert_true(wishes->change.result != RAFT_SERVER_OK);
	count(&sums, &wishes->add, 1);
	count(&sums, &wishes->in_session, 1000000);
	*refusals += wishes->add.result == RAFT_SERVER_NO_MEMORY;
	assert_int_equal(look(scene, 1).result, RAFT_SERVER_OK);
	assert_in_range(machine->sum, sums.least, sums.most);
	return failed;
}

static uint64_t
open_session(struct scene *scene)
{
	struct wish wish = { 0 };

	raft_server_register(scene->actors[1].server, 0, wish_done, &wish);
	wait_for(scene, &wish);
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	return wish.index;
}

static void
whoever_asks_without_memory_is_told_the_truth(void **state)
{
	struct wishes wishes = { 0 };
	size_t round = 0, refusals = 0;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	await_leader(&scene);
	wishes.session = open_session(&scene);
	while (ask_without(&scene, round, &wishes, &refusals))
		round++;
	print_message("up to allocation %zu\n", round);
	assert_true(round > 10);
	assert_true(refusals >= 2);
	scene_close(&scene);
}

/* Not even what is told later has room: it is told from within. */
static void
a_refusal_that_has_no_room_is_told_at_once(void **state)
{
	struct raft_server_measures measures;
	struct scene scene;
	struct wish wish;
	size_t fits;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	for (fits = 0; fits < 2; fits++) {
		succeeding = fits;
		failing = 2;
		propose(&scene, 1, "2", 0, 0, &wish);
		assert_false(has_failed() && failing > 0);
		assert_true(wish.ended);
		assert_int_equal(wish.result, RAFT_SERVER_NO_MEMORY);
		assert_string_equal(wish.why, "out of memory: it was not done");
	}
	/* With room for that it is told later. */
	succeeding = 0;
	failing = 1;
	propose(&scene, 1, "2", 0, 0, &wish);
	assert_false(wish.ended);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_NO_MEMORY);
	raft_server_measures(scene.actors[1].server, &measures);
	assert_int_equal(measures.commands.ended[RAFT_SERVER_NO_MEMORY], 3);
	assert_string_equal(add(&scene, 1, "2").answer, "3");
	scene_close(&scene);
}

static bool
has_snapshot(const struct scene *scene)
{
	return status_of(scene, 1).snapshot.index != 0;
}

static void
take_snapshot(struct scene *scene)
{
	assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
	raft_server_snapshot(scene->actors[1].server);
	assert_true(run_until(&scene->loop, has_snapshot(scene), PATIENCE_MS));
}

/* It is taken a little later. */
static void
a_snapshot_without_memory_is_put_off(void **state)
{
	struct actor *actor;
	struct scene scene;

	(void)state;
	for (size_t round = 0; round < 2; round++) {
		scene_open(&scene);
		make_first(&scene, 1);
		start(&scene, 1);
		actor = &scene.actors[1];
		add(&scene, 1, "1");
		raft_server_snapshot(actor->server);
		fail_after(round);
		assert_true(run_until(&scene.loop, failing == 0, PATIENCE_MS));
		assert_true(
		    run_until(&scene.loop, actor->snapshots > 0, PATIENCE_MS));
		assert_string_equal(actor->said[RAFT_SERVER_EVENT_SNAPSHOT],
				    "no snapshot was taken: out of memory");
		assert_true(
		    run_until(&scene.loop, has_snapshot(&scene), PATIENCE_MS));
		scene_close(&scene);
	}
}

/* It is refused at once, and what was taken for it is given back. */
static void
one_that_finds_no_memory_does_not_start(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct actor *actor;
	struct scene scene;
	size_t round = 0, refused = 0;
	bool attached = false;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	actor = &scene.actors[1];
	start(&scene, 1);
	take_snapshot(&scene);
	stop(&scene, 1);
	for (; !attached || failing == 0; round++) {
		if (actor->server != NULL)
			cut_off(&scene, 1);
		*error = '\0';
		fail_after(round);
		actor->server = raft_server_open(
		    actor->folder, &scene.options, &scene_machine,
		    &actor->machine, error, sizeof(error));
		attached = actor->server != NULL &&
			   raft_server_attach(actor->server, &scene.loop, error,
					      sizeof(error));
		if (attached)
			continue;
		assert_true(has_failed());
		if (strstr(error, "memory") == NULL)
			fail_msg("allocation %zu: \"%s\"", round, error);
		refused++;
	}
	has_failed();
	print_message("%zu allocations, %zu needed\n", round, refused);
	assert_true(refused > 10);
	scene_close(&scene);
}

static void
why_no_folder_is_made_is_said(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	const struct raft_server_create create = {
		.id = 1, .cluster = "scene", .first = "1=127.0.0.1:4001"
	};
	char command[PATH_MAX + 16];
	struct scene scene;
	size_t round = 0;

	(void)state;
	scene_open(&scene);
	snprintf(command, sizeof(command), "rm -rf %s", scene.actors[1].folder);
	for (fail_after(0);; fail_after(++round)) {
		bool done = raft_server_create(scene.actors[1].folder, &create,
					       error, sizeof(error));

		if (!has_failed()) {
			assert_true(done);
			break;
		}
		/* The log's zeros, and its second file, are no must. */
		if (!done && strstr(error, "memory") == NULL)
			fail_msg("allocation %zu: \"%s\"", round, error);
		assert_int_equal(system(command), 0);
	}
	assert_true(round >= 5);
	scene_close(&scene);
}

static bool
put_nowhere(void *to, const void *bytes, size_t length)
{
	(void)bytes;
	*(size_t *)to += length;
	return true;
}

static void
what_is_rehearsed_needs_memory_too(void **state)
{
	const struct raft_server_command command = { .data = "1", .length = 1 };
	char error[RAFT_SERVER_ERROR_BYTES];
	struct raft_rehearsal *rehearsal;
	struct machine machine = { 0 };
	uint8_t bytes[32];
	struct pipe pipe;
	size_t put = 0, round = 0;

	(void)state;
	for (fail_after(0);; fail_after(++round)) {
		*error = '\0';
		rehearsal = raft_rehearsal_open(NULL, &scene_machine, &machine,
						error, sizeof(error));
		if (!has_failed())
			break;
		assert_null(rehearsal);
		assert_string_equal(error, "out of memory");
	}
	assert_in_range(round, 4, 20);
	assert_non_null(rehearsal);
	fail_after(0);
	assert_int_equal(raft_rehearsal_command(&command, bytes, sizeof(bytes)),
			 0);
	assert_true(has_failed());
	assert_int_equal(raft_rehearsal_command(&command, bytes, sizeof(bytes)),
			 2);
	fail_after(0);
	assert_false(raft_rehearsal_write(rehearsal, put_nowhere, &put));
	assert_true(has_failed());
	fail_after(0);
	assert_false(raft_rehearsal_sessions(rehearsal, put_nowhere, &put));
	assert_true(has_failed());
	assert_int_equal(put, 0);
	raft_rehearsal_close(rehearsal);
	fail_after(0);
	assert_false(raft__pipe_open(&pipe));
	assert_true(has_failed());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_asks_without_memory_is_told_the_truth),
		cmocka_unit_test(a_refusal_that_has_no_room_is_told_at_once),
		cmocka_unit_test(a_snapshot_without_memory_is_put_off),
		cmocka_unit_test(one_that_finds_no_memory_does_not_start),
		cmocka_unit_test(why_no_folder_is_made_is_said),
		cmocka_unit_test(what_is_rehearsed_needs_memory_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Servers whose disks have spoilt entries of the log that they need: whoever has the very
 * entry gives it, and if nobody has, the server stops as it always did.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "assists/server/inside.h"
#include "tests/unit/server_scene.h"

/** Of one kilobyte each: more than is read at once. */
#define COMMANDS 200
#define SECTOR 512

static char command[1000];

/** How often it was said that some are lost, and that one was given, by server. */
static unsigned lost[ACTORS_MAX + 1], mended[ACTORS_MAX + 1];

static void
note_event(void *machine, const struct raft_server_event *event)
{
	actor_event(machine, event);
	lost[event->server] += strcmp(event->key, "entries-lost") == 0;
	mended[event->server] += strcmp(event->key, "entry-mended") == 0;
}

static void
spoil(const struct scene *scene, uint64_t id, unsigned int sector)
{
	char path[PATH_MAX + 16];
	uint8_t byte;
	int fd;

	snprintf(path, sizeof(path), "%s/log/log", scene->actors[id].folder);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, sector * SECTOR + 200), 1);
	byte ^= 0x40;
	assert_int_equal(pwrite(fd, &byte, 1, sector * SECTOR + 200), 1);
	close(fd);
}

static void
open_one(struct scene *scene, uint64_t id)
{
	struct raft_server_machine machine = scene_machine;
	struct actor *actor = &scene->actors[id];
	char error[RAFT_SERVER_ERROR_BYTES];

	machine.event = note_event;
	lost[id] = mended[id] = 0;
	actor->machine = (struct machine){ 0 };
	actor->server =
	    raft_server_open(actor->folder, &scene->options, &machine,
			     &actor->machine, error, sizeof(error));
	if (actor->server == NULL)
		fail_msg("%s", error);
}

static void
attach_one(struct scene *scene, uint64_t id)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	if (!raft_server_attach(scene->actors[id].server, &scene->loop, error,
				sizeof(error)))
		fail_msg("%s", error);
}

static void
start_again(struct scene *scene, uint64_t id)
{
	stop(scene, id);
	open_one(scene, id);
	attach_one(scene, id);
}

/* Three servers, all of which have applied all commands; nothing is read but what is
 * needed. */
static void
begin(struct scene *scene)
{
	memset(command, ' ', sizeof(command) - 1);
	command[0] = '5';
	scene_open(scene);
	scene->options.scrub_bytes = RAFT_SERVER_NO_SCRUB;
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++) {
		open_one(scene, id);
		attach_one(scene, id);
	}
	await_leader(scene);
	for (int n = 0; n < COMMANDS; n++)
		assert_int_equal(add(scene, 1, command).result, RAFT_SERVER_OK);
	assert_true(
	    run_until(&scene->loop, agree(scene, COMMANDS), PATIENCE_MS));
}

static uint64_t
mended_of(const struct scene *scene, uint64_t id)
{
	struct raft_server_measures measures;

	raft_server_measures(scene->actors[id].server, &measures);
	return measures.mended;
}

/* ------------------------------------------------------------------ the tests */

/* Of one that starts the log is opened before the disk spoils what it has to apply. It
 * may be in the middle of a payload, or have an entry's header, or a record's. */
static void
what_is_to_be_applied_is_given_by_another(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (uint64_t id = 1; id <= 3; id++) {
		unsigned int sector = 217 + 30 * (unsigned int)id;

		stop(&scene, id);
		open_one(&scene, id);
		spoil(&scene, id, sector);
		spoil(&scene, id, sector + 20);
		spoil(&scene, id, sector + 21);
		attach_one(&scene, id);
		assert_true(run_until(
		    &scene.loop, scene.actors[id].machine.sum == 5 * COMMANDS,
		    PATIENCE_MS));
		assert_true(mended_of(&scene, id) >= 2);
		assert_true(lost[id] >= 1);
		assert_true(mended[id] >= 1);
		assert_false(status_of(&scene, id).raft.stopped);
	}
	assert_int_equal(scene.actors[1].machine.hash,
			 scene.actors[2].machine.hash);
	assert_int_equal(scene.actors[1].machine.hash,
			 scene.actors[3].machine.hash);
	/* They go on, and so they do after a start, without asking again. */
	await_leader(&scene);
	for (int n = 0; n < 20; n++)
		assert_int_equal(add(&scene, 1, command).result,
				 RAFT_SERVER_OK);
	for (uint64_t id = 1; id <= 3; id++) {
		start_again(&scene, id);
		assert_true(run_until(&scene.loop,
				      scene.actors[id].machine.sum ==
					  5 * (COMMANDS + 20),
				      PATIENCE_MS));
		assert_int_equal(mended_of(&scene, id), 0);
		assert_int_equal(lost[id], 0);
	}
	assert_true(
	    run_until(&scene.loop, agree(&scene, COMMANDS + 20), PATIENCE_MS));
	scene_close(&scene);
}

/* Whoever leads has applied it, and another one needs it. */
static void
what_a_peer_needs_is_fetched_for_it(void **state)
{
	struct scene scene;
	uint64_t who;

	(void)state;
	begin(&scene);
	/* Nothing of it is in memory any more. */
	for (uint64_t id = 1; id <= 3; id++)
		start_again(&scene, id);
	who = await_leader(&scene);
	assert_true(
	    run_until(&scene.loop, agree(&scene, COMMANDS), PATIENCE_MS));
	/* Each has others' sectors left: so whoever leads can be given them. */
	for (uint64_t id = 1; id <= 3; id++)
		spoil(&scene, id, 33 + 20 * (unsigned int)id);
	make_joining(&scene, 4, who, false);
	open_one(&scene, 4);
	attach_one(&scene, 4);
	assert_true(run_until(&scene.loop,
			      scene.actors[4].machine.sum == 5 * COMMANDS,
			      PATIENCE_MS));
	/* What was sent on is durable a little later. */
	assert_true(run_until(&scene.loop,
			      mended_of(&scene, 1) + mended_of(&scene, 2) +
				      mended_of(&scene, 3) >=
				  1,
			      PATIENCE_MS));
	assert_int_equal(scene.actors[4].machine.hash,
			 scene.actors[who].machine.hash);
	assert_int_equal(scene.actors[4].machine.loads, 0);
	scene_close(&scene);
}

/* Of another term it is another entry. */
static void
only_the_very_entry_is_given(void **state)
{
	struct raft_entry entry;
	struct raft_entry_id id;
	struct scene scene;

	(void)state;
	begin(&scene);
	id = status_of(&scene, 2).raft.last;
	assert_true(
	    raft_node_look_up(scene.actors[2].server->node, id, &entry));
	assert_int_equal(entry.index, id.index);
	assert_int_equal(entry.term, id.term);
	raft_payload_release(&entry.payload);
	id.term++;
	assert_false(
	    raft_node_look_up(scene.actors[2].server->node, id, &entry));
	id.term -= 2;
	assert_false(
	    raft_node_look_up(scene.actors[2].server->node, id, &entry));
	id.term++;
	id.index++;
	assert_false(
	    raft_node_look_up(scene.actors[2].server->node, id, &entry));
	scene_close(&scene);
}

/* What is given though nobody has asked changes nothing, nor does another's entry. */
static void
what_was_not_asked_for_is_not_taken(void **state)
{
	struct raft_entry entry = { .kind = RAFT_ENTRY_DATA,
				    .payload = { "99", 2, NULL } };
	struct scene scene;

	(void)state;
	begin(&scene);
	stop(&scene, 3);
	open_one(&scene, 3);
	spoil(&scene, 3, 250);
	/* Lost, and nobody to ask. */
	stop(&scene, 1);
	stop(&scene, 2);
	attach_one(&scene, 3);
	for (entry.index = 1; entry.index < 30; entry.index++)
		for (entry.term = 0; entry.term < 9; entry.term++)
			raft_node_fetched(scene.actors[3].server->node, &entry);
	open_one(&scene, 1);
	attach_one(&scene, 1);
	open_one(&scene, 2);
	attach_one(&scene, 2);
	assert_true(
	    run_until(&scene.loop, agree(&scene, COMMANDS), PATIENCE_MS));
	assert_true(mended_of(&scene, 3) >= 1);
	scene_close(&scene);
}

/* Nobody needs it: it is found by who reads all of it through, and memory has nothing of
 * it. */
static void
what_nobody_reads_is_found_and_given(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.options.scrub_bytes = (uint64_t)64 << 20;
	for (uint64_t id = 1; id <= 3; id++) {
		start_again(&scene, id);
		assert_true(run_until(
		    &scene.loop, scene.actors[id].machine.sum == 5 * COMMANDS,
		    PATIENCE_MS));
		spoil(&scene, id, 33 + 20 * (unsigned int)id);
		assert_true(run_until(&scene.loop, mended_of(&scene, id) >= 1,
				      PATIENCE_MS));
		assert_int_equal(lost[id], 1);
		assert_false(status_of(&scene, id).raft.stopped);
		/* Whoever is asked for more has read on, into what is spoilt next. */
		run_until(&scene.loop, false, 500);
	}
	scene_close(&scene);
}

static bool
all_have_stopped(const struct scene *scene)
{
	for (uint64_t id = 1; id <= 3; id++)
		if (scene->actors[id].server->stopped[0] == '\0')
			return false;
	return true;
}

static void
who_is_given_none_stops_and_says_why(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (uint64_t id = 1; id <= 3; id++)
		stop(&scene, id);
	for (uint64_t id = 1; id <= 3; id++) {
		open_one(&scene, id);
		spoil(&scene, id, 250);
		attach_one(&scene, id);
	}
	assert_true(
	    run_until(&scene.loop, all_have_stopped(&scene), PATIENCE_MS));
	for (uint64_t id = 1; id <= 3; id++) {
		const char *why = scene.actors[id].server->stopped;

		assert_non_null(strstr(why, "cannot be read back"));
		assert_non_null(strstr(why, "no other server has given it"));
		assert_true(scene.actors[id].machine.sum < 5 * COMMANDS);
	}
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_to_be_applied_is_given_by_another),
		cmocka_unit_test(what_a_peer_needs_is_fetched_for_it),
		cmocka_unit_test(only_the_very_entry_is_given),
		cmocka_unit_test(what_was_not_asked_for_is_not_taken),
		cmocka_unit_test(what_nobody_reads_is_found_and_given),
		cmocka_unit_test(who_is_given_none_stops_and_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

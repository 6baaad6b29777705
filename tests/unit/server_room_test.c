/*
 * Servers whose disks fill: before there is no room any more, who leads says so and hands
 * over, and nobody takes what there would be no room for; once there is room again, all
 * goes on by itself.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/statvfs.h>

#include "tests/unit/server_scene.h"

/** What is to be kept free. */
#define KEPT ((uint64_t)1 << 20)

/* ------------------------------------------------------------------ the disk */

/** What is free on each server's, by id. */
static uint64_t is_free[ACTORS_MAX + 1];
/** Whether the file system has such numbers. */
static bool has_numbers = true;
/** How often anybody has looked. */
static unsigned looks;

int
statvfs(const char *path, struct statvfs *status)
{
	const char *last = strrchr(path, '/');
	unsigned long id = strtoul(last != NULL ? last + 1 : path, NULL, 10);

	looks++;
	assert_in_range(id, 1, ACTORS_MAX);
	*status = (struct statvfs){
		.f_blocks = has_numbers ? UINT32_MAX : 0,
		.f_bavail = is_free[id] / 512,
		.f_frsize = 512,
		/* What only root may use is none of ours. */
		.f_bfree = UINT32_MAX,
		.f_bsize = 1 << 20,
	};
	return 0;
}

/* What each has said of it. */
static unsigned short_said[ACTORS_MAX + 1], again_said[ACTORS_MAX + 1];

static void
count_event(void *machine, const struct raft_server_event *event)
{
	actor_event(machine, event);
	short_said[event->server] += strcmp(event->key, "room-short") == 0;
	again_said[event->server] += strcmp(event->key, "room-again") == 0;
	if (strcmp(event->key, "room-short") == 0) {
		assert_int_equal(event->severity,
				 RAFT_SERVER_SEVERITY_WARNING);
		assert_non_null(strstr(event->text, "1023 KiB are free"));
	}
}

/* ------------------------------------------------------------------ the tests */

static void
start_with_room(struct scene *scene, int count)
{
	struct raft_server_machine machine = scene_machine;
	char error[RAFT_SERVER_ERROR_BYTES];

	scene_open(scene);
	make_first(scene, count);
	memset(short_said, 0, sizeof(short_said));
	memset(again_said, 0, sizeof(again_said));
	machine.event = count_event;
	scene->options.room_bytes = KEPT;
	for (int id = 1; id <= count; id++) {
		struct actor *actor = &scene->actors[id];

		is_free[id] = KEPT;
		actor->server = raft_server_open(actor->folder, &scene->options,
						 &machine, &actor->machine,
						 error, sizeof(error));
		if (actor->server == NULL ||
		    !raft_server_attach(actor->server, &scene->loop, error,
					sizeof(error)))
			fail_msg("%s", error);
	}
}

static void
fill(struct scene *scene, uint64_t id)
{
	unsigned said = short_said[id];

	is_free[id] = KEPT - 1;
	assert_true(
	    run_until(&scene->loop, short_said[id] > said, PATIENCE_MS));
}

static void
make_room(struct scene *scene, uint64_t id)
{
	unsigned said = again_said[id];

	is_free[id] = KEPT + KEPT / 4;
	assert_true(
	    run_until(&scene->loop, again_said[id] > said, PATIENCE_MS));
}

static void
one_alone_takes_nothing_until_there_is_room(void **state)
{
	struct scene scene;
	struct wish wish;

	(void)state;
	start_with_room(&scene, 1);
	await_leader(&scene);
	assert_int_equal(add(&scene, 1, "5").result, RAFT_SERVER_OK);
	fill(&scene, 1);
	/* What can be made of it is. */
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index > 0,
			      PATIENCE_MS));
	await_leader(&scene);
	wish = add(&scene, 1, "6");
	assert_int_equal(wish.result, RAFT_SERVER_NO_ROOM);
	assert_non_null(strstr(wish.why, "it was not done"));
	/* All else goes on. */
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum, 5);
	/* A little more is not enough: it would come and go. */
	is_free[1] = KEPT;
	looks = 0;
	assert_true(run_until(&scene.loop, looks >= 2, PATIENCE_MS));
	assert_int_equal(add(&scene, 1, "6").result, RAFT_SERVER_NO_ROOM);
	make_room(&scene, 1);
	assert_int_equal(add(&scene, 1, "7").result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[1].machine.sum, 12);
	assert_int_equal(short_said[1], 1);
	assert_int_equal(again_said[1], 1);
	scene_close(&scene);
}

/* Some file systems say nothing but zeros. */
static void
what_nobody_can_tell_is_no_lack(void **state)
{
	struct scene scene;

	(void)state;
	has_numbers = false;
	start_with_room(&scene, 1);
	await_leader(&scene);
	is_free[1] = 0;
	looks = 0;
	assert_true(run_until(&scene.loop, looks >= 2, PATIENCE_MS));
	assert_int_equal(add(&scene, 1, "5").result, RAFT_SERVER_OK);
	assert_int_equal(short_said[1], 0);
	has_numbers = true;
	scene_close(&scene);
}

/* Whoever has room leads; only where nobody has are commands refused. */
static void
who_leads_hands_over_to_one_with_room(void **state)
{
	struct scene scene;
	uint64_t who;

	(void)state;
	start_with_room(&scene, 3);
	who = await_leader(&scene);
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	fill(&scene, who);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 && leader(&scene) != who,
			      PATIENCE_MS));
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(add(&scene, id, "1").result, RAFT_SERVER_OK);
	/* It may come to lead again, and does not stay. */
	change(&scene, who,
	       (struct raft_server_change){ .kind = RAFT_SERVER_TRANSFER,
					    .identity.id = who });
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 && leader(&scene) != who,
			      PATIENCE_MS));
	for (uint64_t id = 1; id <= 3; id++)
		if (id != who)
			fill(&scene, id);
	await_leader(&scene);
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(add(&scene, id, "1").result,
				 RAFT_SERVER_NO_ROOM);
	for (uint64_t id = 1; id <= 3; id++)
		make_room(&scene, id);
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(add(&scene, id, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, agree(&scene, 7), PATIENCE_MS));
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_can_tell_is_no_lack),
		cmocka_unit_test(one_alone_takes_nothing_until_there_is_room),
		cmocka_unit_test(who_leads_hands_over_to_one_with_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

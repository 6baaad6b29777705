/*
 * Servers that read through what is on their disks: damage in an old part of the log, or
 * in a snapshot, is found and told though nobody needs it, and a sound server is read for
 * ever without a word.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/** Everything is read once in less than a second. */
#define RATE ((uint64_t)64 << 20)

/** What the last one was told of damage. */
static char told[RAFT_SERVER_ERROR_BYTES];
static unsigned damages, snapshots_damaged;

static void
note_event(void *machine, const struct raft_server_event *event)
{
	actor_event(machine, event);
	snapshots_damaged += strcmp(event->key, "raft-snapshot-damaged") == 0;
	if (strcmp(event->key, "damage-found") != 0)
		return;
	assert_int_equal(event->severity, RAFT_SERVER_SEVERITY_ERROR);
	damages++;
	strlcpy(told, event->text, sizeof(told));
}

static void
start_alone(struct scene *scene, uint64_t rate)
{
	struct raft_server_machine machine = scene_machine;
	struct actor *actor = &scene->actors[1];
	char error[RAFT_SERVER_ERROR_BYTES];

	damages = snapshots_damaged = 0;
	scene_open(scene);
	make_first(scene, 1);
	machine.event = note_event;
	scene->options.scrub_bytes = rate;
	actor->server =
	    raft_server_open(actor->folder, &scene->options, &machine,
			     &actor->machine, error, sizeof(error));
	if (actor->server == NULL ||
	    !raft_server_attach(actor->server, &scene->loop, error,
				sizeof(error)))
		fail_msg("%s", error);
	await_leader(scene);
}

static void
add_some(struct scene *scene, int count)
{
	for (int n = 0; n < count; n++)
		assert_int_equal(add(scene, 1, "5").result, RAFT_SERVER_OK);
}

static void
await_passes(struct scene *scene, uint64_t count)
{
	uint64_t wanted = status_of(scene, 1).scrub.passes + count;

	assert_true(run_until(&scene->loop,
			      status_of(scene, 1).scrub.passes >= wanted,
			      PATIENCE_MS));
}

static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static const char *
log_path(const struct scene *scene)
{
	static char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/log/log", scene->actors[1].folder);
	return path;
}

/* The only snapshot. */
static const char *
snapshot_path(const struct scene *scene)
{
	static char path[PATH_MAX + 32];
	glob_t found;

	snprintf(path, sizeof(path), "%s/snapshots/0*-*",
		 scene->actors[1].folder);
	assert_int_equal(glob(path, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	strlcpy(path, found.gl_pathv[0], sizeof(path));
	globfree(&found);
	return path;
}

static void
take_snapshot(struct scene *scene)
{
	uint64_t before = status_of(scene, 1).snapshot.index;

	raft_server_snapshot(scene->actors[1].server);
	assert_true(run_until(&scene->loop,
			      status_of(scene, 1).snapshot.index > before,
			      PATIENCE_MS));
}

/* ------------------------------------------------------------------ the tests */

static void
a_sound_server_is_read_without_a_word(void **state)
{
	struct scene scene;

	(void)state;
	start_alone(&scene, RATE);
	add_some(&scene, 20);
	take_snapshot(&scene);
	await_passes(&scene, 2);
	add_some(&scene, 20);
	take_snapshot(&scene);
	await_passes(&scene, 2);
	assert_int_equal(damages, 0);
	assert_int_equal(status_of(&scene, 1).scrub.damages, 0);
	assert_int_equal(status_of(&scene, 1).scrub.rate, RATE);
	assert_true(status_of(&scene, 1).scrub.bytes > 0);
	scene_close(&scene);
}

static void
a_bit_in_the_log_is_found_and_nothing_stops(void **state)
{
	struct scene scene;

	(void)state;
	start_alone(&scene, RATE);
	add_some(&scene, 20);
	await_passes(&scene, 1);
	/* The first entries, which are in memory and applied. */
	flip(log_path(&scene), 512 + 300);
	await_passes(&scene, 2);
	assert_int_equal(damages, 1);
	assert_non_null(strstr(told, "/log/log: 512 bytes from 512 on"));
	assert_int_equal(status_of(&scene, 1).scrub.damages, 1);
	/* What is behind a snapshot is needed less. */
	assert_true(run_until(
	    &scene.loop, status_of(&scene, 1).snapshot.index > 0, PATIENCE_MS));
	add_some(&scene, 5);
	assert_false(status_of(&scene, 1).raft.stopped);
	scene_close(&scene);
}

static void
a_snapshot_that_is_damaged_is_replaced(void **state)
{
	struct scene scene;
	char damaged[PATH_MAX + 32];

	(void)state;
	start_alone(&scene, RATE);
	scene.actors[1].machine.ballast = 3 << 20;
	add_some(&scene, 3);
	take_snapshot(&scene);
	await_passes(&scene, 1);
	assert_int_equal(damages, 0);
	flip(snapshot_path(&scene), 2 << 20);
	assert_true(run_until(&scene.loop, snapshots_damaged > 0, PATIENCE_MS));
	assert_int_equal(damages, 1);
	assert_int_equal(status_of(&scene, 1).scrub.damages, 1);
	assert_non_null(strstr(told, "Another one is taken in its place."));
	snprintf(damaged, sizeof(damaged), "%s/snapshots/damaged",
		 scene.actors[1].folder);
	assert_int_equal(access(damaged, F_OK), 0);
	/* Of the very same entry. */
	await_passes(&scene, 2);
	assert_int_equal(damages, 1);
	assert_int_equal(access(snapshot_path(&scene), F_OK), 0);
	stop(&scene, 1);
	start(&scene, 1);
	assert_int_equal(scene.actors[1].machine.sum, 15);
	scene_close(&scene);
}

/* Of several each is read, the oldest first; and one that is not needed is not
 * replaced. */
static void
an_older_snapshot_that_is_damaged_is_told_of(void **state)
{
	struct scene scene;
	struct raft_server_scrub scrub;
	char older[PATH_MAX + 32];
	uint64_t newest;

	(void)state;
	start_alone(&scene, RATE);
	scene.actors[1].machine.ballast = 1 << 20;
	add_some(&scene, 3);
	take_snapshot(&scene);
	strlcpy(older, snapshot_path(&scene), sizeof(older));
	add_some(&scene, 3);
	take_snapshot(&scene);
	newest = status_of(&scene, 1).snapshot.index;
	await_passes(&scene, 2);
	/* Some of the pass that goes on; and all that there was when it began. */
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).scrub.pass_bytes > (2 << 20),
			      PATIENCE_MS));
	scrub = status_of(&scene, 1).scrub;
	assert_in_range(scrub.pass_total, 2 << 20, (2 << 20) + (1 << 16));
	assert_in_range(scrub.pass_bytes, 2 << 20,
			scrub.pass_total + (1 << 16));
	assert_true(scrub.bytes >= 3 * scrub.pass_total - (1 << 17));
	assert_int_equal(scrub.damages, 0);
	flip(older, 1 << 19);
	assert_true(run_until(&scene.loop, damages == 1, PATIENCE_MS));
	assert_non_null(strstr(told, "There is a newer one."));
	assert_int_equal(status_of(&scene, 1).scrub.damages, 1);
	assert_int_not_equal(access(older, F_OK), 0);
	await_passes(&scene, 2);
	assert_int_equal(damages, 1);
	assert_int_equal(status_of(&scene, 1).snapshot.index, newest);
	scene_close(&scene);
}

/* A line in the file comes before what the program says, and 0 is none. */
static void
who_wants_none_reads_nothing(void **state)
{
	struct scene scene;
	char path[PATH_MAX + 16];
	FILE *file;

	(void)state;
	start_alone(&scene, RAFT_SERVER_NO_SCRUB);
	assert_int_equal(status_of(&scene, 1).scrub.rate, 0);
	stop(&scene, 1);
	scene.options.scrub_bytes = 0;
	start(&scene, 1);
	assert_int_equal(status_of(&scene, 1).scrub.rate, 1 << 20);
	stop(&scene, 1);
	snprintf(path, sizeof(path), "%s/server.conf", scene.actors[1].folder);
	file = fopen(path, "a");
	assert_non_null(file);
	fprintf(file, "scrub-bytes 0\n");
	fclose(file);
	scene.options.scrub_bytes = RATE;
	start(&scene, 1);
	await_leader(&scene);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	run_until(&scene.loop, false, 300);
	assert_int_equal(status_of(&scene, 1).scrub.rate, 0);
	assert_int_equal(status_of(&scene, 1).scrub.bytes, 0);
	scene_close(&scene);
}

/* What was not read in time is not read at once, nor is less than a byte lost. */
static void
so_much_a_second_may_be_read(void **state)
{
	struct scene scene;
	struct scrub *scrub;
	struct raft_server *server;
	uint64_t at;

	(void)state;
	/* Less than what is worth reading, so that it adds up. */
	start_alone(&scene, 60000);
	server = scene.actors[1].server;
	scrub = &server->scrub;
	at = scrub->at = raft__server_now();
	scrub->allowance = 0;
	raft__scrub_tick(server, at += 500000);
	assert_int_equal(scrub->allowance, 30000);
	raft__scrub_tick(server, at + 10);
	assert_int_equal(scrub->allowance, 30000);
	raft__scrub_tick(server, at += 17);
	assert_int_equal(scrub->allowance, 30001);
	scrub->allowance = 0;
	raft__scrub_tick(server, at += 5000000);
	assert_int_equal(scrub->allowance, 60000);
	assert_int_equal(status_of(&scene, 1).scrub.rate, 60000);
	/* At most a megabyte at a time, at whatever rate. */
	scrub->stage = SCRUB_RESTS;
	scrub->began = at;
	server->options.scrub_bytes = 5000000;
	scrub->allowance = 0;
	raft__scrub_tick(server, at += 100000);
	assert_int_equal(scrub->allowance, 500000);
	raft__scrub_tick(server, at += 400000);
	assert_int_equal(scrub->allowance, 1 << 20);
	/* What is left over of a million is not lost either. */
	server->options.scrub_bytes = 1012345;
	scrub->allowance = 0;
	raft__scrub_tick(server, at += 1000000);
	assert_int_equal(scrub->allowance, 1012345);
	scrub->allowance = 0;
	raft__scrub_tick(server, at += 1000001);
	assert_int_equal(scrub->allowance, 1012345);
	scrub->at = raft__server_now();
	scene_close(&scene);
}

/* What is small is read as often as 16 MiB would be. */
static void
passes_are_so_far_apart(void **state)
{
	static const struct {
		uint64_t rate, us;
	} cases[] = { { 1 << 20, 16000000 },
		      { 3000000, 5592405 },
		      { 1000, 16777216000 },
		      { 1 << 30, 15625 } };
	struct scene scene;
	struct raft_server *server;
	struct raft_server_scrub status;
	struct scrub *scrub;

	(void)state;
	start_alone(&scene, 60000);
	server = scene.actors[1].server;
	scrub = &server->scrub;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t at = raft__server_now();

		server->options.scrub_bytes = cases[i].rate;
		scrub->stage = SCRUB_RESTS;
		scrub->began = at;
		scrub->pass_bytes = 5;
		raft__scrub_tick(server, at + cases[i].us - 1);
		assert_int_equal(scrub->stage, SCRUB_RESTS);
		assert_int_equal(scrub->began, at);
		raft__scrub_tick(server, at + cases[i].us);
		assert_int_equal(scrub->stage, SCRUB_LOG);
		assert_int_equal(scrub->began, at + cases[i].us);
		assert_int_equal(scrub->pass_bytes, 0);
		assert_int_equal(scrub->snapshot.index, 0);
		assert_int_not_equal(scrub->pass_total, 0);
	}
	/* When the last has ended is told from then on. */
	scrub->stage = SCRUB_RESTS;
	scrub->ended = 1000;
	scrub->passes = 0;
	raft__scrub_status(server, 1700, &status);
	assert_int_equal(status.ended_us, 0);
	assert_int_equal(status.pass_total, 0);
	scrub->passes = 3;
	raft__scrub_status(server, 1700, &status);
	assert_int_equal(status.ended_us, 700);
	assert_int_equal(status.passes, 3);
	raft__scrub_status(server, 999, &status);
	assert_int_equal(status.ended_us, 0);
	/* One that stops reads nothing more. */
	server->options.scrub_bytes = 1 << 20;
	scrub->began = 0;
	server->state = SERVER_LEAVING;
	raft__scrub_tick(server, raft__server_now());
	server->state = SERVER_RUNNING;
	assert_int_equal(scrub->stage, SCRUB_RESTS);
	scrub->at = raft__server_now();
	scene_close(&scene);
}

/* Closing does not wait for a pass, nor forget what reads. */
static void
one_that_is_read_can_close(void **state)
{
	struct scene scene;

	(void)state;
	for (int n = 0; n < 10; n++) {
		start_alone(&scene, RATE);
		scene.actors[1].machine.ballast = 4 << 20;
		add_some(&scene, 1);
		take_snapshot(&scene);
		run_until(&scene.loop, false, 1 + 17 * n);
		scene_close(&scene);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_server_is_read_without_a_word),
		cmocka_unit_test(a_bit_in_the_log_is_found_and_nothing_stops),
		cmocka_unit_test(a_snapshot_that_is_damaged_is_replaced),
		cmocka_unit_test(an_older_snapshot_that_is_damaged_is_told_of),
		cmocka_unit_test(who_wants_none_reads_nothing),
		cmocka_unit_test(so_much_a_second_may_be_read),
		cmocka_unit_test(passes_are_so_far_apart),
		cmocka_unit_test(one_that_is_read_can_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

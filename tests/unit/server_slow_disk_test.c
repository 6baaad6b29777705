/*
 * Servers one of whose disks stands still: the others, and all that this one does
 * beside its log, go on.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All of them are on one loop, so that whoever waits for a disk in it stops them all.
 * For ThreadSanitizer: `./run test` runs this under it as well.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/unit/server_scene.h"

/** Long enough for a busy machine: nothing here waits for it. */
#define TIMEOUT_LONG_US 1000000
/** Writes while the disk stands still. */
#define WRITES 200

/* ------------------------------------------------------------------ the disk */

/** With what the paths begin of the files whose syncs wait; "": none does. Under the
 *  mutex, for the logs' threads look at it, too. */
static char still[PATH_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int waiting, let_go;
static sem_t let_on;
/** One was waited for by the loop, and given up. */
static atomic_bool was_in_the_way;
static pthread_t loop_thread;

static bool
stands_still(int fd)
{
	char link[64], path[PATH_MAX] = "";
	bool is_so;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	pthread_mutex_lock(&mutex);
	is_so = still[0] != '\0' && readlink(link, path, PATH_MAX - 1) > 0 &&
		strncmp(path, still, strlen(still)) == 0;
	pthread_mutex_unlock(&mutex);
	return is_so;
}

static void
wait_for_disk(int fd)
{
	if (!stands_still(fd))
		return;
	if (pthread_equal(pthread_self(), loop_thread)) {
		atomic_store(&was_in_the_way, true);
		return;
	}
	atomic_fetch_add(&waiting, 1);
	sem_wait(&let_on);
	atomic_fetch_sub(&waiting, 1);
	atomic_fetch_add(&let_go, 1);
}

int
fdatasync(int fd)
{
	wait_for_disk(fd);
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	wait_for_disk(fd);
	return (int)syscall(SYS_fsync, fd);
}

/* From now on what this server has on its disk, or a part of it, stands still; it may
 * have a last write. */
static void
stop_disk(const struct scene *scene, uint64_t id, const char *part)
{
	int length;

	pthread_mutex_lock(&mutex);
	length = snprintf(still, sizeof(still), "%s/%s",
			  scene->actors[id].folder, part);
	pthread_mutex_unlock(&mutex);
	assert_in_range(length, 1, sizeof(still) - 1);
}

static void
let_disk_on(void)
{
	pthread_mutex_lock(&mutex);
	still[0] = '\0';
	pthread_mutex_unlock(&mutex);
	sem_post(&let_on);
}

/* ------------------------------------------------------------------ the tests */

/* One sync ends, and the next begins. */
static void
let_one_sync_on(struct scene *scene)
{
	int before = atomic_load(&let_go);

	sem_post(&let_on);
	assert_true(run_until(&scene->loop, atomic_load(&let_go) > before,
			      PATIENCE_MS));
}

static void
begin_three(struct scene *scene, uint64_t timeout_us)
{
	scene->election_timeout_us = timeout_us;
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(scene, id);
	assert_int_equal(sem_init(&let_on, 0, 0), 0);
	loop_thread = pthread_self();
	atomic_store(&was_in_the_way, false);
}

static void
three_with_patience(struct scene *scene, uint64_t timeout_us)
{
	scene_open(scene);
	begin_three(scene, timeout_us);
}

/* Writes and reads at the others are answered while a disk stands still. */
static void
write_meanwhile(struct scene *scene, uint64_t still_at)
{
	for (int n = 0; n < WRITES; n++) {
		uint64_t at = 1 + (still_at + (uint64_t)n % 2) % 3;

		assert_int_equal(add(scene, at, "1").result, RAFT_SERVER_OK);
		if (n % 20 == 0)
			assert_int_equal(look(scene, at).result,
					 RAFT_SERVER_OK);
	}
	assert_true(run_until(&scene->loop, atomic_load(&waiting) == 1,
			      PATIENCE_MS));
	assert_false(atomic_load(&was_in_the_way));
}

static void
a_followers_disk_that_stands_still_stops_nothing(void **state)
{
	struct scene scene;
	uint64_t who, still_at, term;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_leader(&scene);
	still_at = await_follower(&scene);
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	term = status_of(&scene, who).raft.term;
	stop_disk(&scene, still_at, "log/");
	write_meanwhile(&scene, still_at);
	/* It answers heartbeats, and who is new: the leader leads on. */
	make_joining(&scene, 4, still_at, true);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 4, 4) == RAFT_MEMBER_NON_VOTING,
			      PATIENCE_MS));
	assert_int_equal(leader(&scene), who);
	assert_int_equal(status_of(&scene, who).raft.term, term);
	let_disk_on();
	assert_true(
	    run_until(&scene.loop, agree(&scene, WRITES + 1), PATIENCE_MS));
	scene_close(&scene);
}

/* Who leaves waits for its own disk, and keeps nobody from anything. */
static void
one_whose_disk_stands_still_closes_when_it_is_let_on(void **state)
{
	struct scene scene;
	uint64_t who, still_at;
	struct actor *actor;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_leader(&scene);
	still_at = await_follower(&scene);
	actor = &scene.actors[still_at];
	stop_disk(&scene, still_at, "log/");
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
			      PATIENCE_MS));
	raft_server_close(actor->server, now_closed, actor);
	raft_server_close(actor->server, now_closed, actor);
	for (int n = 0; n < 50; n++)
		assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	assert_non_null(actor->server);
	let_disk_on();
	assert_true(
	    run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	assert_false(atomic_load(&was_in_the_way));
	start(&scene, still_at);
	assert_true(run_until(&scene.loop, agree(&scene, 51), PATIENCE_MS));
	scene_close(&scene);
}

/* Writes and reads, at itself too, end while one and the same write of its log waits. */
static void
a_leader_whose_disk_is_slow_goes_on_at_the_others_pace(void **state)
{
	struct scene scene;
	uint64_t who, term;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_leader(&scene);
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	term = status_of(&scene, who).raft.term;
	stop_disk(&scene, who, "log/");
	for (int write = 0; write < 2; write++) {
		assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
		assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
				      PATIENCE_MS));
		for (uint64_t n = 0; n < 20; n++) {
			assert_int_equal(add(&scene, 1 + n % 3, "1").result,
					 RAFT_SERVER_OK);
			assert_int_equal(look(&scene, 1 + n % 3).result,
					 RAFT_SERVER_OK);
		}
		/* For longer than the election timeout. */
		(void)run_until(&scene.loop, false,
				TIMEOUT_LONG_US / 1000 * 3 / 2);
		assert_int_equal(atomic_load(&waiting), 1);
		assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
		if (write == 0)
			let_one_sync_on(&scene);
	}
	assert_int_equal(leader(&scene), who);
	assert_int_equal(status_of(&scene, who).raft.term, term);
	assert_true(status_of(&scene, who).raft.durable_index <
		    status_of(&scene, who).raft.applied_index);
	let_disk_on();
	assert_true(run_until(&scene.loop, agree(&scene, 2 * 22 + 1),
			      PATIENCE_MS));
	assert_false(atomic_load(&was_in_the_way));
	scene_close(&scene);
}

static void
a_leader_whose_disk_stands_still_gives_way(void **state)
{
	struct scene scene;
	uint64_t who;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US / 2);
	who = await_leader(&scene);
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	stop_disk(&scene, who, "log/");
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 && leader(&scene) != who,
			      PATIENCE_MS));
	write_meanwhile(&scene, who);
	let_disk_on();
	assert_true(
	    run_until(&scene.loop, agree(&scene, WRITES + 2), PATIENCE_MS));
	scene_close(&scene);
}

/* All of a snapshot that has to be durable is made so in a thread. */
static void
a_snapshot_is_waited_for_by_nobody(void **state)
{
	struct scene scene;
	uint64_t who;
	size_t before;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_leader(&scene);
	before = scene.actors[who].snapshots;
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	stop_disk(&scene, who, "snapshots");
	raft_server_snapshot(scene.actors[who].server);
	assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
			      PATIENCE_MS));
	for (uint64_t n = 0; n < 50; n++)
		assert_int_equal(add(&scene, 1 + n % 3, "1").result,
				 RAFT_SERVER_OK);
	assert_int_equal(scene.actors[who].snapshots, before);
	assert_int_equal(leader(&scene), who);
	let_disk_on();
	assert_true(run_until(&scene.loop,
			      scene.actors[who].snapshots == before + 1,
			      PATIENCE_MS));
	assert_false(atomic_load(&was_in_the_way));
	scene_close(&scene);
}

/* A leader's snapshot is stored and given its name in a thread: who gets one answers
 * meanwhile. */
static void
a_leaders_snapshot_is_waited_for_by_nobody(void **state)
{
	struct scene scene;
	uint64_t who, away;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_log_bytes = 3000;
	scene.options.snapshot_tail_entries = 5;
	begin_three(&scene, TIMEOUT_LONG_US);
	who = await_leader(&scene);
	away = await_follower(&scene);
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	cut_off(&scene, away);
	for (int n = 0; n < WRITES; n++)
		assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	stop_disk(&scene, away, "snapshots");
	start(&scene, away);
	/* Its bytes, that there is such a file, and its name. */
	for (int sync = 0; sync < 3; sync++) {
		if (sync > 0)
			let_one_sync_on(&scene);
		assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
				      PATIENCE_MS));
		for (int n = 0; n < 30; n++)
			assert_int_equal(add(&scene, who, "1").result,
					 RAFT_SERVER_OK);
		assert_int_equal(scene.actors[away].machine.loads, 0);
		assert_int_equal(leader(&scene), who);
	}
	let_disk_on();
	assert_true(run_until(&scene.loop, agree(&scene, WRITES + 91),
			      PATIENCE_MS));
	assert_true(scene.actors[away].machine.loads >= 1);
	assert_false(atomic_load(&was_in_the_way));
	scene_close(&scene);
}

/* What has been applied is ahead of the log, a snapshot of it is not: it waits for the
 * log, and so it is there for whoever starts again. */
static void
a_snapshot_does_not_count_before_its_log_is_durable(void **state)
{
	struct scene scene;
	struct actor *actor;
	uint64_t who;
	size_t before;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_follower(&scene);
	actor = &scene.actors[who];
	before = actor->snapshots;
	stop_disk(&scene, who, "log/");
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
			      PATIENCE_MS));
	for (int n = 0; n < 20; n++)
		assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	raft_server_snapshot(actor->server);
	(void)run_until(&scene.loop, false, 300);
	assert_int_equal(actor->snapshots, before);
	let_disk_on();
	assert_true(run_until(&scene.loop, actor->snapshots == before + 1,
			      PATIENCE_MS));
	stop(&scene, who);
	start(&scene, who);
	assert_true(run_until(&scene.loop, agree(&scene, 21), PATIENCE_MS));
	scene_close(&scene);
}

/* A snapshot that waits for the log when its server closes is none. */
static void
one_whose_snapshot_waits_for_its_log_closes(void **state)
{
	struct scene scene;
	struct actor *actor;
	uint64_t who;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_follower(&scene);
	actor = &scene.actors[who];
	stop_disk(&scene, who, "log/");
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
			      PATIENCE_MS));
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	raft_server_snapshot(actor->server);
	(void)run_until(&scene.loop, false, 300);
	raft_server_close(actor->server, now_closed, actor);
	raft_server_close(actor->server, now_closed, actor);
	(void)run_until(&scene.loop, false, 50);
	assert_non_null(actor->server);
	let_disk_on();
	assert_true(
	    run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	start(&scene, who);
	assert_true(run_until(&scene.loop, agree(&scene, 2), PATIENCE_MS));
	scene_close(&scene);
}

/* Who is told to close while its snapshot waits is gone when that is let on. */
static void
one_whose_snapshot_waits_closes_when_it_is_let_on(void **state)
{
	struct scene scene;
	struct actor *actor;
	uint64_t who;

	(void)state;
	three_with_patience(&scene, TIMEOUT_LONG_US);
	who = await_follower(&scene);
	actor = &scene.actors[who];
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	stop_disk(&scene, who, "snapshots");
	raft_server_snapshot(actor->server);
	assert_true(run_until(&scene.loop, atomic_load(&waiting) == 1,
			      PATIENCE_MS));
	raft_server_close(actor->server, now_closed, actor);
	raft_server_close(actor->server, now_closed, actor);
	assert_int_equal(add(&scene, await_leader(&scene), "1").result,
			 RAFT_SERVER_OK);
	assert_non_null(actor->server);
	let_disk_on();
	assert_true(
	    run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	start(&scene, who);
	assert_true(run_until(&scene.loop, agree(&scene, 2), PATIENCE_MS));
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_followers_disk_that_stands_still_stops_nothing),
		cmocka_unit_test(
		    one_whose_disk_stands_still_closes_when_it_is_let_on),
		cmocka_unit_test(
		    a_leader_whose_disk_is_slow_goes_on_at_the_others_pace),
		cmocka_unit_test(a_leader_whose_disk_stands_still_gives_way),
		cmocka_unit_test(a_snapshot_is_waited_for_by_nobody),
		cmocka_unit_test(a_leaders_snapshot_is_waited_for_by_nobody),
		cmocka_unit_test(
		    a_snapshot_does_not_count_before_its_log_is_durable),
		cmocka_unit_test(one_whose_snapshot_waits_for_its_log_closes),
		cmocka_unit_test(
		    one_whose_snapshot_waits_closes_when_it_is_let_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

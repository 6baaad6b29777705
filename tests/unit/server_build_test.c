/*
 * Machines that build their state from a snapshot beside the loop.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All servers are on one loop, so that whoever waits in it stops them all. For
 * ThreadSanitizer: `./run test` runs this under it as well.
 */
#include <semaphore.h>
#include <stdatomic.h>

#include "tests/unit/server_scene.h"

/** Long enough for a busy machine: nothing here waits for it. */
#define TIMEOUT_LONG_US 1000000
#define WRITES 200
/** Of a snapshot; more than a pipe holds. */
#define BALLAST 600000

/* ------------------------------------------------------------------ the machine */

/** Builds wait for it, in their threads. */
static sem_t let_on;
static atomic_bool waits;
static atomic_int waiting;
static atomic_bool builds_not, builds_in_part;
static int discards;

static void *
machine_build(void *context, struct raft_server_source *source)
{
	struct machine *built = calloc(1, sizeof(*built));

	(void)context;
	assert_non_null(built);
	if (atomic_load(&waits)) {
		atomic_fetch_add(&waiting, 1);
		sem_wait(&let_on);
		atomic_fetch_sub(&waiting, 1);
	}
	built->loads_in_part = atomic_load(&builds_in_part);
	if (!atomic_load(&builds_not) && machine_load(built, source))
		return built;
	free(built);
	return NULL;
}

static void
machine_adopt(void *context, void *state)
{
	struct machine *machine = context, *built = state;

	machine->sum = built->sum;
	machine->hash = built->hash;
	machine->count = built->count;
	machine->loads++;
	free(built);
}

static void
machine_discard(void *state)
{
	discards++;
	free(state);
}

static const struct raft_server_machine machine_that_builds = {
	.apply = machine_apply,
	.freeze = machine_freeze,
	.write = machine_write,
	.thaw = free,
	.build = machine_build,
	.adopt = machine_adopt,
	.discard = machine_discard,
	.event = actor_event,
};

/* -------------------------------------------------------------------- the scene */

/** Three, one of which was away, with a snapshot of its own that says 1, and gets the
 *  leader's. What is written is 1 each time. */
struct far {
	struct scene scene;
	uint64_t leader, away;
};

static void
begin(struct far *far)
{
	struct scene *scene = &far->scene;

	assert_int_equal(sem_init(&let_on, 0, 0), 0);
	atomic_store(&builds_not, false);
	atomic_store(&builds_in_part, false);
	atomic_store(&waits, false);
	discards = 0;
	scene_open(scene);
	scene->machine = &machine_that_builds;
	scene->election_timeout_us = TIMEOUT_LONG_US;
	scene->options.snapshot_log_bytes = 3000;
	scene->options.snapshot_tail_entries = 5;
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++) {
		scene->actors[id].machine.ballast = BALLAST;
		start(scene, id);
	}
	far->leader = await_leader(scene);
	far->away = await_follower(scene);
	assert_int_equal(add(scene, far->leader, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene->loop, agree(scene, 1), PATIENCE_MS));
	raft_server_snapshot(scene->actors[far->away].server);
	assert_true(run_until(&scene->loop,
			      status_of(scene, far->away).snapshot.index != 0,
			      PATIENCE_MS));
	cut_off(scene, far->away);
	for (int n = 0; n < WRITES; n++)
		assert_int_equal(add(scene, far->leader, "1").result,
				 RAFT_SERVER_OK);
	start(scene, far->away);
	atomic_store(&waits, true);
	assert_true(
	    run_until(&scene->loop, atomic_load(&waiting) == 1, PATIENCE_MS));
}

static struct machine *
its_machine(struct far *far)
{
	return &far->scene.actors[far->away].machine;
}

static void
let_it_build(void)
{
	atomic_store(&waits, false);
	sem_post(&let_on);
}

/* -------------------------------------------------------------------- the tests */

static void
nobody_waits_while_a_state_is_built(void **state)
{
	struct wish read = { 0 };
	struct far far;
	struct scene *scene = &far.scene;

	(void)state;
	begin(&far);
	raft_server_read(
	    scene->actors[far.away].server,
	    &(struct raft_server_view){ .timeout_us = 1000 * PATIENCE_MS },
	    wish_done, &read);
	for (int n = 0; n < 30; n++)
		assert_int_equal(add(scene, far.leader, "1").result,
				 RAFT_SERVER_OK);
	/* It is what it was, and applies nothing yet. */
	assert_int_equal(its_machine(&far)->sum, 1);
	assert_int_equal(its_machine(&far)->loads, 1);
	assert_false(read.ended);
	assert_int_equal(leader(scene), far.leader);
	raft_server_snapshot(scene->actors[far.away].server);
	(void)run_until(&scene->loop, false, 100);
	let_it_build();
	assert_true(
	    run_until(&scene->loop, agree(scene, WRITES + 31), PATIENCE_MS));
	assert_int_equal(its_machine(&far)->loads, 2);
	assert_int_equal(wait_for(scene, &read).result, RAFT_SERVER_OK);
	assert_int_equal(discards, 0);
	/* What it has built is its state: it writes it down, and starts with it. */
	assert_true(
	    run_until(&scene->loop,
		      status_of(scene, far.away).snapshot.index >= WRITES + 31,
		      PATIENCE_MS));
	stop(scene, far.away);
	start(scene, far.away);
	assert_true(
	    run_until(&scene->loop, agree(scene, WRITES + 31), PATIENCE_MS));
	assert_int_equal(its_machine(&far)->loads, 1);
	scene_close(scene);
}

/* It ends without it, and loads it when it starts. */
static void
one_that_closes_meanwhile_begins_anew(void **state)
{
	struct far far;
	struct scene *scene = &far.scene;
	struct actor *actor;

	(void)state;
	begin(&far);
	actor = &scene->actors[far.away];
	raft_server_close(actor->server, now_closed, actor);
	raft_server_close(actor->server, now_closed, actor);
	let_it_build();
	assert_true(
	    run_until(&scene->loop, actor->server == NULL, PATIENCE_MS));
	assert_int_equal(its_machine(&far)->sum, 1);
	start(scene, far.away);
	assert_true(its_machine(&far)->sum > 1);
	assert_true(
	    run_until(&scene->loop, agree(scene, WRITES + 1), PATIENCE_MS));
	scene_close(scene);
}

static bool
is_refused(struct far *far, const char *why)
{
	const char *said =
	    far->scene.actors[far->away].said[RAFT_SERVER_EVENT_SNAPSHOT];

	return strstr(said, why) != NULL;
}

static void
what_is_no_state_is_refused(void **state)
{
	struct far far;

	(void)state;
	begin(&far);
	atomic_store(&builds_not, true);
	let_it_build();
	assert_true(run_until(&far.scene.loop, is_refused(&far, "can load"),
			      PATIENCE_MS));
	assert_int_equal(its_machine(&far)->sum, 1);
	assert_int_equal(discards, 0);
	assert_true(status_of(&far.scene, far.away).raft.stopped);
	scene_close(&far.scene);
}

static void
what_is_half_a_state_is_refused(void **state)
{
	struct far far;

	(void)state;
	begin(&far);
	atomic_store(&builds_in_part, true);
	let_it_build();
	assert_true(run_until(&far.scene.loop, is_refused(&far, "has more"),
			      PATIENCE_MS));
	assert_int_equal(its_machine(&far)->sum, 1);
	assert_int_equal(discards, 1);
	scene_close(&far.scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_waits_while_a_state_is_built),
		cmocka_unit_test(one_that_closes_meanwhile_begins_anew),
		cmocka_unit_test(what_is_no_state_is_refused),
		cmocka_unit_test(what_is_half_a_state_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

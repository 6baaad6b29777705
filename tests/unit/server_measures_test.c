/*
 * What a server measures of itself.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <time.h>

#include "assists/server/inside.h"
#include "tests/unit/server_scene.h"

static struct raft_server_measures
measures_of(const struct scene *scene, uint64_t id)
{
	struct raft_server_measures measures;

	raft_server_measures(scene->actors[id].server, &measures);
	return measures;
}

static uint64_t
measured(struct raft_histogram histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= RAFT_HISTOGRAM_BOUNDS; i++)
		count += histogram.counts[i];
	return count;
}

static uint64_t
sum(const uint64_t *counts, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += counts[i];
	return sum;
}

/* ------------------------------------------------------------------- asking */

static void
a_command_is_measured_where_it_was_asked_and_where_it_was_proposed(void **state)
{
	struct raft_server_measures there, here;
	struct scene scene;
	uint64_t leads, follows;

	(void)state;
	three(&scene);
	follows = await_follower(&scene);
	leads = leader(&scene);
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(&scene, follows, "1").result,
				 RAFT_SERVER_OK);
	assert_int_equal(look(&scene, follows).result, RAFT_SERVER_OK);
	here = measures_of(&scene, follows);
	there = measures_of(&scene, leads);
	assert_int_equal(here.commands.ended[RAFT_SERVER_OK], 5);
	assert_int_equal(measured(here.commands.took), 5);
	assert_int_equal(here.reads.ended[RAFT_SERVER_OK], 1);
	assert_int_equal(measured(here.reads.took), 1);
	assert_int_equal(measured(here.commit), 0);
	assert_int_equal(measured(there.commit), 5);
	assert_int_equal(sum(there.commands.ended, RAFT_SERVER_RESULT_COUNT),
			 0);
	/* It waits for the leader's word, which waits for a disk. */
	assert_true(here.commands.took.sum_us >= there.commit.sum_us);
	assert_in_range(there.commit.sum_us, 1, 5 * 1000 * PATIENCE_MS);
	assert_in_range(here.commands.took.sum_us, 1, 5 * 1000 * PATIENCE_MS);
	scene_close(&scene);
}

static void
what_is_refused_is_counted_by_its_result(void **state)
{
	static char large[100];
	struct raft_server_measures measures;
	struct scene scene;
	struct wish wish = { 0 };

	(void)state;
	scene_open(&scene);
	scene.options.command_bytes_max = sizeof(large) - 1;
	make_first(&scene, 1);
	start(&scene, 1);
	await_leader(&scene);
	raft_server_propose(scene.actors[1].server,
			    &(struct raft_server_command){
				.data = large, .length = sizeof(large) },
			    wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_TOO_LARGE);
	assert_int_equal(
	    change(&scene, 1,
		   (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						.identity.id = 1 })
		.result,
	    RAFT_SERVER_REFUSED);
	measures = measures_of(&scene, 1);
	assert_int_equal(measures.commands.ended[RAFT_SERVER_TOO_LARGE], 1);
	assert_int_equal(measured(measures.commands.took), 0);
	assert_int_equal(measures.changes.ended[RAFT_SERVER_REFUSED], 1);
	assert_int_equal(measured(measures.changes.took), 1);
	scene_close(&scene);
}

/* Until all that was asked of it was attempted: an answer takes longer. */
static struct raft_server_measures
attempt(struct scene *scene, uint64_t id)
{
	while (measures_of(scene, id).asks_waiting > 0)
		uv_run(&scene->loop, UV_RUN_ONCE);
	return measures_of(scene, id);
}

static void
what_waits_is_counted_by_what_it_waits_for(void **state)
{
	struct raft_server_measures there, here;
	struct wish commands[3], forwarded, read = { 0 };
	struct scene scene;
	uint64_t leads, follows;

	(void)state;
	three(&scene);
	follows = await_follower(&scene);
	leads = leader(&scene);
	add(&scene, follows, "1");
	for (size_t i = 0; i < 3; i++)
		propose(&scene, leads, "1", 0, 0, &commands[i]);
	raft_server_read(scene.actors[leads].server,
			 &(struct raft_server_view){ 0 }, wish_done, &read);
	assert_int_equal(measures_of(&scene, leads).asks_waiting, 4);
	there = attempt(&scene, leads);
	assert_int_equal(there.asks_proposed, 3);
	assert_int_equal(there.asks_reading, 1);
	assert_int_equal(there.asks_forwarded, 0);
	wait_for(&scene, &read);
	for (size_t i = 0; i < 3; i++)
		wait_for(&scene, &commands[i]);
	propose(&scene, follows, "1", 0, 0, &forwarded);
	here = attempt(&scene, follows);
	assert_int_equal(here.asks_forwarded, 1);
	assert_int_equal(here.asks_proposed + here.asks_reading, 0);
	wait_for(&scene, &forwarded);
	scene_close(&scene);
}

static void
called(struct raft_server *server, void *context)
{
	(void)server;
	++*(size_t *)context;
}

static void
calls_of_threads_are_counted_until_they_are_made(void **state)
{
	struct scene scene;
	size_t made = 0;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	for (int i = 0; i < 2; i++)
		assert_true(
		    raft_server_post(scene.actors[1].server, called, &made));
	assert_int_equal(measures_of(&scene, 1).calls, 2);
	assert_true(run_until(&scene.loop, made == 2, PATIENCE_MS));
	assert_int_equal(measures_of(&scene, 1).calls, 0);
	scene_close(&scene);
}

/* ------------------------------------------------------------------- leading */

static void
elections_and_their_ends_are_counted_by_reason(void **state)
{
	struct raft_server_measures measures;
	struct scene scene;
	uint64_t first, second, elected = 0;

	(void)state;
	three(&scene);
	first = await_leader(&scene);
	add(&scene, first, "1");
	measures = measures_of(&scene, first);
	assert_int_equal(measures.elected, 1);
	assert_true(sum(measures.candidacies, RAFT_SERVER_REASON_COUNT) >= 1);
	assert_int_equal(sum(measures.depositions, RAFT_SERVER_REASON_COUNT),
			 0);
	second = first % 3 + 1;
	assert_int_equal(
	    change(&scene, first,
		   (struct raft_server_change){ .kind = RAFT_SERVER_TRANSFER,
						.identity.id = second })
		.result,
	    RAFT_SERVER_OK);
	assert_true(
	    run_until(&scene.loop, leader(&scene) == second, PATIENCE_MS));
	assert_int_equal(
	    measures_of(&scene, second).candidacies[RAFT_REASON_TRANSFER], 1);
	assert_int_equal(
	    measures_of(&scene, first).depositions[RAFT_REASON_NEWER_TERM], 1);
	for (uint64_t id = 1; id <= 3; id++) {
		elected += measures_of(&scene, id).elected;
		assert_true(measures_of(&scene, id).leaders >= 2);
	}
	assert_true(elected >= 2);
	scene_close(&scene);
}

static void
a_leader_without_a_majority_says_why_it_leads_no_more(void **state)
{
	struct scene scene;
	uint64_t id;

	(void)state;
	three(&scene);
	id = await_leader(&scene);
	for (uint64_t other = 1; other <= 3; other++)
		if (other != id)
			cut_off(&scene, other);
	assert_true(run_until(
	    &scene.loop,
	    measures_of(&scene, id).depositions[RAFT_REASON_QUORUM_LOST] == 1,
	    PATIENCE_MS));
	scene_close(&scene);
}

/* --------------------------------------------------- the log, and snapshots */

static void
the_log_and_what_is_applied_are_measured(void **state)
{
	struct raft_server_measures before, after;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	await_leader(&scene);
	add(&scene, 1, "1");
	before = measures_of(&scene, 1);
	for (int i = 0; i < 10; i++)
		add(&scene, 1, "1");
	after = measures_of(&scene, 1);
	assert_true(measured(after.log.syncs) >=
		    measured(before.log.syncs) + 10);
	assert_true(after.log.synced_bytes > before.log.synced_bytes);
	assert_true(after.log_size.bytes > before.log_size.bytes);
	assert_int_equal(after.applied, before.applied + 10);
	assert_int_equal(after.applied,
			 status_of(&scene, 1).raft.applied_index);
	assert_in_range(measured(after.apply), measured(before.apply) + 1,
			measured(before.apply) + 10);
	/* The sync is a part of it, but for the first microsecond. */
	assert_true(after.commit.sum_us - before.commit.sum_us + 10 >=
		    after.log.syncs.sum_us - before.log.syncs.sum_us);
	scene_close(&scene);
}

static void
a_snapshot_is_measured_when_it_is_taken_and_when_it_is_loaded(void **state)
{
	struct raft_server_measures measures, again;
	struct scene scene;
	int64_t before = time(NULL);
	uint64_t begun_at = uv_hrtime();

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	scene.actors[1].machine.ballast = 3000;
	start(&scene, 1);
	add(&scene, 1, "1");
	assert_int_equal(measures_of(&scene, 1).snapshot_written, 0);
	scene.actors[1].machine.writes_not = true;
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(&scene.loop,
			      measures_of(&scene, 1).snapshots_failed == 1,
			      PATIENCE_MS));
	scene.actors[1].machine.writes_not = false;
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(
	    &scene.loop, measured(measures_of(&scene, 1).snapshot_taken) == 1,
	    PATIENCE_MS));
	measures = measures_of(&scene, 1);
	assert_in_range(measures.snapshot_bytes, 3000, 6000);
	assert_in_range(measures.snapshot_written, before, time(NULL));
	assert_int_equal(measured(measures.snapshot_loaded), 0);
	assert_in_range(measures.snapshot_taken.sum_us, 1,
			(uv_hrtime() - begun_at) / 1000);
	stop(&scene, 1);
	/* Its age goes on. */
	usleep(1100000);
	start(&scene, 1);
	again = measures_of(&scene, 1);
	assert_int_equal(again.snapshot_written, measures.snapshot_written);
	assert_int_equal(again.snapshot_bytes, measures.snapshot_bytes);
	assert_int_equal(measured(again.snapshot_loaded), 1);
	assert_in_range(again.snapshot_loaded.sum_us, 1,
			(uv_hrtime() - begun_at) / 1000);
	scene_close(&scene);
}

static void
date_snapshots(const struct scene *scene, const char *when)
{
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "touch -d '%s' %s/snapshots/*", when,
		 scene->actors[1].folder);
	assert_int_equal(system(command), 0);
}

static void
a_snapshot_grows_old_while_its_server_is_stopped(void **state)
{
	struct raft_entry_id taken;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_seconds = 1800;
	make_first(&scene, 1);
	start(&scene, 1);
	add(&scene, 1, "1");
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	taken = status_of(&scene, 1).snapshot;
	stop(&scene, 1);
	/* Whose clock was set back since has one from the future. */
	date_snapshots(&scene, "1 hour");
	start(&scene, 1);
	assert_in_range(status_of(&scene, 1).snapshot_us, 0, 60000000);
	stop(&scene, 1);
	date_snapshots(&scene, "1 hour ago");
	start(&scene, 1);
	assert_int_equal(status_of(&scene, 1).snapshot.index, taken.index);
	assert_in_range(status_of(&scene, 1).snapshot_us, 3599000000,
			3700000000);
	/* And it is time for another as soon as there is something new. */
	add(&scene, 1, "1");
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index > taken.index,
			      PATIENCE_MS));
	scene_close(&scene);
}

/* It was asked for, and the log alone would be reason for none. */
static void
a_snapshot_that_failed_is_tried_again(void **state)
{
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	add(&scene, 1, "1");
	actor->machine.freezes_not = true;
	raft_server_snapshot(actor->server);
	assert_true(run_until(&scene.loop,
			      measures_of(&scene, 1).snapshots_failed == 1,
			      PATIENCE_MS));
	actor->machine.freezes_not = false;
	/* Not at once, */
	run_until(&scene.loop, false, 200);
	assert_int_equal(status_of(&scene, 1).snapshot.index, 0);
	/* but when its pause is over. */
	assert_true(actor->server->taking.not_before > raft__server_now());
	actor->server->taking.not_before = 0;
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	scene_close(&scene);
}

/* Asked within a round whose time was read before, and ended in it. */
static void
no_time_is_below_zero(void **state)
{
	struct raft_server_measures measures;
	struct ask ask = { .kind = ASK_READ, .asked_at = 1000 };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	raft__measures_ended(scene.actors[1].server, &ask, 999);
	measures = measures_of(&scene, 1);
	assert_int_equal(measured(measures.reads.took), 1);
	assert_int_equal(measures.reads.took.sum_us, 0);
	assert_int_equal(measures.reads.took.counts[0], 1);
	scene_close(&scene);
}

static void
a_leaders_snapshot_is_measured_too(void **state)
{
	struct raft_server_measures measures;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_tail_entries = 1;
	make_first(&scene, 1);
	start(&scene, 1);
	/* The log reaches back to the one before the newest. */
	for (uint64_t i = 1; i <= 40; i++) {
		add(&scene, 1, "1");
		if (i % 20 != 0)
			continue;
		raft_server_snapshot(scene.actors[1].server);
		assert_true(run_until(&scene.loop,
				      status_of(&scene, 1).snapshot.index > i,
				      PATIENCE_MS));
	}
	make_joining(&scene, 2, 1, true);
	start(&scene, 2);
	assert_true(run_until(&scene.loop, agree(&scene, 40), PATIENCE_MS));
	measures = measures_of(&scene, 2);
	assert_int_equal(measured(measures.snapshot_loaded), 1);
	assert_true(measures.snapshot_bytes > 0);
	assert_true(measures.snapshot_written > 0);
	assert_in_range(measures.applied, 0, 30);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_command_is_measured_where_it_was_asked_and_where_it_was_proposed),
		cmocka_unit_test(what_is_refused_is_counted_by_its_result),
		cmocka_unit_test(what_waits_is_counted_by_what_it_waits_for),
		cmocka_unit_test(
		    calls_of_threads_are_counted_until_they_are_made),
		cmocka_unit_test(
		    elections_and_their_ends_are_counted_by_reason),
		cmocka_unit_test(
		    a_leader_without_a_majority_says_why_it_leads_no_more),
		cmocka_unit_test(the_log_and_what_is_applied_are_measured),
		cmocka_unit_test(
		    a_snapshot_is_measured_when_it_is_taken_and_when_it_is_loaded),
		cmocka_unit_test(
		    a_snapshot_grows_old_while_its_server_is_stopped),
		cmocka_unit_test(a_snapshot_that_failed_is_tried_again),
		cmocka_unit_test(no_time_is_below_zero),
		cmocka_unit_test(a_leaders_snapshot_is_measured_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

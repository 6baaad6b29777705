/*
 * snapshot_file with a thread of its own: whoever receives a leader's snapshot waits for
 * nothing, and what was reported is kept.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <semaphore.h>

#include "tests/unit/snapshot_file_scene.h"

/** The thread has called so often. */
static sem_t woken;
/** A sync says that it waits, and waits until it is let on. */
static sem_t held, let_on;
/** Loaded, as it was told afterwards. */
static struct raft_entry_id told;

static void
wake(void *snapshots)
{
	assert_non_null(snapshots);
	sem_post(&woken);
}

static void
wait_to_be_let_on(void)
{
	sem_post(&held);
	sem_wait(&let_on);
}

static void
note_installed(void *context, struct raft_entry_id snapshot)
{
	(void)context;
	told = snapshot;
}

/* As a server does. */
static void
begin(struct site *site)
{
	const struct raft_snapshot_file_reports reports = {
		.context = site,
		.saved = note_saved,
		.lost = note_lost,
		.damaged = note_damaged,
		.install = note_install,
		.failed = note_failed,
		.installed = note_installed,
	};

	told.index = 0;
	raft_snapshot_file_bind(site->snapshots, &reports);
	assert_true(raft_snapshot_file_begin_thread(site->snapshots, wake,
						    site->snapshots));
}

static void
await(struct site *site)
{
	while (raft_snapshot_file_turn(site->snapshots))
		sem_wait(&woken);
}

static int
set_up_threads(void **state)
{
	before_sync = NULL;
	sem_init(&woken, 0, 0);
	sem_init(&held, 0, 0);
	sem_init(&let_on, 0, 0);
	return set_up(state);
}

static void
let_all_on(void)
{
	before_sync = NULL;
	sem_post(&let_on);
}

static void
assert_installs(struct site *site, struct raft_entry_id id)
{
	assert_false(raft_snapshot_file.install(site->snapshots, id));
	await(site);
	assert_int_equal(site->installed.index, id.index);
	assert_int_equal(told.index, id.index);
	assert_true(has(site, id));
}

/* ------------------------------------------------------------------ the tests */

static void
what_a_leader_sends_is_stored_by_the_thread(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, LARGE));
	begin(site);
	pass_all_on(tenth, UINT64_MAX);
	await(site);
	assert_true(is_whole(site, tenth));
	assert_false(has(site, tenth));
	assert_installs(site, tenth);
	assert_loads(site, tenth, LARGE);
	reopen(site);
	assert_int_equal(choose(site, tenth).index, 10);
}

/* What comes while the disk stands still is one batch. */
static void
nobody_waits_for_a_sync_of_a_leaders(void **state)
{
	struct site *site = &fixture.follower;
	uint64_t size;

	(void)state;
	assert_true(take(&fixture.leader, tenth, LARGE));
	size = raft_snapshot_file_size(fixture.leader.snapshots, tenth);
	begin(site);
	file_syncs = 0;
	before_sync = wait_to_be_let_on;
	for (uint64_t at = 0; at < size; at += PART_BYTES) {
		pass_on(tenth, at, UINT64_MAX);
		raft_snapshot_file.flush(site->snapshots);
		if (at == 0)
			sem_wait(&held);
		assert_true(raft_snapshot_file_turn(site->snapshots));
	}
	assert_int_equal(site->saved_end, 0);
	let_all_on();
	sem_wait(&woken);
	assert_true(raft_snapshot_file_turn(site->snapshots));
	assert_int_equal(site->saved_end, PART_BYTES);
	await(site);
	assert_true(is_whole(site, tenth));
	assert_int_equal(file_syncs, 2);
}

static void
nobody_waits_for_its_name(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, LARGE));
	begin(site);
	pass_all_on(tenth, UINT64_MAX);
	await(site);
	before_sync = wait_to_be_let_on;
	assert_false(raft_snapshot_file.install(site->snapshots, tenth));
	sem_wait(&held);
	assert_true(raft_snapshot_file_turn(site->snapshots));
	assert_int_equal(site->installed.index, 0);
	let_all_on();
	await(site);
	assert_int_equal(site->installed.index, 10);
	assert_int_equal(told.index, 10);
}

/* Parts that come later belong to nothing, until it begins anew. */
static void
what_the_disk_refuses_is_reported_by_its_owner(void **state)
{
	struct site *site = &fixture.follower;
	int failed = 0;

	(void)state;
	assert_true(take(&fixture.leader, tenth, 5 * PART_BYTES));
	begin(site);
	fails_once = true;
	for (int n = 0; calls_until_crash < 0; n++) {
		site->lost.index = 0;
		site->saved.index = 0;
		calls_until_crash = n;
		pass_all_on(tenth, UINT64_MAX);
		await(site);
		assert_int_equal(site->lost.index != 0, !is_whole(site, tenth));
		failed += site->lost.index != 0;
		if (calls_until_crash >= 0)
			break;
		if (site->lost.index == 0)
			continue;
		assert_non_null(strstr(site->why, "cannot be stored"));
		pass_on(tenth, 3 * PART_BYTES, UINT64_MAX);
		raft_snapshot_file.flush(site->snapshots);
		await(site);
		assert_false(is_whole(site, tenth));
		pass_all_on(tenth, UINT64_MAX);
		await(site);
		assert_true(is_whole(site, tenth));
	}
	assert_in_range(failed, 5, 100);
}

static void
a_name_that_is_refused_stops_its_member(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	for (int n = 0; n < 2; n++) {
		assert_true(take(&fixture.leader, tenth, PART_BYTES));
		begin(site);
		pass_all_on(tenth, UINT64_MAX);
		await(site);
		calls_until_crash = n;
		assert_false(
		    raft_snapshot_file.install(site->snapshots, tenth));
		await(site);
		assert_int_equal(site->lost.index, 10);
		assert_int_equal(site->installed.index, 0);
		assert_int_equal(told.index, 0);
		assert_non_null(strstr(site->why, "cannot be installed"));
		reopen(site);
	}
}

static void
damage_is_reported_by_its_owner(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, LARGE));
	begin(site);
	pass_all_on(tenth, 5000);
	await(site);
	assert_int_equal(site->damaged.index, 10);
	assert_false(is_whole(site, tenth));
	pass_all_on(tenth, UINT64_MAX);
	await(site);
	assert_installs(site, tenth);
}

static void
the_thread_ends_when_it_is_done(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(raft_snapshot_file_end_thread(site->snapshots));
	assert_true(take(&fixture.leader, tenth, LARGE));
	begin(site);
	before_sync = wait_to_be_let_on;
	pass_on(tenth, 0, UINT64_MAX);
	raft_snapshot_file.flush(site->snapshots);
	sem_wait(&held);
	assert_false(raft_snapshot_file_end_thread(site->snapshots));
	/* It begins nothing more. */
	pass_on(tenth, PART_BYTES, UINT64_MAX);
	raft_snapshot_file.flush(site->snapshots);
	let_all_on();
	sem_wait(&woken);
	assert_true(raft_snapshot_file_end_thread(site->snapshots));
	assert_int_equal(site->saved_end, PART_BYTES);
	/* From now on it is done at once. */
	raft_snapshot_file.flush(site->snapshots);
	assert_int_equal(site->saved_end, 2 * PART_BYTES);
}

static void *
let_on_soon(void *unused)
{
	sem_wait(&held);
	usleep(20000);
	let_all_on();
	return unused;
}

static void
closing_waits_for_the_thread(void **state)
{
	struct site *site = &fixture.follower;
	pthread_t other;

	(void)state;
	assert_true(take(&fixture.leader, tenth, LARGE));
	begin(site);
	before_sync = wait_to_be_let_on;
	assert_int_equal(pthread_create(&other, NULL, let_on_soon, NULL), 0);
	pass_all_on(tenth, UINT64_MAX);
	raft_snapshot_file_close(site->snapshots);
	site->snapshots = NULL;
	pthread_join(other, NULL);
	open_site(site);
}

#define WITH_THREADS(test)                                                     \
	cmocka_unit_test_setup_teardown(test, set_up_threads, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_THREADS(what_a_leader_sends_is_stored_by_the_thread),
		WITH_THREADS(nobody_waits_for_a_sync_of_a_leaders),
		WITH_THREADS(nobody_waits_for_its_name),
		WITH_THREADS(what_the_disk_refuses_is_reported_by_its_owner),
		WITH_THREADS(a_name_that_is_refused_stops_its_member),
		WITH_THREADS(damage_is_reported_by_its_owner),
		WITH_THREADS(the_thread_ends_when_it_is_done),
		WITH_THREADS(closing_waits_for_the_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

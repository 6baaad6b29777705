/*
 * log_file with a thread of its own: whoever saves waits for nothing, and what was
 * reported is kept.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <semaphore.h>

#include "tests/unit/log_file_model.h"

/** Steps of the long histories. */
#define STEPS 2000

/* ------------------------------------------------------------- the thread */

/** It has called so often. */
static sem_t woken;
/** A sync waits until it is let on, and says that it does. */
static sem_t held, let_on;

static void
wake(void *log)
{
	assert_non_null(log);
	sem_post(&woken);
}

static void
wait_to_be_let_on(void)
{
	sem_post(&held);
	sem_wait(&let_on);
}

static void
begin(struct fixture *f)
{
	sem_init(&woken, 0, 0);
	sem_init(&held, 0, 0);
	sem_init(&let_on, 0, 0);
	assert_true(raft_log_file_begin_thread(f->log, wake, f->log));
}

static void
await(struct fixture *f)
{
	while (raft_log_file_turn(f->log))
		sem_wait(&woken);
}

static void
flush_and_wait(struct fixture *f)
{
	raft_log_file.flush(f->log);
	await(f);
	assert_int_equal(f->report.failed, 0);
	assert_int_equal(f->report.token, f->model.term);
}

/* Syncs wait from now on: one is held when this returns. */
static void
hold_a_sync(struct fixture *f)
{
	sync_waits = wait_to_be_let_on;
	steps(f, 1);
	raft_log_file.flush(f->log);
	sem_wait(&held);
}

static void
let_all_on(void)
{
	sync_waits = NULL;
	sem_post(&let_on);
}

/* ----------------------------------------------------------------- reports */

static void
what_was_reported_is_found_again(void **state)
{
	struct fixture *f = *state;

	for (int n = 0; n < 40; n++) {
		begin(f);
		steps(f, 1);
		assert_true(holds(f->log, &f->model));
		flush_and_wait(f);
		assert_true(holds(f->log, &f->model));
		reopen(f);
		f->report.token = f->model.term;
		assert_true(holds(f->log, &f->model));
	}
}

/* What comes while the disk stands still is saved, read and trimmed; all of it is
 * the next batch. */
static void
nobody_waits_for_a_sync(void **state)
{
	struct fixture *f = *state;

	begin(f);
	hold_a_sync(f);
	for (int n = 0; n < 500; n++) {
		steps(f, 1);
		raft_log_file.flush(f->log);
		assert_true(raft_log_file_turn(f->log));
	}
	assert_true(holds(f->log, &f->model));
	assert_int_equal(f->report.saved, 0);
	syncs = 0;
	let_all_on();
	sem_wait(&woken);
	assert_true(raft_log_file_turn(f->log));
	assert_int_equal(f->report.token, 1);
	await(f);
	assert_int_equal(f->report.token, f->model.term);
	assert_int_equal(f->report.saved, 2);
	assert_int_equal(syncs, 1);
	reopen(f);
	assert_true(holds(f->log, &f->model));
}

static void
what_was_not_flushed_is_not_written(void **state)
{
	struct fixture *f = *state;

	begin(f);
	hold_a_sync(f);
	steps(f, 1);
	let_all_on();
	await(f);
	assert_int_equal(f->report.token, 1);
	flush_and_wait(f);
}

/* Damage to a batch is told from a crash by the one that follows it, also if that was
 * saved before the first was durable. */
static void
the_next_batch_bears_witness(void **state)
{
	struct fixture *f = *state;
	struct image image;
	size_t begun;

	begin(f);
	steps(f, 20);
	flush_and_wait(f);
	image = load(f->file);
	begun = used(&image) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
	free(image.bytes);
	steps(f, 20);
	hold_a_sync(f);
	steps(f, 20);
	raft_log_file.flush(f->log);
	let_all_on();
	await(f);
	close_log(f);
	image = load(f->file);
	/* A sector of the first of the two, as a crash would leave it. */
	memset(image.bytes + begun, 0, SECTOR_BYTES);
	store(f->file, image.bytes, image.length);
	free(image.bytes);
	assert_refused(f, "which was durable once");
}

/* ----------------------------------------------------------------- failures */

static void
a_failed_sync_is_reported_once_and_never_tried_again(void **state)
{
	struct fixture *f = *state;

	begin(f);
	steps(f, 2);
	flush_and_wait(f);
	hold_a_sync(f);
	syncs_until_failure = 0;
	steps(f, 2);
	raft_log_file.flush(f->log);
	let_all_on();
	syncs = 0;
	await(f);
	steps(f, 2);
	raft_log_file.flush(f->log);
	await(f);
	assert_int_equal(syncs, 0);
	assert_int_equal(f->report.failed, 1);
	assert_int_equal(f->report.token, 2);
	assert_non_null(strstr(f->report.why, strerror(EIO)));
}

static void *
let_on_later(void *none)
{
	usleep(50000);
	let_all_on();
	return none;
}

static void
closing_waits_for_what_is_under_way(void **state)
{
	struct fixture *f = *state;
	pthread_t other;

	begin(f);
	hold_a_sync(f);
	assert_int_equal(pthread_create(&other, NULL, let_on_later, NULL), 0);
	reopen(f);
	pthread_join(other, NULL);
	assert_true(holds(f->log, &f->model));
}

static void
who_must_not_wait_ends_the_thread_first(void **state)
{
	struct fixture *f = *state;
	int calls;

	assert_true(raft_log_file_end_thread(f->log));
	begin(f);
	hold_a_sync(f);
	steps(f, 1);
	raft_log_file.flush(f->log);
	assert_false(raft_log_file_end_thread(f->log));
	let_all_on();
	sem_wait(&woken);
	/* What was saved meanwhile is not begun. */
	syncs = 0;
	assert_true(raft_log_file_end_thread(f->log));
	assert_int_equal(syncs, 0);
	assert_int_equal(f->report.token, 1);
	/* From now on flush() does it, and nobody is woken. */
	flush(f);
	assert_int_equal(sem_getvalue(&woken, &calls), 0);
	assert_int_equal(calls, 0);
}

/* -------------------------------------------------------------- quick disks */

static bool
is_reported_within(struct fixture *f)
{
	bool is_so;

	steps(f, 1);
	raft_log_file.flush(f->log);
	is_so = f->report.token == f->model.term;
	await(f);
	return is_so;
}

static void
a_disk_that_is_quicker_than_the_thread_is_not_handed_over(void **state)
{
	struct fixture *f = *state;

	begin(f);
	clock_stands = true;
	for (int n = 0; n < 64; n++)
		assert_false(is_reported_within(f));
	for (int n = 0; n < 10; n++)
		assert_true(is_reported_within(f));
	/* It is slow, once. */
	clock_stands = false;
	sync_takes_us = 3000;
	assert_true(is_reported_within(f));
	sync_takes_us = 0;
	clock_stands = true;
	for (int n = 0; n < 64; n++)
		assert_false(is_reported_within(f));
	assert_true(is_reported_within(f));
	clock_stands = false;
}

/* ----------------------------------------------------------------- segments */

/* How many pieces of work are done before a step, of those that there are. */
static void
advance_some(struct fixture *f, uint64_t draw)
{
	for (uint64_t n = draw % 3; n > 0 && raft_log_file_turn(f->log); n--)
		sem_wait(&woken);
	(void)raft_log_file_turn(f->log);
}

/* In the middle of whatever is under way: the history goes on from what is found. */
static void
close_and_go_on(struct fixture *f)
{
	uint64_t reported = f->report.token, taken = f->model.term;
	struct raft_stored stored;

	reopen(f);
	assert_reached(f->log, f->model.seed, reported, taken);
	assert_true(raft_log_file_stored(f->log, &stored));
	f->model = (struct model){ .seed = f->model.seed };
	for (uint64_t n = 1; n <= stored.term; n++)
		step(&f->model, n, NULL);
	f->report.token = stored.term;
	begin(f);
}

/* Long histories with cuts, resets and trims, in segments that are begun in the middle of
 * them: none is lost. */
static void
segments_keep_up_with_whatever_is_saved(void **state)
{
	struct fixture *f = *state;
	uint64_t begun;
	struct image image;

	f->model.seed = draw_seed();
	shape.long_one_in = 1;
	shape.kept = 20;
	shape.cut_max = 8;
	shape.reset_one_in = 512;
	begin(f);
	for (uint64_t n = 0; n < STEPS; n++) {
		uint64_t draw = mix(f->model.seed + 9, n);

		steps(f, 1);
		if (draw % 4 != 0)
			raft_log_file.flush(f->log);
		advance_some(f, draw / 4);
		if (n % 200 == 0)
			assert_true(holds(f->log, &f->model));
		if (draw / 16 % 200 == 0)
			close_and_go_on(f);
	}
	flush_and_wait(f);
	assert_true(holds(f->log, &f->model));
	reopen(f);
	assert_true(holds(f->log, &f->model));
	image = load(file_of(f, last_file(f)));
	begun = header_of(&image).begin / (64 << 10);
	free(image.bytes);
	print_message("%llu segments in %u files\n", (unsigned long long)begun,
		      count_files(f));
	assert_true(begun > 4 * count_files(f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_reported_is_found_again),
		TEST(nobody_waits_for_a_sync),
		TEST(what_was_not_flushed_is_not_written),
		TEST(the_next_batch_bears_witness),
		TEST(a_failed_sync_is_reported_once_and_never_tried_again),
		TEST(closing_waits_for_what_is_under_way),
		TEST(who_must_not_wait_ends_the_thread_first),
		TEST(a_disk_that_is_quicker_than_the_thread_is_not_handed_over),
		TEST(segments_keep_up_with_whatever_is_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

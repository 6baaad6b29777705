/*
 * log_file, read through in the background: what is damaged is found though nobody reads
 * it, once, and nothing that is sound is ever taken for damaged, whatever is saved, cut
 * and trimmed meanwhile.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <semaphore.h>

#include "tests/unit/log_file_model.h"

#define SEGMENT (16u << 10)
#define STEPS 3000

static sem_t woken;

static void
wake(void *log)
{
	assert_non_null(log);
	sem_post(&woken);
}

/** What was told. */
static struct {
	int count;
	char file[32];
	uint64_t offset;
	uint64_t length;
	int error;
} told;

static void
note_damaged(void *log, const struct raft_log_file_damage *damage)
{
	assert_non_null(log);
	told.count++;
	snprintf(told.file, sizeof(told.file), "%s", damage->file);
	told.offset = damage->offset;
	told.length = damage->length;
	told.error = damage->error;
}

static void
begin(struct fixture *f)
{
	sem_init(&woken, 0, 0);
	memset(&told, 0, sizeof(told));
	raft_log_file_bind_damaged(f->log, f->log, note_damaged);
	assert_true(raft_log_file_begin_thread(f->log, wake, f->log));
}

static void
begin_anew(struct fixture *f)
{
	assert_true(make_log(f, SEGMENT));
	f->model = (struct model){ .seed = 1 };
	open_log(f);
	begin(f);
}

static void
await(struct fixture *f)
{
	while (raft_log_file_turn(f->log))
		sem_wait(&woken);
}

static struct raft_log_file_scrubbed
scrubbed(const struct fixture *f)
{
	struct raft_log_file_scrubbed now;

	raft_log_file_scrubbed(f->log, &now);
	return now;
}

/* Read all of it, by pieces. */
static void
pass(struct fixture *f, size_t bytes)
{
	uint64_t passes = scrubbed(f).passes;

	for (int n = 0; scrubbed(f).passes == passes; n++) {
		assert_in_range(n, 0, 100000);
		raft_log_file_scrub(f->log, bytes);
		await(f);
	}
	assert_int_equal(f->report.failed, 0);
}

/* Step on until there are so many files, all of them needed. */
static void
fill_files(struct fixture *f, unsigned int count)
{
	shape.reset_one_in = UINT64_MAX;
	shape.kept = UINT64_MAX;
	while (count_files(f) < count) {
		steps(f, 1);
		raft_log_file.flush(f->log);
		await(f);
		assert_int_equal(f->report.failed, 0);
	}
	shape.reset_one_in = 16;
	shape.kept = 0;
}

static void
flip(const char *path, size_t at)
{
	struct image image = load(path);

	assert_true(at < image.length);
	store_byte(path, at, image.bytes[at] ^ 0x10);
	free(image.bytes);
}

/* ---------------------------------------------------------------- what is found */

static void
a_bit_that_nobody_reads_is_found_and_told_once(void **state)
{
	struct fixture *f = *state;

	begin_anew(f);
	fill_files(f, 5);
	pass(f, 4096);
	assert_int_equal(told.count, 0);
	/* In the middle of the oldest. */
	flip(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	pass(f, 4096);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.file, "log");
	assert_int_equal(told.offset, 7 * SECTOR_BYTES);
	assert_int_equal(told.length, SECTOR_BYTES);
	assert_int_equal(told.error, 0);
	assert_int_equal(scrubbed(f).damaged_bytes, SECTOR_BYTES);
	pass(f, 5000);
	pass(f, 1 << 20);
	assert_int_equal(told.count, 1);
	/* The log goes on. */
	steps(f, 20);
	raft_log_file.flush(f->log);
	await(f);
	assert_int_equal(f->report.failed, 0);
	assert_int_equal(f->report.token, f->model.term);
	/* And once it was sound again, it is told again. */
	flip(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	pass(f, 4096);
	flip(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	pass(f, 4096);
	assert_int_equal(told.count, 2);
}

static void
each_sector_is_looked_at(void **state)
{
	struct fixture *f = *state;
	struct image image;
	size_t end;

	begin_anew(f);
	fill_files(f, 4);
	for (unsigned int number = 0; number < 3; number++) {
		image = load(file_of(f, number));
		end = used(&image);
		free(image.bytes);
		for (size_t at = 0; at < end; at += SECTOR_BYTES) {
			int before = told.count;
			size_t bit = at + (at == 0 ? 50 : at / 512 % 500);

			flip(file_of(f, number), bit);
			pass(f, 1 << 20);
			assert_int_equal(told.count, before + 1);
			assert_int_equal(told.offset, at);
			flip(file_of(f, number), bit);
			pass(f, 1 << 20);
			assert_int_equal(told.count, before + 1);
		}
	}
}

static void
whatever_is_behind_the_end_is_no_damage(void **state)
{
	struct fixture *f = *state;
	struct image image;
	size_t end;

	begin_anew(f);
	steps(f, 10);
	raft_log_file.flush(f->log);
	await(f);
	image = load(f->file);
	end = (used(&image) + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
	free(image.bytes);
	flip(f->file, end + 10);
	pass(f, 4096);
	assert_int_equal(told.count, 0);
	flip(f->file, end - 10);
	pass(f, 4096);
	assert_int_equal(told.count, 1);
}

static void
a_file_that_is_gone_or_short_is_damage(void **state)
{
	struct fixture *f = *state;

	begin_anew(f);
	fill_files(f, 4);
	assert_int_equal(truncate(file_of(f, 1), 8192), 0);
	pass(f, 4096);
	assert_true(told.count >= 2);
	assert_int_equal(told.error, EIO);
	begin_anew(f);
	fill_files(f, 4);
	assert_int_equal(unlink(file_of(f, 1)), 0);
	pass(f, 1 << 20);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.error, ENOENT);
}

/* ------------------------------------------------------------ what is no damage */

/* Trims, cuts and beginnings anew come between any two pieces, and segments are written
 * over all the time. */
static void
a_sound_log_is_read_for_ever_without_a_word(void **state)
{
	struct fixture *f = *state;
	uint64_t passes = 0;

	begin_anew(f);
	f->model.seed = draw_seed();
	for (uint64_t n = 1; n <= STEPS; n++) {
		uint64_t draw = mix(f->model.seed + 11, n);

		steps(f, 1);
		if (draw % 4 != 0)
			raft_log_file.flush(f->log);
		if (draw / 4 % 2 == 0)
			raft_log_file_scrub(f->log, 512u << draw / 8 % 6);
		if (draw / 64 % 8 != 0)
			await(f);
		if (draw / 512 % 200 == 0) {
			await(f);
			passes += scrubbed(f).passes;
			raft_log_file.flush(f->log);
			await(f);
			reopen(f);
			f->report.token = f->model.term;
			begin(f);
		}
		assert_int_equal(told.count, 0);
	}
	raft_log_file.flush(f->log);
	await(f);
	assert_true(holds(f->log, &f->model));
	passes += scrubbed(f).passes;
	print_message("%llu passes, %u files\n", (unsigned long long)passes,
		      count_files(f));
	assert_true(passes > 20);
}

/* Between two batches there is always a piece. */
static void
who_writes_all_the_time_is_read_all_the_same(void **state)
{
	struct fixture *f = *state;

	begin_anew(f);
	fill_files(f, 4);
	for (int n = 0; n < 400; n++) {
		steps(f, 1);
		raft_log_file.flush(f->log);
		raft_log_file_scrub(f->log, 4096);
		/* The next is there before this one is written. */
		steps(f, 1);
		raft_log_file.flush(f->log);
		sem_wait(&woken);
		raft_log_file_turn(f->log);
	}
	await(f);
	assert_int_equal(told.count, 0);
	print_message("%llu passes, %llu bytes\n",
		      (unsigned long long)scrubbed(f).passes,
		      (unsigned long long)scrubbed(f).bytes);
	assert_true(scrubbed(f).passes >= 2);
	assert_int_equal(f->report.token, f->model.term);
}

static void
without_a_thread_nothing_is_read(void **state)
{
	struct fixture *f = *state;

	steps(f, 10);
	flush(f);
	assert_false(raft_log_file_scrub(f->log, 4096));
	assert_int_equal(scrubbed(f).bytes, 0);
	begin(f);
	assert_true(raft_log_file_scrub(f->log, 4096));
	while (!raft_log_file_end_thread(f->log))
		sem_wait(&woken);
	assert_false(raft_log_file_scrub(f->log, 4096));
	assert_true(scrubbed(f).bytes > 0);
}

/* Whoever may open no more files knows nothing of the disk. */
static void
a_process_without_files_finds_no_damage(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none;

	begin_anew(f);
	fill_files(f, 3);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int n = 0; n < 10; n++) {
		assert_true(raft_log_file_scrub(f->log, 4096));
		await(f);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(told.count, 0);
	assert_int_equal(scrubbed(f).bytes, 0);
	pass(f, 4096);
	assert_int_equal(told.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bit_that_nobody_reads_is_found_and_told_once),
		TEST(each_sector_is_looked_at),
		TEST(whatever_is_behind_the_end_is_no_damage),
		TEST(a_file_that_is_gone_or_short_is_damage),
		TEST(a_sound_log_is_read_for_ever_without_a_word),
		TEST(who_writes_all_the_time_is_read_all_the_same),
		TEST(without_a_thread_nothing_is_read),
		TEST(a_process_without_files_finds_no_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * log_file, whose disk has spoilt what was written: entries that cannot be read are told
 * with their index and term, and are taken again from whoever has the very same; what is
 * another is not. What memory has still is kept without asking anybody.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pthread.h>
#include <semaphore.h>

#include "tests/unit/log_file_model.h"

#define SEGMENT (16u << 10)
#define LOST_MAX 4096

static sem_t woken;

static void
wake(void *log)
{
	assert_non_null(log);
	sem_post(&woken);
}

/** What was told. */
static struct raft_entry_id lost[LOST_MAX];
static size_t lost_count, mended_count, damages;
static uint64_t mended_last;

static void
note_lost(void *log, const struct raft_entry_id *entries, size_t count)
{
	assert_non_null(log);
	assert_in_range(lost_count + count, 1, LOST_MAX);
	memcpy(lost + lost_count, entries, count * sizeof(*entries));
	lost_count += count;
}

static void
note_mended(void *log, uint64_t index)
{
	assert_non_null(log);
	mended_count++;
	mended_last = index;
}

static void
note_damaged(void *log, const struct raft_log_file_damage *damage)
{
	assert_non_null(log);
	assert_true(damage->length > 0);
	damages++;
}

static void
listen(struct fixture *f)
{
	lost_count = mended_count = damages = 0;
	raft_log_file_bind_lost(f->log, f->log, note_lost, note_mended);
	raft_log_file_bind_damaged(f->log, f->log, note_damaged);
}

/* As a start does: whoever reads all of it may refuse it. */
static void
open_again(struct fixture *f)
{
	struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.cache_bytes = CACHE_BYTES,
		.segment_bytes = f->segment_bytes,
	};

	close_log(f);
	f->log = raft_log_file_open(&options, f->error, sizeof(f->error));
	if (f->log == NULL)
		fail_msg("%s", f->error);
	f->report = (struct report){ 0 };
	raft_log_file_bind(f->log, &f->report, note_saved, note_failed);
	listen(f);
}

/* Some files, all of them needed, and nothing of it in memory. */
static void
begin(struct fixture *f, unsigned int files)
{
	assert_true(make_log(f, SEGMENT));
	f->model = (struct model){ .seed = 1 };
	open_log(f);
	shape.reset_one_in = UINT64_MAX;
	shape.kept = UINT64_MAX;
	shape.cut_max = 1;
	while (count_files(f) < files) {
		steps(f, 1);
		flush(f);
	}
	steps(f, 1);
	flush(f);
	open_again(f);
}

static void
spoil(const char *path, size_t at)
{
	struct image image = load(path);

	assert_true(at < image.length);
	store_byte(path, at, image.bytes[at] ^ 0x10);
	free(image.bytes);
}

/* Entries from `index` on that cannot be read; how many. */
static size_t
count_lost(struct fixture *f)
{
	size_t count = 0;

	for (uint64_t i = f->model.snapshot.index + 1; i <= f->model.last_index;
	     i++)
		count += !entry_matches(&f->model, f->log, i);
	return count;
}

static bool
give(struct fixture *f, uint64_t index, uint64_t term)
{
	struct raft_entry entry = make_entry(&f->model, index, term);
	bool taken = raft_log_file.mend(f->log, &entry);

	raft_payload_release(&entry.payload);
	return taken;
}

/* All that was told. */
static void
give_all(struct fixture *f)
{
	for (size_t i = 0; i < lost_count; i++)
		assert_true(give(f, lost[i].index, lost[i].term));
	lost_count = 0;
}

static const char *
mended_file(const struct fixture *f)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.1000s/mended", f->path);
	return path;
}

/* ---------------------------------------------------------------- by reading */

static void
what_cannot_be_read_is_told_and_taken_again(void **state)
{
	struct fixture *f = *state;

	begin(f, 4);
	spoil(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	assert_true(count_lost(f) > 0);
	assert_int_equal(f->report.failed, 0);
	assert_true(lost_count > 0);
	for (size_t i = 0; i < lost_count; i++)
		assert_int_equal(lost[i].term, f->model.terms[lost[i].index]);
	give_all(f);
	assert_true(mended_count > 0);
	assert_true(holds(f->log, &f->model));
	/* Nor is it asked for after a start. */
	open_again(f);
	assert_true(holds(f->log, &f->model));
	assert_int_equal(lost_count, 0);
	/* If its file is damaged in its turn, it is fetched once more. */
	spoil(mended_file(f), 40);
	open_again(f);
	assert_true(count_lost(f) > 0);
	assert_int_equal(f->report.failed, 0);
	give_all(f);
	assert_true(holds(f->log, &f->model));
}

static void
another_entry_is_not_taken(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entry;
	uint64_t index, term;

	begin(f, 4);
	spoil(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	assert_true(count_lost(f) > 0);
	index = lost[0].index;
	term = lost[0].term;
	assert_false(give(f, index, term + 1));
	assert_false(give(f, index, term - 1));
	assert_false(give(f, f->model.last_index + 1, term));
	assert_false(give(f, f->model.snapshot.index, term));
	entry = make_entry(&f->model, index, term);
	entry.kind = entry.kind == RAFT_ENTRY_CONFIGURATION
			 ? RAFT_ENTRY_DATA
			 : RAFT_ENTRY_CONFIGURATION;
	assert_false(raft_log_file.mend(f->log, &entry));
	raft_payload_release(&entry.payload);
	assert_int_equal(mended_count, 0);
	assert_true(access(mended_file(f), F_OK) != 0);
	assert_false(entry_matches(&f->model, f->log, index));
}

static void
what_was_cut_off_since_does_not_count(void **state)
{
	struct fixture *f = *state;
	struct raft_save cut = { 0 };
	uint64_t index;

	begin(f, 4);
	spoil(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	count_lost(f);
	give_all(f);
	index = mended_last;
	cut.token = cut.term = f->model.term + 1;
	cut.truncate_from = index;
	raft_log_file.save(f->log, &cut);
	f->model.term++;
	f->model.vote = (struct raft_identity){ 0 };
	f->model.last_index = index - 1;
	steps(f, 6);
	flush(f);
	assert_true(holds(f->log, &f->model));
	open_again(f);
	assert_true(holds(f->log, &f->model));
}

/* Until nothing of it is left. */
static void
what_is_trimmed_is_kept_no_longer(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id id;

	begin(f, 4);
	spoil(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	count_lost(f);
	give_all(f);
	assert_int_equal(access(mended_file(f), F_OK), 0);
	id.index = f->model.last_index - 1;
	assert_true(id.index > mended_last);
	id.term = f->model.terms[id.index];
	raft_log_file.trim(f->log, id);
	model_trim(&f->model, id);
	steps(f, 1);
	flush(f);
	assert_int_equal(access(mended_file(f), F_OK), -1);
	open_again(f);
	assert_true(holds(f->log, &f->model));
}

/* Which configuration is in force at a snapshot is not known without it. */
static void
a_trim_waits_for_the_configuration_that_it_needs(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id id = { 0 };
	size_t index = 0;

	begin(f, 4);
	for (size_t at = 3; index == 0; at++) {
		spoil(file_of(f, 0), at * SECTOR_BYTES + 100);
		lost_count = 0;
		count_lost(f);
		for (size_t i = 0; i < lost_count && index == 0; i++)
			if (kind_of(&f->model, lost[i].index, lost[i].term) ==
			    RAFT_ENTRY_CONFIGURATION)
				index = lost[i].index;
	}
	id = (struct raft_entry_id){ index, f->model.terms[index] };
	lost_count = 0;
	raft_log_file.trim(f->log, id);
	assert_true(lost_count > 0);
	assert_int_equal(f->report.failed, 0);
	count_lost(f);
	give_all(f);
	assert_true(holds(f->log, &f->model));
	raft_log_file.trim(f->log, id);
	model_trim(&f->model, id);
	assert_int_equal(f->report.failed, 0);
	assert_true(holds(f->log, &f->model));
}

static void
without_anybody_to_ask_it_is_the_end(void **state)
{
	struct fixture *f = *state;

	begin(f, 4);
	spoil(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	raft_log_file_bind_lost(f->log, NULL, NULL, NULL);
	assert_true(count_lost(f) > 0);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, "cannot be read back"));
	/* Or nobody has it. */
	open_again(f);
	count_lost(f);
	assert_int_equal(f->report.failed, 0);
	raft_log_file.give_up(f->log, lost[0]);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, "no other server has given it"));
}

/* ---------------------------------------------------------------- by scrubbing */

static void
await(struct fixture *f)
{
	while (raft_log_file_turn(f->log))
		sem_wait(&woken);
}

/* Twice, since one may have begun. */
static void
scrub(struct fixture *f)
{
	struct raft_log_file_scrubbed now;
	uint64_t end;

	raft_log_file_scrubbed(f->log, &now);
	for (end = now.passes + 2; now.passes < end;) {
		raft_log_file_scrub(f->log, 1 << 20);
		await(f);
		raft_log_file_scrubbed(f->log, &now);
	}
}

static void
begin_thread(struct fixture *f)
{
	sem_init(&woken, 0, 0);
	assert_true(raft_log_file_begin_thread(f->log, wake, f->log));
}

static void
what_nobody_reads_is_told_to_be_lost(void **state)
{
	struct fixture *f = *state;
	uint64_t count;

	begin(f, 4);
	begin_thread(f);
	spoil(file_of(f, 0), 7 * SECTOR_BYTES + 100);
	scrub(f);
	assert_int_equal(damages, 1);
	assert_true(lost_count > 0);
	give_all(f);
	await(f);
	assert_true(mended_count > 0);
	/* Nothing is lost any more, though it is damaged still. */
	count = lost_count;
	scrub(f);
	assert_int_equal(lost_count, count);
	assert_int_equal(f->report.failed, 0);
	assert_true(holds(f->log, &f->model));
	assert_int_equal(lost_count, count);
}

/* Of the newest segment, too: a start would refuse it if it were the newest then. */
static void
what_memory_has_is_kept_without_asking(void **state)
{
	struct fixture *f = *state;
	struct look seen = { 0 };
	struct image image;
	unsigned int first, last;
	size_t end;

	begin(f, 3);
	begin_thread(f);
	first = last_file(f);
	/* All that is damaged is in the cache, but not in the page that is written again. */
	do {
		steps(f, 1);
		raft_log_file.flush(f->log);
		await(f);
		last = last_file(f);
		image = load(file_of(f, last));
		end = used(&image);
		free(image.bytes);
	} while (last == first || end < 2 * 4096 || end > 3 * 4096);
	spoil(file_of(f, last), 4096 + 100);
	scrub(f);
	assert_int_equal(damages, 1);
	assert_int_equal(lost_count, 0);
	assert_int_equal(access(mended_file(f), F_OK), 0);
	for (int n = 0; n < 3; n++) {
		steps(f, 1);
		raft_log_file.flush(f->log);
		await(f);
	}
	assert_int_equal(f->report.failed, 0);
	assert_int_not_equal(last_file(f), last);
	close_log(f);
	look(f, &seen);
	assert_true(seen.is_refused);
	open_again(f);
	assert_true(holds(f->log, &f->model));
	assert_int_equal(lost_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_read_is_told_and_taken_again),
		TEST(another_entry_is_not_taken),
		TEST(what_was_cut_off_since_does_not_count),
		TEST(what_is_trimmed_is_kept_no_longer),
		TEST(a_trim_waits_for_the_configuration_that_it_needs),
		TEST(without_anybody_to_ask_it_is_the_end),
		TEST(what_nobody_reads_is_told_to_be_lost),
		TEST(what_memory_has_is_kept_without_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The segments of log_file: how many files there are, what is written over, and what
 * becomes of a log that lacks one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/log_file_former.h"
#include "tests/unit/log_file_model.h"

#define SEGMENT (16u << 10)
/* Made with a log. */
#define FILES_FIRST 2

/* ------------------------------------------------------------ large entries */

/* Entries of 4000 bytes from `next` on, each durable. */
static void
save_large(struct fixture *f, uint64_t next, uint64_t count)
{
	static uint8_t bytes[4000];

	for (uint64_t i = next; i < next + count; i++) {
		struct raft_entry entry = { i, 1, RAFT_ENTRY_DATA,
					    { bytes, sizeof(bytes), NULL } };
		struct raft_save save = { .token = i, .term = 1,
					  .entries = &entry, .entry_count = 1 };

		memset(bytes, (int)i, sizeof(bytes));
		raft_log_file.save(f->log, &save);
		raft_log_file.flush(f->log);
		assert_int_equal(f->report.failed, 0);
		assert_int_equal(f->report.token, i);
	}
}

static void
assert_large(struct fixture *f, uint64_t first, uint64_t last)
{
	struct raft_stored stored;
	struct raft_entry entry;

	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.snapshot.index, first - 1);
	assert_int_equal(stored.last_index, last);
	for (uint64_t i = first; i <= last; i++) {
		assert_int_equal(raft_log_file.read(f->log, i, 1, 0, &entry), 1);
		assert_int_equal(entry.payload.length, 4000);
		assert_int_equal(*(const uint8_t *)entry.payload.data,
				 (uint8_t)i);
		raft_payload_release(&entry.payload);
	}
}

static void
trim(struct fixture *f, uint64_t index)
{
	raft_log_file.trim(f->log, (struct raft_entry_id){ index, 1 });
}

static void
begin_anew(struct fixture *f)
{
	assert_true(make_log(f, SEGMENT));
	open_log(f);
}

static uint64_t
files_made(const struct fixture *f)
{
	struct raft_log_file_counters counters;
	uint64_t count = 0;

	raft_log_file_counters(f->log, &counters);
	for (size_t i = 0; i <= RAFT_HISTOGRAM_BOUNDS; i++)
		count += counters.files.counts[i];
	return count;
}

/* -------------------------------------------------------------- what is kept */

static void
a_long_history_lies_in_a_few_files(void **state)
{
	struct fixture *f = *state;
	struct image image;
	uint64_t begun;

	begin_anew(f);
	f->model.seed = draw_seed();
	for (uint64_t n = 1; n <= 4000; n++) {
		steps(f, 1);
		flush(f);
		if (n % 100 == 0) {
			assert_true(holds(f->log, &f->model));
			reopen(f);
			f->report.token = f->model.term;
			assert_true(holds(f->log, &f->model));
		}
	}
	image = load(file_of(f, last_file(f)));
	begun = header_of(&image).begin / SEGMENT;
	free(image.bytes);
	print_message("%llu segments in %u files\n", (unsigned long long)begun,
		      count_files(f));
	assert_true(begun > 6 * count_files(f));
}

static void
the_first_files_are_made_with_the_log(void **state)
{
	struct fixture *f = *state;
	struct stat status;

	begin_anew(f);
	assert_int_equal(count_files(f), FILES_FIRST);
	for (unsigned int n = 0; n < FILES_FIRST; n++) {
		assert_int_equal(stat(file_of(f, n), &status), 0);
		assert_int_equal(status.st_size, SEGMENT);
		/* They are written, and no holes. */
		assert_true(status.st_blocks * 512 >= SEGMENT);
	}
	/* The second segment needs none. */
	save_large(f, 1, 5);
	assert_int_equal(files_made(f), 0);
	assert_int_equal(last_file(f), 1);
}

static void
what_is_trimmed_is_written_over(void **state)
{
	struct fixture *f = *state;
	uint64_t made = 0;

	begin_anew(f);
	for (uint64_t i = 1; i < 400; i += 4) {
		save_large(f, i, 4);
		trim(f, i + 2);
		if (i == 41)
			made = files_made(f);
	}
	assert_int_equal(files_made(f), made);
	assert_in_range(count_files(f), FILES_FIRST, FILES_FIRST + 2);
	assert_large(f, 400, 400);
	save_large(f, 401, 1);
	reopen(f);
	assert_large(f, 400, 401);
}

/* What is needed at the most stays; then there is less, and files go. */
static void
the_number_of_files_follows_the_load(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 60;
	unsigned int most;

	begin_anew(f);
	save_large(f, 1, last);
	most = count_files(f);
	assert_in_range(most, 15, 25);
	assert_int_equal(files_made(f), most - FILES_FIRST);
	for (int round = 0; round < 10; round++, last += 10) {
		trim(f, last);
		save_large(f, last + 1, 10);
	}
	assert_in_range(count_files(f), 3, 7);
	assert_in_range(files_made(f), most - FILES_FIRST,
			most - FILES_FIRST + 1);
	/* The first of them says that there is a log. */
	assert_int_equal(access(f->file, F_OK), 0);
	reopen(f);
	assert_large(f, last - 9, last);
}

static void
a_segment_may_be_of_another_size_each_time(void **state)
{
	static const uint64_t sizes[] = { 1, 8 << 10, 100 << 10, 5000, 0 };
	struct fixture *f = *state;
	uint64_t last = 0;

	begin_anew(f);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		close_log(f);
		f->segment_bytes = sizes[i];
		open_log(f);
		if (i % 2 == 1)
			trim(f, last - 3);
		save_large(f, last + 1, 20);
		last += 20;
	}
	reopen(f);
	assert_large(f, 58, 100);
}

/* What a leader's snapshot stands for is not needed; nor is what is cut off. */
static void
what_a_reset_forgets_is_written_over(void **state)
{
	struct fixture *f = *state;
	const struct raft_stored_snapshot snapshot = { { 500, 1 }, 7, "conf", 4 };
	struct raft_save save = { .token = 100, .term = 1,
				  .snapshot = &snapshot };

	begin_anew(f);
	save_large(f, 1, 30);
	raft_log_file.save(f->log, &save);
	save_large(f, 501, 4);
	save_large(f, 505, 30);
	assert_true(count_files(f) < 20);
	reopen(f);
	assert_large(f, 501, 534);
}

static void
a_large_configuration_does_not_begin_segments_for_ever(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[3 * SEGMENT];
	const struct raft_stored_snapshot snapshot = { { 350, 1 }, 7, bytes,
						       sizeof(bytes) };
	struct raft_save save = { .token = 10, .term = 1,
				  .snapshot = &snapshot };
	struct raft_stored stored;
	struct image image;
	uint64_t begun;

	begin_anew(f);
	memset(bytes, 7, sizeof(bytes));
	raft_log_file.save(f->log, &save);
	for (uint64_t i = 351; i < 371; i += 4)
		save_large(f, i, 4);
	image = load(file_of(f, last_file(f)));
	begun = header_of(&image).begin / sizeof(bytes);
	free(image.bytes);
	assert_in_range(begun, 2, 8);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.configuration_count, 1);
	assert_int_equal(stored.configurations[0].length, sizeof(bytes));
	assert_memory_equal(stored.configurations[0].bytes, bytes,
			    sizeof(bytes));
	assert_large(f, 351, 370);
}

/* ---------------------------------------------------------------- failures */

/* A disk that was full may have room again. Meanwhile the segment goes on. */
static void
a_file_that_cannot_be_made_is_tried_again_after_a_pause(void **state)
{
	struct fixture *f = *state;
	char spare[PATH_MAX];
	uint64_t last = 10;

	begin_anew(f);
	snprintf(spare, sizeof(spare), "%.1000s/log.new", f->path);
	assert_int_equal(mkdir(spare, 0700), 0);
	save_large(f, 1, last);
	assert_int_equal(files_made(f), 1);
	for (uint64_t failures = 1; failures < 9; failures++) {
		time_t pause = failures < 7 ? 1 << (failures - 1) : 64;

		clock_ahead_s += pause;
		save_large(f, ++last, 1);
		assert_int_equal(files_made(f), failures + 1);
	}
	/* A minute and a bit is the longest. */
	assert_int_equal(rmdir(spare), 0);
	clock_ahead_s += 62;
	save_large(f, ++last, 1);
	assert_int_equal(files_made(f), 9);
	assert_int_equal(count_files(f), FILES_FIRST);
	clock_ahead_s += 3;
	save_large(f, ++last, 1);
	assert_int_equal(files_made(f), 10);
	assert_int_equal(count_files(f), FILES_FIRST + 1);
	save_large(f, ++last, 1);
	assert_int_equal(last_file(f), FILES_FIRST);
	reopen(f);
	assert_large(f, 1, last);
}

/* A crash while a file was made leaves one that nobody needs. */
static void
an_unfinished_file_is_cleared_away(void **state)
{
	struct fixture *f = *state;
	char spare[PATH_MAX];
	int fd;

	steps(f, 9);
	flush(f);
	snprintf(spare, sizeof(spare), "%.1000s/log.new", f->path);
	fd = open(spare, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	reopen(f);
	assert_true(holds(f->log, &f->model));
	assert_int_not_equal(access(spare, F_OK), 0);
}

/* ------------------------------------------------------------------ damage */

/* Five segments or more, all needed. */
static void
fill_some(struct fixture *f)
{
	begin_anew(f);
	save_large(f, 1, 20);
	assert_in_range(count_files(f), 5, FILES_MAX);
	close_log(f);
}

static void
a_log_that_lacks_a_file_is_refused(void **state)
{
	struct fixture *f = *state;
	char apart[PATH_MAX];
	unsigned int last;

	fill_some(f);
	last = last_file(f);
	/* Each that something stands behind. */
	for (unsigned int n = 1; n < last; n++) {
		snprintf(apart, sizeof(apart), "%.1000s/apart", f->root);
		assert_int_equal(rename(file_of(f, n), apart), 0);
		assert_refused(f, "is corrupt");
		assert_int_equal(rename(apart, file_of(f, n)), 0);
	}
	open_log(f);
	assert_large(f, 1, 20);
}

static void
copy_file(const struct fixture *f, unsigned int from, unsigned int to)
{
	struct image image = load(file_of(f, from));
	int fd = open(file_of(f, to), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, image.bytes, image.length), image.length);
	close(fd);
	free(image.bytes);
}

static void
a_file_that_is_there_twice_is_refused(void **state)
{
	struct fixture *f = *state;

	fill_some(f);
	copy_file(f, 2, 20);
	assert_refused(f, "hold the same part of the log");
	unlink(file_of(f, 20));
	open_log(f);
	assert_large(f, 1, 20);
}

static void
a_file_of_another_log_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image other;
	int fd;

	begin_anew(f);
	close_log(f);
	other = load(file_of(f, 1));
	fill_some(f);
	fd = open(file_of(f, 20), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, other.bytes, other.length), other.length);
	close(fd);
	free(other.bytes);
	assert_refused(f, "its file `log.20` is of another log");
	assert_int_equal(truncate(file_of(f, 20), 10), 0);
	assert_refused(f, "its file `log.20` cannot be read back");
	unlink(file_of(f, 20));
	/* What has no such name is none of its files. */
	snprintf(f->file, sizeof(f->file), "%.1000s/log.020", f->path);
	close(open(f->file, O_WRONLY | O_CREAT, 0600));
	open_log(f);
	assert_large(f, 1, 20);
}

static struct raft_log_file *
open_only(struct fixture *f, bool looks_only)
{
	const struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.looks_only = looks_only,
	};

	return raft_log_file_open(&options, f->error, sizeof(f->error));
}

/* What only looks at it reads all; a start does not look there: what is damaged is not
 * handed out, all before it is. */
static void
assert_found_by_reading(struct fixture *f, const char *wrong)
{
	struct raft_entry entry;
	uint64_t i = 1;

	assert_null(open_only(f, true));
	assert_non_null(strstr(f->error, wrong));
	f->log = open_only(f, false);
	assert_non_null(f->log);
	raft_log_file_bind(f->log, &f->report, note_saved, note_failed);
	for (; raft_log_file.read(f->log, i, 1, 0, &entry) > 0; i++) {
		assert_int_equal(*(const uint8_t *)entry.payload.data,
				 (uint8_t)i);
		raft_payload_release(&entry.payload);
	}
	assert_in_range(i, 1, 20);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, "cannot be read back"));
	close_log(f);
	f->report = (struct report){ 0 };
}

/* What can be in doubt after a crash, and what says where all else is. */
static bool
is_read_at_a_start(bool is_newest, size_t at, size_t end)
{
	return is_newest || at < 2 * SECTOR_BYTES ||
	       at / SECTOR_BYTES == (end - 1) / SECTOR_BYTES;
}

static void
damage_anywhere_is_found(void **state)
{
	struct fixture *f = *state;
	unsigned int files, last, read = 0;

	fill_some(f);
	files = count_files(f);
	last = last_file(f);
	for (unsigned int n = 0; n < files; n++) {
		struct image image = load(file_of(f, n));
		size_t end = header_of(&image).begin != 0 ? used(&image)
							  : SECTOR_BYTES;

		for (size_t at = 0; at < end; at += at < 100 ? 20 : 331) {
			const char *wrong = at == 0 ? "is not a log"
					    : at < SECTOR_BYTES
						? "has a damaged header"
						: "is corrupt at byte";

			image.bytes[at] ^= 1;
			store(file_of(f, n), image.bytes, image.length);
			if (is_read_at_a_start(n == last, at, end)) {
				assert_refused(f, wrong);
			} else {
				assert_found_by_reading(f, wrong);
				read++;
			}
			image.bytes[at] ^= 1;
		}
		store(file_of(f, n), image.bytes, image.length);
		free(image.bytes);
	}
	assert_true(read > 20);
	open_log(f);
	assert_large(f, 1, 20);
}

/* Some entries of so many bytes, in one batch. */
static void
save_batch(struct fixture *f, uint64_t next, uint64_t count)
{
	static uint8_t bytes[4000];

	for (uint64_t i = next; i < next + count; i++) {
		struct raft_entry entry = { i, 1, RAFT_ENTRY_DATA,
					    { bytes, sizeof(bytes), NULL } };
		struct raft_save save = { .token = i, .term = 1,
					  .entries = &entry, .entry_count = 1 };

		memset(bytes, (int)i, sizeof(bytes));
		raft_log_file.save(f->log, &save);
	}
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
}

/* The sector with its beginning was not written. */
static void
take_beginning(const struct fixture *f, unsigned int file)
{
	struct image image = load(file_of(f, file));

	memset(image.bytes + SECTOR_BYTES, 0, SECTOR_BYTES);
	store(file_of(f, file), image.bytes, image.length);
	free(image.bytes);
}

/* The first batch of the last segment is torn: the log ends with the one before, and what
 * was torn does not come back behind what is written in the very same places. */
static void
a_segment_without_a_beginning_is_none(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file_size size;

	begin_anew(f);
	save_large(f, 1, 4);
	assert_int_equal(last_file(f), 0);
	save_batch(f, 5, 2);
	assert_int_equal(last_file(f), 1);
	close_log(f);
	take_beginning(f, 1);
	/* So that the next segment is in the same file. */
	unlink(file_of(f, 2));
	open_log(f);
	raft_log_file_size(f->log, &size);
	assert_true(size.torn >= 8000);
	assert_large(f, 1, 4);
	assert_int_equal(last_file(f), 0);
	save_large(f, 5, 1);
	assert_int_equal(last_file(f), 1);
	reopen(f);
	assert_large(f, 1, 5);
	save_large(f, 6, 1);
	close_log(f);
	/* With more behind it, it is damage. */
	take_beginning(f, 1);
	assert_refused(f, "which was durable once");
}

/* --------------------------------------------------------- a former version's */

static struct former former;

/* As step() does it to a log. */
static void
former_step(struct model *m, uint64_t n, struct former *file)
{
	static uint8_t configuration[9000];
	struct record_snapshot mark = { .configuration.bytes = configuration };
	struct made made;

	make_step(m, n, &made);
	if (made.trim.index != 0) {
		mark.id = made.trim;
		mark.configuration.index = made.base.index;
		if (made.base.index != 0)
			mark.configuration.length = length_of(
			    m, made.base.index, made.base.term);
		fill(m, made.base.index, made.base.term, configuration);
		former_trim(file, &mark);
	}
	former_save(file, &made.save);
	release_made(&made);
}

/* The steps of a history, in the form of that version; the last `torn` of them in one
 * write. */
static void
write_former(struct fixture *f, uint64_t count, uint64_t torn)
{
	int fd;

	former_begin(&former, &f->owner, 4711);
	for (uint64_t n = 1; n <= count; n++) {
		former_step(&f->model, n, &former);
		if (n <= count - torn)
			former_flush(&former);
	}
	close_log(f);
	remove_files(f);
	fd = open(f->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, former.bytes, former.length + 999),
			 former.length + 999);
	close(fd);
}

static void
a_former_log_is_taken_over_with_all_that_it_has(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		f->model = (struct model){ .seed = seed };
		write_former(f, 60, 1);
		open_log(f);
		assert_true(holds(f->log, &f->model));
		steps(f, 40);
		f->report.token = 0;
		flush(f);
		reopen(f);
		assert_true(holds(f->log, &f->model));
	}
}

/* As it was made: not even zeros behind its header. */
static void
a_former_log_that_has_nothing_is_taken_over(void **state)
{
	struct fixture *f = *state;

	write_former(f, 0, 0);
	assert_int_equal(truncate(f->file, FORMER_HEADER_BYTES), 0);
	open_log(f);
	assert_true(holds(f->log, &f->model));
	steps(f, 3);
	flush(f);
	reopen(f);
	assert_true(holds(f->log, &f->model));
}

/* Whoever only looks at it sees the same, and it stays what it is. */
static void
a_former_log_that_is_looked_at_stays_one(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file_options options = { .path = f->path,
						 .owner = f->owner,
						 .looks_only = true };
	struct image image;

	write_former(f, 60, 1);
	f->log = raft_log_file_open(&options, f->error, sizeof(f->error));
	assert_non_null(f->log);
	assert_true(holds(f->log, &f->model));
	close_log(f);
	assert_int_equal(count_files(f), 1);
	image = load(f->file);
	assert_true(raft__record_is_legacy(image.bytes));
	free(image.bytes);
}

static void
a_former_log_that_is_damaged_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image image;

	write_former(f, 12, 1);
	image = load(f->file);
	for (size_t at = FORMER_HEADER_BYTES; at < former.length; at += 5) {
		image.bytes[at] ^= 0x20;
		store(f->file, image.bytes, image.length);
		assert_refused(f, "is corrupt at byte");
		image.bytes[at] ^= 0x20;
	}
	free(image.bytes);
	assert_int_equal(count_files(f), 1);
}

static void
a_former_log_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct image image;

	write_former(f, 12, 4);
	image = load(f->file);
	for (size_t cut = former.durable; cut < former.length; cut += 3) {
		assert_true(cut > 0);
		remove_files(f);
		close(open(f->file, O_WRONLY | O_CREAT, 0600));
		store(f->file, image.bytes, cut);
		open_log(f);
		assert_reached(f->log, f->model.seed, 8, 12);
		close_log(f);
	}
	free(image.bytes);
}

/* It is not known whose the name is after a crash; before, all is as it was. */
static void
a_former_log_that_cannot_be_taken_over_is_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file_options options = { .path = f->path,
						 .owner = f->owner };
	char spare[PATH_MAX];

	write_former(f, 60, 1);
	snprintf(spare, sizeof(spare), "%.1000s/log.new", f->path);
	assert_int_equal(mkdir(spare, 0700), 0);
	assert_null(raft_log_file_open(&options, f->error, sizeof(f->error)));
	assert_non_null(strstr(f->error, "of a former version, cannot be "
					 "written in the form of this one"));
	assert_int_equal(rmdir(spare), 0);
	syncs_until_failure = 0;
	assert_null(raft_log_file_open(&options, f->error, sizeof(f->error)));
	assert_non_null(strstr(f->error, "of a former version"));
	open_log(f);
	assert_true(holds(f->log, &f->model));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_history_lies_in_a_few_files),
		TEST(the_first_files_are_made_with_the_log),
		TEST(what_is_trimmed_is_written_over),
		TEST(the_number_of_files_follows_the_load),
		TEST(a_segment_may_be_of_another_size_each_time),
		TEST(what_a_reset_forgets_is_written_over),
		TEST(a_large_configuration_does_not_begin_segments_for_ever),
		TEST(a_file_that_cannot_be_made_is_tried_again_after_a_pause),
		TEST(an_unfinished_file_is_cleared_away),
		TEST(a_log_that_lacks_a_file_is_refused),
		TEST(a_file_that_is_there_twice_is_refused),
		TEST(a_file_of_another_log_is_refused),
		TEST(damage_anywhere_is_found),
		TEST(a_segment_without_a_beginning_is_none),
		TEST(a_former_log_is_taken_over_with_all_that_it_has),
		TEST(a_former_log_that_has_nothing_is_taken_over),
		TEST(a_former_log_that_is_looked_at_stays_one),
		TEST(a_former_log_that_is_damaged_is_refused),
		TEST(a_former_log_is_kept_by_whole_saves),
		TEST(a_former_log_that_cannot_be_taken_over_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

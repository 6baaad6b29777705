/*
 * log_file tells a write that was torn from damage to what was durable.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/log_file_model.h"

#include "assists/little_endian/little_endian.h"

static size_t
sector_end(size_t at)
{
	return at / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
}

/* What is ahead is not zeros, but what the file held before. */
static void
fill_with_former(struct fixture *f)
{
	struct image image;
	struct file_header header;

	close_log(f);
	image = load(f->file);
	header = header_of(&image);
	for (size_t at = SECTOR_BYTES; at < image.length; at += SECTOR_BYTES) {
		const struct sector_place place = { header.salt, header.begin,
						    0 };

		if (!raft__sector_is_blank(image.bytes + at, SECTOR_BYTES))
			continue;
		for (size_t i = 0; i < SECTOR_BYTES; i++)
			image.bytes[at + i] = (uint8_t)mix(at, i);
		raft__sector_seal(image.bytes + at, &place, header.begin + 8);
	}
	store(f->file, image.bytes, image.length);
	free(image.bytes);
	open_log(f);
}

/* A test that runs in zeros, and over what a file held before. */
#define BOTH(f) TEST(f##_in_zeros), TEST(f##_over_what_was_there)
#define BOTH_WAYS(test)                                                        \
	static void test##_in_zeros(void **state)                              \
	{                                                                      \
		test(*state);                                                  \
	}                                                                      \
	static void test##_over_what_was_there(void **state)                   \
	{                                                                      \
		fill_with_former(*state);                                      \
		test(*state);                                                  \
	}

/* ---------------------------------------------------------- torn writes */

/* What a crash left can be opened and is at one step of the last write. */
static void
check_torn(struct fixture *f, uint64_t low)
{
	open_log(f);
	assert_reached(f->log, f->model.seed, low, f->model.term);
	close_log(f);
}

/* Of the last write the sectors of which this says so are there. */
static void
store_torn(const struct fixture *f, const struct last_write *w,
	   bool (*is_there)(size_t at, uint64_t draw), uint64_t draw)
{
	uint8_t *bytes = malloc(w->before.length);

	assert_non_null(bytes);
	memcpy(bytes, w->before.bytes, w->before.length);
	for (size_t at = 0; at < w->before.length; at += SECTOR_BYTES)
		if (is_there(at, draw))
			memcpy(bytes + at, w->after.bytes + at, SECTOR_BYTES);
	store(f->file, bytes, w->before.length);
	free(bytes);
}

static bool
is_before(size_t at, uint64_t draw)
{
	return at < draw;
}

static void
stop_everywhere(struct fixture *f, const struct last_write *w)
{
	for (size_t cut = w->begin / SECTOR_BYTES * SECTOR_BYTES;
	     cut <= sector_end(w->end); cut += SECTOR_BYTES) {
		store_torn(f, w, is_before, cut);
		check_torn(f, 3);
	}
}

static void
a_write_that_stopped_is_kept_by_whole_saves(struct fixture *f)
{
	struct last_write w = make_last_write(f, 3, 40);

	assert_true(w.end > w.begin + 4 * SECTOR_BYTES);
	stop_everywhere(f, &w);
	free_last_write(&w);
}
BOTH_WAYS(a_write_that_stopped_is_kept_by_whole_saves)

/* A file grows page by page, but a limit of its size may be within a sector. */
static void
a_file_that_ends_within_a_write_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 40);

	for (size_t cut = sector_end(w.begin); cut < w.end; cut += 77) {
		store(f->file, w.after.bytes, cut);
		check_torn(f, 3);
	}
	free_last_write(&w);
}

/* A seed whose step n begins anew with entries, and a log for it. */
static void
take_history_with_reset(struct fixture *f, uint64_t n)
{
	struct raft_entry_id id;
	struct model m;

	do {
		m = (struct model){.seed = ++f->model.seed};
		for (uint64_t i = 1; i < n; i++)
			step(&m, i, NULL);
	} while (m.last_index == 0 || !reset_of(&m, n, &id) ||
		 mix(m.seed, n * 4 + 1) / 256 % (STEP_ENTRIES + 1) == 0);
}

static void
a_reset_that_stopped_leaves_the_old_log_or_the_new(struct fixture *f)
{
	struct last_write w;

	take_history_with_reset(f, 5);
	w = make_last_write(f, 3, 4);
	stop_everywhere(f, &w);
	free_last_write(&w);
}
BOTH_WAYS(a_reset_that_stopped_leaves_the_old_log_or_the_new)

static bool
is_drawn(size_t at, uint64_t draw)
{
	return mix(draw, at) % 4 != 0;
}

static void
sectors_of_a_write_reach_the_disk_in_any_order(struct fixture *f)
{
	uint64_t seed = draw_seed();
	struct last_write w;

	f->model.seed = seed;
	w = make_last_write(f, 5, 30);
	for (uint64_t n = 0; n < 200; n++) {
		store_torn(f, &w, is_drawn, seed + n);
		check_torn(f, 5);
	}
	free_last_write(&w);
}
BOTH_WAYS(sectors_of_a_write_reach_the_disk_in_any_order)

static bool
is_behind(size_t at, uint64_t draw)
{
	return at >= draw;
}

/* What was cut off must not come back behind a shorter write. */
static void
a_torn_tail_is_cut_for_good(struct fixture *f)
{
	struct last_write w = make_last_write(f, 3, 20);
	struct model durable = {.seed = f->model.seed};
	struct raft_log_file_size size;
	struct image image;

	/* The first sector of it is missing. */
	assert_true(w.end > sector_end(w.begin));
	store_torn(f, &w, is_behind, sector_end(w.begin));
	open_log(f);
	raft_log_file_size(f->log, &size);
	assert_true(size.torn > 0);
	assert_true(size.torn <= w.end - w.begin + SECTOR_BYTES);
	for (uint64_t n = 1; n <= 3; n++)
		step(&durable, n, NULL);
	assert_true(holds(f->log, &durable));
	image = load(f->file);
	assert_int_equal(used(&image), w.begin);
	assert_true(raft__sector_is_blank(image.bytes + sector_end(w.begin),
					  sector_end(w.end) -
					      sector_end(w.begin)));
	free(image.bytes);
	step(&durable, 4, f->log);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(holds(f->log, &durable));
	free_last_write(&w);
}
BOTH_WAYS(a_torn_tail_is_cut_for_good)

/* --------------------------------------------------------------- damage */

static void
assert_unchanged(const struct fixture *f, const struct image *image)
{
	struct image now = load(f->file);

	assert_int_equal(now.length, image->length);
	assert_memory_equal(now.bytes, image->bytes, image->length);
	free(now.bytes);
}

/* A crash leaves no such thing: it would be a vote, perhaps, that is forgotten. */
static void
damage_to_the_last_write_is_refused(struct fixture *f)
{
	struct last_write w = make_last_write(f, 3, 4);

	for (size_t at = w.begin / SECTOR_BYTES * SECTOR_BYTES;
	     at < sector_end(w.end); at++) {
		w.after.bytes[at] ^= 0x40;
		store(f->file, w.after.bytes, w.after.length);
		assert_refused(f, "is corrupt at byte");
		if (at % 64 == 0)
			assert_unchanged(f, &w.after);
		w.after.bytes[at] ^= 0x40;
	}
	free_last_write(&w);
}
BOTH_WAYS(damage_to_the_last_write_is_refused)

/* A save of one entry that has this payload, durable. */
static void
save_one(struct fixture *f, uint64_t n, const void *bytes, size_t length)
{
	struct raft_entry entry = {
		.index = n,
		.term = n,
		.kind = RAFT_ENTRY_DATA,
		.payload = { bytes, length, NULL },
	};
	struct raft_save save = {
		.token = n, .term = n, .entries = &entry, .entry_count = 1
	};

	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
}

static void
assert_last_term(struct fixture *f, const struct image *image, uint64_t term)
{
	struct raft_stored stored;

	store(f->file, image->bytes, image->length);
	open_log(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.term, term);
	close_log(f);
}

/* Some of the bytes of a sector are others. */
static void
damage(struct image *image, size_t at)
{
	for (size_t i = at % 97; i < SECTOR_BYTES; i += 1 + at % 97)
		image->bytes[at + i] ^= (uint8_t)(1 + at % 255);
}

/* A record of several sectors: without one of them it is torn; with one that is not as it
 * was written it is damaged, also if another one is missing. */
static void
check_both_ways(struct fixture *f, const struct last_write *w)
{
	struct image image = { malloc(w->after.length), w->after.length };
	size_t begin = w->begin / SECTOR_BYTES * SECTOR_BYTES;

	assert_non_null(image.bytes);
	for (size_t at = begin; at < w->end; at += SECTOR_BYTES) {
		size_t other = at + SECTOR_BYTES < w->end ? at + SECTOR_BYTES
							  : begin;

		memcpy(image.bytes, w->after.bytes, image.length);
		memcpy(image.bytes + at, w->before.bytes + at, SECTOR_BYTES);
		assert_last_term(f, &image, 1);
		if (at != begin) {
			damage(&image, other);
			store(f->file, image.bytes, image.length);
			assert_refused(f, "is corrupt at byte");
		}
		memcpy(image.bytes, w->after.bytes, image.length);
		damage(&image, at);
		store(f->file, image.bytes, image.length);
		assert_refused(f, "is corrupt at byte");
	}
	free(image.bytes);
}

/* Wherever the second of two records begins in a sector. */
static void
a_torn_record_is_told_from_a_damaged_one(struct fixture *f)
{
	static uint8_t bytes[3000];
	struct image before = load(f->file);

	for (size_t i = 0; i < 400; i++)
		bytes[i] = bytes[2999 - i] = (uint8_t)(i | 1);
	for (size_t pad = 0; pad < SECTOR_ROOM; pad += 24) {
		struct last_write w;

		close_log(f);
		store(f->file, before.bytes, before.length);
		open_log(f);
		save_one(f, 1, bytes, pad);
		w.before = load(f->file);
		save_one(f, 2, bytes, sizeof(bytes));
		close_log(f);
		w.after = load(f->file);
		w.begin = used(&w.before);
		w.end = used(&w.after);
		check_both_ways(f, &w);
		free_last_write(&w);
		store(f->file, before.bytes, before.length);
		open_log(f);
	}
	free(before.bytes);
}
BOTH_WAYS(a_torn_record_is_told_from_a_damaged_one)

static void
the_refusal_says_how_to_come_back(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 1);

	w.after.bytes[w.end - 1] ^= 1;
	store(f->file, w.after.bytes, w.after.length);
	assert_refused(f, "may have forgotten what it promised");
	assert_refused(f, "remove the server from its cluster");
	assert_refused(f, "with a new log, as another incarnation");
	free_last_write(&w);
}

/** RAFT_DAMAGE_STEP is 1 where every byte is tried; else each place in a record is met
 *  as well, as their lengths differ. */
static size_t
damage_step(void)
{
	const char *text = getenv("RAFT_DAMAGE_STEP");

	return text != NULL ? strtoull(text, NULL, 10) : 7;
}

/* M5: and refused with a sentence, not an assertion. */
static void
damage_to_what_was_durable_is_refused(struct fixture *f)
{
	struct last_write w = make_last_write(f, 6, 1);

	store(f->file, w.after.bytes, w.after.length);
	for (size_t at = SECTOR_BYTES; at < w.begin; at += damage_step()) {
		w.after.bytes[at] ^= 0x10;
		store_byte(f->file, at, w.after.bytes[at]);
		assert_refused(f, "is corrupt at byte");
		if (at % 64 == 0)
			assert_unchanged(f, &w.after);
		w.after.bytes[at] ^= 0x10;
		store_byte(f->file, at, w.after.bytes[at]);
	}
	free_last_write(&w);
}
BOTH_WAYS(damage_to_what_was_durable_is_refused)

static void
lost_sectors_before_the_last_write_are_refused(struct fixture *f)
{
	struct last_write w = make_last_write(f, 12, 6);
	size_t begin = w.begin / SECTOR_BYTES * SECTOR_BYTES;
	struct image image = { malloc(w.after.length), w.after.length };

	assert_non_null(image.bytes);
	assert_true(begin > 3 * SECTOR_BYTES);
	assert_true(w.end > sector_end(w.begin));
	for (size_t at = SECTOR_BYTES; at <= begin; at += SECTOR_BYTES) {
		for (size_t end = at; end <= begin; end += SECTOR_BYTES) {
			memcpy(image.bytes, w.after.bytes, image.length);
			memset(image.bytes + at, 0, end + SECTOR_BYTES - at);
			store(f->file, image.bytes, image.length);
			assert_refused(f, "which was durable once");
		}
	}
	free(image.bytes);
	free_last_write(&w);
}
BOTH_WAYS(lost_sectors_before_the_last_write_are_refused)

static void
a_damaged_file_header_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image image = load(f->file);

	close_log(f);
	for (size_t at = 0; at < FILE_HEADER_BYTES; at++) {
		image.bytes[at] ^= 4;
		store(f->file, image.bytes, image.length);
		assert_refused(f, at < 8 ? "is not a log" : "damaged header");
		image.bytes[at] ^= 4;
	}
	store(f->file, image.bytes, 10);
	assert_refused(f, "header of its log cannot be read");
	free(image.bytes);
}

static void
another_format_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image image = load(f->file);

	close_log(f);
	for (size_t at = 8; at <= 12; at += 4) {
		image.bytes[at]++;
		put32(image.bytes + 76, raft__crc32c(0, image.bytes, 76));
		store(f->file, image.bytes, image.length);
		assert_refused(f, "newer version");
		image.bytes[at]--;
	}
	image.bytes[8] = 1;
	put32(image.bytes + 60, raft__crc32c(0, image.bytes, 60));
	store(f->file, image.bytes, image.length);
	assert_refused(f, "does not read any more");
	free(image.bytes);
}

static void
a_changed_payload_is_never_handed_out(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entry;
	struct image image;
	size_t end;

	steps(f, 30);
	flush(f);
	reopen(f);
	snprintf(f->file, sizeof(f->file), "%s", file_of(f, last_file(f)));
	image = load(f->file);
	end = used(&image);
	for (size_t at = SECTOR_BYTES; at < end; at++)
		image.bytes[at] ^= 1;
	store(f->file, image.bytes, image.length);
	free(image.bytes);
	for (uint64_t i = f->model.snapshot.index + 1;
	     i <= f->model.last_index && f->report.failed == 0; i++) {
		if (length_of(&f->model, i, f->model.terms[i]) > 0)
			assert_int_equal(raft_log_file.read(f->log, i, 1, 0,
							    &entry), 0);
	}
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, "cannot be read back"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_write_that_stopped_is_kept_by_whole_saves),
		TEST(a_file_that_ends_within_a_write_is_kept_by_whole_saves),
		BOTH(a_reset_that_stopped_leaves_the_old_log_or_the_new),
		BOTH(sectors_of_a_write_reach_the_disk_in_any_order),
		BOTH(a_torn_tail_is_cut_for_good),
		BOTH(damage_to_the_last_write_is_refused),
		BOTH(a_torn_record_is_told_from_a_damaged_one),
		TEST(the_refusal_says_how_to_come_back),
		BOTH(damage_to_what_was_durable_is_refused),
		BOTH(lost_sectors_before_the_last_write_are_refused),
		TEST(a_damaged_file_header_is_refused),
		TEST(another_format_is_refused),
		TEST(a_changed_payload_is_never_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

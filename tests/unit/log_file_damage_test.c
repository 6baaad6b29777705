/*
 * log_file tells a write that was torn from damage to what was durable.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/log_file_model.h"

#include "assists/little_endian/little_endian.h"

/* ---------------------------------------------------------- torn writes */

/* The sector that `at` is in was not written, from there on. */
static void
blank(struct image *image, size_t at)
{
	size_t end = raft__sector_end(at);

	if (end > image->length)
		end = image->length;
	memset(image->bytes + at, 0, end - at);
}

/* What a crash left can be opened and is at one step of the last write. */
static void
check_torn(struct fixture *f, uint64_t low)
{
	open_log(f);
	assert_reached(f->log, f->model.seed, low, f->model.term);
	close_log(f);
}

static void
a_write_cut_at_any_byte_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);

	for (size_t cut = w.begin; cut <= w.end; cut++) {
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
a_reset_cut_at_any_byte_leaves_the_old_log_or_the_new(void **state)
{
	struct fixture *f = *state;
	struct last_write w;

	take_history_with_reset(f, 5);
	w = make_last_write(f, 3, 4);
	for (size_t cut = w.begin; cut <= w.end; cut++) {
		store(f->file, w.after.bytes, cut);
		check_torn(f, 3);
	}
	free_last_write(&w);
}

static void
a_write_that_stopped_within_zeros_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 40);
	uint8_t *bytes = calloc(1, w.after.length);

	assert_non_null(bytes);
	assert_true(w.end > w.begin + 4 * SECTOR_BYTES);
	for (size_t cut = raft__sector_end(w.begin); cut < w.end;
	     cut += SECTOR_BYTES) {
		memset(bytes, 0, w.after.length);
		memcpy(bytes, w.after.bytes, cut);
		store(f->file, bytes, w.end + 5000);
		check_torn(f, 3);
	}
	free(bytes);
	free_last_write(&w);
}

static void
sectors_of_a_write_may_reach_the_disk_in_any_order(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = draw_seed();
	struct last_write w;

	f->model.seed = seed;
	w = make_last_write(f, 5, 30);
	assert_true(w.before.length >= w.end);
	for (uint64_t n = 0; n < 200; n++) {
		struct image torn = load(f->file);

		memcpy(torn.bytes, w.before.bytes, w.end);
		for (size_t at = w.begin, end; at < w.end; at = end) {
			end = raft__sector_end(at);
			end = end < w.end ? end : w.end;
			if (mix(seed + n, at) % 4 != 0)
				memcpy(torn.bytes + at, w.after.bytes + at,
				       end - at);
		}
		store(f->file, torn.bytes, w.end);
		free(torn.bytes);
		check_torn(f, 5);
		store(f->file, w.before.bytes, w.before.length);
	}
	free_last_write(&w);
}

/* What was cut off must not come back behind a shorter write. */
static void
a_torn_tail_is_cut_for_good(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);
	struct model durable = {.seed = f->model.seed};
	struct raft_log_file_size size;

	blank(&w.after, w.begin);
	store(f->file, w.after.bytes, w.end);
	open_log(f);
	raft_log_file_size(f->log, &size);
	assert_int_equal(size.bytes, w.begin);
	assert_int_equal(size.torn, w.end - w.begin);
	assert_int_equal(file_bytes(f), w.begin);
	for (uint64_t n = 1; n <= 3; n++)
		step(&durable, n, NULL);
	assert_true(holds(f->log, &durable));
	step(&durable, 4, f->log);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(holds(f->log, &durable));
	free_last_write(&w);
}

/* A payload may be anything, such as a piece of a log: here a whole record, of
 * another place, that says that all before it was durable. */
static void
a_payload_that_looks_like_a_record_is_no_witness(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 1);
	uint8_t bytes[800] = { 0 };
	struct record forged = {
		.type = RECORD_SAVE,
		.offset = 64,
		.durable = w.end + 8,
		.bytes = bytes + 640,
		.length = 160,
	};
	struct raft_entry entry = {
		.index = f->model.last_index + 1,
		.term = 90,
		.kind = RAFT_ENTRY_DATA,
		.payload = {bytes, sizeof(bytes), NULL},
	};
	struct raft_save save = {.token = 90, .term = 90,
				 .entries = &entry, .entry_count = 1};
	struct file_header header;
	struct image torn;

	assert_null(raft__record_header_read(w.after.bytes, &header));
	raft__record_seal(&forged, header.salt);
	open_log(f);
	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	close_log(f);
	torn = load(f->file);
	blank(&torn, w.end);
	store(f->file, torn.bytes, torn.length);
	open_log(f);
	assert_true(holds(f->log, &f->model));
	free(torn.bytes);
	free_last_write(&w);
}

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
damage_to_the_last_write_is_refused(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);

	w.after.length = w.end + 1000;
	for (size_t at = w.begin; at < w.end; at++) {
		w.after.bytes[at] ^= 0x40;
		store(f->file, w.after.bytes, w.after.length);
		assert_refused(f, "not as a crash leaves it");
		if (at % 64 == 0)
			assert_unchanged(f, &w.after);
		w.after.bytes[at] ^= 0x40;
	}
	free_last_write(&w);
}

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

/* Of a file whose last record begins at `begin`: without one of its sectors it is
 * torn, and with a wrong bit it is damaged. */
static void
check_both_ways(struct fixture *f, struct image *image, size_t begin)
{
	size_t end = used(image), next;
	uint8_t *sound = malloc(image->length);

	assert_non_null(sound);
	memcpy(sound, image->bytes, image->length);
	for (size_t at = begin; at < end; at = next) {
		next = raft__sector_end(at);
		blank(image, at);
		assert_last_term(f, image,
				 memcmp(sound, image->bytes, end) == 0 ? 2 : 1);
		memcpy(image->bytes, sound, image->length);
	}
	for (size_t at = begin; at < end;
	     at += at < begin + RECORD_HEADER_BYTES ? 1 : 97) {
		image->bytes[at] ^= 0x20;
		store(f->file, image->bytes, image->length);
		assert_refused(f, "not as a crash leaves it");
		image->bytes[at] ^= 0x20;
	}
	free(sound);
}

/* Wherever the second of two records begins in a sector, and if some of its
 * sectors have nothing but zeros. */
static void
a_torn_record_is_told_from_a_damaged_one(void **state)
{
	/* With the fourth to eighth its header lies in two sectors. */
	static const size_t pads[] = {0, 200, 296, 304, 312, 320, 328, 336,
				      344};
	static uint8_t bytes[3000];
	struct fixture *f = *state;
	struct image image;
	size_t begin;

	for (size_t i = 0; i < 400; i++)
		bytes[i] = bytes[2999 - i] = (uint8_t)(i | 1);
	close_log(f);
	for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
		unlink(f->file);
		assert_true(raft_log_file_create(f->path, &f->owner, f->error,
						 sizeof(f->error)));
		open_log(f);
		save_one(f, 1, bytes, pads[i]);
		image = load(f->file);
		begin = used(&image);
		free(image.bytes);
		save_one(f, 2, bytes, sizeof(bytes));
		close_log(f);
		image = load(f->file);
		image.length = used(&image) + 1000;
		check_both_ways(f, &image, begin);
		free(image.bytes);
	}
}

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

/* M5: and refused with a sentence, not an assertion. */
static void
damage_to_what_was_durable_is_refused(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 6, 1);

	for (size_t at = FILE_HEADER_BYTES; at < w.begin; at++) {
		w.after.bytes[at] ^= 0x10;
		store(f->file, w.after.bytes, w.after.length);
		assert_refused(f, "is corrupt at byte");
		if (at % 64 == 0)
			assert_unchanged(f, &w.after);
		w.after.bytes[at] ^= 0x10;
	}
	free_last_write(&w);
}

static void
lost_sectors_before_the_last_write_are_refused(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 6, 1);

	for (size_t at = FILE_HEADER_BYTES; at < w.begin; at += 8) {
		uint8_t *bytes = malloc(w.end);

		assert_non_null(bytes);
		memcpy(bytes, w.after.bytes, w.end);
		memset(bytes + at, 0, w.begin - at);
		store(f->file, bytes, w.end);
		if (memcmp(bytes, w.after.bytes, w.end) != 0)
			assert_refused(f, "is corrupt at byte");
		free(bytes);
	}
	free_last_write(&w);
}

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
		put32(image.bytes + 60, raft__crc32c(0, image.bytes, 60));
		store(f->file, image.bytes, image.length);
		assert_refused(f, "newer version");
		image.bytes[at]--;
	}
	image.bytes[8]--;
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
	image = load(f->file);
	end = used(&image);
	for (size_t at = FILE_HEADER_BYTES; at < end; at++)
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
		TEST(a_write_cut_at_any_byte_is_kept_by_whole_saves),
		TEST(a_reset_cut_at_any_byte_leaves_the_old_log_or_the_new),
		TEST(a_write_that_stopped_within_zeros_is_kept_by_whole_saves),
		TEST(sectors_of_a_write_may_reach_the_disk_in_any_order),
		TEST(a_torn_tail_is_cut_for_good),
		TEST(a_payload_that_looks_like_a_record_is_no_witness),
		TEST(damage_to_the_last_write_is_refused),
		TEST(a_torn_record_is_told_from_a_damaged_one),
		TEST(the_refusal_says_how_to_come_back),
		TEST(damage_to_what_was_durable_is_refused),
		TEST(lost_sectors_before_the_last_write_are_refused),
		TEST(a_damaged_file_header_is_refused),
		TEST(another_format_is_refused),
		TEST(a_changed_payload_is_never_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

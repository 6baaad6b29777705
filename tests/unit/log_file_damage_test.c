/*
 * log_file tells a write that was torn from damage to what was durable.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/log_file_model.h"

#include "assists/little_endian/little_endian.h"

/* ---------------------------------------------------------- torn writes */

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
	struct last_write w = make_last_write(f, 3, 4);
	uint8_t *bytes = calloc(1, w.after.length);

	assert_non_null(bytes);
	for (size_t cut = w.begin; cut <= w.end; cut += 3) {
		memset(bytes, 0, w.after.length);
		memcpy(bytes, w.after.bytes, cut);
		store(f->file, bytes, w.end + 5000);
		check_torn(f, 3);
	}
	free(bytes);
	free_last_write(&w);
}

static void
a_write_with_any_byte_wrong_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);

	for (size_t at = w.begin; at < w.end; at++) {
		w.after.bytes[at] ^= 0x40;
		store(f->file, w.after.bytes, w.end);
		w.after.bytes[at] ^= 0x40;
		check_torn(f, 3);
	}
	free_last_write(&w);
}

static void
sectors_of_a_write_may_reach_the_disk_in_any_order(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = draw_seed();
	struct last_write w;
	size_t sector = 64;

	f->model.seed = seed;
	w = make_last_write(f, 5, 12);
	assert_true(w.before.length >= w.end);
	for (uint64_t n = 0; n < 200; n++) {
		struct image torn = load(f->file);

		memcpy(torn.bytes, w.before.bytes, w.end);
		for (size_t at = w.begin; at < w.end; at += sector) {
			size_t left = w.end - at < sector ? w.end - at : sector;

			if (mix(seed + n, at) % 4 != 0)
				memcpy(torn.bytes + at, w.after.bytes + at,
				       left);
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

	w.after.bytes[w.begin] ^= 1;
	store(f->file, w.after.bytes, w.end);
	open_log(f);
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
	uint8_t bytes[80] = {0};
	struct record forged = {RECORD_SAVE, 64, w.end + 8, bytes, 80};
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
	torn.bytes[w.end + 4] ^= 1;
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
a_newer_format_is_refused(void **state)
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
		TEST(a_write_with_any_byte_wrong_is_kept_by_whole_saves),
		TEST(sectors_of_a_write_may_reach_the_disk_in_any_order),
		TEST(a_torn_tail_is_cut_for_good),
		TEST(a_payload_that_looks_like_a_record_is_no_witness),
		TEST(damage_to_what_was_durable_is_refused),
		TEST(lost_sectors_before_the_last_write_are_refused),
		TEST(a_damaged_file_header_is_refused),
		TEST(a_newer_format_is_refused),
		TEST(a_changed_payload_is_never_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The records of log_file, byte by byte: what is too short, by one, is none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A checksum keeps damage out, not a writer with a fault of its own: a record
 * may be as it was written and yet not have room for what it says of itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/little_endian/little_endian.h"
#include "assists/log_file/catalog.h"
#include "assists/log_file/legacy.h"
#include "assists/log_file/record.h"
#include "assists/log_file/sector.h"
#include "tests/unit/log_file_former.h"

#define SALT 0x5a17u
/* As the table in record.h says: of a save, of a reset, of a snapshot, what
 * stands before that which varies. */
#define SAVE_BYTES 64
#define RESET_BYTES 96
#define SNAPSHOT_BYTES 48
#define BEGIN_BYTES 88
#define CONFIGURATION_BYTES 5

static uint8_t bytes[1024];

static const struct raft_stored_snapshot snapshot = {
	.last = { .index = 40, .term = 6 },
	.configuration_index = 30,
	.configuration = "joint",
	.configuration_length = CONFIGURATION_BYTES,
};

/* A save of two entries, one of them empty. */
static struct raft_save
make_save(struct raft_entry *entries)
{
	entries[0] = (struct raft_entry){
		.index = 41,
		.term = 7,
		.kind = RAFT_ENTRY_DATA,
		.payload = { .data = "abc", .length = 3 },
	};
	entries[1] = (struct raft_entry){ .index = 42,
					  .term = 8,
					  .kind = RAFT_ENTRY_NOOP };
	return (struct raft_save){
		.term = 9,
		.vote = { 2, 12 },
		.truncate_from = 41,
		.entries = entries,
		.entry_count = 2,
	};
}

static struct record
write_save(const struct raft_save *save)
{
	struct record record = {
		.type = raft__record_save_type(save),
		.bytes = bytes,
		.length = raft__record_save_length(save),
	};

	memset(bytes, 0xa5, sizeof(bytes));
	raft__record_save_write(&record, save);
	return record;
}

static void
a_save_is_read_back_as_it_was_written(void **state)
{
	struct raft_entry entries[2], entry;
	struct raft_save save = make_save(entries);
	struct record record = write_save(&save);
	struct record_cursor cursor;
	struct record_save read;

	(void)state;
	assert_int_equal(record.type, RECORD_SAVE);
	assert_int_equal(record.length, SAVE_BYTES + 16 + 3 + 16 + 5);
	assert_true(raft__record_save_read(&record, &read, &cursor));
	assert_int_equal(read.term, 9);
	assert_int_equal(read.vote.id, 2);
	assert_int_equal(read.vote.incarnation, 12);
	assert_int_equal(read.truncate_from, 41);
	assert_int_equal(read.first, 41);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.snapshot.id.index, 0);
	for (size_t i = 0; i < 2; i++) {
		assert_true(raft__record_entry_read(&cursor, &entry));
		assert_int_equal(entry.index, entries[i].index);
		assert_int_equal(entry.term, entries[i].term);
		assert_int_equal(entry.kind, entries[i].kind);
		assert_int_equal(entry.payload.length,
				 entries[i].payload.length);
		assert_false(raft__record_ends(&cursor) && i == 0);
	}
	assert_memory_equal(bytes + SAVE_BYTES + 16, "abc", 3);
	assert_true(raft__sector_is_blank(bytes + record.length - 5, 5));
	assert_true(raft__record_ends(&cursor));
	save.entry_count = 0;
	record = write_save(&save);
	assert_int_equal(record.length, SAVE_BYTES);
	assert_true(raft__record_save_read(&record, &read, &cursor));
	assert_int_equal(read.first, 0);
	assert_true(raft__record_ends(&cursor));
}

static void
a_reset_is_read_back_as_it_was_written(void **state)
{
	struct raft_entry entries[2], entry;
	struct raft_save save = make_save(entries);
	struct record_cursor cursor;
	struct record_save read;
	struct record record;

	(void)state;
	save.snapshot = &snapshot;
	record = write_save(&save);
	assert_int_equal(record.type, RECORD_RESET);
	assert_int_equal(record.length, RESET_BYTES + 5 + 16 + 3 + 16);
	assert_true(raft__record_save_read(&record, &read, &cursor));
	assert_int_equal(read.snapshot.id.index, 40);
	assert_int_equal(read.snapshot.id.term, 6);
	assert_int_equal(read.snapshot.configuration.index, 30);
	assert_int_equal(read.snapshot.configuration.length, 5);
	assert_memory_equal(read.snapshot.configuration.bytes, "joint", 5);
	assert_true(raft__record_entry_read(&cursor, &entry));
	assert_memory_equal(entry.payload.data, "abc", 3);
	assert_true(raft__record_entry_read(&cursor, &entry));
	assert_true(raft__record_ends(&cursor));
}

/* Whatever stands in the bytes behind a record is not its. */
static void
a_save_too_short_for_what_it_says_is_none(void **state)
{
	struct raft_entry entries[2];
	struct raft_save save = make_save(entries);
	struct record record = write_save(&save);
	struct record_cursor cursor;
	struct record_save read;

	(void)state;
	record.length = SAVE_BYTES - 1;
	assert_false(raft__record_save_read(&record, &read, &cursor));
	record.length = SAVE_BYTES + 2 * 16 - 1;
	assert_false(raft__record_save_read(&record, &read, &cursor));
	record.length = SAVE_BYTES + 2 * 16;
	assert_true(raft__record_save_read(&record, &read, &cursor));
}

static void
a_reset_too_short_for_its_mark_is_none(void **state)
{
	struct raft_entry entries[2];
	struct raft_save save = make_save(entries);
	struct record_cursor cursor;
	struct record_save read;
	struct record record;

	(void)state;
	save.snapshot = &snapshot;
	save.entry_count = 0;
	record = write_save(&save);
	record.length = RESET_BYTES - 1;
	assert_false(raft__record_save_read(&record, &read, &cursor));
	record.length = RESET_BYTES + CONFIGURATION_BYTES - 1;
	assert_false(raft__record_save_read(&record, &read, &cursor));
	record.length = RESET_BYTES + CONFIGURATION_BYTES;
	assert_true(raft__record_save_read(&record, &read, &cursor));
	put64(bytes + RESET_BYTES - 8, UINT64_MAX);
	assert_false(raft__record_save_read(&record, &read, &cursor));
}

static void
an_entry_too_short_for_its_payload_is_none(void **state)
{
	struct raft_entry entries[2], entry;
	struct raft_save save = make_save(entries);
	struct record record = write_save(&save);
	struct record_cursor cursor, begin;
	struct record_save read;

	(void)state;
	assert_true(raft__record_save_read(&record, &read, &begin));
	record.length = SAVE_BYTES + 16 + 3 - 1;
	cursor = begin;
	assert_false(raft__record_entry_read(&cursor, &entry));
	record.length = SAVE_BYTES + 16 - 1;
	cursor = begin;
	assert_false(raft__record_entry_read(&cursor, &entry));
	record.length = SAVE_BYTES + 16 + 3;
	cursor = begin;
	assert_true(raft__record_entry_read(&cursor, &entry));
	/* Nor is it, if no entry may be so long. */
	record.length = SIZE_MAX;
	put32(bytes + SAVE_BYTES + 8, RAFT_PAYLOAD_BYTES_MAX);
	cursor = begin;
	assert_true(raft__record_entry_read(&cursor, &entry));
	put32(bytes + SAVE_BYTES + 8, RAFT_PAYLOAD_BYTES_MAX + 1u);
	cursor = begin;
	assert_false(raft__record_entry_read(&cursor, &entry));
}

static void
a_snapshot_too_short_for_its_mark_is_none(void **state)
{
	struct record_snapshot mark = {
		.id = snapshot.last,
		.configuration = { 30, "joint", CONFIGURATION_BYTES },
	};
	struct record record = { .type = RECORD_SNAPSHOT, .bytes = bytes };
	struct record_snapshot read;

	(void)state;
	record.length = raft__record_snapshot_length(&mark);
	assert_int_equal(record.length, SNAPSHOT_BYTES + 8);
	memset(bytes, 0xa5, sizeof(bytes));
	raft__record_snapshot_write(&record, &mark);
	assert_true(raft__sector_is_blank(bytes + SNAPSHOT_BYTES + 5, 3));
	assert_true(raft__record_snapshot_read(&record, &read));
	assert_int_equal(read.id.index, 40);
	assert_int_equal(read.id.term, 6);
	assert_int_equal(read.configuration.index, 30);
	assert_int_equal(read.configuration.length, CONFIGURATION_BYTES);
	assert_memory_equal(read.configuration.bytes, "joint", 5);
	for (record.length = RECORD_HEADER_BYTES;
	     record.length < SNAPSHOT_BYTES + 16; record.length++)
		assert_int_equal(raft__record_snapshot_read(&record, &read),
				 record.length == SNAPSHOT_BYTES + 8);
}

static const struct record_begin begin = {
	.term = 9,
	.vote = { 2, 12 },
	.last = { 44, 8 },
	.snapshot = { { 40, 6 }, { 30, "joint", CONFIGURATION_BYTES } },
};

static struct record
write_begin(void)
{
	struct record record = {
		.type = RECORD_BEGIN,
		.bytes = bytes,
		.length = raft__record_begin_length(&begin),
	};

	memset(bytes, 0xa5, sizeof(bytes));
	raft__record_begin_write(&record, &begin);
	return record;
}

static void
a_beginning_is_read_back_as_it_was_written(void **state)
{
	struct record record = write_begin();
	struct record_begin read;

	(void)state;
	assert_int_equal(record.length, BEGIN_BYTES + 8);
	assert_true(raft__record_begin_read(&record, &read));
	assert_int_equal(read.term, 9);
	assert_int_equal(read.vote.id, 2);
	assert_int_equal(read.vote.incarnation, 12);
	assert_int_equal(read.last.index, 44);
	assert_int_equal(read.last.term, 8);
	assert_int_equal(read.snapshot.id.index, 40);
	assert_int_equal(read.snapshot.id.term, 6);
	assert_int_equal(read.snapshot.configuration.index, 30);
	assert_memory_equal(read.snapshot.configuration.bytes, "joint", 5);
	for (record.length = RECORD_HEADER_BYTES;
	     record.length < BEGIN_BYTES + 16; record.length++)
		assert_int_equal(raft__record_begin_read(&record, &read),
				 record.length == BEGIN_BYTES + 8);
}

/* With an outline that has one mark of each kind. */
static struct record_begin
begin_with_outline(void)
{
	struct record_begin outlined = begin;

	outlined.outline = (struct record_outline){
		.is_there = true, .first = 43, .counts = { 1, 1, 1 }
	};
	return outlined;
}

/* Of the segment whose entries are 43 and 44, in a record of two from place 64 on. */
static const struct mark outlined_marks[] = { { 43, 8, 0 },
					      { 44, 0, 0 },
					      { 43, 64, 2 } };

static struct record
write_outline(const struct record_begin *outlined, const struct mark *marks)
{
	size_t count = 0;
	struct record record = {
		.type = RECORD_BEGIN,
		.bytes = bytes,
		.offset = 496,
		.length = raft__record_begin_length(outlined),
	};

	memset(bytes, 0xa5, sizeof(bytes));
	raft__record_begin_write(&record, outlined);
	for (size_t kind = 0; kind < MARK_KINDS; kind++)
		count += outlined->outline.counts[kind];
	for (size_t n = 0; n < count; n++)
		raft__record_outline_put(&record, outlined, n, &marks[n]);
	return record;
}

static void
an_outline_is_read_back_as_it_was_written(void **state)
{
	const struct record_begin outlined = begin_with_outline();
	struct record record = write_outline(&outlined, outlined_marks);
	size_t length = record.length;
	struct record_begin read;

	(void)state;
	assert_int_equal(length, BEGIN_BYTES + 8 + 24 + 3 * 24);
	assert_true(raft__record_begin_read(&record, &read));
	assert_memory_equal(read.snapshot.configuration.bytes, "joint", 5);
	assert_true(read.outline.is_there);
	assert_int_equal(read.outline.first, 43);
	for (size_t n = 0; n < 3; n++) {
		struct mark mark = raft__record_outline_get(&read.outline, n);

		assert_int_equal(read.outline.counts[n], 1);
		assert_int_equal(mark.index, outlined_marks[n].index);
		assert_int_equal(mark.value, outlined_marks[n].value);
		assert_int_equal(mark.left, outlined_marks[n].left);
	}
	/* Less than that it has only without any outline. */
	for (record.length = BEGIN_BYTES + 8; record.length < length + 24;
	     record.length++)
		assert_int_equal(raft__record_begin_read(&record, &read),
				 record.length == length ||
				     record.length == BEGIN_BYTES + 8);
	record.length = length;
	put32(bytes + BEGIN_BYTES + 8 + 20, 1);
	assert_false(raft__record_begin_read(&record, &read));
	put32(bytes + BEGIN_BYTES + 8 + 20, 0);
	assert_true(raft__record_begin_read(&record, &read));
	put32(bytes + BEGIN_BYTES + 8 + 8, UINT32_MAX);
	assert_false(raft__record_begin_read(&record, &read));
}

/* ------------------------------------------------------------- the header */

/* Write a number into a header. */
static bool
frames_with(size_t at, uint64_t value)
{
	struct record record = { .type = RECORD_SAVE,
				 .bytes = bytes,
				 .length = RECORD_HEADER_BYTES };

	raft__record_mark(&record);
	put64(bytes + at, value);
	return raft__record_frame(&record, bytes);
}

static void
a_header_that_cannot_be_is_none(void **state)
{
	(void)state;
	assert_true(frames_with(8, RECORD_HEADER_BYTES));
	assert_true(frames_with(8, 1 << 20));
	assert_false(frames_with(8, RECORD_HEADER_BYTES - 8));
	assert_false(frames_with(8, RECORD_HEADER_BYTES + 4));
	assert_true(frames_with(0, 9));
	assert_false(frames_with(0, 0));
	assert_false(frames_with(0, UINT64_C(1) << 32 | 9));
}

/* ---------------------------------------------------------------- sectors */

static const struct sector_place place = { SALT, 10 * SECTOR_ROOM,
					   12 * SECTOR_ROOM };

static void
a_sector_says_where_it_belongs(void **state)
{
	struct sector_place other = place;

	(void)state;
	memset(bytes, 0, SECTOR_BYTES);
	assert_int_equal(raft__sector_kind(bytes, &place), SECTOR_BLANK);
	for (size_t i = 0; i < SECTOR_BYTES; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(raft__sector_kind(bytes, &place), SECTOR_DAMAGED);
	raft__sector_seal(bytes, &place, place.segment + 40);
	assert_int_equal(raft__sector_kind(bytes, &place), SECTOR_WRITTEN);
	assert_int_equal(raft__sector_durable(bytes, &place),
			 place.segment + 40);
	/* Of another log. */
	other.salt++;
	assert_int_equal(raft__sector_kind(bytes, &other), SECTOR_DAMAGED);
	/* Of this segment, and in no place where a crash leaves it. */
	other = place;
	other.begin += SECTOR_ROOM;
	assert_int_equal(raft__sector_kind(bytes, &other), SECTOR_DAMAGED);
	/* Written before the segment was begun. */
	other = (struct sector_place){ SALT, 13 * SECTOR_ROOM,
				       15 * SECTOR_ROOM };
	assert_int_equal(raft__sector_kind(bytes, &other), SECTOR_FORMER);
}

static void
any_bit_changed_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < SECTOR_BYTES; i++)
		bytes[i] = (uint8_t)i;
	raft__sector_seal(bytes, &place, place.segment);
	for (size_t i = 0; i < 8 * SECTOR_BYTES; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(raft__sector_kind(bytes, &place),
				 SECTOR_DAMAGED);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(raft__sector_kind(bytes, &place), SECTOR_WRITTEN);
}

/* ------------------------------------------------ what they add up to */

static void
assert_taken(struct catalog *c, const struct raft_save *save, const char *wrong)
{
	const struct record record = write_save(save);
	const char *text = raft__catalog_take(c, &record);

	if (wrong == NULL)
		assert_null(text);
	else if (text == NULL || strstr(text, wrong) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", text, wrong);
}

static const char *
take_snapshot_at(struct catalog *c, uint64_t index)
{
	const struct record_snapshot mark = { .id = { index, 6 } };
	struct record record = {
		.type = RECORD_SNAPSHOT,
		.bytes = bytes,
		.length = raft__record_snapshot_length(&mark),
	};

	raft__record_snapshot_write(&record, &mark);
	return raft__catalog_take(c, &record);
}

/* Each is sound by itself. */
static void
what_no_log_of_raft_has_is_refused(void **state)
{
	struct raft_entry entries[2];
	const struct raft_save good = make_save(entries);
	struct raft_save save = good;
	struct catalog c = { .has_begun = false };
	struct record record = write_begin();

	(void)state;
	/* Which entries 41 to 44 are is not known, but that they are dropped. */
	assert_null(raft__catalog_take(&c, &record));
	assert_int_equal(c.before, 44);
	assert_int_equal(c.last_index, 44);
	assert_taken(&c, &good, NULL);
	assert_int_equal(c.before, 40);
	assert_int_equal(c.last_index, 42);
	record = write_begin();
	assert_string_equal(raft__catalog_take(&c, &record),
			    "belies what stands before it");
	/* Once more, but of another life of the one it votes for. */
	save.vote.incarnation++;
	assert_taken(&c, &save, "changes the vote");
	save = good;
	save.term--;
	assert_taken(&c, &save, "goes back");
	save = good;
	save.truncate_from = 40;
	assert_taken(&c, &save, "a snapshot stands for");
	assert_taken(&c, &good, NULL);
	assert_int_equal(c.last_index, 42);
	/* Of the same term as the last one. */
	entries[0].index = 43;
	entries[0].term = 8;
	save = good;
	save.truncate_from = 0;
	save.entry_count = 1;
	assert_taken(&c, &save, NULL);
	assert_int_equal(c.last_index, 43);
	assert_taken(&c, &save, "does not follow");
	/* The snapshot that it has is no step back, an older one is; nor is one of an
	 * entry that it has not. */
	assert_null(take_snapshot_at(&c, 40));
	assert_int_equal(c.last_index, 43);
	assert_string_equal(take_snapshot_at(&c, 43),
			    "has a snapshot of another history");
	assert_string_equal(take_snapshot_at(&c, 44),
			    "has a snapshot of another history");
	assert_string_equal(take_snapshot_at(&c, 39),
			    "has a snapshot that goes back");
	save = good;
	save.snapshot = &snapshot;
	assert_taken(&c, &save, "no newer");
	save = make_save(entries);
	record = write_save(&save);
	record.length += 8;
	assert_string_equal(raft__catalog_take(&c, &record),
			    "has fields that do not fit its length");
	record.type = 5;
	assert_string_equal(raft__catalog_take(&c, &record),
			    "is of a newer version's type: use that version");
	raft__catalog_clear(&c);
}

/* A catalog that has entries up to 42, the last of them of term 7, in a segment; the next
 * one begins at place 496. */
static const char *
skip_by(const struct record_begin *outlined, const struct mark *marks)
{
	const struct mark mark = { 41, 7, 0 }, at = { 41, 8, 2 };
	struct catalog c = { .has_begun = true,
			     .term = 8,
			     .snapshot = { 40, 6 },
			     .before = 40,
			     .last_index = 42,
			     .last_term = 7,
			     .begin = 16,
			     .first = 43 };
	const struct record next = write_outline(outlined, marks);
	const char *wrong;

	assert_true(raft__marks_add(&c.marks[MARK_TERM], &mark));
	assert_true(raft__marks_add(&c.marks[MARK_PLACE], &at));
	wrong = raft__catalog_skip(&c, &next);
	if (wrong == NULL) {
		assert_int_equal(c.term, 9);
		assert_int_equal(c.last_index, 44);
		assert_int_equal(c.last_term, 8);
		assert_int_equal(raft__catalog_term(&c, 44), 8);
		assert_int_equal(c.snapshot.index, outlined->snapshot.id.index);
		assert_int_equal(c.before, outlined->snapshot.id.index);
	}
	raft__catalog_clear(&c);
	return wrong;
}

/* Another outline than it can be: its mark `n` is this one. */
static void
assert_impossible(size_t n, uint64_t index, uint64_t value, uint64_t left)
{
	const struct record_begin outlined = begin_with_outline();
	struct mark marks[3];

	memcpy(marks, outlined_marks, sizeof(marks));
	marks[n] = (struct mark){ index, value, left };
	assert_string_equal(skip_by(&outlined, marks),
			    "says what cannot be of the segment before");
}

/* Nor are these four, so many of each kind. */
static void
assert_four_impossible(uint32_t terms, uint32_t configurations, uint32_t places,
		       const struct mark marks[4])
{
	struct record_begin outlined = begin_with_outline();

	outlined.outline.counts[MARK_TERM] = terms;
	outlined.outline.counts[MARK_CONFIGURATION] = configurations;
	outlined.outline.counts[MARK_PLACE] = places;
	assert_string_equal(skip_by(&outlined, marks),
			    "says what cannot be of the segment before");
}

static void
marks_of_an_outline_ascend(void **state)
{
	const struct mark lower_term[] = {
		{ 43, 6, 0 }, { 44, 8, 0 }, { 44, 0, 0 }, { 43, 64, 2 }
	};
	const struct mark twice[] = {
		{ 43, 8, 0 }, { 44, 0, 0 }, { 44, 0, 0 }, { 43, 64, 2 }
	};
	const struct mark descending[] = {
		{ 43, 8, 0 }, { 44, 0, 0 }, { 43, 0, 0 }, { 43, 64, 2 }
	};
	const struct mark lower_place[] = {
		{ 43, 8, 0 }, { 44, 0, 0 }, { 43, 64, 1 }, { 44, 56, 1 }
	};
	const struct mark same_place[] = {
		{ 43, 8, 0 }, { 44, 0, 0 }, { 43, 64, 1 }, { 44, 64, 1 }
	};

	(void)state;
	assert_four_impossible(2, 1, 1, lower_term);
	assert_four_impossible(1, 2, 1, twice);
	assert_four_impossible(1, 2, 1, descending);
	assert_four_impossible(1, 1, 2, lower_place);
	assert_four_impossible(1, 1, 2, same_place);
}

/* Of each entry that there is something says its term, and where it is. */
static void
what_an_outline_does_not_cover_is_refused(void **state)
{
	static const char gap[] = "lacks entries of the segment before";
	const struct mark late_term[] = { { 44, 8, 0 }, { 44, 0, 0 },
					  { 43, 64, 2 } };
	const struct mark late_place[] = { { 43, 8, 0 }, { 44, 0, 0 },
					   { 44, 64, 1 } };
	struct record_begin outlined = begin_with_outline();

	(void)state;
	assert_string_equal(skip_by(&outlined, late_term), gap);
	assert_string_equal(skip_by(&outlined, late_place), gap);
	/* But of what is trimmed. */
	outlined.snapshot.id.index = 43;
	assert_null(skip_by(&outlined, late_term));
	assert_null(skip_by(&outlined, late_place));
	/* All of them may be, but nothing behind them. */
	outlined.snapshot.id.index = 45;
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
	/* It cannot end before it begins. */
	outlined = begin_with_outline();
	memset(outlined.outline.counts, 0, sizeof(outlined.outline.counts));
	outlined.last = (struct raft_entry_id){ 41, 7 };
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
}

static void
what_no_outline_says_is_refused(void **state)
{
	struct record_begin outlined = begin_with_outline();
	static const char gap[] = "lacks entries of the segment before";

	(void)state;
	assert_null(skip_by(&outlined, outlined_marks));
	/* Nothing is before its first index, or behind its last. */
	assert_impossible(0, 42, 8, 0);
	assert_impossible(1, 45, 0, 0);
	assert_impossible(2, 42, 64, 2);
	/* Terms grow up to that of the last entry, and places lie in the segment. */
	assert_impossible(0, 43, 6, 0);
	assert_impossible(0, 43, 9, 0);
	assert_impossible(2, 43, 16, 2);
	assert_impossible(2, 43, 496, 2);
	assert_impossible(2, 43, 64, 0);
	/* Of each entry there is all. */
	outlined.outline.first = 44;
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
	outlined.outline.first = 46;
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
	outlined.outline.first = 0;
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
	outlined.outline.first = 43;
	outlined.outline.counts[MARK_PLACE] = 0;
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
	outlined.outline.counts[MARK_PLACE] = 1;
	/* What was there before is cut off, or trimmed. */
	outlined.outline.first = 42;
	assert_string_equal(skip_by(&outlined, outlined_marks), gap);
	outlined.snapshot.id.index = 42;
	assert_null(skip_by(&outlined, outlined_marks));
	outlined.snapshot.id.index = 41;
	outlined.outline.first = 43;
	assert_null(skip_by(&outlined, outlined_marks));
	outlined.term = 7;
	assert_string_equal(skip_by(&outlined, outlined_marks),
			    "has a term that goes back");
	outlined = begin;
	assert_string_equal(skip_by(&outlined, outlined_marks),
			    "has fields that do not fit its length");
}

static const char *
take_outlined(struct catalog *c, const struct record_begin *outlined)
{
	const struct record record = write_outline(outlined, outlined_marks);

	return raft__catalog_take(c, &record);
}

/* Whoever reads the segment as well. */
static void
an_outline_that_belies_its_segment_is_refused(void **state)
{
	const struct mark first = { 43, 8, 0 }, other = { 44, 0, 0 },
			  at = { 43, 64, 2 };
	struct record_begin outlined = begin_with_outline();
	struct catalog c = { .has_begun = true,
			     .term = 9,
			     .vote = { 2, 12 },
			     .snapshot = { 40, 6 },
			     .before = 42,
			     .last_index = 44,
			     .last_term = 8,
			     .begin = 16,
			     .first = 43 };
	struct mark marks[3];

	(void)state;
	assert_true(raft__marks_add(&c.marks[MARK_TERM], &first));
	assert_true(raft__marks_add(&c.marks[MARK_CONFIGURATION], &other));
	assert_true(raft__marks_add(&c.marks[MARK_PLACE], &at));
	for (size_t n = 0; n <= 3 * 3; n++) {
		struct record record;
		const char *wrong;

		memcpy(marks, outlined_marks, sizeof(marks));
		if (n == 3 * 3)
			outlined.outline.first--;
		else if (n % 3 == 0)
			marks[n / 3].index ^= 1;
		else if (n % 3 == 1)
			marks[n / 3].value ^= 1;
		else
			marks[n / 3].left ^= 1;
		record = write_outline(&outlined, marks);
		wrong = raft__catalog_take(&c, &record);
		assert_string_equal(wrong, "belies what stands before it");
	}
	outlined = begin_with_outline();
	outlined.outline.counts[MARK_PLACE] = 0;
	assert_string_equal(take_outlined(&c, &outlined),
			    "belies what stands before it");
	outlined = begin_with_outline();
	assert_null(take_outlined(&c, &outlined));
	raft__catalog_clear(&c);
}

/* -------------------------------------------- the format of version 2 */

/* As that version wrote them. */
static const char golden_header[] =
	    "726166742d6c6f670200000000000000636c7573746572000000000000000000"
	    "03000000000000000d000000000000000010000000000000175a0000b811b02b";
static const char golden_save[] =
	    "d9ad710501000000800000000000000040000000000000004000000000000000"
	    "00000000ca44c298090000000000000002000000000000000c00000000000000"
	    "2900000000000000290000000000000002000000000000000700000000000000"
	    "0300000002000000616263080000000000000000000000010000000000000000";
static const char golden_snapshot[] =
	    "0f778f7202000000500000000000000048000000000000004000000000000000"
	    "000000005cfaa95c280000000000000006000000000000001e00000000000000"
	    "05000000000000006a6f696e74000000";
static const char golden_reset[] =
	    "dbf3fcbc03000000a00000000000000040000000000000004000000000000000"
	    "00000000083748e8090000000000000002000000000000000c00000000000000"
	    "2900000000000000290000000000000002000000000000002800000000000000"
	    "06000000000000001e0000000000000005000000000000006a6f696e74070000"
	    "0000000000030000000200000061626308000000000000000000000001000000";

/* -------------------------------------------- the format of version 3 */

/* Made by hand from the tables in record.h, not by the codec. */
static const char golden_file[] =
	    "726166742d6c6f670300000000000000636c7573746572000000000000000000"
	    "03000000000000000d000000000000006013000000000000e003000000000000"
	    "2813000000000000175a00008e3d225d";
static const char golden_sector[] =
	    "2aa5047206000000401700000000000003000000000000008800000000000000"
	    "090000000000000002000000000000000c000000000000002900000000000000"
	    "2900000000000000020000000000000028000000000000000600000000000000"
	    "1e0000000000000005000000000000006a6f696e740700000000000000030000"
	    "000200000061626308000000000000000000000001000000";

static void
assert_bytes(const uint8_t *at, size_t length, const char *golden)
{
	static char hex[2 * sizeof(bytes) + 1];

	for (size_t i = 0; i < length; i++)
		snprintf(hex + 2 * i, 3, "%02x", at[i]);
	assert_string_equal(hex, golden);
}

/* So the tests read what that version wrote. */
static void
the_former_logs_of_these_tests_are_what_they_were(void **state)
{
	static struct former former;
	const struct raft_owner owner = { .cluster = "cluster",
					  .self = { 3, 13 } };
	const struct record_snapshot mark = {
		.id = { 40, 6 },
		.configuration = { 30, "joint", CONFIGURATION_BYTES },
	};
	struct raft_entry entries[2];
	struct raft_save save = make_save(entries);

	(void)state;
	former_begin(&former, &owner, SALT);
	put64(former.bytes + 48, 4096);
	put32(former.bytes + 60, raft__crc32c(0, former.bytes, 60));
	assert_bytes(former.bytes, FORMER_HEADER_BYTES, golden_header);
	former_save(&former, &save);
	assert_bytes(former.bytes + 64, former.length - 64, golden_save);
	former_begin(&former, &owner, SALT);
	former.length = 72;
	former_trim(&former, &mark);
	assert_bytes(former.bytes + 72, former.length - 72, golden_snapshot);
	former_begin(&former, &owner, SALT);
	save.snapshot = &snapshot;
	former_save(&former, &save);
	assert_bytes(former.bytes + 64, former.length - 64, golden_reset);
}

static void
the_bytes_of_version_3_stay_what_they_are(void **state)
{
	const struct file_header header = {
		.owner = { .cluster = "cluster", .self = { 3, 13 } },
		.begin = 4960,
		.needed = 992,
		.ended = 4904,
		.salt = SALT,
	};
	struct raft_entry entries[2];
	struct raft_save save = make_save(entries);
	uint8_t sector[SECTOR_BYTES] = { 0 };
	struct record record;

	(void)state;
	raft__record_header_write(bytes, &header);
	assert_bytes(bytes, FILE_HEADER_BYTES, golden_file);
	save.snapshot = &snapshot;
	record = write_save(&save);
	raft__record_mark(&record);
	memcpy(sector + SECTOR_HEADER_BYTES, bytes, record.length);
	raft__sector_seal(sector, &place, place.segment + 48);
	assert_bytes(sector, SECTOR_HEADER_BYTES + record.length,
		     golden_sector);
}

/* ----------------------------------------------------------- the file's */

static void
a_file_header_says_what_is_wrong_with_it(void **state)
{
	const struct file_header header = {
		.owner = { .cluster = "cluster", .self = { 3, 13 } },
		.begin = 4960,
		.needed = 992,
		.ended = 4904,
		.salt = SALT,
	};
	struct file_header read;

	(void)state;
	raft__record_header_write(bytes, &header);
	assert_null(raft__record_header_read(bytes, &read));
	assert_memory_equal(&read.owner, &header.owner, sizeof(read.owner));
	assert_int_equal(read.begin, 4960);
	assert_int_equal(read.needed, 992);
	assert_int_equal(read.ended, 4904);
	assert_int_equal(read.salt, SALT);
	for (size_t i = 0; i < FILE_HEADER_BYTES; i++) {
		const char *wrong;

		bytes[i] ^= 1;
		wrong = raft__record_header_read(bytes, &read);
		assert_string_equal(wrong, i < 8 ? "is not a log"
						 : "has a damaged header");
		bytes[i] ^= 1;
	}
}

static const char *
read_version(uint32_t version, uint32_t bits)
{
	const struct file_header header = { .salt = SALT };
	struct file_header read;
	struct legacy legacy;

	raft__record_header_write(bytes, &header);
	put32(bytes + 8, version);
	put32(bytes + 12, bits);
	assert_int_equal(raft__record_is_legacy(bytes), version < 3);
	if (version < 3) {
		put32(bytes + 60, raft__crc32c(0, bytes, 60));
		return raft__legacy_header(&legacy, bytes);
	}
	put32(bytes + 76, raft__crc32c(0, bytes, 76));
	return raft__record_header_read(bytes, &read);
}

static void
a_file_of_another_version_says_so(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits <= 1; bits++) {
		assert_non_null(strstr(read_version(1, bits), "does not read"));
		assert_non_null(strstr(read_version(4, bits), "a newer version"));
	}
	assert_null(read_version(2, 0));
	assert_null(read_version(3, 0));
	assert_non_null(strstr(read_version(2, 1), "a newer version"));
	assert_null(read_version(3, 1));
	assert_non_null(strstr(read_version(3, 2), "a newer version"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_save_is_read_back_as_it_was_written),
		cmocka_unit_test(a_reset_is_read_back_as_it_was_written),
		cmocka_unit_test(a_save_too_short_for_what_it_says_is_none),
		cmocka_unit_test(a_reset_too_short_for_its_mark_is_none),
		cmocka_unit_test(an_entry_too_short_for_its_payload_is_none),
		cmocka_unit_test(a_snapshot_too_short_for_its_mark_is_none),
		cmocka_unit_test(a_beginning_is_read_back_as_it_was_written),
		cmocka_unit_test(an_outline_is_read_back_as_it_was_written),
		cmocka_unit_test(a_header_that_cannot_be_is_none),
		cmocka_unit_test(a_sector_says_where_it_belongs),
		cmocka_unit_test(any_bit_changed_is_noticed),
		cmocka_unit_test(what_no_log_of_raft_has_is_refused),
		cmocka_unit_test(marks_of_an_outline_ascend),
		cmocka_unit_test(what_an_outline_does_not_cover_is_refused),
		cmocka_unit_test(what_no_outline_says_is_refused),
		cmocka_unit_test(an_outline_that_belies_its_segment_is_refused),
		cmocka_unit_test(
		    the_former_logs_of_these_tests_are_what_they_were),
		cmocka_unit_test(the_bytes_of_version_3_stay_what_they_are),
		cmocka_unit_test(a_file_header_says_what_is_wrong_with_it),
		cmocka_unit_test(a_file_of_another_version_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

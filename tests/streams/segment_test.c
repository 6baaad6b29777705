/*
 * The file of a replica has what was appended, whatever a crash leaves at its end.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "demos/streams/segment.h"

#define ROOM (1 << 20)

static uint8_t room[ROOM];

static struct segment *
open_new(void)
{
	const char *folder = getenv("TEST_TMPDIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/events-0", folder);
	unlink(path);
	return segment_open(folder, "events-0");
}

static struct segment *
open_again(struct segment *segment)
{
	segment_close(segment);
	return segment_open(getenv("TEST_TMPDIR"), "events-0");
}

/** A record of this epoch, whose text has this length, at the end. */
static void
append(struct segment *segment, uint64_t epoch, uint64_t producer,
       uint32_t length)
{
	static uint8_t text[RECORD_TEXT_BYTES_MAX];
	struct record record = { .offset = segment->end,
				 .epoch = epoch,
				 .producer = producer,
				 .sequence =
				     segment_sequence(segment, producer) + 1,
				 .text = text,
				 .length = length };
	uint8_t *end = record_put(room, &record);

	assert_true(segment_append(segment, room, (size_t)(end - room)));
}

static void
fill(struct segment *segment)
{
	for (int i = 0; i < 10; i++)
		append(segment, 3, 1, 100);
	for (int i = 0; i < 10; i++)
		append(segment, 5, 2, 100);
}

static void
must_be(const struct segment *segment, uint64_t end, uint64_t one, uint64_t two)
{
	assert_int_equal(segment->end, end);
	assert_int_equal(segment_sequence(segment, 1), one);
	assert_int_equal(segment_sequence(segment, 2), two);
}

static void
what_was_appended_is_found_again(void **state)
{
	struct segment *segment = open_new();

	(void)state;
	fill(segment);
	must_be(segment, 20, 10, 10);
	segment = open_again(segment);
	must_be(segment, 20, 10, 10);
	assert_int_equal(segment_last_epoch(segment), 5);
	segment_close(segment);
}

static void
any_record_is_read_from_its_offset_on(void **state)
{
	struct segment *segment = open_new();
	struct record record;

	(void)state;
	for (uint32_t i = 0; i < 400; i++)
		append(segment, 1, 1, i % 7 == 0 ? RECORD_TEXT_BYTES_MAX : 99);
	for (uint64_t offset = 0; offset < 400; offset++) {
		size_t got =
		    segment_read(segment, offset, offset + 1, room,
				 segment_room(segment, offset, ROOM / 2));

		assert_true(got > 0);
		assert_int_equal(record_get(room, got, &record), got);
		assert_int_equal(record.offset, offset);
	}
	assert_int_equal(segment_read(segment, 400, 500, room, ROOM), 0);
	segment_close(segment);
}

static void
a_torn_end_is_cut_off_and_what_is_before_it_stays(void **state)
{
	struct segment *segment = open_new();
	uint64_t size;

	(void)state;
	fill(segment);
	size = segment->size;
	/* At every length that a crash may leave of the last record. */
	for (off_t less = 1; less <= 140; less++) {
		assert_int_equal(ftruncate(segment->fd, (off_t)size - less), 0);
		segment = open_again(segment);
		must_be(segment, 19, 10, 9);
		append(segment, 5, 2, 100);
		assert_int_equal(segment->size, size);
	}
	/* A byte of it that is another one. */
	assert_int_equal(pwrite(segment->fd, "x", 1, (off_t)size - 30), 1);
	segment = open_again(segment);
	must_be(segment, 19, 10, 9);
	segment_close(segment);
}

static void
what_is_cut_is_as_if_it_had_never_been(void **state)
{
	struct segment *segment = open_new();

	(void)state;
	fill(segment);
	segment_cut(segment, 15);
	must_be(segment, 15, 10, 5);
	segment_cut(segment, 9);
	must_be(segment, 9, 9, 0);
	assert_int_equal(segment_last_epoch(segment), 3);
	append(segment, 7, 2, 10);
	must_be(segment, 10, 9, 1);
	segment = open_again(segment);
	must_be(segment, 10, 9, 1);
	segment_close(segment);
}

static void
where_an_epoch_ends_is_known(void **state)
{
	struct segment *segment = open_new();
	static const struct {
		uint64_t asked, epoch, end;
	} cases[] = { { 1, 0, 0 },
		      { 3, 3, 10 },
		      { 4, 3, 10 },
		      { 5, 5, 20 },
		      { 9, 5, 20 } };

	(void)state;
	fill(segment);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct segment_epoch found =
		    segment_epoch_end(segment, cases[i].asked);

		assert_int_equal(found.epoch, cases[i].epoch);
		assert_int_equal(found.start, cases[i].end);
	}
	segment_close(segment);
}

static void
what_does_not_follow_is_not_taken(void **state)
{
	struct segment *segment = open_new();
	struct record record = { .offset = 21, .epoch = 5, .text = room };
	uint8_t *end;

	(void)state;
	fill(segment);
	end = record_put(room, &record);
	assert_false(segment_append(segment, room, (size_t)(end - room)));
	/* Of an epoch that has passed. */
	record.offset = 20;
	record.epoch = 4;
	end = record_put(room, &record);
	assert_false(segment_append(segment, room, (size_t)(end - room)));
	record.epoch = 5;
	end = record_put(room, &record);
	room[RECORD_HEAD_BYTES - 1] ^= 1;
	assert_false(segment_append(segment, room, (size_t)(end - room)));
	must_be(segment, 20, 10, 10);
	segment_close(segment);
}

/* Those of RFC 3720 (B.4), and "123456789"; a text of any length, at any address. */
static void
the_checksum_is_that_of_iscsi(void **state)
{
	static uint8_t bytes[64];

	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		uint8_t *at = bytes + shift;

		memset(at, 0, 32);
		assert_int_equal(bytes_crc32c(at, 32), 0x8a9136aa);
		memset(at, 0xff, 32);
		assert_int_equal(bytes_crc32c(at, 32), 0x62a8ab43);
		for (uint8_t i = 0; i < 32; i++)
			at[i] = i;
		assert_int_equal(bytes_crc32c(at, 32), 0x46dd794e);
		memcpy(at, "123456789", 9);
		assert_int_equal(bytes_crc32c(at, 9), 0xe3069283);
		assert_int_equal(bytes_crc32c(at, 0), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_that_of_iscsi),
		cmocka_unit_test(what_was_appended_is_found_again),
		cmocka_unit_test(any_record_is_read_from_its_offset_on),
		cmocka_unit_test(
		    a_torn_end_is_cut_off_and_what_is_before_it_stays),
		cmocka_unit_test(what_is_cut_is_as_if_it_had_never_been),
		cmocka_unit_test(where_an_epoch_ends_is_known),
		cmocka_unit_test(what_does_not_follow_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

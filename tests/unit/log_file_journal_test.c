/*
 * The journal of log_file: how much of a log it keeps in memory, how often it asks the
 * disk, and in which file it asks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assists/log_file/journal.h"
#include "tests/unit/real_disk.h"

/** The place of the first record. */
#define BEGIN SECTOR_ROOM
#define CHUNK_MIN 4096
#define CHUNK_MAX 262144
#define READ_AHEAD 65536
#define ZEROS 1048576

/* ---------------------------------------------------------------- faults */

static int reads, writes;
static size_t bytes_read;
/** Writes that succeed before one fails; -1: none fails. */
static int writes_until_failure = -1;
static bool sync_fails;

ssize_t
pread(int fd, void *bytes, size_t length, off_t offset)
{
	const struct iovec piece = { bytes, length };

	reads++;
	bytes_read = length;
	return preadv(fd, &piece, 1, offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	writes++;
	/* Whole pages. */
	assert_int_equal(offset % PAGE_BYTES, 0);
	assert_int_equal(length % PAGE_BYTES, 0);
	if (writes_until_failure >= 0 && writes_until_failure-- == 0) {
		errno = ENOSPC;
		return -1;
	}
	return real_pwrite(fd, bytes, length, offset);
}

int
fdatasync(int fd)
{
	(void)fd;
	return sync_fails ? -1 : 0;
}

/* --------------------------------------------------------------- fixture */

static struct journal journal;
static char folder[PATH_MAX];
static int directory = -1;

static int
make_file(const char *name)
{
	return openat(directory, name, O_RDWR | O_CREAT, 0600);
}

static void
open_sized(size_t cache_bytes, uint64_t segment_bytes)
{
	const struct file_header header = { .salt = 0x5a17 };
	const struct segment first = { .begin = BEGIN };
	const char *temporary = getenv("TEST_TMPDIR");

	snprintf(folder, sizeof(folder), "%.1000s/journal.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(folder));
	directory = open(folder, O_RDONLY | O_DIRECTORY);
	raft__journal_init(&journal, directory, &header, segment_bytes,
			   cache_bytes);
	assert_true(raft__segments_reserve(&journal.segments));
	raft__segments_add(&journal.segments, &first);
	journal.durable = journal.written = journal.handed = journal.end =
	    journal.begun = BEGIN;
	raft__journal_begin(&journal, make_file("log"), &first, 0);
	assert_true(journal.fd >= 0);
	reads = writes = 0;
}

static void
open_journal(size_t cache_bytes)
{
	open_sized(cache_bytes, 64 << 20);
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "log", "log.1", "log.2" };

	(void)state;
	writes_until_failure = -1;
	sync_fails = false;
	raft__journal_close(&journal);
	for (size_t i = 0; i < 3; i++)
		unlinkat(directory, names[i], 0);
	close(directory);
	return rmdir(folder);
}

/* Bytes that tell where they stand. */
static uint8_t
byte_at(uint64_t offset)
{
	return (uint8_t)(offset * 7 + offset / 256);
}

static void
append(size_t length)
{
	uint8_t *bytes = raft__journal_reserve(&journal, length);

	assert_non_null(bytes);
	for (size_t i = 0; i < length; i++)
		bytes[i] = byte_at(journal.end + i);
	raft__journal_append(&journal, length);
}

static bool
write_all(void)
{
	struct journal_batch batch;
	bool done;

	raft__journal_hand(&journal, &batch);
	done = raft__journal_write(&batch);
	raft__journal_take_back(&journal, &batch);
	return done;
}

static void
append_durably(size_t length)
{
	append(length);
	assert_true(write_all());
}

/* Returns how often the file was read. */
static int
read_back(uint64_t offset, size_t length)
{
	struct raft_payload payload;
	int before = reads;

	assert_true(raft__journal_read(&journal, offset, length, &payload));
	assert_int_equal(payload.length, length);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(((const uint8_t *)payload.data)[i],
				 byte_at(offset + i));
	raft_payload_release(&payload);
	return reads - before;
}

static uint64_t
file_bytes(void)
{
	struct stat status;

	assert_int_equal(fstat(journal.fd, &status), 0);
	return (uint64_t)status.st_size;
}

static void
add_spare(unsigned int number)
{
	const struct segment spare = { .number = number };
	char name[16];

	snprintf(name, sizeof(name), "log.%u", number);
	close(make_file(name));
	assert_true(raft__segments_reserve(&journal.segments));
	raft__segments_add(&journal.segments, &spare);
}

/* ---------------------------------------------------------------- tests */

static void
a_chunk_is_an_eighth_of_the_cache_within_bounds(void **state)
{
	static const struct {
		size_t cache, length, chunk;
	} cases[] = {
		{ 0, 8, CHUNK_MIN },
		{ 8 * CHUNK_MIN, 8, CHUNK_MIN },
		{ 8 * CHUNK_MIN + 8, 8, CHUNK_MIN + 1 },
		{ 1 << 20, 8, 1 << 17 },
		{ 8 * CHUNK_MAX - 8, 8, CHUNK_MAX - 1 },
		{ 8 * CHUNK_MAX + 8, 8, CHUNK_MAX },
		{ 0, CHUNK_MIN + 8, CHUNK_MIN + 8 },
		{ 1 << 30, CHUNK_MAX + 8, CHUNK_MAX + 8 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_journal(cases[i].cache);
		append(cases[i].length);
		assert_int_equal(journal.chunk_bytes, cases[i].chunk);
		tear_down(state);
	}
	/* It is filled to its last byte. */
	open_journal(0);
	append(CHUNK_MIN / 2);
	append(CHUNK_MIN / 2);
	assert_int_equal(journal.chunk_bytes, CHUNK_MIN);
	append(8);
	assert_int_equal(journal.chunk_bytes, 2 * CHUNK_MIN);
}

static void
the_newest_stay_within_the_cache_and_what_is_not_written_stays(void **state)
{
	(void)state;
	open_journal(8 * CHUNK_MIN);
	for (int i = 1; i <= 20; i++) {
		append(CHUNK_MIN);
		assert_int_equal(journal.chunk_bytes, i * CHUNK_MIN);
	}
	assert_true(write_all());
	append_durably(CHUNK_MIN);
	assert_int_equal(journal.chunk_bytes, 8 * CHUNK_MIN);
	append_durably(CHUNK_MIN);
	assert_int_equal(journal.chunk_bytes, 8 * CHUNK_MIN);
	assert_int_equal(read_back(journal.end - 8 * CHUNK_MIN,
				   CHUNK_MIN), 0);
	assert_int_equal(read_back(journal.end - 8 * CHUNK_MIN - 1, 1), 1);
}

static void
what_is_read_brings_in_its_neighbours(void **state)
{
	(void)state;
	open_journal(0);
	for (int i = 0; i < 40; i++)
		append_durably(CHUNK_MIN);
	assert_int_equal(read_back(BEGIN + 100, 10), 1);
	/* The sectors that these bytes are in. */
	assert_int_equal(bytes_read,
			 ((100 + READ_AHEAD - 1) / SECTOR_ROOM + 1) *
			     SECTOR_BYTES);
	assert_int_equal(read_back(BEGIN + 100, READ_AHEAD), 0);
	assert_int_equal(read_back(BEGIN + 100 + READ_AHEAD, 1), 1);
	/* The newest chunk is there, from its first byte to its last. */
	assert_int_equal(read_back(journal.end - CHUNK_MIN, CHUNK_MIN), 0);
	assert_int_equal(read_back(journal.end - CHUNK_MIN - 1, 1), 1);
	/* Nothing beyond what was written. */
	assert_in_range(bytes_read, 1, CHUNK_MIN + 2 * SECTOR_BYTES);
	assert_int_equal(read_back(BEGIN, READ_AHEAD + 1), 1);
	assert_int_equal(bytes_read,
			 (READ_AHEAD / SECTOR_ROOM + 1) * SECTOR_BYTES);
}

static void
what_cannot_be_read_leaves_what_was_there(void **state)
{
	struct raft_payload payload;

	(void)state;
	open_journal(0);
	for (int i = 0; i < 40; i++)
		append_durably(CHUNK_MIN);
	assert_int_equal(read_back(BEGIN, 1), 1);
	assert_int_equal(ftruncate(journal.fd, READ_AHEAD), 0);
	assert_false(raft__journal_read(&journal, BEGIN + READ_AHEAD, 1,
					&payload));
	assert_int_equal(read_back(BEGIN, READ_AHEAD), 0);
}

static void
what_is_not_as_it_was_written_is_not_read(void **state)
{
	struct raft_payload payload;

	(void)state;
	open_journal(0);
	for (int i = 0; i < 40; i++)
		append_durably(CHUNK_MIN);
	assert_int_equal(real_pwrite(journal.fd, "x", 1, 5 * SECTOR_BYTES + 99),
			 1);
	assert_false(raft__journal_read(&journal, BEGIN + 4 * SECTOR_ROOM + 80,
					8, &payload));
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(read_back(BEGIN + 5 * SECTOR_ROOM, 8), 1);
	/* Up to there all is. */
	assert_int_equal(read_back(BEGIN, 4 * SECTOR_ROOM), 1);
	errno = 0;
	assert_false(raft__journal_read(&journal, BEGIN, 4 * SECTOR_ROOM + 1,
					&payload));
	assert_int_equal(errno, EBADMSG);
}

static void
assert_unreadable(uint64_t offset, size_t length)
{
	errno = 0;
	assert_null(raft__journal_peek(&journal, offset, length));
	assert_int_equal(errno, EBADMSG);
}

/* Nor what lies in two segments, before the first, or behind the end. */
static void
what_cannot_be_of_one_append_is_not_read(void **state)
{
	uint64_t second;

	(void)state;
	open_sized(0, 8 * PAGE_BYTES);
	append_durably(9 * PAGE_BYTES);
	add_spare(1);
	assert_true(raft__journal_turn(&journal, BEGIN));
	second = journal.end;
	for (int i = 0; i < 4; i++)
		append_durably(CHUNK_MIN);
	assert_non_null(raft__journal_peek(&journal, second - 8, 8));
	assert_unreadable(second - 8, 9);
	assert_unreadable(second - 1, 16);
	assert_non_null(raft__journal_peek(&journal, BEGIN, 8));
	assert_unreadable(BEGIN - 8, 8);
	assert_unreadable(journal.end - 8, 9);
	assert_unreadable(journal.end, 1);
	assert_unreadable(journal.end + 1, 8);
	assert_unreadable(UINT64_MAX - 7, 16);
}

/* The page that the next batch goes on in may be half written at any time. */
static void
what_is_written_over_meanwhile_is_read_as_it_was(void **state)
{
	static const uint8_t junk[PAGE_BYTES];
	uint64_t page;

	(void)state;
	open_journal(0);
	for (int i = 0; i < 40; i++)
		append_durably(CHUNK_MIN - 8);
	append(CHUNK_MIN);
	page = raft__sector_offset(BEGIN, journal.written) / PAGE_BYTES *
	       PAGE_BYTES;
	assert_int_equal(real_pwrite(journal.fd, junk, sizeof(junk),
				     (off_t)page),
			 sizeof(junk));
	assert_true(TAILQ_FIRST(&journal.chunks) ==
		    TAILQ_LAST(&journal.chunks, journal_chunks));
	assert_int_equal(read_back(journal.written - 3, 3), 0);
	assert_int_equal(read_back(journal.written - CHUNK_MIN, 8), 1);
}

static void
each_byte_is_written_once_into_zeros(void **state)
{
	(void)state;
	open_journal(1 << 20);
	append_durably(100);
	assert_int_equal(writes, 2);
	assert_int_equal(file_bytes(), PAGE_BYTES + ZEROS);
	append(50);
	append(ZEROS / 2 - 50);
	assert_int_equal(journal.durable, BEGIN + 100);
	assert_true(write_all());
	assert_int_equal(journal.durable, journal.end);
	/* In three pieces, and no zeros: the old ones reached so far. */
	assert_int_equal(writes, 2 + 3);
	assert_int_equal(file_bytes(), PAGE_BYTES + ZEROS);
	assert_int_equal(read_back(BEGIN + 150, ZEROS / 2 - 50), 0);
	append_durably(ZEROS / 2);
	assert_true(file_bytes() > 2 * ZEROS);
}

static void
a_disk_without_room_for_zeros_takes_the_bytes(void **state)
{
	(void)state;
	open_journal(0);
	writes_until_failure = 1;
	append_durably(100);
	assert_int_equal(file_bytes(), PAGE_BYTES);
	/* It has room again. */
	append_durably(PAGE_BYTES);
	assert_int_equal(file_bytes(), 2 * PAGE_BYTES + ZEROS);
}

static void
what_was_not_written_or_synced_is_not_durable(void **state)
{
	struct journal_batch batch;

	(void)state;
	open_journal(0);
	append_durably(100);
	append(100);
	writes_until_failure = 0;
	assert_false(write_all());
	assert_int_equal(journal.durable, BEGIN + 100);
	assert_int_equal(journal.written, BEGIN + 100);
	sync_fails = true;
	raft__journal_hand(&journal, &batch);
	assert_false(raft__journal_write(&batch));
	raft__journal_take_back(&journal, &batch);
	assert_int_equal(journal.written, BEGIN + 200);
	assert_int_equal(journal.durable, BEGIN + 100);
}

static void
what_is_appended_meanwhile_is_of_the_next_batch(void **state)
{
	struct journal_batch batch;

	(void)state;
	open_journal(0);
	append_durably(100);
	append(200);
	append(CHUNK_MIN);
	raft__journal_hand(&journal, &batch);
	/* Into the chunk that was handed out, and into others: what was handed out
	 * stays, beyond the cache. */
	append(8);
	for (int i = 0; i < 9; i++)
		append(CHUNK_MIN);
	assert_int_equal(batch.end, BEGIN + 300 + CHUNK_MIN);
	assert_true(raft__journal_write(&batch));
	assert_int_equal(journal.durable, BEGIN + 100);
	raft__journal_take_back(&journal, &batch);
	assert_int_equal(journal.durable, batch.end);
	assert_int_equal(journal.written, batch.end);
	assert_int_equal(read_back(BEGIN + 100, 200), 0);
	assert_true(write_all());
	assert_int_equal(journal.durable, journal.end);
	append_durably(8);
	for (uint64_t at = BEGIN; at < journal.end; at++)
		read_back(at, 1);
}

/* ---------------------------------------------------------------- segments */

#define SEGMENT (8 * PAGE_BYTES)

static void
fill_segment(void)
{
	while (!raft__journal_is_full(&journal))
		append_durably(1000);
}

static void
the_next_segment_begins_between_two_batches(void **state)
{
	uint64_t before, begin;

	(void)state;
	open_sized(0, SEGMENT);
	assert_false(raft__journal_is_half_full(&journal));
	fill_segment();
	assert_true(raft__journal_is_half_full(&journal));
	/* What was not handed out belongs to this one. */
	append(8);
	assert_false(raft__journal_is_full(&journal));
	assert_true(write_all());
	assert_true(raft__journal_is_full(&journal));
	/* No file for it. */
	assert_false(raft__journal_turn(&journal, 0));
	append_durably(8);
	add_spare(1);
	before = journal.end;
	assert_true(raft__journal_turn(&journal, BEGIN));
	begin = journal.end;
	assert_int_equal(begin, raft__sector_next(before));
	assert_int_equal(journal.header.begin, begin);
	assert_int_equal(journal.header.ended, before);
	assert_int_equal(journal.header.needed, BEGIN);
	append_durably(3000);
	for (int i = 0; i < 4; i++)
		append_durably(CHUNK_MIN);
	assert_int_equal(read_back(before - 8, 8), 1);
	assert_int_equal(read_back(begin, 8), 1);
	assert_int_equal(raft__segments_at(&journal.segments, before - 1)->number,
			 0);
	assert_int_equal(raft__segments_at(&journal.segments, begin)->number, 1);
}

/* It is not written over before what begins behind it is durable. */
static void
a_segment_is_free_when_the_next_is_durable_without_it(void **state)
{
	struct journal_batch batch;

	(void)state;
	open_sized(0, SEGMENT);
	fill_segment();
	add_spare(2);
	/* The last batch of the first one is under way. */
	append(100);
	raft__journal_hand(&journal, &batch);
	assert_true(raft__journal_turn(&journal, 0));
	append(100);
	assert_true(raft__journal_write(&batch));
	assert_int_equal(raft__journal_take_back(&journal, &batch), 0);
	assert_null(raft__segments_spare(&journal.segments));
	raft__journal_hand(&journal, &batch);
	assert_int_equal(batch.begin, journal.header.begin);
	sync_fails = true;
	assert_false(raft__journal_write(&batch));
	assert_int_equal(raft__journal_take_back(&journal, &batch), 0);
	assert_null(raft__segments_spare(&journal.segments));
	sync_fails = false;
	batch.is_durable = true;
	assert_int_equal(raft__journal_take_back(&journal, &batch), 1);
	assert_int_equal(raft__segments_spare(&journal.segments)->number, 0);
	assert_int_equal(raft__segments_spares(&journal.segments), 1);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_chunk_is_an_eighth_of_the_cache_within_bounds),
		TEST(the_newest_stay_within_the_cache_and_what_is_not_written_stays),
		TEST(what_is_read_brings_in_its_neighbours),
		TEST(what_cannot_be_read_leaves_what_was_there),
		TEST(what_is_not_as_it_was_written_is_not_read),
		TEST(what_cannot_be_of_one_append_is_not_read),
		TEST(what_is_written_over_meanwhile_is_read_as_it_was),
		TEST(each_byte_is_written_once_into_zeros),
		TEST(a_disk_without_room_for_zeros_takes_the_bytes),
		TEST(what_was_not_written_or_synced_is_not_durable),
		TEST(what_is_appended_meanwhile_is_of_the_next_batch),
		TEST(the_next_segment_begins_between_two_batches),
		TEST(a_segment_is_free_when_the_next_is_durable_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The journal of log_file: how much of a file it keeps in memory, and how often
 * it asks the disk.
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
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "assists/log_file/journal.h"
#include "tests/unit/real_disk.h"

/** Where the first record stands. */
#define BEGIN 64
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

static void
open_journal(size_t cache_bytes)
{
	int fd = memfd_create("journal", 0);

	assert_true(fd >= 0);
	raft__journal_init(&journal, fd, BEGIN, cache_bytes);
	reads = writes = 0;
}

static int
tear_down(void **state)
{
	(void)state;
	writes_until_failure = -1;
	sync_fails = false;
	raft__journal_close(&journal);
	return 0;
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

static void
append_durably(size_t length)
{
	append(length);
	assert_true(raft__journal_sync(&journal));
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
	assert_true(raft__journal_sync(&journal));
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
	assert_int_equal(bytes_read, READ_AHEAD);
	assert_int_equal(read_back(BEGIN + 100, READ_AHEAD), 0);
	assert_int_equal(read_back(BEGIN + 100 + READ_AHEAD, 1), 1);
	/* The newest chunk is there, from its first byte to its last. */
	assert_int_equal(read_back(journal.end - CHUNK_MIN, CHUNK_MIN), 0);
	assert_int_equal(read_back(journal.end - CHUNK_MIN - 1, 1), 1);
	/* Nothing beyond what was written. */
	assert_int_equal(bytes_read, CHUNK_MIN + 1);
	assert_int_equal(read_back(BEGIN, READ_AHEAD + 1), 1);
	assert_int_equal(bytes_read, READ_AHEAD + 1);
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
	assert_int_equal(ftruncate(journal.fd, BEGIN + READ_AHEAD), 0);
	assert_false(raft__journal_read(&journal, BEGIN + READ_AHEAD, 1,
					&payload));
	assert_int_equal(read_back(BEGIN, READ_AHEAD), 0);
}

static void
each_byte_is_written_once_into_zeros(void **state)
{
	(void)state;
	open_journal(1 << 20);
	append_durably(100);
	assert_int_equal(writes, 2);
	assert_int_equal(file_bytes(), BEGIN + 100 + ZEROS);
	append(50);
	append(ZEROS - 50);
	assert_int_equal(journal.durable, BEGIN + 100);
	assert_true(raft__journal_sync(&journal));
	assert_int_equal(journal.durable, journal.end);
	/* Two chunks, and no zeros: the old ones reached so far. */
	assert_int_equal(writes, 4);
	assert_int_equal(file_bytes(), BEGIN + 100 + ZEROS);
	assert_int_equal(read_back(BEGIN + 150, ZEROS - 50), 0);
	append_durably(8);
	assert_int_equal(file_bytes(), journal.end + ZEROS);
}

static void
a_disk_without_room_for_zeros_takes_the_bytes(void **state)
{
	(void)state;
	open_journal(0);
	writes_until_failure = 1;
	append_durably(100);
	assert_int_equal(file_bytes(), BEGIN + 100);
	/* It has room again. */
	append_durably(100);
	assert_int_equal(file_bytes(), BEGIN + 200 + ZEROS);
}

static void
what_was_not_written_or_synced_is_not_durable(void **state)
{
	(void)state;
	open_journal(0);
	append_durably(100);
	append(100);
	writes_until_failure = 0;
	assert_false(raft__journal_sync(&journal));
	assert_int_equal(journal.durable, BEGIN + 100);
	assert_int_equal(journal.written, BEGIN + 100);
	sync_fails = true;
	assert_false(raft__journal_sync(&journal));
	assert_int_equal(journal.written, BEGIN + 200);
	assert_int_equal(journal.durable, BEGIN + 100);
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
		TEST(each_byte_is_written_once_into_zeros),
		TEST(a_disk_without_room_for_zeros_takes_the_bytes),
		TEST(what_was_not_written_or_synced_is_not_durable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A leader's snapshots and a follower's, on a disk that crashes, for their tests.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A crash is made at every call that changes the disk: that one does half of
 * its work or nothing, and all later ones nothing, until the directory is opened
 * again.
 */
#ifndef TESTS_UNIT_SNAPSHOT_FILE_SCENE_H
#define TESTS_UNIT_SNAPSHOT_FILE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/crc32c/crc32c.h"
#include "assists/little_endian/little_endian.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "tests/unit/real_disk.h"

#define PART_BYTES 1000
#define LARGE 150000

/* ---------------------------------------------------------------- faults */

/** Calls that succeed before one fails, and all after it; -1: none fails. */
static int calls_until_crash = -1;
/** Only that one fails. */
static bool fails_once;
static int calls;
static int directory_syncs, file_syncs;
/** Called before each sync, in whatever thread; NULL: not. */
static void (*before_sync)(void);
/** The directory that was synced last. */
static ino_t directory_synced;
/** Written since the last sync: nothing of it may be given a name. */
static size_t unsynced;
static size_t bytes_read;

static inline bool
crashes(void)
{
	calls++;
	if (calls_until_crash < 0)
		return false;
	if (calls_until_crash > 0) {
		calls_until_crash--;
		return false;
	}
	if (fails_once)
		calls_until_crash = -1;
	errno = ENOSPC;
	return true;
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	bool dies = calls_until_crash == 0;

	if (crashes()) {
		/* The end of it may be missing. */
		if (dies)
			(void)real_pwrite(fd, bytes,
					  torn_length(length, offset), offset);
		errno = ENOSPC;
		return -1;
	}
	unsynced += length;
	return real_pwrite(fd, bytes, length, offset);
}

ssize_t
pread(int fd, void *bytes, size_t length, off_t offset)
{
	const struct iovec piece = { bytes, length };

	bytes_read += length;
	return preadv(fd, &piece, 1, offset);
}

int
fsync(int fd)
{
	struct stat status;

	if (before_sync != NULL)
		before_sync();
	if (crashes())
		return -1;
	assert_int_equal(fstat(fd, &status), 0);
	if (S_ISDIR(status.st_mode)) {
		directory_syncs++;
		directory_synced = status.st_ino;
	} else {
		file_syncs++;
	}
	unsynced = 0;
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (crashes())
		return -1;
	assert_int_equal(unsynced, 0);
	return real_renameat(from_fd, from, to_fd, to);
}

/* --------------------------------------------------------------- fixture */

struct site {
	char path[PATH_MAX];
	struct raft_owner owner;
	struct raft_snapshot_file *snapshots;
	struct raft_entry_id saved;
	struct raft_entry_id lost;
	struct raft_entry_id damaged;
	uint64_t saved_end;
	struct raft_entry_id installed;
	int failures;
	char why[512];
};

static struct fixture {
	char root[256];
	/** One that takes and sends, one that receives. */
	struct site leader;
	struct site follower;
	char error[512];
	uint8_t loaded[LARGE];
	size_t loaded_bytes;
	/** Handed over at once, at most. */
	size_t loaded_at_once;
	/** Open before the test. */
	int descriptors;
} fixture;

static inline void
note_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	struct site *site = context;

	site->saved = snapshot;
	site->saved_end = end;
}

static inline bool
note_install(void *context, struct raft_entry_id snapshot)
{
	struct site *site = context;

	site->installed = snapshot;
	return true;
}

static inline void
note_lost(void *context, struct raft_entry_id snapshot)
{
	struct site *site = context;

	site->lost = snapshot;
}

static inline void
note_damaged(void *context, struct raft_entry_id snapshot)
{
	struct site *site = context;

	site->damaged = snapshot;
}

static inline void
note_failed(void *context, const char *why)
{
	struct site *site = context;

	site->failures++;
	snprintf(site->why, sizeof(site->why), "%s", why);
}

static inline bool
try_open(struct site *site)
{
	site->snapshots = raft_snapshot_file_open(
	    site->path, &site->owner, fixture.error, sizeof(fixture.error));
	return site->snapshots != NULL;
}

static inline void
open_site(struct site *site)
{
	const struct raft_snapshot_file_reports reports = {
		.context = site,
		.saved = note_saved,
		.lost = note_lost,
		.damaged = note_damaged,
		.install = note_install,
		.failed = note_failed,
	};

	raft_snapshot_file_close(site->snapshots);
	if (!try_open(site))
		fail_msg("%s", fixture.error);
	raft_snapshot_file_bind(site->snapshots, &reports);
	site->saved = site->installed = (struct raft_entry_id){ 0 };
	site->saved_end = 0;
	site->lost = site->damaged = (struct raft_entry_id){ 0 };
	site->failures = 0;
}

/* What a process that comes back finds. */
static inline void
reopen(struct site *site)
{
	raft_snapshot_file_close(site->snapshots);
	site->snapshots = NULL;
	calls_until_crash = -1;
	unsynced = 0;
	open_site(site);
}

static inline int
count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 100; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static inline int
set_up(void **state)
{
	const char *temporary = getenv("TEST_TMPDIR");

	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	fixture.descriptors = count_descriptors();
	snprintf(fixture.root, sizeof(fixture.root), "%.200s/snapshots.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(fixture.root) == NULL)
		return -1;
	snprintf(fixture.leader.path, PATH_MAX, "%s/one", fixture.root);
	snprintf(fixture.follower.path, PATH_MAX, "%s/two", fixture.root);
	fixture.leader.owner.self = (struct raft_identity){ 1, 11 };
	fixture.follower.owner.self = (struct raft_identity){ 2, 12 };
	calls_until_crash = -1;
	fails_once = false;
	unsynced = 0;
	open_site(&fixture.leader);
	open_site(&fixture.follower);
	return 0;
}

static inline int
tear_down(void **state)
{
	char command[300];

	(void)state;
	calls_until_crash = -1;
	raft_snapshot_file_close(fixture.leader.snapshots);
	raft_snapshot_file_close(fixture.follower.snapshots);
	snprintf(command, sizeof(command), "rm -r %s", fixture.root);
	return count_descriptors() != fixture.descriptors || system(command);
}

/* ------------------------------------------------------------ snapshots */

static inline uint8_t
byte_of(struct raft_entry_id id, size_t at)
{
	return (uint8_t)(id.index * 31 + id.term * 7 + at * 13 + at / 251);
}

/* The snapshot of an entry has `length` bytes that its name says. */
static inline bool
take(struct site *site, struct raft_entry_id id, size_t length)
{
	uint8_t bytes[777];
	size_t at, i, count;

	raft_snapshot_file_begin(site->snapshots, id);
	for (at = 0; at < length; at += count) {
		count = length - at < sizeof(bytes) ? length - at
						    : sizeof(bytes);
		for (i = 0; i < count; i++)
			bytes[i] = byte_of(id, at + i);
		raft_snapshot_file_write(site->snapshots, bytes, count);
	}
	return raft_snapshot_file_commit(site->snapshots);
}

static inline bool
keep_loaded(void *context, const void *bytes, size_t length)
{
	(void)context;
	assert_in_range(fixture.loaded_bytes + length, 0, LARGE);
	memcpy(fixture.loaded + fixture.loaded_bytes, bytes, length);
	fixture.loaded_bytes += length;
	if (length > fixture.loaded_at_once)
		fixture.loaded_at_once = length;
	return true;
}

static inline bool
load(struct site *site, struct raft_entry_id id)
{
	fixture.loaded_bytes = 0;
	return raft_snapshot_file_load(site->snapshots, id, keep_loaded, NULL,
				       fixture.error, sizeof(fixture.error));
}

static inline void
assert_loads(struct site *site, struct raft_entry_id id, size_t length)
{
	size_t i;

	if (!load(site, id))
		fail_msg("%s", fixture.error);
	assert_int_equal(fixture.loaded_bytes, length);
	for (i = 0; i < length; i++)
		assert_int_equal(fixture.loaded[i], byte_of(id, i));
}

/* Entries from snapshot.index on, all of term 2, up to 100. */
static struct raft_entry_id
choose(struct site *site, struct raft_entry_id begins_behind)
{
	const struct raft_term_run run = { begins_behind.index + 1, 2 };
	const struct raft_stored stored = {
		.snapshot = begins_behind, .runs = &run, .run_count = 1,
		.last_index = 100 };
	struct raft_entry_id chosen;

	if (!raft_snapshot_file_choose(site->snapshots, &stored, &chosen,
				       fixture.error, sizeof(fixture.error)))
		fail_msg("%s", fixture.error);
	return chosen;
}

/* Its file, to spoil it. */
static inline int
open_file(const struct site *site, struct raft_entry_id id)
{
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%020llu-%020llu", site->path,
		 (unsigned long long)id.index, (unsigned long long)id.term);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	return fd;
}

static inline bool
has(struct site *site, struct raft_entry_id id)
{
	return raft_snapshot_file_size(site->snapshots, id) > 0;
}

/* The next part of the leader's, with one bit wrong at `wrong`. */
static inline void
pass_on(struct raft_entry_id id, uint64_t offset, uint64_t wrong)
{
	uint64_t size = raft_snapshot_file_size(fixture.leader.snapshots, id);
	uint64_t left = size - offset;
	struct raft_snapshot_part part = {
		.snapshot = id, .size = size, .offset = offset };
	uint8_t *bytes;

	assert_true(raft_snapshot_file.read(
		fixture.leader.snapshots, id, offset,
		left < PART_BYTES ? (size_t)left : PART_BYTES, &part.bytes));
	bytes = (uint8_t *)(uintptr_t)part.bytes.data;
	if (wrong >= offset && wrong < offset + part.bytes.length)
		bytes[wrong - offset] ^= 1;
	raft_snapshot_file.store(fixture.follower.snapshots, &part);
	raft_payload_release(&part.bytes);
}

static inline void
pass_all_on(struct raft_entry_id id, uint64_t wrong)
{
	uint64_t size = raft_snapshot_file_size(fixture.leader.snapshots, id);

	for (uint64_t offset = 0; offset < size; offset += PART_BYTES) {
		pass_on(id, offset, wrong);
		if (offset / PART_BYTES % 3 == 2)
			raft_snapshot_file.flush(fixture.follower.snapshots);
	}
	raft_snapshot_file.flush(fixture.follower.snapshots);
}

static inline bool
is_whole(const struct site *site, struct raft_entry_id id)
{
	return site->saved.index == id.index && site->saved.term == id.term &&
	       site->saved_end ==
		       raft_snapshot_file_size(fixture.leader.snapshots, id);
}

/* One bit of it is wrong from now on. */
static inline void
spoil(const struct site *site, struct raft_entry_id id, off_t at)
{
	int fd = open_file(site, id);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 16;
	assert_int_equal(real_pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static inline bool
is_set_aside(const struct site *site)
{
	char file[PATH_MAX + 64];

	snprintf(file, sizeof(file), "%s/damaged", site->path);
	return access(file, F_OK) == 0;
}

/* ------------------------------------------------------------- for tests */

static const struct raft_entry_id none = { 0, 0 };
static const struct raft_entry_id tenth = { 10, 2 };
static const struct raft_entry_id twentieth = { 20, 2 };

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif

/*
 * snapshot_file keeps what was committed or received, through crashes, damage
 * and full disks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A crash is made at every call that changes the disk: that one does half of
 * its work or nothing, and all later ones nothing, until the directory is opened
 * again.
 */
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
static int directory_syncs;
/** The directory that was synced last. */
static ino_t directory_synced;
/** Written since the last sync: nothing of it may be given a name. */
static size_t unsynced;
static size_t bytes_read;

static bool
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

	if (crashes())
		return -1;
	assert_int_equal(fstat(fd, &status), 0);
	if (S_ISDIR(status.st_mode)) {
		directory_syncs++;
		directory_synced = status.st_ino;
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

static void
note_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	struct site *site = context;

	site->saved = snapshot;
	site->saved_end = end;
}

static bool
note_install(void *context, struct raft_entry_id snapshot)
{
	struct site *site = context;

	site->installed = snapshot;
	return true;
}

static void
note_lost(void *context, struct raft_entry_id snapshot)
{
	struct site *site = context;

	site->lost = snapshot;
}

static void
note_damaged(void *context, struct raft_entry_id snapshot)
{
	struct site *site = context;

	site->damaged = snapshot;
}

static void
note_failed(void *context, const char *why)
{
	struct site *site = context;

	site->failures++;
	snprintf(site->why, sizeof(site->why), "%s", why);
}

static bool
try_open(struct site *site)
{
	site->snapshots = raft_snapshot_file_open(
	    site->path, &site->owner, fixture.error, sizeof(fixture.error));
	return site->snapshots != NULL;
}

static void
open_site(struct site *site)
{
	const struct raft_snapshot_file_reports reports = {
		site,	      note_saved,   note_lost,
		note_damaged, note_install, note_failed,
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
static void
reopen(struct site *site)
{
	raft_snapshot_file_close(site->snapshots);
	site->snapshots = NULL;
	calls_until_crash = -1;
	unsynced = 0;
	open_site(site);
}

static int
count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 100; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int
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

static int
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

static uint8_t
byte_of(struct raft_entry_id id, size_t at)
{
	return (uint8_t)(id.index * 31 + id.term * 7 + at * 13 + at / 251);
}

/* The snapshot of an entry has `length` bytes that its name says. */
static bool
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

static bool
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

static bool
load(struct site *site, struct raft_entry_id id)
{
	fixture.loaded_bytes = 0;
	return raft_snapshot_file_load(site->snapshots, id, keep_loaded, NULL,
				       fixture.error, sizeof(fixture.error));
}

static void
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
static int
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

static bool
has(struct site *site, struct raft_entry_id id)
{
	return raft_snapshot_file_size(site->snapshots, id) > 0;
}

/* The next part of the leader's, with one bit wrong at `wrong`. */
static void
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

static void
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

static bool
is_whole(const struct site *site, struct raft_entry_id id)
{
	return site->saved.index == id.index && site->saved.term == id.term &&
	       site->saved_end ==
		       raft_snapshot_file_size(fixture.leader.snapshots, id);
}

/* ---------------------------------------------------------------- tests */

static const struct raft_entry_id none = { 0, 0 };
static const struct raft_entry_id tenth = { 10, 2 };
static const struct raft_entry_id twentieth = { 20, 2 };

static void
what_was_committed_is_found_again(void **state)
{
	const size_t lengths[] = { 0, 1, 777, 65504, 65505, LARGE };
	struct site *site = &fixture.leader;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const struct raft_entry_id id = { 10 + i, 2 };

		assert_true(take(site, id, lengths[i]));
		reopen(site);
		assert_int_equal(choose(site, none).index, id.index);
		assert_loads(site, id, lengths[i]);
	}
	/* No server needs room for a whole one. */
	assert_int_equal(fixture.loaded_at_once, 65536);
}

/* What was chosen has just been read whole: the first time it is loaded, that
 * is enough. */
static void
a_start_reads_a_snapshot_twice(void **state)
{
	struct site *site = &fixture.leader;

	(void)state;
	assert_true(take(site, tenth, LARGE));
	bytes_read = 0;
	assert_int_equal(choose(site, none).index, 10);
	assert_in_range(bytes_read, LARGE, LARGE + 1000);
	bytes_read = 0;
	assert_loads(site, tenth, LARGE);
	assert_in_range(bytes_read, LARGE, LARGE + 1000);
	bytes_read = 0;
	assert_loads(site, tenth, LARGE);
	assert_in_range(bytes_read, 2 * LARGE, 2 * LARGE + 1000);
}

/* Made by hand from the table in image.h. */
static void
the_bytes_of_a_snapshot_stay_what_they_are(void **state)
{
	static const char golden[] =
	    "726166742d6f776e0200000000000000000000000000000000000000000000ee"
	    "01000000000000000b00000000000000000000000000000000000000dd3abc00"
	    "726166742d736e7001000000000000000a000000000000000200000000000000"
	    "44510200000000000000000000002ab6ccaa";
	struct site *site = &fixture.leader;
	uint8_t bytes[sizeof(golden) / 2];
	char hex[sizeof(golden) + 1];
	int fd;

	(void)state;
	raft_snapshot_file_close(site->snapshots);
	site->snapshots = NULL;
	site->owner.cluster[15] = 0xee;
	open_site(site);
	assert_true(take(site, tenth, 2));
	fd = open_file(site, tenth);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	close(fd);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(hex, golden);
}

static bool
take_nothing(void *context, const void *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
	return false;
}

static void
what_the_machine_does_not_take_is_not_loaded(void **state)
{
	struct site *site = &fixture.leader;

	(void)state;
	assert_true(take(site, tenth, 300));
	assert_false(raft_snapshot_file_load(site->snapshots, tenth,
					     take_nothing, NULL, fixture.error,
					     sizeof(fixture.error)));
	assert_non_null(strstr(fixture.error,
			       "of entry 10 of term 2 was not taken by"));
	assert_false(load(site, twentieth));
	assert_non_null(strstr(fixture.error, "cannot be opened"));
}

static void
a_crash_while_taking_leaves_the_one_before(void **state)
{
	struct site *site = &fixture.leader;
	struct raft_entry_id found;
	bool committed = false;

	(void)state;
	assert_true(take(site, tenth, 3000));
	for (int n = 0; !committed; n++) {
		calls_until_crash = n;
		committed = take(site, twentieth, 3000);
		reopen(site);
		found = choose(site, none);
		assert_true(!committed || found.index == 20);
		assert_in_range(n, 0, 20);
		assert_loads(site, found, 3000);
		if (found.index == 10)
			assert_false(has(site, twentieth));
	}
}

static void
a_full_disk_gives_up_that_snapshot_alone(void **state)
{
	struct site *site = &fixture.leader;

	(void)state;
	fails_once = true;
	for (int n = 0; n < 8; n++) {
		const struct raft_entry_id id = { 20 + (uint64_t)n, 2 };

		calls_until_crash = n;
		assert_false(take(site, id, 3000));
		assert_int_equal(site->failures, n + 1);
		assert_non_null(strstr(site->why, "No space left"));
		unsynced = 0;
	}
	assert_true(take(site, tenth, 3000));
	assert_loads(site, tenth, 3000);
}

static void
what_may_be_on_its_way_does_not_change(void **state)
{
	struct site *site = &fixture.leader;

	(void)state;
	assert_true(take(site, tenth, 3000));
	assert_true(take(site, tenth, 5000));
	assert_loads(site, tenth, 3000);
}

static void
what_a_leader_sends_arrives_as_it_was(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, LARGE));
	pass_all_on(tenth, UINT64_MAX);
	assert_true(is_whole(site, tenth));
	/* It counts for nothing yet. */
	assert_false(has(site, tenth));
	assert_true(raft_snapshot_file.install(site->snapshots, tenth));
	assert_int_equal(site->installed.index, 10);
	assert_loads(site, tenth, LARGE);
	reopen(site);
	assert_int_equal(choose(site, tenth).index, 10);
	assert_loads(site, tenth, LARGE);
}

static void
a_crash_while_receiving_finds_what_the_log_says(void **state)
{
	struct site *site = &fixture.follower;
	bool whole = false, installed = false;

	(void)state;
	assert_true(take(&fixture.leader, twentieth, 7500));
	assert_true(take(site, tenth, 500));
	for (int n = 0; !installed; n++) {
		assert_in_range(n, 0, 40);
		calls_until_crash = n;
		pass_all_on(twentieth, UINT64_MAX);
		whole = is_whole(site, twentieth);
		installed = whole && raft_snapshot_file.install(
					     site->snapshots, twentieth);
		reopen(site);
		/* The log begins behind it as soon as it is whole. */
		if (!whole) {
			assert_int_equal(choose(site, none).index, 10);
			assert_loads(site, tenth, 500);
			continue;
		}
		assert_int_equal(choose(site, twentieth).index, 20);
		assert_loads(site, twentieth, 7500);
		if (installed)
			break;
		/* As before, for the next crash. */
		raft_snapshot_file_forget(site->snapshots, 100);
		assert_true(take(site, tenth, 500));
	}
	assert_true(installed);
}

/* Whole, but the log was not told before the crash. */
static void
what_the_log_does_not_name_is_not_taken_up(void **state)
{
	struct site *site = &fixture.follower;
	char file[PATH_MAX + 64];

	(void)state;
	assert_true(take(&fixture.leader, twentieth, 7500));
	assert_true(take(site, tenth, 500));
	pass_all_on(twentieth, UINT64_MAX);
	assert_true(is_whole(site, twentieth));
	reopen(site);
	assert_int_equal(choose(site, none).index, 10);
	assert_false(has(site, twentieth));
	/* It does not even take room. */
	snprintf(file, sizeof(file), "%s/received", site->path);
	assert_int_equal(access(file, F_OK), -1);
}

static void
a_damaged_part_is_noticed_and_the_next_attempt_succeeds(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, 2500));
	for (uint64_t wrong = 0; wrong < 2548; wrong += 49) {
		pass_all_on(tenth, wrong);
		assert_false(is_whole(site, tenth));
		assert_int_equal(site->failures, wrong / 49 + 1);
		assert_int_equal(site->damaged.index, tenth.index);
		site->damaged.index = 0;
		assert_non_null(strstr(site->why, "damaged"));
	}
	assert_int_equal(site->lost.index, 0);
	pass_all_on(tenth, UINT64_MAX);
	assert_true(is_whole(site, tenth));
}

static void
parts_without_their_beginning_are_left_alone(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, 2500));
	pass_on(tenth, PART_BYTES, UINT64_MAX);
	raft_snapshot_file.flush(site->snapshots);
	assert_int_equal(site->saved_end, 0);
	directory_syncs = 0;
	pass_on(tenth, 0, UINT64_MAX);
	raft_snapshot_file.flush(site->snapshots);
	assert_int_equal(site->saved_end, PART_BYTES);
	/* Its file is found after a power cut. */
	assert_int_equal(directory_syncs, 1);
}

static void
damage_on_the_disk_is_refused(void **state)
{
	struct site *site = &fixture.leader;
	uint8_t byte;
	int fd;

	(void)state;
	assert_true(take(site, tenth, 300));
	fd = open_file(site, tenth);
	for (off_t at = 0; at < 64 + 348; at++) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 4;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_false(load(site, tenth));
		assert_int_equal(fixture.loaded_bytes, 0);
		assert_non_null(strstr(fixture.error, "is damaged"));
		byte ^= 4;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_loads(site, tenth, 300);
	assert_int_equal(ftruncate(fd, 64 + 347), 0);
	assert_false(load(site, tenth));
	close(fd);
}

/* By a later version, and sound. */
static void
a_later_image_is_refused(void **state)
{
	struct site *site = &fixture.leader;
	uint8_t image[32 + 16];
	int fd;

	(void)state;
	assert_true(take(site, tenth, 0));
	fd = open_file(site, tenth);
	assert_int_equal(pread(fd, image, sizeof(image), 64), sizeof(image));
	/* The version, and the bits that must be understood. */
	for (int at = 8; at < 16; at += 4) {
		image[at]++;
		put32(image + 44, raft__crc32c(0, image, 44));
		assert_int_equal(real_pwrite(fd, image, sizeof(image), 64),
				 sizeof(image));
		assert_false(load(site, tenth));
		assert_non_null(strstr(fixture.error, "of a newer version"));
		image[at]--;
	}
	close(fd);
}

static void
the_newest_that_the_log_reaches_is_chosen(void **state)
{
	const struct raft_entry_id another = { 30, 1 }, beyond = { 101, 2 };
	struct site *site = &fixture.leader;

	(void)state;
	assert_int_equal(choose(site, none).index, 0);
	assert_true(take(site, tenth, 300));
	assert_true(take(site, twentieth, 300));
	assert_true(take(site, another, 300));
	assert_true(take(site, beyond, 300));
	assert_int_equal(choose(site, none).index, 20);
	/* Those before it may be of use yet, says whoever knows. */
	assert_true(has(site, tenth));
	/* The log's first entry may stand right behind it. */
	assert_int_equal(choose(site, twentieth).index, 20);
}

/* Entries of term 2 from 11 on, of 3 from 20 on, of 5 from 30 on, up to 40. */
static uint64_t
choose_of_three_terms(struct site *site)
{
	const struct raft_term_run runs[] = { { 11, 2 }, { 20, 3 }, { 30, 5 } };
	const struct raft_stored stored = {
		.snapshot = tenth, .runs = runs, .run_count = 3,
		.last_index = 40 };
	struct raft_entry_id chosen;

	assert_true(raft_snapshot_file_choose(site->snapshots, &stored, &chosen,
					      fixture.error,
					      sizeof(fixture.error)));
	return chosen.index;
}

static void
a_snapshot_is_of_the_term_that_the_log_has_there(void **state)
{
	static const struct {
		struct raft_entry_id id;
		bool is_of_use;
	} cases[] = {
		{ { 9, 2 }, false },  { { 10, 2 }, true },  { { 10, 3 }, false },
		{ { 11, 2 }, true },  { { 19, 3 }, false }, { { 19, 2 }, true },
		{ { 20, 2 }, false }, { { 20, 3 }, true },  { { 29, 3 }, true },
		{ { 30, 3 }, false }, { { 30, 5 }, true },  { { 40, 5 }, true },
		{ { 41, 5 }, false },
	};
	struct site *site = &fixture.leader;
	uint64_t best = 10;

	(void)state;
	assert_true(take(site, tenth, 300));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(take(site, cases[i].id, 300));
		if (cases[i].is_of_use)
			best = cases[i].id.index;
		assert_int_equal(choose_of_three_terms(site), best);
	}
}

static void
a_log_whose_snapshot_is_missing_is_refused(void **state)
{
	const struct raft_stored stored = { .snapshot = twentieth,
					    .last_index = 20 };
	const struct raft_entry_id another = { 20, 1 };
	struct site *site = &fixture.leader;
	struct raft_entry_id chosen;
	char other[PATH_MAX + 64];

	(void)state;
	assert_true(take(site, tenth, 300));
	assert_false(raft_snapshot_file_choose(site->snapshots, &stored,
					       &chosen, fixture.error,
					       sizeof(fixture.error)));
	assert_non_null(strstr(fixture.error, "entry 20, which is not here"));
	/* A copy is not it, and not to be taken for one that is damaged. */
	snprintf(other, sizeof(other), "%s/%020d-%020d~", site->path, 20, 2);
	close(open(other, O_CREAT | O_WRONLY, 0600));
	assert_false(raft_snapshot_file_choose(site->snapshots, &stored,
					       &chosen, fixture.error,
					       sizeof(fixture.error)));
	assert_non_null(strstr(fixture.error, "not here: bring it back"));
	/* Nothing was deleted that a person may want. */
	assert_true(has(site, tenth));
	/* Another one is no help, not even if it is of another term. */
	site = &fixture.follower;
	pass_all_on(tenth, UINT64_MAX);
	assert_true(is_whole(site, tenth));
	assert_false(raft_snapshot_file_choose(site->snapshots, &stored,
					       &chosen, fixture.error,
					       sizeof(fixture.error)));
	assert_true(take(&fixture.leader, another, 300));
	pass_all_on(another, UINT64_MAX);
	assert_true(is_whole(site, another));
	assert_false(raft_snapshot_file_choose(site->snapshots, &stored,
					       &chosen, fixture.error,
					       sizeof(fixture.error)));
}

/* One bit of it is wrong from now on. */
static void
spoil(const struct site *site, struct raft_entry_id id, off_t at)
{
	int fd = open_file(site, id);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 16;
	assert_int_equal(real_pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static bool
is_set_aside(const struct site *site)
{
	char file[PATH_MAX + 64];

	snprintf(file, sizeof(file), "%s/damaged", site->path);
	return access(file, F_OK) == 0;
}

/* The older one was deleted before the newer one had been read. */
static void
the_one_before_is_chosen_if_the_newest_is_damaged(void **state)
{
	const struct raft_entry_id thirtieth = { 30, 2 }, another = { 40, 1 };
	struct site *site = &fixture.leader;

	(void)state;
	assert_true(take(site, tenth, 3000));
	assert_true(take(site, twentieth, LARGE));
	assert_true(take(site, thirtieth, 300));
	assert_true(take(site, another, 300));
	spoil(site, twentieth, LARGE / 2);
	spoil(site, thirtieth, 20);
	reopen(site);
	assert_int_equal(choose(site, none).index, 10);
	assert_loads(site, tenth, 3000);
	assert_false(has(site, thirtieth));
	assert_false(has(site, twentieth));
	assert_true(has(site, another));
	/* A person may want to look at it. */
	assert_true(is_set_aside(site));
	reopen(site);
	assert_int_equal(choose(site, none).index, 10);
	assert_true(is_set_aside(site));
	/* There is one of the entry again, later. */
	assert_true(take(site, twentieth, 300));
	assert_loads(site, twentieth, 300);
}

/* The log has all of it, from its beginning. */
static void
without_a_sound_one_a_whole_log_begins_anew(void **state)
{
	struct site *site = &fixture.leader;

	(void)state;
	assert_true(take(site, tenth, 3000));
	spoil(site, tenth, 100);
	assert_int_equal(choose(site, none).index, 0);
	assert_true(is_set_aside(site));
}

static void
a_log_behind_a_damaged_snapshot_is_refused(void **state)
{
	const struct raft_stored stored = { .snapshot = tenth,
					    .last_index = 10 };
	struct site *site = &fixture.leader;
	struct raft_entry_id chosen;

	(void)state;
	assert_true(take(site, tenth, 3000));
	spoil(site, tenth, 100);
	assert_false(raft_snapshot_file_choose(site->snapshots, &stored,
					       &chosen, fixture.error,
					       sizeof(fixture.error)));
	assert_non_null(strstr(fixture.error, "what is here is damaged"));
	/* Nothing has changed. */
	assert_true(has(site, tenth));
	assert_false(is_set_aside(site));
}

/* Between the crash and the restart. */
static void
a_received_snapshot_that_is_damaged_is_not_taken_up(void **state)
{
	const struct raft_stored stored = { .snapshot = tenth,
					    .last_index = 10 };
	struct site *site = &fixture.follower;
	struct raft_entry_id chosen;
	char file[PATH_MAX + 64];
	uint8_t byte = 0xee;
	int fd;

	(void)state;
	assert_true(take(&fixture.leader, tenth, 3000));
	pass_all_on(tenth, UINT64_MAX);
	assert_true(is_whole(site, tenth));
	snprintf(file, sizeof(file), "%s/received", site->path);
	fd = open(file, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(real_pwrite(fd, &byte, 1, 200), 1);
	close(fd);
	reopen(site);
	assert_false(raft_snapshot_file_choose(site->snapshots, &stored,
					       &chosen, fixture.error,
					       sizeof(fixture.error)));
	assert_non_null(strstr(fixture.error, "is not here"));
}

/* ------------------------------------------------------------- looking */

/* What `ls` and `sum` tell of a site. */
static void
describe(const struct site *site, char text[4096])
{
	char command[2 * PATH_MAX];
	FILE *pipe;
	size_t length;

	snprintf(command, sizeof(command),
		 "cd %s && ls -l --full-time . && cksum *", site->path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	length = fread(text, 1, 4095, pipe);
	text[length] = '\0';
	assert_int_equal(pclose(pipe), 0);
}

/* While another one has them open. */
static void
look_at(struct site *site, struct site *seen)
{
	*seen = *site;
	seen->snapshots = raft_snapshot_file_look(
	    site->path, &site->owner, fixture.error, sizeof(fixture.error));
	if (seen->snapshots == NULL)
		fail_msg("%s", fixture.error);
}

static void
count_sound(struct raft_snapshot_file *snapshots, struct raft_entry_id id,
	    void *context)
{
	int *counts = context;

	counts[raft_snapshot_file_inspect(snapshots, id) == NULL]++;
}

static void
who_looks_sees_what_a_start_would_choose_and_changes_nothing(void **state)
{
	char before[4096], after[4096];
	struct site *site = &fixture.leader, seen;
	int counts[2] = { 0 };

	(void)state;
	assert_true(take(site, tenth, 3000));
	assert_true(take(site, twentieth, LARGE));
	spoil(site, twentieth, LARGE / 2);
	raft_snapshot_file_begin(site->snapshots,
				 (struct raft_entry_id){ 30, 2 });
	describe(site, before);
	look_at(site, &seen);
	assert_int_equal(choose(&seen, none).index, 10);
	assert_loads(&seen, tenth, 3000);
	assert_true(
	    raft_snapshot_file_each(seen.snapshots, count_sound, counts));
	assert_int_equal(counts[false], 1);
	assert_int_equal(counts[true], 1);
	raft_snapshot_file_close(seen.snapshots);
	describe(site, after);
	assert_string_equal(before, after);
	assert_false(is_set_aside(site));
}

/* A crash came before it had its name. */
static void
who_looks_reads_what_was_received_where_it_is(void **state)
{
	char before[4096], after[4096];
	struct site *site = &fixture.follower, seen;

	(void)state;
	assert_true(take(&fixture.leader, tenth, 3000));
	pass_all_on(tenth, UINT64_MAX);
	assert_true(is_whole(site, tenth));
	describe(site, before);
	look_at(site, &seen);
	assert_int_equal(choose(&seen, tenth).index, 10);
	assert_loads(&seen, tenth, 3000);
	assert_true(has(&seen, tenth));
	raft_snapshot_file_close(seen.snapshots);
	describe(site, after);
	assert_string_equal(before, after);
}

static void
who_looks_makes_no_directory(void **state)
{
	struct site *site = &fixture.leader, seen = *site;
	char path[PATH_MAX + 8];

	(void)state;
	snprintf(path, sizeof(path), "%.1000s/none", site->path);
	snprintf(seen.path, sizeof(seen.path), "%.1000s/none", site->path);
	look_at(&seen, &seen);
	assert_int_equal(choose(&seen, none).index, 0);
	raft_snapshot_file_close(seen.snapshots);
	assert_int_equal(access(path, F_OK), -1);
}

/* A snapshot that a leader sent, when its disk fails at the end. */
static void
one_that_cannot_be_installed_is_reported_as_lost(void **state)
{
	struct site *site = &fixture.follower;

	(void)state;
	assert_true(take(&fixture.leader, tenth, 2500));
	fails_once = true;
	/* The rename, and the sync of the directory. */
	for (int n = 0; n < 2; n++) {
		pass_all_on(tenth, UINT64_MAX);
		assert_true(is_whole(site, tenth));
		calls_until_crash = n;
		assert_false(
		    raft_snapshot_file.install(site->snapshots, tenth));
		assert_int_equal(site->installed.index, 0);
		assert_int_equal(site->lost.index, 10);
		assert_int_equal(site->failures, 1);
		assert_non_null(strstr(site->why, "cannot be installed"));
		/* A restart finds it, by either name. */
		reopen(site);
		assert_int_equal(choose(site, tenth).index, 10);
		assert_loads(site, tenth, 2500);
	}
}

static enum raft_node_verdict
verify(struct site *site, struct raft_entry_id id, int *turns)
{
	enum raft_node_verdict verdict;

	*turns = 0;
	do {
		verdict = raft_snapshot_file.verify(site->snapshots, id);
		++*turns;
	} while (verdict == RAFT_NODE_UNDECIDED);
	return verdict;
}

static void
what_a_peer_doubts_is_read_back_turn_by_turn(void **state)
{
	static uint8_t megabytes[3 << 20];
	struct site *site = &fixture.leader;
	int turns;

	(void)state;
	raft_snapshot_file_begin(site->snapshots, tenth);
	raft_snapshot_file_write(site->snapshots, megabytes, sizeof(megabytes));
	assert_true(raft_snapshot_file_commit(site->snapshots));
	assert_true(take(site, twentieth, 300));
	assert_int_equal(verify(site, tenth, &turns), RAFT_NODE_SOUND);
	assert_in_range(turns, 4, 6);
	/* Another one meanwhile. */
	assert_int_equal(raft_snapshot_file.verify(site->snapshots, tenth),
			 RAFT_NODE_UNDECIDED);
	spoil(site, twentieth, 150);
	assert_int_equal(verify(site, twentieth, &turns), RAFT_NODE_DAMAGED);
	assert_non_null(strstr(site->why, "entry 20 is damaged"));
	assert_true(is_set_aside(site));
	assert_false(has(site, twentieth));
	/* It is gone, and nobody is sent it any more. */
	assert_int_equal(verify(site, twentieth, &turns), RAFT_NODE_SOUND);
	spoil(site, tenth, 3 << 20);
	assert_int_equal(verify(site, tenth, &turns), RAFT_NODE_DAMAGED);
	assert_int_equal(site->failures, 2);
}

static void
what_is_forgotten_is_not_read_any_more(void **state)
{
	struct site *site = &fixture.leader;
	struct raft_payload bytes;

	(void)state;
	assert_true(take(site, tenth, 300));
	assert_true(take(site, twentieth, 300));
	assert_true(raft_snapshot_file.read(site->snapshots, tenth, 32, 300,
					    &bytes));
	raft_snapshot_file_forget(site->snapshots, 20);
	assert_false(has(site, tenth));
	assert_true(has(site, twentieth));
	assert_int_equal(*(const uint8_t *)bytes.data, byte_of(tenth, 0));
	raft_payload_release(&bytes);
	assert_false(raft_snapshot_file.read(site->snapshots, tenth, 32, 300,
					     &bytes));
	assert_false(raft_snapshot_file.read(site->snapshots, twentieth, 100,
					     300, &bytes));
}

static void
a_second_opener_is_refused(void **state)
{
	struct site second = fixture.leader;

	(void)state;
	assert_false(try_open(&second));
	assert_non_null(strstr(fixture.error, "is in use"));
}

static void
close_site(struct site *site)
{
	raft_snapshot_file_close(site->snapshots);
	site->snapshots = NULL;
}

static void
assert_refused(struct site *site, const struct raft_owner *owner,
	       const char *text)
{
	const struct raft_owner rightful = site->owner;

	close_site(site);
	site->owner = *owner;
	assert_false(try_open(site));
	if (strstr(fixture.error, text) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", fixture.error, text);
	site->owner = rightful;
	open_site(site);
}

/* S14: neither what was taken nor what was received. */
static void
another_servers_snapshots_are_refused(void **state)
{
	struct site *sites[] = { &fixture.leader, &fixture.follower };

	(void)state;
	assert_true(take(&fixture.leader, tenth, 2500));
	pass_all_on(tenth, UINT64_MAX);
	for (int i = 0; i < 2; i++) {
		struct raft_owner owner = sites[i]->owner;

		owner.cluster[15] ^= 1;
		assert_refused(sites[i], &owner, "to another cluster");
		owner = sites[i]->owner;
		owner.self.id = 9;
		assert_refused(sites[i], &owner, "not to server 9");
		owner = sites[i]->owner;
		owner.self.incarnation++;
		assert_refused(sites[i], &owner, "belongs to incarnation");
	}
	assert_loads(&fixture.leader, tenth, 2500);
	/* The leader's is this server's, as soon as it is here. */
	assert_int_equal(choose(&fixture.follower, tenth).index, 10);
	assert_loads(&fixture.follower, tenth, 2500);
	assert_refused(&fixture.follower, &fixture.leader.owner,
		       "to server 2, not to server 1");
}

/* Those of format 1 said not whose they were. */
static void
another_format_is_refused(void **state)
{
	static const uint8_t first[16] = "raft-snp\1";
	struct site *site = &fixture.leader;
	uint8_t owner[64];
	int fd;

	(void)state;
	assert_true(take(site, tenth, 300));
	fd = open_file(site, tenth);
	assert_int_equal(pread(fd, owner, sizeof(owner), 0), sizeof(owner));
	owner[8]++;
	put32(owner + 60, raft__crc32c(0, owner, 60));
	assert_int_equal(pwrite(fd, owner, sizeof(owner), 0), sizeof(owner));
	close_site(site);
	assert_false(try_open(site));
	assert_non_null(strstr(fixture.error, "has format 3, of which"));
	assert_int_equal(pwrite(fd, first, sizeof(first), 0), sizeof(first));
	assert_false(try_open(site));
	assert_non_null(strstr(fixture.error, "has format 1, of which"));
	close(fd);
}

static void
the_directory_is_found_after_a_power_cut(void **state)
{
	struct site site = fixture.leader;
	struct stat parent;

	(void)state;
	snprintf(site.path, PATH_MAX, "%s/three", fixture.root);
	assert_true(try_open(&site));
	/* Its name is kept by its parent. */
	assert_int_equal(stat(fixture.root, &parent), 0);
	assert_int_equal(directory_synced, parent.st_ino);
	close_site(&site);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_committed_is_found_again),
		TEST(a_start_reads_a_snapshot_twice),
		TEST(the_bytes_of_a_snapshot_stay_what_they_are),
		TEST(what_the_machine_does_not_take_is_not_loaded),
		TEST(a_crash_while_taking_leaves_the_one_before),
		TEST(a_full_disk_gives_up_that_snapshot_alone),
		TEST(what_may_be_on_its_way_does_not_change),
		TEST(what_a_leader_sends_arrives_as_it_was),
		TEST(a_crash_while_receiving_finds_what_the_log_says),
		TEST(what_the_log_does_not_name_is_not_taken_up),
		TEST(a_damaged_part_is_noticed_and_the_next_attempt_succeeds),
		TEST(parts_without_their_beginning_are_left_alone),
		TEST(damage_on_the_disk_is_refused),
		TEST(a_later_image_is_refused),
		TEST(the_newest_that_the_log_reaches_is_chosen),
		TEST(a_snapshot_is_of_the_term_that_the_log_has_there),
		TEST(a_log_whose_snapshot_is_missing_is_refused),
		TEST(the_one_before_is_chosen_if_the_newest_is_damaged),
		TEST(without_a_sound_one_a_whole_log_begins_anew),
		TEST(a_log_behind_a_damaged_snapshot_is_refused),
		TEST(a_received_snapshot_that_is_damaged_is_not_taken_up),
		TEST(
		    who_looks_sees_what_a_start_would_choose_and_changes_nothing),
		TEST(who_looks_reads_what_was_received_where_it_is),
		TEST(who_looks_makes_no_directory),
		TEST(one_that_cannot_be_installed_is_reported_as_lost),
		TEST(what_a_peer_doubts_is_read_back_turn_by_turn),
		TEST(what_is_forgotten_is_not_read_any_more),
		TEST(a_second_opener_is_refused),
		TEST(another_servers_snapshots_are_refused),
		TEST(another_format_is_refused),
		TEST(the_directory_is_found_after_a_power_cut),
	};

	/* A server may have no standard input; 0 is as good a descriptor. */
	close(STDIN_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

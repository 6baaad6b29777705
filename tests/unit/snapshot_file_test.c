/*
 * snapshot_file keeps what was committed or received, through crashes, damage
 * and full disks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/snapshot_file_scene.h"

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
	(void)bytes;
	(void)length;
	++*(int *)context;
	return false;
}

static void
what_the_machine_does_not_take_is_not_loaded(void **state)
{
	struct site *site = &fixture.leader;
	int times = 0;

	(void)state;
	assert_true(take(site, tenth, LARGE));
	assert_false(raft_snapshot_file_load(site->snapshots, tenth,
					     take_nothing, &times,
					     fixture.error,
					     sizeof(fixture.error)));
	assert_non_null(strstr(fixture.error,
			       "of entry 10 of term 2 was not taken by"));
	/* It is not asked to take the rest. */
	assert_int_equal(times, 1);
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

static bool
has_file(const struct site *site, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", site->path, name);
	return access(path, F_OK) == 0;
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
		assert_memory_equal(site->why, site->path, strlen(site->path));
		/* Nothing of it is left, under no name. */
		assert_false(has(site, id));
		assert_false(has_file(site, "taking"));
		unsynced = 0;
	}
	/* One that could not be begun is not ended. */
	calls_until_crash = 0;
	raft_snapshot_file_begin(site->snapshots, tenth);
	assert_int_equal(site->failures, 9);
	calls = 0;
	raft_snapshot_file_write(site->snapshots, "0123456789", 10);
	raft_snapshot_file_settle(site->snapshots);
	assert_false(raft_snapshot_file_commit(site->snapshots));
	assert_int_equal(calls, 0);
	assert_int_equal(site->failures, 9);
	assert_true(take(site, tenth, 3000));
	assert_loads(site, tenth, 3000);
}

/* From its writing on; whatever fails of it is the commit's to report. */
static bool
settle(struct site *site, struct raft_entry_id id)
{
	int failures = site->failures, before;
	bool done;

	raft_snapshot_file_begin(site->snapshots, id);
	raft_snapshot_file_write(site->snapshots, "0123456789", 10);
	raft_snapshot_file_settle(site->snapshots);
	assert_int_equal(site->failures, failures);
	before = calls;
	done = raft_snapshot_file_commit(site->snapshots);
	assert_int_equal(calls, before);
	assert_int_equal(site->failures, failures + !done);
	return done;
}

static void
what_takes_long_may_be_done_ahead_of_the_commit(void **state)
{
	struct site *site = &fixture.leader;
	int before;

	(void)state;
	assert_true(settle(site, tenth));
	assert_true(has(site, tenth));
	fails_once = true;
	/* Its header, its bytes. */
	for (int n = 3; n < 6; n++) {
		calls_until_crash = n;
		assert_false(settle(site, twentieth));
		assert_non_null(strstr(site->why, "No space left"));
		unsynced = 0;
	}
	assert_true(settle(site, twentieth));
	assert_true(has(site, twentieth));
	/* Once more, of which there is one. */
	assert_true(settle(site, twentieth));
	/* Without anything that was begun. */
	before = calls;
	raft_snapshot_file_settle(site->snapshots);
	assert_int_equal(calls, before);
	assert_false(raft_snapshot_file_commit(site->snapshots));
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
	/* What is durable is not made so again, nor told. */
	site->saved_end = 0;
	calls = 0;
	raft_snapshot_file.flush(site->snapshots);
	assert_int_equal(calls, 0);
	assert_int_equal(site->saved_end, 0);
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
	/* One whose reading has not ended is let go with the others. */
	raft_snapshot_file_begin(site->snapshots, twentieth);
	raft_snapshot_file_write(site->snapshots, megabytes, sizeof(megabytes));
	assert_true(raft_snapshot_file_commit(site->snapshots));
	assert_int_equal(raft_snapshot_file.verify(site->snapshots, twentieth),
			 RAFT_NODE_UNDECIDED);
}

static void
it_is_known_when_a_snapshot_was_written(void **state)
{
	struct site *site = &fixture.leader;
	time_t before = time(NULL);

	(void)state;
	assert_int_equal(raft_snapshot_file_written(site->snapshots, tenth), 0);
	assert_true(take(site, tenth, 300));
	assert_in_range(raft_snapshot_file_written(site->snapshots, tenth),
			before - 1, time(NULL) + 1);
	assert_int_equal(raft_snapshot_file_written(site->snapshots, twentieth),
			 0);
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
count_one(struct raft_snapshot_file *snapshots, struct raft_entry_id id,
	  void *context)
{
	(void)snapshots;
	(void)id;
	++*(int *)context;
}

/* A process may have been started without standard input. */
static void
the_first_descriptor_is_one_as_any(void **state)
{
	struct site *site = &fixture.leader;
	struct raft_snapshot_file *s;
	struct raft_payload bytes;
	char error[256];
	int kept, count = 0;

	(void)state;
	assert_true(take(site, tenth, 300));
	close_site(site);
	/* None, where the test was started without. */
	kept = dup(STDIN_FILENO);
	close(STDIN_FILENO);
	open_site(site);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), FD_CLOEXEC);
	assert_loads(site, tenth, 300);
	close_site(site);
	s = raft_snapshot_file_look(site->path, &site->owner, error,
				    sizeof(error));
	assert_non_null(s);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), FD_CLOEXEC);
	assert_in_range(raft_snapshot_file_size(s, tenth), 300, 1000);
	raft_snapshot_file_close(s);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
	/* So is that of a file that is read, and of a list that is made. */
	assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	open_site(site);
	close(STDIN_FILENO);
	assert_loads(site, tenth, 300);
	assert_true(raft_snapshot_file.read(site->snapshots, tenth, 0, 10,
					    &bytes));
	raft_payload_release(&bytes);
	assert_true(raft_snapshot_file_each(site->snapshots, count_one,
					    &count));
	assert_int_equal(count, 1);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
	if (kept < 0)
		return;
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

/* As many descriptors as a process may have, but one. */
static void
a_directory_that_cannot_be_listed_is_refused(void **state)
{
	struct site *site = &fixture.leader;
	struct rlimit before, after;
	int next;

	(void)state;
	close_site(site);
	next = dup(STDERR_FILENO);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	after = before;
	after.rlim_cur = (rlim_t)next + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &after), 0);
	assert_null(raft_snapshot_file_look(site->path, &site->owner,
					    fixture.error,
					    sizeof(fixture.error)));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(strstr(fixture.error, "cannot be read: Too many"));
	open_site(site);
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
		TEST(what_takes_long_may_be_done_ahead_of_the_commit),
		TEST(what_may_be_on_its_way_does_not_change),
		TEST(what_a_leader_sends_arrives_as_it_was),
		TEST(a_crash_while_receiving_finds_what_the_log_says),
		TEST(what_the_log_does_not_name_is_not_taken_up),
		TEST(a_damaged_part_is_noticed_and_the_next_attempt_succeeds),
		TEST(parts_without_their_beginning_are_left_alone),
		TEST(damage_on_the_disk_is_refused),
		TEST(a_later_image_is_refused),
		TEST(one_that_cannot_be_installed_is_reported_as_lost),
		TEST(what_a_peer_doubts_is_read_back_turn_by_turn),
		TEST(it_is_known_when_a_snapshot_was_written),
		TEST(what_is_forgotten_is_not_read_any_more),
		TEST(a_second_opener_is_refused),
		TEST(another_servers_snapshots_are_refused),
		TEST(another_format_is_refused),
		TEST(the_first_descriptor_is_one_as_any),
		TEST(a_directory_that_cannot_be_listed_is_refused),
		TEST(the_directory_is_found_after_a_power_cut),
	};

	/* A server may have no standard input; 0 is as good a descriptor. */
	close(STDIN_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

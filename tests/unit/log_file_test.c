/*
 * log_file keeps what it reported, through crashes and full disks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/log_file_model.h"

/* ----------------------------------------------------- what is kept */

static void
what_was_reported_is_found_again(void **state)
{
	struct fixture *f = *state;

	for (int n = 0; n < 300; n++) {
		steps(f, 1);
		assert_true(holds(f->log, &f->model));
		flush(f);
		assert_true(holds(f->log, &f->model));
		reopen(f);
		f->report.token = f->model.term;
		assert_true(holds(f->log, &f->model));
	}
}

static void
a_flush_reports_all_saves_with_one_sync(void **state)
{
	struct fixture *f = *state;

	steps(f, 20);
	assert_int_equal(f->report.saved, 0);
	syncs = 0;
	flush(f);
	raft_log_file.flush(f->log);
	assert_int_equal(syncs, 1);
	assert_int_equal(f->report.saved, 1);
	/* A trim alone is no save. */
	raft_log_file.trim(f->log, (struct raft_entry_id){
					   f->model.last_index + 1, 99});
	raft_log_file.flush(f->log);
	assert_int_equal(syncs, 2);
	assert_int_equal(f->report.saved, 1);
	assert_int_equal(f->report.failed, 0);
}

static uint64_t
measured(const struct raft_histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= RAFT_HISTOGRAM_BOUNDS; i++)
		count += histogram->counts[i];
	return count;
}

static void
each_sync_is_measured(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file_counters before, after;
	struct raft_log_file_size old, now;

	raft_log_file_counters(f->log, &before);
	raft_log_file_size(f->log, &old);
	assert_int_equal(measured(&before.syncs), 0);
	steps(f, 20);
	sync_takes_us = 3000;
	flush(f);
	sync_takes_us = 0;
	raft_log_file.flush(f->log);
	raft_log_file_counters(f->log, &after);
	assert_int_equal(measured(&after.syncs), 1);
	assert_true(after.syncs.sum_us >= 3000);
	/* Not up to 2.5 ms. */
	for (size_t i = 0; i <= 7; i++)
		assert_int_equal(after.syncs.counts[i], 0);
	assert_int_equal(raft_histogram_bounds_us[7], 2500);
	raft_log_file_size(f->log, &now);
	assert_int_equal(now.bytes, old.bytes + after.synced_bytes);
	assert_int_equal(measured(&after.files), 0);
	/* One that fails is none. */
	steps(f, 1);
	syncs_until_failure = 0;
	raft_log_file.flush(f->log);
	raft_log_file_counters(f->log, &after);
	assert_int_equal(measured(&after.syncs), 1);
}

/* S3: a term without entries is a promise too. */
static void
a_vote_alone_is_kept(void **state)
{
	struct fixture *f = *state;
	struct raft_save save = {.token = 1, .term = 9, .vote = {3, 44}};
	struct raft_stored stored;

	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.token, 1);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.term, 9);
	assert_int_equal(stored.vote.id, 3);
	assert_int_equal(stored.vote.incarnation, 44);
	assert_int_equal(stored.last_index, 0);
}

/* M3: the caller's bytes are its own again once save() has returned. */
static void
a_save_holds_nothing_of_the_callers(void **state)
{
	struct fixture *f = *state;

	steps(f, 30);
	assert_int_equal(tracked_alive, 0);
	assert_true(holds(f->log, &f->model));
}

static void
old_entries_are_read_from_the_file(void **state)
{
	struct fixture *f = *state;

	for (int n = 0; n < 60; n++) {
		steps(f, 10);
		flush(f);
	}
	assert_true(holds(f->log, &f->model));
}

static void
a_read_payload_outlives_the_log(void **state)
{
	struct fixture *f = *state;
	struct raft_entry kept[2];

	steps(f, 40);
	flush(f);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(raft_log_file.read(f->log,
						    f->model.last_index, 1, 0,
						    &kept[i]), 1);
		reopen(f);
	}
	close_log(f);
	for (int i = 0; i < 2; i++) {
		assert_true(payload_matches(&f->model, kept[i].index,
					    kept[i].term, kept[i].payload.data,
					    kept[i].payload.length));
		raft_payload_release(&kept[i].payload);
	}
}

static void
a_read_stops_at_its_limits_but_gives_one_entry(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entries[8];
	uint64_t first;
	size_t bytes;
	size_t n;

	do
		steps(f, 1);
	while (f->model.last_index < f->model.snapshot.index + 8);
	first = f->model.snapshot.index + 1;
	n = raft_log_file.read(f->log, first, 8, SIZE_MAX, entries);
	assert_int_equal(n, 8);
	bytes = 0;
	while (n-- > 0) {
		bytes += n < 3 ? entries[n].payload.length : 0;
		raft_payload_release(&entries[n].payload);
	}
	assert_true(entries[2].payload.length > 0);
	assert_int_equal(raft_log_file.read(f->log, first, 8, bytes - 1,
					    entries), 2);
	raft_payload_release(&entries[0].payload);
	raft_payload_release(&entries[1].payload);
	assert_int_equal(raft_log_file.read(f->log, first, 3, bytes, entries),
			 3);
	for (n = 0; n < 3; n++)
		raft_payload_release(&entries[n].payload);
	assert_int_equal(raft_log_file.read(f->log, first, 0, 9, entries), 0);
	assert_int_equal(raft_log_file.read(f->log, first, 2, 0, entries), 1);
	raft_payload_release(&entries[0].payload);
}

/* S11: what follows a snapshot of another history is of no use. */
static void
a_trim_to_another_history_drops_everything(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id ahead = {0, 999};
	struct raft_stored stored;

	do {
		steps(f, 1);
		ahead.index = f->model.snapshot.index + 2;
	} while (f->model.last_index <= ahead.index);
	raft_log_file.trim(f->log, ahead);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.snapshot.index, ahead.index);
	assert_int_equal(stored.snapshot.term, ahead.term);
	assert_int_equal(stored.last_index, ahead.index);
	assert_int_equal(stored.run_count, 0);
}

/* The log that begins behind a snapshot which a leader has sent. */
static void
a_reset_forgets_all_but_what_it_brings(void **state)
{
	struct fixture *f = *state;
	const struct raft_stored_snapshot snapshot = {{5, 1}, 4, "conf", 4};
	struct raft_entry entry = {6, 2, RAFT_ENTRY_CONFIGURATION,
				   {"next", 4, NULL}};
	struct raft_save save = {
		.token = 90, .term = 90, .vote = {2, 2}, .snapshot = &snapshot,
		.entries = &entry, .entry_count = 1};
	struct raft_stored stored;

	f->model.seed = 2;
	do
		steps(f, 1);
	while (f->model.last_index < 9 || f->model.snapshot.index != 0);
	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.term, 90);
	assert_int_equal(stored.vote.id, 2);
	assert_int_equal(stored.snapshot.index, 5);
	assert_int_equal(stored.snapshot.term, 1);
	assert_int_equal(stored.last_index, 6);
	assert_int_equal(stored.run_count, 1);
	assert_int_equal(stored.runs[0].term, 2);
	assert_int_equal(stored.configuration_count, 2);
	assert_int_equal(stored.configurations[0].index, 4);
	assert_int_equal(stored.configurations[0].length, 4);
	assert_memory_equal(stored.configurations[0].bytes, "conf", 4);
	assert_int_equal(stored.configurations[1].index, 6);
	assert_int_equal(raft_log_file.read(f->log, 5, 1, 0, &entry), 0);
}

/* ----------------------------------------------------------- identities */

/* S14: two histories are never joined. */
static void
another_servers_directory_is_refused(void **state)
{
	struct fixture *f = *state;
	struct raft_owner owner = f->owner;

	close_log(f);
	f->owner.cluster[15] ^= 1;
	assert_refused(f, "another cluster");
	f->owner = owner;
	f->owner.self.id = 2;
	assert_refused(f, "belongs to server 1, not to server 2");
	f->owner = owner;
	f->owner.self.incarnation++;
	assert_refused(f, "incarnation");
	f->owner.self.incarnation = 0;
	open_log(f);
	assert_true(raft_log_file_owner(f->log).self.incarnation ==
		    owner.self.incarnation);
}

/* S14: a server that lost its log does not quietly begin anew. */
static void
a_lost_log_is_refused(void **state)
{
	struct fixture *f = *state;

	close_log(f);
	unlink(f->file);
	assert_refused(f, "has no log");
	remove_files(f);
	assert_refused(f, "has no log");
	rmdir(f->path);
	assert_refused(f, "cannot be opened");
}

static void
a_log_is_created_once_and_each_has_its_incarnation(void **state)
{
	struct fixture *f = *state;
	struct raft_owner again = f->owner;

	close_log(f);
	again.self.id = 0;
	assert_false(raft_log_file_create(f->path, &again, f->error,
					  sizeof(f->error)));
	assert_non_null(strstr(f->error, "server id 0 means nobody"));
	again.self = (struct raft_identity){ f->owner.self.id, 0 };
	assert_false(raft_log_file_create(f->path, &again, f->error,
					  sizeof(f->error)));
	assert_non_null(strstr(f->error, "already has a log"));
	unlink(f->file);
	again.self.incarnation = 0;
	assert_true(raft_log_file_create(f->path, &again, f->error,
					 sizeof(f->error)));
	assert_true(again.self.incarnation != f->owner.self.incarnation);
	assert_refused(f, "incarnation");
	f->owner = again;
	open_log(f);
}

static void
an_unfinished_creation_leaves_no_log(void **state)
{
	struct fixture *f = *state;

	close_log(f);
	unlink(f->file);
	f->owner.self.incarnation = 0;
	syncs_until_failure = 0;
	assert_false(raft_log_file_create(f->path, &f->owner, f->error,
					  sizeof(f->error)));
	assert_refused(f, "has no log");
	assert_true(raft_log_file_create(f->path, &f->owner, f->error,
					 sizeof(f->error)));
	open_log(f);
}

static void
a_second_opener_is_refused(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file *first = f->log;
	pid_t child;
	int status;

	f->log = NULL;
	assert_refused(f, "is in use");
	child = fork();
	if (child == 0)
		_exit(try_open(f) ? 1 : 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	f->log = first;
	reopen(f);
}

/* ------------------------------------------------------------- failures */

static void
limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_full_disk_fails_the_log_and_keeps_what_it_reported(void **state)
{
	struct fixture *f = *state;

	limit_file_size(18 * SECTOR_BYTES);
	for (int n = 0; n < 200; n++) {
		steps(f, 1);
		raft_log_file.flush(f->log);
	}
	limit_file_size(RLIM_INFINITY);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, strerror(EFBIG)));
	assert_in_range(f->report.token, 1, 199);
	close_log(f);
	uint64_t reported = f->report.token;
	open_log(f);
	assert_reached(f->log, f->model.seed, reported, reported + 1);
}

/* A second sync may succeed without having written what the first one lost. */
static void
a_failed_sync_is_never_tried_again(void **state)
{
	struct fixture *f = *state;

	steps(f, 2);
	flush(f);
	steps(f, 2);
	syncs_until_failure = 0;
	syncs = 0;
	raft_log_file.flush(f->log);
	steps(f, 2);
	raft_log_file.flush(f->log);
	assert_int_equal(syncs, 1);
	assert_int_equal(f->report.failed, 1);
	assert_int_equal(f->report.token, 2);
	assert_non_null(strstr(f->report.why, strerror(EIO)));
}

static void
assert_save_refused(struct fixture *f, const struct raft_save *save,
		    const char *text)
{
	raft_log_file.save(f->log, save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, text));
	reopen(f);
	assert_true(holds(f->log, &f->model));
}

static void
a_save_that_no_raft_would_make_never_reaches_the_file(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entry = {.kind = RAFT_ENTRY_DATA};
	struct raft_save save = {.token = 50, .entries = &entry};
	struct raft_stored_snapshot older = {{1, 0}, 1, "", 0};

	do
		steps(f, 1);
	while (f->model.snapshot.index == 0 || f->model.vote.id == 0);
	flush(f);
	assert_save_refused(f, &save, "term that goes back");
	save.term = f->model.term;
	save.vote = (struct raft_identity){9, 9};
	assert_save_refused(f, &save, "changes the vote");
	save.vote = f->model.vote;
	save.truncate_from = f->model.snapshot.index;
	assert_save_refused(f, &save, "snapshot");
	save.truncate_from = 0;
	save.entry_count = 1;
	entry.index = f->model.last_index + 2;
	entry.term = save.term;
	assert_save_refused(f, &save, "does not follow");
	entry.index = f->model.last_index + 1;
	entry.term = 0;
	assert_save_refused(f, &save, "term goes back");
	entry.term = save.term;
	entry.payload.length = RAFT_PAYLOAD_BYTES_MAX + 1;
	entry.payload.data = calloc(1, entry.payload.length);
	assert_save_refused(f, &save, "do not fit");
	save.entry_count = 0;
	save.snapshot = &older;
	older.last.term = save.term;
	assert_save_refused(f, &save, "no newer");
	older.last = (struct raft_entry_id){f->model.last_index + 9, 0};
	assert_save_refused(f, &save, "older term");
	older.last.term = save.term;
	save.entry_count = 1;
	entry.payload.length = 0;
	assert_save_refused(f, &save, "does not follow");
	free((void *)(uintptr_t)entry.payload.data);
}

/* --------------------------------------------------------- large entries */

/* Large entries 1..count of term 1, reported. */
static void
save_large(struct fixture *f, uint64_t count)
{
	static uint8_t bytes[10000];

	for (uint64_t i = 1; i <= count; i++) {
		struct raft_entry entry = {
			.index = i,
			.term = 1,
			.kind = i == 3 ? RAFT_ENTRY_CONFIGURATION
				       : RAFT_ENTRY_DATA,
			.payload = {bytes, sizeof(bytes), NULL},
		};
		struct raft_save save = {.token = i, .term = 1,
					 .vote = {2, 2}, .entries = &entry,
					 .entry_count = 1};

		memset(bytes, (int)i, sizeof(bytes));
		raft_log_file.save(f->log, &save);
		raft_log_file.flush(f->log);
	}
	assert_int_equal(f->report.token, count);
}

/* About: beside the payloads there are the records around them. */
static void
the_bytes_after_an_entry_are_known(void **state)
{
	struct fixture *f = *state;

	save_large(f, 10);
	assert_int_equal(raft_log_file_bytes_after(f->log, 10), 0);
	assert_int_equal(raft_log_file_bytes_after(f->log, 99), 0);
	assert_in_range(raft_log_file_bytes_after(f->log, 9), 10000,
			10000 + 1024);
	assert_in_range(raft_log_file_bytes_after(f->log, 6), 40000,
			40000 + 4096);
	/* Of what was trimmed nothing is known. */
	raft_log_file.trim(f->log, (struct raft_entry_id){ 5, 1 });
	raft_log_file.flush(f->log);
	assert_int_equal(raft_log_file_bytes_after(f->log, 0),
			 raft_log_file_bytes_after(f->log, 5));
}

static void
nobody_need_be_told(void **state)
{
	struct fixture *f = *state;

	raft_log_file_bind(f->log, NULL, NULL, NULL);
	steps(f, 3);
	raft_log_file.flush(f->log);
	syncs_until_failure = 0;
	steps(f, 1);
	raft_log_file.flush(f->log);
	assert_int_equal(syncs_until_failure, -1);
	syncs = 0;
	steps(f, 1);
	raft_log_file.flush(f->log);
	assert_int_equal(syncs, 0);
}

/* ------------------------------------------------------------- kill -9 */

struct promise {
	int pipe;
};

static void
note_promise(void *context, uint64_t token)
{
	struct promise *promise = context;

	if (write(promise->pipe, &token, sizeof(token)) != sizeof(token))
		_exit(3);
}

static void
die_of_failure(void *context, const char *why)
{
	(void)context;
	fprintf(stderr, "%s\n", why);
	_exit(2);
}

/* Save until killed. */
static void
write_forever(struct fixture *f, int pipe)
{
	struct promise promise = {.pipe = pipe};

	syncs_are_real = true;
	if (!try_open(f))
		_exit(1);
	raft_log_file_bind(f->log, &promise, note_promise, die_of_failure);
	for (;;) {
		uint64_t n = 1 + mix(f->model.seed, f->model.term) % 4;

		steps(f, n);
		raft_log_file.flush(f->log);
	}
}

static uint64_t
run_and_kill(struct fixture *f, useconds_t microseconds)
{
	uint64_t reported = f->model.term;
	uint64_t token;
	int ends[2];
	int status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		write_forever(f, ends[1]);
	close(ends[1]);
	usleep(microseconds);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &token, sizeof(token)) == sizeof(token))
		reported = token;
	close(ends[0]);
	return reported;
}

static void
a_killed_process_finds_all_that_it_reported(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = draw_seed();
	struct raft_stored stored;
	uint64_t reported = 0;

	close_log(f);
	/* On a busy machine a child may be killed before it has begun, so that it
	 * gets ever longer. */
	for (uint64_t round = 0; round < 20 || reported <= 20; round++) {
		uint64_t us_max = 30000 * (1 + round / 20);

		assert_in_range(round, 0, 1000);
		f->model = (struct model){.seed = seed};
		for (uint64_t n = 1; n <= reported; n++)
			step(&f->model, n, NULL);
		reported = run_and_kill(
			f, (useconds_t)(mix(seed, round) % us_max));
		open_log(f);
		assert_reached(f->log, seed, reported, UINT64_MAX);
		assert_true(raft_log_file_stored(f->log, &stored));
		reported = stored.term;
		close_log(f);
	}
}

/* ------------------------------------------------------------ checksums */

static void
both_checksums_are_crc32c(void **state)
{
	static const char check[] = "123456789";
	uint8_t bytes[300];

	(void)state;
	assert_int_equal(raft__crc32c(0, check, 9), 0xe3069283);
	assert_int_equal(raft__crc32c_portable(0, check, 9), 0xe3069283);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)mix(7, i);
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_int_equal(raft__crc32c(5, bytes, n),
				 raft__crc32c_portable(5, bytes, n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_checksums_are_crc32c),
		TEST(what_was_reported_is_found_again),
		TEST(a_flush_reports_all_saves_with_one_sync),
		TEST(each_sync_is_measured),
		TEST(a_vote_alone_is_kept),
		TEST(a_save_holds_nothing_of_the_callers),
		TEST(old_entries_are_read_from_the_file),
		TEST(a_read_payload_outlives_the_log),
		TEST(a_read_stops_at_its_limits_but_gives_one_entry),
		TEST(a_trim_to_another_history_drops_everything),
		TEST(a_reset_forgets_all_but_what_it_brings),
		TEST(another_servers_directory_is_refused),
		TEST(a_lost_log_is_refused),
		TEST(a_log_is_created_once_and_each_has_its_incarnation),
		TEST(an_unfinished_creation_leaves_no_log),
		TEST(a_second_opener_is_refused),
		TEST(a_full_disk_fails_the_log_and_keeps_what_it_reported),
		TEST(a_failed_sync_is_never_tried_again),
		TEST(a_save_that_no_raft_would_make_never_reaches_the_file),
		TEST(the_bytes_after_an_entry_are_known),
		TEST(nobody_need_be_told),
		TEST(a_killed_process_finds_all_that_it_reported),
	};

	/* A server may have no standard input; 0 is as good a descriptor. */
	close(STDIN_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

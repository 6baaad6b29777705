/*
 * Which of its snapshots a start chooses, whatever has become of them, and what somebody
 * sees who only looks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/snapshot_file_scene.h"

static void
the_newest_that_the_log_reaches_is_chosen(void **state)
{
	const struct raft_entry_id another = { 30, 1 }, beyond = { 101, 2 };
	const struct raft_entry_id far_off = { 102, 1 };
	struct site *site = &fixture.leader;

	(void)state;
	assert_int_equal(choose(site, none).index, 0);
	assert_true(take(site, tenth, 300));
	assert_true(take(site, twentieth, 300));
	assert_true(take(site, another, 300));
	assert_true(take(site, beyond, 300));
	assert_true(take(site, far_off, 300));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	/* A server may have no standard input; 0 is as good a descriptor. */
	close(STDIN_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A member that is ahead of its disk: what is committed is applied before it is durable
 * here (thesis 10.2.1).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

/** All others have what there is up to here. */
static void
accept(struct rig *rig, uint64_t match)
{
	for (uint64_t number = 2; number <= rig->voters; number++)
		rig_accept(rig, number, match);
	rig_turn(rig);
}

/** Leads term 2, with entries 1 and 2 that all have. */
static void
lead(struct rig *rig, struct rig_options options)
{
	options.ahead_of_disk = true;
	rig_start(rig, &options);
	rig_lead(rig);
	accept(rig, 2);
	assert_int_equal(rig->applied, 2);
	rig_forget(rig);
}

static void
what_a_majority_has_is_applied_before_it_is_durable_here(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, (struct rig_options){ 0 });
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 2);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 2);
	accept(&rig, 3);
	assert_int_equal(rig_status(&rig).durable_index, 2);
	assert_int_equal(rig.applied, 3);
	assert_int_equal(rig.outcomes[0].kind, RAFT_OUTCOME_COMMITTED);
	raft_applied(rig.raft, 3);
	/* And is not shown again. */
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 3);
	assert_int_equal(rig.applied, 3);
	rig_stop(&rig);
}

/* What this one has not on its disk does not count. */
static void
its_own_disk_counts_only_once_it_has_it(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, (struct rig_options){ .voters = 5 });
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	rig_accept(&rig, 2, 3);
	rig_accept(&rig, 3, 3);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(rig.applied, 3);
	rig_stop(&rig);
}

/* The first write never ends: each further one is sent, committed and applied. */
static void
the_log_is_given_all_that_is_new(void **state)
{
	struct rig rig;
	uint64_t first_token = 0;

	(void)state;
	lead(&rig, (struct rig_options){ 0 });
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_turn(&rig);
		assert_int_equal(rig.saves, i);
		if (i == 1)
			first_token = rig.save.token;
		accept(&rig, 2 + i);
		assert_int_equal(rig.applied, 2 + i);
		raft_applied(rig.raft, 2 + i);
	}
	assert_int_equal(rig_status(&rig).durable_index, 2);
	/* Its ends are told one by one, or several at once. */
	raft_saved(rig.raft, first_token, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 3);
	raft_saved(rig.raft, first_token + 2, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 5);
	/* Of those that are counted as one, none before the last. */
	raft_saved(rig.raft, first_token + 10, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 5);
	raft_saved(rig.raft, first_token + 19, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 22);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 22);
	rig_stop(&rig);
}

/* As it is without: then the log is given no more, and nothing is applied. */
static void
who_waits_for_its_disk_gathers_what_is_new(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	accept(&rig, 2);
	rig_forget(&rig);
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_turn(&rig);
		accept(&rig, i < 4 ? 2 + i : 6);
	}
	assert_int_equal(rig.saves, 4);
	assert_int_equal(rig_status(&rig).commit_index, 6);
	assert_int_equal(rig.applied, 2);
	rig_save(&rig);
	assert_int_equal(rig.applied, 6);
	rig_stop(&rig);
}

/* A leader holds no more than it may propose, and says so: committed or not. */
static void
what_is_not_durable_here_is_limited(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, (struct rig_options){ .uncommitted_entries_max = 10,
					 .uncommitted_bytes_max = 1000 });
	for (uint64_t i = 1; i <= 10; i++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_turn(&rig);
		accept(&rig, 2 + i);
	}
	assert_int_equal(rig.applied, 12);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OVERLOADED);
	rig_save(&rig);
	assert_int_equal(rig_propose_bytes(&rig, 1000), RAFT_OK);
	rig_turn(&rig);
	accept(&rig, 13);
	assert_int_equal(rig.applied, 13);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 1000);
	assert_int_equal(rig_propose_bytes(&rig, 1), RAFT_OVERLOADED);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 0);
	assert_int_equal(rig_propose_bytes(&rig, 1000), RAFT_OK);
	rig_stop(&rig);
}

/* A restart would find a log that ends before it. */
static void
a_snapshot_is_not_ahead_of_the_log(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, (struct rig_options){ 0 });
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	accept(&rig, 3);
	raft_applied(rig.raft, 3);
	assert_int_equal(rig_compact(&rig, 3), RAFT_INVALID);
	assert_int_equal(rig_status(&rig).snapshot.index, 0);
	assert_int_equal(rig_compact(&rig, 2), RAFT_OK);
	rig_save(&rig);
	assert_int_equal(rig_compact(&rig, 3), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 3);
	rig_stop(&rig);
}

/* ---------------------------------------------------------- followers */

/** So many appends of one entry each, after entry 1, all committed up to there. */
static void
follow(struct rig *rig, size_t appends, uint64_t commit)
{
	rig_start(rig, &(struct rig_options){ .ahead_of_disk = true,
					      .uncommitted_entries_max = 10 });
	rig_append(rig, 2, 2, ID(1, 1), NULL, 0, 0);
	rig_settle(rig);
	for (uint64_t i = 1; i <= appends; i++) {
		rig_append(rig, 2, 2, ID(i, i == 1 ? 1 : 2), TERMS(2), 1,
			   i < commit ? i : commit);
		rig_turn(rig);
	}
}

static uint64_t
match(const struct rig *rig)
{
	return rig_sent(rig, "append-answer", 2)->append_answer.match_index;
}

static void
a_follower_applies_what_is_committed_and_promises_what_is_durable(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, 8, 7);
	assert_int_equal(rig.applied, 7);
	assert_int_equal(match(&rig), 1);
	rig_save(&rig);
	assert_int_equal(match(&rig), 9);
	rig_stop(&rig);
}

/* Writes that are counted as one, and a leader that has other entries. */
static void
a_write_that_was_overtaken_says_nothing_of_what_came_after(void **state)
{
	struct rig rig;
	uint64_t token;

	(void)state;
	follow(&rig, 8, 4);
	token = rig.save.token;
	rig_append(&rig, 3, 3, ID(4, 2), TERMS(3, 3), 2, 4);
	rig_turn(&rig);
	assert_int_equal(rig.save.truncate_from, 5);
	raft_saved(rig.raft, token, rig.now);
	assert_true(rig_status(&rig).durable_index <= 4);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 6);
	assert_int_equal(rig.applied, 4);
	rig_append(&rig, 3, 3, ID(6, 3), NULL, 0, 6);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 6);
	rig_stop(&rig);
}

static void
a_follower_takes_no_more_than_its_disk_may_be_behind(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, 10, 0);
	assert_int_equal(rig_status(&rig).last.index, 11);
	rig_append(&rig, 2, 2, ID(11, 2), TERMS(2), 1, 11);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).last.index, 11);
	assert_int_equal(
	    rig_sent(&rig, "append-answer", 2)->append_answer.verdict,
	    RAFT_APPEND_BUSY);
	rig_save(&rig);
	rig_append(&rig, 2, 2, ID(11, 2), TERMS(2), 1, 11);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).last.index, 12);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_a_majority_has_is_applied_before_it_is_durable_here),
		cmocka_unit_test(its_own_disk_counts_only_once_it_has_it),
		cmocka_unit_test(the_log_is_given_all_that_is_new),
		cmocka_unit_test(who_waits_for_its_disk_gathers_what_is_new),
		cmocka_unit_test(what_is_not_durable_here_is_limited),
		cmocka_unit_test(a_snapshot_is_not_ahead_of_the_log),
		cmocka_unit_test(
		    a_follower_applies_what_is_committed_and_promises_what_is_durable),
		cmocka_unit_test(
		    a_write_that_was_overtaken_says_nothing_of_what_came_after),
		cmocka_unit_test(
		    a_follower_takes_no_more_than_its_disk_may_be_behind),
	};

	return rig_run(tests);
}

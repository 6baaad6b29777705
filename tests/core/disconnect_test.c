/*
 * disconnect: a leader whose host has closed its connection; and without it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

/** It takes no longer than this until each of five has asked in its turn. */
#define ALL_TURNS (T / 4)

/** The leader is 2, and was heard just now. */
static void
follow(struct rig *rig, const char *build, size_t voters)
{
	rig_start(rig, &(struct rig_options){ .build = build,
					       .voters = voters });
	rig_heartbeat(rig, 2, 2);
	rig_settle(rig);
	rig_forget(rig);
}

static void
closes(struct rig *rig, uint64_t peer)
{
	raft_peer_closed(rig->raft, rig_id(peer), rig->now);
	rig_turn(rig);
}

static void
pass(struct rig *rig, uint64_t us)
{
	for (uint64_t passed = 0; passed < us; passed += T / 1000)
		rig_pass(rig, T / 1000);
}

static void
who_sees_its_leader_close_asks_soon(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "prevote+disconnect", 3);
	closes(&rig, 2);
	assert_int_equal(rig_status(&rig).leader, 0);
	/* Not before the others can have been told, too. */
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	pass(&rig, ALL_TURNS);
	assert_non_null(rig_sent(&rig, "prevote", 3));
	answer(&rig, 3, RAFT_REFUSAL_NONE, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig_status(&rig).term, 3);
	rig_stop(&rig);
}

static void
without_it_the_timer_is_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "prevote", 3);
	closes(&rig, 2);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	pass(&rig, T - T / 1000);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	rig_stop(&rig);
}

/** What `build` answers to 3, who asks for its vote in advance, and then for it. */
static void
is_refused(const char *build, bool told, enum raft_refusal refusal)
{
	struct rig rig;
	const struct raft_message *said;

	follow(&rig, build, 3);
	if (told)
		closes(&rig, 2);
	ask(&rig, 3, 2, 3, ID(5, 2));
	assert_int_equal(asked(&rig, 3), refusal);
	rig_vote(&rig, 3, 3, ID(5, 2));
	rig_settle(&rig);
	said = rig_sent(&rig, "vote-answer", 3);
	assert_non_null(said);
	assert_int_equal(said->vote_answer.refusal, refusal);
	rig_stop(&rig);
}

static void
who_was_told_refuses_nobody_for_that_leader(void **state)
{
	const enum raft_refusal none = RAFT_REFUSAL_NONE;

	(void)state;
	is_refused("stickiness+prevote+disconnect", true, none);
	is_refused("stickiness+prevote+learners+disconnect", true, none);
	/* Who was not told, or cannot tell, believes the leader alive. */
	is_refused("stickiness+prevote+disconnect", false,
		   RAFT_REFUSAL_LEASE);
	is_refused("stickiness+prevote", true, RAFT_REFUSAL_LEASE);
}

static void
of_others_it_says_nothing(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "stickiness+prevote+disconnect", 3);
	closes(&rig, 3);
	raft_peer_closed(rig.raft, rig_id(99), rig.now);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	pass(&rig, ALL_TURNS);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
	/* A leader has none. */
	start(&rig, "disconnect");
	rig_lead(&rig);
	closes(&rig, 2);
	closes(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	pass(&rig, ALL_TURNS);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

/* A connection between the two was closed, and the leader lives. */
static void
a_leader_that_is_heard_again_is_followed(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "stickiness+prevote+disconnect", 3);
	closes(&rig, 2);
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	pass(&rig, ALL_TURNS);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	assert_true(raft_deadline(rig.raft) > rig.now);
	rig_vote(&rig, 3, 3, ID(5, 2));
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

/* The leader's next heartbeat may be a whole interval away. */
static void
a_false_report_costs_one_refused_round(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "stickiness+prevote+disconnect", 3);
	closes(&rig, 2);
	while (rig_count(&rig, "prevote") == 0)
		rig_pass(&rig, T / 1000);
	answer(&rig, 2, RAFT_REFUSAL_LEASE, 2);
	answer(&rig, 3, RAFT_REFUSAL_LEASE, 2);
	assert_int_equal(rig_count(&rig, "prevote"), 2);
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	pass(&rig, T - T / 1000);
	assert_int_equal(rig_count(&rig, "prevote"), 2);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

/* Of two reports: what was granted to the first round is no grant of the second. */
static void
a_round_that_the_leader_ended_does_not_go_on(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "prevote+disconnect", 5);
	closes(&rig, 2);
	while (rig_count(&rig, "prevote") == 0)
		rig_pass(&rig, T / 1000);
	answer(&rig, 3, RAFT_REFUSAL_NONE, 2);
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	pass(&rig, T / 2);
	rig_forget(&rig);
	closes(&rig, 2);
	rig_pass(&rig, 1);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	while (rig_count(&rig, "prevote") == 0)
		rig_pass(&rig, T / 1000);
	answer(&rig, 4, RAFT_REFUSAL_NONE, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	answer(&rig, 5, RAFT_REFUSAL_NONE, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

/* Not all are told at the same moment. */
static void
who_said_no_for_its_sake_says_that_it_has_closed(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "prevote+disconnect", 5);
	ask(&rig, 3, 2, 3, ID(5, 2));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_LEASE);
	closes(&rig, 4);
	assert_int_equal(rig_count(&rig, "prevote-free"), 0);
	closes(&rig, 2);
	assert_int_equal(rig_count(&rig, "prevote-free"), 1);
	assert_non_null(rig_sent(&rig, "prevote-free", 3));
	rig_forget(&rig);
	ask(&rig, 3, 2, 3, ID(5, 2));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_NONE);
	/* Once. */
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	closes(&rig, 2);
	assert_int_equal(rig_count(&rig, "prevote-free"), 0);
	rig_stop(&rig);
}

static void
is_told_free(struct rig *rig, uint64_t by)
{
	(void)rig_give(rig, by, (struct raft_message){
				    .kind = RAFT_MESSAGE_EXTENSION,
				    .term = 2,
				    .extension = { .module = PREVOTE,
						   .type = PREVOTE_FREE } });
	rig_turn(rig);
}

static void
who_is_told_later_is_asked_again_at_once(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "prevote+disconnect", 5);
	/* It does not ask. */
	is_told_free(&rig, 3);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	closes(&rig, 2);
	while (rig_count(&rig, "prevote") == 0)
		rig_pass(&rig, T / 1000);
	answer(&rig, 3, RAFT_REFUSAL_LEASE, 2);
	answer(&rig, 4, RAFT_REFUSAL_NONE, 2);
	rig_forget(&rig);
	is_told_free(&rig, 3);
	assert_int_equal(rig_count(&rig, "prevote"), 1);
	assert_non_null(rig_sent(&rig, "prevote", 3));
	/* Whose answer stands is not asked again. */
	is_told_free(&rig, 4);
	assert_int_equal(rig_count(&rig, "prevote"), 1);
	answer(&rig, 3, RAFT_REFUSAL_NONE, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

static void
who_is_asked_by_one_that_could_win_does_not_ask(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "stickiness+prevote+disconnect", 3);
	closes(&rig, 2);
	ask(&rig, 3, 2, 3, ID(1, 1));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_NONE);
	pass(&rig, ALL_TURNS);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	rig_stop(&rig);
}

/** In the last turn of nine, and with a longer log than 3, who is the first. */
static void
who_is_asked_by_one_that_is_behind_asks_soon(void **state)
{
	struct rig rig;
	uint64_t closed_at;

	(void)state;
	for (uint64_t term = 2; term <= 10; term++) {
		rig_start(&rig, &(struct rig_options){
				    .build = "prevote+disconnect",
				    .voters = 9 });
		rig_append(&rig, 2, term, ID(1, 1), TERMS(term), 1, 0);
		rig_settle(&rig);
		rig_forget(&rig);
		closes(&rig, 2);
		closed_at = rig.now;
		ask(&rig, 3, term, term + 1, ID(1, 1));
		assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_LOG);
		while (rig_count(&rig, "prevote") == 0)
			rig_pass(&rig, T / 1000);
		assert_true(rig.now - closed_at <= T / 100);
		rig_stop(&rig);
	}
}

/* One by one, and another is the first in another term. */
static void
each_asks_in_its_turn(void **state)
{
	struct rig rig;
	bool taken[9] = { false };
	uint64_t closed_at, turn;

	(void)state;
	for (uint64_t term = 2; term < 2 + 9; term++) {
		rig_start(&rig, &(struct rig_options){
				    .build = "prevote+disconnect",
				    .voters = 9 });
		rig_heartbeat(&rig, 2, term);
		rig_settle(&rig);
		rig_forget(&rig);
		closes(&rig, 2);
		closed_at = rig.now;
		while (rig_count(&rig, "prevote") == 0)
			rig_pass(&rig, T / 1000);
		turn = (rig.now - closed_at) / (T / 20);
		assert_true(rig.now - closed_at - turn * (T / 20) <= T / 100);
		assert_in_range(turn, 0, 7);
		taken[turn] = true;
		rig_stop(&rig);
	}
	for (turn = 0; turn < 8; turn++)
		assert_true(taken[turn]);
}

/* It would be put off by a heartbeat. */
static void
a_log_at_work_is_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, "prevote+disconnect", 3);
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_turn(&rig);
	closes(&rig, 2);
	pass(&rig, T / 3);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	rig_save(&rig);
	rig_forget(&rig);
	pass(&rig, T / 100);
	assert_int_equal(rig_count(&rig, "prevote"), 2);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sees_its_leader_close_asks_soon),
		cmocka_unit_test(without_it_the_timer_is_waited_for),
		cmocka_unit_test(who_was_told_refuses_nobody_for_that_leader),
		cmocka_unit_test(of_others_it_says_nothing),
		cmocka_unit_test(a_leader_that_is_heard_again_is_followed),
		cmocka_unit_test(a_false_report_costs_one_refused_round),
		cmocka_unit_test(a_round_that_the_leader_ended_does_not_go_on),
		cmocka_unit_test(
		    who_said_no_for_its_sake_says_that_it_has_closed),
		cmocka_unit_test(who_is_told_later_is_asked_again_at_once),
		cmocka_unit_test(
		    who_is_asked_by_one_that_could_win_does_not_ask),
		cmocka_unit_test(who_is_asked_by_one_that_is_behind_asks_soon),
		cmocka_unit_test(each_asks_in_its_turn),
		cmocka_unit_test(a_log_at_work_is_waited_for),
	};

	return rig_run(tests);
}

/*
 * Handing leadership over (thesis 3.10).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

static void
lead_with_two(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_lead(rig);
	rig_accept(rig, 2, 2);
	rig_accept(rig, 3, 2);
	rig_turn(rig);
	rig_forget(rig);
}

static void
the_target_is_told_once_it_has_everything(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).transfer_target, rig_id(2));
	assert_null(rig_sent(&rig, "timeout-now", 2));
	assert_int_equal(rig_propose(&rig, 1), RAFT_TRANSFERRING);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "timeout-now", 2)->timeout_now.tip.index,
			 3);
	/* Said again with a heartbeat, since it may have been lost. */
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "timeout-now"), 1);
	rig_stop(&rig);
}

/* Rounds of reads are no heartbeats, and put none off. */
static void
timeout_now_is_said_again_while_reads_go_on(void **state)
{
	struct rig rig;
	uint64_t read, told_at;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "timeout-now"), 1);
	told_at = rig.now;
	rig_forget(&rig);
	while (rig_count(&rig, "timeout-now") == 0) {
		assert_in_range(rig.now, told_at, told_at + T / 10);
		assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
		rig_pass(&rig, T / 1000);
		rig_accept(&rig, 3, 2);
		rig_turn(&rig);
	}
	assert_true(rig.reads > 50);
	rig_stop(&rig);
}

static void
a_transfer_that_fails_is_given_up_with_a_no_op(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(rig_transfer(&rig, 3), RAFT_OK);
	for (int i = 0; i < 10; i++)
		rig_pass(&rig, T / 10);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_int_equal(rig_status(&rig).transfer_target, 0);
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig.saved[0].kind, RAFT_ENTRY_NOOP);
	/* The no-op has no outcome, and the next transfer waits for it. */
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OVERLOADED);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	rig_accept(&rig, 2, 4);
	rig_turn(&rig);
	assert_int_equal(rig.outcome_count, 1);
	assert_int_equal(rig.outcomes[0].range.first, 4);
	assert_int_equal(rig.outcomes[0].range.last, 4);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	rig_stop(&rig);
}

/* As many kinds as there are, and the no-op among those that are committed. */
static void
a_leader_that_stops_may_have_four_outcomes_to_tell(void **state)
{
	static const struct raft_outcome expected[] = {
		{ RAFT_OUTCOME_COMMITTED, 2, { 3, 3 } },
		{ RAFT_OUTCOME_COMMITTED, 2, { 5, 5 } },
		{ RAFT_OUTCOME_UNKNOWN, 2, { 6, 6 } },
		{ RAFT_OUTCOME_LOST, 2, { 7, 7 } },
	};
	struct rig rig;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig_transfer(&rig, 3), RAFT_OK);
	rig_pass(&rig, T);
	for (uint64_t index = 5; index <= 6; index++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_settle(&rig);
		assert_int_equal(rig_status(&rig).last.index, index);
	}
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_accept(&rig, 2, 5);
	rig_vote(&rig, 2, 3, ID(9, 2));
	rig_turn(&rig);
	assert_int_equal(rig.outcome_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(rig.outcomes[i].kind, expected[i].kind);
		assert_int_equal(rig.outcomes[i].term, expected[i].term);
		assert_int_equal(rig.outcomes[i].range.first,
				 expected[i].range.first);
		assert_int_equal(rig.outcomes[i].range.last,
				 expected[i].range.last);
	}
	rig_stop(&rig);
}

static void
a_transfer_needs_a_voter_and_a_leader(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(rig_transfer(&rig, 2), RAFT_NOT_LEADER);
	rig_stop(&rig);
	lead_with_two(&rig);
	assert_int_equal(rig_transfer(&rig, 9), RAFT_INVALID);
	assert_int_equal(rig_transfer(&rig, 1), RAFT_OK);
	assert_int_equal(rig_status(&rig).transfer_target, 0);
	rig_stop(&rig);
}

static void
stepping_down_hands_over_to_the_furthest(void **state)
{
	struct rig rig;

	(void)state;
	for (uint64_t furthest = 2; furthest <= 3; furthest++) {
		lead_with_two(&rig);
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_settle(&rig);
		rig_accept(&rig, furthest, 3);
		assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
		rig_turn(&rig);
		assert_non_null(rig_sent(&rig, "timeout-now", furthest));
		for (int i = 0; i < 10; i++)
			rig_pass(&rig, T / 10);
		assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
		assert_int_equal(rig_status(&rig).term, 2);
		rig_stop(&rig);
	}
}

/* However often it is asked to, and to whomever it hands over then. */
static void
who_steps_down_stops_in_time(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	for (int i = 0; i < 10; i++) {
		rig_pass(&rig, T / 10);
		if (rig_status(&rig).role == RAFT_LEADER)
			assert_int_equal(raft_step_down(rig.raft, rig.now),
					 RAFT_OK);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
	lead_with_two(&rig);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_transfer(&rig, 3), RAFT_OK);
	rig_turn(&rig);
	assert_non_null(rig_sent(&rig, "timeout-now", 3));
	for (int i = 0; i < 10; i++)
		rig_pass(&rig, T / 10);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).last.index, 2);
	rig_stop(&rig);
	lead_with_two(&rig);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	for (int i = 0; i < 10; i++) {
		rig_pass(&rig, T / 10);
		if (rig_status(&rig).role == RAFT_LEADER)
			assert_int_equal(rig_transfer(&rig, 3), RAFT_OK);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/* Two with a permit would split the vote. */
static void
who_steps_down_keeps_the_successor_that_was_told(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(rig_transfer(&rig, 3), RAFT_OK);
	rig_turn(&rig);
	assert_non_null(rig_sent(&rig, "timeout-now", 3));
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	for (int i = 0; i < 10; i++) {
		rig_pass(&rig, T / 10);
		assert_null(rig_sent(&rig, "timeout-now", 2));
	}
	/* And it stops. */
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).last.index, 2);
	rig_stop(&rig);
}

static struct raft_message
timeout_now(uint64_t index, uint64_t term)
{
	return (struct raft_message){
		.kind = RAFT_MESSAGE_TIMEOUT_NOW,
		.term = 2,
		.timeout_now = { .tip = ID(index, term), .transfer = 5 },
	};
}

/* Hazard L4: prevote must not ask first, nor stickiness refuse. */
static void
the_target_campaigns_at_once_with_a_permit(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){
			    .build = "stickiness+prevote+checkquorum" });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	rig_forget(&rig);
	(void)rig_give(&rig, 2, timeout_now(2, 2));
	rig_settle(&rig);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	assert_int_equal(rig_sent(&rig, "vote", 3)->term, 3);
	assert_int_equal(rig_sent(&rig, "vote", 3)->vote.permit.leader,
			 rig_id(2));
	assert_int_equal(rig_sent(&rig, "vote", 3)->vote.permit.term, 2);
	assert_int_equal(rig_sent(&rig, "vote", 3)->vote.permit.transfer, 5);
	/* The permit is of this one candidacy. */
	rig_forget(&rig);
	rig_time_out(&rig);
	while (rig_count(&rig, "prevote") == 0)
		rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).term, 3);
	rig_stop(&rig);
}

static void
only_the_leader_whose_log_it_holds_is_heeded(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_turn(&rig);
	(void)rig_give(&rig, 2, timeout_now(2, 2));
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_save(&rig);
	(void)rig_give(&rig, 3, timeout_now(2, 2));
	(void)rig_give(&rig, 2, timeout_now(1, 1));
	(void)rig_give(&rig, 2, timeout_now(2, 1));
	(void)rig_give(&rig, 2, timeout_now(3, 2));
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	(void)rig_give(&rig, 2, timeout_now(2, 2));
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_settle(&rig);
	rig_stop(&rig);
}

static void
a_new_term_ends_the_transfer(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_two(&rig);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	rig_vote(&rig, 2, 3, ID(2, 2));
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).transfer_target, 0);
	assert_int_equal(rig_status(&rig).vote.id, rig_id(2));
	assert_int_equal(rig_propose(&rig, 1), RAFT_NOT_LEADER);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_target_is_told_once_it_has_everything),
		cmocka_unit_test(timeout_now_is_said_again_while_reads_go_on),
		cmocka_unit_test(
		    a_transfer_that_fails_is_given_up_with_a_no_op),
		cmocka_unit_test(
		    a_leader_that_stops_may_have_four_outcomes_to_tell),
		cmocka_unit_test(a_transfer_needs_a_voter_and_a_leader),
		cmocka_unit_test(stepping_down_hands_over_to_the_furthest),
		cmocka_unit_test(who_steps_down_stops_in_time),
		cmocka_unit_test(
		    who_steps_down_keeps_the_successor_that_was_told),
		cmocka_unit_test(the_target_campaigns_at_once_with_a_permit),
		cmocka_unit_test(only_the_leader_whose_log_it_holds_is_heeded),
		cmocka_unit_test(a_new_term_ends_the_transfer),
	};

	return rig_run(tests);
}

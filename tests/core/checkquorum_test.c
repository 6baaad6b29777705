/*
 * checkquorum: when a leader is over; and without it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

static void
a_leader_without_its_majority_steps_down(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "checkquorum");
	rig_lead(&rig);
	rig_pass(&rig, T - 1);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_forget(&rig);
	rig_pass(&rig, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig.events[rig.event_count - 1].reason,
			 RAFT_REASON_QUORUM_LOST);
	assert_int_equal(rig_count(&rig, "append"), 0);
	assert_int_equal(rig_propose(&rig, 1), RAFT_NOT_LEADER);
	rig_stop(&rig);
}

static void
without_it_a_leader_clings(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote+stickiness");
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_settle(&rig);
	for (int i = 0; i < 200; i++)
		rig_pass(&rig, T / 10);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

/* What counts is when it was sent, not when the answer came. */
static void
the_window_counts_from_the_sending(void **state)
{
	struct rig rig;
	struct raft_message early;

	(void)state;
	start(&rig, "checkquorum");
	rig_lead(&rig);
	early = *rig_sent(&rig, "append", 2);
	rig_pass(&rig, T - 10);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
				   .match_index = 2,
				   .sent_at = early.append.sent_at,
				   .sequence = early.append.sequence },
	});
	rig_pass(&rig, 10);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
answers_keep_a_leader(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "checkquorum");
	rig_lead(&rig);
	for (int i = 0; i < 100; i++) {
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		rig_accept(&rig, 3, 2);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

/* A paused process: its timer has not run, but the clock has. */
static void
a_stale_leader_refuses_proposals_by_the_clock(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "checkquorum");
	rig_lead(&rig);
	rig.now += 3 * T;
	assert_int_equal(rig_propose(&rig, 1), RAFT_NO_QUORUM);
	rig_stop(&rig);
}

/* S40: the heartbeats of a leader that cannot write keep its followers. */
static void
a_leader_whose_disk_hangs_steps_down(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "checkquorum");
	rig_lead(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
		rig_pass(&rig, T / 10);
		rig_accept(&rig, 2, 2);
		rig_accept(&rig, 3, 2);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig.events[rig.event_count - 1].reason,
			 RAFT_REASON_WRITE_STALLED);
	rig_stop(&rig);
}

/* It goes on at the others' pace meanwhile. */
static void
a_leader_that_is_ahead_of_its_disk_waits_longer_for_it(void **state)
{
	struct rig rig;
	uint64_t begun;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "checkquorum",
					       .ahead_of_disk = true });
	rig_lead(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	begun = rig.now;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
		rig_pass(&rig, T / 10);
		rig_accept(&rig, 2, 3);
		rig_accept(&rig, 3, 3);
	}
	assert_int_equal(rig.applied, 3);
	assert_int_equal(rig.now, begun + 5 * T);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig.events[(rig.event_count - 1) % 64].reason,
			 RAFT_REASON_WRITE_STALLED);
	rig_stop(&rig);
}

/* However often it is answered: nothing else may be due then. */
static void
a_hanging_disk_is_due_after_a_timeout(void **state)
{
	struct rig rig;
	uint64_t begun;

	(void)state;
	start(&rig, "checkquorum");
	rig_lead(&rig);
	rig_pass(&rig, 37);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	begun = rig.now;
	while (raft_deadline(rig.raft) < begun + T) {
		rig_pass(&rig, raft_deadline(rig.raft) - rig.now);
		rig_accept(&rig, 2, 2);
		rig_accept(&rig, 3, 2);
	}
	assert_int_equal(raft_deadline(rig.raft), begun + T);
	rig_stop(&rig);
}

static void
a_sole_voter_never_steps_down(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){
			    .build = "stickiness+prevote+checkquorum",
			    .voters = 1 });
	rig_time_out(&rig);
	rig_save(&rig);
	rig_settle(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	rig_pass(&rig, 20 * T);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leader_without_its_majority_steps_down),
		cmocka_unit_test(without_it_a_leader_clings),
		cmocka_unit_test(the_window_counts_from_the_sending),
		cmocka_unit_test(answers_keep_a_leader),
		cmocka_unit_test(a_stale_leader_refuses_proposals_by_the_clock),
		cmocka_unit_test(a_leader_whose_disk_hangs_steps_down),
		cmocka_unit_test(
		    a_leader_that_is_ahead_of_its_disk_waits_longer_for_it),
		cmocka_unit_test(a_hanging_disk_is_due_after_a_timeout),
		cmocka_unit_test(a_sole_voter_never_steps_down),
	};

	return rig_run(tests);
}

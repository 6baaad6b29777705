/*
 * Votes, candidacies, terms (thesis 3.4, 3.6.1).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

static void
no_request_leaves_before_the_vote_is_durable(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig_count(&rig, "vote"), 0);
	assert_int_equal(rig.save.term, 2);
	assert_int_equal(rig.save.vote.id, rig_id(1));
	rig_save(&rig);
	assert_int_equal(rig_count(&rig, "vote"), 2);
	rig_stop(&rig);
}

static void
a_vote_leaves_once_durable_and_only_once_a_term(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	rig_vote(&rig, 3, 2, ID(1, 1));
	rig_save(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 2)->vote_answer.refusal,
			 RAFT_REFUSAL_NONE);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_VOTED);
	/* Asked again by the same candidate, it says the same. */
	rig_forget(&rig);
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 2)->vote_answer.refusal,
			 RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* Hazards S2, S43. */
static void
a_restarted_voter_keeps_its_promise(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run run = { .first_index = 1, .term = 1 };
	struct raft_stored stored = {
		.term = 5,
		.vote = rig_identity(2),
		.runs = &run,
		.run_count = 1,
		.last_index = 1,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &stored });
	rig_vote(&rig, 3, 5, ID(1, 1));
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_VOTED);
	rig_stop(&rig);
}

static void
a_vote_is_of_one_incarnation(void **state)
{
	struct rig rig;
	struct raft_message again = {
		.kind = RAFT_MESSAGE_VOTE,
		.from = { rig_id(2), 99 },
		.to = rig_identity(1),
		.term = 2,
		.vote = { .tip = ID(1, 1) },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_vote(&rig, 2, 2, ID(1, 1));
	(void)raft_receive(rig.raft, &again, rig.now);
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 2)->vote_answer.refusal,
			 RAFT_REFUSAL_VOTED);
	rig_stop(&rig);
}

static void
the_later_term_wins_then_the_longer_log(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 4, ID(1, 1), TERMS(2, 3, 3), 3, 0);
	rig_settle(&rig);
	rig_vote(&rig, 3, 5, ID(9, 2));
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_LOG);
	rig_vote(&rig, 3, 6, ID(3, 3));
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_LOG);
	rig_vote(&rig, 3, 7, ID(2, 4));
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* Scenario S42 of the protocol notes: what is accepted counts, durable or not. */
static void
votes_are_judged_on_what_was_accepted(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_turn(&rig);
	rig_vote(&rig, 3, 3, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_LOG);
	rig_stop(&rig);
}

static void
a_refused_vote_does_not_reset_the_timer(void **state)
{
	struct rig rig;
	uint64_t deadline;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	deadline = raft_deadline(rig.raft);
	rig.now += T / 2;
	rig_vote(&rig, 3, 9, ID(0, 0));
	assert_int_equal(raft_deadline(rig.raft), deadline);
	rig_vote(&rig, 2, 9, ID(1, 1));
	assert_true(raft_deadline(rig.raft) >= rig.now + T);
	rig_stop(&rig);
}

static void
a_repeated_request_does_not_reset_the_timer(void **state)
{
	struct rig rig;
	uint64_t deadline;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_vote(&rig, 2, 9, ID(1, 1));
	rig_settle(&rig);
	deadline = raft_deadline(rig.raft);
	rig.now += T / 2;
	rig_vote(&rig, 2, 9, ID(1, 1));
	assert_int_equal(raft_deadline(rig.raft), deadline);
	rig_stop(&rig);
}

static void
a_candidate_with_a_majority_leads(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .voters = 4 });
	rig_time_out(&rig);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_grant(&rig, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_grant(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

/* Nor can a peer that lies make it lead before. */
static void
a_candidates_own_vote_counts_once_durable(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_grant(&rig, 2);
	rig_grant(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

static void
strangers_votes_do_not_count(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_save(&rig);
	rig_grant(&rig, 7);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_STRANGER), 1);
	rig_stop(&rig);
}

static void
open_requests_are_repeated(void **state)
{
	struct rig rig;

	(void)state;
	for (uint64_t granted = 2; granted <= 5; granted++) {
		rig_start(&rig, &(struct rig_options){ .voters = 5 });
		rig_time_out(&rig);
		rig_save(&rig);
		rig_grant(&rig, granted);
		rig_forget(&rig);
		rig_time_out(&rig);
		assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
		for (uint64_t peer = 2; peer <= 5; peer++)
			assert_true((rig_sent(&rig, "vote", peer) == NULL) ==
				    (peer == granted));
		rig_stop(&rig);
	}
}

static void
a_leader_seen_ends_a_candidacy(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_save(&rig);
	rig_append(&rig, 3, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).leader, rig_id(3));
	assert_int_equal(rig_status(&rig).last.index, 2);
	rig_stop(&rig);
}

static void
no_candidacy_while_the_log_is_not_durable(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_turn(&rig);
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_save(&rig);
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

static void
timeouts_stay_within_one_and_two(void **state)
{
	struct rig rig;
	uint64_t least = UINT64_MAX, most = 0;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	for (int i = 0; i < 1000; i++) {
		uint64_t wait;

		rig_heartbeat(&rig, 2, 2);
		rig_settle(&rig);
		rig_forget(&rig);
		wait = raft_deadline(rig.raft) - rig.now;
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, T, T + T / 50);
	assert_in_range(most, 2 * T - T / 50, 2 * T - 1);
	rig_stop(&rig);
}

/* Hazard S10. */
static void
a_sole_voter_leads_at_once_and_waits_for_its_disk(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .voters = 1 });
	assert_true(raft_deadline(rig.raft) <= rig.now);
	rig_time_out(&rig);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_settle(&rig);
	rig_forget(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.outcome_count, 0);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_save(&rig);
	assert_int_equal(rig.outcomes[0].kind, RAFT_OUTCOME_COMMITTED);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	rig_stop(&rig);
}

/* Hazard S14: what was lost was another incarnation's. The candidate's
 * configuration names this one, or it could not have addressed it. */
static void
an_empty_log_votes_for_who_knows_it_and_does_not_campaign(void **state)
{
	struct raft_stored empty = { 0 };
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_NOT_MEMBER);
	rig_pass(&rig, 10 * T);
	assert_int_equal(rig.sent_count + rig.saves, 0);
	rig_vote(&rig, 2, 9, ID(5, 5));
	rig_turn(&rig);
	assert_null(rig_sent(&rig, "vote-answer", 2));
	rig_save(&rig);
	assert_int_equal(
	    rig_sent(&rig, "vote-answer", 2)->vote_answer.refusal,
	    RAFT_REFUSAL_NONE);
	rig_pass(&rig, 10 * T);
	assert_int_equal(rig_count(&rig, "vote"), 0);
	rig_stop(&rig);
}

static void
messages_to_another_incarnation_are_dropped(void **state)
{
	struct rig rig;
	struct raft_message message = {
		.kind = RAFT_MESSAGE_VOTE,
		.from = rig_identity(2),
		.to = { rig_id(1), 10 },
		.term = 9,
		.vote = { .tip = ID(1, 1) },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	(void)raft_receive(rig.raft, &message, rig.now);
	assert_int_equal(rig_status(&rig).term, 1);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MISADDRESSED), 1);
	rig_stop(&rig);
}

static void
step_down_keeps_the_term_and_the_vote(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_NOT_LEADER);
	rig_lead(&rig);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig_status(&rig).vote.id, rig_id(1));
	assert_int_equal(rig_status(&rig).leader, 0);
	assert_int_equal(rig_propose(&rig, 1), RAFT_NOT_LEADER);
	assert_true(raft_deadline(rig.raft) >= rig.now + T);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_leaves_before_the_vote_is_durable),
		cmocka_unit_test(a_vote_leaves_once_durable_and_only_once_a_term),
		cmocka_unit_test(a_restarted_voter_keeps_its_promise),
		cmocka_unit_test(a_vote_is_of_one_incarnation),
		cmocka_unit_test(the_later_term_wins_then_the_longer_log),
		cmocka_unit_test(votes_are_judged_on_what_was_accepted),
		cmocka_unit_test(a_refused_vote_does_not_reset_the_timer),
		cmocka_unit_test(a_repeated_request_does_not_reset_the_timer),
		cmocka_unit_test(a_candidate_with_a_majority_leads),
		cmocka_unit_test(a_candidates_own_vote_counts_once_durable),
		cmocka_unit_test(strangers_votes_do_not_count),
		cmocka_unit_test(open_requests_are_repeated),
		cmocka_unit_test(a_leader_seen_ends_a_candidacy),
		cmocka_unit_test(no_candidacy_while_the_log_is_not_durable),
		cmocka_unit_test(timeouts_stay_within_one_and_two),
		cmocka_unit_test(
		    a_sole_voter_leads_at_once_and_waits_for_its_disk),
		cmocka_unit_test(an_empty_log_votes_for_who_knows_it_and_does_not_campaign),
		cmocka_unit_test(messages_to_another_incarnation_are_dropped),
		cmocka_unit_test(step_down_keeps_the_term_and_the_vote),
	};

	return rig_run(tests);
}

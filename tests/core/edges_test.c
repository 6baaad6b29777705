/*
 * Where ordinary cases end: the first, the last, one too many, none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

static const struct raft_append_answer *
answer_to(const struct rig *rig, uint64_t peer)
{
	const struct raft_message *answer = rig_sent(rig, "append-answer", peer);

	assert_non_null(answer);
	return &answer->append_answer;
}

static void
an_append_may_carry_many_terms(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 20, ID(1, 1),
		   TERMS(2, 2, 4, 5, 5, 8, 9, 12, 13, 13, 17, 19), 12, 0);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 13);
	assert_int_equal(rig_status(&rig).last.term, 19);
	/* Each mismatch names the term that stands there, and where it began. */
	rig_append(&rig, 3, 21, ID(6, 6), NULL, 0, 0);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 3)->conflict.term, 5);
	assert_int_equal(answer_to(&rig, 3)->conflict.index, 5);
	rig_append(&rig, 3, 21, ID(10, 14), NULL, 0, 0);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 3)->conflict.term, 13);
	assert_int_equal(answer_to(&rig, 3)->conflict.index, 10);
	rig_stop(&rig);
}

/* What is committed agrees: there is no need to look there. */
static void
a_mismatch_never_points_below_the_commit(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2, 2, 2, 2), 5, 4);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 4);
	rig_append(&rig, 3, 3, ID(6, 3), NULL, 0, 4);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 3)->verdict, RAFT_APPEND_MISMATCH);
	assert_int_equal(answer_to(&rig, 3)->conflict.index, 5);
	rig_stop(&rig);
}

/* Several truncations before the log is told: the lowest counts. */
static void
truncations_before_a_save_are_one(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2, 2, 2), 4, 0);
	rig_settle(&rig);
	rig_append(&rig, 3, 3, ID(3, 2), TERMS(3), 1, 0);
	rig_append(&rig, 2, 4, ID(1, 1), TERMS(4), 1, 0);
	rig_append(&rig, 3, 5, ID(2, 4), TERMS(5), 1, 0);
	rig_turn(&rig);
	assert_int_equal(rig.save.truncate_from, 2);
	assert_int_equal(rig.save.entry_count, 2);
	assert_int_equal(rig.saved[0].term, 4);
	assert_int_equal(rig.saved[1].index, 3);
	assert_int_equal(rig.saved[1].term, 5);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 3);
	rig_stop(&rig);
}

/* Each makes durable only what was not dropped since. */
static void
a_truncation_reaches_writes_under_way(void **state)
{
	struct rig rig;
	uint64_t first;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2), 2, 0);
	rig_turn(&rig);
	first = rig.save.token;
	rig_append(&rig, 2, 2, ID(3, 2), TERMS(2, 2), 2, 0);
	rig_turn(&rig);
	/* Drops 4 and 5: the first write stands. */
	rig_append(&rig, 3, 3, ID(3, 2), TERMS(3), 1, 0);
	rig_turn(&rig);
	raft_saved(rig.raft, first, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 3);
	raft_saved(rig.raft, first + 1, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 3);
	raft_saved(rig.raft, first + 2, rig.now);
	assert_int_equal(rig_status(&rig).durable_index, 4);
	rig_stop(&rig);
}

static void
messages_from_nowhere_are_dropped(void **state)
{
	struct raft_message vote = { .kind = RAFT_MESSAGE_VOTE, .term = 5 };
	struct raft_entry_id absurd = { .index = UINT64_MAX, .term = 1 };
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(rig_give(&rig, 0, vote), RAFT_OK);
	assert_int_equal(rig_give(&rig, 1, vote), RAFT_OK);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MISADDRESSED), 2);
	rig_vote(&rig, 2, 5, absurd);
	/* A candidate's log ends before its own term. */
	rig_vote(&rig, 2, 5, ID(1, 5));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_ABSURD_INDEX), 2);
	vote.kind = (enum raft_message_kind)0;
	assert_int_equal(rig_give(&rig, 2, vote), RAFT_OK);
	vote.kind = (enum raft_message_kind)15;
	assert_int_equal(rig_give(&rig, 2, vote), RAFT_OK);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_UNKNOWN_KIND), 2);
	assert_int_equal(rig_status(&rig).term, 1);
	rig_stop(&rig);
}

static void
a_leader_counts_who_claims_its_term(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_heartbeat(&rig, 2, 2);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_RIVAL_LEADER), 1);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

static void
answer_vote(struct rig *rig, uint64_t from, uint64_t asked,
	    enum raft_refusal refusal)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_VOTE_ANSWER,
		.term = rig_status(rig).term,
		.vote_answer = { .refusal = refusal, .asked_term = asked },
	});
}

/* A vote that was refused for good stays refused; a leader may die. */
static void
only_those_who_may_change_their_mind_are_asked_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .voters = 5 });
	rig_time_out(&rig);
	rig_save(&rig);
	rig_forget(&rig);
	answer_vote(&rig, 2, 2, RAFT_REFUSAL_LOG);
	answer_vote(&rig, 3, 2, RAFT_REFUSAL_LEASE);
	answer_vote(&rig, 4, 2, RAFT_REFUSAL_BOOT);
	rig_pass(&rig, T / 10);
	assert_null(rig_sent(&rig, "vote", 2));
	assert_non_null(rig_sent(&rig, "vote", 3));
	assert_non_null(rig_sent(&rig, "vote", 4));
	/* Nor may it change its mind unasked. */
	rig_grant(&rig, 2);
	rig_grant(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_grant(&rig, 4);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

static void
a_vote_of_another_term_does_not_count(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_save(&rig);
	answer_vote(&rig, 2, 1, RAFT_REFUSAL_NONE);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	answer_vote(&rig, 2, 2, RAFT_REFUSAL_NONE);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

/* Questions may come faster than the caller's turns: the newest are answered. */
static void
answers_that_find_no_room_push_out_the_oldest(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 3, ID(1, 1), NULL, 0, 0);
	rig_settle(&rig);
	rig_forget(&rig);
	for (uint64_t id = 2; id < 12; id++)
		rig_vote(&rig, id, 2, ID(1, 1));
	assert_true(raft_counter(rig.raft, RAFT_COUNTER_OUTBOX_FULL) > 0);
	rig_turn(&rig);
	assert_null(rig_sent(&rig, "vote-answer", 2));
	assert_non_null(rig_sent(&rig, "vote-answer", 11));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_OUTBOX_FULL) +
			     rig_count(&rig, "vote-answer"),
			 10);
	rig_stop(&rig);
}

static void
events_that_find_no_room_push_out_the_oldest(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	for (uint64_t term = 2; term < 20; term++)
		rig_vote(&rig, 2, term, ID(1, 1));
	rig_turn(&rig);
	assert_in_range(rig.event_count, 1, 17);
	assert_int_equal(rig.events[rig.event_count - 1].term, 19);
	rig_stop(&rig);
}

/* However many come meanwhile. */
static void
events_in_the_callers_hands_stay_as_they_are(void **state)
{
	struct raft_duties duties;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	for (uint64_t term = 2; term < 20; term++)
		rig_vote(&rig, 2, term, ID(1, 1));
	assert_true(raft_duties(rig.raft, &duties));
	for (uint64_t term = 20; term < 40; term++)
		rig_vote(&rig, 2, term, ID(1, 1));
	assert_true(duties.event_count > 1);
	for (size_t i = 0; i < duties.event_count; i++)
		assert_in_range(duties.events[i].term, 10, 19);
	rig_turn(&rig);
	assert_int_equal(rig.events[rig.event_count - 1].term, 39);
	rig_stop(&rig);
}

/* A follower answers with more than the leader ever sent. */
static void
a_conflict_beyond_the_log_is_taken_for_its_end(void **state)
{
	const struct raft_message *append;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	append = rig_sent(&rig, "append", 2);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_MISMATCH,
				   .conflict = { .index = 1000 },
				   .sent_at = append->append.sent_at,
				   .sequence = append->append.sequence },
	});
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.previous.index, 2);
	rig_stop(&rig);
}

static void
give_read(struct rig *rig, uint64_t from, enum raft_message_kind kind,
	  uint64_t round, uint64_t index)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = kind,
		.term = rig_status(rig).term,
		.read = { .round = round, .index = index },
	});
}

/* Two followers may give their rounds one name. */
static void
rounds_are_told_apart_by_who_asks(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	give_read(&rig, 2, RAFT_MESSAGE_READ, 7, 0);
	give_read(&rig, 3, RAFT_MESSAGE_READ, 7, 0);
	give_read(&rig, 3, RAFT_MESSAGE_READ, 8, 0);
	rig_turn(&rig);
	rig_accept(&rig, 2, 2);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "read-answer"), 3);
	assert_int_equal(rig_sent(&rig, "read-answer", 2)->read.index, 2);
	rig_stop(&rig);
}

static void
an_answer_to_another_round_ends_no_read(void **state)
{
	struct raft_duties duties;
	struct rig rig;
	uint64_t read, round;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_turn(&rig);
	round = rig_sent(&rig, "read", 2)->read.round;
	give_read(&rig, 2, RAFT_MESSAGE_READ_ANSWER, round + 1, 1);
	give_read(&rig, 3, RAFT_MESSAGE_READ_ANSWER, round, 1);
	assert_false(raft_duties(rig.raft, &duties));
	give_read(&rig, 2, RAFT_MESSAGE_READ_ANSWER, round, 1);
	assert_true(raft_duties(rig.raft, &duties));
	assert_int_equal(duties.read_count, 1);
	assert_int_equal(duties.reads[0].read, read);
	/* Nor does one that comes again. */
	give_read(&rig, 2, RAFT_MESSAGE_READ_ANSWER, round, 1);
	assert_false(raft_duties(rig.raft, &duties));
	rig_stop(&rig);
}

/* Though it promises nothing else. */
static void
no_word_of_a_term_before_it_is_durable(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_vote(&rig, 2, 5, ID(0, 0));
	rig_append(&rig, 3, 4, ID(1, 1), NULL, 0, 0);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	rig_save(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 2)->term, 5);
	assert_int_equal(rig_sent(&rig, "append-answer", 3)->term, 5);
	rig_stop(&rig);
}

static void
an_old_candidate_is_told_the_newer_term(void **state)
{
	const struct raft_message *answer;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 3, 5);
	rig_settle(&rig);
	rig_vote(&rig, 2, 4, ID(9, 3));
	rig_settle(&rig);
	answer = rig_sent(&rig, "vote-answer", 2);
	assert_int_equal(answer->vote_answer.refusal, RAFT_REFUSAL_TERM);
	assert_int_equal(answer->term, 5);
	assert_int_equal(rig_status(&rig).vote.id, 0);
	rig_stop(&rig);
}

/* Who asks may know a newer configuration. */
static void
a_voter_judges_whoever_asks(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_vote(&rig, 9, 2, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 9)->vote_answer.refusal,
			 RAFT_REFUSAL_NONE);
	/* And follows whoever leads. */
	rig_append(&rig, 8, 3, ID(1, 1), TERMS(3), 1, 0);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 8)->match_index, 2);
	rig_stop(&rig);
}

static void
a_candidate_that_is_not_elected_tries_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_save(&rig);
	/* It asks again ten times in a timeout. */
	for (int i = 0; i < 60 && rig.now < 1000 + 5 * T; i++) {
		rig_time_out(&rig);
		rig_save(&rig);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	/* From one to two timeouts each. */
	assert_in_range(rig_status(&rig).term, 1 + 2, 1 + 5);
	assert_int_equal(rig_sent(&rig, "vote", 2)->term,
			 rig_status(&rig).term);
	rig_stop(&rig);
}

static void
an_idle_leader_repeats_its_heartbeats(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	rig_pass(&rig, T / 10);
	for (int i = 0; i < 10; i++) {
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		assert_non_null(rig_sent(&rig, "append", 2));
		assert_non_null(rig_sent(&rig, "append", 3));
	}
	rig_stop(&rig);
}

/* One for each peer, and answers to as many and to two strangers. */
static void
a_turn_has_room_for_all_its_messages(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t voters = 4; voters <= 9; voters++) {
		rig_start(&rig, &(struct rig_options){ .voters = voters });
		rig_lead(&rig);
		rig_turn(&rig);
		rig_forget(&rig);
		rig.now += T / 10;
		assert_int_equal(raft_expire(rig.raft, rig.now), RAFT_OK);
		for (size_t i = 0; i < voters + 5; i++)
			(void)rig_give(&rig, 2, (struct raft_message){
				.kind = RAFT_MESSAGE_EXTENSION,
				.term = 2,
				.extension = { .module = RAFT_MODULE_NONE },
			});
		rig_turn(&rig);
		assert_int_equal(rig_count(&rig, "append"), voters - 1);
		assert_int_equal(rig_count(&rig, "unsupported"),
				 voters - 1 + 2);
		rig_stop(&rig);
	}
}

static void
assert_owes_nothing(struct rig *rig)
{
	struct raft_duties duties;

	memset(&duties, 0xff, sizeof(duties));
	assert_false(raft_duties(rig->raft, &duties));
	assert_null(duties.save);
	assert_int_equal(duties.send_count, 0);
	assert_int_equal(duties.part_count, 0);
	assert_int_equal(duties.install.index, 0);
	assert_true(duties.apply.last < duties.apply.first);
	assert_int_equal(duties.read_count, 0);
	assert_int_equal(duties.outcome_count, 0);
	assert_int_equal(duties.event_count, 0);
}

/* Most turns end so. Whatever stood in what the caller passed is gone. */
static void
a_turn_that_owes_nothing_says_so(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_owes_nothing(&rig);
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	assert_owes_nothing(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	rig_accept(&rig, 3, 3);
	rig_turn(&rig);
	assert_owes_nothing(&rig);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_has_room_for_all_its_messages),
		cmocka_unit_test(a_turn_that_owes_nothing_says_so),
		cmocka_unit_test(an_append_may_carry_many_terms),
		cmocka_unit_test(a_mismatch_never_points_below_the_commit),
		cmocka_unit_test(truncations_before_a_save_are_one),
		cmocka_unit_test(a_truncation_reaches_writes_under_way),
		cmocka_unit_test(messages_from_nowhere_are_dropped),
		cmocka_unit_test(a_leader_counts_who_claims_its_term),
		cmocka_unit_test(
		    only_those_who_may_change_their_mind_are_asked_again),
		cmocka_unit_test(a_vote_of_another_term_does_not_count),
		cmocka_unit_test(answers_that_find_no_room_push_out_the_oldest),
		cmocka_unit_test(events_that_find_no_room_push_out_the_oldest),
		cmocka_unit_test(events_in_the_callers_hands_stay_as_they_are),
		cmocka_unit_test(
		    a_conflict_beyond_the_log_is_taken_for_its_end),
		cmocka_unit_test(rounds_are_told_apart_by_who_asks),
		cmocka_unit_test(an_answer_to_another_round_ends_no_read),
		cmocka_unit_test(no_word_of_a_term_before_it_is_durable),
		cmocka_unit_test(an_old_candidate_is_told_the_newer_term),
		cmocka_unit_test(a_voter_judges_whoever_asks),
		cmocka_unit_test(a_candidate_that_is_not_elected_tries_again),
		cmocka_unit_test(an_idle_leader_repeats_its_heartbeats),
	};

	return rig_run(tests);
}

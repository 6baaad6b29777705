/*
 * prevote: how a candidate asks, and how a voter answers; and without it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

static void
a_round_does_not_raise_the_term(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	for (int i = 0; i < 5; i++)
		rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).term, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig.saves, 0);
	assert_non_null(rig_sent(&rig, "prevote", 2));
	assert_non_null(rig_sent(&rig, "prevote", 3));
	assert_null(rig_sent(&rig, "vote", 2));
	rig_stop(&rig);
}

/* So that two who ask each other do not refuse for a leader that is dead. */
static void
who_begins_a_candidacy_knows_no_leader(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	rig_heartbeat(&rig, 2, 1);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).leader, 0);
	rig_stop(&rig);
}

static void
a_majority_of_grants_begins_the_election(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "prevote",
						.voters = 5 });
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	answer(&rig, 3, RAFT_REFUSAL_LEASE, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	answer(&rig, 3, RAFT_REFUSAL_NONE, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_save(&rig);
	assert_int_equal(rig_count(&rig, "vote"), 4);
	rig_stop(&rig);
}

static void
a_round_goes_on_when_a_connection_ends(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "prevote",
						.voters = 5 });
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	raft_peer_closed(rig.raft, rig_id(4), rig.now);
	raft_peer_closed(rig.raft, rig_id(2), rig.now);
	answer(&rig, 3, RAFT_REFUSAL_NONE, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

/* S33: a candidate that is cut off after winning its round. */
static void
every_retry_asks_first(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).term, 2);
	for (int i = 0; i < 50; i++)
		rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

static void
a_grant_promises_nothing(void **state)
{
	struct rig rig;
	uint64_t deadline;

	(void)state;
	start(&rig, "prevote");
	deadline = raft_deadline(rig.raft);
	rig.now += T / 2;
	ask(&rig, 2, 1, 2, ID(1, 1));
	assert_int_equal(asked(&rig, 2), RAFT_REFUSAL_NONE);
	ask(&rig, 3, 1, 2, ID(1, 1));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_NONE);
	assert_int_equal(rig.saves, 0);
	assert_int_equal(rig_status(&rig).vote.id, 0);
	assert_int_equal(raft_deadline(rig.raft), deadline);
	rig_stop(&rig);
}

static void
a_round_is_judged_like_a_vote(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	rig_append(&rig, 2, 3, ID(1, 1), TERMS(3), 1, 0);
	rig_settle(&rig);
	rig_pass(&rig, T);
	ask(&rig, 3, 2, 3, ID(9, 3));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_TERM);
	ask(&rig, 3, 1, 2, ID(9, 3));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_TERM);
	ask(&rig, 3, 3, 4, ID(1, 1));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_LOG);
	ask(&rig, 3, 3, 4, ID(2, 3));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_NONE);
	/* Rejections carry the voter's term. */
	assert_int_equal(rig_sent(&rig, "prevote-answer", 3)->term, 3);
	rig_stop(&rig);
}

static void
who_hears_a_leader_grants_no_round(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	rig_pass(&rig, T - 1);
	ask(&rig, 3, 2, 3, ID(5, 2));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_LEASE);
	rig_pass(&rig, 1);
	ask(&rig, 3, 2, 3, ID(5, 2));
	assert_int_equal(asked(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* Each request of a removed server brings two answers, and the second may push
 * out an older one: no refusal becomes a grant by that. */
static void
a_refusal_stays_one_however_many_answers_wait(void **state)
{
	struct rig rig;
	size_t answers = 0;

	(void)state;
	start(&rig, "prevote");
	rig_append(&rig, 2, 2, ID(1, 1), NULL, 0, 1);
	rig_settle(&rig);
	rig_forget(&rig);
	for (int i = 0; i < 5; i++)
		give_request(&rig, 9, 2, 3, ID(1, 1));
	assert_true(raft_counter(rig.raft, RAFT_COUNTER_OUTBOX_FULL) > 0);
	rig_turn(&rig);
	assert_true(rig_count(&rig, "not-member") > 0);
	for (size_t i = 0; i < rig.sent_count; i++) {
		const struct raft_message *sent = &rig.sent[i];

		if (sent->kind == RAFT_MESSAGE_NOT_MEMBER)
			assert_int_equal(sent->not_member.asked_term, 3);
		if (sent->kind != RAFT_MESSAGE_EXTENSION)
			continue;
		assert_int_equal(sent->extension.bytes[0], RAFT_REFUSAL_LEASE);
		answers++;
	}
	assert_true(answers > 0);
	rig_stop(&rig);
}

/* S34: without this a fresh log and a stale one refuse each other for ever. */
static void
a_refusal_for_term_or_log_brings_the_term(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_LEASE, 6);
	assert_int_equal(rig_status(&rig).term, 1);
	answer(&rig, 2, RAFT_REFUSAL_LOG, 6);
	assert_int_equal(rig_status(&rig).term, 6);
	rig_settle(&rig);
	rig_time_out(&rig);
	answer(&rig, 3, RAFT_REFUSAL_TERM, 8);
	assert_int_equal(rig_status(&rig).term, 8);
	rig_settle(&rig);
	rig_time_out(&rig);
	answer(&rig, 3, RAFT_REFUSAL_TERM, UINT64_MAX);
	assert_int_equal(rig_status(&rig).term, 8);
	rig_stop(&rig);
}

/* S63: a voter without the module. */
static void
an_unsupported_round_counts_as_granted(void **state)
{
	struct rig rig;
	struct raft_message message = { .kind = RAFT_MESSAGE_UNSUPPORTED,
					.term = 1 };

	(void)state;
	start(&rig, "prevote");
	rig_time_out(&rig);
	message.extension = rig_sent(&rig, "prevote", 2)->extension;
	message.extension.round++;
	(void)rig_give(&rig, 2, message);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	message.extension.round--;
	(void)rig_give(&rig, 2, message);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_settle(&rig);
	rig_stop(&rig);
}

/* Not for the sender to hear of what it sent itself. */
static void
a_message_of_no_module_is_unsupported(void **state)
{
	struct rig rig;
	const struct raft_message *said;

	(void)state;
	start(&rig, "prevote");
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 1,
		.extension = { .module = RAFT_MODULE_NONE, .type = 3,
			       .round = 42 },
	});
	rig_turn(&rig);
	said = rig_sent(&rig, "unsupported", 2);
	assert_non_null(said);
	assert_int_equal(said->extension.module, RAFT_MODULE_NONE);
	assert_int_equal(said->extension.type, 3);
	assert_int_equal(said->extension.round, 42);
	rig_stop(&rig);
}

/* That of a log that is behind is news; that of a leader's sake is not. */
static void
a_refusal_for_a_leaders_sake_brings_no_term(void **state)
{
	static const enum raft_refusal refusals[] = {
		RAFT_REFUSAL_LEASE, RAFT_REFUSAL_BOOT, RAFT_REFUSAL_LOG,
	};
	struct rig rig;

	(void)state;
	start(&rig, "baseline");
	rig_time_out(&rig);
	rig_save(&rig);
	for (size_t i = 0; i < 3; i++) {
		(void)rig_give(&rig, 2, (struct raft_message){
			.kind = RAFT_MESSAGE_VOTE_ANSWER,
			.term = 9,
			.vote_answer = { .refusal = refusals[i],
					 .asked_term = 2 },
		});
		rig_settle(&rig);
		assert_int_equal(rig_status(&rig).term, i < 2 ? 2 : 9);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
a_build_without_it_says_unsupported_once(void **state)
{
	struct rig rig;
	const struct raft_message *said;
	struct raft_message message = { .kind = RAFT_MESSAGE_UNSUPPORTED,
					.term = 1 };

	(void)state;
	start(&rig, "baseline");
	ask(&rig, 2, 1, 2, ID(1, 1));
	said = rig_sent(&rig, "unsupported", 2);
	assert_non_null(said);
	assert_int_equal(said->extension.module, PREVOTE);
	assert_int_equal(said->extension.type, PREVOTE_REQUEST);
	assert_int_equal(said->extension.round, 42);
	rig_forget(&rig);
	message.extension = said->extension;
	(void)rig_give(&rig, 2, message);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	rig_stop(&rig);
}

static void
open_rounds_are_asked_again_and_late_answers_ignored(void **state)
{
	struct rig rig;
	struct raft_message old;

	(void)state;
	start(&rig, "prevote");
	rig_time_out(&rig);
	old = *rig_sent(&rig, "prevote", 2);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "prevote"), 2);
	while (rig_sent(&rig, "prevote", 2)->extension.round ==
	       old.extension.round)
		rig_time_out(&rig);
	old.extension.type = PREVOTE_ANSWER;
	old.extension.length = 1;
	old.extension.bytes[0] = RAFT_REFUSAL_NONE;
	(void)rig_give(&rig, 2, old);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	/* A leader ends the round. */
	rig_heartbeat(&rig, 3, 1);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
who_has_refused_is_not_asked_again(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote");
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_LOG, 1);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "prevote"), 1);
	assert_non_null(rig_sent(&rig, "prevote", 3));
	rig_stop(&rig);
}

static void
short_module_messages_are_ignored(void **state)
{
	struct rig rig;
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 1,
		.extension = { .module = PREVOTE, .type = PREVOTE_REQUEST,
			       .length = 23 },
	};

	(void)state;
	start(&rig, "prevote");
	rig_time_out(&rig);
	(void)rig_give(&rig, 2, message);
	message.extension.type = PREVOTE_ANSWER;
	message.extension.length = 0;
	message.extension.round =
	    rig_sent(&rig, "prevote", 2)->extension.round;
	(void)rig_give(&rig, 2, message);
	message.extension.type = 9;
	(void)rig_give(&rig, 2, message);
	rig_turn(&rig);
	assert_null(rig_sent(&rig, "prevote-answer", 2));
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/** It hears a leader with these capabilities, has that one's entry, and is asked by
 *  3, who lacks it. Whether it asks itself. */
static bool
asks_instead(const char *build, uint64_t capabilities)
{
	struct rig rig;
	struct raft_entry entry = { .index = 2, .term = 2,
				    .kind = RAFT_ENTRY_NOOP };
	struct raft_message append = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.capabilities = capabilities,
		.append = { .previous = ID(1, 1), .last = ID(2, 2),
			    .entries = &entry, .sequence = 1000000 },
	};
	bool asks;

	start(&rig, build);
	(void)rig_give(&rig, 2, append);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 2);
	ask(&rig, 3, 2, 3, ID(1, 1));
	asks = rig_sent(&rig, "prevote", 3) != NULL;
	/* The leader goes on, which changes nothing. */
	append.append.previous = append.append.last;
	append.append.sequence++;
	(void)rig_give(&rig, 2, append);
	rig_turn(&rig);
	if (asks)
		answer(&rig, 3, RAFT_REFUSAL_NONE, 2);
	assert_int_equal(rig_status(&rig).role,
			 asks ? RAFT_CANDIDATE : RAFT_FOLLOWER);
	rig_stop(&rig);
	return asks;
}

/* S64: a leader that has lost its majority and would never know it. */
static void
who_has_the_newer_log_asks_instead(void **state)
{
	(void)state;
	assert_true(asks_instead("prevote+checkquorum", 0));
	assert_false(asks_instead("prevote+checkquorum",
				  RAFT_CAPABILITY_YIELDS));
	/* By the thesis's rule it honours any leader. */
	assert_false(asks_instead("prevote", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_does_not_raise_the_term),
		cmocka_unit_test(who_begins_a_candidacy_knows_no_leader),
		cmocka_unit_test(a_majority_of_grants_begins_the_election),
		cmocka_unit_test(a_round_goes_on_when_a_connection_ends),
		cmocka_unit_test(every_retry_asks_first),
		cmocka_unit_test(a_grant_promises_nothing),
		cmocka_unit_test(a_round_is_judged_like_a_vote),
		cmocka_unit_test(who_hears_a_leader_grants_no_round),
		cmocka_unit_test(a_refusal_stays_one_however_many_answers_wait),
		cmocka_unit_test(a_refusal_for_term_or_log_brings_the_term),
		cmocka_unit_test(an_unsupported_round_counts_as_granted),
		cmocka_unit_test(a_message_of_no_module_is_unsupported),
		cmocka_unit_test(a_refusal_for_a_leaders_sake_brings_no_term),
		cmocka_unit_test(a_build_without_it_says_unsupported_once),
		cmocka_unit_test(
		    open_rounds_are_asked_again_and_late_answers_ignored),
		cmocka_unit_test(who_has_refused_is_not_asked_again),
		cmocka_unit_test(short_module_messages_are_ignored),
		cmocka_unit_test(who_has_the_newer_log_asks_instead),
	};

	return rig_run(tests);
}

/*
 * prevote, checkquorum and stickiness: each rule, with and without its module.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

enum { PREVOTE = 1, PREVOTE_REQUEST = 1, PREVOTE_ANSWER = 2 };

static void
put(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void
give_request(struct rig *rig, uint64_t from, uint64_t own_term, uint64_t term,
	     struct raft_entry_id tip)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = own_term,
		.extension = { .module = PREVOTE, .type = PREVOTE_REQUEST,
			       .round = 42, .length = 24 },
	};

	put(message.extension.bytes, term);
	put(message.extension.bytes + 8, tip.term);
	put(message.extension.bytes + 16, tip.index);
	(void)rig_give(rig, from, message);
}

static void
ask(struct rig *rig, uint64_t from, uint64_t own_term, uint64_t term,
    struct raft_entry_id tip)
{
	give_request(rig, from, own_term, term, tip);
	rig_turn(rig);
}

static enum raft_refusal
asked(const struct rig *rig, uint64_t by)
{
	const struct raft_message *answer =
	    rig_sent(rig, "prevote-answer", by);

	assert_non_null(answer);
	assert_int_equal(answer->extension.round, 42);
	return (enum raft_refusal)answer->extension.bytes[0];
}

/** Answer the round that runs. */
static void
answer(struct rig *rig, uint64_t from, enum raft_refusal refusal, uint64_t term)
{
	const struct raft_message *request = rig_sent(rig, "prevote", from);
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = term,
		.extension = { .module = PREVOTE, .type = PREVOTE_ANSWER,
			       .length = 1 },
	};

	assert_non_null(request);
	message.extension.round = request->extension.round;
	message.extension.bytes[0] = (uint8_t)refusal;
	(void)rig_give(rig, from, message);
	rig_turn(rig);
}

static void
start(struct rig *rig, const char *build)
{
	rig_start(rig, &(struct rig_options){ .build = build });
}

/* ------------------------------------------------------------- prevote */

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

/* ---------------------------------------------------------- checkquorum */

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

/* ----------------------------------------------------------- stickiness */

static enum raft_refusal
voted(const struct rig *rig, uint64_t who)
{
	const struct raft_message *said = rig_sent(rig, "vote-answer", who);

	assert_non_null(said);
	return said->vote_answer.refusal;
}

static void
who_hears_a_leader_keeps_its_term(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "stickiness");
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	rig_pass(&rig, T - 1);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	rig_pass(&rig, 1);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

static void
without_it_the_term_is_taken(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "prevote+checkquorum");
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).term, 9);
	rig_stop(&rig);
}

static void
a_leader_refuses_as_its_own_voter(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, "stickiness");
	rig_lead(&rig);
	rig_pass(&rig, 5 * T);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_turn(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	rig_stop(&rig);
	/* With checkquorum, only while its majority is fresh. */
	start(&rig, "stickiness+checkquorum");
	rig_lead(&rig);
	rig.now += T - 1;
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_turn(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	rig.now += 1;
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* S64, hazards L1 and L3: loyalty only to those who would give way. */
static void
who_yields_honours_only_who_yields(void **state)
{
	struct rig rig;
	struct raft_message heartbeat = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1), .last = ID(1, 1),
			    .sequence = 1 },
	};

	(void)state;
	start(&rig, "stickiness+checkquorum");
	(void)rig_give(&rig, 2, heartbeat);
	rig_settle(&rig);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	heartbeat.capabilities = RAFT_CAPABILITY_YIELDS;
	heartbeat.term = 10;
	(void)rig_give(&rig, 2, heartbeat);
	rig_vote(&rig, 3, 11, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
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

static void
a_restarted_voter_waits(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run run = { .first_index = 1, .term = 1 };
	struct raft_stored stored = {
		.term = 5,
		.runs = &run,
		.run_count = 1,
		.last_index = 1,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "stickiness",
						.stored = &stored });
	rig_pass(&rig, T - 1);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_turn(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_BOOT);
	assert_int_equal(rig_status(&rig).term, 5);
	rig_pass(&rig, 1);
	rig_vote(&rig, 3, 9, ID(9, 8));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
	/* But not one that was bootstrapped and never left term 1. */
	stored.term = 1;
	rig_start(&rig, &(struct rig_options){ .build = "stickiness",
						.stored = &stored });
	rig_vote(&rig, 3, 2, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
	/* One that has voted, or has entries of a leader, has started. */
	for (uint64_t last = 1; last <= 2; last++) {
		stored.last_index = last;
		stored.vote = last == 1 ? rig_identity(2)
					: (struct raft_identity){ 0 };
		rig_start(&rig, &(struct rig_options){ .build = "stickiness",
							.stored = &stored });
		rig_vote(&rig, 3, 2, ID(9, 1));
		rig_turn(&rig);
		assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_BOOT);
		rig_stop(&rig);
	}
}

static void
give_permitted(struct rig *rig, uint64_t term, struct raft_entry_id tip,
	       struct raft_permit permit)
{
	rig_forget(rig);
	(void)rig_give(rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_VOTE,
		.term = term,
		.vote = { .tip = tip, .permit = permit },
	});
	rig_settle(rig);
}

static struct raft_permit
given_by(uint64_t leader, uint64_t term)
{
	return (struct raft_permit){ .leader = rig_id(leader),
				     .term = term,
				     .transfer = 1 };
}

static void
a_permit_is_honoured_where_the_vote_would_be(void **state)
{
	struct raft_permit permit = given_by(2, 2);
	struct raft_permit forged = given_by(3, 2);
	struct rig rig;

	(void)state;
	start(&rig, "stickiness");
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	give_permitted(&rig, 3, ID(1, 1), permit);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	give_permitted(&rig, 4, ID(2, 2), permit);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	give_permitted(&rig, 3, ID(2, 2), forged);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	assert_int_equal(rig_status(&rig).term, 2);
	give_permitted(&rig, 3, ID(2, 2), permit);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* A grant may be lost, so the same request comes again, in the voter's own term
 * by now. */
static void
a_permit_is_honoured_as_often_as_it_comes(void **state)
{
	struct raft_permit permit = given_by(2, 2);
	struct rig rig;

	(void)state;
	start(&rig, "stickiness");
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	for (int i = 0; i < 3; i++) {
		give_permitted(&rig, 3, ID(2, 2), permit);
		assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	}
	rig_stop(&rig);
}

/* Nor does it matter who brought the new term first. */
static void
a_permit_is_honoured_in_a_term_that_is_known_already(void **state)
{
	struct raft_permit permit = given_by(2, 2);
	struct rig rig;

	(void)state;
	start(&rig, "stickiness");
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	(void)rig_give(&rig, 4,
		       (struct raft_message){
			   .kind = RAFT_MESSAGE_VOTE_ANSWER,
			   .term = 3,
			   .vote_answer = { .asked_term = 3 },
		       });
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).term, 3);
	give_permitted(&rig, 3, ID(2, 2), permit);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

static void
a_restarted_voter_honours_a_permit_again_and_again(void **state)
{
	struct raft_permit permit = given_by(2, 5);
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run run = { .first_index = 1, .term = 1 };
	struct rig rig;

	(void)state;
	rig_start(&rig,
		  &(struct rig_options){ .build = "stickiness",
					 .stored = &(struct raft_stored){
					     .term = 5,
					     .runs = &run,
					     .run_count = 1,
					     .last_index = 1,
					     .configurations = &configuration,
					     .configuration_count = 1,
					 } });
	for (int i = 0; i < 2; i++) {
		give_permitted(&rig, 6, ID(1, 1), permit);
		assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	}
	rig_stop(&rig);
}

/* It ends the recency of whoever gave it, and of no leader after that one. */
static void
a_permit_says_nothing_of_a_newer_leader(void **state)
{
	struct raft_permit permit = given_by(2, 2);
	struct rig rig;

	(void)state;
	rig_start(&rig,
		  &(struct rig_options){ .build = "stickiness", .voters = 5 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	rig_heartbeat(&rig, 4, 3);
	rig_settle(&rig);
	give_permitted(&rig, 3, ID(2, 2), permit);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_LEASE);
	assert_int_equal(rig_status(&rig).vote.id, 0);
	rig_stop(&rig);
}

/* Should its holder die, nobody waits for the leader that gave it. */
static void
a_permit_that_was_honoured_ends_recency(void **state)
{
	struct raft_permit permit = given_by(2, 2);
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "stickiness+prevote",
					       .voters = 5 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	ask(&rig, 4, 2, 3, ID(2, 2));
	assert_int_equal(asked(&rig, 4), RAFT_REFUSAL_LEASE);
	give_permitted(&rig, 3, ID(2, 2), permit);
	assert_int_equal(voted(&rig, 3), RAFT_REFUSAL_NONE);
	ask(&rig, 4, 3, 4, ID(2, 2));
	assert_int_equal(asked(&rig, 4), RAFT_REFUSAL_NONE);
	rig_vote(&rig, 4, 4, ID(2, 2));
	rig_settle(&rig);
	assert_int_equal(voted(&rig, 4), RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

static void
the_mask_is_the_build(void **state)
{
	struct rig rig;
	uint64_t mask;

	(void)state;
	assert_true(raft_mask("baseline", &mask));
	assert_int_equal(mask, 0);
	assert_true(raft_mask("prevote", &mask));
	start(&rig, "prevote");
	assert_int_equal(raft_capabilities(rig.raft), mask);
	rig_stop(&rig);
	assert_false(raft_mask("prevote+", &mask));
	assert_false(raft_mask("unknown", &mask));
	start(&rig, "checkquorum");
	assert_int_equal(raft_capabilities(rig.raft) & RAFT_CAPABILITY_YIELDS,
			 RAFT_CAPABILITY_YIELDS);
	rig_stop(&rig);
	/* In our order; others may follow. */
	assert_ptr_equal(
	    strstr(raft_build(), "stickiness+prevote+checkquorum+learners"),
	    raft_build());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_does_not_raise_the_term),
		cmocka_unit_test(who_begins_a_candidacy_knows_no_leader),
		cmocka_unit_test(a_majority_of_grants_begins_the_election),
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
		cmocka_unit_test(a_leader_without_its_majority_steps_down),
		cmocka_unit_test(without_it_a_leader_clings),
		cmocka_unit_test(the_window_counts_from_the_sending),
		cmocka_unit_test(answers_keep_a_leader),
		cmocka_unit_test(a_stale_leader_refuses_proposals_by_the_clock),
		cmocka_unit_test(a_leader_whose_disk_hangs_steps_down),
		cmocka_unit_test(a_hanging_disk_is_due_after_a_timeout),
		cmocka_unit_test(a_sole_voter_never_steps_down),
		cmocka_unit_test(who_hears_a_leader_keeps_its_term),
		cmocka_unit_test(without_it_the_term_is_taken),
		cmocka_unit_test(a_leader_refuses_as_its_own_voter),
		cmocka_unit_test(who_yields_honours_only_who_yields),
		cmocka_unit_test(who_has_the_newer_log_asks_instead),
		cmocka_unit_test(a_restarted_voter_waits),
		cmocka_unit_test(a_permit_is_honoured_where_the_vote_would_be),
		cmocka_unit_test(a_permit_is_honoured_as_often_as_it_comes),
		cmocka_unit_test(
		    a_permit_is_honoured_in_a_term_that_is_known_already),
		cmocka_unit_test(
		    a_restarted_voter_honours_a_permit_again_and_again),
		cmocka_unit_test(a_permit_says_nothing_of_a_newer_leader),
		cmocka_unit_test(a_permit_that_was_honoured_ends_recency),
		cmocka_unit_test(the_mask_is_the_build),
	};

	return rig_run(tests);
}

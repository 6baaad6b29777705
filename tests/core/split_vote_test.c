/*
 * split_vote: votes that are told, draws that are seen; and without it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

enum { SPLIT_VOTE = 6, SPLIT_VOTE_VOTE = 1 };

/** The first wait after a draw. */
#define WAIT (T / 10)

/** That peer has voted for `candidate` in that term. */
static void
tell_vote(struct rig *rig, uint64_t from, uint64_t term,
	  struct raft_identity candidate)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = term,
		.extension = { .module = SPLIT_VOTE,
			       .type = SPLIT_VOTE_VOTE,
			       .length = 16 },
	};

	put(message.extension.bytes, candidate.id);
	put(message.extension.bytes + 8, candidate.incarnation);
	(void)rig_give(rig, from, message);
	rig_turn(rig);
}

/** It refuses us in this term, and its log ends there. */
static void
refuse(struct rig *rig, uint64_t from, enum raft_refusal refusal,
       struct raft_entry_id tip)
{
	uint64_t term = rig_status(rig).term;

	(void)rig_give(rig, from,
		       (struct raft_message){
			   .kind = RAFT_MESSAGE_VOTE_ANSWER,
			   .term = term,
			   .vote_answer = { .refusal = refusal,
					    .asked_term = term,
					    .tip = tip },
		       });
	rig_turn(rig);
}

/** A candidate of term 2 that has asked. */
static void
campaign(struct rig *rig, const char *build, size_t voters)
{
	rig_start(rig,
		  &(struct rig_options){ .build = build, .voters = voters });
	rig_time_out(rig);
	rig_settle(rig);
	assert_int_equal(rig_status(rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig_status(rig).term, 2);
	rig_forget(rig);
}

/** When it asks again, from now; no later than in `within`: else UINT64_MAX. */
static uint64_t
asks_again_after(struct rig *rig, uint64_t within)
{
	uint64_t since = rig->now, term = rig_status(rig).term;

	while (rig->now - since <= within) {
		rig_pass(rig, T / 1000);
		if (rig_status(rig).term > term)
			return rig->now - since;
	}
	return UINT64_MAX;
}

/** Not before its timer, which ends T after it was set at the earliest. */
static void
assert_it_waits(struct rig *rig)
{
	assert_true(asks_again_after(rig, T - T / 10) == UINT64_MAX);
}

static void
a_vote_is_told_once_durable(void **state)
{
	const struct raft_message *told;
	struct rig rig;

	(void)state;
	rig_start(&rig,
		  &(struct rig_options){ .build = "split_vote", .voters = 4 });
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "vote-given"), 0);
	rig_save(&rig);
	assert_non_null(rig_sent(&rig, "vote-answer", 2));
	/* The candidate has the grant, and this server knows. */
	assert_int_equal(rig_count(&rig, "vote-given"), 2);
	told = rig_sent(&rig, "vote-given", 3);
	assert_non_null(told);
	assert_non_null(rig_sent(&rig, "vote-given", 4));
	assert_int_equal(told->term, 2);
	assert_int_equal(told->extension.length, 16);
	assert_int_equal(told->extension.bytes[0], (uint8_t)rig_id(2));
	/* And again with the grant: whatever was lost. */
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(rig_count(&rig, "vote-given"), 4);
	rig_stop(&rig);
	start(&rig, "baseline");
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(rig_count(&rig, "vote-given"), 0);
	rig_stop(&rig);
}

/** One vote for each of three; of the fourth voter nothing is known. */
static void
divide_three(struct rig *rig)
{
	rig_vote(rig, 2, 2, ID(1, 1));
	rig_vote(rig, 3, 2, ID(1, 1));
	rig_turn(rig);
}

static void
a_draw_is_repeated_soon(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 4);
	divide_three(&rig);
	assert_true(asks_again_after(&rig, WAIT + T / 1000) <= WAIT + T / 1000);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig_event(&rig, RAFT_EVENT_ROLE)->reason,
			 RAFT_REASON_VOTE_SPLIT);
	rig_stop(&rig);
	campaign(&rig, "baseline", 4);
	divide_three(&rig);
	assert_it_waits(&rig);
	rig_stop(&rig);
}

static void
it_is_seen_by_what_voters_tell(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 5);
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_grant(&rig, 3);
	/* Two for each, and the fifth could decide. */
	tell_vote(&rig, 4, 2, rig_identity(2));
	assert_int_equal(rig_status(&rig).term, 2);
	/* It has voted for itself. */
	tell_vote(&rig, 5, 2, rig_identity(5));
	assert_true(asks_again_after(&rig, WAIT + T / 1000) <= WAIT + T / 1000);
	rig_stop(&rig);
}

/* As long as a wait, and then as after a draw. */
static void
who_does_not_vote_is_waited_for_a_little(void **state)
{
	struct rig rig;
	uint64_t after;

	(void)state;
	campaign(&rig, "split_vote", 5);
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_grant(&rig, 3);
	tell_vote(&rig, 4, 2, rig_identity(2));
	after = asks_again_after(&rig, T);
	assert_in_range(after, WAIT, 2 * WAIT + T / 1000);
	rig_stop(&rig);
}

/* Nor are those whose host has closed. */
static void
the_dead_are_not_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 3);
	raft_peer_closed(rig.raft, rig_id(3), rig.now);
	rig_vote(&rig, 2, 2, ID(1, 1));
	assert_true(asks_again_after(&rig, WAIT + T / 1000) <= WAIT + T / 1000);
	rig_stop(&rig);
	/* And if that is told after the votes. */
	campaign(&rig, "split_vote", 3);
	rig_vote(&rig, 2, 2, ID(1, 1));
	raft_peer_closed(rig.raft, rig_id(3), rig.now);
	raft_peer_closed(rig.raft, rig_id(99), rig.now);
	assert_true(asks_again_after(&rig, WAIT + T / 1000) <= WAIT + T / 1000);
	rig_stop(&rig);
	/* Until it is heard to vote. */
	campaign(&rig, "split_vote", 5);
	raft_peer_closed(rig.raft, rig_id(5), rig.now);
	tell_vote(&rig, 5, 1, rig_identity(2));
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_grant(&rig, 3);
	tell_vote(&rig, 4, 2, rig_identity(2));
	assert_in_range(asks_again_after(&rig, T), WAIT, 2 * WAIT + T / 1000);
	rig_stop(&rig);
}

/** The round of prevote that runs. */
static uint64_t
round_of(const struct rig *rig)
{
	return rig_sent(rig, "prevote", 2)->extension.round;
}

/** A candidate of term 2 that asked first, of four, where three have one vote each,
 *  and that asks again. */
static void
draw_with_prevote(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ .build = "prevote+split_vote",
					      .voters = 4 });
	rig_time_out(rig);
	answer(rig, 2, RAFT_REFUSAL_NONE, 1);
	answer(rig, 3, RAFT_REFUSAL_NONE, 1);
	rig_settle(rig);
	rig_forget(rig);
	divide_three(rig);
	assert_int_equal(rig_status(rig).term, 2);
}

/* Once in a term, though more is heard of it; and asking first costs no term. */
static void
it_is_repeated_once(void **state)
{
	struct rig rig;
	uint64_t round;

	(void)state;
	draw_with_prevote(&rig);
	while (rig_count(&rig, "prevote") == 0)
		rig_pass(&rig, T / 1000);
	round = round_of(&rig);
	divide_three(&rig);
	tell_vote(&rig, 4, 2, rig_identity(3));
	for (uint64_t i = 0; i < 900; i++)
		rig_pass(&rig, T / 1000);
	assert_int_equal(round_of(&rig), round);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

/* Wherever the votes of a minority are: the others may be cut off. */
static void
without_a_majority_it_waits_for_its_timer(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 5);
	rig_vote(&rig, 2, 2, ID(1, 1));
	assert_it_waits(&rig);
	rig_stop(&rig);
}

static void
who_was_elected_is_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 5);
	rig_vote(&rig, 2, 2, ID(1, 1));
	tell_vote(&rig, 3, 2, rig_identity(2));
	refuse(&rig, 4, RAFT_REFUSAL_VOTED, ID(1, 1));
	/* For whom 4 has voted it has not said. */
	tell_vote(&rig, 4, 2, rig_identity(2));
	assert_it_waits(&rig);
	rig_stop(&rig);
}

/* What is late, comes twice, or contradicts what was said before. */
static void
a_vote_counts_once(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 5);
	tell_vote(&rig, 2, 1, rig_identity(2));
	tell_vote(&rig, 3, 1, rig_identity(3));
	tell_vote(&rig, 4, 1, rig_identity(4));
	for (int i = 0; i < 5; i++)
		tell_vote(&rig, 2, 2, rig_identity(2));
	assert_it_waits(&rig);
	rig_stop(&rig);
	/* Whom it was for first, and not how often something was said: three for
	 * 2, which is elected, and no draw. */
	campaign(&rig, "split_vote", 5);
	tell_vote(&rig, 2, 2, rig_identity(2));
	tell_vote(&rig, 3, 2, rig_identity(2));
	tell_vote(&rig, 3, 2, rig_identity(3));
	tell_vote(&rig, 3, 1, rig_identity(3));
	tell_vote(&rig, 4, 2, rig_identity(2));
	assert_it_waits(&rig);
	rig_stop(&rig);
}

/* A server of a former life, one that is no member, or nonsense. */
static void
strangers_do_not_count(void **state)
{
	struct raft_message short_one = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 2,
		.extension = { .module = SPLIT_VOTE,
			       .type = SPLIT_VOTE_VOTE,
			       .length = 15 },
	};
	struct raft_message unsupported = {
		.kind = RAFT_MESSAGE_UNSUPPORTED,
		.term = 2,
		.extension = { .module = SPLIT_VOTE, .type = SPLIT_VOTE_VOTE },
	};
	struct raft_message other = short_one;
	struct raft_message former = short_one;
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 3);
	put(short_one.extension.bytes, rig_id(2));
	other.extension.length = 16;
	other.extension.type = 9;
	former.extension.length = 16;
	put(former.extension.bytes, rig_id(2));
	put(former.extension.bytes + 8, 1);
	former.from = rig_identity(2);
	former.from.incarnation++;
	former.to = rig_identity(1);
	(void)rig_give(&rig, 2, short_one);
	(void)rig_give(&rig, 2, unsupported);
	(void)rig_give(&rig, 2, other);
	(void)raft_receive(rig.raft, &former, rig.now);
	tell_vote(&rig, 2, 2, (struct raft_identity){ 0 });
	tell_vote(&rig, 9, 2, rig_identity(2));
	rig_vote(&rig, 9, 2, ID(1, 1));
	assert_it_waits(&rig);
	rig_stop(&rig);
}

/* Of builds without the module, which say no and not for whose sake. */
static void
refusals_of_a_majority_are_enough(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 5);
	refuse(&rig, 2, RAFT_REFUSAL_VOTED, ID(1, 1));
	refuse(&rig, 3, RAFT_REFUSAL_VOTED, ID(1, 1));
	refuse(&rig, 4, RAFT_REFUSAL_VOTED, ID(1, 1));
	assert_in_range(asks_again_after(&rig, T), WAIT, 2 * WAIT + T / 1000);
	rig_stop(&rig);
	/* But not those for another reason: they could vote yet. */
	campaign(&rig, "split_vote", 5);
	refuse(&rig, 2, RAFT_REFUSAL_LEASE, ID(1, 1));
	refuse(&rig, 3, RAFT_REFUSAL_LEASE, ID(1, 1));
	refuse(&rig, 4, RAFT_REFUSAL_LEASE, ID(1, 1));
	assert_it_waits(&rig);
	rig_stop(&rig);
}

/* It could not win, and its next term would take the other's votes away. */
static void
who_is_behind_leaves_it_to_others(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 3);
	refuse(&rig, 2, RAFT_REFUSAL_VOTED, ID(2, 1));
	assert_it_waits(&rig);
	rig_stop(&rig);
	campaign(&rig, "split_vote", 3);
	rig_vote(&rig, 2, 2, ID(2, 1));
	assert_it_waits(&rig);
	rig_stop(&rig);
}

static void
who_is_asked_by_one_that_could_win_leaves_it_to_that(void **state)
{
	struct rig rig;

	(void)state;
	draw_with_prevote(&rig);
	ask(&rig, 2, 2, 3, ID(1, 1));
	assert_int_equal(asked(&rig, 2), RAFT_REFUSAL_NONE);
	for (uint64_t i = 0; i < 900; i++)
		rig_pass(&rig, T / 1000);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	rig_stop(&rig);
	/* Nobody could who asks late, or whose log is behind. */
	draw_with_prevote(&rig);
	ask(&rig, 2, 1, 2, ID(1, 1));
	assert_int_equal(asked(&rig, 2), RAFT_REFUSAL_TERM);
	ask(&rig, 2, 2, 3, ID(0, 0));
	assert_int_equal(asked(&rig, 2), RAFT_REFUSAL_LOG);
	for (uint64_t i = 0; i < 2 * WAIT / 1000; i++)
		rig_pass(&rig, T / 1000);
	assert_int_not_equal(rig_count(&rig, "prevote"), 0);
	rig_stop(&rig);
}

/** A candidate in a configuration that is joint: 1, 2, 3 and then 1, 4, 5. */
static void
campaign_in_joint(struct rig *rig)
{
	struct raft_member members[5];
	struct raft_configuration configuration = {
		.election_timeout_us = T,
		.joint = true,
		.members = members,
		.member_count = 5,
	};
	uint8_t bytes[512];
	struct raft_stored_configuration entry = { .index = 1, .bytes = bytes };
	struct raft_stored stored = {
		.term = 1,
		.runs = &(struct raft_term_run){ .first_index = 1, .term = 1 },
		.run_count = 1,
		.last_index = 1,
		.configurations = &entry,
		.configuration_count = 1,
	};

	for (uint64_t i = 0; i < 5; i++)
		members[i] = (struct raft_member){
			.identity = { i + 1, i + 11 },
			.role = i == 0 || i > 2 ? RAFT_MEMBER_VOTER
						: RAFT_MEMBER_NONE,
			.role_before =
			    i < 3 ? RAFT_MEMBER_VOTER : RAFT_MEMBER_NONE,
		};
	rig_order(members, 5);
	entry.length =
	    raft_configuration_encode(&configuration, bytes, sizeof(bytes));
	assert_true(entry.length > 0);
	rig_start(rig, &(struct rig_options){ .build = "split_vote",
					      .stored = &stored,
					      .voters = 5 });
	rig_time_out(rig);
	rig_settle(rig);
	assert_int_equal(rig_status(rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig_status(rig).term, 2);
}

static void
while_two_are_joint_a_draw_in_one_is_enough(void **state)
{
	struct rig rig;

	(void)state;
	campaign_in_joint(&rig);
	/* Three of five, all of the newer one, but one of the older. */
	rig_grant(&rig, 4);
	rig_grant(&rig, 5);
	rig_vote(&rig, 2, 2, ID(1, 1));
	tell_vote(&rig, 3, 2, rig_identity(3));
	assert_true(asks_again_after(&rig, WAIT + T / 1000) <= WAIT + T / 1000);
	rig_stop(&rig);
}

static void
while_two_are_joint_each_must_have_voted(void **state)
{
	struct rig rig;

	(void)state;
	/* A majority of the five, and of the newer one, but not of the older. */
	campaign_in_joint(&rig);
	rig_vote(&rig, 4, 2, ID(1, 1));
	tell_vote(&rig, 5, 2, rig_identity(5));
	assert_it_waits(&rig);
	rig_stop(&rig);
	/* And one that can still win in both is waited for. */
	campaign_in_joint(&rig);
	rig_vote(&rig, 2, 2, ID(1, 1));
	tell_vote(&rig, 4, 2, rig_identity(2));
	assert_in_range(asks_again_after(&rig, T), WAIT, 2 * WAIT + T / 1000);
	rig_stop(&rig);
}

/* Its newer term is heard of, or its first append. */
static void
a_leader_that_is_heard_is_followed(void **state)
{
	struct rig rig;

	(void)state;
	campaign(&rig, "split_vote", 4);
	divide_three(&rig);
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	assert_it_waits(&rig);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

/* Where messages are as slow as the wait, all would draw for ever. */
static void
each_draw_that_follows_waits_longer(void **state)
{
	struct rig rig;
	uint64_t most = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t after;

		rig_start(&rig, &(struct rig_options){ .build = "split_vote",
						       .seed = seed });
		rig_time_out(&rig);
		rig_settle(&rig);
		raft_peer_closed(rig.raft, rig_id(3), rig.now);
		rig_vote(&rig, 2, 2, ID(1, 1));
		after = asks_again_after(&rig, T);
		assert_in_range(after, 0, WAIT + T / 1000);
		rig_settle(&rig);
		rig_vote(&rig, 2, 3, ID(1, 1));
		after = asks_again_after(&rig, T);
		assert_in_range(after, 0, 2 * WAIT + T / 1000);
		most = after > most ? after : most;
		rig_stop(&rig);
	}
	assert_true(most > WAIT + T / 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vote_is_told_once_durable),
		cmocka_unit_test(a_draw_is_repeated_soon),
		cmocka_unit_test(it_is_seen_by_what_voters_tell),
		cmocka_unit_test(who_does_not_vote_is_waited_for_a_little),
		cmocka_unit_test(the_dead_are_not_waited_for),
		cmocka_unit_test(it_is_repeated_once),
		cmocka_unit_test(without_a_majority_it_waits_for_its_timer),
		cmocka_unit_test(who_was_elected_is_waited_for),
		cmocka_unit_test(a_vote_counts_once),
		cmocka_unit_test(strangers_do_not_count),
		cmocka_unit_test(refusals_of_a_majority_are_enough),
		cmocka_unit_test(who_is_behind_leaves_it_to_others),
		cmocka_unit_test(
		    who_is_asked_by_one_that_could_win_leaves_it_to_that),
		cmocka_unit_test(while_two_are_joint_a_draw_in_one_is_enough),
		cmocka_unit_test(while_two_are_joint_each_must_have_voted),
		cmocka_unit_test(a_leader_that_is_heard_is_followed),
		cmocka_unit_test(each_draw_that_follows_waits_longer),
	};

	return rig_run(tests);
}

/*
 * learners: reads that say how old what they show is at most.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "extensions/learners/options.h"
#include "tests/core/rig.h"

#include <string.h>

enum { ASK = 1, TELL = 2 };

#define HEARTBEAT (T / 10)
/** Beyond what two clocks that are 1 % off make of a length, and two that are
 *  read to the microsecond below. */
#define TRUE_US(shown) (((shown) + 2) * 100 / 99 + 1)

static void
put(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t
get(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static void
start(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ .build = "learners" });
}

static enum raft_result
read(struct rig *rig, uint64_t bound_us)
{
	enum raft_result result =
	    raft_read_bounded(rig->raft, bound_us, rig->now);

	rig_turn(rig);
	return result;
}

/** The least bound that is vouched for, by trying. */
static uint64_t
youngest(struct rig *rig)
{
	uint64_t low = 0, high = UINT64_C(1) << 40;

	if (read(rig, high) != RAFT_OK)
		return UINT64_MAX;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (read(rig, middle) == RAFT_OK)
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

/* ------------------------------------------------------------ the leader */

static void
apply_all(struct rig *rig)
{
	raft_applied(rig->raft, rig->applied);
}

/** Leads in term 2; its first entry is committed and applied. */
static void
lead(struct rig *rig)
{
	start(rig);
	rig_lead(rig);
	rig_accept(rig, 2, 2);
	rig_settle(rig);
	apply_all(rig);
	assert_int_equal(rig_status(rig).applied_index, 2);
}

static void
a_leader_vouches_for_what_a_majority_has_echoed(void **state)
{
	struct rig rig;
	uint64_t sent_at;

	(void)state;
	lead(&rig);
	rig_forget(&rig);
	rig_pass(&rig, HEARTBEAT);
	sent_at = rig.now;
	rig_pass(&rig, 7000);
	rig_accept(&rig, 3, 2);
	rig_pass(&rig, 500);
	/* By when it was sent, not by when it was answered. */
	assert_int_equal(youngest(&rig), TRUE_US(rig.now - sent_at));
	rig_pass(&rig, 20000);
	assert_int_equal(youngest(&rig), TRUE_US(rig.now - sent_at));
	rig_stop(&rig);
}

/* That leading began counts as being heard, for CheckQuorum; here it must not: a
 * rival may have been elected by then. */
static void
a_new_leader_vouches_for_nothing_before_it_is_answered(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	rig_lead(&rig);
	apply_all(&rig);
	assert_int_equal(read(&rig, 1000 * T), RAFT_TOO_OLD);
	/* An answer, but nothing of its own term is committed by it. */
	rig_accept(&rig, 2, 1);
	rig_settle(&rig);
	assert_int_equal(read(&rig, 1000 * T), RAFT_TOO_OLD);
	rig_accept(&rig, 2, 2);
	rig_settle(&rig);
	/* Committed, but not applied. */
	assert_int_equal(read(&rig, 1000 * T), RAFT_TOO_OLD);
	apply_all(&rig);
	assert_int_equal(read(&rig, T), RAFT_OK);
	rig_stop(&rig);
}

static void
a_deposed_leader_grows_old(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	assert_int_equal(read(&rig, HEARTBEAT), RAFT_OK);
	/* Others have moved on, and answer nothing in this term. */
	for (int i = 0; i < 30; i++)
		rig_pass(&rig, HEARTBEAT);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_int_equal(read(&rig, 3 * T), RAFT_TOO_OLD);
	rig_stop(&rig);
}

static void
a_sole_voter_is_always_up_to_date(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "learners",
					       .voters = 1 });
	rig_time_out(&rig);
	rig_settle(&rig);
	rig_settle(&rig);
	apply_all(&rig);
	rig_pass(&rig, T);
	assert_int_equal(youngest(&rig), TRUE_US(0));
	rig_stop(&rig);
}

/* Whoever has to be asked from now on has said nothing yet. */
static void
who_has_not_answered_echoes_nothing(void **state)
{
	struct raft_member members[] = {
		{ .identity = { 1, 11 }, .role = RAFT_MEMBER_VOTER },
		{ .identity = { 2, 12 }, .role = RAFT_MEMBER_VOTER },
	};
	const struct raft_configuration two = {
		.election_timeout_us = T,
		.members = members,
		.member_count = 2,
	};
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "learners",
					       .voters = 1 });
	rig_time_out(&rig);
	rig_settle(&rig);
	rig_settle(&rig);
	apply_all(&rig);
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_OK);
	rig_order(members, 2);
	assert_int_equal(raft_reconfigure(rig.raft, &two, rig.now, NULL),
			 RAFT_OK);
	rig_settle(&rig);
	apply_all(&rig);
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_TOO_OLD);
	rig_accept(&rig, 2, 1);
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_OK);
	rig_stop(&rig);
}

/** Ask the leader; what it tells. NULL: nothing. */
static const struct raft_extension_message *
told(struct rig *rig, uint64_t from)
{
	const struct raft_message *answer;

	rig_forget(rig);
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 1,
		.extension = { .module = raft_learners_number,
			       .type = ASK,
			       .round = 77 },
	});
	rig_turn(rig);
	answer = rig_sent(rig, "age-answer", from);
	return answer == NULL ? NULL : &answer->extension;
}

static void
a_leader_tells_the_age_of_what_a_majority_has_echoed(void **state)
{
	const struct raft_extension_message *answer;
	struct rig rig;

	(void)state;
	start(&rig);
	assert_null(told(&rig, 2));
	rig_lead(&rig);
	/* Neither before a majority has answered nor before it has committed. */
	assert_null(told(&rig, 2));
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 2, 1);
	rig_settle(&rig);
	assert_null(told(&rig, 2));
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 2, 2);
	rig_settle(&rig);
	rig_pass(&rig, 3000);
	answer = told(&rig, 3);
	assert_non_null(answer);
	assert_int_equal(answer->round, 77);
	assert_int_equal(answer->length, 16);
	assert_int_equal(get(answer->bytes), 3000);
	assert_int_equal(get(answer->bytes + 8), 2);
	/* No member asks: no answer. */
	assert_null(told(&rig, 9));
	rig_stop(&rig);
}

/* -------------------------------------------------------------- a member */

/** Follows 2 in term 2, and has applied up to entry 3. */
static void
follow(struct rig *rig, const struct rig_options *options)
{
	rig_start(rig, options);
	rig_pass(rig, HEARTBEAT);
	rig_append(rig, 2, 2, ID(1, 1), TERMS(2, 2), 2, 3);
	rig_settle(rig);
	apply_all(rig);
	assert_int_equal(rig_status(rig).applied_index, 3);
	rig_forget(rig);
}

static void
follow_two(struct rig *rig)
{
	follow(rig, &(struct rig_options){ .build = "learners" });
}

static uint64_t
asked(const struct rig *rig)
{
	const struct raft_message *question = rig_sent(rig, "age", 2);

	assert_non_null(question);
	assert_int_equal(question->extension.length, 0);
	return question->extension.round;
}

static void
tell_from(struct rig *rig, uint64_t from, uint64_t round, uint64_t age,
	  uint64_t index)
{
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 2,
		.extension = { .module = raft_learners_number,
			       .type = TELL,
			       .round = round,
			       .length = 16 },
	};

	put(answer.extension.bytes, age);
	put(answer.extension.bytes + 8, index);
	(void)rig_give(rig, from, answer);
	rig_turn(rig);
}

static void
tell(struct rig *rig, uint64_t round, uint64_t age, uint64_t index)
{
	tell_from(rig, 2, round, age, index);
}

static void
the_age_counts_from_the_question(void **state)
{
	struct rig rig;
	uint64_t round;

	(void)state;
	follow_two(&rig);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	round = asked(&rig);
	/* However long the answer took. */
	rig_pass(&rig, 40000);
	tell(&rig, round, 5000, 3);
	assert_int_equal(youngest(&rig), TRUE_US(45000));
	rig_pass(&rig, 1000);
	assert_int_equal(youngest(&rig), TRUE_US(46000));
	rig_stop(&rig);
}

static void
what_is_told_must_have_been_applied(void **state)
{
	struct rig rig;

	(void)state;
	follow_two(&rig);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	tell(&rig, asked(&rig), 0, 4);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	rig_append(&rig, 2, 2, ID(3, 2), TERMS(2), 1, 4);
	rig_settle(&rig);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	apply_all(&rig);
	assert_int_equal(read(&rig, T), RAFT_OK);
	rig_stop(&rig);
}

/* A state machine that is always a little behind gets what was told of it. */
static void
what_was_told_first_is_kept_until_it_is_applied(void **state)
{
	struct rig rig;
	uint64_t first;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	first = rig.now;
	tell(&rig, asked(&rig), 0, 4);
	for (uint64_t index = 5; index < 8; index++) {
		rig_pass(&rig, HEARTBEAT);
		assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
		tell(&rig, asked(&rig), 0, index);
	}
	rig_append(&rig, 2, 2, ID(3, 2), TERMS(2), 1, 4);
	rig_settle(&rig);
	apply_all(&rig);
	assert_int_equal(youngest(&rig), TRUE_US(rig.now - first));
	rig_stop(&rig);
}

/* But not when it would be too old by then. */
static void
what_is_never_applied_is_forgotten(void **state)
{
	struct rig rig;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	tell(&rig, asked(&rig), 0, UINT64_MAX);
	rig_pass(&rig, T);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	tell(&rig, asked(&rig), 0, 3);
	assert_int_equal(youngest(&rig), TRUE_US(0));
	rig_stop(&rig);
}

/* Late, twice, overtaken: nothing of it makes a state younger. */
static void
an_old_answer_makes_nothing_young(void **state)
{
	struct rig rig;
	uint64_t first, second;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	first = asked(&rig);
	rig_pass(&rig, HEARTBEAT / 2);
	(void)read(&rig, T);
	assert_true(asked(&rig) == first);
	rig_pass(&rig, HEARTBEAT / 2);
	(void)read(&rig, T);
	second = asked(&rig);
	assert_true(second != first);
	rig_pass(&rig, 2000);
	tell(&rig, second, 1000, 3);
	assert_int_equal(youngest(&rig), TRUE_US(3000));
	tell(&rig, first, 0, 2);
	assert_int_equal(youngest(&rig), TRUE_US(3000));
	rig_pass(&rig, 10 * T);
	tell(&rig, second, 1000, 3);
	assert_int_equal(youngest(&rig), TRUE_US(10 * T + 3000));
	rig_stop(&rig);
}

static void
what_was_never_asked_is_no_answer(void **state)
{
	struct rig rig;
	uint64_t round;

	(void)state;
	follow_two(&rig);
	tell(&rig, rig.now, 0, 3);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	round = asked(&rig);
	for (unsigned bit = 0; bit < 64; bit++)
		tell(&rig, round ^ UINT64_C(1) << bit, 0, 3);
	/* Nor is it in the way of one. */
	tell(&rig, round, 0, 3);
	assert_int_equal(youngest(&rig), TRUE_US(0));
	rig_stop(&rig);
}

/* After a restart the clock may show what it showed before. */
static void
an_answer_to_a_former_life_is_none(void **state)
{
	struct rig rig;
	uint64_t round;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	round = asked(&rig);
	rig_stop(&rig);
	follow(&rig, &(struct rig_options){ .build = "learners", .seed = 8 });
	(void)read(&rig, T);
	assert_true(asked(&rig) != round);
	tell(&rig, round, 0, 3);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	rig_stop(&rig);
}

static void
who_reads_often_asks_in_good_time(void **state)
{
	struct rig rig;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, 40000);
	tell(&rig, asked(&rig), 0, 3);
	rig_forget(&rig);
	rig_pass(&rig, 20000);
	assert_int_equal(read(&rig, 40000), RAFT_OK);
	assert_int_equal(rig_count(&rig, "age"), 0);
	rig_pass(&rig, 1);
	assert_int_equal(read(&rig, 40000), RAFT_OK);
	assert_int_equal(rig_count(&rig, "age"), 1);
	/* Not with every read: the answer is on its way. */
	rig_pass(&rig, 9999);
	assert_int_equal(read(&rig, 40000), RAFT_OK);
	assert_int_equal(rig_count(&rig, "age"), 1);
	rig_pass(&rig, 1);
	assert_int_equal(read(&rig, 40000), RAFT_OK);
	assert_int_equal(rig_count(&rig, "age"), 2);
	rig_stop(&rig);
}

/* A quarter of the bound, or a heartbeat if that is shorter. */
static void
who_gets_no_answer_asks_again(void **state)
{
	static const uint64_t bounds[][2] = {
		{ 360000, 90000 }, { 400000, 100000 }, { 450000, 100000 },
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		follow_two(&rig);
		(void)read(&rig, bounds[i][0]);
		assert_int_equal(rig_count(&rig, "age"), 1);
		rig.now += bounds[i][1] - 1;
		(void)read(&rig, bounds[i][0]);
		assert_int_equal(rig_count(&rig, "age"), 1);
		rig.now += 1;
		(void)read(&rig, bounds[i][0]);
		assert_int_equal(rig_count(&rig, "age"), 2);
		rig_stop(&rig);
	}
}

/* 2^43 microseconds are a hundred days. */
static void
what_is_months_old_is_too_old_for_any_bound(void **state)
{
	const uint64_t most = UINT64_C(1) << 43;
	struct rig rig;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	tell(&rig, asked(&rig), 0, 3);
	rig.now += most / 100 * 98;
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_OK);
	rig.now += most / 100 * 2;
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_TOO_OLD);
	rig_stop(&rig);
}

static void
nobody_is_asked_where_nobody_leads(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	assert_int_equal(rig.sent_count, 0);
	rig_stop(&rig);
}

/* What is known does not end with the leader who told it. */
static void
what_was_told_outlives_its_leader(void **state)
{
	struct rig rig;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	tell(&rig, asked(&rig), 0, 3);
	rig_heartbeat(&rig, 3, 5);
	rig_settle(&rig);
	assert_int_equal(read(&rig, T), RAFT_OK);
	assert_int_equal(youngest(&rig), TRUE_US(0));
	rig_stop(&rig);
}

static void
what_it_knew_as_a_leader_is_not_known_after(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	assert_int_equal(read(&rig, T), RAFT_OK);
	rig_heartbeat(&rig, 2, 9);
	rig_settle(&rig);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	/* Nor are its moments the secret by which it asks. */
	assert_true((asked(&rig) ^ rig.now) > rig.now);
	rig_stop(&rig);
}

static void
clocks_may_be_as_wrong_as_is_said(void **state)
{
	static const struct raft_learners_options half = { .clock_drift =
							       500000 };
	struct rig rig;

	(void)state;
	follow(&rig, &(struct rig_options){ .build = "learners",
					    .module = raft_learners_number,
					    .module_options = &half });
	(void)read(&rig, T);
	tell(&rig, asked(&rig), 0, 3);
	rig_pass(&rig, 9998);
	assert_int_equal(read(&rig, 19999), RAFT_TOO_OLD);
	assert_int_equal(read(&rig, 20000), RAFT_OK);
	rig_stop(&rig);
}

static void
nonsense_is_ignored(void **state)
{
	struct raft_message brief = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 2,
		.extension = { .module = raft_learners_number,
			       .type = TELL,
			       .length = 15 },
	};
	struct rig rig;

	(void)state;
	follow_two(&rig);
	(void)read(&rig, T);
	brief.extension.round = asked(&rig);
	(void)rig_give(&rig, 2, brief);
	/* Older than time, and an index that nobody has. */
	tell(&rig, asked(&rig), UINT64_MAX, 3);
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_TOO_OLD);
	tell(&rig, asked(&rig), 0, UINT64_MAX);
	assert_int_equal(read(&rig, UINT64_MAX), RAFT_TOO_OLD);
	brief.extension.type = 3;
	(void)rig_give(&rig, 2, brief);
	brief.kind = RAFT_MESSAGE_UNSUPPORTED;
	brief.extension.type = ASK;
	(void)rig_give(&rig, 2, brief);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	rig_stop(&rig);
}

static void
without_it_nobody_vouches(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "baseline",
					       .voters = 1 });
	rig_time_out(&rig);
	rig_settle(&rig);
	rig_settle(&rig);
	apply_all(&rig);
	assert_int_equal(read(&rig, T), RAFT_TOO_OLD);
	assert_int_equal(rig_count(&rig, "age"), 0);
	rig_stop(&rig);
}

static void
a_stopped_member_vouches_for_nothing(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	raft_log_failed(rig.raft, rig.now);
	assert_int_equal(read(&rig, T), RAFT_STOPPED);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_leader_vouches_for_what_a_majority_has_echoed),
		cmocka_unit_test(
		    a_new_leader_vouches_for_nothing_before_it_is_answered),
		cmocka_unit_test(a_deposed_leader_grows_old),
		cmocka_unit_test(a_sole_voter_is_always_up_to_date),
		cmocka_unit_test(who_has_not_answered_echoes_nothing),
		cmocka_unit_test(
		    a_leader_tells_the_age_of_what_a_majority_has_echoed),
		cmocka_unit_test(the_age_counts_from_the_question),
		cmocka_unit_test(what_is_told_must_have_been_applied),
		cmocka_unit_test(
		    what_was_told_first_is_kept_until_it_is_applied),
		cmocka_unit_test(what_is_never_applied_is_forgotten),
		cmocka_unit_test(an_old_answer_makes_nothing_young),
		cmocka_unit_test(what_was_never_asked_is_no_answer),
		cmocka_unit_test(an_answer_to_a_former_life_is_none),
		cmocka_unit_test(who_reads_often_asks_in_good_time),
		cmocka_unit_test(who_gets_no_answer_asks_again),
		cmocka_unit_test(what_is_months_old_is_too_old_for_any_bound),
		cmocka_unit_test(nobody_is_asked_where_nobody_leads),
		cmocka_unit_test(what_was_told_outlives_its_leader),
		cmocka_unit_test(what_it_knew_as_a_leader_is_not_known_after),
		cmocka_unit_test(clocks_may_be_as_wrong_as_is_said),
		cmocka_unit_test(nonsense_is_ignored),
		cmocka_unit_test(without_it_nobody_vouches),
		cmocka_unit_test(a_stopped_member_vouches_for_nothing),
	};

	return rig_run(tests);
}

/*
 * Linearizable reads (thesis 6.4).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

/** How long a read may wait. */
#define PATIENCE (2 * T)

/** The reads that ended since the last look. */
struct ends {
	struct raft_read reads[16];
	size_t count;
};

/** As rig_turn, but for reads. */
static void
turn(struct rig *rig, struct ends *ends)
{
	struct raft_duties duties;

	while (raft_duties(rig->raft, &duties)) {
		if (duties.save != NULL)
			raft_saved(rig->raft, duties.save->token, rig->now);
		for (size_t i = 0; i < duties.send_count; i++)
			rig->sent[rig->sent_count++] = duties.send[i];
		for (size_t i = 0; i < duties.read_count; i++)
			ends->reads[ends->count++ % 16] = duties.reads[i];
	}
}

static void
pass(struct rig *rig, uint64_t us, struct ends *ends)
{
	rig->now += us;
	(void)raft_expire(rig->raft, rig->now);
	turn(rig, ends);
}

/** Time passes while that leader is heard. */
static void
pass_led(struct rig *rig, uint64_t leader, uint64_t us, struct ends *ends)
{
	for (; us > T / 10; us -= T / 10) {
		rig_heartbeat(rig, leader, rig_status(rig).term);
		pass(rig, T / 10, ends);
	}
	pass(rig, us, ends);
}

/** Answer that append. */
static void
accept(struct rig *rig, uint64_t from, const struct raft_message *append)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = append->term,
		.append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
				   .match_index = 2,
				   .sent_at = append->append.sent_at,
				   .sequence = append->append.sequence },
	});
}

static uint64_t
begin_read(struct rig *rig)
{
	uint64_t read = 0;

	assert_int_equal(raft_read(rig->raft, rig->now, &read), RAFT_OK);
	assert_int_not_equal(read, 0);
	return read;
}

static void
lead(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_lead(rig);
	rig_accept(rig, 2, 2);
	rig_accept(rig, 3, 2);
	rig_turn(rig);
	rig_forget(rig);
}

static void
a_read_waits_for_a_majority(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t first, second;

	(void)state;
	lead(&rig);
	first = begin_read(&rig);
	second = begin_read(&rig);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 0);
	/* One round for both. */
	assert_int_equal(rig_count(&rig, "append"), 2);
	rig_accept(&rig, 3, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[0].read, first);
	assert_int_equal(ends.reads[1].read, second);
	assert_int_equal(ends.reads[0].index, 2);
	rig_stop(&rig);
}

/* (R2) */
static void
an_answer_to_an_append_of_before_proves_nothing(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	struct raft_message before;

	(void)state;
	lead(&rig);
	rig_pass(&rig, T / 10);
	before = *rig_sent(&rig, "append", 2);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	accept(&rig, 2, &before);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 0);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	rig_stop(&rig);
}

/* (R1) */
static void
a_fresh_leader_waits_for_its_own_entry(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 1);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	rig_accept(&rig, 2, 1);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 0);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 0);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].index, 2);
	rig_stop(&rig);
}

static void
a_later_read_needs_a_later_round(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };

	(void)state;
	lead(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 2);
	rig_stop(&rig);
}

static void
a_leader_that_stops_answers_none(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t read;

	(void)state;
	lead(&rig);
	read = begin_read(&rig);
	turn(&rig, &ends);
	rig_vote(&rig, 3, 9, ID(9, 8));
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].read, read);
	assert_int_equal(ends.reads[0].index, 0);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_NOT_LEADER);
	rig_stop(&rig);
}

static void
a_group_of_one_answers_at_once(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };

	(void)state;
	rig_start(&rig, &(struct rig_options){ .voters = 1 });
	rig_lead(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].index, 2);
	rig_stop(&rig);
}

static struct raft_message
read_answer(const struct rig *rig, uint64_t index)
{
	const struct raft_message *asked = rig_sent(rig, "read", 2);

	assert_non_null(asked);
	return (struct raft_message){
		.kind = RAFT_MESSAGE_READ_ANSWER,
		.term = 2,
		.read = { .round = asked->read.round, .index = index },
	};
}

static uint64_t
first_round(uint64_t seed)
{
	struct rig rig;
	uint64_t round;

	rig_start(&rig, &(struct rig_options){ .seed = seed });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	(void)begin_read(&rig);
	rig_turn(&rig);
	round = rig_sent(&rig, "read", 2)->read.round;
	rig_stop(&rig);
	return round;
}

/* What was asked before a restart may still wait at the leader, with an index of
 * then, or be on its way back. */
static void
a_round_is_not_taken_for_one_of_a_former_life(void **state)
{
	(void)state;
	assert_int_not_equal(first_round(1), first_round(2));
}

static void
a_follower_asks_its_leader(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t read;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_NOT_LEADER);
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	read = begin_read(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	assert_int_equal(rig_count(&rig, "read"), 1);
	/* Asked again if lost. */
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "read"), 1);
	(void)rig_give(&rig, 3, read_answer(&rig, 7));
	(void)rig_give(&rig, 2, read_answer(&rig, UINT64_MAX));
	turn(&rig, &ends);
	assert_int_equal(ends.count, 0);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_ABSURD_INDEX), 1);
	(void)rig_give(&rig, 2, read_answer(&rig, 7));
	(void)rig_give(&rig, 2, read_answer(&rig, 8));
	turn(&rig, &ends);
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[0].read, read);
	assert_int_equal(ends.reads[0].index, 7);
	rig_stop(&rig);
}

static void
a_followers_read_ends_with_its_leader_or_in_time(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	rig_heartbeat(&rig, 3, 3);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].index, 0);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	pass_led(&rig, 3, PATIENCE - 1, &ends);
	assert_int_equal(ends.count, 1);
	pass(&rig, 1, &ends);
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[1].index, 0);
	rig_stop(&rig);
}

/* From afar a round takes three round trips, and may have to wait for another:
 * nothing is lost yet when an election timeout is over. */
static void
a_read_from_afar_has_its_time(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	(void)begin_read(&rig);
	pass_led(&rig, 2, 9 * T / 10, &ends);
	(void)rig_give(&rig, 2, read_answer(&rig, 7));
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	pass_led(&rig, 2, 9 * T / 10, &ends);
	(void)rig_give(&rig, 2, read_answer(&rig, 8));
	turn(&rig, &ends);
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[1].index, 8);
	rig_stop(&rig);
}

/* Without checkquorum it leads on, whoever hears it: but nobody waits for ever, nor
 * keeps others from asking. */
static void
a_leaders_read_ends_in_time(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t first, second;

	(void)state;
	lead(&rig);
	first = begin_read(&rig);
	turn(&rig, &ends);
	pass(&rig, PATIENCE / 2, &ends);
	second = begin_read(&rig);
	pass(&rig, PATIENCE / 2 - 1, &ends);
	assert_int_equal(ends.count, 0);
	assert_int_equal(raft_deadline(rig.raft), rig.now + 1);
	pass(&rig, 1, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].read, first);
	assert_int_equal(ends.reads[0].index, 0);
	/* The other has its own time, and may still be answered: by who has
	 * answered what the round before asked. */
	for (int i = 0; i < 2; i++) {
		rig_accept(&rig, 2, 2);
		turn(&rig, &ends);
	}
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[1].read, second);
	assert_int_equal(ends.reads[1].index, 2);
	rig_stop(&rig);
}

static void
the_first_of_a_round_may_end_before_the_others(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	struct raft_message asked;
	uint64_t second;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	(void)begin_read(&rig);
	pass(&rig, PATIENCE / 2, &ends);
	second = begin_read(&rig);
	/* Both are of the round that begins with the commit. */
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	asked = *rig_sent(&rig, "append", 2);
	pass(&rig, PATIENCE / 2, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].index, 0);
	accept(&rig, 2, &asked);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[1].read, second);
	assert_int_equal(ends.reads[1].index, 2);
	rig_stop(&rig);
}

/* (R1): however long that takes. */
static void
a_fresh_leaders_read_ends_in_time(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	pass(&rig, PATIENCE - 1, &ends);
	assert_int_equal(ends.count, 0);
	assert_int_equal(raft_deadline(rig.raft), rig.now + 1);
	pass(&rig, 1, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].index, 0);
	rig_stop(&rig);
}

static void
a_followers_round_ends_in_time_at_its_leader(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	struct raft_message asked = {
		.kind = RAFT_MESSAGE_READ,
		.term = 2,
		.read = { .round = 5 },
	};

	(void)state;
	lead(&rig);
	(void)rig_give(&rig, 3, asked);
	turn(&rig, &ends);
	pass(&rig, PATIENCE, &ends);
	assert_int_equal(rig_sent(&rig, "read-answer", 3)->read.round, 5);
	assert_int_equal(rig_sent(&rig, "read-answer", 3)->read.index, 0);
	rig_stop(&rig);
}

/* What waits behind a round has waited already. */
static void
a_followers_reads_have_each_their_time(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t first, second;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	first = begin_read(&rig);
	turn(&rig, &ends);
	pass_led(&rig, 2, PATIENCE / 2, &ends);
	second = begin_read(&rig);
	turn(&rig, &ends);
	pass_led(&rig, 2, PATIENCE / 2 - 1, &ends);
	rig_forget(&rig);
	assert_int_equal(ends.count, 0);
	pass(&rig, 1, &ends);
	assert_int_equal(ends.count, 1);
	assert_int_equal(ends.reads[0].read, first);
	assert_int_equal(ends.reads[0].index, 0);
	/* It is asked about now. */
	assert_int_equal(rig_count(&rig, "read"), 1);
	pass_led(&rig, 2, PATIENCE / 2, &ends);
	assert_int_equal(ends.count, 2);
	assert_int_equal(ends.reads[1].read, second);
	assert_int_equal(ends.reads[1].index, 0);
	rig_stop(&rig);
}

static void
a_leader_answers_a_followers_round_once(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	struct raft_message asked = {
		.kind = RAFT_MESSAGE_READ,
		.term = 2,
		.read = { .round = 5 },
	};

	(void)state;
	lead(&rig);
	(void)rig_give(&rig, 3, asked);
	(void)rig_give(&rig, 3, asked);
	(void)rig_give(&rig, 9, asked);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_STRANGER), 1);
	turn(&rig, &ends);
	assert_int_equal(rig_count(&rig, "read-answer"), 0);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(rig_count(&rig, "read-answer"), 1);
	assert_int_equal(rig_sent(&rig, "read-answer", 3)->read.round, 5);
	assert_int_equal(rig_sent(&rig, "read-answer", 3)->read.index, 2);
	rig_stop(&rig);
}

static void
who_does_not_lead_says_so(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	struct raft_message asked = {
		.kind = RAFT_MESSAGE_READ,
		.term = 1,
		.read = { .round = 5 },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	(void)rig_give(&rig, 3, asked);
	turn(&rig, &ends);
	assert_int_equal(rig_sent(&rig, "read-answer", 3)->read.index, 0);
	rig_stop(&rig);
}

static void
too_many_reads_are_refused(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t read;

	(void)state;
	lead(&rig);
	for (int i = 0; i < 4096; i++)
		(void)begin_read(&rig);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OVERLOADED);
	turn(&rig, &ends);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 4096);
	rig.allocations_left = 0;
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_stop(&rig);
}

static void
a_read_without_memory_is_refused(void **state)
{
	struct rig rig;
	uint64_t read;

	(void)state;
	lead(&rig);
	for (long left = 0; left < 2; left++) {
		rig.allocations_left = left;
		assert_int_equal(raft_read(rig.raft, rig.now, &read),
				 RAFT_NO_MEMORY);
	}
	rig.allocations_left = 1;
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	/* Its end waits until it can be handed out. */
	(void)raft_step_down(rig.raft, rig.now);
	rig_turn(&rig);
	rig.allocations_left = -1;
	rig_stop(&rig);
}

/* As many as there is room for, each once and in order. */
static void
reads_that_find_no_room_follow(void **state)
{
	struct rig rig;
	struct ends ends = { .count = 0 };
	uint64_t first;

	(void)state;
	lead(&rig);
	(void)begin_read(&rig);
	turn(&rig, &ends);
	rig_accept(&rig, 2, 2);
	turn(&rig, &ends);
	assert_int_equal(ends.count, 1);
	ends.count = 0;
	first = begin_read(&rig);
	for (uint64_t i = 1; i < 7; i++)
		assert_int_equal(begin_read(&rig), first + i);
	turn(&rig, &ends);
	rig_accept(&rig, 2, 2);
	rig.allocations_left = 0;
	turn(&rig, &ends);
	assert_int_equal(ends.count, 7);
	for (uint64_t i = 0; i < 7; i++)
		assert_int_equal(ends.reads[i].read, first + i);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_waits_for_a_majority),
		cmocka_unit_test(
		    an_answer_to_an_append_of_before_proves_nothing),
		cmocka_unit_test(a_fresh_leader_waits_for_its_own_entry),
		cmocka_unit_test(a_later_read_needs_a_later_round),
		cmocka_unit_test(a_leader_that_stops_answers_none),
		cmocka_unit_test(a_group_of_one_answers_at_once),
		cmocka_unit_test(a_round_is_not_taken_for_one_of_a_former_life),
		cmocka_unit_test(a_follower_asks_its_leader),
		cmocka_unit_test(
		    a_followers_read_ends_with_its_leader_or_in_time),
		cmocka_unit_test(a_read_from_afar_has_its_time),
		cmocka_unit_test(a_leaders_read_ends_in_time),
		cmocka_unit_test(
		    the_first_of_a_round_may_end_before_the_others),
		cmocka_unit_test(a_fresh_leaders_read_ends_in_time),
		cmocka_unit_test(a_followers_round_ends_in_time_at_its_leader),
		cmocka_unit_test(a_followers_reads_have_each_their_time),
		cmocka_unit_test(a_leader_answers_a_followers_round_once),
		cmocka_unit_test(who_does_not_lead_says_so),
		cmocka_unit_test(too_many_reads_are_refused),
		cmocka_unit_test(a_read_without_memory_is_refused),
		cmocka_unit_test(reads_that_find_no_room_follow),
	};

	return rig_run(tests);
}

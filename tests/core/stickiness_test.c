/*
 * stickiness: when a vote is refused for a leader's sake; and without it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

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

/** A voter that has the first entry of server 2, its leader in term 2. */
static void
follow(struct rig *rig)
{
	start(rig, "stickiness");
	rig_append(rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(rig);
}

static void
a_permit_is_honoured_where_the_vote_would_be(void **state)
{
	struct raft_permit permit = given_by(2, 2);
	struct raft_permit forged = given_by(3, 2);
	struct rig rig;

	(void)state;
	follow(&rig);
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
	follow(&rig);
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
	follow(&rig);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_hears_a_leader_keeps_its_term),
		cmocka_unit_test(without_it_the_term_is_taken),
		cmocka_unit_test(a_leader_refuses_as_its_own_voter),
		cmocka_unit_test(who_yields_honours_only_who_yields),
		cmocka_unit_test(a_restarted_voter_waits),
		cmocka_unit_test(a_permit_is_honoured_where_the_vote_would_be),
		cmocka_unit_test(a_permit_is_honoured_as_often_as_it_comes),
		cmocka_unit_test(
		    a_permit_is_honoured_in_a_term_that_is_known_already),
		cmocka_unit_test(
		    a_restarted_voter_honours_a_permit_again_and_again),
		cmocka_unit_test(a_permit_says_nothing_of_a_newer_leader),
		cmocka_unit_test(a_permit_that_was_honoured_ends_recency),
	};

	return rig_run(tests);
}

/*
 * fencing: until when a leader acts, and what its voters promise for that.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

#include <string.h>

#define FENCING "stickiness+checkquorum+fencing"
#define CAPABLE (RAFT_CAPABILITY_YIELDS | RAFT_CAPABILITY_LEASES)
/** Millionths, and what such clocks leave of a timeout. */
#define DRIFT 50000
#define LEASE(timeout) ((timeout) * UINT64_C(950000) / 1050000 - 2)

static void
start_fenced(struct rig *rig, const char *build, size_t voters)
{
	rig_start(rig, &(struct rig_options){ .build = build,
					      .voters = voters,
					      .clock_drift = DRIFT,
					      .capabilities = CAPABLE });
}

/** Who leads has been answered its first entry by a majority, as it was sent. */
static void
lead(struct rig *rig, size_t voters)
{
	start_fenced(rig, FENCING, voters);
	rig_lead(rig);
	for (uint64_t peer = 2; peer <= voters / 2 + 1; peer++)
		rig_accept(rig, peer, 2);
	rig_turn(rig);
	assert_int_equal(rig_status(rig).commit_index, 2);
}

static bool
acts(struct rig *rig)
{
	bool yes = raft_acts(rig->raft, rig->now);
	enum raft_result result = rig_propose(rig, 1);

	assert_int_equal(yes, result == RAFT_OK);
	return yes;
}

/** A heartbeat's time passes, and these answer what they are sent with all that
 *  they have been told of. */
static void
beat(struct rig *rig, const char *peers, uint64_t match)
{
	rig_forget(rig);
	rig_pass(rig, T / 10);
	for (; *peers != '\0'; peers++)
		rig_accept(rig, (uint64_t)(*peers - '0'), match);
	rig_turn(rig);
}

/** Change the configuration in force. */
static enum raft_result
change(struct rig *rig, uint64_t timeout, uint32_t drift)
{
	struct raft_configuration c = *raft_configuration(rig->raft);

	c.election_timeout_us = timeout;
	c.clock_drift = drift;
	return raft_reconfigure(rig->raft, &c, rig->now, NULL);
}

static enum raft_result
begin_read(struct rig *rig)
{
	uint64_t read;

	return raft_read(rig->raft, rig->now, &read);
}

/* -------------------------------------------------------------- the leader */

/* The clock is told with each question: no timer fires in between. */
static void
a_lease_lasts_from_the_sending_of_what_was_answered(void **state)
{
	struct rig rig;
	uint64_t sent_at;

	(void)state;
	lead(&rig, 3);
	sent_at = rig_sent(&rig, "append", 2)->append.sent_at;
	rig.now = sent_at + LEASE(T) - 1;
	assert_true(acts(&rig));
	assert_int_equal(begin_read(&rig), RAFT_OK);
	rig.now++;
	assert_false(acts(&rig));
	assert_int_equal(rig_propose(&rig, 1), RAFT_NO_QUORUM);
	assert_int_equal(begin_read(&rig), RAFT_NO_QUORUM);
	assert_int_equal(change(&rig, T, 0), RAFT_NO_QUORUM);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

static void
past_its_lease_a_leader_falls_silent(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	rig.now += LEASE(T) - 1;
	rig_forget(&rig);
	rig_pass(&rig, 0);
	assert_int_equal(rig_count(&rig, "append"), 2);
	rig_pass(&rig, 1);
	rig_forget(&rig);
	while (rig.now < T)
		rig_pass(&rig, 1000);
	assert_int_equal(rig_count(&rig, "append"), 0);
	rig_stop(&rig);
}

static void
an_answer_makes_it_longer(void **state)
{
	struct rig rig;
	uint64_t sent_at;

	(void)state;
	lead(&rig, 3);
	for (int i = 0; i < 30; i++)
		beat(&rig, "3", 2);
	sent_at = rig_sent(&rig, "append", 3)->append.sent_at;
	rig.now = sent_at + LEASE(T) - 1;
	assert_true(acts(&rig));
	rig.now++;
	assert_false(acts(&rig));
	rig_stop(&rig);
}

/* Of five, three have answered, but only two of them hold that entry. */
static void
there_is_none_before_an_entry_of_its_term_is_committed(void **state)
{
	struct rig rig;

	(void)state;
	start_fenced(&rig, FENCING, 5);
	rig_lead(&rig);
	assert_false(acts(&rig));
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 1);
	rig_turn(&rig);
	assert_false(acts(&rig));
	assert_int_equal(begin_read(&rig), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.reads, 0);
	beat(&rig, "3", 2);
	assert_true(acts(&rig));
	assert_int_equal(rig.reads, 1);
	rig_stop(&rig);
}

/* It may have another configuration in force, of a leader before. */
static void
who_lacks_the_first_entry_of_the_term_does_not_count(void **state)
{
	struct rig rig;
	uint64_t sent_at;

	(void)state;
	lead(&rig, 5);
	sent_at = rig_sent(&rig, "append", 2)->append.sent_at;
	for (int i = 0; i < 4; i++) {
		beat(&rig, "2", 2);
		rig_accept(&rig, 4, 1);
		rig_turn(&rig);
	}
	rig.now = sent_at + LEASE(T) - 1;
	assert_true(acts(&rig));
	rig.now++;
	assert_false(acts(&rig));
	rig_accept(&rig, 4, 2);
	assert_true(acts(&rig));
	rig_stop(&rig);
}

/* One of two others holds a timeout that is twice as long. */
static void
a_longer_timeout_counts_of_who_holds_it(void **state)
{
	struct rig rig;
	uint64_t sent_at;

	(void)state;
	lead(&rig, 3);
	beat(&rig, "2", 2);
	sent_at = rig_sent(&rig, "append", 2)->append.sent_at;
	assert_int_equal(change(&rig, 2 * T, DRIFT), RAFT_OK);
	rig_settle(&rig);
	rig.now = sent_at + LEASE(T) - 1;
	assert_true(acts(&rig));
	rig.now++;
	assert_false(acts(&rig));
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_true(acts(&rig));
	rig.now = sent_at + LEASE(2 * T) - 1;
	assert_true(acts(&rig));
	rig.now++;
	assert_false(acts(&rig));
	rig_stop(&rig);
}

static void
a_shorter_timeout_counts_at_once(void **state)
{
	struct rig rig;
	uint64_t sent_at;

	(void)state;
	lead(&rig, 3);
	sent_at = rig_sent(&rig, "append", 2)->append.sent_at;
	assert_true(acts(&rig));
	assert_int_equal(change(&rig, T / 2, DRIFT), RAFT_OK);
	rig.now = sent_at + LEASE(T / 2) - 1;
	assert_true(acts(&rig));
	rig.now++;
	assert_false(acts(&rig));
	rig_stop(&rig);
}

static void
who_alone_votes_acts_always(void **state)
{
	struct rig rig;

	(void)state;
	start_fenced(&rig, FENCING, 1);
	rig_time_out(&rig);
	rig_save(&rig);
	rig_settle(&rig);
	rig.now += 100 * T;
	assert_true(acts(&rig));
	rig_stop(&rig);
}

/* ------------------------------------------------------------ handing over */

/* The no-op of one that was given up is entry 3. */
static void
a_lease_ends_before_another_is_told_to_lead(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	assert_true(raft_acts(rig.raft, rig.now));
	rig_forget(&rig);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	assert_false(acts(&rig));
	assert_int_equal(begin_read(&rig), RAFT_TRANSFERRING);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "timeout-now"), 1);
	for (int i = 0; i < 10; i++)
		beat(&rig, "23", 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_false(acts(&rig));
	assert_int_equal(rig_propose(&rig, 1), RAFT_TRANSFERRING);
	beat(&rig, "3", 3);
	assert_true(acts(&rig));
	rig_stop(&rig);
}

/* It would vote for whom the leave was given to, and is then free for anybody. */
static void
who_lacks_the_no_op_of_a_transfer_does_not_count(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 5);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	rig_turn(&rig);
	for (int i = 0; i < 10; i++)
		beat(&rig, "2345", 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 3);
	beat(&rig, "23", 3);
	assert_true(raft_acts(rig.raft, rig.now));
	for (int i = 0; i < 10; i++)
		beat(&rig, "45", 2);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_false(acts(&rig));
	beat(&rig, "45", 3);
	assert_true(acts(&rig));
	rig_stop(&rig);
}

static void
a_lease_ends_with_the_wish_to_step_down(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_false(acts(&rig));
	rig_stop(&rig);
}

static void
a_lease_ends_with_the_entry_that_removes_its_holder(void **state)
{
	struct rig rig;
	struct raft_configuration c;
	struct raft_member members[3];
	size_t count = 0;

	(void)state;
	lead(&rig, 3);
	c = *raft_configuration(rig.raft);
	for (size_t i = 0; i < 3; i++)
		if (c.members[i].identity.id != rig_id(1))
			members[count++] = c.members[i];
	c.members = members;
	c.member_count = count;
	assert_int_equal(raft_reconfigure(rig.raft, &c, rig.now, NULL),
			 RAFT_OK);
	assert_false(acts(&rig));
	rig_stop(&rig);
}

/* ------------------------------------------------------------------- reads */

static void
a_read_under_a_lease_asks_nobody(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	rig_forget(&rig);
	assert_int_equal(begin_read(&rig), RAFT_OK);
	assert_int_equal(begin_read(&rig), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.reads, 2);
	assert_int_equal(rig_count(&rig, "append"), 0);
	rig_stop(&rig);
}

static void
where_none_are_granted_a_round_is_asked(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = FENCING,
					       .capabilities = CAPABLE });
	rig_lead(&rig);
	assert_true(acts(&rig));
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	rig_forget(&rig);
	assert_int_equal(begin_read(&rig), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.reads, 0);
	assert_int_equal(rig_count(&rig, "append"), 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	assert_int_equal(rig.reads, 1);
	rig_stop(&rig);
}

/* What was applied is all that is committed, and no bound is too narrow. */
static void
what_it_has_applied_is_vouched_for(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	assert_int_equal(raft_read_bounded(rig.raft, 0, rig.now),
			 RAFT_TOO_OLD);
	raft_applied(rig.raft, 2);
	assert_int_equal(raft_read_bounded(rig.raft, 0, rig.now), RAFT_OK);
	rig.now += LEASE(T);
	assert_int_equal(raft_read_bounded(rig.raft, 0, rig.now),
			 RAFT_TOO_OLD);
	rig_stop(&rig);
}

/* --------------------------------------------------------------- the voter */

static void
follow(struct rig *rig, const char *build)
{
	start_fenced(rig, build, 3);
	rig_heartbeat(rig, 2, 2);
	rig_settle(rig);
	rig_forget(rig);
}

static void
who_heard_a_leader_does_not_vote_for_itself(void **state)
{
	struct rig rig;
	uint64_t heard_at;

	(void)state;
	follow(&rig, FENCING);
	heard_at = rig.now;
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_OK);
	rig_settle(&rig);
	while (rig.now < heard_at + T - 1000) {
		rig_pass(&rig, 1000);
		assert_int_equal(rig_status(&rig).term, 2);
		assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	}
	rig_pass(&rig, T / 5);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

/* Elsewhere who is asked to campaign does so. */
static void
where_none_are_granted_it_does(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = FENCING,
					       .capabilities = CAPABLE });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

static void
a_leader_may_still_send_its_successor(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, FENCING);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_TIMEOUT_NOW,
		.term = 2,
		.timeout_now = { .tip = rig_status(&rig).last, .transfer = 1 },
	});
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

/* The bytes of its first configuration, with leases. */
static struct raft_stored_configuration
fenced_configuration(void)
{
	static uint8_t bytes[512];
	struct raft_stored_configuration stored = rig_configuration(3);
	struct raft_member members[3];
	struct raft_configuration c;

	assert_int_equal(raft_configuration_decode(stored.bytes, stored.length,
						   &c, members, 3),
			 RAFT_OK);
	c.clock_drift = DRIFT;
	stored.length = raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_true(stored.length > 0);
	stored.bytes = bytes;
	return stored;
}

static struct raft_stored
fenced_log(const struct raft_stored_configuration *configuration)
{
	static const struct raft_term_run run = { .first_index = 1, .term = 1 };

	return (struct raft_stored){
		.term = 5,
		.last_index = 1,
		.runs = &run,
		.run_count = 1,
		.configurations = configuration,
		.configuration_count = 1,
	};
}

static void
who_restarts_does_not_vote_for_itself_at_once(void **state)
{
	struct raft_stored_configuration configuration = fenced_configuration();
	struct raft_stored stored = fenced_log(&configuration);
	struct rig rig;
	uint64_t started_at;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = FENCING,
					       .stored = &stored });
	started_at = rig.now;
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_OK);
	while (rig.now < started_at + T - 1000) {
		rig_pass(&rig, 1000);
		assert_int_equal(rig_status(&rig).term, 5);
	}
	rig_pass(&rig, T / 5);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

static void
a_closed_connection_does_not_free_a_voter(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig, FENCING "+disconnect");
	raft_peer_closed(rig.raft, rig_id(2), rig.now);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).leader, 0);
	for (int i = 0; i < 9; i++) {
		rig_pass(&rig, T / 10);
		rig_vote(&rig, 3, 3, ID(1, 1));
		rig_settle(&rig);
		assert_int_equal(rig_sent(&rig, "vote-answer", 3)
				     ->vote_answer.refusal,
				 RAFT_REFUSAL_LEASE);
		assert_int_equal(rig_status(&rig).term, 2);
	}
	rig_pass(&rig, T / 5);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

/* ------------------------------------------------------- the configuration */

static void
leases_are_granted_once_a_majority_holds_that(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = FENCING,
					       .capabilities = CAPABLE });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	assert_true(acts(&rig));
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(change(&rig, T, DRIFT), RAFT_OK);
	assert_false(acts(&rig));
	rig_settle(&rig);
	assert_false(acts(&rig));
	rig_accept(&rig, 2, 4);
	assert_true(acts(&rig));
	assert_int_equal(rig_status(&rig).commit_index, 3);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 4);
	rig_stop(&rig);
}

/* Others have them in force until then, and one of them may be elected under one. */
static void
what_is_switched_off_holds_until_that_is_committed(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	assert_true(raft_acts(rig.raft, rig.now));
	assert_int_equal(change(&rig, T, 0), RAFT_OK);
	assert_false(acts(&rig));
	rig_settle(&rig);
	assert_false(acts(&rig));
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_true(acts(&rig));
	rig_stop(&rig);
}

static void
they_are_refused_where_a_voters_build_lacks_them(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = FENCING });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	assert_int_equal(change(&rig, T, DRIFT), RAFT_INCOMPATIBLE);
	rig.capabilities = CAPABLE;
	rig_accept(&rig, 2, 2);
	assert_int_equal(change(&rig, T, DRIFT), RAFT_INCOMPATIBLE);
	rig_accept(&rig, 3, 2);
	assert_int_equal(change(&rig, T, DRIFT), RAFT_OK);
	rig_stop(&rig);
	rig_start(&rig, &(struct rig_options){ .build = "stickiness",
					       .capabilities = CAPABLE });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	assert_int_equal(change(&rig, T, DRIFT), RAFT_INCOMPATIBLE);
	rig_stop(&rig);
}

static void
a_build_without_them_takes_no_such_entry(void **state)
{
	struct raft_stored_configuration configuration = fenced_configuration();
	struct raft_stored stored = fenced_log(&configuration);
	struct raft_options options = { .self = rig_identity(1), .seed = 1 };
	struct raft *member;
	struct rig rig;
	struct raft_entry entry = {
		.index = 2,
		.term = 2,
		.kind = RAFT_ENTRY_CONFIGURATION,
		.payload = { .data = configuration.bytes,
			     .length = configuration.length },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "stickiness" });
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1), .last = ID(2, 2),
			    .entries = &entry, .sequence = 1 },
	});
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "append-answer", 2)
			     ->append_answer.verdict,
			 RAFT_APPEND_INCOMPATIBLE);
	assert_int_equal(rig_status(&rig).last.index, 1);
	rig_stop(&rig);
	assert_true(raft_mask("stickiness+checkquorum", &options.mask));
	assert_int_equal(raft_start(&options, &stored, 0, &member),
			 RAFT_INCOMPATIBLE);
	assert_true(raft_mask(FENCING, &options.mask));
	assert_int_equal(raft_start(&options, &stored, 0, &member), RAFT_OK);
	raft_destroy(member);
}

static void
its_bytes_say_how_far_off_clocks_may_be(void **state)
{
	struct raft_stored_configuration stored = fenced_configuration();
	struct raft_configuration c;
	struct raft_member members[3];
	uint8_t bytes[512];

	(void)state;
	assert_int_equal(raft_configuration_decode(stored.bytes, stored.length,
						   &c, members, 3),
			 RAFT_OK);
	assert_int_equal(c.clock_drift, DRIFT);
	assert_int_equal(c.must_understand, 0);
	assert_int_equal(stored.length, raft_configuration_bytes(&c));
	/* None at all, more than there can be, and no room for it. */
	memcpy(bytes, stored.bytes, stored.length);
	bytes[32] = bytes[33] = bytes[34] = 0;
	assert_int_equal(raft_configuration_decode(bytes, stored.length, &c,
						   members, 3),
			 RAFT_INVALID);
	bytes[36] = 1;
	assert_int_equal(raft_configuration_decode(bytes, stored.length, &c,
						   members, 3),
			 RAFT_INVALID);
	memcpy(bytes, stored.bytes, stored.length);
	bytes[4] = 24;
	assert_int_equal(raft_configuration_decode(bytes, stored.length, &c,
						   members, 3),
			 RAFT_INVALID);
	c.clock_drift = RAFT_CLOCK_DRIFT_MAX + 1;
	assert_int_equal(raft_configuration_encode(&c, bytes, sizeof(bytes)),
			 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_lease_lasts_from_the_sending_of_what_was_answered),
		cmocka_unit_test(past_its_lease_a_leader_falls_silent),
		cmocka_unit_test(an_answer_makes_it_longer),
		cmocka_unit_test(
		    there_is_none_before_an_entry_of_its_term_is_committed),
		cmocka_unit_test(
		    who_lacks_the_first_entry_of_the_term_does_not_count),
		cmocka_unit_test(a_longer_timeout_counts_of_who_holds_it),
		cmocka_unit_test(a_shorter_timeout_counts_at_once),
		cmocka_unit_test(who_alone_votes_acts_always),
		cmocka_unit_test(a_lease_ends_before_another_is_told_to_lead),
		cmocka_unit_test(
		    who_lacks_the_no_op_of_a_transfer_does_not_count),
		cmocka_unit_test(a_lease_ends_with_the_wish_to_step_down),
		cmocka_unit_test(
		    a_lease_ends_with_the_entry_that_removes_its_holder),
		cmocka_unit_test(a_read_under_a_lease_asks_nobody),
		cmocka_unit_test(where_none_are_granted_a_round_is_asked),
		cmocka_unit_test(what_it_has_applied_is_vouched_for),
		cmocka_unit_test(who_heard_a_leader_does_not_vote_for_itself),
		cmocka_unit_test(where_none_are_granted_it_does),
		cmocka_unit_test(a_leader_may_still_send_its_successor),
		cmocka_unit_test(who_restarts_does_not_vote_for_itself_at_once),
		cmocka_unit_test(a_closed_connection_does_not_free_a_voter),
		cmocka_unit_test(leases_are_granted_once_a_majority_holds_that),
		cmocka_unit_test(
		    what_is_switched_off_holds_until_that_is_committed),
		cmocka_unit_test(
		    they_are_refused_where_a_voters_build_lacks_them),
		cmocka_unit_test(a_build_without_them_takes_no_such_entry),
		cmocka_unit_test(its_bytes_say_how_far_off_clocks_may_be),
	};

	return rig_run(tests);
}

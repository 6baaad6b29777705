/*
 * What each verb refuses, or takes without harm.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

/** Started by hand, with options that a rig does not have. */
static struct raft *
start_sole_voter(struct raft_options options)
{
	struct raft_stored_configuration configuration = rig_configuration(1);
	struct raft_term_run run = { 1, 1 };
	struct raft_stored stored = { .term = 1,
				      .runs = &run,
				      .run_count = 1,
				      .last_index = 1,
				      .configurations = &configuration,
				      .configuration_count = 1 };
	struct raft_duties duties;
	struct raft *r;

	options.self = rig_identity(1);
	assert_int_equal(raft_start(&options, &stored, 0, &r), RAFT_OK);
	(void)raft_expire(r, 0);
	while (raft_duties(r, &duties))
		if (duties.save != NULL)
			raft_saved(r, duties.save->token, 0);
	return r;
}

static void
assert_as_before(const struct rig *rig, struct raft_status before)
{
	struct raft_status after = rig_status(rig);

	assert_int_equal(after.role, before.role);
	assert_int_equal(after.stopped, before.stopped);
	assert_int_equal(after.term, before.term);
	assert_int_equal(after.vote.id, before.vote.id);
	assert_int_equal(after.leader, before.leader);
	assert_int_equal(after.last.index, before.last.index);
	assert_int_equal(after.durable_index, before.durable_index);
	assert_int_equal(after.commit_index, before.commit_index);
}

static void
a_stopped_member_refuses_every_verb(void **state)
{
	const struct raft_payload payload = { 0 };
	struct raft_message message = { .kind = RAFT_MESSAGE_VOTE };
	struct raft_configuration none = { 0 };
	struct raft_status before;
	struct rig rig;
	uint64_t read;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	raft_log_failed(rig.raft, rig.now);
	raft_log_failed(rig.raft, rig.now);
	before = rig_status(&rig);
	assert_true(before.stopped);
	assert_int_equal(rig_give(&rig, 2, message), RAFT_STOPPED);
	assert_int_equal(raft_expire(rig.raft, rig.now + T), RAFT_STOPPED);
	assert_int_equal(raft_propose(rig.raft, &payload, 1, rig.now, NULL),
			 RAFT_STOPPED);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_STOPPED);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_STOPPED);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_STOPPED);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_STOPPED);
	assert_int_equal(raft_bootstrap(rig.raft, &none, rig.now),
			 RAFT_STOPPED);
	raft_saved(rig.raft, rig.save.token, rig.now);
	raft_peer_closed(rig.raft, rig_id(2), rig.now);
	raft_unreadable(rig.raft, rig_id(2), rig.now);
	raft_append_sent(rig.raft, rig_id(2), 1, 0, rig.now);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_as_before(&rig, before);
	assert_int_equal(rig.saves + rig.sent_count, 0);
	assert_true(raft_deadline(rig.raft) == UINT64_MAX);
	rig_stop(&rig);
}

static void
whoever_may_campaigns_when_asked(void **state)
{
	struct rig rig;
	static const struct raft_stored empty;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(rig.events[0].reason, RAFT_REASON_ASKED);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_settle(&rig);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_NOT_MEMBER);
	rig_stop(&rig);
}

static void
proposals_are_named_from_the_first(void **state)
{
	static const struct raft_payload payloads[3];
	struct raft_entry_id first;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	assert_int_equal(
	    raft_propose(rig.raft, payloads, 3, rig.now, &first), RAFT_OK);
	assert_int_equal(first.index, 3);
	assert_int_equal(first.term, 2);
	assert_int_equal(
	    raft_propose(rig.raft, payloads, 1, rig.now, &first), RAFT_OK);
	assert_int_equal(first.index, 6);
	rig_stop(&rig);
}

/* The driver may know less than the member, or know it too late. */
static void
what_is_said_of_a_stranger_is_ignored(void **state)
{
	struct raft_status before;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	before = rig_status(&rig);
	raft_unreadable(rig.raft, rig_id(2), rig.now);
	raft_append_sent(rig.raft, rig_id(2), 1, 0, rig.now);
	raft_peer_closed(rig.raft, rig_id(2), rig.now);
	assert_as_before(&rig, before);
	rig_lead(&rig);
	before = rig_status(&rig);
	raft_unreadable(rig.raft, rig_id(9), rig.now);
	raft_append_sent(rig.raft, rig_id(9), 1, 0, rig.now);
	raft_peer_closed(rig.raft, rig_id(9), rig.now);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_as_before(&rig, before);
	assert_int_equal(rig.sent_count, 0);
	rig_stop(&rig);
}

/* More was acknowledged meanwhile, or it went whole after all. */
static void
a_shortening_never_goes_back_or_forward(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_int_equal(rig_propose(&rig, 4), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 4);
	raft_append_sent(rig.raft, rig_id(2), 3, 0, rig.now);
	assert_int_equal(rig_member(&rig, 2).next_index, 7);
	raft_append_sent(rig.raft, rig_id(2), 60, 0, rig.now);
	assert_int_equal(rig_member(&rig, 2).next_index, 7);
	raft_append_sent(rig.raft, rig_id(2), 5, 0, rig.now);
	assert_int_equal(rig_member(&rig, 2).next_index, 6);
	rig_stop(&rig);
}

static void
a_heartbeat_may_be_chosen_up_to_a_fifth(void **state)
{
	static const struct {
		uint64_t chosen, used;
	} cases[] = {
		{ 0, T / 10 },
		{ T / 50, T / 50 },
		{ T / 5, T / 5 },
		{ T, T / 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct raft *r = start_sole_voter((struct raft_options){
		    .heartbeat_us = cases[i].chosen,
		    .commit_notice_us = 2 * (uint64_t)T });

		assert_int_equal(raft_deadline(r), cases[i].used);
		raft_destroy(r);
	}
}

static void
a_commit_notice_may_be_chosen(void **state)
{
	struct raft *r = start_sole_voter(
	    (struct raft_options){ .commit_notice_us = 77 });
	struct raft_options options = {
		.self = rig_identity(1),
		.commit_notice_us = UINT64_C(3600000001),
	};
	struct raft_stored nothing = { 0 };

	(void)state;
	assert_int_equal(raft_deadline(r), 77);
	raft_destroy(r);
	assert_int_equal(raft_start(&options, &nothing, 0, &r), RAFT_INVALID);
	assert_null(r);
}

static void
only_what_is_applied_is_compacted(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 2);
	assert_int_equal(rig_compact(&rig, 1), RAFT_INVALID);
	raft_applied(rig.raft, 2);
	raft_applied(rig.raft, 1);
	assert_int_equal(rig_status(&rig).applied_index, 2);
	assert_int_equal(rig_compact(&rig, 3), RAFT_INVALID);
	assert_int_equal(rig_compact(&rig, 2), RAFT_OK);
	assert_int_equal(rig_compact(&rig, 1), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 2);
	assert_int_equal(rig_status(&rig).snapshot.term, 2);
	assert_int_equal(rig_status(&rig).last.index, 2);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stopped_member_refuses_every_verb),
		cmocka_unit_test(whoever_may_campaigns_when_asked),
		cmocka_unit_test(proposals_are_named_from_the_first),
		cmocka_unit_test(what_is_said_of_a_stranger_is_ignored),
		cmocka_unit_test(a_shortening_never_goes_back_or_forward),
		cmocka_unit_test(a_heartbeat_may_be_chosen_up_to_a_fifth),
		cmocka_unit_test(a_commit_notice_may_be_chosen),
		cmocka_unit_test(only_what_is_applied_is_compacted),
	};

	return rig_run(tests);
}

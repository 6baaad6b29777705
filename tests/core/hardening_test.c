/*
 * Where a careless member would hang, spin, grow or fall silent.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

/* A driver that encodes late may say so after a snapshot. */
static void
shortened_after_a_snapshot_is_survived(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_int_equal(rig_propose(&rig, 20), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 22);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 22);
	raft_applied(rig.raft, 22);
	/* Peer 3: accepts, gets 3..22 in flight. */
	rig_accept(&rig, 3, 2);
	rig_settle(&rig);
	assert_int_equal(rig_compact(&rig, 15), RAFT_OK);
	raft_append_sent(rig.raft, rig_id(3), 5, 0, rig.now);
	rig_pass(&rig, T / 10);
	rig_stop(&rig);
}

/* A notice of a commit must not repeat the whole batch to one who is silent. */
static void
a_silent_peer_is_probed_once_a_heartbeat(void **state)
{
	struct rig rig;
	size_t with_entries = 0;
	uint64_t began;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	began = rig.now;
	while (rig.now < began + T / 10) { /* One heartbeat */
		rig_forget(&rig);
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_settle(&rig);
		if (rig_sent(&rig, "append", 2) != NULL)
			rig_accept(&rig, 2, rig_status(&rig).last.index);
		rig_turn(&rig);
		rig_pass(&rig, 500);
		for (size_t i = 0; i < rig.sent_count; i++)
			with_entries += rig.sent[i].to.id == rig_id(3) &&
					rig.sent[i].append.last.index >
					    rig.sent[i].append.previous.index;
	}
	assert_in_range(with_entries, 0, 2);
	rig_stop(&rig);
}

/* The default interval of notices follows the configuration. */
static void
a_joined_leader_gathers_its_commit_notices(void **state)
{
	static const struct raft_stored empty;
	struct raft_stored_configuration c = rig_configuration(3);
	struct raft_entry e = { .index = 1,
				.term = 1,
				.kind = RAFT_ENTRY_CONFIGURATION,
				.payload = { .data = c.bytes,
					     .length = c.length } };
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	(void)rig_give(
	    &rig, 2,
	    (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 1,
		.append = { .last = ID(1, 1), .entries = &e, .sequence = 1 } });
	rig_settle(&rig);
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_true(raft_deadline(rig.raft) > rig.now);
	rig_stop(&rig);
}

static size_t
newer_configuration(uint8_t *bytes, size_t size)
{
	struct raft_member m[2] = {
		{ .identity = { 1, 11 }, .role = RAFT_MEMBER_VOTER },
		{ .identity = { 2, 12 }, .role = RAFT_MEMBER_VOTER }
	};
	struct raft_configuration c = { .election_timeout_us = T,
					.must_understand = 2,
					.members = m,
					.member_count = 2 };
	size_t n;

	rig_order(m, 2);
	n = raft_configuration_encode(&c, bytes, size);
	assert_true(n > 0);
	bytes[32 + 20 + 16] = 3; /* A role of the future, e.g. a witness */
	return n;
}

/* Unknown role with must_understand set: INCOMPATIBLE must be answered. */
static void
an_unknown_role_is_answered_incompatible(void **state)
{
	uint8_t bytes[128];
	struct raft_entry e = { .index = 2,
				.term = 2,
				.kind = RAFT_ENTRY_CONFIGURATION };
	struct rig rig;
	const struct raft_message *a;

	(void)state;
	e.payload.data = bytes;
	e.payload.length = newer_configuration(bytes, sizeof(bytes));
	rig_start(&rig, &(struct rig_options){ 0 });
	(void)rig_give(&rig, 2,
		       (struct raft_message){ .kind = RAFT_MESSAGE_APPEND,
					      .term = 2,
					      .append = { .previous = ID(1, 1),
							  .last = ID(2, 2),
							  .entries = &e,
							  .sequence = 1 } });
	rig_settle(&rig);
	a = rig_sent(&rig, "append-answer", 2);
	assert_non_null(a);
	assert_int_equal(a->append_answer.verdict, RAFT_APPEND_INCOMPATIBLE);
	rig_stop(&rig);
}

/* A log that holds one refuses with INCOMPATIBLE, not CORRUPT. */
static void
a_log_with_an_unknown_role_is_incompatible(void **state)
{
	uint8_t bytes[128];
	struct raft_stored_configuration c[2] = {
		rig_configuration(3), { .index = 2, .bytes = bytes }
	};
	struct raft_term_run run = { 1, 1 };
	struct raft_stored stored = { .term = 1,
				      .runs = &run,
				      .run_count = 1,
				      .last_index = 2,
				      .configurations = c,
				      .configuration_count = 2 };
	struct raft_options o = { .self = rig_identity(1) };
	struct raft *r;

	(void)state;
	c[1].length = newer_configuration(bytes, sizeof(bytes));
	assert_int_equal(raft_start(&o, &stored, 0, &r), RAFT_INCOMPATIBLE);
}

/* Probe and mismatch must not chase one another without a pause. */
static void
a_follower_that_lost_its_tail_is_not_pressed(void **state)
{
	struct rig rig;
	size_t rounds = 0;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 7);
	rig_turn(&rig);
	assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
	rig_settle(&rig);
	/* No time passes from here on. */
	while (rounds < 400) {
		const struct raft_message *p = rig_sent(&rig, "append", 2);
		struct raft_message m = { .kind = RAFT_MESSAGE_APPEND_ANSWER };
		if (p == NULL)
			break;
		m.term = p->term;
		m.append_answer = (struct raft_append_answer){
			.verdict = RAFT_APPEND_MISMATCH,
			.conflict = { 3, 0 },
			.sent_at = p->append.sent_at,
			.sequence = p->append.sequence
		};
		rig_forget(&rig);
		(void)rig_give(&rig, 2, m);
		rig_turn(&rig);
		rounds++;
	}
	assert_in_range(rounds, 0, 4);
	rig_stop(&rig);
}

/* Not due for ever. */
static void
at_the_last_term_the_timer_rests(void **state)
{
	struct raft_stored_configuration c = rig_configuration(3);
	struct raft_term_run run = { 1, 1 };
	struct raft_stored stored = { .term = UINT64_C(1) << 62,
				      .runs = &run,
				      .run_count = 1,
				      .last_index = 1,
				      .configurations = &c,
				      .configuration_count = 1 };
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &stored });
	rig_time_out(&rig);
	assert_true(raft_deadline(rig.raft) > rig.now);
	rig_stop(&rig);
}

/* Whatever a leader sends. */
static void
a_stuck_disk_bounds_what_is_taken(void **state)
{
	struct rig rig;
	static uint64_t terms[64];

	(void)state;
	rig_start(&rig, &(struct rig_options){ .uncommitted_entries_max = 64 });
	for (int i = 0; i < 64; i++)
		terms[i] = 2;
	rig_append(&rig, 2, 2, ID(1, 1), terms, 64, 0);
	for (uint64_t at = 65; at < 65 + 64 * 5000; at += 64)
		rig_append(&rig, 2, 2, ID(at, 2), terms, 64, 0);
	assert_in_range(rig.allocated_bytes, 0, 1 << 20);
	rig_stop(&rig);
}

/* An empty log stays bootstrappable whatever answers stray in. */
static void
a_stray_answer_leaves_an_empty_log_empty(void **state)
{
	static const struct raft_stored empty;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	(void)rig_give(&rig, 2,
		       (struct raft_message){ .kind = RAFT_MESSAGE_VOTE_ANSWER,
					      .term = 9 });
	assert_int_equal(rig_status(&rig).term, 0);
	rig_stop(&rig);
}

/* A disk that finishes a write every 0.4 T is not stalled. */
static void
a_slow_disk_that_goes_on_is_no_stall(void **state)
{
	struct rig rig;
	uint64_t first, began;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "checkquorum" });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	/* Four writes under way. */
	first = rig.save.token + 1;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_turn(&rig);
	}
	began = rig.now;
	for (uint64_t step = 1; step <= 16; step++) {
		while (rig.now < began + step * (T * 4 / 10)) {
			rig_pass(&rig, T / 20);
			if (rig_status(&rig).role != RAFT_LEADER)
				break;
			rig_accept(&rig, 2, 2);
			rig_accept(&rig, 3, 2);
		}
		if (rig_status(&rig).role != RAFT_LEADER)
			break;
		if (first <= rig.save.token)
			raft_saved(rig.raft, first++, rig.now);
		rig_turn(&rig);
	}
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

/* An overtaken append (log whole, nothing compacted) is no stranding. */
static void
an_overtaken_append_strands_nobody(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_forget(&rig);
	raft_unreadable(rig.raft, rig_id(2), rig.now);
	rig_turn(&rig);
	for (size_t i = 0; i < rig.event_count; i++)
		assert_int_not_equal(rig.events[i].kind,
				     RAFT_EVENT_PEER_STRANDED);
	rig_stop(&rig);
}

/* A follower out of memory must not look dead. */
static void
a_follower_out_of_memory_answers(void **state)
{
	struct rig rig;
	static uint64_t terms[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		terms[i] = 2;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	rig_forget(&rig);
	rig.allocations_left = 0;
	rig_append(&rig, 2, 2, ID(1, 1), terms, 64, 0);
	rig_settle(&rig);
	assert_int_equal(rig_count(&rig, "append-answer"), 1);
	rig_stop(&rig);
}

/* A heartbeat's answer goes at once, whatever follows it in the turn. */
static void
a_heartbeat_is_answered_at_once(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	rig_forget(&rig);
	rig_heartbeat(&rig, 2, 2);
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "append-answer"), 1);
	rig_stop(&rig);
}

/* A leader knows of itself what it holds. */
static void
a_leaders_own_row_is_true(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	assert_int_equal(rig_member(&rig, 1).match_index, 2);
	rig_stop(&rig);
}

/* One that was overtaken does not replace it. */
static void
an_answer_echoes_the_newest_append(void **state)
{
	struct rig rig;
	struct raft_message m = { .kind = RAFT_MESSAGE_APPEND,
				  .term = 2,
				  .append = { .previous = { 1, 1 },
					      .last = { 1, 1 },
					      .sequence = 7,
					      .sent_at = 700 } };

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	(void)rig_give(&rig, 2, m);
	m.append.sequence = 6;
	m.append.sent_at = 600;
	(void)rig_give(&rig, 2, m);
	rig_settle(&rig);
	assert_int_equal(
	    rig_sent(&rig, "append-answer", 2)->append_answer.sequence, 7);
	rig_stop(&rig);
}

/* They are good, and the leader learns of it. */
static void
entries_before_a_malformed_one_are_taken(void **state)
{
	uint8_t junk[40] = { 1 };
	struct raft_entry e[2] = {
		{ .index = 2, .term = 2, .kind = RAFT_ENTRY_DATA },
		{ .index = 3,
		  .term = 2,
		  .kind = RAFT_ENTRY_CONFIGURATION,
		  .payload = { junk, sizeof(junk), NULL } }
	};
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	for (uint64_t i = 0; i < 5; i++) {
		(void)rig_give(
		    &rig, 2,
		    (struct raft_message){ .kind = RAFT_MESSAGE_APPEND,
					   .term = 2,
					   .append = { .previous = ID(1, 1),
						       .last = ID(3, 2),
						       .entries = e,
						       .sequence = i + 1 } });
		rig_settle(&rig);
	}
	assert_int_equal(rig_status(&rig).last.index, 2);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shortened_after_a_snapshot_is_survived),
		cmocka_unit_test(a_silent_peer_is_probed_once_a_heartbeat),
		cmocka_unit_test(a_joined_leader_gathers_its_commit_notices),
		cmocka_unit_test(an_unknown_role_is_answered_incompatible),
		cmocka_unit_test(a_log_with_an_unknown_role_is_incompatible),
		cmocka_unit_test(a_follower_that_lost_its_tail_is_not_pressed),
		cmocka_unit_test(at_the_last_term_the_timer_rests),
		cmocka_unit_test(a_stuck_disk_bounds_what_is_taken),
		cmocka_unit_test(a_stray_answer_leaves_an_empty_log_empty),
		cmocka_unit_test(a_slow_disk_that_goes_on_is_no_stall),
		cmocka_unit_test(an_overtaken_append_strands_nobody),
		cmocka_unit_test(a_follower_out_of_memory_answers),
		cmocka_unit_test(a_heartbeat_is_answered_at_once),
		cmocka_unit_test(a_leaders_own_row_is_true),
		cmocka_unit_test(an_answer_echoes_the_newest_append),
		cmocka_unit_test(entries_before_a_malformed_one_are_taken),
	};

	return rig_run(tests);
}

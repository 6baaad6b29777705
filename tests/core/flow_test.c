/*
 * Limits on what is on its way, and what a leader tells of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

/** An entry of so many bytes goes to peer 2, which is being replicated to. */
static void
send_bytes(struct rig *rig, size_t length)
{
	const struct raft_message *append;

	assert_int_equal(rig_propose_bytes(rig, length), RAFT_OK);
	rig_forget(rig);
	rig_settle(rig);
	append = rig_sent(rig, "append", 2);
	if (append != NULL)
		raft_append_sent(rig->raft, rig_id(2),
				 append->append.last.index, length, rig->now);
}

static void
lead(struct rig *rig, const struct rig_options *options)
{
	rig_start(rig, options);
	rig_lead(rig);
	rig_accept(rig, 2, 2);
	rig_turn(rig);
}

static void
bytes_in_flight_to_a_peer_are_limited(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .bytes_in_flight_max = 1000 });
	for (uint64_t i = 0; i < 4; i++) {
		send_bytes(&rig, 250);
		assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index,
				 3 + i);
	}
	assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 1000);
	assert_int_equal(rig_member(&rig, 2).appends_in_flight, 4);
	send_bytes(&rig, 250);
	assert_null(rig_sent(&rig, "append", 2));
	/* Heartbeats go on, without entries; their answer opens the way. */
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index,
			 rig_sent(&rig, "append", 2)->append.previous.index);
	rig_accept(&rig, 2, 6);
	assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 0);
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index, 7);
	rig_stop(&rig);
}

/* Its answers come at once, and each says that nothing more is durable. */
static void
a_peer_whose_disk_hangs_is_sent_so_many_bytes(void **state)
{
	struct rig rig;
	size_t sent = 0;

	(void)state;
	lead(&rig, &(struct rig_options){ .bytes_in_flight_max = 1000 });
	for (int i = 0; i < 50; i++) {
		send_bytes(&rig, 250);
		sent += rig_sent(&rig, "append", 2) != NULL;
		if (rig_sent(&rig, "append", 2) != NULL)
			rig_accept(&rig, 2, 2);
	}
	assert_int_equal(sent, 4);
	assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 1000);
	assert_int_equal(rig_member(&rig, 2).appends_in_flight, 0);
	/* It works again. */
	rig_pass(&rig, T / 10);
	rig_accept(&rig, 2, 6);
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index, 52);
	rig_stop(&rig);
}

/* What was lost is sent again, and counted once. */
static void
what_is_sent_again_counts_once(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .bytes_in_flight_max = 1000 });
	for (int i = 0; i < 4; i++)
		send_bytes(&rig, 250);
	for (int i = 0; i < 3; i++) {
		raft_peer_closed(rig.raft, rig_id(2), rig.now);
		rig_forget(&rig);
		rig_turn(&rig);
		assert_non_null(rig_sent(&rig, "append", 2));
		assert_int_equal(
		    rig_sent(&rig, "append", 2)->append.last.index, 6);
		raft_append_sent(rig.raft, rig_id(2), 6, 1000, rig.now);
		assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 1000);
		rig_accept(&rig, 2, 2);
	}
	rig_stop(&rig);
}

/* The driver says that an append was too large when an answer has come already. */
static void
what_was_not_sent_is_not_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .bytes_in_flight_max = 1000 });
	assert_int_equal(rig_propose_bytes(&rig, 1000), RAFT_OK);
	assert_int_equal(rig_propose_bytes(&rig, 1000), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index, 4);
	rig_accept(&rig, 2, 2);
	raft_append_sent(rig.raft, rig_id(2), 3, 1000, rig.now);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index, 3);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 0);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index, 4);
	rig_stop(&rig);
}

/* In two heaps: never fewer than there are, forgotten when all is durable. */
static void
bytes_are_counted_until_they_are_durable(void **state)
{
	struct rig rig;
	struct raft_message answers[6];

	(void)state;
	lead(&rig, &(struct rig_options){ 0 });
	for (size_t i = 0; i < 6; i++) {
		const struct raft_append *append;

		send_bytes(&rig, 100);
		append = &rig_sent(&rig, "append", 2)->append;
		answers[i] = (struct raft_message){
			.kind = RAFT_MESSAGE_APPEND_ANSWER,
			.term = 2,
			.append_answer = {
				.verdict = RAFT_APPEND_ACCEPTED,
				.match_index = append->last.index,
				.sequence = append->sequence,
			},
		};
	}
	for (size_t i = 0; i < 6; i++) {
		assert_in_range(rig_member(&rig, 2).bytes_in_flight,
				100 * (6 - i), 600);
		assert_int_equal(rig_give(&rig, 2, answers[i]), RAFT_OK);
	}
	assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 0);
	assert_int_equal(rig_member(&rig, 2).appends_in_flight, 0);
	rig_stop(&rig);
}

static void
what_an_append_leaves_out_goes_with_the_next(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ 0 });
	assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
	rig_settle(&rig);
	raft_append_sent(rig.raft, rig_id(2), 4, 10, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.previous.index, 4);
	rig_stop(&rig);
}

static void
uncommitted_bytes_are_limited(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .uncommitted_bytes_max = 1000 });
	assert_int_equal(rig_propose_bytes(&rig, 600), RAFT_OK);
	assert_int_equal(rig_propose_bytes(&rig, 401), RAFT_OVERLOADED);
	assert_int_equal(rig_propose_bytes(&rig, 400), RAFT_OK);
	assert_int_equal(rig_propose_bytes(&rig, 1), RAFT_OVERLOADED);
	assert_int_equal(rig_propose_bytes(&rig, 0), RAFT_OK);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 1000);
	rig_settle(&rig);
	rig_accept(&rig, 2, rig_status(&rig).last.index);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 0);
	assert_int_equal(rig_propose_bytes(&rig, 1000), RAFT_OK);
	rig_stop(&rig);
}

static void
one_entry_larger_than_the_limit_goes_alone(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .uncommitted_bytes_max = 100 });
	assert_int_equal(rig_propose_bytes(&rig, 1000), RAFT_OK);
	assert_int_equal(rig_propose_bytes(&rig, 1), RAFT_OVERLOADED);
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig_propose_bytes(&rig, 1), RAFT_OK);
	rig_stop(&rig);
}

static void
what_no_message_can_carry_is_refused(void **state)
{
	struct rig rig;
	struct raft_payload two[2] = { { .length = 0 }, { .length = 401 } };
	uint64_t last;

	(void)state;
	lead(&rig, &(struct rig_options){ .payload_bytes_max = 400 });
	last = rig_status(&rig).last.index;
	assert_int_equal(rig_propose_bytes(&rig, 401), RAFT_TOO_LARGE);
	assert_int_equal(raft_propose(rig.raft, two, 2, rig.now, NULL),
			 RAFT_TOO_LARGE);
	assert_int_equal(rig_status(&rig).last.index, last);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 0);
	assert_int_equal(rig_propose_bytes(&rig, 400), RAFT_OK);
	rig_settle(&rig);
	rig_stop(&rig);
}

static void
a_new_term_counts_anew(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .uncommitted_bytes_max = 1000,
					  .bytes_in_flight_max = 500 });
	send_bytes(&rig, 900);
	rig_heartbeat(&rig, 3, 3);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 0);
	rig_forget(&rig);
	rig_lead(&rig);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 0);
	assert_int_equal(rig_member(&rig, 2).bytes_in_flight, 0);
	assert_int_equal(rig_member(&rig, 2).appends_in_flight, 1);
	rig_stop(&rig);
}

static void
a_slow_peer_does_not_slow_the_commit(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .bytes_in_flight_max = 100,
					  .uncommitted_bytes_max = 1000 });
	/* 3 never answers. */
	for (uint64_t i = 0; i < 100; i++) {
		send_bytes(&rig, 1000);
		rig_accept(&rig, 2, 3 + i);
		rig_turn(&rig);
		assert_int_equal(rig_status(&rig).commit_index, 3 + i);
	}
	rig_stop(&rig);
}

static void
a_leader_tells_when_its_majority_was_heard(void **state)
{
	struct rig rig;
	uint64_t elected;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(rig_status(&rig).quorum_heard_at, 0);
	rig_lead(&rig);
	elected = rig.now;
	assert_int_equal(rig_status(&rig).quorum_heard_at, elected);
	rig_pass(&rig, T / 5);
	assert_int_equal(rig_status(&rig).quorum_heard_at, elected);
	rig_accept(&rig, 3, 2);
	assert_int_equal(rig_status(&rig).quorum_heard_at, rig.now);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_in_flight_to_a_peer_are_limited),
		cmocka_unit_test(a_peer_whose_disk_hangs_is_sent_so_many_bytes),
		cmocka_unit_test(what_is_sent_again_counts_once),
		cmocka_unit_test(what_was_not_sent_is_not_waited_for),
		cmocka_unit_test(bytes_are_counted_until_they_are_durable),
		cmocka_unit_test(what_an_append_leaves_out_goes_with_the_next),
		cmocka_unit_test(uncommitted_bytes_are_limited),
		cmocka_unit_test(one_entry_larger_than_the_limit_goes_alone),
		cmocka_unit_test(what_no_message_can_carry_is_refused),
		cmocka_unit_test(a_new_term_counts_anew),
		cmocka_unit_test(a_slow_peer_does_not_slow_the_commit),
		cmocka_unit_test(a_leader_tells_when_its_majority_was_heard),
	};

	return rig_run(tests);
}

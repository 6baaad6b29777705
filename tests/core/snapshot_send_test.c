/*
 * Snapshots, the leader's side (thesis chapter 5).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

#define PART 10
#define SIZE 125
/** What the leader compacted, and its log's end. */
#define TAKEN 10
#define LAST 12

/** Entries 1 to LAST are committed by 1 and 2, and applied; 3 is silent. */
static void
lead(struct rig *rig, const struct rig_options *options)
{
	rig_start(rig, options);
	rig_lead(rig);
	assert_int_equal(rig_propose(rig, LAST - 2), RAFT_OK);
	rig_settle(rig);
	rig_accept(rig, 2, LAST);
	rig_turn(rig);
	raft_applied(rig->raft, LAST);
	assert_int_equal(rig->applied, LAST);
}

static void
lead_in_parts(struct rig *rig, uint64_t size)
{
	lead(rig, &(struct rig_options){ .snapshot_part_bytes = PART });
	rig_forget(rig);
	assert_int_equal(raft_snapshot_taken(rig->raft, TAKEN, size), RAFT_OK);
	rig_turn(rig);
}

static const struct raft_snapshot_message *
newest(const struct rig *rig)
{
	const struct raft_message *message = rig_sent(rig, "snapshot", 3);

	return message == NULL ? NULL : &message->snapshot;
}

/** The part that was sent to 3 after `position` others. */
static const struct raft_snapshot_message *
part_sent(const struct rig *rig, size_t position)
{
	for (size_t i = 0; i < rig->sent_count; i++)
		if (rig->sent[i].kind == RAFT_MESSAGE_SNAPSHOT &&
		    rig->sent[i].to.id == rig_id(3) && position-- == 0)
			return &rig->sent[i].snapshot;
	fail_msg("so many parts were not sent");
	return NULL;
}

/** Of the part of 3 that is `back` before the newest. */
static void
answer_earlier(struct rig *rig, uint64_t back, bool gap, uint64_t offset,
	       uint64_t match)
{
	const struct raft_snapshot_message *snapshot = newest(rig);

	assert_non_null(snapshot);
	assert_int_equal(rig_give(rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
		.term = rig_status(rig).term,
		.snapshot_answer = {
			.snapshot = snapshot->snapshot,
			.gap = gap,
			.offset = offset,
			.match_index = match,
			.sent_at = snapshot->sent_at,
			.sequence = snapshot->sequence - back,
		},
	}), RAFT_OK);
	rig_turn(rig);
}

static void
answer(struct rig *rig, bool gap, uint64_t offset, uint64_t match)
{
	answer_earlier(rig, 0, gap, offset, match);
}

static void
who_needs_what_was_dropped_gets_the_snapshot(void **state)
{
	struct rig rig;
	const struct raft_snapshot_content *content;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(rig_event(&rig, RAFT_EVENT_SNAPSHOT_SENT)->peer,
			 rig_id(3));
	assert_int_equal(rig_event(&rig, RAFT_EVENT_SNAPSHOT_SENT)->index,
			 TAKEN);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, TAKEN);
	assert_int_equal(rig_member(&rig, 3).snapshot_size, SIZE);
	content = rig.contents;
	assert_int_equal(rig.sent[0].snapshot.offset, 0);
	assert_int_equal(rig.sent[0].snapshot.snapshot.index, TAKEN);
	assert_int_equal(rig.sent[0].snapshot.snapshot.term, 2);
	assert_int_equal(rig.sent[0].snapshot.size, SIZE);
	assert_int_equal(content->part.length, PART);
	assert_int_equal(content->configuration_index, 1);
	assert_int_equal(content->configuration_length,
			 rig_configuration(3).length);
	assert_null(rig.contents[1].configuration);
	answer(&rig, false, 60, 0);
	assert_int_equal(rig_member(&rig, 3).snapshot_offset, 60);
	assert_int_equal(newest(&rig)->offset, 120);
	assert_int_equal(newest(&rig)->content->part.length, SIZE - 120);
	answer(&rig, false, SIZE, 0);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	answer(&rig, false, 0, TAKEN);
	assert_int_equal(rig_sent(&rig, "append", 3)->append.previous.index,
			 TAKEN);
	assert_int_equal(rig_sent(&rig, "append", 3)->append.last.index, LAST);
	rig_accept(&rig, 3, LAST);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_REPLICATE);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, 0);
	rig_stop(&rig);
}

static void
parts_go_only_so_far_ahead_of_what_is_stored(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(rig_count(&rig, "snapshot"), 8);
	answer(&rig, false, 0, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 8);
	answer(&rig, false, 2 * PART, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 10);
	assert_int_equal(newest(&rig)->offset, 9 * PART);
	/* What was never sent cannot be stored. */
	answer(&rig, false, SIZE, 0);
	assert_int_equal(rig_member(&rig, 3).snapshot_offset, 2 * PART);
	rig_stop(&rig);
}

static void
the_leader_goes_back_to_the_part_that_is_wanted(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(newest(&rig)->offset, 8 * PART);
	assert_int_equal(newest(&rig)->content->part.length, 0);
	/* At once, but by the first of these answers only. */
	answer(&rig, true, 3 * PART, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 1 + 8);
	assert_int_equal(part_sent(&rig, 1)->offset, 3 * PART);
	answer_earlier(&rig, 8, true, 3 * PART, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 1 + 8);
	answer(&rig, false, 4 * PART, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 1 + 8 + 1);
	/* And again only with the next heartbeat. */
	answer(&rig, true, 4 * PART, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 1 + 8 + 1);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "snapshot"), 8);
	assert_ptr_equal(part_sent(&rig, 7), newest(&rig));
	rig_stop(&rig);
}

/* Another sending of it, earlier in the term, had come further. */
static void
what_the_peer_has_already_is_not_sent_again(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	answer(&rig, true, 12 * PART, 0);
	assert_int_equal(newest(&rig)->offset, 12 * PART);
	assert_int_equal(newest(&rig)->content->part.length, SIZE - 12 * PART);
	rig_stop(&rig);
}

static void
the_first_part_has_the_configuration_beside_it(void **state)
{
	struct rig rig;
	uint32_t half = (uint32_t)rig_configuration(3).length;

	(void)state;
	lead(&rig, &(struct rig_options){ .payload_bytes_max = 2 * half + 7 });
	rig_forget(&rig);
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, 10000), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.contents[0].configuration_length, half);
	assert_int_equal(rig.contents[0].part.length, half + 7);
	assert_int_equal(rig.sent[1].snapshot.offset, half + 7);
	assert_null(rig.contents[1].configuration);
	assert_int_equal(rig.contents[1].part.length, 2 * half + 7);
	rig_stop(&rig);
}

static void
heartbeats_go_on_while_no_part_may(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	for (int i = 0; i < 20; i++) {
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		assert_int_equal(rig_count(&rig, "snapshot"), 1);
		assert_int_equal(newest(&rig)->offset, 8 * PART);
		assert_int_equal(newest(&rig)->content->part.length, 0);
	}
	rig_stop(&rig);
}

static void
an_answered_part_is_contact_and_confirms_reads(void **state)
{
	struct rig rig;
	uint64_t read;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_forget(&rig);
	rig_pass(&rig, T / 5);
	answer(&rig, false, 0, 0);
	assert_true(rig_member(&rig, 3).heard_at == rig.now);
	assert_int_equal(rig.reads, 1);
	rig_stop(&rig);
}

static void
a_newer_snapshot_does_not_end_the_sending_of_an_older_one(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, 3 * SIZE),
			 RAFT_OK);
	assert_int_equal(raft_snapshot_oldest(rig.raft), TAKEN);
	assert_int_equal(rig_status(&rig).snapshot.index, LAST);
	/* As long as it advances. */
	for (uint64_t i = 1; i < 12; i++) {
		rig_pass(&rig, T / 2);
		answer(&rig, false, i * PART, 0);
		assert_int_equal(rig_member(&rig, 3).snapshot_index, TAKEN);
	}
	rig_pass(&rig, T / 2);
	rig_pass(&rig, T / 2);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, LAST);
	assert_int_equal(rig_member(&rig, 3).snapshot_size, 3 * SIZE);
	assert_int_equal(raft_snapshot_oldest(rig.raft), LAST);
	rig_stop(&rig);
}

/* The answer to an append of before came late: it has all that a newer snapshot
 * covers. */
/* Whichever of them that is. */
static void
who_is_behind_the_log_gets_the_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	for (uint64_t behind = 2; behind <= 3; behind++) {
		rig_start(&rig,
			  &(struct rig_options){ .snapshot_part_bytes = PART });
		rig_lead(&rig);
		rig_accept(&rig, 2 + 3 - behind, 2);
		assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
		rig_settle(&rig);
		rig_accept(&rig, 2 + 3 - behind, 7);
		rig_turn(&rig);
		raft_applied(rig.raft, 7);
		rig_forget(&rig);
		assert_int_equal(raft_snapshot_taken(rig.raft, 5, SIZE),
				 RAFT_OK);
		rig_turn(&rig);
		assert_int_equal(rig_member(&rig, behind).state,
				 RAFT_PROGRESS_SNAPSHOT);
		assert_int_equal(rig_member(&rig, behind).next_index, 6);
		assert_int_equal(rig_member(&rig, 2 + 3 - behind).state,
				 RAFT_PROGRESS_REPLICATE);
		assert_non_null(rig_sent(&rig, "snapshot", behind));
		assert_null(rig_sent(&rig, "snapshot", 2 + 3 - behind));
		rig_stop(&rig);
	}
}

static void
who_turns_out_to_have_the_entries_gets_no_newer_snapshot(void **state)
{
	struct rig rig;
	long blocks;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_part_bytes = PART });
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	blocks = rig.allocated_blocks;
	rig_accept(&rig, 3, LAST);
	assert_int_equal(rig_member(&rig, 3).match_index, LAST);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST - 1, SIZE), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_PROBE);
	assert_int_equal(rig_member(&rig, 3).next_index, LAST + 1);
	/* Nor is anything kept of the one that was sent. */
	assert_int_equal(rig.allocated_blocks, blocks - 1);
	rig_stop(&rig);
}

static void
a_peer_that_loaded_an_older_snapshot_is_sent_the_next(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	answer(&rig, false, 0, TAKEN);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, LAST);
	assert_int_equal(rig_member(&rig, 3).match_index, TAKEN);
	rig_stop(&rig);
}

static void
what_cannot_be_read_strands_the_peer_until_it_answers(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	raft_unreadable(rig.raft, rig_id(3), rig.now);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_STRANDED);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "snapshot"), 0);
	assert_int_equal(rig_sent(&rig, "append", 3)->append.previous.index,
			 TAKEN);
	(void)rig_give(&rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = {
			.verdict = RAFT_APPEND_MISMATCH,
			.conflict = ID(2, 0),
			.sent_at = rig.now,
			.sequence =
			    rig_sent(&rig, "append", 3)->append.sequence,
		},
	});
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_stop(&rig);
}

static void
answer_mismatch(struct rig *rig)
{
	const struct raft_message *append = rig_sent(rig, "append", 3);

	assert_non_null(append);
	(void)rig_give(rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = {
			.verdict = RAFT_APPEND_MISMATCH,
			.conflict = ID(2, 0),
			.sent_at = append->append.sent_at,
			.sequence = append->append.sequence,
		},
	});
	rig_turn(rig);
}

static void
say_unsupported(struct rig *rig, enum raft_message_kind kind)
{
	(void)rig_give(rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_UNSUPPORTED,
		.term = 2,
		.extension = { .module = RAFT_MODULE_NONE,
			       .type = (uint16_t)kind },
	});
	rig_turn(rig);
}

/** Right after a heartbeat and until the next one, a round a millisecond; 2
 *  answers, and that is a majority. */
static void
read_between_heartbeats(struct rig *rig)
{
	uint64_t read;

	rig_accept(rig, 2, LAST);
	rig_turn(rig);
	rig_forget(rig);
	for (size_t i = 1; i < 100; i++) {
		assert_int_equal(raft_read(rig->raft, rig->now, &read), RAFT_OK);
		rig_pass(rig, T / 1000);
		rig_accept(rig, 2, LAST);
		rig_turn(rig);
		assert_int_equal(rig->reads, i);
	}
}

static void
reads_do_not_hasten_a_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	rig_pass(&rig, T / 10);
	answer(&rig, true, 0, 0);
	answer(&rig, true, 0, 0);
	/* It has gone back twice, and waits for a heartbeat by time. */
	read_between_heartbeats(&rig);
	assert_int_equal(rig_count(&rig, "snapshot"), 0);
	rig_pass(&rig, T / 1000);
	assert_int_equal(rig_count(&rig, "snapshot"), 8);
	rig_stop(&rig);
}

static void
reads_do_not_hasten_the_next_try_of_a_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	say_unsupported(&rig, RAFT_MESSAGE_SNAPSHOT);
	rig_pass(&rig, T / 10);
	answer_mismatch(&rig);
	read_between_heartbeats(&rig);
	assert_null(rig_sent(&rig, "append", 3));
	rig_pass(&rig, T / 1000);
	assert_non_null(rig_sent(&rig, "append", 3));
	rig_stop(&rig);
}

/* A heartbeat is what it understands, else it would campaign; and it may be
 * replaced by a newer build at any time. */
static void
a_build_without_snapshots_is_asked_again_now_and_then(void **state)
{
	struct rig rig;
	size_t parts = 0;

	(void)state;
	lead_in_parts(&rig, SIZE);
	say_unsupported(&rig, RAFT_MESSAGE_READ);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_forget(&rig);
	say_unsupported(&rig, RAFT_MESSAGE_SNAPSHOT);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_STRANDED);
	assert_non_null(rig_event(&rig, RAFT_EVENT_PEER_STRANDED));
	assert_int_equal(raft_snapshot_oldest(rig.raft), TAKEN);
	say_unsupported(&rig, RAFT_MESSAGE_SNAPSHOT);
	for (int i = 0; i < 120; i++) {
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		if (rig_count(&rig, "append") > 0)
			answer_mismatch(&rig);
		parts += rig_count(&rig, "snapshot");
		if (rig_count(&rig, "snapshot") > 0)
			say_unsupported(&rig, RAFT_MESSAGE_SNAPSHOT);
		assert_true(rig.now - rig_member(&rig, 3).heard_at <= T / 5);
	}
	assert_in_range(parts, 1, 3 * 8);
	/* It is newer now. */
	for (int i = 0; i < 60; i++) {
		if (rig_member(&rig, 3).state == RAFT_PROGRESS_SNAPSHOT)
			break;
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		answer_mismatch(&rig);
	}
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	answer(&rig, false, 2 * PART, 0);
	assert_int_equal(rig_member(&rig, 3).snapshot_offset, 2 * PART);
	rig_stop(&rig);
}

static void
a_snapshot_that_is_not_for_others_strands(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, RAFT_SNAPSHOT_NOT_SENT);
	assert_non_null(rig_event(&rig, RAFT_EVENT_PEER_STRANDED));
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_STRANDED);
	/* The next one may be. */
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_stop(&rig);
}

static void
without_memory_the_peer_waits_for_the_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_part_bytes = PART });
	rig.allocations_left = 0;
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_STRANDED);
	rig.allocations_left = -1;
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_stop(&rig);
}

/* The newest snapshot is sent with what was in force there, not with what has
 * come since. */
/** Numbers 1 to 3 vote. */
static void
name_members(struct raft_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		members[i] = (struct raft_member){
			.identity = { i + 1, i + 11 },
			.role =
			    i < 3 ? RAFT_MEMBER_VOTER : RAFT_MEMBER_NON_VOTING,
		};
	rig_order(members, count);
}

static void
the_configuration_sent_is_that_of_the_snapshot(void **state)
{
	struct rig rig;
	struct raft_member members[4] = { 0 };
	struct raft_configuration four = { .members = members,
					   .member_count = 4,
					   .election_timeout_us = T };

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_part_bytes = PART });
	name_members(members, 4);
	assert_int_equal(raft_reconfigure(rig.raft, &four, rig.now, NULL),
			 RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, LAST + 1);
	rig_turn(&rig);
	raft_applied(rig.raft, LAST + 1);
	assert_int_equal(rig_status(&rig).configuration_index, LAST + 1);
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_int_equal(rig.contents[0].configuration_index, 1);
	assert_int_equal(rig.contents[0].configuration_length,
			 rig_configuration(3).length);
	/* And who leaves the configuration is sent nothing. */
	name_members(members, 2);
	four.member_count = 2;
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST + 1, SIZE),
			 RAFT_OK);
	assert_int_equal(raft_snapshot_oldest(rig.raft), TAKEN);
	assert_int_equal(raft_reconfigure(rig.raft, &four, rig.now, NULL),
			 RAFT_OK);
	assert_int_equal(raft_snapshot_oldest(rig.raft), LAST + 1);
	rig_stop(&rig);
}

static void
a_leader_that_stops_sends_no_snapshot_any_more(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	rig_heartbeat(&rig, 2, 3);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "snapshot"), 0);
	assert_int_equal(raft_snapshot_oldest(rig.raft), LAST);
	rig_stop(&rig);
}

static void
a_tail_of_the_log_is_kept(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_tail_entries = 4 });
	assert_int_equal(raft_snapshot_taken(rig.raft, 3, SIZE), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 0);
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, TAKEN - 4);
	assert_int_equal(raft_snapshot_oldest(rig.raft), TAKEN);
	/* Entries are enough for one that has what is before the tail. */
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_turn(&rig);
	answer(&rig, false, 0, TAKEN - 4);
	assert_int_equal(rig_sent(&rig, "append", 3)->append.previous.index,
			 TAKEN - 4);
	rig_stop(&rig);
}

static void
a_closed_connection_has_lost_what_was_on_its_way(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	answer(&rig, false, 2 * PART, 0);
	raft_peer_closed(rig.raft, rig_id(3), rig.now);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "snapshot"), 0);
	rig_pass(&rig, T / 10);
	assert_int_equal(part_sent(&rig, 0)->offset, 2 * PART);
	rig_stop(&rig);
}

static void
snapshots_of_the_past_and_future_are_not_taken(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST + 1, SIZE),
			 RAFT_INVALID);
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, 1), RAFT_OK);
	assert_int_equal(raft_snapshot_taken(rig.raft, 2, 1), RAFT_OK);
	assert_int_equal(rig_member(&rig, 3).snapshot_size, SIZE);
	assert_int_equal(raft_snapshot_oldest(rig.raft), TAKEN);
	rig_stop(&rig);
}

static void
impossible_answers_are_dropped(void **state)
{
	struct rig rig;
	struct raft_message message;

	(void)state;
	lead_in_parts(&rig, SIZE);
	message = (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
		.term = 2,
		.snapshot_answer = { .snapshot = ID(TAKEN, 2),
				     .offset = SIZE + 1,
				     .gap = true,
				     .sequence = newest(&rig)->sequence },
	};
	assert_int_equal(rig_give(&rig, 3, message), RAFT_OK);
	message.snapshot_answer.offset = PART;
	message.snapshot_answer.snapshot.term = 1;
	assert_int_equal(rig_give(&rig, 3, message), RAFT_OK);
	message.snapshot_answer.snapshot = ID(9, 2);
	assert_int_equal(rig_give(&rig, 3, message), RAFT_OK);
	/* To one that is sent none. */
	message.snapshot_answer.sequence = 1;
	assert_int_equal(rig_give(&rig, 2, message), RAFT_OK);
	message.snapshot_answer.sequence = newest(&rig)->sequence;
	message.snapshot_answer.match_index = LAST + 1;
	assert_int_equal(rig_give(&rig, 3, message), RAFT_OK);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_ABSURD_INDEX), 1);
	message.snapshot_answer.sequence += 1;
	assert_int_equal(rig_give(&rig, 3, message), RAFT_OK);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_FUTURE_ECHO), 1);
	assert_int_equal(rig_give(&rig, 5, message), RAFT_OK);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_STRANGER), 1);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	assert_int_equal(rig_member(&rig, 3).snapshot_offset, 0);
	rig_stop(&rig);
}

/* Of whatever verdict: no append was sent that it could answer. The sending goes
 * on, and ends like any other. */
static void
the_answer_to_an_append_is_none_to_a_part(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	for (unsigned verdict = RAFT_APPEND_ACCEPTED;
	     verdict <= RAFT_APPEND_BUSY; verdict++) {
		if (verdict == RAFT_APPEND_STALE_TERM)
			continue;
		(void)rig_give(&rig, 3, (struct raft_message){
			.kind = RAFT_MESSAGE_APPEND_ANSWER,
			.term = 2,
			.append_answer = {
				.verdict = (enum raft_append_verdict)verdict,
				.conflict = ID(LAST, 0),
				.sequence = rig.sent[0].snapshot.sequence,
			},
		});
		rig_turn(&rig);
		assert_int_equal(rig_member(&rig, 3).state,
				 RAFT_PROGRESS_SNAPSHOT);
		assert_int_equal(rig_member(&rig, 3).heard_at, 0);
	}
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_FUTURE_ECHO), 4);
	answer(&rig, false, 60, 0);
	assert_int_equal(rig_member(&rig, 3).snapshot_offset, 60);
	answer(&rig, false, SIZE, TAKEN);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_PROBE);
	rig_stop(&rig);
}

/* An append that was sent before may still be answered. */
static void
a_late_answer_to_an_append_counts_beside_the_parts(void **state)
{
	struct rig rig;
	struct raft_append append;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_part_bytes = PART });
	append = rig_sent(&rig, "append", 3)->append;
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	rig_turn(&rig);
	(void)rig_give(&rig, 3,
		       (struct raft_message){
			   .kind = RAFT_MESSAGE_APPEND_ANSWER,
			   .term = 2,
			   .append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
					      .match_index = 1,
					      .sent_at = append.sent_at,
					      .sequence = append.sequence },
		       });
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	assert_int_equal(rig_member(&rig, 3).match_index, 1);
	assert_int_equal(rig_member(&rig, 3).heard_at, append.sent_at);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_FUTURE_ECHO), 0);
	rig_stop(&rig);
}

static void
answer_damaged(struct rig *rig)
{
	const struct raft_snapshot_message *snapshot = newest(rig);

	assert_non_null(snapshot);
	assert_int_equal(
	    rig_give(rig, 3,
		     (struct raft_message){
			 .kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
			 .term = rig_status(rig).term,
			 .snapshot_answer = { .snapshot = snapshot->snapshot,
					      .gap = true,
					      .damaged = true,
					      .sent_at = snapshot->sent_at,
					      .sequence = snapshot->sequence },
		     }),
	    RAFT_OK);
	rig_turn(rig);
}

/** Heartbeats until one has bytes; each of them is sent. */
static int
heartbeats_until_part(struct rig *rig)
{
	int count = 0;

	do {
		assert_in_range(++count, 1, 200);
		rig_forget(rig);
		rig_pass(rig, T / 10);
		assert_non_null(newest(rig));
	} while (newest(rig)->content->part.length == 0);
	return count;
}

/* It was sent as often as the network could carry it, for ever. */
static void
what_a_peer_finds_damaged_is_sent_again_after_longer_and_longer_pauses(
    void **state)
{
	static const int pauses[] = { 2, 4, 8, 16, 32, 64, 64 };
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		rig.event_count = 0;
		rig.verify = ID(0, 0);
		answer_damaged(&rig);
		assert_int_equal(rig_events(&rig, RAFT_EVENT_SNAPSHOT_REFUSED),
				 1);
		assert_int_equal(rig.verify.index, TAKEN);
		assert_int_equal(rig.verify.term, 2);
		/* An answer to what was on its way says nothing new. */
		answer_earlier(&rig, 1, true, 0, 0);
		assert_int_equal(heartbeats_until_part(&rig), pauses[i]);
		assert_int_equal(part_sent(&rig, 0)->offset, 0);
	}
	rig_stop(&rig);
}

static void
who_loses_what_it_had_stored_is_not_pressed(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	answer(&rig, false, 4 * PART, 0);
	answer(&rig, true, 0, 0);
	assert_int_equal(rig.verify.index, 0);
	assert_int_equal(heartbeats_until_part(&rig), 2);
	rig_stop(&rig);
}

static void
a_damaged_snapshot_is_sent_to_nobody(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, SIZE);
	raft_snapshot_damaged(rig.raft, ID(TAKEN - 1, 2), rig.now);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_SNAPSHOT);
	rig_forget(&rig);
	raft_snapshot_damaged(rig.raft, ID(TAKEN, 2), rig.now);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_STRANDED);
	rig_turn(&rig);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_SNAPSHOT_DAMAGED), 1);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "snapshot"), 0);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, LAST);
	rig_stop(&rig);
}

/* Nothing newer may ever be committed, if those who need it are a majority. */
static void
a_damaged_snapshot_may_be_written_anew(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_part_bytes = PART });
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(newest(&rig)->writing, 0);
	raft_snapshot_damaged(rig.raft, ID(LAST, 2), rig.now);
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	rig_forget(&rig);
	rig_turn(&rig);
	assert_int_equal(newest(&rig)->snapshot.index, LAST);
	assert_int_equal(newest(&rig)->writing, 1);
	assert_int_equal(rig.sent[0].snapshot.offset, 0);
	rig_stop(&rig);
}

static void
a_spare_snapshot_takes_the_place_of_a_damaged_one(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_part_bytes = PART,
					  .snapshot_spare = true });
	assert_int_equal(raft_snapshot_taken(rig.raft, 4, 2 * SIZE), RAFT_OK);
	/* There may be one before it. */
	assert_int_equal(raft_snapshot_oldest(rig.raft), 0);
	assert_int_equal(rig_status(&rig).snapshot.index, 0);
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 4);
	assert_int_equal(rig_status(&rig).snapshot.index, 4);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, TAKEN);
	raft_snapshot_damaged(rig.raft, ID(TAKEN, 2), rig.now);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, 4);
	assert_int_equal(rig_member(&rig, 3).snapshot_size, 2 * SIZE);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 4);
	/* It has become the newest, and is the next one's spare. */
	assert_int_equal(raft_snapshot_taken(rig.raft, LAST, SIZE), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 4);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 4);
	/* A spare one that is damaged is none any more. */
	raft_snapshot_damaged(rig.raft, ID(4, 2), rig.now);
	assert_int_equal(rig_member(&rig, 3).snapshot_index, LAST);
	raft_snapshot_damaged(rig.raft, ID(LAST, 2), rig.now);
	assert_int_equal(rig_member(&rig, 3).state, RAFT_PROGRESS_STRANDED);
	rig_stop(&rig);
}

static void
the_log_reaches_back_to_the_spare_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, &(struct rig_options){ .snapshot_tail_entries = 9,
					  .snapshot_spare = true });
	assert_int_equal(raft_snapshot_taken(rig.raft, 4, SIZE), RAFT_OK);
	assert_int_equal(raft_snapshot_taken(rig.raft, TAKEN, SIZE), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, TAKEN - 9);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 4);
	rig_stop(&rig);
}

static void
a_snapshot_of_no_bytes_is_one_message(void **state)
{
	struct rig rig;

	(void)state;
	lead_in_parts(&rig, 0);
	assert_int_equal(rig_count(&rig, "snapshot"), 1);
	assert_non_null(rig.contents[0].configuration);
	answer(&rig, false, 0, TAKEN);
	assert_non_null(rig_sent(&rig, "append", 3));
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_needs_what_was_dropped_gets_the_snapshot),
		cmocka_unit_test(parts_go_only_so_far_ahead_of_what_is_stored),
		cmocka_unit_test(
		    the_leader_goes_back_to_the_part_that_is_wanted),
		cmocka_unit_test(what_the_peer_has_already_is_not_sent_again),
		cmocka_unit_test(
		    the_first_part_has_the_configuration_beside_it),
		cmocka_unit_test(heartbeats_go_on_while_no_part_may),
		cmocka_unit_test(an_answered_part_is_contact_and_confirms_reads),
		cmocka_unit_test(a_newer_snapshot_does_not_end_the_sending_of_an_older_one),
		cmocka_unit_test(who_is_behind_the_log_gets_the_snapshot),
		cmocka_unit_test(
		    who_turns_out_to_have_the_entries_gets_no_newer_snapshot),
		cmocka_unit_test(a_peer_that_loaded_an_older_snapshot_is_sent_the_next),
		cmocka_unit_test(what_cannot_be_read_strands_the_peer_until_it_answers),
		cmocka_unit_test(reads_do_not_hasten_a_snapshot),
		cmocka_unit_test(
		    reads_do_not_hasten_the_next_try_of_a_snapshot),
		cmocka_unit_test(
		    a_build_without_snapshots_is_asked_again_now_and_then),
		cmocka_unit_test(a_snapshot_that_is_not_for_others_strands),
		cmocka_unit_test(
		    without_memory_the_peer_waits_for_the_snapshot),
		cmocka_unit_test(
		    the_configuration_sent_is_that_of_the_snapshot),
		cmocka_unit_test(
		    a_leader_that_stops_sends_no_snapshot_any_more),
		cmocka_unit_test(a_tail_of_the_log_is_kept),
		cmocka_unit_test(
		    a_closed_connection_has_lost_what_was_on_its_way),
		cmocka_unit_test(
		    snapshots_of_the_past_and_future_are_not_taken),
		cmocka_unit_test(impossible_answers_are_dropped),
		cmocka_unit_test(the_answer_to_an_append_is_none_to_a_part),
		cmocka_unit_test(
		    a_late_answer_to_an_append_counts_beside_the_parts),
		cmocka_unit_test(
		    what_a_peer_finds_damaged_is_sent_again_after_longer_and_longer_pauses),
		cmocka_unit_test(who_loses_what_it_had_stored_is_not_pressed),
		cmocka_unit_test(a_damaged_snapshot_is_sent_to_nobody),
		cmocka_unit_test(a_damaged_snapshot_may_be_written_anew),
		cmocka_unit_test(
		    a_spare_snapshot_takes_the_place_of_a_damaged_one),
		cmocka_unit_test(the_log_reaches_back_to_the_spare_snapshot),
		cmocka_unit_test(a_snapshot_of_no_bytes_is_one_message),
	};

	return rig_run(tests);
}

/*
 * Snapshots, the follower's side (thesis chapter 5).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

#define SIZE 125

static const char bytes[SIZE + 1] =
    "Whoever was asleep when the others voted is told in one piece what they "
    "have agreed on since, and need not read every letter";

/** A part of the snapshot at `index`, of that term. */
static void
send_part(struct rig *rig, uint64_t from, struct raft_entry_id snapshot,
	  uint64_t offset, size_t length)
{
	static uint64_t sequence = 5000;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.part = { .data = bytes + offset, .length = length },
	};

	if (offset == 0) {
		content.configuration = configuration.bytes;
		content.configuration_length = configuration.length;
		content.configuration_index = 1;
	}
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = {
			.snapshot = snapshot,
			.size = SIZE,
			.offset = offset,
			.sent_at = 5,
			.sequence = ++sequence,
			.content = &content,
		},
	});
	rig_turn(rig);
}

static const struct raft_snapshot_answer *
answered(const struct rig *rig)
{
	const struct raft_message *message =
	    rig_sent(rig, "snapshot-answer", 2);

	assert_non_null(message);
	return &message->snapshot_answer;
}

#define THE_SNAPSHOT ID(20, 2)

/** Entries 2 to 6, of which 3 are committed and applied, and in term 3. */
static void
follow(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_append(rig, 3, 2, ID(1, 1), TERMS(2, 2, 2, 2, 2), 5, 3);
	rig_settle(rig);
	raft_applied(rig->raft, 3);
	rig_append(rig, 2, 3, ID(50, 3), NULL, 0, 0);
	rig_settle(rig);
	assert_int_equal(rig->applied, 3);
	rig_forget(rig);
}

static void
store(struct rig *rig, struct raft_entry_id snapshot, uint64_t end)
{
	raft_snapshot_saved(rig->raft, snapshot, end, rig->now);
	rig_turn(rig);
}

static void
receive_all(struct rig *rig)
{
	send_part(rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	store(rig, THE_SNAPSHOT, SIZE);
}

static void
a_snapshot_replaces_the_log_once_all_of_it_is_stored(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	assert_false(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	store(&rig, THE_SNAPSHOT, 60);
	assert_int_equal(answered(&rig)->offset, 60);
	assert_int_equal(answered(&rig)->match_index, 0);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	assert_int_equal(rig.parts, 2);
	assert_memory_equal(rig.snapshot, bytes, SIZE);
	assert_int_equal(rig.saves, 0);
	assert_int_equal(rig_status(&rig).last.index, 6);
	store(&rig, THE_SNAPSHOT, SIZE);
	/* The log is told to forget all, and nothing is said before it has. */
	assert_int_equal(rig.saves, 1);
	assert_int_equal(rig.reset.last.index, 20);
	assert_int_equal(rig.reset.last.term, 2);
	assert_int_equal(rig.reset.configuration_index, 1);
	assert_memory_equal(rig.reset.configuration, rig_configuration(3).bytes,
			    rig_configuration(3).length);
	assert_int_equal(answered(&rig)->match_index, 3);
	assert_int_equal(rig.installed.index, 0);
	rig_save(&rig);
	assert_int_equal(answered(&rig)->match_index, 20);
	assert_int_equal(rig_event(&rig, RAFT_EVENT_SNAPSHOT_INSTALLED)->peer,
			 rig_id(2));
	assert_int_equal(rig.installed.index, 20);
	assert_int_equal(rig_status(&rig).applied_index, 3);
	raft_applied(rig.raft, 20);
	assert_int_equal(rig_status(&rig).snapshot.index, 20);
	assert_int_equal(rig_status(&rig).commit_index, 20);
	assert_int_equal(rig_status(&rig).configuration_index, 1);
	/* Which was in force, and told, before. */
	assert_null(rig_event(&rig, RAFT_EVENT_CONFIGURATION));
	assert_null(rig_event(&rig, RAFT_EVENT_CONFIGURATION_COMMITTED));
	/* And life goes on behind it. */
	rig_append(&rig, 2, 3, ID(20, 2), TERMS(3, 3), 2, 22);
	rig_settle(&rig);
	assert_int_equal(rig.applied, 22);
	rig_stop(&rig);
}

/* Its own snapshots are all that a crash finds until the log begins anew. */
static void
what_the_state_machine_has_is_kept_until_it_loads_the_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	assert_int_equal(raft_snapshot_taken(rig.raft, 2, SIZE), RAFT_OK);
	receive_all(&rig);
	assert_int_equal(rig.reset.last.index, 20);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 2);
	/* One that was under way when the leader's was complete. */
	assert_int_equal(raft_snapshot_taken(rig.raft, 3, SIZE), RAFT_OK);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 2);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 20);
	rig_stop(&rig);
}

/* What a member has applied ahead of its disk is no promise, and nothing is applied
 * before the snapshot is loaded. */
static void
what_was_applied_ahead_of_the_disk_is_not_said_to_be_durable(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .ahead_of_disk = true });
	rig_append(&rig, 2, 3, ID(1, 1), NULL, 0, 0);
	rig_settle(&rig);
	rig_append(&rig, 2, 3, ID(1, 1), TERMS(2, 2, 2, 2, 2), 5, 5);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 5);
	raft_applied(rig.raft, 5);
	receive_all(&rig);
	assert_int_equal(rig.reset.last.index, 20);
	assert_int_equal(answered(&rig)->match_index, 1);
	assert_int_equal(rig.applied, 5);
	rig_append(&rig, 2, 3, ID(20, 2), TERMS(3, 3), 2, 22);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 1);
	assert_int_equal(rig.installed.index, 0);
	assert_int_equal(rig.applied, 5);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	raft_applied(rig.raft, 20);
	rig_turn(&rig);
	assert_int_equal(rig.applied, 22);
	rig_stop(&rig);
}

static void
entries_may_follow_before_the_log_has_begun_anew(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	raft_snapshot_saved(rig.raft, THE_SNAPSHOT, SIZE, rig.now);
	rig_append(&rig, 2, 3, ID(20, 2), TERMS(3, 3), 2, 21);
	rig_turn(&rig);
	assert_int_equal(rig.saves, 1);
	assert_int_equal(rig.reset.last.index, 20);
	assert_int_equal(rig.save.entry_count, 2);
	assert_int_equal(rig.saved[0].index, 21);
	assert_int_equal(rig.save.truncate_from, 0);
	assert_int_equal(rig.applied, 3);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	assert_int_equal(rig.applied, 21);
	rig_stop(&rig);
}

/* What the log was not given yet, it need not be given any more. */
static void
what_waits_to_be_written_goes_with_the_old_log(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	rig_append(&rig, 2, 3, ID(4, 2), TERMS(3), 1, 3);
	raft_snapshot_saved(rig.raft, THE_SNAPSHOT, SIZE, rig.now);
	rig_settle(&rig);
	assert_int_equal(rig.save.truncate_from, 0);
	assert_int_equal(rig.save.entry_count, 0);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

static void
a_snapshot_that_entries_have_overtaken_is_dropped(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, ID(8, 3), 0, 60);
	send_part(&rig, 2, ID(8, 3), 60, SIZE - 60);
	rig_append(&rig, 2, 3, ID(6, 2), TERMS(3, 3, 3), 3, 8);
	rig_settle(&rig);
	store(&rig, ID(8, 3), SIZE);
	assert_int_equal(rig_status(&rig).last.index, 9);
	assert_int_equal(rig_status(&rig).snapshot.index, 0);
	assert_int_equal(rig.installed.index, 0);
	rig_stop(&rig);
}

/* The leader may have counted them already, though it has not said so yet. */
static void
entries_that_were_accepted_meanwhile_stay(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, ID(8, 3), 0, 60);
	send_part(&rig, 2, ID(8, 3), 60, SIZE - 60);
	rig_append(&rig, 3, 4, ID(6, 2), TERMS(3, 3, 4), 3, 3);
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "append-answer", 3)
				 ->append_answer.match_index, 9);
	store(&rig, ID(8, 3), SIZE);
	assert_int_equal(rig_status(&rig).last.index, 9);
	assert_int_equal(rig_status(&rig).durable_index, 9);
	assert_int_equal(rig_status(&rig).snapshot.index, 0);
	rig_stop(&rig);
}

/* Its echo is of another term: it would count for what was never answered. */
static void
what_is_stored_in_a_later_term_is_no_answer(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	rig_vote(&rig, 3, 4, ID(1, 1));
	rig_settle(&rig);
	rig_forget(&rig);
	store(&rig, THE_SNAPSHOT, 60);
	assert_int_equal(rig_count(&rig, "snapshot-answer"), 0);
	store(&rig, THE_SNAPSHOT, SIZE);
	rig_settle(&rig);
	assert_int_equal(rig.installed.index, 20);
	assert_int_equal(rig_count(&rig, "snapshot-answer"), 0);
	rig_stop(&rig);
}

struct counted {
	struct raft_block block;
	bool released;
};

static void
note_release(struct raft_block *block)
{
	((struct counted *)(void *)block)->released = true;
}

static void
a_parts_bytes_are_held_until_they_can_be_stored(void **state)
{
	struct counted counted = { { 1, note_release }, false };
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60, .owner = &counted.block },
	};
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .sequence = 10000, .content = &content },
	};
	struct raft_duties duties;
	struct rig rig;

	(void)state;
	follow(&rig);
	assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
	raft_payload_release(&content.part);
	assert_true(raft_duties(rig.raft, &duties));
	assert_int_equal(duties.part_count, 1);
	assert_false(counted.released);
	rig_turn(&rig);
	assert_true(counted.released);
	/* Of two whose answers are not out yet, the newer one counts. */
	content.part.length = 0;
	content.configuration = NULL;
	part.snapshot.offset = 60;
	part.snapshot.sequence = 10009;
	assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
	part.snapshot.sequence = 10008;
	assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(answered(&rig)->sequence, 10009);
	rig_stop(&rig);
}

static void
writes_under_way_say_nothing_of_the_new_log(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	rig_append(&rig, 2, 3, ID(4, 2), TERMS(3), 1, 3);
	rig_turn(&rig);
	rig_append(&rig, 2, 3, ID(5, 3), TERMS(3), 1, 3);
	rig_turn(&rig);
	assert_int_equal(rig.saves, 2);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	store(&rig, THE_SNAPSHOT, SIZE);
	assert_int_equal(rig.saves, 3);
	raft_saved(rig.raft, rig.save.token - 1, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 3);
	assert_int_equal(rig.installed.index, 0);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 20);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

static void
parts_are_taken_in_order(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	/* None is known yet. */
	send_part(&rig, 2, THE_SNAPSHOT, 60, 10);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	store(&rig, THE_SNAPSHOT, 60);
	/* One is missing; the heartbeat tells the same. */
	send_part(&rig, 2, THE_SNAPSHOT, 70, 10);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 60);
	rig_forget(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 70, 0);
	assert_true(answered(&rig)->gap);
	/* One is there already. */
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 60);
	assert_int_equal(rig.parts, 0);
	/* Nothing is missing. */
	send_part(&rig, 2, THE_SNAPSHOT, 60, 0);
	assert_false(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 60);
	assert_int_equal(rig.parts, 0);
	rig_stop(&rig);
}

/* Hand-made: nobody takes what is owed. */
static void
parts_that_nobody_stores_are_not_gathered(void **state)
{
	struct rig rig;
	struct raft_message part;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 1 },
	};

	(void)state;
	follow(&rig);
	part = (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT,
			      .size = SIZE,
			      .content = &content },
	};
	for (uint64_t i = 0; i < 20; i++) {
		part.snapshot.sequence = 10000 + i;
		part.snapshot.offset = i < 8 ? i : 8;
		assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
		content.configuration = NULL;
	}
	rig_turn(&rig);
	assert_int_equal(rig.parts, 8);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 8);
	rig_stop(&rig);
}

static void
a_log_that_has_the_snapshots_last_entry_keeps_what_follows(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, ID(5, 2), 0, 60);
	assert_int_equal(rig.parts, 0);
	assert_int_equal(answered(&rig)->match_index, 5);
	assert_int_equal(rig_status(&rig).last.index, 6);
	assert_int_equal(rig_status(&rig).commit_index, 5);
	assert_int_equal(rig.applied, 5);
	assert_int_equal(rig.installed.index, 0);
	/* And so does one older than what is committed. */
	send_part(&rig, 2, ID(2, 2), 0, 60);
	assert_int_equal(rig.parts, 0);
	assert_int_equal(answered(&rig)->match_index, 5);
	rig_stop(&rig);
}

static void
what_is_covered_is_committed(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	send_part(&rig, 2, ID(1, 1), 0, 60);
	rig_settle(&rig);
	assert_non_null(rig_event(&rig, RAFT_EVENT_CONFIGURATION_COMMITTED));
	rig_stop(&rig);
}

static void
what_is_covered_is_said_once_it_is_durable(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	rig_append(&rig, 2, 3, ID(6, 2), TERMS(3, 3), 2, 3);
	rig_turn(&rig);
	send_part(&rig, 2, ID(8, 3), 0, 60);
	assert_int_equal(answered(&rig)->match_index, 6);
	rig_forget(&rig);
	rig_save(&rig);
	assert_int_equal(answered(&rig)->match_index, 8);
	rig_stop(&rig);
}

static void
a_snapshot_against_a_committed_entry_stops_the_member(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, ID(3, 3), 0, 60);
	assert_true(rig_status(&rig).stopped);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_CONTRADICTION), 1);
	rig_stop(&rig);
}

static void
another_snapshot_begins_anew(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, ID(30, 3), 60, 60);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	store(&rig, THE_SNAPSHOT, 60);
	send_part(&rig, 2, ID(30, 3), 0, 70);
	assert_int_equal(rig.parts, 2);
	/* What is said of the former one says nothing of this one. */
	store(&rig, THE_SNAPSHOT, 60);
	assert_int_equal(answered(&rig)->offset, 0);
	store(&rig, ID(30, 3), 70);
	assert_int_equal(answered(&rig)->offset, 70);
	store(&rig, ID(30, 3), 80);
	assert_int_equal(answered(&rig)->offset, 70);
	rig_stop(&rig);
}

static const struct raft_snapshot_answer *
give_first_part_of_term(struct rig *rig, uint64_t from, uint64_t term,
			uint64_t sequence)
{
	struct raft_stored_configuration configuration = rig_configuration(3);

	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = term,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .sequence = sequence,
			      .content = &(struct raft_snapshot_content){
				  .configuration = configuration.bytes,
				  .configuration_length = configuration.length,
				  .configuration_index = 1,
				  .part = { bytes, 60, NULL } } },
	});
	rig_turn(rig);
	return &rig_sent(rig, "snapshot-answer", from)->snapshot_answer;
}

static const struct raft_snapshot_answer *
give_first_part(struct rig *rig, uint64_t from, uint64_t sequence)
{
	return give_first_part_of_term(rig, from, 4, sequence);
}

/* The word that the former's part is stored would be taken for the latter's. */
static void
another_leaders_snapshot_waits_until_the_formers_parts_are_stored(void **state)
{
	const struct raft_snapshot_answer *answer;
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	rig_append(&rig, 3, 4, ID(50, 4), NULL, 0, 0);
	rig_settle(&rig);
	assert_true(give_first_part(&rig, 3, 10000)->gap);
	assert_int_equal(rig.parts, 1);
	store(&rig, THE_SNAPSHOT, 60);
	answer = give_first_part(&rig, 3, 10001);
	assert_int_equal(rig.parts, 2);
	assert_false(answer->gap);
	assert_int_equal(answer->offset, 0);
	store(&rig, THE_SNAPSHOT, 60);
	answer = &rig_sent(&rig, "snapshot-answer", 3)->snapshot_answer;
	assert_int_equal(answer->offset, 60);
	rig_stop(&rig);
}

/* Whatever became of it: the driver may still be writing. */
static void
a_part_of_what_is_not_received_any_more_is_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	/* Elected, and no leader any more: it forgets what it was sent. */
	rig_time_out(&rig);
	rig_save(&rig);
	rig_grant(&rig, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_settle(&rig);
	rig_append(&rig, 3, 9, ID(50, 9), NULL, 0, 0);
	rig_settle(&rig);
	assert_true(give_first_part_of_term(&rig, 3, 9, 10000)->gap);
	assert_int_equal(rig.parts, 1);
	raft_snapshot_saved(rig.raft, THE_SNAPSHOT, 60, rig.now);
	assert_false(give_first_part_of_term(&rig, 3, 9, 10001)->gap);
	assert_int_equal(rig.parts, 2);
	rig_stop(&rig);
}

/* Two servers need not write the same state down in the same bytes, nor one
 * that lost it, twice. */
static void
a_snapshot_is_one_servers_and_of_one_size(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	rig_append(&rig, 3, 4, ID(50, 4), NULL, 0, 0);
	rig_settle(&rig);
	(void)rig_give(&rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 4,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .offset = 60, .sequence = 10000,
			      .content = &(struct raft_snapshot_content){
				  .part = { bytes, 10, NULL } } },
	});
	rig_turn(&rig);
	assert_int_equal(rig.parts, 1);
	/* It is asked for its own first part. */
	assert_true(rig_sent(&rig, "snapshot-answer", 3)->snapshot_answer.gap);
	assert_int_equal(
	    rig_sent(&rig, "snapshot-answer", 3)->snapshot_answer.offset, 0);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 5,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE + 1,
			      .offset = 60, .sequence = 10000,
			      .content = &(struct raft_snapshot_content){
				  .part = { bytes, 10, NULL } } },
	});
	rig_forget(&rig);
	rig_settle(&rig);
	assert_int_equal(rig.parts, 0);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	rig_stop(&rig);
}

/* A server that was restarted may have written its state down anew: as many
 * bytes, but others. It leads in another term than before. */
static void
a_snapshot_is_of_one_term(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = { .part = { bytes, 10, NULL } };
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 4,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .offset = 60, .sequence = 1,
			      .content = &content },
	};
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	store(&rig, THE_SNAPSHOT, 60);
	rig_forget(&rig);
	(void)rig_give(&rig, 2, part);
	rig_settle(&rig);
	assert_int_equal(rig.parts, 0);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	part.snapshot.offset = 0;
	part.snapshot.sequence = 2;
	content.configuration = configuration.bytes;
	content.configuration_length = configuration.length;
	content.configuration_index = 1;
	(void)rig_give(&rig, 2, part);
	rig_turn(&rig);
	assert_int_equal(rig.parts, 1);
	assert_false(answered(&rig)->gap);
	store(&rig, THE_SNAPSHOT, 10);
	assert_int_equal(answered(&rig)->offset, 10);
	rig_stop(&rig);
}

/* A first part that was overtaken by its successor's does not undo it. */
static void
a_first_part_that_comes_late_begins_nothing(void **state)
{
	struct rig rig;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60 },
	};

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	store(&rig, THE_SNAPSHOT, 60);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = ID(19, 2), .size = SIZE,
			      .sequence = 1, .content = &content },
	});
	rig_turn(&rig);
	assert_int_equal(rig.parts, 1);
	send_part(&rig, 2, THE_SNAPSHOT, 60, 10);
	assert_int_equal(rig.parts, 2);
	rig_stop(&rig);
}

static void
a_first_part_that_others_overtook_begins_the_snapshot(void **state)
{
	struct rig rig;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60 },
	};

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 60, 10);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .sequence = 1, .content = &content },
	});
	rig_turn(&rig);
	assert_int_equal(rig.parts, 1);
	rig_stop(&rig);
}

static void
the_next_snapshot_waits_until_this_one_is_loaded(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	receive_all(&rig);
	assert_int_equal(rig.parts, 2);
	send_part(&rig, 2, ID(30, 3), 0, 60);
	assert_int_equal(rig.parts, 2);
	/* A gap would have the leader send it again at once. */
	assert_false(answered(&rig)->gap);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	/* A machine that is busy loads it later, from what was stored. */
	send_part(&rig, 2, ID(30, 3), 0, 60);
	assert_int_equal(rig.parts, 2);
	assert_false(answered(&rig)->gap);
	raft_applied(rig.raft, 20);
	send_part(&rig, 2, ID(30, 3), 0, 60);
	assert_int_equal(rig.parts, 3);
	rig_stop(&rig);
}

static void
who_campaigns_meanwhile_takes_the_snapshot_when_it_follows(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	rig_time_out(&rig);
	rig_save(&rig);
	store(&rig, THE_SNAPSHOT, SIZE);
	assert_int_equal(rig_status(&rig).last.index, 6);
	rig_heartbeat(&rig, 2, 5);
	rig_settle(&rig);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 5,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .offset = SIZE, .sequence = 9,
			      .content = &(struct raft_snapshot_content){ 0 } },
	});
	rig_settle(&rig);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

/** Two servers' snapshots of one entry need not have the same bytes. */
static void
the_next_leader_is_asked_for_its_first_part(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	store(&rig, THE_SNAPSHOT, 60);
	(void)rig_give(&rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 4,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .offset = 60, .sequence = 9,
			      .content = &(struct raft_snapshot_content){ 0 } },
	});
	rig_settle(&rig);
	assert_true(rig_sent(&rig, "snapshot-answer", 3)->snapshot_answer.gap);
	assert_int_equal(
	    rig_sent(&rig, "snapshot-answer", 3)->snapshot_answer.offset, 0);
	rig_stop(&rig);
}

static void
who_is_elected_forgets_what_it_was_sent(void **state)
{
	struct rig rig;
	long blocks;

	(void)state;
	follow(&rig);
	blocks = rig.allocated_blocks;
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	assert_true(rig.allocated_blocks > blocks + 1);
	rig_lead(&rig);
	store(&rig, THE_SNAPSHOT, 60);
	assert_int_equal(rig.allocated_blocks, blocks + 1);
	assert_int_equal(rig_status(&rig).last.index, 7);
	rig_stop(&rig);
}

static void
an_installed_snapshot_can_be_sent_on(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	receive_all(&rig);
	rig_save(&rig);
	raft_applied(rig.raft, 20);
	rig_lead(&rig);
	rig_forget(&rig);
	(void)rig_give(&rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = rig_status(&rig).term,
		.append_answer = { .verdict = RAFT_APPEND_MISMATCH,
				   .conflict = ID(5, 0),
				   .sequence = 1 },
	});
	rig_turn(&rig);
	assert_non_null(rig_sent(&rig, "snapshot", 3));
	assert_int_equal(rig_sent(&rig, "snapshot", 3)->snapshot.snapshot.index,
			 20);
	assert_int_equal(rig_sent(&rig, "snapshot", 3)->snapshot.size, SIZE);
	rig_stop(&rig);
}

static void
a_server_without_a_log_takes_a_snapshot(void **state)
{
	static const struct raft_stored empty;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).term, 3);
	assert_false(answered(&rig)->gap);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	store(&rig, THE_SNAPSHOT, SIZE);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_VOTER);
	rig_stop(&rig);
}

/** Its leader may die before it says another word. */
static void
who_becomes_a_voter_by_a_snapshot_campaigns_in_time(void **state)
{
	static const struct raft_stored empty;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	rig_settle(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	store(&rig, THE_SNAPSHOT, SIZE);
	rig_save(&rig);
	assert_true(raft_deadline(rig.raft) >= rig.now + T);
	assert_true(raft_deadline(rig.raft) < rig.now + 2 * T);
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

static void
without_memory_no_snapshot_is_begun_and_nothing_lost(void **state)
{
	struct rig rig;
	long blocks;

	(void)state;
	follow(&rig);
	blocks = rig.allocated_blocks;
	for (long left = 0; left < 3; left++) {
		rig.allocations_left = left;
		send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
		rig.allocations_left = -1;
		assert_int_equal(rig.parts, 0);
		assert_true(answered(&rig)->gap);
		assert_int_equal(answered(&rig)->offset, 0);
	}
	/* But for the room for parts. */
	assert_int_equal(rig.allocated_blocks, blocks + 1);
	receive_all(&rig);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

static void
an_empty_snapshot_is_one_empty_part(void **state)
{
	struct rig rig;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
	};
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT, .sequence = 10000,
			      .content = &content },
	};

	(void)state;
	follow(&rig);
	assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig.parts, 1);
	assert_int_equal(rig.installed.index, 0);
	store(&rig, THE_SNAPSHOT, 0);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

/* As a leader sends it that may send no part just then. */
static void
a_heartbeat_is_no_part(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 0);
	assert_false(answered(&rig)->gap);
	assert_int_equal(rig.parts, 0);
	receive_all(&rig);
	assert_int_equal(rig.parts, 2);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

static void
a_part_that_could_not_be_stored_begins_it_again(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	raft_snapshot_failed(rig.raft, ID(20, 3), rig.now);
	send_part(&rig, 2, THE_SNAPSHOT, 60, 0);
	assert_false(answered(&rig)->gap);
	raft_snapshot_failed(rig.raft, THE_SNAPSHOT, rig.now);
	send_part(&rig, 2, THE_SNAPSHOT, 60, 0);
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	receive_all(&rig);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	rig_stop(&rig);
}

/** What was taken and not yet handed out goes with the rest: it would be a part
 *  without those before it. */
static void
no_part_follows_one_that_could_not_be_stored(void **state)
{
	struct counted counted = { { 1, note_release }, false };
	struct raft_snapshot_content content = {
		.part = { .data = bytes + 60, .length = 1,
			  .owner = &counted.block },
	};
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .offset = 60, .sequence = 10000,
			      .content = &content },
	};
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	assert_int_equal(rig.parts, 1);
	assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
	raft_payload_release(&content.part);
	raft_snapshot_failed(rig.raft, THE_SNAPSHOT, rig.now);
	assert_true(counted.released);
	rig_turn(&rig);
	assert_int_equal(rig.parts, 1);
	rig_stop(&rig);
}

/* Its leader would send it for ever. */
static void
a_damaged_snapshot_is_told_to_its_leader(void **state)
{
	struct rig rig;
	uint64_t sequence;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, SIZE - 60);
	sequence = answered(&rig)->sequence;
	rig_forget(&rig);
	raft_snapshot_damaged(rig.raft, ID(20, 3), rig.now);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	raft_snapshot_damaged(rig.raft, THE_SNAPSHOT, rig.now);
	rig_turn(&rig);
	assert_true(answered(&rig)->damaged);
	/* For a build that does not know of damage. */
	assert_true(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	assert_int_equal(answered(&rig)->sequence, sequence);
	/* Once, and the next attempt may bring it. */
	send_part(&rig, 2, THE_SNAPSHOT, 60, 0);
	assert_true(answered(&rig)->gap);
	assert_false(answered(&rig)->damaged);
	receive_all(&rig);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 20);
	assert_false(answered(&rig)->damaged);
	rig_stop(&rig);
}

/* S16: of the same entry, by the same leader, and as large. */
static void
another_writing_of_a_snapshot_begins_anew(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60 },
	};
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT,
			      .size = SIZE,
			      .sequence = 10000,
			      .writing = 1,
			      .content = &content },
	};
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	send_part(&rig, 2, THE_SNAPSHOT, 60, 10);
	store(&rig, THE_SNAPSHOT, 70);
	assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.parts, 3);
	assert_false(answered(&rig)->gap);
	assert_int_equal(answered(&rig)->offset, 0);
	/* What comes late of the first is none of its parts. */
	send_part(&rig, 2, THE_SNAPSHOT, 60, 10);
	assert_int_equal(rig.parts, 3);
	rig_stop(&rig);
}

/* A part that comes before the answer is out does not hide it; one of another
 * snapshot does. */
static void
damage_is_told_even_if_the_leader_begins_again(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60 },
	};
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT,
			      .size = SIZE,
			      .sequence = 10000,
			      .content = &content },
	};
	struct rig rig;

	(void)state;
	for (uint64_t index = 20; index <= 21; index++) {
		follow(&rig);
		send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
		raft_snapshot_damaged(rig.raft, THE_SNAPSHOT, rig.now);
		part.snapshot.snapshot.index = index;
		assert_int_equal(rig_give(&rig, 2, part), RAFT_OK);
		rig_turn(&rig);
		assert_int_equal(answered(&rig)->sequence, 10000);
		assert_int_equal(answered(&rig)->damaged, index == 20);
		assert_int_equal(answered(&rig)->gap, index == 20);
		rig_stop(&rig);
	}
}

/* It stayed for ever: it voted, and applied nothing. */
static void
a_snapshot_that_cannot_be_installed_stops_the_member(void **state)
{
	struct rig rig;

	(void)state;
	for (int damaged = 0; damaged < 2; damaged++) {
		follow(&rig);
		receive_all(&rig);
		rig_save(&rig);
		assert_int_equal(rig.installed.index, 20);
		rig_forget(&rig);
		if (damaged)
			raft_snapshot_damaged(rig.raft, THE_SNAPSHOT, rig.now);
		else
			raft_snapshot_failed(rig.raft, THE_SNAPSHOT, rig.now);
		rig_turn(&rig);
		assert_true(rig_status(&rig).stopped);
		assert_int_equal(rig.events[rig.event_count - 1].kind,
				 RAFT_EVENT_STOPPED);
		assert_int_equal(rig.events[rig.event_count - 1].reason,
				 RAFT_REASON_SNAPSHOT_LOST);
		assert_int_equal(rig.events[rig.event_count - 1].index, 20);
		rig_forget(&rig);
		rig_vote(&rig, 3, 9, ID(50, 8));
		rig_turn(&rig);
		assert_int_equal(rig.sent_count, 0);
		rig_stop(&rig);
	}
}

static void
a_snapshot_that_was_loaded_may_be_lost(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	receive_all(&rig);
	rig_save(&rig);
	raft_applied(rig.raft, 20);
	raft_snapshot_failed(rig.raft, THE_SNAPSHOT, rig.now);
	assert_false(rig_status(&rig).stopped);
	raft_snapshot_damaged(rig.raft, THE_SNAPSHOT, rig.now);
	rig_turn(&rig);
	assert_false(rig_status(&rig).stopped);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_SNAPSHOT_DAMAGED), 1);
	rig_stop(&rig);
}

static void
a_part_of_an_older_term_is_refused(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	rig_append(&rig, 3, 4, ID(50, 4), NULL, 0, 0);
	rig_settle(&rig);
	rig_forget(&rig);
	send_part(&rig, 2, THE_SNAPSHOT, 0, 60);
	assert_int_equal(rig.parts, 0);
	assert_int_equal(
	    rig_sent(&rig, "append-answer", 2)->append_answer.verdict,
	    RAFT_APPEND_STALE_TERM);
	rig_stop(&rig);
}

static void
a_second_leader_of_a_term_sends_no_snapshot(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	send_part(&rig, 3, THE_SNAPSHOT, 0, 60);
	assert_int_equal(rig.parts, 0);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_RIVAL_LEADER), 1);
	rig_lead(&rig);
	send_part(&rig, 3, THE_SNAPSHOT, 0, 60);
	rig_stop(&rig);
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	send_part(&rig, 3, THE_SNAPSHOT, 0, 60);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
nonsense_is_dropped_and_counted(void **state)
{
	struct rig rig;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content, sound = {
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60 },
	};
	struct raft_message bad, good = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .sequence = 10000, .content = &content },
	};

#define REFUSED(change, counter)                                               \
	do {                                                                   \
		uint64_t before = raft_counter(rig.raft, counter);             \
		bad = good;                                                    \
		content = sound;                                               \
		change;                                                        \
		assert_int_equal(rig_give(&rig, 2, bad), RAFT_OK);             \
		rig_turn(&rig);                                                \
		assert_int_equal(raft_counter(rig.raft, counter), before + 1); \
		assert_int_equal(rig.parts, 0);                                \
	} while (0)

	(void)state;
	follow(&rig);
	REFUSED(bad.snapshot.content = NULL, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.sequence = 0, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.snapshot.term = 0, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.snapshot.term = 4, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.snapshot.index = 0, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.snapshot.index = UINT64_MAX,
		RAFT_COUNTER_ABSURD_INDEX);
	REFUSED(bad.snapshot.size = UINT64_MAX, RAFT_COUNTER_ABSURD_INDEX);
	REFUSED(bad.snapshot.size = 59, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.offset = SIZE + 1, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.snapshot.offset = 60, RAFT_COUNTER_MALFORMED);
	REFUSED(content.configuration = NULL, RAFT_COUNTER_MALFORMED);
	REFUSED(content.configuration_index = 0, RAFT_COUNTER_MALFORMED);
	REFUSED(content.configuration_index = 21, RAFT_COUNTER_MALFORMED);
	REFUSED(content.configuration_length--, RAFT_COUNTER_MALFORMED);
	REFUSED(content.part.data = NULL, RAFT_COUNTER_MALFORMED);
	REFUSED((bad.snapshot.size = RAFT_PAYLOAD_BYTES_MAX + 1u,
		 content.part.length = RAFT_PAYLOAD_BYTES_MAX + 1u),
		RAFT_COUNTER_MALFORMED);
	rig_stop(&rig);
}

static void
a_snapshot_whose_configuration_is_not_understood_is_told(void **state)
{
	struct rig rig;
	struct raft_stored_configuration configuration = rig_configuration(3);
	uint8_t copy[512];
	struct raft_snapshot_content content = {
		.configuration = copy,
		.configuration_length = configuration.length,
		.configuration_index = 1,
		.part = { .data = bytes, .length = 60 },
	};

	(void)state;
	follow(&rig);
	memcpy(copy, configuration.bytes, configuration.length);
	copy[0] = 99;
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 3,
		.snapshot = { .snapshot = THE_SNAPSHOT, .size = SIZE,
			      .sequence = 10000, .content = &content },
	});
	rig_turn(&rig);
	assert_non_null(rig_event(&rig, RAFT_EVENT_INCOMPATIBLE));
	assert_int_equal(rig.parts, 0);
	rig_stop(&rig);
}

static void
a_restart_begins_at_what_was_applied(void **state)
{
	static const struct raft_term_run run = { .first_index = 11,
						  .term = 2 };
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_stored stored = {
		.term = 2,
		.snapshot = ID(10, 2),
		.applied_index = 14,
		.runs = &run,
		.run_count = 1,
		.last_index = 16,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	const struct raft_options options = { .self = rig_identity(1) };
	struct raft *refused;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &stored });
	assert_int_equal(rig_status(&rig).applied_index, 14);
	assert_int_equal(rig_status(&rig).commit_index, 14);
	assert_int_equal(raft_snapshot_taken(rig.raft, 14, SIZE), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 14);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 14);
	rig_stop(&rig);
	stored.applied_index = 9;
	assert_int_equal(raft_start(&options, &stored, 1, &refused),
			 RAFT_CORRUPT);
	stored.applied_index = 17;
	assert_int_equal(raft_start(&options, &stored, 1, &refused),
			 RAFT_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_snapshot_replaces_the_log_once_all_of_it_is_stored),
		cmocka_unit_test(
		    what_the_state_machine_has_is_kept_until_it_loads_the_snapshot),
		cmocka_unit_test(
		    what_was_applied_ahead_of_the_disk_is_not_said_to_be_durable),
		cmocka_unit_test(
		    entries_may_follow_before_the_log_has_begun_anew),
		cmocka_unit_test(
		    what_waits_to_be_written_goes_with_the_old_log),
		cmocka_unit_test(
		    a_snapshot_that_entries_have_overtaken_is_dropped),
		cmocka_unit_test(entries_that_were_accepted_meanwhile_stay),
		cmocka_unit_test(what_is_stored_in_a_later_term_is_no_answer),
		cmocka_unit_test(
		    a_parts_bytes_are_held_until_they_can_be_stored),
		cmocka_unit_test(writes_under_way_say_nothing_of_the_new_log),
		cmocka_unit_test(parts_are_taken_in_order),
		cmocka_unit_test(parts_that_nobody_stores_are_not_gathered),
		cmocka_unit_test(
		    a_log_that_has_the_snapshots_last_entry_keeps_what_follows),
		cmocka_unit_test(what_is_covered_is_committed),
		cmocka_unit_test(what_is_covered_is_said_once_it_is_durable),
		cmocka_unit_test(
		    a_snapshot_against_a_committed_entry_stops_the_member),
		cmocka_unit_test(another_snapshot_begins_anew),
		cmocka_unit_test(
		    another_leaders_snapshot_waits_until_the_formers_parts_are_stored),
		cmocka_unit_test(
		    a_part_of_what_is_not_received_any_more_is_waited_for),
		cmocka_unit_test(a_snapshot_is_one_servers_and_of_one_size),
		cmocka_unit_test(a_snapshot_is_of_one_term),
		cmocka_unit_test(a_first_part_that_comes_late_begins_nothing),
		cmocka_unit_test(
		    a_first_part_that_others_overtook_begins_the_snapshot),
		cmocka_unit_test(
		    the_next_snapshot_waits_until_this_one_is_loaded),
		cmocka_unit_test(
		    who_campaigns_meanwhile_takes_the_snapshot_when_it_follows),
		cmocka_unit_test(the_next_leader_is_asked_for_its_first_part),
		cmocka_unit_test(who_is_elected_forgets_what_it_was_sent),
		cmocka_unit_test(an_installed_snapshot_can_be_sent_on),
		cmocka_unit_test(a_server_without_a_log_takes_a_snapshot),
		cmocka_unit_test(
		    who_becomes_a_voter_by_a_snapshot_campaigns_in_time),
		cmocka_unit_test(
		    without_memory_no_snapshot_is_begun_and_nothing_lost),
		cmocka_unit_test(an_empty_snapshot_is_one_empty_part),
		cmocka_unit_test(a_heartbeat_is_no_part),
		cmocka_unit_test(
		    a_part_that_could_not_be_stored_begins_it_again),
		cmocka_unit_test(no_part_follows_one_that_could_not_be_stored),
		cmocka_unit_test(a_damaged_snapshot_is_told_to_its_leader),
		cmocka_unit_test(another_writing_of_a_snapshot_begins_anew),
		cmocka_unit_test(
		    damage_is_told_even_if_the_leader_begins_again),
		cmocka_unit_test(
		    a_snapshot_that_cannot_be_installed_stops_the_member),
		cmocka_unit_test(a_snapshot_that_was_loaded_may_be_lost),
		cmocka_unit_test(a_part_of_an_older_term_is_refused),
		cmocka_unit_test(a_second_leader_of_a_term_sends_no_snapshot),
		cmocka_unit_test(nonsense_is_dropped_and_counted),
		cmocka_unit_test(
		    a_snapshot_whose_configuration_is_not_understood_is_told),
		cmocka_unit_test(a_restart_begins_at_what_was_applied),
	};

	return rig_run(tests);
}

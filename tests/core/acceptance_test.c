/*
 * What a follower does with entries (thesis 3.5), and when it says so.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

static const struct raft_append_answer *
answer_to(const struct rig *rig, uint64_t to)
{
	const struct raft_message *message = rig_sent(rig, "append-answer", to);

	assert_non_null(message);
	return &message->append_answer;
}

/** A follower of member 2 in term 3 with entries of terms 1, 2, 2, 3. */
static void
start_follower(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_append(rig, 2, 3, ID(1, 1), TERMS(2, 2, 3), 3, 0);
	rig_settle(rig);
	rig_forget(rig);
}

static void
an_acceptance_waits_for_the_disk(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 1, ID(1, 1), TERMS(1, 1), 2, 0);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	rig_save(&rig);
	assert_int_equal(answer_to(&rig, 2)->verdict, RAFT_APPEND_ACCEPTED);
	assert_int_equal(answer_to(&rig, 2)->match_index, 3);
	rig_stop(&rig);
}

/* A slow disk does not look like a dead voter. */
static void
a_busy_disk_is_answered_for_at_once(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 1, ID(1, 1), TERMS(1), 1, 0);
	rig_turn(&rig);
	rig_append(&rig, 2, 1, ID(2, 1), TERMS(1), 1, 0);
	rig_turn(&rig);
	assert_int_equal(answer_to(&rig, 2)->match_index, 1);
	rig_forget(&rig);
	rig_heartbeat(&rig, 2, 1);
	rig_turn(&rig);
	assert_int_equal(answer_to(&rig, 2)->match_index, 1);
	rig_save(&rig);
	assert_int_equal(answer_to(&rig, 2)->match_index, 3);
	rig_stop(&rig);
}

/* Hazard S6. */
static void
an_old_shorter_append_drops_nothing(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 2, 3, ID(1, 1), TERMS(2), 1, 0);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 4);
	assert_int_equal(rig.saves, 0);
	rig_stop(&rig);
}

static void
a_conflict_drops_what_follows_it(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 3, 4, ID(1, 1), TERMS(2, 4), 2, 0);
	rig_turn(&rig);
	assert_int_equal(rig.save.truncate_from, 3);
	assert_int_equal(rig.save.entry_count, 1);
	assert_int_equal(rig_status(&rig).last.index, 3);
	rig_save(&rig);
	assert_int_equal(answer_to(&rig, 3)->match_index, 3);
	rig_stop(&rig);
}

static void
a_mismatch_names_the_conflicting_term(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 3, 9, ID(3, 7), TERMS(9), 1, 0);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 3)->verdict, RAFT_APPEND_MISMATCH);
	assert_int_equal(answer_to(&rig, 3)->conflict.index, 2);
	assert_int_equal(answer_to(&rig, 3)->conflict.term, 2);
	rig_forget(&rig);
	rig_append(&rig, 3, 9, ID(30, 7), TERMS(9), 1, 0);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 3)->conflict.index, 5);
	assert_int_equal(answer_to(&rig, 3)->conflict.term, 0);
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_stop(&rig);
}

/* So a leader that has that term's entries knows where they end, and never asks for
 * what was acknowledged again. */
static void
a_mismatch_names_the_term_of_a_run_that_is_committed_in_part(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 3, 5, ID(1, 1), TERMS(2), 1, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_append(&rig, 3, 9, ID(3, 7), TERMS(9), 1, 0);
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 3)->verdict, RAFT_APPEND_MISMATCH);
	assert_int_equal(answer_to(&rig, 3)->conflict.index, 3);
	assert_int_equal(answer_to(&rig, 3)->conflict.term, 2);
	rig_stop(&rig);
}

/* Hazard S5. */
static void
the_commit_goes_no_further_than_what_was_verified(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 3, 5, ID(1, 1), TERMS(2), 1, 99);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_append(&rig, 3, 5, ID(0, 0), NULL, 0, 99);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_stop(&rig);
}

static void
what_is_shown_is_committed_and_durable(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2), 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(rig.applied, 1);
	rig_save(&rig);
	assert_int_equal(rig.applied, 3);
	rig_stop(&rig);
}

static void
an_append_against_the_committed_stops_the_member(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 2, 3, ID(4, 3), NULL, 0, 4);
	rig_settle(&rig);
	rig_append(&rig, 3, 4, ID(2, 2), TERMS(4), 1, 0);
	rig_turn(&rig);
	assert_true(rig_status(&rig).stopped);
	assert_int_equal(rig.events[rig.event_count - 1].kind,
			 RAFT_EVENT_STOPPED);
	assert_int_equal(rig.events[rig.event_count - 1].reason,
			 RAFT_REASON_CONTRADICTION);
	assert_int_equal(rig.events[rig.event_count - 1].index, 3);
	assert_int_equal(rig_status(&rig).last.index, 4);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_CONTRADICTION), 1);
	assert_int_equal(rig_propose(&rig, 1), RAFT_STOPPED);
	assert_int_equal(raft_expire(rig.raft, rig.now), RAFT_STOPPED);
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	rig_stop(&rig);
}

static void
an_old_leader_is_told_the_newer_term(void **state)
{
	struct rig rig;
	uint64_t deadline;

	(void)state;
	start_follower(&rig);
	deadline = raft_deadline(rig.raft);
	rig.now += T / 2;
	rig_append(&rig, 3, 2, ID(1, 1), TERMS(2), 1, 0);
	rig_turn(&rig);
	assert_int_equal(answer_to(&rig, 3)->verdict, RAFT_APPEND_STALE_TERM);
	assert_int_equal(rig_sent(&rig, "append-answer", 3)->term, 3);
	/* And refreshes nothing. */
	assert_int_equal(raft_deadline(rig.raft), deadline);
	assert_int_equal(rig_status(&rig).leader, rig_id(2));
	rig_stop(&rig);
}

/* S28 of the protocol notes. */
static void
a_replayed_heartbeat_refreshes_nothing(void **state)
{
	struct rig rig;
	uint64_t deadline;
	struct raft_message heartbeat = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 3,
		.append = { .previous = ID(4, 3),
			    .last = ID(4, 3),
			    .sequence = 1 << 20 },
	};

	(void)state;
	start_follower(&rig);
	(void)rig_give(&rig, 2, heartbeat);
	deadline = raft_deadline(rig.raft);
	rig.now += T / 2;
	(void)rig_give(&rig, 2, heartbeat);
	assert_int_equal(raft_deadline(rig.raft), deadline);
	heartbeat.append.sequence++;
	(void)rig_give(&rig, 2, heartbeat);
	assert_true(raft_deadline(rig.raft) >= rig.now + T);
	rig_stop(&rig);
}

/* The A-B-A case: the end of an overtaken write speaks for no successor. */
static void
a_write_overtaken_by_a_truncation_promises_nothing(void **state)
{
	struct rig rig;
	uint64_t first;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2), 2, 0);
	rig_turn(&rig);
	first = rig.save.token;
	rig_append(&rig, 3, 3, ID(1, 1), TERMS(3, 3), 2, 0);
	rig_turn(&rig);
	rig_forget(&rig);
	raft_saved(rig.raft, first, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).durable_index, 1);
	assert_int_equal(rig.sent_count, 0);
	rig_save(&rig);
	assert_int_equal(answer_to(&rig, 3)->match_index, 3);
	rig_stop(&rig);
}

static void
saves_are_gathered_while_the_disk_is_busy(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	for (uint64_t i = 1; i <= 20; i++) {
		rig_append(&rig, 2, 1, ID(i, 1), TERMS(1), 1, 0);
		rig_turn(&rig);
	}
	assert_in_range(rig.saves, 2, 8);
	while (rig_status(&rig).durable_index < 21)
		rig_save(&rig);
	assert_int_equal(answer_to(&rig, 2)->match_index, 21);
	rig_stop(&rig);
}

static void
a_configuration_goes_back_with_its_entry(void **state)
{
	struct raft_stored_configuration five = rig_configuration(5);
	struct rig rig;
	struct raft_entry entry = {
		.index = 2,
		.term = 2,
		.kind = RAFT_ENTRY_CONFIGURATION,
		.payload = { .data = five.bytes, .length = five.length },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1), .last = ID(2, 2),
			    .entries = &entry, .sequence = 1 },
	});
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).member_count, 5);
	assert_int_equal(rig_status(&rig).configuration_index, 2);
	rig_append(&rig, 3, 3, ID(1, 1), TERMS(3), 1, 0);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).member_count, 3);
	assert_int_equal(rig_status(&rig).configuration_index, 1);
	rig_stop(&rig);
}

/* Or the rest of an append would wait for the next one, and a log with many
 * configurations for a heartbeat for each. */
static void
what_follows_a_configuration_is_taken_with_it(void **state)
{
	struct raft_stored_configuration five = rig_configuration(5);
	const struct raft_payload payload = { .data = five.bytes,
					      .length = five.length };
	struct rig rig;
	struct raft_entry entries[] = {
		{ 2, 2, RAFT_ENTRY_CONFIGURATION, payload },
		{ .index = 3, .term = 2, .kind = RAFT_ENTRY_DATA },
		{ 4, 3, RAFT_ENTRY_CONFIGURATION, payload },
		{ .index = 5, .term = 3, .kind = RAFT_ENTRY_DATA },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_forget(&rig);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 3,
		.append = { .previous = ID(1, 1), .last = ID(5, 3),
			    .entries = entries, .sequence = 1,
			    .commit_index = 5 },
	});
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 2)->verdict, RAFT_APPEND_ACCEPTED);
	assert_int_equal(answer_to(&rig, 2)->match_index, 5);
	assert_int_equal(rig_status(&rig).last.index, 5);
	assert_int_equal(rig_status(&rig).commit_index, 5);
	assert_int_equal(rig_status(&rig).configuration_index, 4);
	/* Each was committed, and is told so. */
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CONFIGURATION_COMMITTED),
			 2);
	rig_stop(&rig);
}

/* S68 of the protocol notes: never misread, never acknowledged. */
static void
an_entry_that_must_be_understood_is_not_taken(void **state)
{
	struct rig rig;
	struct raft_member member = {
		.identity = rig_identity(2),
		.role = RAFT_MEMBER_VOTER,
	};
	struct raft_configuration configuration = {
		.election_timeout_us = T,
		.must_understand = 2,
		.members = &member,
		.member_count = 1,
	};
	uint8_t bytes[64];
	struct raft_entry entries[2] = {
		{ .index = 2, .term = 2, .kind = RAFT_ENTRY_DATA },
		{ .index = 3, .term = 2, .kind = RAFT_ENTRY_CONFIGURATION },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	entries[1].payload.data = bytes;
	entries[1].payload.length =
	    raft_configuration_encode(&configuration, bytes, sizeof(bytes));
	assert_true(entries[1].payload.length > 0);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1), .last = ID(3, 2),
			    .entries = entries, .sequence = 1,
			    .commit_index = 3 },
	});
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 2)->verdict, RAFT_APPEND_INCOMPATIBLE);
	assert_int_equal(answer_to(&rig, 2)->conflict.index, 3);
	assert_int_equal(rig_event(&rig, RAFT_EVENT_INCOMPATIBLE)->peer,
			 rig_id(2));
	assert_int_equal(rig_event(&rig, RAFT_EVENT_INCOMPATIBLE)->index, 3);
	assert_int_equal(rig_status(&rig).last.index, 2);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	assert_int_equal(rig_status(&rig).member_count, 3);
	entries[1].kind = (enum raft_entry_kind)77;
	rig_forget(&rig);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1), .last = ID(3, 2),
			    .entries = entries, .sequence = 2 },
	});
	rig_settle(&rig);
	assert_int_equal(answer_to(&rig, 2)->verdict, RAFT_APPEND_INCOMPATIBLE);
	rig_stop(&rig);
}

static void
give_unknown_entry(struct rig *rig, uint64_t from, uint64_t term)
{
	struct raft_entry_id last = rig_status(rig).last;
	struct raft_entry entry = {
		.index = last.index + 1,
		.term = term,
		.kind = (enum raft_entry_kind)77,
	};

	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = term,
		.append = { .previous = last,
			    .last = ID(last.index + 1, term),
			    .entries = &entry,
			    .sequence = rig->now++ },
	});
	rig_settle(rig);
	assert_int_equal(answer_to(rig, from)->verdict,
			 RAFT_APPEND_INCOMPATIBLE);
}

/* It comes with every heartbeat, and would drive out what else is told. */
static void
what_cannot_be_taken_is_told_once(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	for (int i = 0; i < 20; i++)
		give_unknown_entry(&rig, 2, 2);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_INCOMPATIBLE), 1);
	assert_int_equal(rig.events[rig.event_count - 1].index, 2);
	/* Of the next leader again, and of a later entry. */
	for (int i = 0; i < 3; i++)
		give_unknown_entry(&rig, 3, 3);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_INCOMPATIBLE), 2);
	rig_append(&rig, 3, 3, rig_status(&rig).last, TERMS(3), 1, 0);
	rig_settle(&rig);
	for (int i = 0; i < 3; i++)
		give_unknown_entry(&rig, 3, 3);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_INCOMPATIBLE), 3);
	assert_int_equal(rig.events[rig.event_count - 1].index, 3);
	rig_stop(&rig);
}

/* Else there would be entries that no configuration is in force for. */
/* A disk that does not keep up has so many entries to do, or one append. */
static void
what_waits_for_the_disk_is_limited(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .uncommitted_entries_max = 3 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2, 2, 2), 4, 0);
	assert_int_equal(rig_status(&rig).last.index, 5);
	rig_append(&rig, 2, 2, ID(5, 2), TERMS(2), 1, 0);
	assert_int_equal(rig_status(&rig).last.index, 5);
	rig_settle(&rig);
	rig_append(&rig, 2, 2, ID(5, 2), TERMS(2, 2), 2, 0);
	rig_append(&rig, 2, 2, ID(7, 2), TERMS(2), 1, 0);
	assert_int_equal(rig_status(&rig).last.index, 8);
	rig_append(&rig, 2, 2, ID(8, 2), TERMS(2), 1, 0);
	assert_int_equal(rig_status(&rig).last.index, 8);
	rig_stop(&rig);
}

static void
the_first_entry_is_a_configuration(void **state)
{
	static const struct raft_stored empty;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	rig_append(&rig, 2, 2, ID(0, 0), TERMS(2, 2), 2, 2);
	rig_settle(&rig);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MALFORMED), 1);
	assert_int_equal(rig_status(&rig).last.index, 0);
	assert_int_equal(rig.applied, 0);
	rig_stop(&rig);
	/* Nor does another entry take its place. */
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(0, 0), TERMS(2), 1, 1);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).configuration_index, 1);
	assert_int_equal(rig_status(&rig).last.term, 1);
	rig_stop(&rig);
}

static void
nonsense_is_dropped_and_counted(void **state)
{
	struct rig rig;
	struct raft_entry entry = { .index = 5, .term = 3,
				    .kind = RAFT_ENTRY_DATA };
	struct raft_message good = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 3,
		.append = { .previous = ID(4, 3), .last = ID(5, 3),
			    .entries = &entry, .sequence = 1 << 20 },
	};
	struct raft_message bad;

	(void)state;
	start_follower(&rig);
#define REFUSED(change, counter)                                               \
	do {                                                                   \
		uint64_t before = raft_counter(rig.raft, counter);             \
		bad = good;                                                    \
		change;                                                        \
		assert_int_equal(rig_give(&rig, 2, bad), RAFT_OK);             \
		assert_int_equal(raft_counter(rig.raft, counter), before + 1); \
		assert_int_equal(rig_status(&rig).last.index, 4);              \
		assert_int_equal(rig_status(&rig).term, 3);                    \
	} while (0)
	REFUSED(bad.term = UINT64_MAX, RAFT_COUNTER_ABSURD_TERM);
	REFUSED(bad.term = UINT64_C(1) << 41, RAFT_COUNTER_ABSURD_TERM);
	REFUSED(bad.term = 0, RAFT_COUNTER_ABSURD_TERM);
	REFUSED(bad.append.previous.index = UINT64_MAX,
		RAFT_COUNTER_ABSURD_INDEX);
	REFUSED(bad.append.last.index = UINT64_MAX, RAFT_COUNTER_ABSURD_INDEX);
	REFUSED(bad.append.commit_index = UINT64_MAX,
		RAFT_COUNTER_ABSURD_INDEX);
	REFUSED(bad.append.last.index = 3, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.append.last.term = 4, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.append.last.term = 2, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.append.sequence = 0, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.append.entries = NULL, RAFT_COUNTER_MALFORMED);
	REFUSED(bad.append.previous.term = 0, RAFT_COUNTER_MALFORMED);
	entry.index = 6;
	REFUSED((void)0, RAFT_COUNTER_MALFORMED);
	entry.index = 5;
	entry.payload.length = RAFT_PAYLOAD_BYTES_MAX + 1;
	REFUSED((void)0, RAFT_COUNTER_MALFORMED);
	entry.payload.length = 0;
	entry.kind = RAFT_ENTRY_CONFIGURATION;
	REFUSED((void)0, RAFT_COUNTER_MALFORMED);
	entry.kind = RAFT_ENTRY_DATA;
	/* A second leader of the term. */
	assert_int_equal(rig_give(&rig, 3, good), RAFT_OK);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_RIVAL_LEADER), 1);
	REFUSED(bad.kind = (enum raft_message_kind)15,
		RAFT_COUNTER_UNKNOWN_KIND);
	rig_turn(&rig);
	assert_int_equal(rig_sent(&rig, "unsupported", 2)->extension.type, 15);
	/* And the good one is still good. */
	(void)rig_give(&rig, 2, good);
	assert_int_equal(rig_status(&rig).last.index, 5);
	rig_settle(&rig);
	rig_stop(&rig);
#undef REFUSED
}

/* The same leader cannot take back what it has sent in its term. */
static void
a_leader_that_contradicts_itself_is_dropped(void **state)
{
	struct rig rig;

	(void)state;
	start_follower(&rig);
	rig_append(&rig, 2, 3, ID(2, 2), TERMS(3), 1, 0);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MALFORMED), 1);
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_stop(&rig);
}

static void
nothing_changes_when_memory_runs_out(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig.allocations_left = 0;
	rig_append(&rig, 2, 2, ID(1, 1),
		   TERMS(2, 2, 2, 2, 2, 2, 2, 2, 2, 2), 10, 0);
	assert_int_equal(rig_status(&rig).last.index, 1);
	rig.allocations_left = -1;
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2, 2, 2, 2, 2), 6, 0);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 7);
	rig_stop(&rig);
}

/** The rig's build has every module: of those that are not in //:raft, disconnect
 *  takes 8 bytes, and 8 for each peer; split_vote 24, and 32; fencing 8, and 8;
 *  catchup 104, and 24. */
#define OFF_BYTES (32 + 120 + 32 + 176)

static void
an_idle_member_of_three_costs_at_most_4_kib(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){
			    .build = "stickiness+checkquorum" });
	rig_lead(&rig);
	print_message("an idle member of three: %zu bytes, %d of these for "
		      "modules that are off\n",
		      rig.allocated_bytes, OFF_BYTES);
	assert_in_range(rig.allocated_bytes, 1, 4096 + OFF_BYTES);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acceptance_waits_for_the_disk),
		cmocka_unit_test(a_busy_disk_is_answered_for_at_once),
		cmocka_unit_test(an_old_shorter_append_drops_nothing),
		cmocka_unit_test(a_conflict_drops_what_follows_it),
		cmocka_unit_test(a_mismatch_names_the_conflicting_term),
		cmocka_unit_test(
		    a_mismatch_names_the_term_of_a_run_that_is_committed_in_part),
		cmocka_unit_test(
		    the_commit_goes_no_further_than_what_was_verified),
		cmocka_unit_test(what_is_shown_is_committed_and_durable),
		cmocka_unit_test(
		    an_append_against_the_committed_stops_the_member),
		cmocka_unit_test(an_old_leader_is_told_the_newer_term),
		cmocka_unit_test(a_replayed_heartbeat_refreshes_nothing),
		cmocka_unit_test(
		    a_write_overtaken_by_a_truncation_promises_nothing),
		cmocka_unit_test(saves_are_gathered_while_the_disk_is_busy),
		cmocka_unit_test(a_configuration_goes_back_with_its_entry),
		cmocka_unit_test(what_follows_a_configuration_is_taken_with_it),
		cmocka_unit_test(an_entry_that_must_be_understood_is_not_taken),
		cmocka_unit_test(what_cannot_be_taken_is_told_once),
		cmocka_unit_test(what_waits_for_the_disk_is_limited),
		cmocka_unit_test(the_first_entry_is_a_configuration),
		cmocka_unit_test(nonsense_is_dropped_and_counted),
		cmocka_unit_test(a_leader_that_contradicts_itself_is_dropped),
		cmocka_unit_test(nothing_changes_when_memory_runs_out),
		cmocka_unit_test(an_idle_member_of_three_costs_at_most_4_kib),
	};

	return rig_run(tests);
}

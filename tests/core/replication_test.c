/*
 * What a leader does (thesis 3.5, 3.6), and how proposals end.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

static const struct raft_append *
append_to(const struct rig *rig, uint64_t to)
{
	const struct raft_message *message = rig_sent(rig, "append", to);

	assert_non_null(message);
	return &message->append;
}

static void
mismatch(struct rig *rig, uint64_t from, struct raft_entry_id conflict)
{
	const struct raft_append *append = append_to(rig, from);

	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = rig_status(rig).term,
		.append_answer = {
			.verdict = RAFT_APPEND_MISMATCH,
			.conflict = conflict,
			.sent_at = append->sent_at,
			.sequence = append->sequence,
		},
	});
	rig_turn(rig);
}

static enum raft_progress_state
state_of(const struct rig *rig, uint64_t number)
{
	return rig_member(rig, number).state;
}

/** A log of terms 1, 2 x5, 4 x5 in term 5. */
static void
start_with_history(struct rig *rig)
{
	static struct raft_stored_configuration configuration;
	static const struct raft_term_run runs[] = { { 1, 1 }, { 2, 2 },
						     { 7, 4 } };
	struct raft_stored stored = {
		.term = 5,
		.runs = runs,
		.run_count = 3,
		.last_index = 11,
		.configurations = &configuration,
		.configuration_count = 1,
	};

	configuration = rig_configuration(3);
	rig_start(rig, &(struct rig_options){ .stored = &stored });
}

static void
a_leader_begins_with_an_entry_of_its_term(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	assert_int_equal(rig_status(&rig).last.index, 2);
	assert_int_equal(rig_status(&rig).last.term, 2);
	assert_int_equal(rig.saved[0].kind, RAFT_ENTRY_NOOP);
	assert_int_equal(append_to(&rig, 2)->last.index, 2);
	assert_int_equal(append_to(&rig, 3)->previous.index, 1);
	rig_stop(&rig);
}

/* Hazard S1, thesis figure 3.7. */
static void
entries_of_former_terms_are_not_committed_by_counting(void **state)
{
	struct rig rig;

	(void)state;
	start_with_history(&rig);
	rig_time_out(&rig);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_turn(&rig);
	/* Both hold all of term 4, durable, before the no-op is. */
	rig_accept(&rig, 2, 11);
	rig_accept(&rig, 3, 11);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 0);
	rig_accept(&rig, 2, 12);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 0);
	rig_save(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 12);
	rig_stop(&rig);
}

static void
a_majority_commits_with_or_without_the_leaders_disk(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .voters = 4 });
	rig_lead(&rig);
	for (uint64_t id = 2; id <= 4; id++)
		rig_accept(&rig, id, 1);
	rig_forget(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	rig_accept(&rig, 2, 3);
	rig_accept(&rig, 3, 3);
	rig_turn(&rig);
	/* Hazard S7: of four, two and a leader that is not done are too few. */
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_accept(&rig, 4, 3);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(rig.outcomes[0].kind, RAFT_OUTCOME_COMMITTED);
	assert_int_equal(rig.outcomes[0].range.first, 3);
	assert_int_equal(rig.outcomes[0].range.last, 3);
	/* But nothing is shown that a crash could take from this log. */
	assert_int_equal(rig.applied, 2);
	rig_save(&rig);
	assert_int_equal(rig.applied, 3);
	rig_stop(&rig);
}

/* Hazard S4. */
static void
a_match_only_rises(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 2, 1);
	rig_accept(&rig, 2, 99);
	assert_int_equal(rig_member(&rig, 2).match_index, 2);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_ABSURD_INDEX), 1);
	rig_stop(&rig);
}

/* A commit notice that overtook the entries before it found none of them; they
 * were accepted later, and that was heard of first. */
static void
an_overtaken_acceptance_does_not_stall(void **state)
{
	struct rig rig;
	struct raft_append entries;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	assert_int_equal(rig_propose(&rig, 3), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 3, 5);
	rig_turn(&rig);
	entries = *append_to(&rig, 2);
	assert_int_equal(entries.last.index, 5);
	rig_forget(&rig);
	rig_pass(&rig, T / 1000);
	assert_int_equal(append_to(&rig, 2)->previous.index, 5);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = {
			.verdict = RAFT_APPEND_ACCEPTED,
			.match_index = 5,
			.sent_at = entries.sent_at,
			.sequence = entries.sequence,
		},
	});
	mismatch(&rig, 2, ID(3, 0));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_REGRESSED), 0);
	rig_forget(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(append_to(&rig, 2)->previous.index, 5);
	assert_int_equal(append_to(&rig, 2)->last.index, 6);
	/* If it denies them still, it has lost them. */
	mismatch(&rig, 2, ID(3, 0));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_REGRESSED), 1);
	rig_forget(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	assert_null(rig_sent(&rig, "append", 2));
	rig_stop(&rig);
}

static void
many_proposals_cost_one_message_a_peer(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	rig_turn(&rig);
	rig_forget(&rig);
	for (int i = 0; i < 10; i++)
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig.saves, 1);
	assert_int_equal(rig.save.entry_count, 10);
	assert_int_equal(rig_count(&rig, "append"), 2);
	/* And the next leave before these are answered. */
	assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(append_to(&rig, 2)->previous.index, 12);
	assert_int_equal(append_to(&rig, 2)->last.index, 17);
	rig_stop(&rig);
}

static void
a_lagging_follower_is_found_a_term_at_a_time(void **state)
{
	struct rig rig;

	(void)state;
	start_with_history(&rig);
	rig_lead(&rig);
	/* It has terms 1, 2, 2, 3 x8: no entry of term 3 is ours. */
	mismatch(&rig, 2, ID(4, 3));
	assert_int_equal(append_to(&rig, 2)->previous.index, 3);
	assert_int_equal(append_to(&rig, 2)->previous.term, 2);
	assert_int_equal(state_of(&rig, 2), RAFT_PROGRESS_PROBE);
	rig_accept(&rig, 2, 12);
	assert_int_equal(state_of(&rig, 2), RAFT_PROGRESS_REPLICATE);
	/* The other has terms 1, 2 x20: ours of term 2 end at 6. */
	mismatch(&rig, 3, ID(2, 2));
	assert_int_equal(append_to(&rig, 3)->previous.index, 6);
	rig_stop(&rig);
}

static void
an_empty_follower_gets_everything(void **state)
{
	struct rig rig;

	(void)state;
	start_with_history(&rig);
	rig_lead(&rig);
	mismatch(&rig, 2, ID(1, 0));
	assert_int_equal(append_to(&rig, 2)->previous.index, 0);
	assert_int_equal(append_to(&rig, 2)->last.index, 12);
	rig_stop(&rig);
}

static void
a_stale_mismatch_is_ignored(void **state)
{
	struct rig rig;
	struct raft_append first;

	(void)state;
	start_with_history(&rig);
	rig_lead(&rig);
	first = *append_to(&rig, 2);
	mismatch(&rig, 2, ID(4, 3));
	rig_accept(&rig, 2, 12);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = rig_status(&rig).term,
		.append_answer = {
			.verdict = RAFT_APPEND_MISMATCH,
			.conflict = ID(1, 0),
			.sent_at = first.sent_at,
			.sequence = first.sequence,
		},
	});
	assert_int_equal(state_of(&rig, 2), RAFT_PROGRESS_REPLICATE);
	rig_stop(&rig);
}

/* Hazard L5: what was lost is found by the next heartbeat, which does not send
 * all of it again to a peer that is merely far. */
static void
a_lost_append_is_repaired(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	assert_int_equal(rig_propose(&rig, 3), RAFT_OK);
	rig_turn(&rig);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(append_to(&rig, 2)->previous.index, 5);
	mismatch(&rig, 2, ID(3, 0));
	assert_int_equal(append_to(&rig, 2)->previous.index, 2);
	assert_int_equal(append_to(&rig, 2)->last.index, 5);
	rig_stop(&rig);
}

static void
a_lost_probe_is_repeated_with_its_entries(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(append_to(&rig, 3)->previous.index, 2);
	assert_int_equal(append_to(&rig, 3)->last.index, 2);
	mismatch(&rig, 3, ID(2, 0));
	assert_int_equal(append_to(&rig, 3)->previous.index, 1);
	assert_int_equal(append_to(&rig, 3)->last.index, 2);
	rig_stop(&rig);
}

static void
appends_in_flight_are_limited_and_heartbeats_are_not(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .appends_in_flight_max = 64 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_forget(&rig);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_turn(&rig);
		rig_save(&rig);
	}
	assert_int_equal(rig_count(&rig, "append"), 64);
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(append_to(&rig, 2)->last.index,
			 append_to(&rig, 2)->previous.index);
	rig_stop(&rig);
}

static void
the_commit_is_told_soon_without_another_entry(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 1);
	rig_turn(&rig);
	rig_forget(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	assert_true(raft_deadline(rig.raft) <= rig.now + T / 1000);
	rig_pass(&rig, T / 1000);
	assert_int_equal(append_to(&rig, 2)->commit_index, 2);
	assert_int_equal(rig_count(&rig, "append"), 2);
	rig_forget(&rig);
	rig_pass(&rig, T / 1000);
	assert_int_equal(rig.sent_count, 0);
	rig_stop(&rig);
}

static void
too_many_uncommitted_entries_are_refused_whole(void **state)
{
	struct rig rig;
	struct raft_payload large = { .length = RAFT_PAYLOAD_BYTES_MAX + 1 };

	(void)state;
	rig_start(&rig, &(struct rig_options){ .uncommitted_entries_max = 8 });
	assert_int_equal(rig_propose(&rig, 1), RAFT_NOT_LEADER);
	rig_lead(&rig);
	assert_int_equal(rig_propose(&rig, 9), RAFT_INVALID);
	assert_int_equal(rig_propose(&rig, 0), RAFT_INVALID);
	assert_int_equal(rig_propose(&rig, 6), RAFT_OK);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OVERLOADED);
	assert_int_equal(rig_status(&rig).last.index, 8);
	rig_settle(&rig);
	rig_accept(&rig, 2, 8);
	rig_turn(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	assert_int_equal(raft_propose(rig.raft, &large, 1, rig.now, NULL),
			 RAFT_TOO_LARGE);
	rig_settle(&rig);
	rig_stop(&rig);
}

/* Each proposal ends once: committed, unknown, or lost. */
static void
a_leader_that_stops_tells_how_each_proposal_ended(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 1);
	rig_forget(&rig);
	assert_int_equal(rig_propose(&rig, 2), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	assert_int_equal(rig_propose(&rig, 2), RAFT_OK);
	/* Of 3 to 6: 3 is committed, 4 was sent, 5 and 6 nobody has seen. */
	rig_vote(&rig, 3, 9, ID(9, 9 - 1));
	rig_turn(&rig);
	assert_int_equal(rig.outcome_count, 3);
	assert_int_equal(rig.outcomes[0].kind, RAFT_OUTCOME_COMMITTED);
	assert_int_equal(rig.outcomes[0].range.last, 3);
	assert_int_equal(rig.outcomes[1].kind, RAFT_OUTCOME_UNKNOWN);
	assert_int_equal(rig.outcomes[1].range.first, 4);
	assert_int_equal(rig.outcomes[1].range.last, 4);
	assert_int_equal(rig.outcomes[2].kind, RAFT_OUTCOME_LOST);
	assert_int_equal(rig.outcomes[2].range.first, 5);
	assert_int_equal(rig.outcomes[2].range.last, 6);
	assert_int_equal(rig.outcomes[2].term, 2);
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_settle(&rig);
	assert_int_equal(rig.outcome_count, 3);
	rig_stop(&rig);
}

static void
an_answer_of_a_newer_term_deposes(void **state)
{
	struct rig rig;
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 7,
		.append_answer = { .verdict = RAFT_APPEND_STALE_TERM },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	(void)rig_give(&rig, 3, answer);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).term, 7);
	rig_settle(&rig);
	rig_stop(&rig);
}

/* Its own append of an older term, answered in the term that it leads now. */
static void
an_answer_to_an_older_term_says_nothing(void **state)
{
	struct rig rig;
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_STALE_TERM,
				   .sequence = UINT64_MAX },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	(void)rig_give(&rig, 2, answer);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_FUTURE_ECHO), 0);
	assert_int_equal(rig_member(&rig, 2).heard_at, 0);
	rig_stop(&rig);
}

static void
echoes_of_what_was_never_sent_are_counted(void **state)
{
	struct rig rig;
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
				   .match_index = 2,
				   .sequence = UINT64_MAX },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	(void)rig_give(&rig, 2, answer);
	answer.append_answer.sequence = append_to(&rig, 2)->sequence;
	answer.append_answer.sent_at = rig.now + 1;
	rig_forget(&rig);
	(void)rig_give(&rig, 2, answer);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_FUTURE_ECHO), 2);
	(void)rig_give(&rig, 8, answer);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_STRANGER), 1);
	answer.append_answer.sent_at = 0;
	answer.append_answer.verdict = (enum raft_append_verdict)9;
	(void)rig_give(&rig, 2, answer);
	answer.append_answer.verdict = RAFT_APPEND_MISMATCH;
	(void)rig_give(&rig, 2, answer);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MALFORMED), 2);
	/* And that is all. */
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 2).match_index, 0);
	assert_int_equal(rig_member(&rig, 2).heard_at, 0);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_PROBE);
	assert_null(rig_sent(&rig, "append", 2));
	assert_int_equal(rig_status(&rig).commit_index, 0);
	rig_stop(&rig);
}

static void
a_peer_that_cannot_take_an_entry_is_not_pressed(void **state)
{
	struct rig rig;
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_INCOMPATIBLE,
				   .conflict = ID(2, 0) },
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	answer.append_answer.sequence = append_to(&rig, 2)->sequence;
	rig_forget(&rig);
	(void)rig_give(&rig, 2, answer);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count, 0);
	rig_pass(&rig, T / 10);
	assert_int_equal(append_to(&rig, 2)->last.index, 2);
	rig_stop(&rig);
}

static void
a_compacted_log_strands_who_needs_it(void **state)
{
	struct rig rig;
	size_t before;

	(void)state;
	start_with_history(&rig);
	rig_lead(&rig);
	rig_accept(&rig, 2, 12);
	rig_turn(&rig);
	assert_int_equal(raft_everywhere(rig.raft), 0);
	assert_int_equal(rig_compact(&rig, 8), RAFT_INVALID);
	raft_applied(rig.raft, 12);
	assert_int_equal(rig_compact(&rig, 8), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 8);
	assert_int_equal(rig_status(&rig).snapshot.term, 4);
	before = rig.event_count;
	mismatch(&rig, 3, ID(5, 3));
	assert_int_equal(state_of(&rig, 3), RAFT_PROGRESS_STRANDED);
	assert_int_equal(rig.event_count, before + 1);
	assert_int_equal(rig.events[before].kind, RAFT_EVENT_PEER_STRANDED);
	assert_int_equal(rig.events[before].peer, rig_id(3));
	/* It is still heard from, and told once. */
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(append_to(&rig, 3)->previous.index, 8);
	mismatch(&rig, 3, ID(5, 3));
	assert_int_equal(rig.event_count, 0);
	/* And taken up again where it has what comes before. */
	rig_pass(&rig, T / 10);
	rig_accept(&rig, 3, 8);
	rig_turn(&rig);
	assert_int_equal(state_of(&rig, 3), RAFT_PROGRESS_REPLICATE);
	assert_int_equal(append_to(&rig, 3)->last.index, 12);
	rig_stop(&rig);
}

static void
what_the_driver_cannot_send_is_sent_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	assert_int_equal(rig_propose(&rig, 8), RAFT_OK);
	rig_turn(&rig);
	raft_append_sent(rig.raft, rig_id(2), 5, 0, rig.now);
	rig_turn(&rig);
	assert_int_equal(append_to(&rig, 2)->previous.index, 5);
	raft_unreadable(rig.raft, rig_id(2), rig.now);
	rig_turn(&rig);
	assert_int_equal(state_of(&rig, 2), RAFT_PROGRESS_STRANDED);
	rig_stop(&rig);
}

static void
a_closed_connection_is_probed_at_once(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	rig_forget(&rig);
	raft_peer_closed(rig.raft, rig_id(2), rig.now);
	raft_peer_closed(rig.raft, rig_id(99), rig.now);
	rig_turn(&rig);
	assert_int_equal(append_to(&rig, 2)->previous.index, 2);
	assert_int_equal(append_to(&rig, 2)->last.index, 3);
	rig_stop(&rig);
}

static void
a_failed_log_stops_the_member(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_forget(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_turn(&rig);
	raft_log_failed(rig.raft, rig.now);
	raft_log_failed(rig.raft, rig.now);
	rig_turn(&rig);
	assert_true(rig_status(&rig).stopped);
	assert_int_equal(rig.outcomes[0].kind, RAFT_OUTCOME_UNKNOWN);
	assert_int_equal(rig.events[rig.event_count - 1].reason,
			 RAFT_REASON_DISK_FAILED);
	rig_forget(&rig);
	rig_pass(&rig, 10 * T);
	rig_heartbeat(&rig, 2, 9);
	rig_turn(&rig);
	assert_int_equal(rig.sent_count + rig.saves, 0);
	rig_stop(&rig);
}

/* Hazard M8. */
static void
a_clock_that_goes_back_is_taken_as_standing_still(void **state)
{
	struct rig rig;
	uint64_t deadline;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	deadline = raft_deadline(rig.raft);
	assert_int_equal(raft_expire(rig.raft, 1), RAFT_OK);
	assert_int_equal(raft_deadline(rig.raft), deadline);
	rig_stop(&rig);
}

/* Every allocation fails in turn; each time the member goes on or ends. */
static void
every_allocation_may_fail(void **state)
{
	struct rig rig;

	(void)state;
	for (long left = 0; left < 12; left++) {
		rig_start(&rig, &(struct rig_options){ 0 });
		rig.allocations_left = left;
		rig_time_out(&rig);
		rig_save(&rig);
		rig_grant(&rig, 2);
		rig_settle(&rig);
		for (int i = 0; i < 20; i++)
			if (rig_propose(&rig, 13) == RAFT_OK)
				rig_settle(&rig);
		rig.allocations_left = -1;
		rig_stop(&rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leader_begins_with_an_entry_of_its_term),
		cmocka_unit_test(
		    entries_of_former_terms_are_not_committed_by_counting),
		cmocka_unit_test(
		    a_majority_commits_with_or_without_the_leaders_disk),
		cmocka_unit_test(a_match_only_rises),
		cmocka_unit_test(an_overtaken_acceptance_does_not_stall),
		cmocka_unit_test(many_proposals_cost_one_message_a_peer),
		cmocka_unit_test(a_lagging_follower_is_found_a_term_at_a_time),
		cmocka_unit_test(an_empty_follower_gets_everything),
		cmocka_unit_test(a_stale_mismatch_is_ignored),
		cmocka_unit_test(a_lost_append_is_repaired),
		cmocka_unit_test(a_lost_probe_is_repeated_with_its_entries),
		cmocka_unit_test(
		    appends_in_flight_are_limited_and_heartbeats_are_not),
		cmocka_unit_test(the_commit_is_told_soon_without_another_entry),
		cmocka_unit_test(
		    too_many_uncommitted_entries_are_refused_whole),
		cmocka_unit_test(
		    a_leader_that_stops_tells_how_each_proposal_ended),
		cmocka_unit_test(an_answer_of_a_newer_term_deposes),
		cmocka_unit_test(an_answer_to_an_older_term_says_nothing),
		cmocka_unit_test(echoes_of_what_was_never_sent_are_counted),
		cmocka_unit_test(
		    a_peer_that_cannot_take_an_entry_is_not_pressed),
		cmocka_unit_test(a_compacted_log_strands_who_needs_it),
		cmocka_unit_test(what_the_driver_cannot_send_is_sent_again),
		cmocka_unit_test(a_closed_connection_is_probed_at_once),
		cmocka_unit_test(a_failed_log_stops_the_member),
		cmocka_unit_test(
		    a_clock_that_goes_back_is_taken_as_standing_still),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return rig_run(tests);
}

/*
 * A member that has lost what it acknowledged: its disk was wiped, or is an old
 * copy, and it came back under the same incarnation. What it promised binds the
 * others, but not itself.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/group.h"

#include <string.h>

/** The member leads so many voters, of which 2 holds entries 2 to 7. */
static void
lead(struct rig *rig, size_t voters)
{
	rig_start(rig, &(struct rig_options){ .voters = voters });
	rig_lead(rig);
	rig_accept(rig, 2, 2);
	assert_int_equal(rig_propose(rig, 5), RAFT_OK);
	rig_settle(rig);
	rig_accept(rig, 2, 7);
	rig_turn(rig);
}

/** Of the newest append to that one: its log ends before `index`. */
static void
deny(struct rig *rig, uint64_t from, uint64_t index)
{
	struct raft_append append = rig_sent(rig, "append", from)->append;

	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = rig_status(rig).term,
		.append_answer = { .verdict = RAFT_APPEND_MISMATCH,
				   .conflict = ID(index, 0),
				   .sent_at = append.sent_at,
				   .sequence = append.sequence },
	});
	rig_turn(rig);
}

/** 2 comes back without anything: it denies what was sent since. */
static void
lose(struct rig *rig)
{
	rig_pass(rig, T / 10);
	deny(rig, 2, 1);
	rig_pass(rig, T / 10);
	deny(rig, 2, 1);
}

/* Its word once counted, but no majority holds these entries any more. */
static void
what_a_member_has_lost_commits_nothing(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 5);
	assert_int_equal(rig_status(&rig).commit_index, 0);
	lose(&rig);
	rig_accept(&rig, 3, 7);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 0);
	rig_accept(&rig, 4, 7);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 7);
	rig_stop(&rig);
}

/* The advice comes once; the member is told whenever it shows that it has not
 * heard, and gets heartbeats, so that it keeps quiet. */
static void
the_leader_tells_of_it_once_and_tells_it(void **state)
{
	struct rig rig;
	size_t told;

	(void)state;
	lead(&rig, 3);
	rig_forget(&rig);
	lose(&rig);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_PEER_REGRESSED), 1);
	assert_int_equal(rig.events[rig.event_count - 1].peer, rig_id(2));
	assert_int_equal(rig.events[rig.event_count - 1].index, 7);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REGRESSED);
	assert_int_equal(rig_member(&rig, 2).match_index, 0);
	told = rig_count(&rig, "regressed");
	assert_int_equal(told, 1);
	assert_int_equal(rig_sent(&rig, "regressed", 2)->regressed.held.index,
			 7);
	assert_int_equal(rig_sent(&rig, "regressed", 2)->regressed.held.term,
			 2);
	assert_int_equal(rig_propose(&rig, 3), RAFT_OK);
	rig_settle(&rig);
	for (int i = 0; i < 20; i++) {
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		assert_int_equal(
		    rig_sent(&rig, "append", 2)->append.previous.index, 7);
		assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index,
				 7);
		deny(&rig, 2, 1);
		assert_int_equal(rig_count(&rig, "regressed"), 1);
		assert_int_equal(rig_events(&rig, RAFT_EVENT_PEER_REGRESSED),
				 0);
	}
	rig_stop(&rig);
}

/* What it had acknowledged before is on its way no longer than that. */
static void
a_late_answer_of_before_restores_no_trust(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 5);
	rig_pass(&rig, T / 10);
	rig_pass(&rig, T / 10);
	deny(&rig, 2, 1);
	rig_pass(&rig, T / 10);
	deny(&rig, 2, 1);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REGRESSED);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
				   .match_index = 7,
				   .sequence = 1 },
	});
	assert_int_equal(rig_member(&rig, 2).match_index, 0);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REGRESSED);
	rig_stop(&rig);
}

/* Its disk is found again. */
static void
who_holds_it_after_all_is_trusted_again(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	lose(&rig);
	assert_int_equal(rig_propose(&rig, 3), RAFT_OK);
	rig_settle(&rig);
	rig_pass(&rig, T / 10);
	rig_accept(&rig, 2, 7);
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REPLICATE);
	assert_int_equal(rig_member(&rig, 2).match_index, 7);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.last.index, 10);
	/* And may lose it again. */
	rig_forget(&rig);
	lose(&rig);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_PEER_REGRESSED), 1);
	rig_stop(&rig);
}

/* A denial and an acceptance that was sent after it may change places, whatever
 * probing goes on: nothing is lost then. */
static void
what_was_denied_before_it_came_is_not_lost(void **state)
{
	struct rig rig;
	struct raft_append first, probe;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
	rig_settle(&rig);
	first = rig_sent(&rig, "append", 2)->append;
	/* A later one has overtaken it and is denied: where does its log end? */
	assert_int_equal(rig_propose(&rig, 5), RAFT_OK);
	rig_settle(&rig);
	deny(&rig, 2, 6);
	probe = rig_sent(&rig, "append", 2)->append;
	assert_int_equal(probe.previous.index, 5);
	/* It denies that, too; then the first one comes. */
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
				   .match_index = 7,
				   .sent_at = first.sent_at,
				   .sequence = first.sequence },
	});
	deny(&rig, 2, 3);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_PEER_REGRESSED), 0);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.previous.index, 7);
	rig_accept(&rig, 2, 12);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REPLICATE);
	rig_stop(&rig);
}

/* A denial may be told with what was acknowledged since. */
static void
what_an_answer_acknowledges_it_does_not_deny(void **state)
{
	struct raft_append append;
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	assert_int_equal(rig_propose(&rig, 3), RAFT_OK);
	rig_settle(&rig);
	append = rig_sent(&rig, "append", 2)->append;
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_MISMATCH,
				   .match_index = 10,
				   .conflict = ID(8, 0),
				   .sent_at = append.sent_at,
				   .sequence = append.sequence },
	});
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 2).match_index, 10);
	assert_int_equal(rig_member(&rig, 2).next_index, 11);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_PROBE);
	rig_stop(&rig);
}

/* It may happen again and again, as long as it goes on acknowledging. */
static void
each_acknowledgement_ends_the_doubt(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	for (uint64_t match = 8; match < 12; match++) {
		rig_pass(&rig, T / 10);
		deny(&rig, 2, 1);
		assert_int_equal(rig_member(&rig, 2).state,
				 RAFT_PROGRESS_PROBE);
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_settle(&rig);
		rig_accept(&rig, 2, match);
		rig_turn(&rig);
	}
	assert_int_equal(rig_events(&rig, RAFT_EVENT_PEER_REGRESSED), 0);
	rig_stop(&rig);
}

/* What it promised to another leader may be lost with the rest. */
static void
a_denial_confirms_no_read(void **state)
{
	struct rig rig;
	uint64_t read;

	(void)state;
	lead(&rig, 3);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_turn(&rig);
	deny(&rig, 2, 1);
	assert_int_equal(rig.reads, 0);
	deny(&rig, 2, 1);
	rig_pass(&rig, T / 10);
	deny(&rig, 2, 1);
	assert_int_equal(rig.reads, 0);
	rig_accept(&rig, 3, 7);
	rig_turn(&rig);
	assert_int_equal(rig.reads, 1);
	rig_stop(&rig);
}

static void
who_has_lost_its_log_is_no_successor(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	lose(&rig);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).transfer_target, 0);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/* Neither the driver's word nor a log that was compacted begins it anew. */
static void
it_is_not_replicated_to_meanwhile(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, 3);
	rig_accept(&rig, 3, 7);
	rig_turn(&rig);
	lose(&rig);
	raft_unreadable(rig.raft, rig_id(2), rig.now);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REGRESSED);
	assert_int_equal(rig_propose(&rig, 3), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 3, 10);
	rig_turn(&rig);
	raft_applied(rig.raft, 10);
	assert_int_equal(raft_snapshot_taken(rig.raft, 10, 100), RAFT_OK);
	rig_turn(&rig);
	assert_int_equal(rig_member(&rig, 2).state, RAFT_PROGRESS_REGRESSED);
	assert_int_equal(rig_count(&rig, "snapshot"), 0);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_sent(&rig, "append", 2)->append.previous.index,
			 10);
	rig_stop(&rig);
}

/* --------------------------------------------------------- the member's side */

static void
tell(struct rig *rig, uint64_t from, uint64_t term, struct raft_entry_id held)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_REGRESSED,
		.term = term,
		.regressed = { .held = held },
	});
	rig_turn(rig);
}

/** It follows 2 in term 5, with entries 1 (term 1) and 2 (term 5). */
static void
follow(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_append(rig, 2, 5, ID(1, 1), TERMS(5), 1, 1);
	rig_settle(rig);
	rig_forget(rig);
}

static void
who_has_lost_its_log_stops(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	tell(&rig, 2, 5, ID(3, 5));
	assert_true(rig_status(&rig).stopped);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_STOPPED), 1);
	assert_int_equal(rig.events[rig.event_count - 1].reason,
			 RAFT_REASON_REGRESSED);
	assert_int_equal(rig.events[rig.event_count - 1].index, 3);
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	rig_stop(&rig);
	/* So does one whose entry there is another. */
	follow(&rig);
	tell(&rig, 2, 5, ID(2, 4));
	assert_true(rig_status(&rig).stopped);
	rig_stop(&rig);
}

static void
who_has_what_its_leader_names_goes_on(void **state)
{
	struct rig rig;

	(void)state;
	follow(&rig);
	tell(&rig, 2, 5, ID(2, 5));
	/* Although it has compacted that away. */
	rig_append(&rig, 2, 5, ID(2, 5), NULL, 0, 2);
	rig_settle(&rig);
	raft_applied(rig.raft, 2);
	assert_int_equal(rig_compact(&rig, 2), RAFT_OK);
	tell(&rig, 2, 5, ID(1, 1));
	/* Others do not know, and those of before say nothing of now. */
	tell(&rig, 3, 5, ID(9, 5));
	tell(&rig, 2, 4, ID(9, 4));
	assert_false(rig_status(&rig).stopped);
	tell(&rig, 2, 5, ID(0, 5));
	tell(&rig, 2, 5, ID(9, 0));
	tell(&rig, 2, 5, ID(9, 6));
	tell(&rig, 2, 5, ID(UINT64_MAX, 5));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MALFORMED), 4);
	assert_false(rig_status(&rig).stopped);
	rig_stop(&rig);
}

/* It may have voted in this term, and forgotten it. */
static void
who_follows_a_leader_votes_for_no_other_in_its_term(void **state)
{
	struct raft_stored empty = { 0 };
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	rig_append(&rig, 2, 5, ID(9, 5), NULL, 0, 9);
	rig_settle(&rig);
	rig_vote(&rig, 3, 5, ID(9, 4));
	rig_settle(&rig);
	assert_int_equal(
	    rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
	    RAFT_REFUSAL_VOTED);
	rig_vote(&rig, 3, 6, ID(9, 4));
	rig_settle(&rig);
	assert_int_equal(
	    rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
	    RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* ------------------------------------------------------------- both together */

/** All but who it takes itself for. */
static void
wipe(struct member *member, uint64_t incarnation)
{
	struct raft_identity identity = member->identity;

	memset(member, 0, sizeof(*member));
	member->identity.id = identity.id;
	member->identity.incarnation = incarnation;
	member->bootstrapped = true;
}

static void
propose(struct group *group, int count)
{
	while (count-- > 0)
		assert_int_equal(group_propose(group, group_leader(group)),
				 RAFT_OK);
	group_until(group, group_is_settled);
}

static struct raft_status
status_of(const struct member *member)
{
	struct raft_status status;

	raft_status(member->raft, &status);
	return status;
}

static void
pass_a_timeout(struct group *group)
{
	for (int i = 0; i < 100; i++)
		group_pass(group);
}

/* It neither stays behind without a word nor votes; and the way out is the one that
 * the event names. */
static void
a_wiped_member_stops_and_comes_back_as_another(void **state)
{
	static struct group group;
	struct raft_member_status wiped;
	struct member *leader, *member;
	size_t position;

	(void)state;
	group_create(&group);
	for (size_t i = 0; i < 3; i++)
		group_start(&group, i);
	group_until(&group, group_has_leader);
	propose(&group, 20);
	leader = group_leader(&group);
	position = group_other_voter(&group, (size_t)(leader - group.members));
	member = &group.members[position];
	group_crash(&group, position);
	wipe(member, member->identity.incarnation);
	group_start(&group, position);
	pass_a_timeout(&group);
	assert_ptr_equal(group_leader(&group), leader);
	assert_true(status_of(member).stopped);
	assert_int_equal(status_of(member).last.index, 0);
	assert_true(raft_member_status(leader->raft, position, &wiped));
	assert_int_equal(wiped.state, RAFT_PROGRESS_REGRESSED);
	group_crash(&group, position);
	propose(&group, 5);
	assert_int_equal(group_reconfigure(&group, leader,
					   7u & ~(1u << position)),
			 RAFT_OK);
	propose(&group, 1);
	wipe(member, member->identity.incarnation + 100);
	group_start(&group, position);
	assert_int_equal(group_reconfigure(&group, leader, 7), RAFT_OK);
	propose(&group, 5);
	group_check(&group);
	assert_int_equal(status_of(member).commit_index,
			 status_of(leader).commit_index);
	group_destroy(&group);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_member_has_lost_commits_nothing),
		cmocka_unit_test(the_leader_tells_of_it_once_and_tells_it),
		cmocka_unit_test(a_late_answer_of_before_restores_no_trust),
		cmocka_unit_test(who_holds_it_after_all_is_trusted_again),
		cmocka_unit_test(what_was_denied_before_it_came_is_not_lost),
		cmocka_unit_test(what_an_answer_acknowledges_it_does_not_deny),
		cmocka_unit_test(each_acknowledgement_ends_the_doubt),
		cmocka_unit_test(a_denial_confirms_no_read),
		cmocka_unit_test(who_has_lost_its_log_is_no_successor),
		cmocka_unit_test(it_is_not_replicated_to_meanwhile),
		cmocka_unit_test(who_has_lost_its_log_stops),
		cmocka_unit_test(who_has_what_its_leader_names_goes_on),
		cmocka_unit_test(
		    who_follows_a_leader_votes_for_no_other_in_its_term),
		cmocka_unit_test(
		    a_wiped_member_stops_and_comes_back_as_another),
	};

	return rig_run(tests);
}

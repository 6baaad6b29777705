/*
 * catchup: who fetches the newer log, who gives it, and what may be taken.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

enum { CATCHUP = 8, LOOK = 1, SEEN = 2, FETCH = 3, NONE = 4 };

static uint64_t
get(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 8; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

/** How long it lets others win, at most, and waits for an answer. */
#define GRACE (T / 2 + 1)
#define WAIT (T / 2)
#define HEARTBEAT (T / 10)

/** Its log is 1/1 2/2 3/2, of which so much is committed, and leader 2 is silent. */
static void
lag(struct rig *rig, const char *build, size_t voters, uint64_t commit)
{
	rig_start(rig, &(struct rig_options){ .build = build,
					       .voters = voters });
	rig_append(rig, 2, 2, ID(1, 1), TERMS(2, 2), 2, commit);
	rig_settle(rig);
	rig_forget(rig);
}

/** Time passes in small steps, each of which is told. */
static void
pass(struct rig *rig, uint64_t us)
{
	for (uint64_t passed = 0; passed < us; passed += T / 100)
		rig_pass(rig, T / 100);
}

/** It asks for votes, and a majority refuses for its log's sake. */
static void
is_refused(struct rig *rig)
{
	size_t majority = rig->voters / 2;

	/* Who has not answered the round before is asked again meanwhile. */
	rig_forget(rig);
	while (rig_sent(rig, "prevote", 2) == NULL)
		rig_time_out(rig);
	for (uint64_t from = 2; from < 2 + majority; from++)
		answer(rig, from, RAFT_REFUSAL_LOG, rig_status(rig).term);
}

static void
say(struct rig *rig, uint64_t from, uint16_t type, uint64_t round,
    struct raft_entry_id tip, uint64_t last)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 3,
		.extension = { .module = CATCHUP, .type = type,
			       .round = round },
	};

	put(message.extension.bytes, tip.term);
	put(message.extension.bytes + 8, tip.index);
	put(message.extension.bytes + 16, last);
	message.extension.length = type == SEEN	   ? 17
				   : type == FETCH ? 24
						   : 0;
	(void)rig_give(rig, from, message);
	rig_turn(rig);
}

static void
seen(struct rig *rig, uint64_t from, struct raft_entry_id tip, bool could_win)
{
	const struct raft_message *look = rig_sent(rig, "catchup-look", from);

	assert_non_null(look);
	say(rig, from, SEEN, look->extension.round, tip, could_win);
}

/** It lets others win for a while. */
static void
until_it_looks(struct rig *rig)
{
	rig_forget(rig);
	for (uint64_t passed = 0; rig_count(rig, "catchup-look") == 0;
	     passed += T / 100) {
		assert_true(passed <= GRACE);
		rig_pass(rig, T / 100);
	}
}

/** As far as it looks for logs: 2 and 3 have newer ones. */
static void
goes_looking(struct rig *rig)
{
	is_refused(rig);
	answer(rig, 3, RAFT_REFUSAL_LOG, 2);
	until_it_looks(rig);
	seen(rig, 2, ID(4, 2), false);
	assert_int_equal(rig_count(rig, "catchup-fetch"), 0);
	/* All have answered whom it reaches: there is nothing to wait for. */
	seen(rig, 3, ID(4, 3), false);
	assert_int_equal(rig_count(rig, "catchup-fetch"), 1);
}

static void
looks(struct rig *rig, const char *build, uint64_t commit)
{
	lag(rig, build, 3, commit);
	goes_looking(rig);
}

static uint64_t
question_to(const struct rig *rig, uint64_t to)
{
	const struct raft_message *fetch = rig_sent(rig, "catchup-fetch", to);

	assert_non_null(fetch);
	return fetch->extension.round;
}

static void
give(struct rig *rig, uint64_t from, uint64_t round, uint64_t term,
     struct raft_entry_id previous, const struct raft_entry *entries,
     size_t count, struct raft_entry_id tip)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_OFFER,
		.term = term,
		.offer = {
			.previous = previous,
			.last = ID(previous.index + count,
				   entries[count - 1].term),
			.entries = entries,
			.tip = tip,
			.round = round,
		},
	});
	rig_turn(rig);
}

static void
offer(struct rig *rig, uint64_t from, uint64_t term,
      struct raft_entry_id previous, const uint64_t *terms, size_t count,
      struct raft_entry_id tip)
{
	struct raft_entry entries[8] = { { 0 } };

	for (size_t i = 0; i < count; i++) {
		entries[i].index = previous.index + i + 1;
		entries[i].term = terms[i];
		entries[i].kind = RAFT_ENTRY_DATA;
	}
	give(rig, from, question_to(rig, from), term, previous, entries, count,
	     tip);
}

/* ------------------------------------------------------ who lacks entries */

static void
who_is_refused_for_its_log_looks_for_a_newer_one(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 5, 1);
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_LOG, 2);
	pass(&rig, GRACE);
	/* Two of five are no majority. */
	assert_int_equal(rig_count(&rig, "catchup-look"), 0);
	answer(&rig, 3, RAFT_REFUSAL_NONE, 2);
	assert_int_equal(rig_count(&rig, "catchup-look"), 0);
	pass(&rig, GRACE);
	assert_int_equal(rig_count(&rig, "catchup-look"), 4);
	rig_stop(&rig);
}

static void
while_a_majority_hears_a_leader_nobody_looks(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 5, 1);
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_LOG, 2);
	answer(&rig, 3, RAFT_REFUSAL_LEASE, 2);
	answer(&rig, 4, RAFT_REFUSAL_LEASE, 2);
	pass(&rig, GRACE);
	assert_int_equal(rig_count(&rig, "catchup-look"), 0);
	rig_stop(&rig);
}

static void
who_hears_a_leader_meanwhile_stops_looking(void **state)
{
	struct rig rig;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	rig_heartbeat(&rig, 2, 2);
	offer(&rig, 3, 3, ID(3, 2), TERMS(3), 1, ID(4, 3));
	/* G3. */
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig_status(&rig).term, 2);
	pass(&rig, WAIT);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 1);
	rig_stop(&rig);
}

static void
the_newest_log_is_fetched_and_then_votes_are_asked_for(void **state)
{
	struct rig rig;
	const struct raft_message *request;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 1);
	offer(&rig, 3, 3, ID(3, 2), TERMS(3), 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_forget(&rig);
	/* Nothing is asked before all of that is durable. */
	pass(&rig, 3 * HEARTBEAT);
	assert_int_equal(rig.sent_count, 0);
	rig_save(&rig);
	pass(&rig, HEARTBEAT);
	request = rig_sent(&rig, "prevote", 2);
	assert_non_null(request);
	assert_int_equal(request->term, 4);
	/* Of term 5, with 4/3. */
	assert_int_equal(request->extension.bytes[0], 5);
	assert_int_equal(request->extension.bytes[8], 3);
	assert_int_equal(request->extension.bytes[16], 4);
	rig_stop(&rig);
}

static void
entries_come_in_parts(void **state)
{
	struct rig rig;
	const struct raft_message *fetch;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	offer(&rig, 3, 3, ID(1, 1), TERMS(1), 1, ID(4, 3));
	rig_settle(&rig);
	rig_forget(&rig);
	pass(&rig, T / 100);
	/* Its log is the shorter for it, and the rest is asked for at once. */
	assert_int_equal(rig_status(&rig).last.index, 2);
	assert_int_equal(rig_count(&rig, "prevote"), 0);
	fetch = rig_sent(&rig, "catchup-fetch", 3);
	assert_non_null(fetch);
	assert_int_equal(fetch->extension.bytes[16], 2);
	offer(&rig, 3, 3, ID(2, 1), TERMS(1, 3), 2, ID(4, 3));
	rig_settle(&rig);
	pass(&rig, HEARTBEAT);
	assert_int_equal(rig_status(&rig).last.index, 4);
	assert_non_null(rig_sent(&rig, "prevote", 2));
	rig_stop(&rig);
}

/** What 3, the first choice, says, if it says anything. */
static void
one_after_the_other(uint16_t kind, uint16_t type)
{
	struct rig rig;
	struct raft_message message = {
		.kind = (enum raft_message_kind)kind,
		.term = 3,
		.extension = { .module = CATCHUP, .type = type },
	};

	looks(&rig, "prevote+catchup", 1);
	assert_null(rig_sent(&rig, "catchup-fetch", 2));
	message.extension.round = question_to(&rig, 3);
	rig_forget(&rig);
	if (kind != 0) {
		(void)rig_give(&rig, 3, message);
		rig_turn(&rig);
	} else {
		pass(&rig, WAIT);
	}
	question_to(&rig, 2);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 1);
	/* An answer to the former question comes late. */
	message.extension.round = 1;
	(void)rig_give(&rig, 2, message);
	pass(&rig, WAIT);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 1);
	rig_stop(&rig);
}

static void
one_is_asked_at_a_time_and_then_the_next(void **state)
{
	(void)state;
	one_after_the_other(0, 0);
	one_after_the_other(RAFT_MESSAGE_EXTENSION, NONE);
	one_after_the_other(RAFT_MESSAGE_UNSUPPORTED, FETCH);
}

static void
who_could_be_elected_is_given_the_time(void **state)
{
	struct rig rig;
	uint64_t begun;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 1);
	is_refused(&rig);
	until_it_looks(&rig);
	begun = rig.now;
	for (;;) {
		seen(&rig, 2, ID(4, 2), true);
		if (rig_count(&rig, "catchup-fetch") > 0)
			break;
		assert_true(rig.now < begun + 6 * T);
		is_refused(&rig);
		until_it_looks(&rig);
	}
	assert_true(rig.now - begun >= 2 * T);
	rig_stop(&rig);
}

static void
answers_may_take_longer_than_a_heartbeat(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 5, 1);
	is_refused(&rig);
	until_it_looks(&rig);
	pass(&rig, 2 * HEARTBEAT);
	seen(&rig, 2, ID(4, 3), false);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 0);
	pass(&rig, 2 * HEARTBEAT);
	seen(&rig, 3, ID(3, 2), false);
	pass(&rig, 4 * HEARTBEAT);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 1);
	offer(&rig, 2, 3, ID(3, 2), TERMS(3), 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_stop(&rig);
}

static void
what_it_has_begun_outlives_its_candidacy(void **state)
{
	struct rig rig;
	uint64_t last = 3;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	/* An entry at a time, until it asks for votes again meanwhile. */
	while (rig_sent(&rig, "prevote", 2) == NULL) {
		assert_true(last < 20);
		offer(&rig, 3, 3, ID(last, last == 3 ? 2 : 3), TERMS(3), 1,
		      ID(30, 3));
		last++;
		rig_settle(&rig);
		rig_forget(&rig);
		pass(&rig, 2 * HEARTBEAT);
	}
	answer(&rig, 2, RAFT_REFUSAL_LOG, rig_status(&rig).term);
	offer(&rig, 3, 3, ID(last, 3), TERMS(3), 1, ID(30, 3));
	assert_int_equal(rig_status(&rig).last.index, last + 1);
	rig_stop(&rig);
}

/** 3 does not say how far its log goes; it may lack the module. */
static void
one_of_two_says_it(bool lacks)
{
	struct rig rig;
	struct raft_message unsupported = {
		.kind = RAFT_MESSAGE_UNSUPPORTED,
		.term = 2,
		.extension = { .module = CATCHUP, .type = LOOK },
	};

	lag(&rig, "prevote+catchup", 5, 1);
	is_refused(&rig);
	until_it_looks(&rig);
	unsupported.extension.round =
	    rig_sent(&rig, "catchup-look", 3)->extension.round;
	seen(&rig, 2, ID(4, 3), false);
	/* Who is no member has not been asked. */
	(void)rig_give(&rig, 9, unsupported);
	if (lacks)
		(void)rig_give(&rig, 3, unsupported);
	pass(&rig, WAIT);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), lacks);
	rig_stop(&rig);
}

static void
one_that_was_elected_meanwhile_is_left_alone(void **state)
{
	(void)state;
	/* It hears a leader by now: no majority is without one. */
	one_of_two_says_it(false);
	one_of_two_says_it(true);
}

/** Voters 1 to 3, but for one that has no vote, of 3. Committed is all before. */
static void
lag_with_a_learner(struct rig *rig, uint64_t learner)
{
	struct raft_member members[3] = { { .role = RAFT_MEMBER_NONE } };
	struct raft_configuration configuration = {
		.member_count = 3,
		.members = members,
		.election_timeout_us = T,
	};
	uint8_t bytes[256];
	struct raft_entry entry = { .index = 4, .term = 2,
				    .kind = RAFT_ENTRY_CONFIGURATION };

	lag(rig, "prevote+catchup+learners", 3, 3);
	for (uint64_t i = 0; i < 3; i++) {
		members[i].identity = (struct raft_identity){ i + 1, i + 11 };
		members[i].role = i + 1 == learner ? RAFT_MEMBER_NON_VOTING
						   : RAFT_MEMBER_VOTER;
	}
	rig_order(members, 3);
	entry.payload.data = bytes;
	entry.payload.length = raft_configuration_encode(
	    &configuration, bytes, sizeof(bytes));
	assert_true(entry.payload.length > 0);
	(void)rig_give(rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(3, 2), .last = ID(4, 2),
			    .entries = &entry, .sequence = 100,
			    .commit_index = 3 },
	});
	rig_settle(rig);
	rig_forget(rig);
	assert_int_equal(rig_status(rig).configuration_index, 4);
}

static void
who_has_no_vote_is_asked_for_its_log(void **state)
{
	struct rig rig;

	(void)state;
	lag_with_a_learner(&rig, 3);
	is_refused(&rig);
	until_it_looks(&rig);
	seen(&rig, 3, ID(6, 2), false);
	seen(&rig, 2, ID(5, 2), false);
	offer(&rig, 3, 2, ID(4, 2), TERMS(2, 2), 2, ID(6, 2));
	assert_int_equal(rig_status(&rig).last.index, 6);
	rig_stop(&rig);
}

static void
another_configuration_ends_the_round(void **state)
{
	struct rig rig;
	struct raft_stored_configuration next = rig_configuration(5);
	struct raft_entry entry = {
		.index = 4,
		.term = 3,
		.kind = RAFT_ENTRY_CONFIGURATION,
		.payload = { .data = next.bytes, .length = next.length },
	};

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	give(&rig, 3, question_to(&rig, 3), 3, ID(3, 2), &entry, 1, ID(4, 3));
	/* It is in force, as after an append. */
	assert_int_equal(rig_status(&rig).configuration_index, 4);
	assert_int_equal(rig_status(&rig).member_count, 5);
	rig_settle(&rig);
	rig_forget(&rig);
	pass(&rig, T - T / 50);
	assert_int_equal(rig.sent_count, 0);
	rig_time_out(&rig);
	assert_int_equal(rig_count(&rig, "prevote"), 4);
	rig_stop(&rig);
}

/* ---------------------------------------------------- what may be taken */

/** Of that offer to one that has committed so much, nothing is taken. */
static void
is_left(uint64_t commit, uint64_t term, struct raft_entry_id previous,
	const uint64_t *terms, size_t count, struct raft_entry_id tip)
{
	struct rig rig;

	looks(&rig, "prevote+catchup", commit);
	offer(&rig, 3, term, previous, terms, count, tip);
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig_status(&rig).last.term, 2);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_false(rig_status(&rig).stopped);
	rig_stop(&rig);
}

static void
only_a_later_tip_is_followed(void **state)
{
	(void)state;
	/* G1: longer, of an older term; and the same. */
	is_left(1, 3, ID(1, 1), TERMS(1, 1, 1, 1), 4, ID(5, 1));
	is_left(1, 3, ID(1, 1), TERMS(1, 2), 2, ID(3, 2));
}

static void
what_is_committed_stays(void **state)
{
	(void)state;
	/* G2: 2/2 would go, though the tip is later; or what joins it is not
	 * known. */
	is_left(2, 3, ID(1, 1), TERMS(3), 1, ID(2, 3));
	is_left(2, 3, ID(2, 1), TERMS(3), 1, ID(3, 3));
	is_left(1, 3, ID(5, 2), TERMS(3), 1, ID(6, 3));
}

static void
the_term_is_later_than_both(void **state)
{
	struct rig rig;

	(void)state;
	/* G4 and G5: than the donor's; */
	looks(&rig, "prevote+catchup", 2);
	offer(&rig, 3, 7, ID(3, 2), TERMS(3), 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 4);
	assert_int_equal(rig_status(&rig).term, 8);
	assert_int_equal(rig_status(&rig).vote.id, 0);
	rig_stop(&rig);
	/* and than its own, though no entry asks for it. */
	looks(&rig, "prevote+catchup", 2);
	offer(&rig, 3, 2, ID(3, 2), TERMS(2), 1, ID(4, 2));
	assert_int_equal(rig_status(&rig).last.index, 4);
	assert_int_equal(rig_status(&rig).term, 3);
	rig_stop(&rig);
}

static void
what_it_cannot_honour_costs_no_term(void **state)
{
	struct rig rig;
	struct raft_entry entry = {
		.index = 4, .term = 3, .kind = (enum raft_entry_kind)77,
	};

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	give(&rig, 3, question_to(&rig, 3), 3, ID(3, 2), &entry, 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig_event(&rig, RAFT_EVENT_INCOMPATIBLE)->index, 4);
	/* Another may have something else. */
	pass(&rig, T / 100);
	question_to(&rig, 2);
	rig_stop(&rig);
}

static void
what_it_took_is_acknowledged_to_no_leader(void **state)
{
	struct rig rig;
	const struct raft_message *said;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	offer(&rig, 3, 3, ID(3, 2), TERMS(3), 1, ID(4, 3));
	rig_settle(&rig);
	/* The leader of term 2 had been told of 3/2. */
	rig_append(&rig, 2, 2, ID(3, 2), TERMS(2), 1, 3);
	rig_turn(&rig);
	said = rig_sent(&rig, "append-answer", 2);
	assert_non_null(said);
	assert_int_equal(said->append_answer.verdict, RAFT_APPEND_STALE_TERM);
	assert_int_equal(said->append_answer.match_index, 0);
	assert_int_equal(rig_status(&rig).commit_index, 1);
	/* The next one hears of what it has sent itself. */
	rig_append(&rig, 2, 5, ID(2, 2), NULL, 0, 4);
	rig_settle(&rig);
	said = rig_sent(&rig, "append-answer", 2);
	assert_int_equal(said->append_answer.match_index, 2);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_stop(&rig);
}

/** Where another module forgets the leader for it, too. */
static void
what_a_leader_has_ended_does_not_go_on_when_it_closes(void **state)
{
	static const char *const builds[] = { "prevote+catchup",
					      "prevote+disconnect+catchup" };
	const struct raft_entry entry = { .index = 4,
					  .term = 3,
					  .kind = RAFT_ENTRY_NOOP };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint64_t round;

		looks(&rig, builds[i], 2);
		round = question_to(&rig, 3);
		rig_heartbeat(&rig, 2, 2);
		raft_peer_closed(rig.raft, rig_id(2), rig.now);
		rig_turn(&rig);
		give(&rig, 3, round, 3, ID(3, 2), &entry, 1, ID(4, 3));
		assert_int_equal(rig_status(&rig).last.index, 3);
		assert_int_equal(rig_status(&rig).term, 2);
		rig_stop(&rig);
	}
}

static void
a_donor_that_closes_is_not_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	assert_non_null(rig_sent(&rig, "catchup-fetch", 3));
	rig_forget(&rig);
	raft_peer_closed(rig.raft, rig_id(2), rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 0);
	raft_peer_closed(rig.raft, rig_id(3), rig.now);
	rig_turn(&rig);
	assert_non_null(rig_sent(&rig, "catchup-fetch", 2));
	rig_stop(&rig);
}

static void
what_nobody_asked_for_is_left(void **state)
{
	struct rig rig;
	struct raft_entry entry = { .index = 4, .term = 3,
				    .kind = RAFT_ENTRY_DATA };

	(void)state;
	/* Another question, another member, an offer that comes twice. */
	looks(&rig, "prevote+catchup", 1);
	give(&rig, 3, question_to(&rig, 3) + 1, 3, ID(3, 2), &entry, 1,
	     ID(4, 3));
	give(&rig, 2, question_to(&rig, 3), 3, ID(3, 2), &entry, 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 3);
	offer(&rig, 3, 3, ID(3, 2), TERMS(3), 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_settle(&rig);
	offer(&rig, 3, 9, ID(4, 3), TERMS(3), 1, ID(5, 3));
	assert_int_equal(rig_status(&rig).last.index, 4);
	rig_stop(&rig);
	/* A build that asks for nothing says so. */
	lag(&rig, "prevote", 3, 1);
	give(&rig, 3, 1, 3, ID(3, 2), &entry, 1, ID(4, 3));
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig_count(&rig, "unsupported"), 1);
	rig_stop(&rig);
}

static void
an_offer_that_cannot_be_is_counted(void **state)
{
	const struct raft_offer offers[] = {
		/* No entries; a tip before them, of a later term than the
		 * sender's, or far away; a gap. */
		{ .previous = ID(3, 2), .last = ID(3, 2), .tip = ID(4, 3) },
		{ .previous = ID(3, 2), .last = ID(4, 3), .tip = ID(3, 3) },
		{ .previous = ID(3, 2), .last = ID(4, 3), .tip = ID(9, 2) },
		{ .previous = ID(3, 2), .last = ID(4, 3), .tip = ID(4, 4) },
		{ .previous = ID(3, 2), .last = ID(4, 3),
		  .tip = ID(UINT64_MAX, 3) },
		{ .previous = ID(2, 2), .last = ID(3, 3), .tip = ID(4, 3) },
	};
	struct raft_entry entry = { .index = 4, .term = 3,
				    .kind = RAFT_ENTRY_DATA };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		struct raft_message message = { .kind = RAFT_MESSAGE_OFFER,
						.term = 3,
						.offer = offers[i] };

		looks(&rig, "prevote+catchup", 1);
		message.offer.entries = &entry;
		message.offer.round = question_to(&rig, 3);
		(void)rig_give(&rig, 3, message);
		assert_int_equal(
		    raft_counter(rig.raft, RAFT_COUNTER_MALFORMED), 1);
		assert_int_equal(rig_status(&rig).term, 2);
		rig_stop(&rig);
	}
}

/* ------------------------------------------------------------ snapshots */

#define SIZE 100
static const char state_bytes[SIZE] = "what the members have agreed on";

static void
send_part(struct rig *rig, uint64_t from, uint64_t term,
	  struct raft_snapshot_message part, size_t length)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.part = { .data = state_bytes + part.offset, .length = length },
	};

	if (part.offset == 0) {
		content.configuration = configuration.bytes;
		content.configuration_length = configuration.length;
		content.configuration_index = 1;
	}
	part.size = SIZE;
	part.content = &content;
	(void)rig_give(rig, from,
		       (struct raft_message){ .kind = RAFT_MESSAGE_SNAPSHOT,
					      .term = term,
					      .snapshot = part });
	rig_turn(rig);
}

/** 3 gives that part, in answer to the question that is out. */
static void
give_part(struct rig *rig, uint64_t term, struct raft_entry_id snapshot,
	  uint64_t offset, size_t length, uint64_t writing)
{
	send_part(rig, 3, term,
		  (struct raft_snapshot_message){
		      .snapshot = snapshot,
		      .offset = offset,
		      .sent_at = question_to(rig, 3),
		      .writing = writing,
		  },
		  length);
}

/** Leader 2 has had 40 bytes of its snapshot stored here when it falls silent. */
static void
begins_to_receive(struct rig *rig, struct raft_entry_id snapshot)
{
	const struct raft_message *answer;

	send_part(rig, 2, 2,
		  (struct raft_snapshot_message){ .snapshot = snapshot,
						  .sequence = 10000 },
		  40);
	rig_forget(rig);
	raft_snapshot_saved(rig->raft, snapshot, 40, rig->now);
	rig_turn(rig);
	answer = rig_sent(rig, "snapshot-answer", 2);
	assert_non_null(answer);
	assert_int_equal(answer->snapshot_answer.offset, 40);
}

/** The next part that is asked for: of which snapshot, and where it begins. */
static void
asks_for(struct rig *rig, uint64_t index, uint64_t offset)
{
	const struct raft_message *fetch;

	rig_forget(rig);
	pass(rig, T / 100);
	fetch = rig_sent(rig, "catchup-fetch", 3);
	assert_non_null(fetch);
	assert_int_equal(fetch->extension.length, 48);
	assert_int_equal(get(fetch->extension.bytes + 32), index);
	assert_int_equal(get(fetch->extension.bytes + 40), offset);
}

static void
store(struct rig *rig, struct raft_entry_id snapshot)
{
	raft_snapshot_saved(rig->raft, snapshot, SIZE, rig->now);
	rig_turn(rig);
}

static void
a_snapshot_comes_part_by_part(void **state)
{
	struct rig rig;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	give_part(&rig, 7, ID(9, 3), 0, 60, 1);
	asks_for(&rig, 9, 60);
	give_part(&rig, 8, ID(9, 3), 60, 40, 1);
	rig_forget(&rig);
	pass(&rig, T / 5);
	/* Nothing is taken before it is stored, and nothing more is asked. */
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig_count(&rig, "catchup-fetch"), 0);
	store(&rig, ID(9, 3));
	assert_int_equal(rig_status(&rig).last.index, 9);
	assert_int_equal(rig_status(&rig).last.term, 3);
	assert_int_equal(rig_status(&rig).commit_index, 9);
	/* G4 and G5: the donor's term was 8 at last. */
	assert_int_equal(rig_status(&rig).term, 9);
	assert_int_equal(rig_status(&rig).vote.id, 0);
	/* Nothing of it is acknowledged, and nobody is asked before all of that
	 * is durable; then for votes, as nobody had more. */
	assert_int_equal(rig.sent_count, 0);
	pass(&rig, T / 5);
	assert_int_equal(rig.sent_count, 0);
	rig_save(&rig);
	assert_int_equal(rig.installed.index, 9);
	pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "append-answer"), 0);
	assert_int_equal(rig_count(&rig, "snapshot-answer"), 0);
	assert_non_null(rig_sent(&rig, "prevote", 2));
	rig_stop(&rig);
}

static void
parts_of_two_writings_are_not_mixed(void **state)
{
	struct rig rig;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	give_part(&rig, 3, ID(9, 3), 0, 60, 1);
	asks_for(&rig, 9, 60);
	raft_snapshot_saved(rig.raft, ID(9, 3), 60, rig.now);
	give_part(&rig, 3, ID(9, 3), 60, 40, 2);
	store(&rig, ID(9, 3));
	assert_int_equal(rig_status(&rig).last.index, 3);
	rig_stop(&rig);
}

static void
a_leader_is_told_nothing_of_what_another_gives(void **state)
{
	struct rig rig;

	(void)state;
	/* Nor where it is a snapshot of the same entry. */
	for (uint64_t index = 8; index <= 9; index++) {
		lag(&rig, "prevote+catchup", 3, 1);
		begins_to_receive(&rig, ID(index, 2));
		goes_looking(&rig);
		give_part(&rig, 3, ID(9, 2), 0, 60, 1);
		rig_forget(&rig);
		raft_snapshot_saved(rig.raft, ID(9, 2), 60, rig.now);
		rig_turn(&rig);
		assert_int_equal(rig_count(&rig, "snapshot-answer"), 0);
		raft_snapshot_damaged(rig.raft, ID(9, 2), rig.now);
		rig_turn(&rig);
		assert_int_equal(rig_count(&rig, "snapshot-answer"), 0);
		rig_stop(&rig);
	}
}

static void
a_leader_whose_snapshot_was_installed_is_told_nothing_of_another(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 1);
	send_part(&rig, 2, 2,
		  (struct raft_snapshot_message){ .snapshot = ID(8, 2),
						  .sequence = 10000 },
		  SIZE);
	store(&rig, ID(8, 2));
	rig_settle(&rig);
	assert_int_equal(rig.installed.index, 8);
	is_refused(&rig);
	answer(&rig, 3, RAFT_REFUSAL_LOG, 2);
	until_it_looks(&rig);
	seen(&rig, 2, ID(9, 2), false);
	seen(&rig, 3, ID(9, 3), false);
	give_part(&rig, 3, ID(9, 3), 0, 60, 1);
	rig_forget(&rig);
	raft_snapshot_saved(rig.raft, ID(9, 3), 60, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "snapshot-answer"), 0);
	rig_stop(&rig);
}

static void
who_hears_a_leader_installs_no_snapshot_of_others(void **state)
{
	struct rig rig;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	give_part(&rig, 7, ID(9, 3), 0, SIZE, 1);
	/* G3. */
	rig_heartbeat(&rig, 2, 2);
	store(&rig, ID(9, 3));
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

static void
a_snapshot_of_what_is_committed_here_is_left(void **state)
{
	struct rig rig;

	(void)state;
	/* G2; and one whose last entry is in the log. */
	looks(&rig, "prevote+catchup", 3);
	give_part(&rig, 7, ID(2, 2), 0, SIZE, 1);
	assert_int_equal(rig.parts, 0);
	store(&rig, ID(2, 2));
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig_status(&rig).last.index, 3);
	assert_false(rig_status(&rig).stopped);
	rig_stop(&rig);
	looks(&rig, "prevote+catchup", 1);
	give_part(&rig, 7, ID(3, 2), 0, SIZE, 1);
	assert_int_equal(rig.parts, 0);
	rig_stop(&rig);
}

static void
a_snapshot_that_nobody_asked_for_is_left(void **state)
{
	struct rig rig;
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_snapshot_content content = {
		.part = { .data = state_bytes, .length = SIZE },
		.configuration = configuration.bytes,
		.configuration_length = configuration.length,
		.configuration_index = 1,
	};
	struct raft_message part = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 7,
		.snapshot = { .snapshot = ID(9, 3), .size = SIZE,
			      .content = &content, .sent_at = 1 },
	};

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	(void)rig_give(&rig, 3, part);
	rig_turn(&rig);
	assert_int_equal(rig.parts, 0);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
	lag(&rig, "prevote", 3, 1);
	(void)rig_give(&rig, 3, part);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_MALFORMED), 1);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

/* What cannot be stored is not waited for. */
static void
a_snapshot_that_is_lost_here_is_had_from_another(void **state)
{
	struct rig rig;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	give_part(&rig, 7, ID(9, 3), 0, 60, 1);
	raft_snapshot_damaged(rig.raft, ID(9, 3), rig.now);
	rig_turn(&rig);
	rig_forget(&rig);
	pass(&rig, T / 100);
	assert_null(rig_sent(&rig, "catchup-fetch", 3));
	assert_non_null(rig_sent(&rig, "catchup-fetch", 2));
	rig_stop(&rig);
}

static void
who_cannot_join_the_entries_asks_for_the_snapshot(void **state)
{
	struct rig rig;
	const struct raft_message *fetch;

	(void)state;
	looks(&rig, "prevote+catchup", 1);
	offer(&rig, 3, 3, ID(3, 1), TERMS(3), 1, ID(4, 3));
	rig_forget(&rig);
	pass(&rig, T / 100);
	fetch = rig_sent(&rig, "catchup-fetch", 3);
	assert_non_null(fetch);
	assert_int_equal(get(fetch->extension.bytes + 8), 0);
	assert_int_equal(get(fetch->extension.bytes + 16), 0);
	rig_stop(&rig);
}

/* --------------------------------------------------------- who has entries */

/** 3 asks it for its log, of which it has so much. */
static void
is_asked(struct rig *rig, struct raft_entry_id tip, uint64_t known)
{
	rig_forget(rig);
	say(rig, 3, LOOK, 5, ID(0, 0), 0);
	say(rig, 3, FETCH, 6, tip, known);
}

static void
gives(struct rig *rig, struct raft_entry_id tip, uint64_t known,
      uint64_t previous)
{
	const struct raft_message *offered;

	is_asked(rig, tip, known);
	offered = rig_sent(rig, "offer", 3);
	assert_non_null(offered);
	assert_int_equal(offered->offer.round, 6);
	assert_int_equal(offered->offer.previous.index, previous);
	assert_int_equal(offered->offer.last.index, 3);
	assert_int_equal(offered->offer.tip.index, 3);
	assert_int_equal(offered->offer.tip.term, 2);
}

static void
gives_nothing(struct rig *rig, struct raft_entry_id tip, uint64_t known)
{
	is_asked(rig, tip, known);
	assert_null(rig_sent(rig, "offer", 3));
	assert_non_null(rig_sent(rig, "catchup-none", 3));
}

static void
who_has_the_newer_log_gives_it(void **state)
{
	struct rig rig;
	const struct raft_message *said;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 1);
	pass(&rig, T);
	/* Behind what it knows of the asker's log; else from where it is sure. */
	gives(&rig, ID(2, 2), 1, 2);
	gives(&rig, ID(9, 1), 1, 1);
	said = rig_sent(&rig, "catchup-seen", 3);
	assert_non_null(said);
	assert_int_equal(said->extension.round, 5);
	assert_int_equal(said->extension.bytes[0], 2);
	assert_int_equal(said->extension.bytes[8], 3);
	/* It has not asked anybody itself. */
	assert_int_equal(said->extension.bytes[16], 0);
	gives_nothing(&rig, ID(3, 2), 3);
	gives_nothing(&rig, ID(1, 3), 1);
	gives_nothing(&rig, ID(9, 1), 4);
	rig_stop(&rig);
}

static void
who_hears_a_leader_or_leads_gives_nothing(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 1);
	pass(&rig, T / 2);
	gives_nothing(&rig, ID(2, 2), 1);
	assert_null(rig_sent(&rig, "catchup-seen", 3));
	rig_stop(&rig);
	rig_start(&rig, &(struct rig_options){ .build = "prevote+catchup" });
	rig_time_out(&rig);
	answer(&rig, 2, RAFT_REFUSAL_NONE, 1);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	gives_nothing(&rig, ID(1, 1), 1);
	rig_stop(&rig);
}

static void
what_was_compacted_cannot_be_given(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 3);
	raft_applied(rig.raft, 3);
	assert_int_equal(rig_compact(&rig, 2), RAFT_OK);
	pass(&rig, T);
	gives_nothing(&rig, ID(1, 1), 1);
	gives(&rig, ID(2, 2), 1, 2);
	rig_stop(&rig);
}

/** 3, that has one entry, asks for the part of that snapshot at `offset`. */
static const struct raft_message *
part_of(struct rig *rig, uint64_t from, struct raft_entry_id snapshot,
	uint64_t offset)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = 3,
		.extension = { .module = CATCHUP, .type = FETCH, .round = 6,
			       .length = 48 },
	};

	put(message.extension.bytes, 1);
	put(message.extension.bytes + 8, 1);
	put(message.extension.bytes + 16, 1);
	put(message.extension.bytes + 24, snapshot.term);
	put(message.extension.bytes + 32, snapshot.index);
	put(message.extension.bytes + 40, offset);
	rig_forget(rig);
	(void)rig_give(rig, from, message);
	rig_turn(rig);
	return rig_sent(rig, "snapshot", from);
}

static void
what_was_compacted_is_given_as_a_snapshot(void **state)
{
	struct rig rig;
	const struct raft_message *part;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "prevote+catchup",
					       .snapshot_part_bytes = 60 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2, 2), 2, 3);
	rig_settle(&rig);
	raft_applied(rig.raft, 3);
	assert_int_equal(raft_snapshot_taken(rig.raft, 2, SIZE), RAFT_OK);
	pass(&rig, T);
	part = part_of(&rig, 3, ID(0, 0), 0);
	assert_non_null(part);
	assert_int_equal(part->snapshot.snapshot.index, 2);
	assert_int_equal(part->snapshot.sequence, 0);
	assert_int_equal(part->snapshot.sent_at, 6);
	assert_int_equal(part->snapshot.offset, 0);
	assert_int_equal(part->snapshot.content->part.length, 60);
	assert_non_null(part->snapshot.content->configuration);
	part = part_of(&rig, 3, ID(2, 2), 60);
	assert_int_equal(part->snapshot.offset, 60);
	assert_int_equal(part->snapshot.content->part.length, 40);
	assert_null(part->snapshot.content->configuration);
	/* Behind its end there is none; nor for another meanwhile. */
	assert_null(part_of(&rig, 3, ID(2, 2), SIZE + 1));
	assert_null(part_of(&rig, 2, ID(0, 0), 0));
	assert_int_equal(raft_snapshot_oldest(rig.raft), 2);
	/* It is kept until a leader is heard. */
	raft_applied(rig.raft, 3);
	assert_int_equal(raft_snapshot_taken(rig.raft, 3, SIZE), RAFT_OK);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 2);
	rig_heartbeat(&rig, 3, 3);
	assert_int_equal(raft_snapshot_oldest(rig.raft), 3);
	rig_stop(&rig);
}

static void
who_forgot_what_is_committed_is_given_all_that_is_left(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 3);
	raft_applied(rig.raft, 3);
	assert_int_equal(rig_compact(&rig, 2), RAFT_OK);
	pass(&rig, T);
	/* Its log is longer and another's, and it has no snapshot. */
	gives(&rig, ID(4, 1), 0, 2);
	gives(&rig, ID(2, 1), 1, 2);
	rig_stop(&rig);
}

static void
who_has_no_vote_gives_its_log(void **state)
{
	struct rig rig;
	const struct raft_message *offered;

	(void)state;
	lag_with_a_learner(&rig, 1);
	pass(&rig, T);
	is_asked(&rig, ID(2, 2), 1);
	assert_non_null(rig_sent(&rig, "catchup-seen", 3));
	offered = rig_sent(&rig, "offer", 3);
	assert_non_null(offered);
	assert_int_equal(offered->offer.tip.index, 4);
	rig_stop(&rig);
}

static void
who_was_answered_by_a_majority_says_so(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 1);
	is_refused(&rig);
	rig_forget(&rig);
	say(&rig, 3, LOOK, 5, ID(0, 0), 0);
	assert_int_equal(
	    rig_sent(&rig, "catchup-seen", 3)->extension.bytes[16], 1);
	pass(&rig, 2 * T);
	rig_forget(&rig);
	say(&rig, 3, LOOK, 5, ID(0, 0), 0);
	assert_int_equal(
	    rig_sent(&rig, "catchup-seen", 3)->extension.bytes[16], 0);
	rig_stop(&rig);
}

static void
a_stranger_gets_nothing(void **state)
{
	struct rig rig;

	(void)state;
	lag(&rig, "prevote+catchup", 3, 1);
	pass(&rig, T);
	rig_forget(&rig);
	say(&rig, 9, LOOK, 5, ID(0, 0), 0);
	say(&rig, 9, FETCH, 6, ID(1, 1), 1);
	assert_null(rig_sent(&rig, "catchup-seen", 9));
	assert_null(rig_sent(&rig, "offer", 9));
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_refused_for_its_log_looks_for_a_newer_one),
		cmocka_unit_test(while_a_majority_hears_a_leader_nobody_looks),
		cmocka_unit_test(who_hears_a_leader_meanwhile_stops_looking),
		cmocka_unit_test(
		    the_newest_log_is_fetched_and_then_votes_are_asked_for),
		cmocka_unit_test(entries_come_in_parts),
		cmocka_unit_test(one_is_asked_at_a_time_and_then_the_next),
		cmocka_unit_test(who_could_be_elected_is_given_the_time),
		cmocka_unit_test(answers_may_take_longer_than_a_heartbeat),
		cmocka_unit_test(what_it_has_begun_outlives_its_candidacy),
		cmocka_unit_test(one_that_was_elected_meanwhile_is_left_alone),
		cmocka_unit_test(who_has_no_vote_is_asked_for_its_log),
		cmocka_unit_test(another_configuration_ends_the_round),
		cmocka_unit_test(only_a_later_tip_is_followed),
		cmocka_unit_test(what_is_committed_stays),
		cmocka_unit_test(the_term_is_later_than_both),
		cmocka_unit_test(what_it_cannot_honour_costs_no_term),
		cmocka_unit_test(what_it_took_is_acknowledged_to_no_leader),
		cmocka_unit_test(
		    what_a_leader_has_ended_does_not_go_on_when_it_closes),
		cmocka_unit_test(a_donor_that_closes_is_not_waited_for),
		cmocka_unit_test(what_nobody_asked_for_is_left),
		cmocka_unit_test(an_offer_that_cannot_be_is_counted),
		cmocka_unit_test(a_snapshot_comes_part_by_part),
		cmocka_unit_test(parts_of_two_writings_are_not_mixed),
		cmocka_unit_test(a_leader_is_told_nothing_of_what_another_gives),
		cmocka_unit_test(
		    a_leader_whose_snapshot_was_installed_is_told_nothing_of_another),
		cmocka_unit_test(
		    who_hears_a_leader_installs_no_snapshot_of_others),
		cmocka_unit_test(a_snapshot_of_what_is_committed_here_is_left),
		cmocka_unit_test(a_snapshot_that_nobody_asked_for_is_left),
		cmocka_unit_test(
		    a_snapshot_that_is_lost_here_is_had_from_another),
		cmocka_unit_test(
		    who_cannot_join_the_entries_asks_for_the_snapshot),
		cmocka_unit_test(who_has_the_newer_log_gives_it),
		cmocka_unit_test(who_hears_a_leader_or_leads_gives_nothing),
		cmocka_unit_test(what_was_compacted_cannot_be_given),
		cmocka_unit_test(what_was_compacted_is_given_as_a_snapshot),
		cmocka_unit_test(
		    who_forgot_what_is_committed_is_given_all_that_is_left),
		cmocka_unit_test(who_has_no_vote_gives_its_log),
		cmocka_unit_test(who_was_answered_by_a_majority_says_so),
		cmocka_unit_test(a_stranger_gets_nothing),
	};

	return rig_run(tests);
}

/*
 * A node whose log has lost entries: what it asks for, what it says meanwhile and what not,
 * and what it does if nobody has them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One node, of the build without modules, is member 1 of three; the test is the others. Its log is an array; which of
 * its entries cannot be read the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "assists/node/node.h"

#define LOG_MAX 6000
#define SENT_MAX 256
#define TIMEOUT_US 1000000
#define FETCH_US 8000000

/** How long it has patience; 0: as long as it does where nobody has said. */
static uint64_t fetch_us = FETCH_US;

static struct {
	struct raft_node *node;
	uint64_t now;
	/** The log: the term of each entry. */
	uint64_t terms[LOG_MAX];
	uint64_t last, token;
	bool is_lost[LOG_MAX];
	/** What it was given by mend(), and did not say yet. */
	uint64_t given;
	uint64_t given_up;
	/** What it asked for last, and how often. */
	struct raft_entry_id asked;
	size_t asked_count;
	unsigned int asks;
	uint64_t applied;
	bool stopped;
	unsigned int elected;
	struct raft_message sent[SENT_MAX];
	size_t sent_count;
	uint64_t sequence;
} t;

/* ------------------------------------------------------------------ its tables */

static void
log_save(void *log, const struct raft_save *save)
{
	(void)log;
	if (save->truncate_from != 0)
		t.last = save->truncate_from - 1;
	for (size_t i = 0; i < save->entry_count; i++) {
		t.terms[++t.last] = save->entries[i].term;
		t.is_lost[t.last] = false;
	}
	t.token = save->token;
}

static void
log_flush(void *log)
{
	(void)log;
	raft_node_saved(t.node, t.token);
}

static size_t
log_read(void *log, uint64_t first, size_t count, size_t bytes_max,
	 struct raft_entry *entries)
{
	size_t n = 0;

	(void)log;
	(void)bytes_max;
	for (; n < count && first + n <= t.last; n++) {
		struct raft_entry_id id = { first + n, t.terms[first + n] };

		if (t.is_lost[id.index]) {
			raft_node_lost(t.node, &id, 1);
			break;
		}
		entries[n] = (struct raft_entry){
			id.index, id.term, RAFT_ENTRY_DATA, { "x", 1, NULL }
		};
	}
	return n;
}

static bool
log_mend(void *log, const struct raft_entry *entry)
{
	(void)log;
	t.given = entry->index;
	return true;
}

static void
log_give_up(void *log, struct raft_entry_id entry)
{
	(void)log;
	t.given_up = entry.index;
}

static void
transport_send(void *transport, const struct raft_message *message)
{
	(void)transport;
	if (t.sent_count < SENT_MAX)
		t.sent[t.sent_count++] = *message;
}

static bool
machine_apply(void *machine, const struct raft_entry *entries, size_t count)
{
	(void)machine;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(entries[i].index, ++t.applied);
	return true;
}

static void
machine_event(void *machine, const struct raft_event *event)
{
	(void)machine;
	t.stopped |= event->kind == RAFT_EVENT_STOPPED;
	t.elected +=
	    event->kind == RAFT_EVENT_ROLE && event->role == RAFT_LEADER;
}

static void
fetch(void *context, const struct raft_entry_id *entries, size_t count)
{
	(void)context;
	assert_true(count > 0);
	t.asked = entries[0];
	t.asked_count = count;
	t.asks++;
}

static const struct raft_node_log log_table = {
	.save = log_save,
	.flush = log_flush,
	.read = log_read,
	.mend = log_mend,
	.give_up = log_give_up,
};
static const struct raft_node_transport transport_table = { transport_send };
static const struct raft_node_machine machine_table = {
	.apply = machine_apply,
	.event = machine_event,
};

/* ------------------------------------------------------------------ its world */

static void
turn(void)
{
	t.sent_count = 0;
	raft_node_turn(t.node, t.now);
}

/* As time goes by; what was sent in it counts. */
static void
wait_for(uint64_t us)
{
	t.sent_count = 0;
	for (uint64_t end = t.now + us; t.now < end; t.now += 10000)
		raft_node_turn(t.node, t.now);
}

static struct raft_status
status(void)
{
	struct raft_status status;

	raft_status(raft_node_raft(t.node), &status);
	return status;
}

/* An append of leader 2 in its term; `count` entries behind `previous`. */
static void
append(uint64_t term, uint64_t previous, size_t count, uint64_t commit_index)
{
	static struct raft_entry entries[LOG_MAX];
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.from = { 2, 1 },
		.to = { 1, 1 },
		.term = term,
		.append = {
			.previous = { previous, t.terms[previous] },
			.last = { previous, t.terms[previous] },
			.entries = entries,
			.commit_index = commit_index,
			.sent_at = t.now,
			.sequence = ++t.sequence,
		},
	};

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct raft_entry){ previous + 1 + i,
						  term,
						  RAFT_ENTRY_DATA,
						  { "x", 1, NULL } };
	if (count > 0)
		message.append.last =
		    (struct raft_entry_id){ previous + count, term };
	raft_receive(raft_node_raft(t.node), &message, t.now);
	turn();
}

/* The match index that was acknowledged in the last turns; 0: nothing was. */
static uint64_t
acknowledged(void)
{
	uint64_t match = 0;

	for (size_t i = 0; i < t.sent_count; i++)
		if (t.sent[i].kind == RAFT_MESSAGE_APPEND_ANSWER &&
		    t.sent[i].append_answer.verdict == RAFT_APPEND_ACCEPTED)
			match = t.sent[i].append_answer.match_index;
	return match;
}

static bool
was_sent(enum raft_message_kind kind, uint64_t to)
{
	for (size_t i = 0; i < t.sent_count; i++)
		if (t.sent[i].kind == kind && t.sent[i].to.id == to)
			return true;
	return false;
}

static void
begin(void)
{
	static const struct raft_stored nothing;
	struct raft_member members[3];
	struct raft_configuration configuration = {
		.election_timeout_us = TIMEOUT_US,
		.members = members,
		.member_count = 3,
	};
	struct raft_node_options options = {
		.raft = { .self = { 1, 1 }, .seed = 1 },
		.log = &log_table,
		.transport = &transport_table,
		.machine = &machine_table,
		.fetch = fetch,
		.fetch_us = fetch_us,
	};

	memset(&t, 0, sizeof(t));
	t.now = 1000000;
	for (uint64_t i = 0; i < 3; i++)
		members[i] = (struct raft_member){
			.identity = { i + 1, 1 },
			.role = RAFT_MEMBER_VOTER,
		};
	assert_int_equal(raft_node_create(&options, &nothing, t.now, &t.node),
			 RAFT_OK);
	assert_int_equal(
	    raft_bootstrap(raft_node_raft(t.node), &configuration, t.now),
	    RAFT_OK);
	turn();
}

/* A follower of 2 that has entries up to 10, of which it knows 6 to be committed. */
static void
begin_to_follow(void)
{
	begin();
	append(5, 1, 9, 6);
	assert_int_equal(acknowledged(), 10);
	assert_int_equal(t.applied, 6);
}

static void
lose(uint64_t index)
{
	struct raft_entry_id id = { index, t.terms[index] };

	t.is_lost[index] = true;
	raft_node_lost(t.node, &id, 1);
	turn();
}

static void
find_again(uint64_t index)
{
	t.is_lost[index] = false;
	raft_node_mended(t.node, index);
	turn();
}

/* Its voters are all for it; the others have what it has, up to `match`. */
static void
begin_to_lead(uint64_t match)
{
	struct raft_message message = { .from = { 3, 1 }, .to = { 1, 1 } };

	raft_campaign(raft_node_raft(t.node), t.now);
	turn();
	for (int round = 0; round < 3; round++) {
		size_t count = t.sent_count;
		struct raft_message sent[SENT_MAX];

		memcpy(sent, t.sent, count * sizeof(sent[0]));
		for (size_t i = 0; i < count; i++) {
			message.term = sent[i].term;
			if (sent[i].to.id != 3)
				continue;
			if (sent[i].kind == RAFT_MESSAGE_VOTE) {
				message.kind = RAFT_MESSAGE_VOTE_ANSWER;
				message.vote_answer = (struct raft_vote_answer){
					.asked_term = sent[i].term,
					.tip = sent[i].vote.tip,
				};
			} else if (sent[i].kind == RAFT_MESSAGE_APPEND) {
				message.kind = RAFT_MESSAGE_APPEND_ANSWER;
				message.append_answer =
				    (struct raft_append_answer){
					    .verdict = RAFT_APPEND_ACCEPTED,
					    .match_index = match,
					    .sent_at = sent[i].append.sent_at,
					    .sequence = sent[i].append.sequence,
				    };
			} else {
				continue;
			}
			raft_receive(raft_node_raft(t.node), &message, t.now);
		}
		turn();
	}
}

static int
end(void **state)
{
	(void)state;
	raft_node_destroy(t.node);
	return 0;
}

/* ------------------------------------------------------------------ the tests */

static void
what_is_lost_is_asked_for_until_it_is_there(void **state)
{
	(void)state;
	begin_to_follow();
	t.is_lost[8] = true;
	append(5, 10, 0, 10);
	/* What comes before is applied. */
	assert_int_equal(t.applied, 7);
	wait_for(10000);
	assert_int_equal(t.asks, 1);
	assert_int_equal(t.asked.index, 8);
	assert_int_equal(t.asked.term, 5);
	assert_true(raft_node_deadline(t.node) > t.now);
	wait_for(1000000);
	assert_in_range(t.asks, 2, 6);
	assert_int_equal(t.applied, 7);
	/* It sleeps in between. */
	assert_true(raft_node_deadline(t.node) > t.now);
	find_again(8);
	assert_int_equal(t.applied, 10);
	t.asks = 0;
	wait_for(FETCH_US / 2);
	assert_int_equal(t.asks, 0);
	assert_false(t.stopped);
}

static void
only_what_was_asked_for_is_taken(void **state)
{
	struct raft_entry entry = { 8, 5, RAFT_ENTRY_DATA, { "x", 1, NULL } };

	(void)state;
	begin_to_follow();
	raft_node_fetched(t.node, &entry);
	assert_int_equal(t.given, 0);
	lose(8);
	entry.term = 4;
	raft_node_fetched(t.node, &entry);
	entry.index = 9;
	entry.term = 5;
	raft_node_fetched(t.node, &entry);
	entry.index = 8;
	entry.kind = 0;
	raft_node_fetched(t.node, &entry);
	entry.kind = (enum raft_entry_kind)4;
	raft_node_fetched(t.node, &entry);
	assert_int_equal(t.given, 0);
	entry.kind = RAFT_ENTRY_DATA;
	raft_node_fetched(t.node, &entry);
	assert_int_equal(t.given, 8);
}

static void
the_very_entry_is_looked_up(void **state)
{
	struct raft_entry entry;

	(void)state;
	begin_to_follow();
	assert_true(
	    raft_node_look_up(t.node, (struct raft_entry_id){ 8, 5 }, &entry));
	assert_int_equal(entry.index, 8);
	assert_false(
	    raft_node_look_up(t.node, (struct raft_entry_id){ 8, 4 }, &entry));
	assert_false(
	    raft_node_look_up(t.node, (struct raft_entry_id){ 11, 5 }, &entry));
}

/* That it had it was true when it was said; to say it again would not be. */
static void
what_is_in_doubt_is_not_acknowledged_again(void **state)
{
	(void)state;
	begin_to_follow();
	lose(8);
	append(5, 10, 0, 6);
	assert_int_equal(acknowledged(), 0);
	append(5, 10, 2, 6);
	assert_int_equal(acknowledged(), 0);
	find_again(8);
	append(5, 12, 0, 6);
	assert_int_equal(acknowledged(), 12);
	/* Once it is known to be committed others have it, and it is no question of this
	 * member's. */
	lose(9);
	append(5, 12, 0, 6);
	assert_int_equal(acknowledged(), 0);
	append(5, 12, 0, 12);
	append(5, 12, 0, 12);
	assert_int_equal(acknowledged(), 12);
}

/* Index and term of what it has are known: so it votes for whoever has as much. */
static void
a_vote_is_given_as_before(void **state)
{
	struct raft_message ask = {
		.kind = RAFT_MESSAGE_VOTE,
		.from = { 3, 1 },
		.to = { 1, 1 },
		.term = 6,
		.vote.tip = { 9, 5 },
	};

	(void)state;
	begin_to_follow();
	lose(10);
	wait_for(2 * TIMEOUT_US - 500000);
	ask.term = status().term + 1;
	raft_receive(raft_node_raft(t.node), &ask, t.now);
	turn();
	assert_true(was_sent(RAFT_MESSAGE_VOTE_ANSWER, 3));
	assert_int_not_equal(t.sent[t.sent_count - 1].vote_answer.refusal,
			     RAFT_REFUSAL_NONE);
}

static void
what_another_leader_cuts_off_is_not_lost(void **state)
{
	(void)state;
	begin_to_follow();
	lose(8);
	append(7, 7, 2, 6);
	assert_int_equal(acknowledged(), 9);
	append(7, 9, 0, 9);
	assert_int_equal(t.applied, 9);
	t.asks = 0;
	wait_for(500000);
	assert_int_equal(t.asks, 0);
}

static void
who_is_given_none_that_it_needs_stops(void **state)
{
	(void)state;
	begin_to_follow();
	t.is_lost[8] = true;
	append(5, 10, 0, 10);
	wait_for(FETCH_US + 100000);
	assert_int_equal(t.given_up, 8);
	assert_true(t.stopped);
	/* And sleeps. */
	t.asks = 0;
	wait_for(500000);
	assert_int_equal(t.asks, 0);
	assert_true(raft_node_deadline(t.node) > t.now);
}

/* What others wait for, and what it has only lost, are no reason to stop. */
static void
who_needs_none_goes_on(void **state)
{
	(void)state;
	begin_to_follow();
	lose(3);
	wait_for(3 * FETCH_US);
	assert_int_equal(t.given_up, 0);
	assert_false(t.stopped);
	assert_true(t.asks > 3);
}

/* A leader is there, to whom it can say nothing. */
static void
who_cannot_say_what_it_has_stops(void **state)
{
	(void)state;
	begin_to_follow();
	lose(8);
	append(5, 10, 0, 6);
	assert_int_equal(acknowledged(), 0);
	wait_for(FETCH_US + 100000);
	assert_int_equal(t.given_up, 8);
	assert_true(t.stopped);
}

/* It would count itself for what it may not have. */
static void
a_leader_hands_over_what_is_not_committed(void **state)
{
	(void)state;
	begin_to_follow();
	begin_to_lead(10);
	assert_int_equal(status().role, RAFT_LEADER);
	assert_int_equal(status().commit_index, 6);
	lose(10);
	turn();
	assert_int_equal(status().transfer_target, 3);
	/* Nobody took over: then nobody leads, and it is the same again. */
	for (int n = 0; status().role == RAFT_LEADER; n++) {
		assert_in_range(n, 0, 1000);
		wait_for(10000);
	}
	assert_int_equal(t.elected, 1);
	begin_to_lead(10);
	assert_int_equal(t.elected, 2);
	turn();
	assert_true(status().role != RAFT_LEADER ||
		    status().transfer_target == 3);
}

/* One that leads on owes it again for the next. */
static void
a_leader_hands_over_whatever_was_mended_before(void **state)
{
	(void)state;
	begin_to_follow();
	begin_to_lead(10);
	lose(3);
	assert_int_equal(status().transfer_target, 0);
	find_again(3);
	lose(10);
	turn();
	assert_int_equal(status().transfer_target, 3);
}

/* At once, then after 0.2 s, and after twice as long up to 1.6 s. */
static void
it_is_asked_for_ever_less_often(void **state)
{
	static const uint64_t pauses[] = { 200000,  400000,  800000,
					   1600000, 1600000, 1600000 };
	size_t asks = 1;

	(void)state;
	fetch_us = 60000000;
	begin_to_follow();
	fetch_us = FETCH_US;
	t.is_lost[8] = true;
	append(5, 10, 0, 10);
	turn();
	assert_int_equal(t.asks, 1);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		t.now += pauses[i] - 1;
		turn();
		assert_int_equal(t.asks, asks);
		t.now += 1;
		turn();
		assert_int_equal(t.asks, ++asks);
	}
}

static void
expect_asks_after(uint64_t us, size_t asks)
{
	t.now += us - 1;
	turn();
	assert_int_equal(t.asks, asks - 1);
	t.now += 1;
	turn();
	assert_int_equal(t.asks, asks);
}

/* Somebody gives something: what is left is asked for as often as in the beginning. */
static void
one_that_is_had_again_makes_it_ask_for_the_others_sooner(void **state)
{
	(void)state;
	fetch_us = 60000000;
	begin_to_follow();
	fetch_us = FETCH_US;
	t.is_lost[8] = true;
	append(5, 10, 0, 10);
	turn();
	lose(9);
	assert_int_equal(t.asks, 1);
	expect_asks_after(200000, 2);
	expect_asks_after(400000, 3);
	/* Not later than it would have been. */
	t.now += 700000;
	turn();
	find_again(9);
	expect_asks_after(100000, 4);
	lose(9);
	/* The next pauses are short again. */
	expect_asks_after(200000, 5);
	expect_asks_after(400000, 6);
	find_again(9);
	expect_asks_after(200000, 7);
	expect_asks_after(200000, 8);
}

/* For ten seconds, if nobody has said. */
static void
it_is_waited_for_to_the_microsecond(void **state)
{
	static const uint64_t patience[] = { 0, 5000000 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fetch_us = patience[i];
		begin_to_follow();
		fetch_us = FETCH_US;
		t.is_lost[8] = true;
		append(5, 10, 0, 10);
		turn();
		t.now += (patience[i] == 0 ? 10000000 : patience[i]) - 1;
		turn();
		assert_int_equal(t.given_up, 0);
		assert_false(t.stopped);
		t.now += 1;
		turn();
		turn();
		assert_int_equal(t.given_up, 8);
		assert_true(t.stopped);
		if (i == 0)
			raft_node_destroy(t.node);
	}
}

static void
a_leader_keeps_what_is_committed(void **state)
{
	(void)state;
	begin_to_follow();
	begin_to_lead(11);
	assert_int_equal(status().commit_index, 11);
	lose(3);
	lose(11);
	turn();
	assert_int_equal(status().transfer_target, 0);
	assert_int_equal(status().role, RAFT_LEADER);
}

static void
no_more_is_asked_for_than_can_be_mended(void **state)
{
	(void)state;
	begin();
	append(5, 1, 5000, 1);
	for (uint64_t i = 2; i <= 5001; i++) {
		struct raft_entry_id id = { i, 5 };

		t.is_lost[i] = true;
		raft_node_lost(t.node, &id, 1);
	}
	wait_for(10000);
	assert_int_equal(t.asked_count, 4096);
	assert_false(t.stopped);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, end)
		TEST(what_is_lost_is_asked_for_until_it_is_there),
		TEST(only_what_was_asked_for_is_taken),
		TEST(the_very_entry_is_looked_up),
		TEST(what_is_in_doubt_is_not_acknowledged_again),
		TEST(a_vote_is_given_as_before),
		TEST(what_another_leader_cuts_off_is_not_lost),
		TEST(who_is_given_none_that_it_needs_stops),
		TEST(who_needs_none_goes_on),
		TEST(who_cannot_say_what_it_has_stops),
		TEST(a_leader_hands_over_what_is_not_committed),
		TEST(a_leader_keeps_what_is_committed),
		TEST(no_more_is_asked_for_than_can_be_mended),
		TEST(a_leader_hands_over_whatever_was_mended_before),
		TEST(it_is_asked_for_ever_less_often),
		TEST(one_that_is_had_again_makes_it_ask_for_the_others_sooner),
		TEST(it_is_waited_for_to_the_microsecond),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

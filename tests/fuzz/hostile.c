/*
 * Messages that are hostile in just one way each: whether one fits the moment,
 * and where it must be counted.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/world.h"

static bool
absurd_term(struct world *w, struct raft_message *message)
{
	sensible_message(w, message);
	message->term = UINT64_MAX - chance_below(&w->chance, 9);
	return true;
}

static bool
term_leap(struct world *w, struct raft_message *message)
{
	sensible_message(w, message);
	message->term = w->status.term + (UINT64_C(1) << 40) + 1;
	return true;
}

static bool
another_incarnation(struct world *w, struct raft_message *message)
{
	sensible_message(w, message);
	message->to.incarnation++;
	return true;
}

static bool
another_server(struct world *w, struct raft_message *message)
{
	sensible_message(w, message);
	message->to.id = PEERS_MAX + 1;
	return true;
}

static bool
unknown_kind(struct world *w, struct raft_message *message)
{
	address(w, (enum raft_message_kind)(200 +
		chance_below(&w->chance, 55)), w->status.term, message);
	return true;
}

static bool
index_near_the_end(struct world *w, struct raft_message *message)
{
	sensible_append(w, message);
	message->append.previous.index = message->append.last.index =
		UINT64_MAX - chance_below(&w->chance, 9);
	message->append.entries = NULL;
	return true;
}

static bool
term_beyond_its_own(struct world *w, struct raft_message *message)
{
	sensible_append(w, message);
	message->append.previous = message->append.last =
		(struct raft_entry_id){ w->status.last.index + 1,
					message->term + 1 };
	message->append.entries = NULL;
	return true;
}

static bool
commit_near_the_end(struct world *w, struct raft_message *message)
{
	sensible_append(w, message);
	message->append.commit_index = UINT64_MAX - chance_below(&w->chance, 9);
	return true;
}

static bool
entry_of_no_term(struct world *w, struct raft_message *message)
{
	sensible_append(w, message);
	w->room.entries[0] = (struct raft_entry){
		1, 0, RAFT_ENTRY_DATA, { NULL, 0, NULL },
	};
	message->append.previous = (struct raft_entry_id){ 0, 0 };
	message->append.last = (struct raft_entry_id){ 1, 0 };
	message->append.entries = w->room.entries;
	return true;
}

static bool
terms_that_fall(struct world *w, struct raft_message *message)
{
	sensible_append(w, message);
	if (message->append.entries == NULL)
		return false;
	w->room.entries[0].term = w->status.last.term - 1;
	if (message->append.last.index == message->append.previous.index + 1)
		message->append.last.term = w->status.last.term - 1;
	return w->status.last.term > 1;
}

static bool
tip_near_the_end(struct world *w, struct raft_message *message)
{
	address(w, RAFT_MESSAGE_VOTE, w->status.term + 1, message);
	message->vote.tip.index = UINT64_MAX - chance_below(&w->chance, 9);
	return true;
}

static bool
expects_answer(struct world *w, struct raft_identity from)
{
	struct raft_member_status member;
	size_t i;

	for (i = 0; raft_member_status(w->raft, i, &member); i++)
		if (member.identity.id == from.id &&
		    member.identity.incarnation == from.incarnation)
			return w->status.role == RAFT_LEADER;
	return false;
}

static bool
answer_from_a_stranger(struct world *w, struct raft_message *message)
{
	address(w, RAFT_MESSAGE_APPEND_ANSWER, w->status.term, message);
	message->append_answer.verdict = RAFT_APPEND_ACCEPTED;
	message->from.id = 1000;
	return w->status.role == RAFT_LEADER;
}

static bool
echo_of_a_later_time(struct world *w, struct raft_message *message)
{
	sensible_append_answer(w, message);
	message->append_answer.sent_at = w->now + 1;
	return expects_answer(w, message->from);
}

static bool
echo_of_a_later_append(struct world *w, struct raft_message *message)
{
	sensible_append_answer(w, message);
	message->append_answer.sequence =
		UINT64_MAX - chance_below(&w->chance, 9);
	return expects_answer(w, message->from);
}

static bool
match_beyond_the_log(struct world *w, struct raft_message *message)
{
	sensible_append_answer(w, message);
	message->append_answer.sequence = 0;
	message->append_answer.match_index = w->status.last.index + 1;
	return expects_answer(w, message->from);
}

static bool
rival_leader(struct world *w, struct raft_message *message)
{
	sensible_append(w, message);
	message->from.id += 1000;
	return w->status.role == RAFT_FOLLOWER && w->status.leader != 0;
}

/* Each: whether it fits the moment, and where it is counted. */
static const struct hostility {
	const char *name;
	bool (*make)(struct world *w, struct raft_message *message);
	enum raft_counter counter;
} hostilities[] = {
#define HOSTILE(make, counter) { #make, make, RAFT_COUNTER_##counter }
	HOSTILE(absurd_term, ABSURD_TERM),
	HOSTILE(term_leap, ABSURD_TERM),
	HOSTILE(another_incarnation, MISADDRESSED),
	HOSTILE(another_server, MISADDRESSED),
	HOSTILE(unknown_kind, UNKNOWN_KIND),
	HOSTILE(index_near_the_end, ABSURD_INDEX),
	HOSTILE(term_beyond_its_own, MALFORMED),
	HOSTILE(commit_near_the_end, ABSURD_INDEX),
	HOSTILE(entry_of_no_term, MALFORMED),
	HOSTILE(terms_that_fall, MALFORMED),
	HOSTILE(tip_near_the_end, ABSURD_INDEX),
	HOSTILE(answer_from_a_stranger, STRANGER),
	HOSTILE(echo_of_a_later_time, FUTURE_ECHO),
	HOSTILE(echo_of_a_later_append, FUTURE_ECHO),
	HOSTILE(match_beyond_the_log, ABSURD_INDEX),
	HOSTILE(rival_leader, RIVAL_LEADER),
#undef HOSTILE
};
#define HOSTILITY_COUNT (sizeof(hostilities) / sizeof(hostilities[0]))

/* How often each was tried; last, contradict(). */
static unsigned long tried[HOSTILITY_COUNT + 1];

static uint64_t
count_drops(const struct world *w)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < RAFT_COUNTER_COUNT; i++)
		if (i != RAFT_COUNTER_OUTBOX_FULL)
			sum += raft_counter(w->raft, i);
	return sum;
}

void
be_hostile(struct world *w)
{
	size_t n = (size_t)chance_below(&w->chance, HOSTILITY_COUNT);
	const struct hostility *h = &hostilities[n];
	uint64_t drops = count_drops(w);
	uint64_t counted = raft_counter(w->raft, h->counter);
	struct raft_status before = w->status;
	struct raft_message message;

	if (w->status.term > UINT64_C(1) << 61 || !h->make(w, &message))
		return;
	tried[n]++;
	receive_encoded(w, &message, 0);
	if (raft_counter(w->raft, h->counter) != counted + 1 ||
	    count_drops(w) != drops + 1) {
		fprintf(stderr, "not counted once as %s: %s\n",
			raft_counter_name(h->counter), h->name);
		abort();
	}
	check_status(w);
	must(w->status.term == before.term);
	must(w->status.role == before.role);
	must(w->status.leader == before.leader);
	must(w->status.last.index == before.last.index);
	must(w->status.commit_index == before.commit_index);
}

void
contradict(struct world *w)
{
	const struct raft_entry lie = {
		w->status.commit_index, w->status.term + 1, RAFT_ENTRY_NOOP,
		{ NULL, 0, NULL },
	};
	struct raft_message message;
	uint64_t counted = raft_counter(w->raft, RAFT_COUNTER_CONTRADICTION);

	if (w->status.commit_index < 2 || w->status.stopped ||
	    w->status.term > UINT64_C(1) << 61)
		return;
	tried[HOSTILITY_COUNT]++;
	address(w, RAFT_MESSAGE_APPEND, lie.term, &message);
	message.append.previous = (struct raft_entry_id){ lie.index - 1, 1 };
	message.append.last = (struct raft_entry_id){ lie.index, lie.term };
	message.append.entries = &lie;
	message.append.commit_index = lie.index;
	message.append.sent_at = message.append.sequence = w->now;
	receive_encoded(w, &message, 0);
	must(raft_counter(w->raft, RAFT_COUNTER_CONTRADICTION) == counted + 1);
	check_status(w);
	must(w->status.stopped);
	must(w->status.last.index >= lie.index);
	take_duties(w);
}

void
check_hostilities_tried(void)
{
	size_t i;

	for (i = 0; i <= HOSTILITY_COUNT; i++)
		must(tried[i] > 0);
}

/*
 * Bounded reads: a member says how old its state is at most.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     ask    type 1                                        round: when, hidden
 *     tell   type 2   age (8), index (8), both of the leader's   round: the same
 *
 *     leader    --s-------append---------y--tell{age = y - s, index}------->
 *                 \      /  a majority    \/
 *     member    ---\----/--answers---u--ask-----------------now-------------->
 *
 * What is promised: all that was acknowledged anywhere before the moment s is in
 * the entries up to `index`, and s is no longer ago than now - (u - age), where
 * both terms are lengths of time and no clock is compared with another.
 *
 *  1. s is the latest time such that a majority of the voters, the leader L of
 *     term T among them, have answered in T an append that L sent at s or later.
 *     Each of them was in T when it answered, and terms only rise. So at s none
 *     of that majority had gone on to a later term, and nobody had been elected
 *     in one: any two majorities of voters that decide have a member in common
 *     (4.3). Then nobody had acknowledged anything in a later term.
 *  2. What was acknowledged in T before s, L acknowledged: it is below L's commit
 *     index of then, and of now. What was acknowledged in earlier terms was held
 *     by a majority when L was elected, so it stands in L's log before the first
 *     entry of T (3.6.3), and L's commit index covers it once that one is
 *     committed: before, L says nothing. So `index`, L's commit index when it
 *     tells, covers all of it; and a state that has applied up to there has it.
 *  3. A leader that was deposed and does not know is told nothing new by a
 *     majority: its s stays, and what it tells grows older as its clock runs. That
 *     is why its own time of sending cannot make anything young: only what a
 *     majority has echoed can.
 *  4. L was asked after the member sent the question at u, so when the answer is
 *     looked at, at now, L's answer is no older than now - u, and s is age older
 *     than when L was asked. A message that was lost, late, or came twice makes
 *     this larger, never smaller: the round says which question it answers.
 *  5. Each clock runs at a rate that differs from true time by at most
 *     clock_drift. So no more than (now - u + age) / (1 - clock_drift) has truly
 *     passed since s. Clocks are read to the microsecond below: one is added for
 *     each. A clock that is further off, or a time told to the library that is
 *     older than the message it comes with, breaks the promise.
 *
 * That leading began, or a voter is new, counts as being heard for CheckQuorum's
 * window of grace, but is no answer: it must not count in 1.
 *
 * A member asks only while it is asked itself, and again before what it knows is
 * too old.
 */
#include "extensions/learners/learners.h"
#include "raft/raft_module.h"

enum { ASK = 1, TELL = 2 };

#define TELL_BYTES 16
#define MILLION UINT64_C(1000000)
/** Months: what is older than that is as good as unknown, and its product with a
 *  million is a number. */
#define AGE_US_MAX (UINT64_C(1) << 43)
#define CLOCKS_READ 2

const char *
raft_learners_message_name(uint16_t type)
{
	return type == ASK ? "age" : type == TELL ? "age-answer" : "other";
}

/* ------------------------------------------------------------ the leader */

/** The moment s. 0: a majority has not answered yet. */
static uint64_t
majority_echoed_at(const struct raft *r)
{
	uint64_t values[RAFT_MEMBERS_MAX];

	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		values[i] = raft_module_has_answered(r, i)
				? raft_module_heard_at(r, i)
				: 0;
	if (raft_module_own_position(r) < raft_module_member_count(r))
		values[raft_module_own_position(r)] = raft_module_now(r);
	return raft_module_quorum(r, values);
}

static void
tell(struct raft *r, const struct raft_message *question)
{
	struct raft_extension_message answer = {
		.module = raft_learners_number,
		.type = TELL,
		.round = question->extension.round,
		.length = TELL_BYTES,
	};
	uint64_t echoed_at;

	if (!raft_module_has_committed(r) ||
	    raft_module_position(r, question->from) ==
		raft_module_member_count(r))
		return;
	echoed_at = majority_echoed_at(r);
	if (echoed_at == 0)
		return;
	raft_module_put(answer.bytes, raft_module_now(r) - echoed_at, 8);
	raft_module_put(answer.bytes + 8, raft_module_commit_index(r), 8);
	raft_module_send(r, question->from, answer);
}

/* -------------------------------------------------------------- a member */

static void
ask(struct raft *r)
{
	struct raft_learners *own = RAFT_OWN(r, learners);
	uint64_t now = raft_module_now(r);

	if (own->following.secret == 0)
		own->following.secret = 1 + raft_module_random(r, UINT64_MAX);
	own->following.asked_at = now;
	raft_module_send(r, raft_module_leader(r),
			 (struct raft_extension_message){
			     .module = raft_learners_number,
			     .type = ASK,
			     .round = now ^ own->following.secret,
			 });
}

/** What was told first is kept until it is applied: what is told later may be as
 *  far ahead, for ever. */
static void
settle(struct raft *r)
{
	struct raft_learners *own = RAFT_OWN(r, learners);
	struct raft_learners_word *next = &own->following.next;

	if (next->as_of == 0 || next->index > raft_module_applied_index(r))
		return;
	own->following.word = *next;
	next->as_of = 0;
}

static void
learn(struct raft *r, const struct raft_extension_message *answer)
{
	struct raft_learners *own = RAFT_OWN(r, learners);
	uint64_t asked_at = answer->round ^ own->following.secret;
	uint64_t age;

	if (own->leads || own->following.secret == 0 ||
	    answer->length < TELL_BYTES || asked_at > own->following.asked_at)
		return;
	age = raft_module_get(answer->bytes, 8);
	settle(r);
	if (age >= asked_at || own->following.next.as_of != 0 ||
	    asked_at - age <= own->following.word.as_of)
		return;
	own->following.next = (struct raft_learners_word){
		.as_of = asked_at - age,
		.index = raft_module_get(answer->bytes + 8, 8),
	};
	settle(r);
}

struct raft_intent
raft_learners_receive(struct raft *r, const struct raft_message *message)
{
	if (message->kind == RAFT_MESSAGE_EXTENSION) {
		if (message->extension.type == ASK)
			tell(r, message);
		if (message->extension.type == TELL)
			learn(r, &message->extension);
	}
	return (struct raft_intent){ 0 };
}

/* ------------------------------------------------------------------ ages */

/** Whether no more than the bound has truly passed while our clock and the
 *  leader's showed so much. */
static bool
is_within(const struct raft *r, uint64_t shown_us, uint64_t bound_us)
{
	uint64_t drift = RAFT_OWN(r, learners)->clock_drift;

	if (bound_us > AGE_US_MAX)
		bound_us = AGE_US_MAX;
	return shown_us < AGE_US_MAX &&
	       (shown_us + CLOCKS_READ) * MILLION <=
		   bound_us * (MILLION - drift);
}

static bool
leader_vouches(const struct raft *r, uint64_t bound_us, uint64_t *index)
{
	uint64_t echoed_at;

	if (!raft_module_has_committed(r))
		return false;
	*index = raft_module_commit_index(r);
	echoed_at = majority_echoed_at(r);
	return echoed_at != 0 &&
	       is_within(r, raft_module_now(r) - echoed_at, bound_us);
}

/** Not with every read: the answer may be on its way, or it may be lost. */
static bool
may_ask(const struct raft *r, uint64_t bound_us)
{
	const struct raft_learners *own = RAFT_OWN(r, learners);
	uint64_t patience = raft_module_heartbeat(r);

	if (patience > bound_us / 4)
		patience = bound_us / 4;
	return raft_module_leader(r).id != 0 &&
	       (own->following.secret == 0 ||
		raft_module_now(r) - own->following.asked_at >= patience);
}

static uint64_t
age_of(const struct raft *r, const struct raft_learners_word *word)
{
	return word->as_of == 0 ? UINT64_MAX : raft_module_now(r) - word->as_of;
}

bool
raft_learners_vouches(struct raft *r, uint64_t bound_us, uint64_t *index)
{
	struct raft_learners *own = RAFT_OWN(r, learners);
	uint64_t age;

	if (own->leads)
		return leader_vouches(r, bound_us, index);
	settle(r);
	/* It would be too old when it is applied. */
	if (!is_within(r, age_of(r, &own->following.next), bound_us))
		own->following.next.as_of = 0;
	age = age_of(r, &own->following.word);
	/* In good time, so that who reads often is not refused in between. */
	if (age > bound_us / 2 && may_ask(r, bound_us))
		ask(r);
	*index = own->following.word.index;
	return is_within(r, age, bound_us);
}

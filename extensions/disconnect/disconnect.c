/*
 * Disconnect: what a follower does when its leader's host closes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     the leader's host closed --> forget that it was heard
 *                              --> soon, each in its turn, ask
 *     another asks first       --> leave it to that one, if it could win
 *     the leader is heard      --> as if nothing had been
 */
#include "extensions/disconnect/disconnect.h"
#include "raft/raft_module.h"

/** So many in an election timeout: a wait, of which half is drawn at random, and by
 *  when the others most likely were told, too; */
#define WAITS_PER_TIMEOUT 200
/** and a turn, in which the request of one reaches all others. */
#define TURNS_PER_TIMEOUT 20

void
raft_disconnect_role_changed(struct raft *r, enum raft_reason reason)
{
	(void)reason;
	RAFT_OWN(r, disconnect)->ask_at = 0;
}

/** How many voters ask before this one: all begin to count at the same place, which
 *  is another in each term. */
static uint32_t
turns_before(const struct raft *r)
{
	uint32_t count = raft_module_member_count(r);
	uint32_t leader = raft_module_position(r, raft_module_leader(r));
	uint32_t own = raft_module_own_position(r);
	uint32_t at = (uint32_t)(raft_module_term(r) % count);
	uint32_t turns = 0;

	for (uint32_t i = 0; i < count && at != own; i++) {
		turns += at != leader && raft_module_votes(r, at);
		at = (at + 1) % count;
	}
	return turns;
}

static uint64_t
soon(struct raft *r)
{
	uint64_t half = raft_module_election_timeout(r) / WAITS_PER_TIMEOUT / 2;

	return raft_module_now(r) + half + raft_module_random(r, half + 1);
}

struct raft_intent
raft_disconnect_peer_closed(struct raft *r, uint64_t peer)
{
	uint64_t turn = raft_module_election_timeout(r) / TURNS_PER_TIMEOUT;

	/* Rule 4.2.3/closed-1: of others than the leader of its term a closed
	 * connection says nothing; nor does a leader have one. */
	if (raft_module_role(r) != RAFT_FOLLOWER ||
	    raft_module_leader(r).id != peer)
		return (struct raft_intent){ 0 };
	/* Rule 9.6/closed-2: they do not all ask at once, which would divide the
	 * votes, but in turns, by when a request of the one before has come; whom
	 * another module puts off waits for its election timer as ever. */
	RAFT_OWN(r, disconnect)->ask_at =
	    raft_module_candidacy_delay(r) > 0
		? 0
		: soon(r) + turn * turns_before(r);
	/* Rule 4.2.3/closed-2: who was told refuses nobody for the sake of that
	 * leader, until it is heard again. */
	return (struct raft_intent){ .kind = RAFT_INTENT_FORGET_LEADER };
}

uint64_t
raft_disconnect_deadline(const struct raft *r)
{
	uint64_t ask_at = RAFT_OWN(r, disconnect)->ask_at;

	return ask_at != 0 ? ask_at : UINT64_MAX;
}

struct raft_intent
raft_disconnect_expire(struct raft *r)
{
	struct raft_disconnect *own = RAFT_OWN(r, disconnect);

	if (raft_module_now(r) < raft_disconnect_deadline(r))
		return (struct raft_intent){ 0 };
	/* Rule 9.6/closed-4: a leader that was heard since lives: it was something
	 * between the two that closed. */
	if (raft_module_leader(r).id != 0) {
		own->ask_at = 0;
		return (struct raft_intent){ 0 };
	}
	/* With its log at work a candidacy would be put off for much longer. */
	if (raft_module_writing_since(r) != UINT64_MAX) {
		own->ask_at = soon(r);
		return (struct raft_intent){ 0 };
	}
	/* Rule 9.6/closed-1: who was told asks for votes, once, without waiting
	 * for its election timer. */
	own->ask_at = 0;
	return (struct raft_intent){ .kind = RAFT_INTENT_CAMPAIGN,
				     .reason = RAFT_REASON_LEADER_CLOSED };
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool
is_up_to_date(struct raft_entry_id tip, struct raft_entry_id other)
{
	return tip.term > other.term ||
	       (tip.term == other.term && tip.index >= other.index);
}

/** It refuses nothing, but looks at who asks. */
enum raft_refusal
raft_disconnect_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request)
{
	struct raft_disconnect *own = RAFT_OWN(r, disconnect);

	if (own->ask_at == 0 || request->term <= raft_module_term(r))
		return RAFT_REFUSAL_NONE;
	/* Rule 9.6/closed-3: who is asked by one that could win does not ask itself,
	 * so that they do not divide the votes; by one whose log is behind, it asks
	 * soon, in the place of that one. */
	if (is_up_to_date(request->tip, raft_module_tip(r)))
		own->ask_at = 0;
	else
		own->ask_at = earlier(own->ask_at, soon(r));
	return RAFT_REFUSAL_NONE;
}

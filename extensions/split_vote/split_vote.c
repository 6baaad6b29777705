/*
 * Split votes: who counts, what a draw is, and when to ask again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     vote      type 1   whom it is for: id (8), incarnation (8)
 *
 * Its envelope carries the term that it is of. A candidate tells of its own vote by
 * asking for those of others.
 *
 *     a majority has voted, and nobody can win  --> soon, ask again
 *                         , and nobody has won  --> a little later, ask again
 *                         , for one             --> that one leads
 */
#include "extensions/split_vote/split_vote.h"
#include "raft/raft_module.h"

enum { VOTE = 1 };

#define VOTE_BYTES 16

/** So many waits after a draw in an election timeout, at first: one costs the half. */
#define DRAWS_PER_TIMEOUT 10
/** A wait doubles so often at most: by then it is an election timeout and more. */
#define DOUBLINGS_MAX 4

const char *
raft_split_vote_message_name(uint16_t type)
{
	return type == VOTE ? "vote-given" : "other";
}

/* ---------------------------------------------------------------- votes */

void
raft_split_vote_vote_given(struct raft *r)
{
	struct raft_identity vote = raft_module_vote(r);
	struct raft_extension_message message = {
		.module = raft_split_vote_number,
		.type = VOTE,
		.length = VOTE_BYTES,
	};

	raft_module_put(message.bytes, vote.id, 8);
	raft_module_put(message.bytes + 8, vote.incarnation, 8);
	/* Rule 3.4/draws-1: who has voted for another tells all other voters,
	 * once the vote is durable, and again with each grant: either may be
	 * lost. */
	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		struct raft_identity to = raft_module_identity(r, i);

		/* Nor a former life of this server. */
		if (raft_module_votes(r, i) && !raft_module_same(to, vote) &&
		    to.id != raft_module_self(r).id)
			raft_module_send(r, to, message);
	}
}

static void
note_vote(struct raft *r, uint32_t position, uint64_t term,
	  struct raft_identity candidate)
{
	struct raft_split_vote_peer *peer =
	    RAFT_OWN_PEER(r, position, split_vote);

	peer->is_gone = false;
	/* Rule 3.4/draws-2: a voter counts once in a term, for whom was told
	 * first; what comes late, or again, changes nothing. */
	if (term < peer->term ||
	    (term == peer->term && peer->candidate.id != 0))
		return;
	peer->term = term;
	peer->candidate = candidate;
}

static bool
has_voted(struct raft *r, uint32_t position)
{
	return position == raft_module_own_position(r) ||
	       RAFT_OWN_PEER(r, position, split_vote)->term >=
		   raft_module_term(r);
}

static bool
has_voted_for(struct raft *r, uint32_t position, struct raft_identity candidate)
{
	const struct raft_split_vote_peer *peer =
	    RAFT_OWN_PEER(r, position, split_vote);

	if (position == raft_module_own_position(r))
		return raft_module_same(candidate, raft_module_self(r));
	return candidate.id != 0 && peer->term == raft_module_term(r) &&
	       raft_module_same(candidate, peer->candidate);
}

/** Or may have: `candidate`, id 0, is somebody whom nobody has named. */
static bool
may_vote_for(struct raft *r, uint32_t position, struct raft_identity candidate)
{
	const struct raft_split_vote_peer *peer =
	    RAFT_OWN_PEER(r, position, split_vote);

	if (!has_voted(r, position))
		return !peer->is_gone;
	if (position != raft_module_own_position(r) &&
	    peer->term == raft_module_term(r) && peer->candidate.id == 0)
		return !raft_module_same(candidate, raft_module_self(r));
	return has_voted_for(r, position, candidate);
}

static bool
is_elected(struct raft *r, struct raft_identity candidate,
	   bool (*votes_for)(struct raft *, uint32_t, struct raft_identity))
{
	uint64_t votes[RAFT_MEMBERS_MAX];

	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		votes[i] = votes_for(r, i, candidate);
	return raft_module_quorum(r, votes) == 1;
}

static bool
majority_has_voted(struct raft *r)
{
	uint64_t voted[RAFT_MEMBERS_MAX];

	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		voted[i] = has_voted(r, i);
	return raft_module_quorum(r, voted) == 1;
}

/** Of all for whom somebody has voted. */
static bool
anybody(struct raft *r,
	bool (*votes_for)(struct raft *, uint32_t, struct raft_identity))
{
	if (is_elected(r, raft_module_self(r), votes_for))
		return true;
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		if (i != raft_module_own_position(r) && has_voted(r, i) &&
		    is_elected(r, RAFT_OWN_PEER(r, i, split_vote)->candidate,
			       votes_for))
			return true;
	return false;
}

/* ---------------------------------------------------------------- draws */

/** What follows in this term is left to others, or to the election timer. */
static void
leave(struct raft *r)
{
	RAFT_OWN(r, split_vote)->ask_at = 0;
	RAFT_OWN(r, split_vote)->is_counting = false;
}

void
raft_split_vote_role_changed(struct raft *r, enum raft_reason reason)
{
	(void)reason;
	leave(r);
	RAFT_OWN(r, split_vote)->is_counting =
	    raft_module_role(r) == RAFT_CANDIDATE;
}

/** 0 is never one. */
static uint64_t
wait_of_term(struct raft *r)
{
	struct raft_split_vote *own = RAFT_OWN(r, split_vote);
	uint64_t term = raft_module_term(r);

	/* Rule 3.4/draws-5: with each draw that follows another the wait is
	 * twice as long, up to the election timer's: where messages take as long
	 * as a wait, those who draw would meet again and again. */
	if (own->drawn_term != term) {
		if (own->drawn_term + 1 != term)
			own->draws_before = 0;
		else if (own->draws_before < DOUBLINGS_MAX)
			own->draws_before++;
		own->drawn_term = term;
	}
	return 1 + (raft_module_election_timeout(r) / DRAWS_PER_TIMEOUT
		    << own->draws_before);
}

static void
ask_after(struct raft *r, uint64_t wait)
{
	struct raft_split_vote *own = RAFT_OWN(r, split_vote);
	uint64_t at = raft_module_now(r) + wait;

	if (own->ask_at == 0 || at < own->ask_at)
		own->ask_at = at;
}

/** After each piece of news. */
static void
count(struct raft *r)
{
	struct raft_split_vote *own = RAFT_OWN(r, split_vote);
	uint64_t wait;

	if (!own->is_counting || !majority_has_voted(r))
		return;
	/* Who was elected is heard of soon; and whom another module puts off
	 * waits for its election timer as ever. */
	if (raft_module_candidacy_delay(r) > 0 || anybody(r, has_voted_for)) {
		leave(r);
		return;
	}
	wait = wait_of_term(r);
	if (anybody(r, may_vote_for)) {
		/* Rule 3.4/draws-4: one in which a majority has voted, and of
		 * which no winner is heard for the time of a wait, is repeated
		 * then: whose votes are not known may be dead, or of a build
		 * that tells nobody. */
		if (own->ask_at == 0)
			ask_after(r, wait + raft_module_random(r, wait));
		return;
	}
	/* Rule 3.4/draws-3: an election that nobody can win any more, of joint
	 * configurations in either, is repeated soon, and once. */
	own->is_counting = false;
	ask_after(r, raft_module_random(r, wait));
	raft_module_trace(r, "sees that nobody can win term %llu",
			  (unsigned long long)raft_module_term(r));
}

static bool
is_newer(struct raft_entry_id tip, struct raft_entry_id than)
{
	return tip.term > than.term ||
	       (tip.term == than.term && tip.index > than.index);
}

static void
heed_tip(struct raft *r, struct raft_entry_id tip)
{
	/* Rule 3.4/draws-6: who hears of a newer log than its own leaves it to
	 * that one: it would only take its votes away. */
	if (is_newer(tip, raft_module_tip(r)))
		leave(r);
}

/** member_count: nowhere. */
static uint32_t
position_of(struct raft *r, uint64_t id)
{
	uint32_t i = 0;

	while (i < raft_module_member_count(r) &&
	       raft_module_identity(r, i).id != id)
		i++;
	return i;
}

void
raft_split_vote_vote_answered(struct raft *r, uint64_t peer,
			      const struct raft_vote_answer *answer)
{
	uint32_t position = position_of(r, peer);

	if (position == raft_module_member_count(r))
		return;
	if (answer->refusal == RAFT_REFUSAL_NONE)
		note_vote(r, position, answer->asked_term, raft_module_self(r));
	else if (answer->refusal == RAFT_REFUSAL_VOTED)
		note_vote(r, position, answer->asked_term,
			  (struct raft_identity){ 0 });
	heed_tip(r, answer->tip);
	count(r);
}

/** It refuses nothing, but looks at who asks. */
enum raft_refusal
raft_split_vote_refuses_vote(struct raft *r,
			     const struct raft_vote_request *request)
{
	uint32_t position = raft_module_position(r, request->candidate);

	if (position == raft_module_member_count(r))
		return RAFT_REFUSAL_NONE;
	if (request->preliminary) {
		/* Rule 3.4/draws-7: who is asked in the meantime by one that
		 * could win does not ask itself. */
		if (request->term > raft_module_term(r) &&
		    !is_newer(raft_module_tip(r), request->tip))
			leave(r);
		return RAFT_REFUSAL_NONE;
	}
	note_vote(r, position, request->term, request->candidate);
	if (request->term == raft_module_term(r))
		heed_tip(r, request->tip);
	count(r);
	return RAFT_REFUSAL_NONE;
}

struct raft_intent
raft_split_vote_receive(struct raft *r, const struct raft_message *message)
{
	const struct raft_extension_message *said = &message->extension;
	uint32_t position = raft_module_position(r, message->from);
	struct raft_identity candidate;

	if (message->kind != RAFT_MESSAGE_EXTENSION || said->type != VOTE ||
	    said->length < VOTE_BYTES ||
	    position == raft_module_member_count(r))
		return (struct raft_intent){ 0 };
	candidate.id = raft_module_get(said->bytes, 8);
	candidate.incarnation = raft_module_get(said->bytes + 8, 8);
	if (candidate.id == 0)
		return (struct raft_intent){ 0 };
	note_vote(r, position, message->term, candidate);
	count(r);
	return (struct raft_intent){ 0 };
}

/** The dead do not vote, so that their votes are not waited for. */
struct raft_intent
raft_split_vote_peer_closed(struct raft *r, uint64_t peer)
{
	uint32_t position = position_of(r, peer);

	if (position < raft_module_member_count(r)) {
		RAFT_OWN_PEER(r, position, split_vote)->is_gone = true;
		count(r);
	}
	return (struct raft_intent){ 0 };
}

/* ------------------------------------------------------------ asking again */

uint64_t
raft_split_vote_deadline(const struct raft *r)
{
	uint64_t ask_at = RAFT_OWN(r, split_vote)->ask_at;

	return ask_at != 0 ? ask_at : UINT64_MAX;
}

struct raft_intent
raft_split_vote_expire(struct raft *r)
{
	if (raft_module_now(r) < raft_split_vote_deadline(r))
		return (struct raft_intent){ 0 };
	leave(r);
	return (struct raft_intent){ .kind = RAFT_INTENT_CAMPAIGN,
				     .reason = RAFT_REASON_VOTE_SPLIT };
}

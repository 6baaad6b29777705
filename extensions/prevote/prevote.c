/*
 * PreVote: the round, and how a voter answers it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     request   type 1   term that would be led (8), tip term (8), index (8)
 *     answer    type 2   refusal (1)
 *     free      type 3
 *
 * The first two carry the round; an answer's envelope carries the voter's term.
 */
#include "extensions/prevote/prevote.h"
#include "raft/raft_module.h"

enum { REQUEST = 1, ANSWER = 2, FREE = 3 };

#define REQUEST_BYTES 24
#define ANSWER_BYTES 1

const char *
raft_prevote_message_name(uint16_t type)
{
	return type == REQUEST  ? "prevote"
	       : type == ANSWER ? "prevote-answer"
	       : type == FREE	? "prevote-free"
				: "other";
}

/* ------------------------------------------------------- the candidate */

static bool
is_open(const struct raft *r, uint32_t position)
{
	return position != raft_module_own_position(r) &&
	       raft_module_votes(r, position) &&
	       RAFT_OWN_PEER(r, position, prevote)->ballot == RAFT_BALLOT_OPEN;
}

static void
send_request(struct raft *r, uint32_t position)
{
	struct raft_entry_id tip = raft_module_tip(r);
	struct raft_extension_message request = {
		.module = raft_prevote_number,
		.type = REQUEST,
		.round = RAFT_OWN(r, prevote)->round,
		.length = REQUEST_BYTES,
	};

	raft_module_put(request.bytes, raft_module_term(r) + 1, 8);
	raft_module_put(request.bytes + 8, tip.term, 8);
	raft_module_put(request.bytes + 16, tip.index, 8);
	raft_module_send(r, raft_module_identity(r, position), request);
}

static void
ask_open(struct raft *r)
{
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		if (is_open(r, i))
			send_request(r, i);
	RAFT_OWN(r, prevote)->ask_at =
	    raft_module_now(r) + raft_module_heartbeat(r);
}

bool
raft_prevote_takes_candidacy(struct raft *r, enum raft_reason reason)
{
	/* Rule 9.6/candidates-5: who campaigns because its leader says so does
	 * not ask. */
	if (reason == RAFT_REASON_PRELIMINARY_WON ||
	    reason == RAFT_REASON_TRANSFER || raft_module_is_sole_voter(r))
		return false;
	/* Rule 9.6/candidates-1: every candidacy, after one that was not won
	 * too, begins with asking; term, vote and log stay. */
	RAFT_OWN(r, prevote)->round = 1 + raft_module_random(r, UINT64_MAX);
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		RAFT_OWN_PEER(r, i, prevote)->ballot = RAFT_BALLOT_OPEN;
	ask_open(r);
	raft_module_trace(r, "asks who would vote for it in term %llu",
			  (unsigned long long)raft_module_term(r) + 1);
	return true;
}

/** A round is about one term and the voters that were asked, and only while no
 *  leader is honoured. */
void
raft_prevote_configured(struct raft *r)
{
	RAFT_OWN(r, prevote)->round = 0;
}

void
raft_prevote_role_changed(struct raft *r, enum raft_reason reason)
{
	(void)reason;
	RAFT_OWN(r, prevote)->round = 0;
}

/** A leader that goes on without its majority, and whom nobody honours who would
 *  not: its followers must not wait for it. */
static bool
hears_one_that_clings(const struct raft *r)
{
	return raft_module_role(r) == RAFT_FOLLOWER &&
	       raft_module_leader(r).id != 0 &&
	       raft_module_leader_is_heard(r) &&
	       !raft_module_leader_is_recent(r);
}

static bool
is_running(const struct raft *r)
{
	return RAFT_OWN(r, prevote)->round != 0 &&
	       (raft_module_leader(r).id == 0 || hears_one_that_clings(r));
}

uint64_t
raft_prevote_deadline(const struct raft *r)
{
	return is_running(r) ? RAFT_OWN(r, prevote)->ask_at : UINT64_MAX;
}

struct raft_intent
raft_prevote_expire(struct raft *r)
{
	/* Rule 9.6/candidates-3: who has not answered is asked again with each
	 * heartbeat, while no leader is known. */
	if (raft_module_now(r) >= raft_prevote_deadline(r))
		ask_open(r);
	return (struct raft_intent){ 0 };
}

static void
set_free(struct raft *r)
{
	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		if (!RAFT_OWN_PEER(r, i, prevote)->was_put_off)
			continue;
		RAFT_OWN_PEER(r, i, prevote)->was_put_off = false;
		raft_module_send(r, raft_module_identity(r, i),
				 (struct raft_extension_message){
				     .module = raft_prevote_number,
				     .type = FREE });
	}
}

struct raft_intent
raft_prevote_peer_closed(struct raft *r, uint64_t peer)
{
	/* Rule 9.6/voters-6: who said no for the sake of a leader says so when that
	 * leader's host has closed: they are not all told at the same moment. */
	if (raft_module_leader(r).id == peer)
		set_free(r);
	/* If its leader is forgotten for that, a round that this leader had ended
	 * must not run again, with the grants of long ago. */
	if (!is_running(r))
		RAFT_OWN(r, prevote)->round = 0;
	return (struct raft_intent){ 0 };
}

static struct raft_intent
count_grant(struct raft *r, uint32_t from)
{
	uint64_t granted[RAFT_MEMBERS_MAX];

	RAFT_OWN_PEER(r, from, prevote)->ballot = RAFT_BALLOT_GRANTED;
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		granted[i] = i == raft_module_own_position(r) ||
			     RAFT_OWN_PEER(r, i, prevote)->ballot ==
				 RAFT_BALLOT_GRANTED;
	/* Rule 9.6/candidates-2: only a majority of yes begins an election. */
	if (raft_module_quorum(r, granted) == 0)
		return (struct raft_intent){ 0 };
	RAFT_OWN(r, prevote)->round = 0;
	return (struct raft_intent){
		.kind = RAFT_INTENT_CAMPAIGN,
		.reason = RAFT_REASON_PRELIMINARY_WON,
	};
}

/** A living leader's cluster works at its own term, which is no news to follow
 *  (LEASE, BOOT): the voter is asked again while the round runs. */
static struct raft_intent
heed_refusal(struct raft *r, uint32_t from, enum raft_refusal refusal,
	     uint64_t term)
{
	/* Rule 9.6/candidates-4: the voter's term comes with a no for term or
	 * log, and is adopted, else a fresh log at a low term and a stale one at
	 * a high term refuse each other for ever; with a no for a leader's sake
	 * it is not. */
	if (refusal != RAFT_REFUSAL_TERM && refusal != RAFT_REFUSAL_LOG)
		return (struct raft_intent){ 0 };
	RAFT_OWN_PEER(r, from, prevote)->ballot = RAFT_BALLOT_REFUSED;
	return (struct raft_intent){ .kind = RAFT_INTENT_ADOPT_TERM,
				     .term = term };
}

static struct raft_intent
on_answer(struct raft *r, const struct raft_message *message)
{
	uint32_t from = raft_module_position(r, message->from);
	enum raft_refusal refusal = RAFT_REFUSAL_NONE;

	if (from == raft_module_member_count(r) || !is_running(r) ||
	    message->extension.round != RAFT_OWN(r, prevote)->round)
		return (struct raft_intent){ 0 };
	/* Rule 9.6/candidates-6: who cannot judge the question counts as a yes:
	 * it will judge the real request, as it always has. */
	if (message->kind == RAFT_MESSAGE_EXTENSION) {
		if (message->extension.length < ANSWER_BYTES)
			return (struct raft_intent){ 0 };
		refusal = (enum raft_refusal)message->extension.bytes[0];
		/* Who cannot judge it does not say that it hears no leader. */
		raft_module_preliminary_answered(
		    r, from, RAFT_OWN(r, prevote)->round, refusal);
	}
	if (refusal == RAFT_REFUSAL_NONE)
		return count_grant(r, from);
	return heed_refusal(r, from, refusal, message->term);
}

/** Not only with the next heartbeat. */
static void
on_free(struct raft *r, const struct raft_message *message)
{
	uint32_t from = raft_module_position(r, message->from);

	if (from < raft_module_member_count(r) && is_running(r) &&
	    is_open(r, from))
		send_request(r, from);
}

/* ----------------------------------------------------------- the voter */

enum raft_refusal
raft_prevote_refuses_vote(struct raft *r,
			  const struct raft_vote_request *request)
{
	/* Rule 9.6/voters-1: who hears a leader says no. */
	if (request->preliminary && raft_module_leader_is_recent(r))
		return RAFT_REFUSAL_LEASE;
	return RAFT_REFUSAL_NONE;
}

/** As often as its own timer would, at most: the leader may well have its majority,
 *  and who asks us hear nobody. */
static bool
has_asked_lately(const struct raft *r)
{
	uint64_t again = RAFT_OWN(r, prevote)->ask_at;

	return again != 0 && raft_module_now(r) + raft_module_heartbeat(r) <
				 again + raft_module_election_timeout(r);
}

/** Who asks hears no leader, and cannot win for want of entries that we have. */
static struct raft_intent
ask_instead(const struct raft *r, enum raft_refusal refusal)
{
	/* Rule 9.6/voters-5: who has the newer log asks in its place, if all that
	 * it hears is a leader that it does not honour: nobody else might ever. */
	if (refusal != RAFT_REFUSAL_LOG || !hears_one_that_clings(r) ||
	    has_asked_lately(r))
		return (struct raft_intent){ 0 };
	return (struct raft_intent){ .kind = RAFT_INTENT_CAMPAIGN,
				     .reason = RAFT_REASON_TIMEOUT };
}

static struct raft_intent
on_request(struct raft *r, const struct raft_message *message)
{
	const uint8_t *bytes = message->extension.bytes;
	struct raft_vote_request request = {
		.preliminary = true,
		.candidate = message->from,
	};
	struct raft_extension_message answer = {
		.module = raft_prevote_number,
		.type = ANSWER,
		.round = message->extension.round,
		.length = ANSWER_BYTES,
	};
	uint32_t from = raft_module_position(r, message->from);
	enum raft_refusal refusal;

	if (message->extension.length < REQUEST_BYTES)
		return (struct raft_intent){ 0 };
	request.term = raft_module_get(bytes, 8);
	request.tip.term = raft_module_get(bytes + 8, 8);
	request.tip.index = raft_module_get(bytes + 16, 8);
	/* Rule 9.6/voters-4: a yes changes nothing: no term, vote or timer. */
	refusal = raft_module_judge_preliminary_vote(r, &request);
	answer.bytes[0] = (uint8_t)refusal;
	raft_module_send(r, message->from, answer);
	if (from < raft_module_member_count(r))
		RAFT_OWN_PEER(r, from, prevote)->was_put_off =
		    refusal == RAFT_REFUSAL_LEASE;
	return ask_instead(r, refusal);
}

struct raft_intent
raft_prevote_receive(struct raft *r, const struct raft_message *message)
{
	bool unsupported = message->kind == RAFT_MESSAGE_UNSUPPORTED;

	if (message->extension.type == (unsupported ? REQUEST : ANSWER))
		return on_answer(r, message);
	if (!unsupported && message->extension.type == REQUEST)
		return on_request(r, message);
	if (!unsupported && message->extension.type == FREE)
		on_free(r, message);
	return (struct raft_intent){ 0 };
}

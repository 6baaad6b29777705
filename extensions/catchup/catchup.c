/*
 * Catchup: who looks for a newer log, and who gives it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     a majority hears no leader,    --> wait a little, somebody else may win
 *     and refuses for the log's sake --> look who has the newest log
 *                                    --> fetch it, from one at a time
 *                                    --> ask for votes again
 *
 *     look    type 1
 *     seen    type 2   tip term (8), index (8), could win (1)
 *     fetch   type 3   tip term (8), index (8), known up to (8); of the snapshot that
 *                      is given: term (8), index (8), next part's offset (8)
 *     none    type 4
 *
 * All carry the question. What a fetch asks for comes as an offer of the core's, or as
 * a part of a snapshot, if it has the last three numbers, which who asks for entries
 * alone does not send. It is the core that looks whether that may be taken.
 */
#include "extensions/catchup/catchup.h"
#include "raft/raft_module.h"

enum { LOOK = 1, SEEN = 2, FETCH = 3, NONE = 4 };

#define SEEN_BYTES 17
#define FETCH_BYTES 24
#define FETCH_PART_BYTES 48
/** Such a part of an election timeout answers are waited for. */
#define ANSWER_WAIT 2
/** In election timeouts: how long one who could win is let do so, and after how
 *  long that has been forgotten. */
#define PATIENCE 2
#define PATIENCE_ENDS 6
/** While answers are waited for: how often it is looked whether a snapshot is stored. */
#define STORE_LOOKS 10

const char *
raft_catchup_message_name(uint16_t type)
{
	return type == LOOK    ? "catchup-look"
	       : type == SEEN  ? "catchup-seen"
	       : type == FETCH ? "catchup-fetch"
	       : type == NONE  ? "catchup-none"
			       : "other";
}

static bool
is_later(struct raft_entry_id tip, struct raft_entry_id other)
{
	return tip.term > other.term ||
	       (tip.term == other.term && tip.index > other.index);
}

/* ------------------------------------------------------ who lacks entries */

static struct raft_intent
stop(struct raft *r)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);

	own->phase = RAFT_CATCHUP_IDLE;
	own->act_at = 0;
	own->donor = (struct raft_identity){ 0 };
	own->has_taken = false;
	return (struct raft_intent){ 0 };
}

static void
proceed(struct raft *r, enum raft_catchup_phase phase, uint64_t us)
{
	RAFT_OWN(r, catchup)->phase = (uint8_t)phase;
	RAFT_OWN(r, catchup)->act_at = raft_module_now(r) + us;
}

void
raft_catchup_role_changed(struct raft *r, enum raft_reason reason)
{
	/* The new term is that of the entries which it takes. */
	if (reason != RAFT_REASON_OFFERED)
		(void)stop(r);
}

void
raft_catchup_configured(struct raft *r)
{
	/* Rule 4.1/catchup-1: it counts on the voters that it has asked: when they
	 * are others it begins anew, with its next candidacy. */
	RAFT_OWN(r, catchup)->round = 0;
	(void)stop(r);
}

/** What it has begun goes on. */
static void
count_anew(struct raft *r, uint64_t round)
{
	RAFT_OWN(r, catchup)->round = round;
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		RAFT_OWN_PEER(r, i, catchup)->ballot = RAFT_BALLOT_OPEN;
	if (RAFT_OWN(r, catchup)->phase == RAFT_CATCHUP_WAITS)
		(void)stop(r);
}

/** Of voters that hear no leader, and have judged this log, or would have it. */
static bool
has_majority(const struct raft *r, bool grants_only)
{
	uint64_t counted[RAFT_MEMBERS_MAX];

	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		uint8_t ballot = RAFT_OWN_PEER(r, i, catchup)->ballot;

		counted[i] = i == raft_module_own_position(r) ||
			     ballot == RAFT_BALLOT_GRANTED ||
			     (ballot == RAFT_BALLOT_REFUSED && !grants_only);
	}
	return raft_module_quorum(r, counted) == 1;
}

void
raft_catchup_preliminary_answered(struct raft *r, uint32_t position,
				  uint64_t round, enum raft_refusal refusal)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);
	struct raft_catchup_peer *peer;

	if (round != own->round)
		count_anew(r, round);
	peer = RAFT_OWN_PEER(r, position, catchup);
	if (refusal == RAFT_REFUSAL_NONE)
		peer->ballot = RAFT_BALLOT_GRANTED;
	else if (refusal == RAFT_REFUSAL_LOG)
		peer->ballot = RAFT_BALLOT_REFUSED;
	if (!has_majority(r, false))
		return;
	own->reached_at = raft_module_now(r);
	/* Or it is to be elected as it is. */
	if (own->phase != RAFT_CATCHUP_IDLE || has_majority(r, true))
		return;
	/* Rule 9.6/catchup-1: who reaches a majority that hears no leader, and does
	 * not get its votes for want of entries, looks for them, but not before
	 * others had time to win. */
	proceed(r, RAFT_CATCHUP_WAITS,
	      1 + raft_module_random(r, raft_module_election_timeout(r) / 2));
}

/** Where its own log ends, and what it has of the donor's snapshot. */
static void
fill_fetch(const struct raft *r, struct raft_extension_message *question)
{
	const struct raft_catchup *own = RAFT_OWN(r, catchup);
	struct raft_entry_id tip = raft_module_tip(r), snapshot;
	uint64_t from = own->from, offset;

	if (own->anew) {
		tip = (struct raft_entry_id){ 0 };
		from = 0;
	}
	(void)raft_module_wants_part(r, own->donor, &snapshot, &offset);
	question->length = FETCH_PART_BYTES;
	raft_module_put(question->bytes, tip.term, 8);
	raft_module_put(question->bytes + 8, tip.index, 8);
	raft_module_put(question->bytes + 16, from, 8);
	raft_module_put(question->bytes + 24, snapshot.term, 8);
	raft_module_put(question->bytes + 32, snapshot.index, 8);
	raft_module_put(question->bytes + 40, offset, 8);
}

static void
put_question(struct raft *r, uint32_t position, uint16_t type)
{
	struct raft_extension_message question = {
		.module = raft_catchup_number,
		.type = type,
		.round = RAFT_OWN(r, catchup)->question,
	};

	if (type == FETCH)
		fill_fetch(r, &question);
	raft_module_send(r, raft_module_identity(r, position), question);
}

static uint64_t
answer_wait(const struct raft *r)
{
	/* Rule 9.6/catchup-8: an answer may take half an election timeout, however
	 * often heartbeats are, and is waited for whether a new candidacy begins
	 * meanwhile or not. */
	return raft_module_election_timeout(r) / ANSWER_WAIT;
}

static struct raft_intent
look(struct raft *r)
{
	RAFT_OWN(r, catchup)->question = 1 + raft_module_random(r, UINT64_MAX);
	/* Who has no vote may have the newest log all the same. */
	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		struct raft_catchup_peer *peer = RAFT_OWN_PEER(r, i, catchup);

		peer->tip.index = 0;
		peer->could_win = false;
		peer->has_answered = false;
		if (i != raft_module_own_position(r))
			put_question(r, i, LOOK);
	}
	proceed(r, RAFT_CATCHUP_LOOKS, answer_wait(r));
	return (struct raft_intent){ 0 };
}

/** The newest log of all that are newer than ours; member_count: none is. */
static uint32_t
newest(const struct raft *r)
{
	uint32_t count = raft_module_member_count(r), found = count;
	struct raft_entry_id tip = raft_module_tip(r);

	for (uint32_t i = 0; i < count; i++) {
		const struct raft_catchup_peer *peer =
		    RAFT_OWN_PEER(r, i, catchup);

		if (peer->tip.index == 0 || !is_later(peer->tip, tip))
			continue;
		found = i;
		tip = peer->tip;
	}
	return found;
}

/** Somebody with a newer log could win, and has not had the time. */
static bool
is_patient(struct raft *r)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);
	uint64_t timeout = raft_module_election_timeout(r);
	uint64_t now = raft_module_now(r);
	bool could = false;

	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		const struct raft_catchup_peer *peer =
		    RAFT_OWN_PEER(r, i, catchup);

		could = could || (peer->could_win &&
				  is_later(peer->tip, raft_module_tip(r)));
	}
	if (!could || own->has_taken)
		return false;
	if (own->patient_since == 0 ||
	    now - own->patient_since >= PATIENCE_ENDS * timeout)
		own->patient_since = now;
	return now - own->patient_since < PATIENCE * timeout;
}

/** From the donor, the next entries. */
static struct raft_intent
fetch(struct raft *r, uint32_t position)
{
	RAFT_OWN(r, catchup)->question = 1 + raft_module_random(r, UINT64_MAX);
	put_question(r, position, FETCH);
	proceed(r, RAFT_CATCHUP_FETCHES, answer_wait(r));
	return (struct raft_intent){ 0 };
}

static struct raft_intent
choose_donor(struct raft *r)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);
	uint32_t position = newest(r);
	bool has_taken = own->has_taken;

	/* Rule 9.6/catchup-2: one at a time is asked, who has the newest log; but
	 * not while somebody with a newer one could be elected. */
	if (position < raft_module_member_count(r) && !is_patient(r)) {
		own->donor = raft_module_identity(r, position);
		own->from = raft_module_commit_index(r);
		own->anew = false;
		raft_module_trace(r, "fetches the log of %llu",
				  (unsigned long long)own->donor.id);
		return fetch(r, position);
	}
	(void)stop(r);
	/* Rule 9.6/catchup-3: with the newer log, which is durable by then, it asks
	 * for votes at once. */
	return (struct raft_intent){
		.kind = has_taken ? RAFT_INTENT_CAMPAIGN : RAFT_INTENT_NONE,
		.reason = RAFT_REASON_TIMEOUT,
	};
}

/** Who hears a leader does not answer; who lacks the module says so, and has said in
 *  its ballot that it hears none. */
static bool
majority_has_answered(const struct raft *r)
{
	uint64_t answered[RAFT_MEMBERS_MAX];

	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		answered[i] = i == raft_module_own_position(r) ||
			      RAFT_OWN_PEER(r, i, catchup)->has_answered;
	return raft_module_quorum(r, answered) == 1;
}

/** Of whoever has answered the candidacy. */
static bool
all_have_answered(const struct raft *r)
{
	bool all = true;

	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		const struct raft_catchup_peer *peer =
		    RAFT_OWN_PEER(r, i, catchup);

		all = all && (peer->ballot == RAFT_BALLOT_OPEN ||
			      peer->has_answered);
	}
	return all;
}

static struct raft_intent
begin(struct raft *r)
{
	/* Rule 9.6/catchup-6: a majority says once more that it hears no leader:
	 * one that was elected meanwhile is not to be deposed. */
	return majority_has_answered(r) ? choose_donor(r) : stop(r);
}

/** It need not wait for those who were silent before, unless they alone could have a
 *  newer log. */
static struct raft_intent
note_seen(struct raft *r, uint32_t from)
{
	RAFT_OWN_PEER(r, from, catchup)->has_answered = true;
	if (!all_have_answered(r) || !majority_has_answered(r) ||
	    newest(r) == raft_module_member_count(r))
		return (struct raft_intent){ 0 };
	return choose_donor(r);
}

/** It cannot give what it has, or does not answer: another may. */
static struct raft_intent
try_another(struct raft *r)
{
	uint32_t position = raft_module_position(r, RAFT_OWN(r, catchup)->donor);

	if (position < raft_module_member_count(r))
		RAFT_OWN_PEER(r, position, catchup)->tip.index = 0;
	return choose_donor(r);
}

/** It is not installed: parts of it are to come, or to be stored. */
static struct raft_intent
see_snapshot(struct raft *r, uint32_t position)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);
	struct raft_entry_id snapshot;
	uint64_t offset;

	if (raft_module_wants_part(r, own->donor, &snapshot, &offset))
		return fetch(r, position);
	if (snapshot.index == 0)
		return try_another(r);
	proceed(r, RAFT_CATCHUP_TAKES, 1 + answer_wait(r) / STORE_LOOKS);
	return (struct raft_intent){ 0 };
}

/** The log ends as the donor's did: nobody who was seen had a newer one. */
static struct raft_intent
see_what_was_taken(struct raft *r)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);
	uint32_t position = raft_module_position(r, own->donor);
	bool is_there = raft_module_has_entry(r, own->taken);

	if (position == raft_module_member_count(r))
		return choose_donor(r);
	if (!is_there && own->is_part)
		return see_snapshot(r, position);
	/* Where its log begins it is another than ours, or it would join it. */
	if (!is_there && own->is_apart && !own->anew) {
		own->anew = true;
		return fetch(r, position);
	}
	if (!is_there)
		return try_another(r);
	own->has_taken = true;
	own->anew = false;
	if (own->is_part)
		own->goal = RAFT_OWN_PEER(r, position, catchup)->tip;
	own->from = own->taken.index;
	if (!is_later(own->goal, raft_module_tip(r)))
		return choose_donor(r);
	return fetch(r, position);
}

uint64_t
raft_catchup_deadline(const struct raft *r)
{
	uint64_t act_at = RAFT_OWN(r, catchup)->act_at;

	return act_at != 0 ? act_at : UINT64_MAX;
}

struct raft_intent
raft_catchup_expire(struct raft *r)
{
	if (raft_module_now(r) < raft_catchup_deadline(r))
		return (struct raft_intent){ 0 };
	if (raft_module_leader(r).id != 0 ||
	    raft_module_role(r) != RAFT_FOLLOWER)
		return stop(r);
	switch ((enum raft_catchup_phase)RAFT_OWN(r, catchup)->phase) {
	case RAFT_CATCHUP_WAITS:
		return look(r);
	case RAFT_CATCHUP_LOOKS:
		return begin(r);
	case RAFT_CATCHUP_FETCHES:
		return try_another(r);
	case RAFT_CATCHUP_TAKES:
		return see_what_was_taken(r);
	default:
		return stop(r);
	}
}

struct raft_intent
raft_catchup_peer_closed(struct raft *r, uint64_t peer)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);

	/* Rule 9.6/catchup-9: what a leader has ended that was heard meanwhile does
	 * not go on when that one's host closes: others may hear it yet. */
	if (raft_module_leader(r).id != 0)
		return stop(r);
	/* Rule 9.6/catchup-10: a donor whose host has closed is not waited for; the
	 * next one is asked. */
	if (own->phase == RAFT_CATCHUP_FETCHES && own->donor.id == peer)
		return try_another(r);
	return (struct raft_intent){ 0 };
}

static bool
is_of_donor(const struct raft *r, const struct raft_message *message,
	    uint64_t question)
{
	const struct raft_catchup *own = RAFT_OWN(r, catchup);

	return own->phase == RAFT_CATCHUP_FETCHES &&
	       question == own->question &&
	       raft_module_same(message->from, own->donor);
}

struct raft_intent
raft_catchup_offered(struct raft *r, const struct raft_message *message)
{
	struct raft_catchup *own = RAFT_OWN(r, catchup);
	bool is_part = message->kind == RAFT_MESSAGE_SNAPSHOT;

	if (!is_of_donor(r, message,
			 is_part ? message->snapshot.sent_at
				 : message->offer.round))
		return (struct raft_intent){ 0 };
	own->is_part = is_part;
	if (is_part) {
		own->taken = message->snapshot.snapshot;
	} else {
		own->taken = message->offer.last;
		own->goal = message->offer.tip;
		own->is_apart =
		    !raft_module_has_entry(r, message->offer.previous);
	}
	proceed(r, RAFT_CATCHUP_TAKES, 0);
	return (struct raft_intent){ .kind = RAFT_INTENT_TAKE_OFFER,
				     .offer = message };
}

/** To the question how far its log goes; else member_count. */
static uint32_t
answerer(const struct raft *r, const struct raft_message *message)
{
	const struct raft_catchup *own = RAFT_OWN(r, catchup);

	return own->phase == RAFT_CATCHUP_LOOKS &&
		       message->extension.round == own->question
		   ? raft_module_position(r, message->from)
		   : raft_module_member_count(r);
}

static struct raft_intent
on_seen(struct raft *r, const struct raft_message *message)
{
	const struct raft_extension_message *seen = &message->extension;
	uint32_t from = answerer(r, message);
	struct raft_catchup_peer *peer;

	if (from == raft_module_member_count(r) || seen->length < SEEN_BYTES)
		return (struct raft_intent){ 0 };
	peer = RAFT_OWN_PEER(r, from, catchup);
	peer->tip.term = raft_module_get(seen->bytes, 8);
	peer->tip.index = raft_module_get(seen->bytes + 8, 8);
	peer->could_win = seen->bytes[16] != 0 && raft_module_votes(r, from);
	return note_seen(r, from);
}

/** Its build lacks this module. */
static struct raft_intent
on_unsupported(struct raft *r, const struct raft_message *message)
{
	uint32_t from = answerer(r, message);

	if (message->extension.type == LOOK &&
	    from < raft_module_member_count(r))
		return note_seen(r, from);
	if (message->extension.type == FETCH &&
	    is_of_donor(r, message, message->extension.round))
		return try_another(r);
	return (struct raft_intent){ 0 };
}

/* --------------------------------------------------------- who has entries */

static void
reply(struct raft *r, const struct raft_message *message, uint16_t type,
      uint8_t length, const uint8_t *bytes)
{
	struct raft_extension_message answer = {
		.module = raft_catchup_number,
		.type = type,
		.round = message->extension.round,
		.length = length,
	};

	for (uint8_t i = 0; i < length; i++)
		answer.bytes[i] = bytes[i];
	raft_module_send(r, message->from, answer);
}

/** It was answered by a majority when it asked last, and not long ago. */
static bool
could_win(const struct raft *r)
{
	uint64_t reached_at = RAFT_OWN(r, catchup)->reached_at;

	return reached_at != 0 &&
	       raft_module_now(r) - reached_at <
		   PATIENCE * raft_module_election_timeout(r);
}

/** Rule 9.6/catchup-4: a member gives of its log, whether it votes or not, unless
 *  it leads or hears a leader: there is no need then. */
static bool
may_give(const struct raft *r, struct raft_identity to)
{
	return raft_module_role(r) != RAFT_LEADER &&
	       !raft_module_leader_is_recent(r) &&
	       raft_module_position(r, to) < raft_module_member_count(r);
}

static void
on_look(struct raft *r, const struct raft_message *message)
{
	struct raft_entry_id tip = raft_module_tip(r);
	uint8_t bytes[SEEN_BYTES];

	if (!may_give(r, message->from))
		return;
	raft_module_put(bytes, tip.term, 8);
	raft_module_put(bytes + 8, tip.index, 8);
	bytes[16] = could_win(r);
	reply(r, message, SEEN, SEEN_BYTES, bytes);
}

/** From where on to give, to one whose log ends there, and of which it is sure that it
 *  is ours up to `known`. */
static struct raft_entry_id
joint(const struct raft *r, struct raft_entry_id tip, uint64_t known)
{
	uint64_t first = raft_module_log_begin(r);

	/* Where the logs part, what it has beyond is of no use. */
	if (raft_module_has_entry(r, tip))
		return tip;
	/* Rule 9.6/catchup-7: who is sure of less than what was compacted away, as
	 * after a restart, may have it all the same: that is committed. */
	return raft_module_entry(
	    r, known < first && tip.index >= first ? first : known);
}

static bool
give_part(struct raft *r, const struct raft_message *message)
{
	const struct raft_extension_message *fetched = &message->extension;
	struct raft_entry_id snapshot;

	if (fetched->length < FETCH_PART_BYTES)
		return false;
	snapshot.term = raft_module_get(fetched->bytes + 24, 8);
	snapshot.index = raft_module_get(fetched->bytes + 32, 8);
	return raft_module_give_part(r, message->from, fetched->round, snapshot,
				     raft_module_get(fetched->bytes + 40, 8));
}

static void
on_fetch(struct raft *r, const struct raft_message *message)
{
	const struct raft_extension_message *fetched = &message->extension;
	struct raft_entry_id after;

	if (fetched->length < FETCH_BYTES)
		return;
	after.term = raft_module_get(fetched->bytes, 8);
	after.index = raft_module_get(fetched->bytes + 8, 8);
	if (may_give(r, message->from) && is_later(raft_module_tip(r), after)) {
		after = joint(r, after,
			      raft_module_get(fetched->bytes + 16, 8));
		/* Rule 9.6/catchup-5: what is compacted away is given as a
		 * snapshot, part by part. */
		if (raft_module_offer(r, message->from, fetched->round, after) ||
		    give_part(r, message))
			return;
	}
	reply(r, message, NONE, 0, NULL);
}

struct raft_intent
raft_catchup_receive(struct raft *r, const struct raft_message *message)
{
	if (message->kind == RAFT_MESSAGE_UNSUPPORTED)
		return on_unsupported(r, message);
	switch (message->extension.type) {
	case LOOK:
		on_look(r, message);
		break;
	case SEEN:
		return on_seen(r, message);
	case FETCH:
		on_fetch(r, message);
		break;
	case NONE:
		if (is_of_donor(r, message, message->extension.round))
			return try_another(r);
		break;
	default:
		break;
	}
	return (struct raft_intent){ 0 };
}

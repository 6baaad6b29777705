/*
 * Elections: timers, candidacies, votes (thesis 3.4, 3.6.1).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     timer --> begin_candidacy --> [a module's own way] --> campaign
 *     campaign: new term, own vote, saved; then requests leave (O2)
 *     own vote durable, answers --> tally --> leader, or wait for the timer
 *
 * Quorums are those of the configuration of the one who counts. A voter judges
 * whoever asks, in its configuration or not, and whatever it believes its own
 * role to be, an empty log included (thesis 4.2.2: the asker may know a newer
 * configuration, and it knows us by our incarnation).
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

uint64_t
raft__candidacy_delay(struct raft *r)
{
	return raft_hook_candidacy_delay(r);
}

/** Draws from [timeout, 2 * timeout), so that candidates rarely meet (3.4). */
void
raft__reset_election_timer(struct raft *r)
{
	uint64_t timeout = raft__election_timeout(r);

	r->election_at = timeout == 0 ? UINT64_MAX
				      : r->now + timeout +
					    raft__random(r, timeout) +
					    raft__candidacy_delay(r);
}

bool
raft__may_campaign(const struct raft *r)
{
	return r->role != RAFT_LEADER && !r->stopped && !r->disowned &&
	       raft__may_be_elected(r);
}

static bool
own_vote_is_durable(const struct raft *r)
{
	return r->durable_term == r->term &&
	       raft__same(r->durable_vote, r->self);
}

static void
tally(struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t granted[RAFT_MEMBERS_MAX];

	/* Whatever others say: a candidate is its own first vote. */
	if (!own_vote_is_durable(r))
		return;
	for (size_t i = 0; i < m->peer_count; i++)
		granted[i] = i == m->self ||
			     m->peers[i].ballot == RAFT_BALLOT_GRANTED;
	/* Rule 3.1/candidates-5: the votes of a majority make a leader. */
	if (raft__quorum(m, granted) == 1)
		raft__become_leader(r);
}

/** As a voter it would refuse that to another. Only where leases rest on it: who
 *  was asked to campaign elsewhere may. */
static bool
refuses_itself(struct raft *r)
{
	struct raft_vote_request request = {
		.candidate = r->self,
		.term = r->term + 1,
		.tip = r->log.last,
	};

	return raft__grants_leases(r) && !raft__is_sole_voter(r) &&
	       raft_hook_refuses_vote(r, &request) != RAFT_REFUSAL_NONE;
}

static void
campaign(struct raft *r, enum raft_reason reason)
{
	const struct raft_membership *m = r->membership;

	raft_assert(raft__may_campaign(r));
	/* Rule 3.1/candidates-1: a candidacy is of a new term. */
	raft__enter_term(r, r->term + 1);
	r->role = RAFT_CANDIDATE;
	/* Rule 3.1/candidates-2: a candidate votes for itself. */
	r->vote = r->self;
	r->heartbeat_at = r->now + raft__heartbeat_us(r);
	for (size_t i = 0; i < m->peer_count; i++) {
		m->peers[i].ballot = RAFT_BALLOT_OPEN;
		/* Rule 3.1/candidates-4: all other voters are asked. */
		m->peers[i].owes_vote_request =
		    i != m->self && raft__votes(&m->peers[i]);
	}
	raft__role_changed(r, reason);
}

/** With its log behind what it has accepted, a candidate would win with entries
 *  that it may yet lose; it waits for its disk instead. */
void
raft__begin_candidacy(struct raft *r, enum raft_reason reason)
{
	if (!raft__may_campaign(r))
		return;
	if (!raft__outbox_all_durable(r)) {
		raft__trace(r, "puts off a candidacy: its log is not durable");
		r->election_at = r->now + raft__heartbeat_us(r);
		return;
	}
	/* Rule 4.2.3/lease-1: where leaders hold leases, nobody votes for itself
	 * who would not for another; it tries again soon. */
	if (reason != RAFT_REASON_TRANSFER && refuses_itself(r)) {
		r->election_at =
		    r->now + 1 + raft__random(r, raft__heartbeat_us(r));
		return;
	}
	/* Rule 3.1/candidates-3: the timer starts anew with a candidacy. */
	raft__reset_election_timer(r);
	/* Rule 9.6/candidates-7: who campaigns knows no leader any more. */
	raft__set_leader(r, (struct raft_identity){ 0 });
	raft__forget_disowned(r);
	if (r->term == RAFT_TERM_MAX)
		return;
	if (!raft_hook_takes_candidacy(r, reason))
		campaign(r, reason);
}

/** Requests and answers may be lost: repeat those still open (thesis 3.3). */
void
raft__ask_again(struct raft *r)
{
	const struct raft_membership *m = r->membership;

	for (size_t i = 0; i < m->peer_count; i++)
		m->peers[i].owes_vote_request =
		    i != m->self && raft__votes(&m->peers[i]) &&
		    m->peers[i].ballot == RAFT_BALLOT_OPEN;
	r->heartbeat_at = r->now + raft__heartbeat_us(r);
}

void
raft__own_vote_saved(struct raft *r)
{
	if (r->role == RAFT_CANDIDATE)
		tally(r);
}

struct raft_vote_request
raft__vote_request(const struct raft_message *message)
{
	return (struct raft_vote_request){
		.candidate = message->from,
		.term = message->term,
		.tip = message->vote.tip,
		.permit = message->vote.permit,
	};
}

bool
raft__is_up_to_date(struct raft_entry_id tip, struct raft_entry_id other)
{
	return tip.term > other.term ||
	       (tip.term == other.term && tip.index >= other.index);
}

static bool
is_another(struct raft_identity one, struct raft_identity candidate)
{
	return one.id != 0 && !raft__same(one, candidate);
}

enum raft_refusal
raft__judge_vote(const struct raft *r, const struct raft_vote_request *request)
{
	bool bound = !request->preliminary && request->term == r->term &&
		     (is_another(r->vote, request->candidate) ||
		      is_another(r->leader, request->candidate));

	/* Rule 9.6/voters-2: the question is of a later term than the voter's. */
	if (request->term < r->term ||
	    (request->preliminary && request->term == r->term))
		return RAFT_REFUSAL_TERM;
	/* Rule 3.1/vote-2: one vote a term, whoever else asks; and none against
	 * its leader, whose election may have had a vote that was lost since. */
	if (bound)
		return RAFT_REFUSAL_VOTED;
	/* Rule 3.1/vote-3: no vote for a log that is behind. */
	if (!raft__is_up_to_date(request->tip, r->log.last))
		return RAFT_REFUSAL_LOG;
	return RAFT_REFUSAL_NONE;
}

bool
raft__is_permitted(const struct raft *r,
		   const struct raft_vote_request *request)
{
	const struct raft_permit *permit = &request->permit;

	/* Rule 4.2.3/permit-2: a permit is of the term before, by the leader that
	 * was heard last, and counts only where the vote itself would be given,
	 * as often as it comes: a grant may be lost. */
	return permit->leader != 0 && request->term == permit->term + 1 &&
	       permit->term >= r->heard_term &&
	       (permit->term != r->term || r->leader.id == 0 ||
		permit->leader == r->leader.id) &&
	       raft__judge_vote(r, request) == RAFT_REFUSAL_NONE;
}

enum raft_refusal
raft__judge_preliminary_vote(struct raft *r,
			     const struct raft_vote_request *request)
{
	enum raft_refusal refusal = raft_hook_refuses_vote(r, request);

	raft_assert(request->preliminary);
	raft__answer_removed(r, request);
	/* Rule 9.6/voters-3: it is judged as the vote would be, whoever the vote
	 * of this term was for. */
	return refusal != RAFT_REFUSAL_NONE ? refusal
					    : raft__judge_vote(r, request);
}

void
raft__preliminary_answered(struct raft *r, uint32_t position, uint64_t round,
			   enum raft_refusal refusal)
{
	raft_hook_preliminary_answered(r, position, round, refusal);
}

void
raft__refuse_vote(struct raft *r, const struct raft_message *message,
		  enum raft_refusal refusal)
{
	raft_assert(refusal != RAFT_REFUSAL_NONE);
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_VOTE_ANSWER,
			  .to = message->from,
			  .vote_answer = { .refusal = refusal,
					   .asked_term = message->term,
					   .tip = r->log.last },
		      });
	raft__trace(r, "refuses its vote to %llu in term %llu: %s",
		    (unsigned long long)message->from.id,
		    (unsigned long long)message->term,
		    raft_refusal_text(refusal));
}

/** The request's term is ours by now, and no module objected. */
void
raft__on_vote(struct raft *r, const struct raft_message *message)
{
	struct raft_vote_request request = raft__vote_request(message);
	/* Rule 4.1/members-3: who asks need not be in our configuration. */
	enum raft_refusal refusal = raft__judge_vote(r, &request);

	if (refusal != RAFT_REFUSAL_NONE) {
		raft__refuse_vote(r, message, refusal);
		return;
	}
	if (r->vote.id == 0) {
		r->vote = message->from;
		r->outbox.state_changed = true;
		raft__trace(r, "votes for %llu in term %llu",
			    (unsigned long long)r->vote.id,
			    (unsigned long long)r->term);
		/* Once: a candidate that cannot hear repeats its request, and
		 * must not hold off everybody else for ever. */
		raft__reset_election_timer(r);
	}
	/* Candidates and leaders have voted, for themselves. */
	raft_assert(r->role == RAFT_FOLLOWER);
	raft_assert(raft__same(r->vote, message->from));
	/* Rule 4.2.3/permit-3: with that vote its leader is heard no more. */
	if (raft__is_permitted(r, &request))
		r->heard_at = 0;
	r->outbox.owes_vote = true;
}

void
raft__on_vote_answer(struct raft *r, const struct raft_message *message)
{
	const struct raft_vote_answer *answer = &message->vote_answer;
	struct raft_peer *peer = raft__peer(r, message->from);

	if (peer == NULL) {
		raft__count(r, RAFT_COUNTER_STRANGER, message);
		return;
	}
	if (answer->asked_term != r->term ||
	    peer->ballot != RAFT_BALLOT_OPEN)
		return;
	if (answer->refusal == RAFT_REFUSAL_NONE)
		peer->ballot = RAFT_BALLOT_GRANTED;
	/* A living leader may be gone when we ask again in this term. */
	else if (answer->refusal != RAFT_REFUSAL_LEASE &&
		 answer->refusal != RAFT_REFUSAL_BOOT)
		peer->ballot = RAFT_BALLOT_REFUSED;
	raft_hook_vote_answered(r, peer->identity.id, answer);
	if (r->role == RAFT_CANDIDATE)
		tally(r);
}

/*
 * What a leader does: replicate its log, advance the commit (thesis 3.5, 3.6).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Appends are composed when the caller asks for its duties, one a peer and turn
 * however many proposals came before, and run ahead of the answers. Nothing
 * rests on their order or arrival: what is lost shows as a mismatch of the next
 * append or heartbeat, and its answer says where to look.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#define COMMIT_NOTICES_PER_HEARTBEAT 100

/* --------------------------------------------------- beginning and end */

bool
raft__append_noop(struct raft *r)
{
	if (!raft__outbox_reserve(r, 1) || !raft__log_reserve(r, 1))
		return false;
	*raft__outbox_extend(r, 1) = (struct raft_entry){
		.index = r->log.last.index + 1,
		.term = r->term,
		.kind = RAFT_ENTRY_NOOP,
	};
	raft__log_append(&r->log, r->term, 1);
	return true;
}

void
raft__become_leader(struct raft *r)
{
	raft_assert(r->role == RAFT_CANDIDATE);
	raft_assert(raft__same(r->durable_vote, r->self));
	/* Rule 3.1/leaders-1: a new leader writes to all at once: an entry of
	 * its own, by which it learns what is committed (3.6.2, 6.4). */
	if (!raft__append_noop(r)) {
		raft__become_follower(r, RAFT_REASON_OUT_OF_MEMORY);
		return;
	}
	/* What a former leader was sending is of no use any more. */
	raft__receiving_end(r);
	r->role = RAFT_LEADER;
	r->term_first_index = r->log.last.index;
	r->outcome_index = r->log.last.index;
	r->unproposed_index = 0;
	r->uncommitted = (struct raft_flow){ 0 };
	raft__progress_reset(r);
	r->match_raised = true;
	r->commit_notice_at = UINT64_MAX;
	r->commit_noticed = 0;
	r->transfer.target = 0;
	raft__set_leader(r, r->self);
	raft__owe_heartbeats(r);
	raft__role_changed(r, RAFT_REASON_ELECTED);
}

static void
tell_outcome(struct raft *r, enum raft_outcome_kind kind, uint64_t first,
	     uint64_t last)
{
	uint64_t gap = r->unproposed_index;

	if (gap < first || gap > last) {
		raft__outbox_outcome(r, kind, first, last);
		return;
	}
	raft__outbox_outcome(r, kind, first, gap - 1);
	raft__outbox_outcome(r, kind, gap + 1, last);
}

/** While the term is still the one it led. What the log was never given goes
 *  back to the proposer as lost, since nobody has seen it; what it was given
 *  may yet commit under another leader. */
void
raft__leader_stops(struct raft *r)
{
	uint64_t handed = r->outbox.handed_index, last = r->log.last.index;
	uint64_t first_lost;

	raft__sendings_end(r);
	r->transfer.target = 0;
	raft__advance_commit(r);
	if (last > handed)
		raft__truncate(r, handed + 1);
	first_lost = (r->outcome_index > handed ? r->outcome_index : handed) + 1;
	tell_outcome(r, RAFT_OUTCOME_UNKNOWN, r->outcome_index + 1, handed);
	tell_outcome(r, RAFT_OUTCOME_LOST, first_lost, last);
	r->outcome_index = last;
}

/* ------------------------------------------------------------- commit */

/** How far a majority is beyond the commit index. */
static uint64_t
quorum_lead(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t values[RAFT_MEMBERS_MAX], commit = r->commit_index;

	for (size_t i = 0; i < m->peer_count; i++) {
		uint64_t match =
		    i == m->self ? r->durable_index : m->peers[i].match_index;

		values[i] = match > commit ? match - commit : 0;
	}
	return raft__quorum(m, values);
}

static uint64_t
commit_notice_us(const struct raft *r)
{
	return r->commit_notice_us != 0
		   ? r->commit_notice_us
		   : raft__heartbeat_us(r) / COMMIT_NOTICES_PER_HEARTBEAT;
}

void
raft__advance_commit(struct raft *r)
{
	uint64_t index;

	raft_assert(r->role == RAFT_LEADER);
	r->match_raised = false;
	/* What nobody else holds needs no counting. */
	if (!r->others_are_ahead && !raft__is_sole_voter(r))
		return;
	index = r->commit_index + quorum_lead(r);
	/* Rule 3.1/leaders-7: what a majority holds is committed if it is of
	 * the leader's own term, and all before it with it. */
	if (index <= r->commit_index || index < r->term_first_index)
		return;
	raft_assert(raft__log_term_at(&r->log, index) == r->term);
	r->commit_index = index;
	r->others_are_ahead = index < r->outbox.handed_index;
	raft__flow_arrived(&r->uncommitted, raft__settled_index(r),
			   r->log.last.index);
	raft__membership_committed(r);
	if (r->commit_notice_at == UINT64_MAX)
		r->commit_notice_at = r->now + commit_notice_us(r);
	if (index <= r->outcome_index)
		return;
	tell_outcome(r, RAFT_OUTCOME_COMMITTED, r->outcome_index + 1, index);
	r->outcome_index = index;
}

/* ------------------------------------------------------------ sending */

void
raft__owe_heartbeats(struct raft *r)
{
	r->heartbeat_at = r->now + raft__heartbeat_us(r);
	if (raft_hook_refuses(r, RAFT_ACTION_HEARTBEAT) != RAFT_OK)
		return;
	for (size_t i = 0; i < r->membership->peer_count; i++)
		r->membership->peers[i].owes_heartbeat = true;
}

/** Under load appends carry the commit; this is for the last one. */
void
raft__owe_commit_notices(struct raft *r)
{
	r->commit_noticed = r->commit_index;
	r->commit_notice_at = UINT64_MAX;
}

static bool
probe_is_out(const struct raft_peer *peer)
{
	return peer->state == RAFT_PROGRESS_PROBE &&
	       peer->sequence_sent >= peer->sequence_probing;
}

/** The answer of a peer that is near has mostly come by the next heartbeat: else
 *  that one is the probe again. Of one that is far, it tells of the loss. */
static bool
probes_again(const struct raft_peer *peer)
{
	return peer->probe_is_near && peer->owes_heartbeat &&
	       probe_is_out(peer);
}

static bool
may_probe(const struct raft_peer *peer)
{
	return probe_is_out(peer)
		   ? probes_again(peer)
		   : !peer->probe_waits || peer->owes_heartbeat;
}

/** As if none of it had been sent; but the answer to the first one counts. */
static void
probe_again(struct raft_peer *peer)
{
	peer->in_flight = (struct raft_flow){ 0 };
	peer->next_index = peer->probe_index > peer->match_index
			       ? peer->probe_index
			       : peer->match_index + 1;
}

/** The last entry that may go to this peer now; below next_index: none. Only
 *  what the log was given can be read back and sent, and only so much that a
 *  peer whose disk is stuck is not made to hold the world in memory. */
static uint64_t
last_to_send(const struct raft *r, const struct raft_peer *peer)
{
	uint64_t durable = peer->probe_index - 1 > peer->match_index
			       ? peer->probe_index - 1
			       : peer->match_index;

	if (peer->state == RAFT_PROGRESS_STRANDED ||
	    peer->state == RAFT_PROGRESS_REGRESSED ||
	    (peer->state == RAFT_PROGRESS_PROBE && !may_probe(peer)) ||
	    raft__appends_in_flight(peer) >= r->appends_in_flight_max ||
	    raft__flow_bytes(&peer->in_flight) >= r->bytes_in_flight_max)
		return peer->next_index - 1;
	return raft__least(
	    r->outbox.handed_index,
	    raft__least(peer->next_index - 1 + r->batch_entries_max,
			durable + r->uncommitted_entries_max));
}

/** Appends with entries are what the window counts, so they count apart. */
static uint64_t
next_sequence(const struct raft_peer *peer, bool has_entries)
{
	uint64_t sent = peer->sequence_sent;

	return has_entries ? sent - sent % RAFT_SEQUENCE_STEP +
				 RAFT_SEQUENCE_STEP
			   : sent + 1;
}

bool
raft__compose_append(struct raft *r, struct raft_peer *peer,
		     struct raft_message *message)
{
	uint64_t previous, last;

	if (probes_again(peer))
		probe_again(peer);
	last = last_to_send(r, peer);
	if (last < peer->next_index && !raft__owes_empty_append(r, peer))
		return false;
	/* Rule 3.1/leaders-4: each gets what it lacks, from its next on. */
	previous = peer->next_index - 1;
	last = last < previous ? previous : last;
	if (last == previous && raft__owes_read_append(r, peer))
		peer->read_append_is_out = true;
	peer->sequence_sent = next_sequence(peer, last > previous);
	message->kind = RAFT_MESSAGE_APPEND;
	message->to = peer->identity;
	message->append = (struct raft_append){
		.previous = { .index = previous,
			      .term = raft__log_term_at(&r->log, previous) },
		.last = { .index = last,
			  .term = raft__log_term_at(&r->log, last) },
		.commit_index = r->commit_index,
		.sent_at = r->now,
		.sequence = peer->sequence_sent,
	};
	peer->next_index = last + 1;
	peer->probe_waits = false;
	peer->owes_heartbeat = false;
	peer->commit_told = r->commit_index;
	return true;
}

bool
raft__offer(struct raft *r, struct raft_identity to, uint64_t round,
	    struct raft_entry_id after)
{
	uint64_t last = raft__least(r->outbox.handed_index,
				    after.index + r->batch_entries_max);

	if (!raft__log_has(&r->log, after) || last <= after.index)
		return false;
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_OFFER,
			  .to = to,
			  .offer = { .previous = after,
				     .last = { .index = last,
					       .term = raft__log_term_at(
						   &r->log, last) },
				     .tip = r->log.last,
				     .round = round },
		      });
	return true;
}

/* ------------------------------------------------------------ answers */

/** The conflict says which term stands there (its whole run disagrees unless we
 *  have that term too), so each round passes over a term (thesis 3.5). */
static uint64_t
next_to_try(const struct raft *r, const struct raft_append_answer *answer)
{
	uint64_t next = answer->conflict.index;
	uint64_t known = answer->conflict.term == 0
			     ? 0
			     : raft__log_last_of_term(&r->log,
						      answer->conflict.term);

	/* Rule 3.1/leaders-6: after a mismatch, earlier entries are tried. */
	if (known != 0)
		next = known + 1;
	return raft__least(next, r->log.last.index + 1);
}

/** Behind what it has acknowledged, which may be by the same answer. */
static void
step_back(struct raft *r, struct raft_peer *peer, uint64_t next_index)
{
	raft__progress_probe(r, peer,
			     next_index > peer->match_index
				 ? next_index
				 : peer->match_index + 1);
	raft__trace(r, "goes back to entry %llu with %llu",
		    (unsigned long long)peer->next_index,
		    (unsigned long long)peer->identity.id);
}

/** What it had acknowledged. */
static bool
denies_match(const struct raft *r, const struct raft_peer *peer,
	     const struct raft_append_answer *answer)
{
	if (answer->verdict == RAFT_APPEND_ACCEPTED)
		return false;
	return peer->state == RAFT_PROGRESS_REGRESSED ||
	       next_to_try(r, answer) <= peer->match_index;
}

/** Its acceptance may have overtaken this denial. If it denies what is asked for
 *  after that, it has lost it: there is no going back there. */
static void
doubt(struct raft *r, struct raft_peer *peer,
      const struct raft_message *message)
{
	if (message->append_answer.sequence < peer->sequence_probing)
		return;
	if (peer->match_is_doubted || peer->state == RAFT_PROGRESS_REGRESSED) {
		raft__count(r, RAFT_COUNTER_REGRESSED, message);
		raft__progress_regressed(r, peer);
		return;
	}
	step_back(r, peer, next_to_try(r, &message->append_answer));
	peer->match_is_doubted = true;
}

static void
raise_match(struct raft *r, struct raft_peer *peer, uint64_t match_index)
{
	if (match_index <= peer->match_index)
		return;
	/* Rule 3.1/leaders-5: what was accepted is known to be there. */
	peer->match_index = match_index;
	peer->match_is_doubted = false;
	if (peer->next_index <= match_index)
		peer->next_index = match_index + 1;
	if (match_index <= r->commit_index)
		return;
	r->match_raised = true;
	r->others_are_ahead = true;
}

struct raft_peer *
raft__peer_answering(struct raft *r, const struct raft_message *message,
		     uint64_t sent_at, uint64_t sequence, uint64_t match_index)
{
	struct raft_peer *peer = raft__peer(r, message->from);
	enum raft_counter counter;

	if (peer == NULL)
		counter = RAFT_COUNTER_STRANGER;
	/* From before it lost what that may speak of. */
	else if (peer->state == RAFT_PROGRESS_REGRESSED &&
		 sequence < peer->sequence_probing)
		return NULL;
	else if (sequence > peer->sequence_sent || sent_at > r->now)
		counter = RAFT_COUNTER_FUTURE_ECHO;
	else if (match_index > r->outbox.handed_index)
		counter = RAFT_COUNTER_ABSURD_INDEX;
	else
		return peer;
	raft__count(r, counter, message);
	return NULL;
}

void
raft__peer_answered(struct raft *r, struct raft_peer *peer, uint64_t sent_at,
		    uint64_t sequence, uint64_t match_index)
{
	/* What was sent before it could vote is no answer of a voter's. */
	peer->answered = peer->answered || sent_at >= peer->heard_sent_at;
	if (sequence > peer->sequence_answered)
		peer->sequence_answered = sequence;
	/* Rule 6.2/leaders-2: what counts is when the leader sent what was
	 * answered, by a denial too: so it gives up no later than a voter that
	 * stopped hearing it could vote for another. */
	if (sent_at > peer->heard_sent_at)
		peer->heard_sent_at = sent_at;
	raise_match(r, peer, match_index);
	raft__flow_arrived(&peer->in_flight, peer->match_index,
			   peer->next_index - 1);
}

/** Who is being sent a snapshot was sent no append since that began. */
static bool
append_answer_is_sound(struct raft *r, const struct raft_peer *peer,
		       const struct raft_message *message)
{
	const struct raft_append_answer *answer = &message->append_answer;
	enum raft_counter counter;

	if (answer->verdict < RAFT_APPEND_ACCEPTED ||
	    answer->verdict > RAFT_APPEND_BUSY ||
	    (answer->verdict != RAFT_APPEND_ACCEPTED &&
	     answer->conflict.index == 0))
		counter = RAFT_COUNTER_MALFORMED;
	else if (peer->state == RAFT_PROGRESS_SNAPSHOT &&
		 answer->sequence >= peer->sequence_probing)
		counter = RAFT_COUNTER_FUTURE_ECHO;
	else
		return true;
	raft__count(r, counter, message);
	return false;
}

void
raft__on_append_answer(struct raft *r, const struct raft_message *message)
{
	const struct raft_append_answer *answer = &message->append_answer;
	struct raft_peer *peer;

	/* It answers an append of an older term, whose sequence means nothing in
	 * this one: ours by now, if we were elected meanwhile. */
	if (answer->verdict == RAFT_APPEND_STALE_TERM)
		return;
	peer = raft__peer_answering(r, message, answer->sent_at,
				    answer->sequence, answer->match_index);
	if (peer == NULL || !append_answer_is_sound(r, peer, message))
		return;
	/* It says nothing of who heard us, either: the one that was heard, and
	 * what it promised, may be gone. */
	if (denies_match(r, peer, answer)) {
		doubt(r, peer, message);
		return;
	}
	raft__peer_answered(r, peer, answer->sent_at, answer->sequence,
			    answer->match_index);
	if (answer->sequence >= peer->sequence_probing) {
		if (answer->verdict == RAFT_APPEND_ACCEPTED) {
			peer->state = RAFT_PROGRESS_REPLICATE;
		} else if (answer->verdict == RAFT_APPEND_MISMATCH) {
			step_back(r, peer, next_to_try(r, answer));
			peer->probe_is_near = r->now - answer->sent_at <=
					      raft__heartbeat_us(r);
		} else {
			/* It will be no different at once: wait a heartbeat. */
			step_back(r, peer, next_to_try(r, answer));
			peer->probe_waits = true;
		}
	}
	raft__reads_answered(r, peer);
	if (r->transfer.target != 0)
		raft__transfer_advance(r);
	raft_hook_acknowledged(r, peer->identity, answer);
}

void
raft_unreadable(struct raft *r, uint64_t id, uint64_t now)
{
	struct raft_peer *peer = raft__peer_by_id(r, id);
	struct raft_before before;

	if (!raft__begin_step(r, now, &before) || r->role != RAFT_LEADER ||
	    peer == NULL)
		return;
	raft__progress_unreadable(r, peer);
	raft__check_after(r, &before);
}

void
raft_append_sent(struct raft *r, uint64_t id, uint64_t last_index, size_t bytes,
		 uint64_t now)
{
	struct raft_peer *peer = raft__peer_by_id(r, id);
	struct raft_before before;

	if (!raft__begin_step(r, now, &before) || r->role != RAFT_LEADER ||
	    peer == NULL)
		return;
	peer->in_flight.since += bytes;
	if (last_index < peer->next_index - 1 &&
	    last_index >= peer->match_index &&
	    last_index >= r->log.snapshot.index) {
		peer->next_index = last_index + 1;
		raft__flow_shortened(&peer->in_flight, last_index);
	}
}

uint64_t
raft_everywhere(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t least = r->durable_index;

	if (r->role != RAFT_LEADER)
		return 0;
	for (size_t i = 0; i < m->peer_count; i++)
		if (i != m->self && m->peers[i].match_index < least)
			least = m->peers[i].match_index;
	return least;
}

/*
 * Snapshots, the leader's side (thesis chapter 5, figure 5.3).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A peer that needs entries which the log no longer has is sent the newest
 * snapshot, a few parts ahead of what it has stored:
 *
 *        stored           next                          size
 *     ------|---------------|------------------------------|
 *      durable there   on its way,      not sent yet
 *                      at most RAFT_PARTS_MAX
 *
 *  (S1) A part is a heartbeat too. When one is due and no part may go, one
 *       without bytes goes, from `next`.
 *  (S2) The peer takes parts only in order; for any other it names the one it
 *       wants, and the leader goes there: at once, but only once a heartbeat.
 *       So whatever was lost is found by the next part, or heartbeat.
 *  (S3) A newer snapshot does not end the sending of an older one, or a slow
 *       peer would begin for ever. But one that has not advanced for an
 *       election timeout begins again with the newest: nothing is kept for the
 *       dead.
 *  (S4) It ends when the peer's match reaches the log, however it came there.
 *  (S5) A peer whose build lacks snapshots is stranded: its heartbeats are appends.
 *       One in many of these tries a snapshot again, for builds are replaced.
 *  (S6) A peer that has lost what it had stored, or found it damaged, is sent
 *       nothing for some heartbeats, with each time for twice as many: whatever
 *       is wrong, it is not mended by haste.
 */
#include "raft/state.h"

#include <string.h>

/** For a peer whose build lacks snapshots, and that needs one with each
 *  heartbeat. */
#define SNAPSHOT_PAUSE 50
/** (S6): 2 to the power of this many heartbeats is the longest pause. */
#define SETBACKS_MAX 6

/* ------------------------------------------------------ beginning and end */

struct raft_sending *
raft__sending(const struct raft *r, const struct raft_peer *peer)
{
	struct raft_sending *sending = r->snapshots.sending;

	while (sending != NULL && !raft__same(sending->to, peer->identity))
		sending = sending->following;
	return sending;
}

/** A message in the caller's hands may point into it. */
static void
end_sending(struct raft *r, struct raft_sending **at)
{
	struct raft_sending *sending = *at;

	if (sending == NULL)
		return;
	*at = sending->following;
	sending->following = r->snapshots.ended;
	r->snapshots.ended = sending;
}

void
raft__sending_end(struct raft *r, const struct raft_peer *peer)
{
	struct raft_sending **at = &r->snapshots.sending;

	while (*at != NULL && !raft__same((*at)->to, peer->identity))
		at = &(*at)->following;
	end_sending(r, at);
}

void
raft__sendings_prune(struct raft *r)
{
	struct raft_sending **at = &r->snapshots.sending;

	while (*at != NULL)
		if (raft__peer(r, (*at)->to) == NULL)
			end_sending(r, at);
		else
			at = &(*at)->following;
}

void
raft__sendings_end(struct raft *r)
{
	while (r->snapshots.sending != NULL)
		end_sending(r, &r->snapshots.sending);
}

void
raft__sendings_release(struct raft *r)
{
	while (r->snapshots.ended != NULL) {
		struct raft_sending *sending = r->snapshots.ended;

		r->snapshots.ended = sending->following;
		raft__resize(r, sending, 0);
	}
}

static struct raft_sending *
make_sending(struct raft *r, const struct raft_peer *peer)
{
	struct raft_entry_id snapshot = r->snapshots.newest;
	const struct raft_membership *m =
	    raft__membership_at(r, snapshot.index);
	struct raft_sending *sending =
	    raft__resize(r, NULL, sizeof(*sending) + m->length);

	if (sending == NULL)
		return NULL;
	memset(sending, 0, sizeof(*sending));
	sending->to = peer->identity;
	sending->snapshot = snapshot;
	sending->writing = r->snapshots.writing;
	sending->size = r->snapshots.size;
	sending->advanced_at = r->now;
	sending->configuration_index = m->index;
	sending->configuration_length = m->length;
	memcpy(sending->configuration, m->bytes, m->length);
	return sending;
}

bool
raft__sending_begin(struct raft *r, struct raft_peer *peer)
{
	struct raft_sending *sending;

	if (r->snapshots.newest.index < r->log.snapshot.index ||
	    r->snapshots.size == RAFT_SNAPSHOT_NOT_SENT)
		return false;
	if (peer->snapshot_pause > 0) {
		peer->snapshot_pause--;
		return false;
	}
	sending = make_sending(r, peer);
	if (sending == NULL)
		return false;
	raft__sending_end(r, peer);
	sending->following = r->snapshots.sending;
	r->snapshots.sending = sending;
	peer->state = RAFT_PROGRESS_SNAPSHOT;
	/* Its first part goes now, even if it has no bytes. */
	peer->owes_heartbeat = true;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_SNAPSHOT_SENT,
				  .peer = peer->identity.id,
				  .index = sending->snapshot.index,
			      });
	return true;
}

/* ------------------------------------------- to who asks, not leading */

/** NULL: nobody has asked. */
static struct raft_sending *
given(const struct raft *r)
{
	return r->role == RAFT_LEADER ? NULL : r->snapshots.sending;
}

/** One at a time, for as long as it may take to ask for the next part. */
static bool
gives_to_another(const struct raft *r, struct raft_identity to)
{
	const struct raft_sending *giving = given(r);

	return giving != NULL && !raft__same(giving->to, to) &&
	       r->now - giving->advanced_at < raft__election_timeout(r);
}

static bool
gives_that(const struct raft *r, struct raft_identity to,
	   struct raft_entry_id snapshot)
{
	const struct raft_sending *giving = given(r);

	return giving != NULL && raft__same(giving->to, to) &&
	       giving->snapshot.index == snapshot.index &&
	       giving->snapshot.term == snapshot.term;
}

static bool
begin_giving(struct raft *r, const struct raft_peer *peer, uint64_t round)
{
	struct raft_sending *giving;

	if (r->snapshots.newest.index == 0 ||
	    r->snapshots.newest.index < r->log.snapshot.index ||
	    r->snapshots.size == RAFT_SNAPSHOT_NOT_SENT)
		return false;
	giving = make_sending(r, peer);
	if (giving == NULL)
		return false;
	giving->given = round;
	raft__sendings_end(r);
	r->snapshots.sending = giving;
	return true;
}

bool
raft__give_part(struct raft *r, struct raft_identity to, uint64_t round,
		struct raft_entry_id snapshot, uint64_t offset)
{
	const struct raft_peer *peer = raft__peer(r, to);
	bool goes_on = gives_that(r, to, snapshot);
	struct raft_sending *giving;

	if (peer == NULL || r->role == RAFT_LEADER || gives_to_another(r, to) ||
	    (!goes_on && !begin_giving(r, peer, round)))
		return false;
	giving = given(r);
	if (goes_on && offset > giving->size)
		return false;
	giving->next = goes_on ? offset : 0;
	giving->advanced_at = r->now;
	giving->round = round;
	giving->asked = true;
	return true;
}

/* ---------------------------------------------------------------- parts */

/** The first part has the configuration beside it; the two take no more than an
 *  entry. */
static uint64_t
longest_part(const struct raft *r, const struct raft_sending *sending)
{
	uint64_t beside = sending->next == 0 ? sending->configuration_length : 0;
	uint64_t room = beside < r->payload_bytes_max
			    ? r->payload_bytes_max - beside
			    : 1;

	return raft__least(r->snapshots.part_bytes, room);
}

/** 0: no part may go now. */
static uint64_t
next_length(const struct raft *r, const struct raft_sending *sending)
{
	uint64_t part = r->snapshots.part_bytes;
	uint64_t length = raft__least(longest_part(r, sending),
				      sending->size - sending->next);
	uint64_t ahead = sending->next - sending->stored;

	return sending->waits || ahead + length > RAFT_PARTS_MAX * part
		   ? 0
		   : length;
}

/** A heartbeat is due. */
static struct raft_sending *
go_on(struct raft *r, struct raft_peer *peer, struct raft_sending *sending)
{
	sending->went_back = false;
	sending->waits = r->now < sending->resume_at;
	if (r->now - sending->advanced_at < raft__election_timeout(r) ||
	    sending->snapshot.index == r->snapshots.newest.index ||
	    !raft__sending_begin(r, peer))
		return sending;
	return raft__sending(r, peer);
}

/** Of the part that is next. */
static void
fill_content(struct raft_sending *sending, uint64_t length)
{
	sending->content =
	    (struct raft_snapshot_content){ .part.length = (size_t)length };
	/* Rule 5.3/send-1: who needs what was dropped gets the snapshot, with
	 * the configuration in force there. */
	if (sending->next > 0)
		return;
	sending->content.configuration = sending->configuration;
	sending->content.configuration_length = sending->configuration_length;
	sending->content.configuration_index = sending->configuration_index;
}

bool
raft__compose_given(struct raft *r, struct raft_message *message)
{
	struct raft_sending *giving = given(r);

	if (giving == NULL || !giving->asked)
		return false;
	giving->asked = false;
	fill_content(giving, raft__least(longest_part(r, giving),
					 giving->size - giving->next));
	message->kind = RAFT_MESSAGE_SNAPSHOT;
	message->to = giving->to;
	message->snapshot = (struct raft_snapshot_message){
		.snapshot = giving->snapshot,
		.size = giving->size,
		.offset = giving->next,
		.sent_at = giving->round,
		.writing = giving->given,
		.content = &giving->content,
	};
	return true;
}

bool
raft__compose_part(struct raft *r, struct raft_peer *peer,
		   struct raft_message *message)
{
	struct raft_sending *sending = raft__sending(r, peer);
	uint64_t length;

	if (peer->owes_heartbeat)
		sending = go_on(r, peer, sending);
	length = next_length(r, sending);
	if (length == 0 && !peer->owes_heartbeat)
		return false;
	fill_content(sending, length);
	message->kind = RAFT_MESSAGE_SNAPSHOT;
	message->to = peer->identity;
	message->snapshot = (struct raft_snapshot_message){
		.snapshot = sending->snapshot,
		.size = sending->size,
		.offset = sending->next,
		.sent_at = r->now,
		.sequence = ++peer->sequence_sent,
		.writing = sending->writing,
		.content = &sending->content,
	};
	sending->next += length;
	peer->owes_heartbeat = false;
	return true;
}

/* --------------------------------------------------------------- answers */

static void
go_to(struct raft_peer *peer, struct raft_sending *sending, uint64_t offset)
{
	sending->next = offset;
	sending->waits = sending->went_back;
	sending->went_back = true;
	/* What was sent before this is answered with the same gap. */
	peer->sequence_probing = peer->sequence_sent + 1;
}

/** (S6) */
static void
hold_back(struct raft *r, struct raft_sending *sending)
{
	if (sending->setbacks < SETBACKS_MAX)
		sending->setbacks++;
	sending->resume_at =
	    r->now + (raft__heartbeat_us(r) << sending->setbacks);
	sending->waits = true;
}

static void
note_refusal(struct raft *r, struct raft_sending *sending)
{
	sending->refused = true;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_SNAPSHOT_REFUSED,
				  .peer = sending->to.id,
				  .index = sending->snapshot.index,
			      });
}

static void
note_answer(struct raft *r, struct raft_peer *peer,
	    struct raft_sending *sending,
	    const struct raft_snapshot_answer *answer)
{
	uint64_t offset = answer->offset;
	bool lost = answer->damaged || offset < sending->stored;

	if (answer->gap && answer->sequence >= peer->sequence_probing) {
		/* It may have lost what it had stored, or kept what a sending
		 * before this one had brought. */
		sending->stored = offset;
		go_to(peer, sending, offset);
		if (lost)
			hold_back(r, sending);
		if (answer->damaged)
			note_refusal(r, sending);
	} else if (!answer->gap && offset > sending->stored &&
		   offset <= sending->next) {
		sending->stored = offset;
		sending->advanced_at = r->now;
	}
}

void
raft__on_snapshot_answer(struct raft *r, const struct raft_message *message)
{
	const struct raft_snapshot_answer *answer = &message->snapshot_answer;
	struct raft_peer *peer = raft__peer_answering(
	    r, message, answer->sent_at, answer->sequence, answer->match_index);
	struct raft_sending *sending;

	if (peer == NULL)
		return;
	raft__peer_answered(r, peer, answer->sent_at, answer->sequence,
			    answer->match_index);
	sending = raft__sending(r, peer);
	if (sending != NULL &&
	    peer->match_index >=
		raft__least(sending->snapshot.index, r->log.snapshot.index))
		raft__progress_probe(r, peer, peer->match_index + 1);
	else if (sending != NULL && answer->offset <= sending->size &&
		 answer->snapshot.index == sending->snapshot.index &&
		 answer->snapshot.term == sending->snapshot.term)
		note_answer(r, peer, sending, answer);
	raft__reads_answered(r, peer);
	if (r->transfer.target != 0)
		raft__transfer_advance(r);
}

void
raft__sending_lost(struct raft *r, struct raft_peer *peer)
{
	struct raft_sending *sending = raft__sending(r, peer);

	go_to(peer, sending, sending->stored);
	sending->waits = true;
}

/** It is alive, but has not heard us: only what it understands holds off its
 *  election timer, and its answers to that count. */
void
raft__sending_unsupported(struct raft *r, struct raft_peer *peer)
{
	if (r->role != RAFT_LEADER || peer == NULL ||
	    peer->state != RAFT_PROGRESS_SNAPSHOT)
		return;
	peer->snapshot_pause = SNAPSHOT_PAUSE;
	raft__progress_probe(r, peer, peer->match_index + 1);
}

/* ----------------------------------------------------------- our own ones */

static void
set_newest(struct raft *r, uint64_t index, uint64_t size)
{
	r->snapshots.newest = (struct raft_entry_id){
		.index = index,
		.term = index == 0 ? 0 : raft__log_term_at(&r->log, index),
	};
	r->snapshots.size = size;
}

/** The spare one takes the place of the newest, if there is one. */
static void
drop_newest(struct raft *r)
{
	struct raft_snapshots *s = &r->snapshots;

	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_SNAPSHOT_DAMAGED,
				  .index = s->newest.index,
			      });
	set_newest(r, s->spare_index, s->spare_size);
	s->spare_index = 0;
}

/** Who is being sent it gets the newest one there is, or waits for another. */
static void
send_another(struct raft *r, struct raft_entry_id snapshot)
{
	struct raft_membership *m = r->membership;

	for (size_t i = 0; m != NULL && i < m->peer_count; i++) {
		struct raft_peer *peer = &m->peers[i];
		const struct raft_sending *sending = raft__sending(r, peer);

		if (sending != NULL &&
		    sending->snapshot.index == snapshot.index)
			raft__progress_probe(r, peer, peer->match_index + 1);
	}
}

void
raft__sending_damaged(struct raft *r, struct raft_entry_id snapshot)
{
	struct raft_snapshots *s = &r->snapshots;

	if (snapshot.index == 0)
		return;
	if (snapshot.index == s->newest.index)
		drop_newest(r);
	else if (snapshot.index == s->spare_index)
		s->spare_index = 0;
	if (r->role != RAFT_LEADER)
		raft__sendings_end(r);
	/* The next may be of the same entry, in other bytes. */
	s->writing++;
	send_another(r, snapshot);
}

struct raft_entry_id
raft__sending_verify(struct raft *r)
{
	struct raft_sending *sending = r->snapshots.sending;

	for (; sending != NULL; sending = sending->following) {
		if (!sending->refused)
			continue;
		sending->refused = false;
		return sending->snapshot;
	}
	return (struct raft_entry_id){ 0 };
}

/** What the log need not have any more once there is a snapshot of `index`. */
static uint64_t
superfluous(const struct raft *r, uint64_t index)
{
	const struct raft_snapshots *s = &r->snapshots;

	index = index > s->tail_entries ? index - s->tail_entries : 0;
	return r->keeps_spare ? raft__least(index, s->spare_index) : index;
}

/* ------------------------------------------------------------- the verbs */

enum raft_result
raft_snapshot_taken(struct raft *r, uint64_t index, uint64_t size)
{
	struct raft_snapshots *s = &r->snapshots;
	uint64_t last;

	if (index > r->applied_index)
		return RAFT_INVALID;
	if (index <= s->newest.index || index < r->log.snapshot.index)
		return RAFT_OK;
	/* A crash would find a log that ends before it. */
	if (index > r->durable_index)
		return RAFT_INVALID;
	/* The leader that was silent when somebody asked is back. */
	if (r->role != RAFT_LEADER && raft__leader_is_heard(r))
		raft__sendings_end(r);
	s->spare_index = r->keeps_spare ? s->newest.index : 0;
	s->spare_size = s->size;
	set_newest(r, index, size);
	last = superfluous(r, index);
	if (last > r->log.snapshot.index) {
		raft__log_compact(&r->log, last);
		raft__membership_compacted(r);
	}
	if (r->role == RAFT_LEADER)
		raft__progress_compacted(r);
	return RAFT_OK;
}

uint64_t
raft_snapshot_oldest(const struct raft *r)
{
	const struct raft_sending *sending = r->snapshots.sending;
	uint64_t oldest = r->snapshots.newest.index;

	/* The spare one may be one that this member was not told of. */
	if (r->keeps_spare)
		oldest = r->snapshots.spare_index != 0
			     ? r->snapshots.spare_index
			     : r->log.snapshot.index;
	/* A crash may still find the log that a leader's is to replace. */
	if (r->shown_index < r->log.snapshot.index)
		oldest = r->snapshots.parts->before_install;
	for (; sending != NULL; sending = sending->following)
		oldest = raft__least(oldest, sending->snapshot.index);
	return oldest;
}

void
raft__sending_status(const struct raft *r, const struct raft_peer *peer,
		     struct raft_member_status *status)
{
	const struct raft_sending *sending = raft__sending(r, peer);

	if (sending == NULL)
		return;
	status->snapshot_index = sending->snapshot.index;
	status->snapshot_offset = sending->stored;
	status->snapshot_size = sending->size;
}

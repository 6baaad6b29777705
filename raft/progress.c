/*
 * What a member knows of its peers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     PROBE ------ an append of this probing was accepted -----> REPLICATE
 *       ^  ^                                                        |
 *       |  +--- a mismatch, or its connection was closed -----------+
 *       |
 *       +-- it accepts from where our log begins --- STRANDED <-- it needs
 *       |                                               |         entries that
 *       +-- its match has reached our log --- SNAPSHOT <+-------- are gone
 *
 *  STRANDED only where there is no snapshot to send, or none that it takes. From
 *  each of these to REGRESSED, if it denies what it had acknowledged; and back to
 *  REPLICATE, if it holds that after all.
 */
#include "raft/state.h"

struct raft_peer *
raft__search_peer(const struct raft_membership *m, uint64_t id)
{
	size_t low = 0, high = m->peer_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->peers[middle].identity.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == m->peer_count || m->peers[low].identity.id != id)
		return NULL;
	return &m->peers[low];
}

uint32_t
raft__position(const struct raft_membership *m, struct raft_identity identity)
{
	const struct raft_peer *peer = raft__find_peer(m, identity.id);

	if (m == NULL)
		return 0;
	return peer == NULL || !raft__same(peer->identity, identity)
		   ? m->peer_count
		   : (uint32_t)(peer - m->peers);
}

void
raft__progress_reset(struct raft *r)
{
	r->membership->sequence_floor = 0;
	for (size_t i = 0; i < r->membership->peer_count; i++) {
		struct raft_peer *peer = &r->membership->peers[i];

		peer->state = RAFT_PROGRESS_PROBE;
		/* Rule 3.1/state-2: a new leader takes no peer to hold
		 * anything, and begins with the end of its own log. */
		peer->match_index = 0;
		peer->sequence_sent = 0;
		peer->sequence_answered = 0;
		peer->sequence_probing = 0;
		peer->heard_sent_at = r->now;
		peer->read_append_is_out = false;
		peer->probe_is_near = false;
		peer->commit_told = 0;
		peer->answered = false;
		peer->snapshot_pause = 0;
		peer->owes_heartbeat = false;
		peer->owes_vote_request = false;
		raft__progress_probe(r, peer, r->term_first_index);
	}
}

static void
strand(struct raft *r, struct raft_peer *peer, uint64_t index)
{
	if (peer->state == RAFT_PROGRESS_STRANDED)
		return;
	peer->state = RAFT_PROGRESS_STRANDED;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_PEER_STRANDED,
				  .reason = RAFT_REASON_LOG_COMPACTED,
				  .peer = peer->identity.id,
				  .index = index,
			      });
}

static void
look_from(struct raft *r, struct raft_peer *peer, uint64_t next_index)
{
	uint64_t first = r->log.snapshot.index + 1;

	raft_assert(next_index > peer->match_index);
	raft_assert(next_index <= r->log.last.index + 1);
	peer->next_index = next_index > first ? next_index : first;
	peer->probe_index = peer->next_index;
	/* All that was sent from there on is sent again. */
	peer->in_flight = (struct raft_flow){ 0 };
	peer->probe_waits = false;
	peer->sequence_probing = peer->sequence_sent + 1;
}

void
raft__progress_probe(struct raft *r, struct raft_peer *peer,
		     uint64_t next_index)
{
	look_from(r, peer, next_index);
	if (next_index > r->log.snapshot.index) {
		raft__sending_end(r, peer);
		peer->state = RAFT_PROGRESS_PROBE;
	} else if (!raft__sending_begin(r, peer)) {
		raft__sending_end(r, peer);
		strand(r, peer, next_index);
	}
}

static void
distrust(struct raft *r, struct raft_peer *peer)
{
	uint64_t match_index = peer->match_index;

	raft_assert(peer->state != RAFT_PROGRESS_SNAPSHOT);
	look_from(r, peer, match_index + 1);
	peer->state = RAFT_PROGRESS_REGRESSED;
	/* What it has lost is not there. */
	peer->match_index = 0;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_PEER_REGRESSED,
				  .reason = RAFT_REASON_REGRESSED,
				  .peer = peer->identity.id,
				  .index = match_index,
			      });
}

void
raft__progress_regressed(struct raft *r, struct raft_peer *peer)
{
	uint64_t index;

	if (peer->state != RAFT_PROGRESS_REGRESSED)
		distrust(r, peer);
	index = peer->next_index - 1;
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_REGRESSED,
			  .to = peer->identity,
			  .regressed.held = {
			      .index = index,
			      .term = raft__log_term_at(&r->log, index) },
		      });
}

void
raft__progress_unreadable(struct raft *r, struct raft_peer *peer)
{
	if (peer->state == RAFT_PROGRESS_REGRESSED)
		return;
	look_from(r, peer, peer->match_index + 1);
	raft__sending_end(r, peer);
	peer->state = RAFT_PROGRESS_STRANDED;
}

void
raft__progress_compacted(struct raft *r)
{
	uint64_t first = r->log.snapshot.index + 1;

	for (size_t i = 0; i < r->membership->peer_count; i++) {
		struct raft_peer *peer = &r->membership->peers[i];

		if (peer->probe_index < first)
			peer->probe_index = first;
		if (i == r->membership->self)
			continue;
		if (peer->state == RAFT_PROGRESS_REGRESSED ||
		    (peer->state == RAFT_PROGRESS_SNAPSHOT &&
		     peer->match_index + 1 < first))
			peer->next_index = first > peer->next_index
					       ? first
					       : peer->next_index;
		else if (peer->state == RAFT_PROGRESS_SNAPSHOT ||
			 peer->state == RAFT_PROGRESS_STRANDED)
			raft__progress_probe(r, peer, peer->match_index + 1);
		else if (peer->next_index < first)
			raft__progress_probe(r, peer, peer->next_index);
	}
}

uint64_t
raft__promised_timeout(const struct raft *r, const struct raft_peer *peer)
{
	const struct raft_membership *m = r->membership;
	uint64_t least = UINT64_MAX;

	/* Rule 6.4.1/lease-3: a voter counts for what the configuration says that
	 * it has in force: from the first entry of the leader's term on it is one
	 * of the leader's, and of those that it may have the least counts. */
	if (peer->match_index < r->term_first_index)
		return 0;
	/* And a voter that lacks the no-op of a transfer which was given up heeds
	 * the leave that was given. What else nobody proposed may be later. */
	if (peer->match_index < r->unproposed_index)
		return 0;
	for (; m != NULL && m->configuration.clock_drift != 0; m = m->older) {
		least = raft__least(least,
				    m->configuration.election_timeout_us);
		if (m->index <= peer->match_index)
			return least;
	}
	return 0;
}

uint64_t
raft__quorum_heard_at(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t values[RAFT_MEMBERS_MAX];

	for (size_t i = 0; i < m->peer_count; i++)
		values[i] = i == m->self ? r->now : m->peers[i].heard_sent_at;
	return raft__quorum(m, values);
}

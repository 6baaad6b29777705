/*
 * What raft_module.h promises, in terms of the member.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by that header alone.
 */
#ifndef OUTRIGGER_RAFT_MODULE_INSIDE_H
#define OUTRIGGER_RAFT_MODULE_INSIDE_H

#include "raft/state.h"

/* ----------------------------------------------------------- the member */

static inline uint64_t
raft_module_now(const struct raft *r)
{
	return r->now;
}

static inline struct raft_identity
raft_module_self(const struct raft *r)
{
	return r->self;
}

static inline enum raft_role
raft_module_role(const struct raft *r)
{
	return r->role;
}

static inline uint64_t
raft_module_term(const struct raft *r)
{
	return r->term;
}

static inline struct raft_identity
raft_module_vote(const struct raft *r)
{
	return r->vote;
}

static inline struct raft_identity
raft_module_leader(const struct raft *r)
{
	return r->leader;
}

static inline struct raft_entry_id
raft_module_tip(const struct raft *r)
{
	return r->log.last;
}

static inline bool
raft_module_has_entry(const struct raft *r, struct raft_entry_id entry)
{
	return raft__log_has(&r->log, entry);
}

static inline struct raft_entry_id
raft_module_entry(const struct raft *r, uint64_t index)
{
	bool is_known =
	    index >= r->log.snapshot.index && index <= r->log.last.index;

	return (struct raft_entry_id){
		.index = index,
		.term = is_known ? raft__log_term_at(&r->log, index) : 0,
	};
}

static inline uint64_t
raft_module_log_begin(const struct raft *r)
{
	return r->log.snapshot.index;
}

static inline bool
raft_module_is_handing_over(const struct raft *r)
{
	return raft__is_handing_over(r);
}

static inline uint64_t
raft_module_writing_since(const struct raft *r)
{
	return raft__writing_since(r);
}

static inline bool
raft_module_is_ahead_of_disk(const struct raft *r)
{
	return r->ahead_of_disk;
}

static inline uint64_t
raft_module_commit_index(const struct raft *r)
{
	return r->commit_index;
}

static inline uint64_t
raft_module_applied_index(const struct raft *r)
{
	return r->applied_index;
}

static inline bool
raft_module_has_committed(const struct raft *r)
{
	return r->role == RAFT_LEADER && r->commit_index >= r->term_first_index;
}

/* -------------------------------------------------------------- timeouts */

static inline uint64_t
raft_module_election_timeout(const struct raft *r)
{
	return raft__election_timeout(r);
}

static inline uint64_t
raft_module_former_timeout(const struct raft *r)
{
	const struct raft_membership *m = r->membership;

	return m == NULL || m->older == NULL
		   ? 0
		   : m->older->configuration.election_timeout_us;
}

static inline uint64_t
raft_module_agreed_timeout(const struct raft *r)
{
	return raft__agreed_timeout(r);
}

static inline uint64_t
raft_module_clock_drift(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t most = 0;

	for (; m != NULL; m = m->index > r->commit_index ? m->older : NULL)
		if (m->configuration.clock_drift > most)
			most = m->configuration.clock_drift;
	return most;
}

static inline uint64_t
raft_module_promised_timeout(const struct raft *r, uint32_t position)
{
	return raft__promised_timeout(r, &r->membership->peers[position]);
}

static inline uint64_t
raft_module_candidacy_delay(struct raft *r)
{
	return raft__candidacy_delay(r);
}

static inline uint64_t
raft_module_heartbeat(const struct raft *r)
{
	return raft__heartbeat_us(r);
}

/* --------------------------------------------------------------- members */

static inline uint32_t
raft_module_member_count(const struct raft *r)
{
	return r->membership == NULL ? 0 : r->membership->peer_count;
}

static inline uint32_t
raft_module_own_position(const struct raft *r)
{
	return r->membership == NULL ? 0 : r->membership->self;
}

static inline uint32_t
raft_module_position(const struct raft *r, struct raft_identity identity)
{
	return raft__position(r->membership, identity);
}

static inline struct raft_identity
raft_module_identity(const struct raft *r, uint32_t position)
{
	return r->membership->peers[position].identity;
}

static inline bool
raft_module_votes(const struct raft *r, uint32_t position)
{
	return raft__votes(&r->membership->peers[position]);
}

static inline bool
raft_module_is_sole_voter(const struct raft *r)
{
	return raft__is_sole_voter(r);
}

static inline uint64_t
raft_module_quorum(const struct raft *r, const uint64_t *values)
{
	return raft__quorum(r->membership, values);
}

/* -------------------------------------------------- what a leader has heard */

static inline uint64_t
raft_module_match_index(const struct raft *r, uint32_t position)
{
	return r->membership->peers[position].match_index;
}

static inline uint64_t
raft_module_heard_at(const struct raft *r, uint32_t position)
{
	return r->membership->peers[position].heard_sent_at;
}

static inline bool
raft_module_has_answered(const struct raft *r, uint32_t position)
{
	return r->membership->peers[position].answered;
}

static inline uint64_t
raft_module_quorum_heard_at(const struct raft *r)
{
	return raft__quorum_heard_at(r);
}

/* --------------------------------------------------------------- judging */

static inline bool
raft_module_leader_is_recent(const struct raft *r)
{
	return raft__leader_is_recent(r);
}

static inline bool
raft_module_leader_is_heard(const struct raft *r)
{
	return raft__leader_is_heard(r);
}

static inline bool
raft_module_is_permitted(const struct raft *r,
			 const struct raft_vote_request *request)
{
	return raft__is_permitted(r, request);
}

static inline enum raft_refusal
raft_module_judge_preliminary_vote(struct raft *r,
				   const struct raft_vote_request *request)
{
	return raft__judge_preliminary_vote(r, request);
}

/* ----------------------------------------------------------------- doing */

static inline void
raft_module_send(struct raft *r, struct raft_identity to,
		 struct raft_extension_message message)
{
	raft__send(r, (struct raft_message){ .kind = RAFT_MESSAGE_EXTENSION,
					     .to = to,
					     .extension = message });
}

static inline bool
raft_module_offer(struct raft *r, struct raft_identity to, uint64_t round,
		  struct raft_entry_id after)
{
	return raft__offer(r, to, round, after);
}

static inline bool
raft_module_give_part(struct raft *r, struct raft_identity to, uint64_t round,
		      struct raft_entry_id snapshot, uint64_t offset)
{
	return raft__give_part(r, to, round, snapshot, offset);
}

static inline bool
raft_module_wants_part(const struct raft *r, struct raft_identity from,
		       struct raft_entry_id *snapshot, uint64_t *offset)
{
	return raft__wants_part(r, from, snapshot, offset);
}

static inline void
raft_module_preliminary_answered(struct raft *r, uint32_t position,
				 uint64_t round, enum raft_refusal refusal)
{
	raft__preliminary_answered(r, position, round, refusal);
}

static inline void
raft_module_event(struct raft *r, enum raft_event_kind kind, uint32_t position)
{
	const struct raft_peer *peer = &r->membership->peers[position];

	raft__outbox_event(r, (struct raft_event){
				  .kind = kind,
				  .peer = peer->identity.id,
				  .index = peer->match_index,
			      });
}

static inline bool
raft_module_may_change(const struct raft *r)
{
	return raft__may_change(r);
}

static inline uint64_t
raft_module_random(struct raft *r, uint64_t below)
{
	return raft__random(r, below);
}

static inline void
raft_module_put(uint8_t *at, uint64_t value, size_t bytes)
{
	raft__put(at, value, bytes);
}

static inline uint64_t
raft_module_get(const uint8_t *at, size_t bytes)
{
	return raft__get(at, bytes);
}

static inline bool
raft_module_same(struct raft_identity a, struct raft_identity b)
{
	return raft__same(a, b);
}

#endif

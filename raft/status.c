/*
 * What a member says of itself when asked.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

void
raft_status(const struct raft *r, struct raft_status *status)
{
	const struct raft_membership *m = r->membership;
	const struct raft_peer *self = raft__self_peer(r);

	*status = (struct raft_status){
		.self = r->self,
		.role = r->role,
		.member_role = self == NULL	  ? RAFT_MEMBER_NONE
			       : raft__votes(self) ? RAFT_MEMBER_VOTER
						   : RAFT_MEMBER_NON_VOTING,
		.stopped = r->stopped,
		.term = r->term,
		.vote = r->vote,
		.leader = r->leader.id,
		.snapshot = r->log.snapshot,
		.last = r->log.last,
		.durable_index = r->durable_index,
		.commit_index = r->commit_index,
		.applied_index = r->applied_index,
		.quorum_heard_at = r->role == RAFT_LEADER
				       ? raft__quorum_heard_at(r)
				       : 0,
		.uncommitted_bytes = r->role == RAFT_LEADER
					 ? raft__flow_bytes(&r->uncommitted)
					 : 0,
		.transfer_target =
		    r->role == RAFT_LEADER ? r->transfer.target : 0,
		.configuration_index = m == NULL ? 0 : m->index,
		.changing = m != NULL && raft__is_changing(r),
		.election_timeout_us = raft__election_timeout(r),
		.feature_level = m == NULL ? 0 : m->configuration.feature_level,
		.member_count = m == NULL ? 0 : m->peer_count,
	};
}

const struct raft_configuration *
raft_configuration(const struct raft *r)
{
	return r->membership == NULL ? NULL : &r->membership->configuration;
}

bool
raft_member_status(const struct raft *r, size_t position,
		   struct raft_member_status *status)
{
	const struct raft_peer *peer;
	bool own;

	if (r->membership == NULL || position >= r->membership->peer_count)
		return false;
	peer = &r->membership->peers[position];
	own = position == r->membership->self;
	*status = (struct raft_member_status){
		.identity = peer->identity,
		.role = peer->role,
		.role_before = peer->role_before,
		.state = peer->state,
		.match_index = own ? r->durable_index : peer->match_index,
		.next_index = own ? r->log.last.index + 1 : peer->next_index,
		.appends_in_flight = raft__appends_in_flight(peer),
		.bytes_in_flight = raft__flow_bytes(&peer->in_flight),
		.heard_at = peer->answered ? peer->heard_sent_at : 0,
		.capabilities = peer->capabilities,
	};
	raft__sending_status(r, peer, status);
	raft_hook_member_status(r, (uint32_t)position, status);
	return true;
}

uint64_t
raft_counter(const struct raft *r, enum raft_counter counter)
{
	return r->counters[counter];
}

uint64_t
raft_capabilities(const struct raft *r)
{
	return r->capabilities;
}

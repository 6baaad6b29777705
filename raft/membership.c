/*
 * Who is in the group: the configurations of the log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A configuration is in force from the moment it is in the log, and goes back
 * when it is truncated (thesis 4.1).
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#include <string.h>

/** Whether we are in it. */
static bool
is_named(const struct raft_membership *m)
{
	return m->self < m->peer_count;
}

static void
fill_peers(struct raft *r, struct raft_membership *m)
{
	size_t voters = 0;

	m->peer_count = (uint32_t)m->configuration.member_count;
	m->self = m->peer_count;
	for (uint32_t i = 0; i < m->peer_count; i++) {
		const struct raft_member *member = &m->configuration.members[i];

		m->peers[i].identity = member->identity;
		m->peers[i].role = member->role;
		m->peers[i].role_before = member->role_before;
		if (raft__same(member->identity, r->self))
			m->self = i;
		voters += raft__votes(&m->peers[i]);
	}
	m->votes = is_named(m) && raft__votes(&m->peers[m->self]);
	m->is_sole_voter = voters == 1 && m->votes;
	m->is_passing = m->configuration.joint || !m->votes;
}

/** One block: the struct, its peers, its members, and the entry's bytes, which
 *  the addresses point into. */
static enum raft_result
copy_into_block(struct raft *r, const void *bytes, size_t length, size_t count,
		struct raft_membership **prepared)
{
	size_t peers_at = sizeof(struct raft_membership);
	size_t members_at = peers_at + count * sizeof(struct raft_peer);
	size_t bytes_at = members_at + count * sizeof(struct raft_member);
	uint8_t *block = raft__resize(r, NULL, bytes_at + length);
	struct raft_membership *m = (struct raft_membership *)(void *)block;
	enum raft_result result;

	if (block == NULL)
		return RAFT_NO_MEMORY;
	memset(block, 0, bytes_at);
	memcpy(block + bytes_at, bytes, length);
	m->length = (uint32_t)length;
	m->bytes = block + bytes_at;
	m->peers = (struct raft_peer *)(void *)(block + peers_at);
	result = raft_configuration_decode(
	    block + bytes_at, length, &m->configuration,
	    (struct raft_member *)(void *)(block + members_at), count);
	raft_assert(result == RAFT_OK);
	fill_peers(r, m);
	*prepared = m;
	return RAFT_OK;
}

static size_t
count_others(const struct raft *r, const struct raft_configuration *c)
{
	size_t others = 0;

	for (size_t i = 0; i < c->member_count; i++)
		others += !raft__same(c->members[i].identity, r->self);
	return others;
}

enum raft_result
raft__membership_prepare(struct raft *r, uint64_t index, const void *bytes,
			 size_t length, struct raft_membership **prepared)
{
	struct raft_member members[RAFT_MEMBERS_MAX];
	struct raft_configuration configuration;
	enum raft_result result;

	result = raft_configuration_decode(bytes, length, &configuration,
					   members, RAFT_MEMBERS_MAX);
	if (result != RAFT_OK)
		return result;
	/* Who cannot do what it needs does not take it. */
	if (!raft__build_has(r, raft__capabilities_needed(&configuration)))
		return RAFT_INCOMPATIBLE;
	if (!raft__outbox_reserve_peers(r, count_others(r, &configuration)))
		return RAFT_NO_MEMORY;
	result = copy_into_block(r, bytes, length, configuration.member_count,
				 prepared);
	if (result == RAFT_OK)
		(*prepared)->index = index;
	return result;
}

void
raft__membership_discard(struct raft *r, struct raft_membership *m)
{
	raft__resize(r, m, 0);
}

/** It may have been a member before, in this term, and then knows how far our
 *  appends to it were counted. */
static uint64_t
sequence_floor(const struct raft_membership *m)
{
	uint64_t floor = m == NULL ? 0 : m->sequence_floor;

	for (size_t i = 0; m != NULL && i < m->peer_count; i++)
		if (m->peers[i].sequence_sent > floor)
			floor = m->peers[i].sequence_sent;
	return floor;
}

static void
meet(struct raft *r, struct raft_peer *peer, uint64_t floor)
{
	peer->sequence_sent = floor;
	peer->sequence_answered = floor;
	peer->read_mark = floor;
	/* Rule 6.2/leaders-7: a new voter has a window of grace: nothing could be
	 * heard from it yet. */
	peer->heard_sent_at = r->now;
	raft__progress_probe(r, peer, r->outbox.handed_index + 1);
}

/** What is known of a peer remains known. */
static void
carry_over(struct raft *r, struct raft_membership *m)
{
	m->sequence_floor = sequence_floor(r->membership);
	for (size_t i = 0; i < m->peer_count; i++) {
		const struct raft_member *member = &m->configuration.members[i];
		const struct raft_peer *known = raft__peer(r, member->identity);
		struct raft_peer *peer = &m->peers[i];

		if (known == NULL) {
			meet(r, peer, m->sequence_floor);
			continue;
		}
		*peer = *known;
		peer->role = member->role;
		peer->role_before = member->role_before;
		/* As a voter it is new, and has a window like a new peer. */
		if (raft__votes(peer) && !raft__votes(known)) {
			peer->heard_sent_at = r->now;
			peer->answered = false;
		}
	}
}

static void
come_into_force(struct raft *r, struct raft_membership *m)
{
	r->membership = m;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_CONFIGURATION,
				  .index = m == NULL ? 0 : m->index,
			      });
	raft__sendings_prune(r);
	raft_hook_configured(r);
}

void
raft__membership_install(struct raft *r, struct raft_membership *m)
{
	raft_assert(r->membership == NULL || m->index > r->membership->index);
	carry_over(r, m);
	/* Rule 4.1/members-1: a configuration in the log is in force. */
	m->older = r->membership;
	come_into_force(r, m);
}

void
raft__membership_truncate(struct raft *r, uint64_t index)
{
	struct raft_membership *m = r->membership;

	if (m == NULL || m->index < index)
		return;
	/* Rule 4.1/members-2: a truncation brings back the one before. */
	while (m != NULL && m->index >= index) {
		struct raft_membership *older = m->older;

		raft__membership_discard(r, m);
		m = older;
	}
	come_into_force(r, m);
}

void
raft__tell_removed(struct raft *r)
{
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_REMOVED,
				  .reason = RAFT_REASON_REMOVED,
				  .index = r->membership->index,
			      });
}

static void
note_committed(struct raft *r, struct raft_membership *m)
{
	m->committed = true;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_CONFIGURATION_COMMITTED,
				  .index = m->index,
			      });
	/* A follower's may be long past: a leader speaks only to whom its own
	 * configuration names. */
	if (r->role == RAFT_LEADER && !is_named(m))
		raft__tell_removed(r);
}

void
raft__membership_committed(struct raft *r)
{
	struct raft_membership *m = r->membership;

	while (m != NULL && !m->committed && m->index > r->commit_index)
		m = m->older;
	if (m != NULL && !m->committed)
		note_committed(r, m);
}

const struct raft_membership *
raft__membership_at(const struct raft *r, uint64_t index)
{
	const struct raft_membership *m = r->membership;

	while (m->index > index)
		m = m->older;
	return m;
}

static void
discard_older(struct raft *r, struct raft_membership *m)
{
	while (m->older != NULL) {
		struct raft_membership *gone = m->older;

		m->older = gone->older;
		raft__membership_discard(r, gone);
	}
}

void
raft__membership_compacted(struct raft *r)
{
	struct raft_membership *m = r->membership;

	while (m->index > r->log.snapshot.index)
		m = m->older;
	discard_older(r, m);
}

void
raft__membership_replace(struct raft *r, struct raft_membership *m)
{
	struct raft_membership *former = r->membership;

	/* Most often it is the one in force, which was told. */
	if (former != NULL && former->committed && former->index == m->index) {
		discard_older(r, former);
		raft__membership_discard(r, m);
		return;
	}
	carry_over(r, m);
	come_into_force(r, m);
	if (former == NULL)
		return;
	discard_older(r, former);
	raft__membership_discard(r, former);
}

void
raft__membership_free(struct raft *r)
{
	while (r->membership != NULL) {
		struct raft_membership *older = r->membership->older;

		raft__membership_discard(r, r->membership);
		r->membership = older;
	}
}

/** One that a newer configuration leaves out may hold the only copy of it, and
 *  nobody else could be elected until it is replicated (thesis 4.2.2). */
bool
raft__may_be_elected(const struct raft *r)
{
	const struct raft_membership *m = r->membership;

	while (m != NULL && !m->votes)
		m = m->index > r->commit_index ? m->older : NULL;
	return m != NULL;
}

static bool
names(const struct raft_membership *m, struct raft_identity identity)
{
	for (size_t i = 0; i < m->peer_count; i++)
		if (raft__same(m->peers[i].identity, identity))
			return true;
	return false;
}

bool
raft__is_removed(const struct raft *r, struct raft_identity identity)
{
	const struct raft_membership *m = r->membership;

	while (m != NULL && !names(m, identity)) {
		if (m->index <= r->commit_index)
			return true;
		m = m->older;
	}
	return false;
}

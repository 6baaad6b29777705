/*
 * Who is in the group: configurations, as entries and in force.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A configuration is in force from the moment it is in the log, and goes back
 * when it is truncated (thesis 4.1). The payload of its entry, all numbers
 * little endian:
 *
 *     offset  bytes  what
 *          0      1  version of this format, 1
 *          1      1  bytes of the fixed part of a member, at least 20
 *          2      2  members
 *          4      4  bytes from here to the first member, at least 24
 *          8      8  election timeout, us
 *         16      8  feature level
 *         24      8  features that must be understood
 *       then, a member each:
 *          0      8  id
 *          8      8  incarnation
 *         16      1  role
 *         17      1  zero
 *         18      2  bytes of address, which follows the fixed part
 *
 * A later writer may lengthen either fixed part; a reader skips what it does
 * not know, and `must understand` says when that would be wrong.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#include <string.h>

#define FORMAT_VERSION 1
#define HEADER_BYTES 32
#define MEMBER_BYTES 20
#define ELECTION_TIMEOUT_US_MIN 1000u
#define ELECTION_TIMEOUT_US_MAX UINT64_C(3600000000)
/** Bits of must_understand that this version honours. */
#define FEATURES_UNDERSTOOD UINT64_C(0)

static bool
role_is_known(enum raft_member_role role)
{
	return role == RAFT_MEMBER_VOTER || role == RAFT_MEMBER_NON_VOTING;
}

static bool
member_is_valid(const struct raft_member *member)
{
	return member->identity.id != 0 && member->identity.incarnation != 0 &&
	       role_is_known(member->role) &&
	       member->address_length <= RAFT_ADDRESS_BYTES_MAX;
}

static bool
configuration_is_valid(const struct raft_configuration *c)
{
	size_t voters = 0;

	if (c->election_timeout_us < ELECTION_TIMEOUT_US_MIN ||
	    c->election_timeout_us > ELECTION_TIMEOUT_US_MAX ||
	    c->member_count > RAFT_MEMBERS_MAX)
		return false;
	for (size_t i = 0; i < c->member_count; i++) {
		if (!member_is_valid(&c->members[i]))
			return false;
		if (i > 0 &&
		    c->members[i].identity.id <= c->members[i - 1].identity.id)
			return false;
		voters += c->members[i].role == RAFT_MEMBER_VOTER;
	}
	return voters > 0;
}

size_t
raft_configuration_bytes(const struct raft_configuration *configuration)
{
	size_t bytes = HEADER_BYTES;

	for (size_t i = 0; i < configuration->member_count; i++)
		bytes += MEMBER_BYTES + configuration->members[i].address_length;
	return bytes;
}

size_t
raft_configuration_encode(const struct raft_configuration *configuration,
			  void *bytes, size_t size)
{
	uint8_t *at = bytes;

	if (!configuration_is_valid(configuration) ||
	    raft_configuration_bytes(configuration) > size)
		return 0;
	raft__put(at, FORMAT_VERSION, 1);
	raft__put(at + 1, MEMBER_BYTES, 1);
	raft__put(at + 2, configuration->member_count, 2);
	raft__put(at + 4, HEADER_BYTES - 8, 4);
	raft__put(at + 8, configuration->election_timeout_us, 8);
	raft__put(at + 16, configuration->feature_level, 8);
	raft__put(at + 24, configuration->must_understand, 8);
	at += HEADER_BYTES;
	for (size_t i = 0; i < configuration->member_count; i++) {
		const struct raft_member *member = &configuration->members[i];

		raft__put(at, member->identity.id, 8);
		raft__put(at + 8, member->identity.incarnation, 8);
		raft__put(at + 16, (uint64_t)member->role, 2);
		raft__put(at + 18, member->address_length, 2);
		at += MEMBER_BYTES;
		if (member->address_length > 0)
			memcpy(at, member->address, member->address_length);
		at += member->address_length;
	}
	return (size_t)(at - (uint8_t *)bytes);
}

/** Read one member and step over it. False: it does not fit. */
static bool
decode_member(const uint8_t **at, size_t *left, size_t fixed,
	      struct raft_member *member)
{
	size_t address;

	if (*left < fixed)
		return false;
	address = raft__get(*at + 18, 2);
	if (*left - fixed < address)
		return false;
	*member = (struct raft_member){
		.identity = { .id = raft__get(*at, 8), .incarnation = raft__get(*at + 8, 8) },
		.role = (enum raft_member_role)raft__get(*at + 16, 1),
		.address = address > 0 ? *at + fixed : NULL,
		.address_length = address,
	};
	*at += fixed + address;
	*left -= fixed + address;
	return true;
}

enum raft_result
raft_configuration_decode(const void *bytes, size_t length,
			  struct raft_configuration *configuration,
			  struct raft_member *members, size_t room)
{
	const uint8_t *at = bytes;
	size_t left = length, count, fixed, header;

	if (length < HEADER_BYTES)
		return RAFT_INVALID;
	if (raft__get(at, 1) != FORMAT_VERSION)
		return RAFT_INCOMPATIBLE;
	fixed = raft__get(at + 1, 1);
	count = raft__get(at + 2, 2);
	header = raft__get(at + 4, 4);
	if (fixed < MEMBER_BYTES || count > room ||
	    header < HEADER_BYTES - 8 || header > length - 8)
		return RAFT_INVALID;
	*configuration = (struct raft_configuration){
		.election_timeout_us = raft__get(at + 8, 8),
		.feature_level = raft__get(at + 16, 8),
		.must_understand = raft__get(at + 24, 8),
		.members = members,
		.member_count = count,
	};
	if ((configuration->must_understand & ~FEATURES_UNDERSTOOD) != 0)
		return RAFT_INCOMPATIBLE;
	at += 8 + header;
	left -= 8 + header;
	for (size_t i = 0; i < count; i++) {
		if (!decode_member(&at, &left, fixed, &members[i]))
			return RAFT_INVALID;
		if (!role_is_known(members[i].role))
			return RAFT_INCOMPATIBLE;
	}
	if (left != 0 || !configuration_is_valid(configuration))
		return RAFT_INVALID;
	return RAFT_OK;
}

static void
fill_peers(struct raft *r, struct raft_membership *m)
{
	m->peer_count = m->configuration.member_count;
	m->self = m->peer_count;
	for (size_t i = 0; i < m->peer_count; i++) {
		const struct raft_member *member = &m->configuration.members[i];

		m->peers[i].identity = member->identity;
		m->peers[i].role = member->role;
		m->voter_count += member->role == RAFT_MEMBER_VOTER;
		if (raft__same(member->identity, r->self))
			m->self = i;
	}
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

/** What is known of a peer remains known. */
static void
carry_over(struct raft *r, struct raft_membership *m)
{
	for (size_t i = 0; i < m->peer_count; i++) {
		struct raft_peer *known = raft__peer(r, m->peers[i].identity);
		enum raft_member_role role = m->peers[i].role;

		if (known != NULL) {
			m->peers[i] = *known;
			m->peers[i].role = role;
			continue;
		}
		/* A window of grace: nothing could be heard from it yet. */
		m->peers[i].heard_sent_at = r->now;
		raft__progress_probe(r, &m->peers[i], r->log.last.index + 1);
	}
}

static void
come_into_force(struct raft *r, struct raft_membership *m)
{
	r->membership = m;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_CONFIGURATION,
				  .role = r->role,
				  .term = r->term,
				  .index = m == NULL ? 0 : m->index,
			      });
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
raft__membership_committed(struct raft *r)
{
	struct raft_membership *m = r->membership;

	while (m != NULL && m->index > r->commit_index)
		m = m->older;
	if (m == NULL)
		return;
	while (m->older != NULL) {
		struct raft_membership *gone = m->older;

		m->older = gone->older;
		raft__membership_discard(r, gone);
	}
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

bool
raft__is_voter(const struct raft *r)
{
	const struct raft_peer *self = raft__self_peer(r);

	return self != NULL && self->role == RAFT_MEMBER_VOTER;
}

uint64_t
raft__election_timeout(const struct raft *r)
{
	return r->membership == NULL
		   ? 0
		   : r->membership->configuration.election_timeout_us;
}

/*
 * Configurations as the payloads of entries.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All numbers are little endian:
 *
 *     offset  bytes  what
 *          0      1  version of this format, 1
 *          1      1  bytes of the fixed part of a member, at least 20
 *          2      2  members
 *          4      4  bytes from here to the first member, at least 24
 *          8      8  election timeout, us
 *         16      8  feature level
 *         24      8  features that must be understood: bit 0, it is joint; bit 33,
 *                    leaders hold leases
 *       and, where they do:
 *         32      8  clock drift, millionths
 *       then, a member each:
 *          0      8  id
 *          8      8  incarnation
 *         16      1  role; in a joint configuration, that in C_new
 *         17      1  zero; in a joint configuration, the role in C_old
 *         18      2  bytes of address, which follows the fixed part
 *       and, where some member wishes for something:
 *         20      1  bit 0: it promotes
 *         21      3  zero
 *         24      8  us after which it stands in; 0: it does not
 *
 * A later writer may lengthen either fixed part; a reader skips what it does
 * not know, and `must understand` says when that would be wrong. It would not be
 * of wishes: only a leader acts on them, and one that does not breaks nothing.
 */
#include "raft/state.h"

#include <string.h>

#define FORMAT_VERSION 1
#define HEADER_BYTES 32
#define HEADER_BYTES_WITH_LEASES 40
#define MEMBER_BYTES 20
#define MEMBER_BYTES_WITH_WISHES 32
/** A bit of a member's wishes. */
#define WISH_PROMOTES 1u
#define ELECTION_TIMEOUT_US_MIN 1000u
#define ELECTION_TIMEOUT_US_MAX UINT64_C(3600000000)
/** The bit of must_understand that says: this one is joint. */
#define FEATURE_JOINT UINT64_C(1)
/** And the one that says: leaders hold leases. Any build of this version can read
 *  it, but not each can do it. */
#define FEATURE_LEASES RAFT_CAPABILITY_LEASES
/** Bits of must_understand that this version reads. */
#define FEATURES_UNDERSTOOD (FEATURE_JOINT | FEATURE_LEASES)

static bool
role_is_known(enum raft_member_role role)
{
	return role == RAFT_MEMBER_NONE || role == RAFT_MEMBER_VOTER ||
	       role == RAFT_MEMBER_NON_VOTING;
}

/** Of a joint configuration each is a member before or after, or both. */
static bool
roles_are_valid(const struct raft_member *member, bool joint)
{
	if (!role_is_known(member->role) || !role_is_known(member->role_before))
		return false;
	if (joint)
		return member->role != RAFT_MEMBER_NONE ||
		       member->role_before != RAFT_MEMBER_NONE;
	return member->role != RAFT_MEMBER_NONE &&
	       member->role_before == RAFT_MEMBER_NONE;
}

static bool
member_is_valid(const struct raft_member *member, bool joint)
{
	return member->identity.id != 0 && member->identity.incarnation != 0 &&
	       roles_are_valid(member, joint) &&
	       member->stands_in_us <= RAFT_STANDS_IN_US_MAX &&
	       member->address_length <= RAFT_ADDRESS_BYTES_MAX &&
	       (member->address_length == 0 || member->address != NULL);
}

bool
raft__configuration_is_valid(const struct raft_configuration *c)
{
	size_t voters = 0, voters_before = 0;

	if (c->election_timeout_us < ELECTION_TIMEOUT_US_MIN ||
	    c->election_timeout_us > ELECTION_TIMEOUT_US_MAX ||
	    c->member_count > RAFT_MEMBERS_MAX ||
	    c->clock_drift > RAFT_CLOCK_DRIFT_MAX ||
	    (c->must_understand & FEATURES_UNDERSTOOD) != 0)
		return false;
	for (size_t i = 0; i < c->member_count; i++) {
		if (!member_is_valid(&c->members[i], c->joint))
			return false;
		if (i > 0 &&
		    c->members[i].identity.id <= c->members[i - 1].identity.id)
			return false;
		voters += c->members[i].role == RAFT_MEMBER_VOTER;
		voters_before +=
		    c->members[i].role_before == RAFT_MEMBER_VOTER;
	}
	return voters > 0 && (voters_before > 0) == c->joint;
}

static bool
has_wishes(const struct raft_member *member)
{
	return member->role == RAFT_MEMBER_NON_VOTING &&
	       (member->promotes || member->stands_in_us != 0);
}

/** The fixed part of each member. */
static size_t
member_bytes(const struct raft_configuration *configuration)
{
	for (size_t i = 0; i < configuration->member_count; i++)
		if (has_wishes(&configuration->members[i]))
			return MEMBER_BYTES_WITH_WISHES;
	return MEMBER_BYTES;
}

static size_t
header_bytes(const struct raft_configuration *configuration)
{
	return configuration->clock_drift != 0 ? HEADER_BYTES_WITH_LEASES
					       : HEADER_BYTES;
}

size_t
raft_configuration_bytes(const struct raft_configuration *configuration)
{
	size_t fixed = member_bytes(configuration);
	size_t bytes = header_bytes(configuration);

	for (size_t i = 0; i < configuration->member_count; i++)
		bytes += fixed + configuration->members[i].address_length;
	return bytes;
}

/** What it says of itself by bits. */
static uint64_t
features(const struct raft_configuration *configuration)
{
	return (configuration->joint ? FEATURE_JOINT : 0) |
	       (configuration->clock_drift != 0 ? FEATURE_LEASES : 0);
}

/** Returns where the first member goes. */
static uint8_t *
encode_header(uint8_t *at, const struct raft_configuration *configuration)
{
	raft__put(at, FORMAT_VERSION, 1);
	raft__put(at + 1, member_bytes(configuration), 1);
	raft__put(at + 2, configuration->member_count, 2);
	raft__put(at + 4, header_bytes(configuration) - 8, 4);
	raft__put(at + 8, configuration->election_timeout_us, 8);
	raft__put(at + 16, configuration->feature_level, 8);
	raft__put(at + 24,
		  configuration->must_understand | features(configuration), 8);
	if (configuration->clock_drift != 0)
		raft__put(at + HEADER_BYTES, configuration->clock_drift, 8);
	return at + header_bytes(configuration);
}

/** Returns where the next one goes. */
static uint8_t *
encode_member(uint8_t *at, const struct raft_member *member, size_t fixed)
{
	bool wishes = has_wishes(member);

	raft__put(at, member->identity.id, 8);
	raft__put(at + 8, member->identity.incarnation, 8);
	raft__put(at + 16, (uint64_t)member->role, 1);
	raft__put(at + 17, (uint64_t)member->role_before, 1);
	raft__put(at + 18, member->address_length, 2);
	if (fixed == MEMBER_BYTES_WITH_WISHES) {
		raft__put(at + 20,
			  wishes && member->promotes ? WISH_PROMOTES : 0, 4);
		raft__put(at + 24, wishes ? member->stands_in_us : 0, 8);
	}
	if (member->address_length > 0)
		memcpy(at + fixed, member->address, member->address_length);
	return at + fixed + member->address_length;
}

size_t
raft_configuration_encode(const struct raft_configuration *configuration,
			  void *bytes, size_t size)
{
	uint8_t *at = bytes;
	size_t fixed;

	if (!raft__configuration_is_valid(configuration) ||
	    raft_configuration_bytes(configuration) > size)
		return 0;
	fixed = member_bytes(configuration);
	at = encode_header(at, configuration);
	for (size_t i = 0; i < configuration->member_count; i++)
		at = encode_member(at, &configuration->members[i], fixed);
	return (size_t)(at - (uint8_t *)bytes);
}

/** A wish that is longer than ours can be is one of a later version. */
static void
decode_wishes(const uint8_t *at, struct raft_member *member)
{
	uint64_t stands_in_us = raft__get(at + 24, 8);

	if (member->role != RAFT_MEMBER_NON_VOTING)
		return;
	member->promotes = (raft__get(at + 20, 1) & WISH_PROMOTES) != 0;
	member->stands_in_us = (uint32_t)raft__least(stands_in_us,
						     RAFT_STANDS_IN_US_MAX);
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
		.identity = { .id = raft__get(*at, 8),
			      .incarnation = raft__get(*at + 8, 8) },
		.role = (enum raft_member_role)raft__get(*at + 16, 1),
		.role_before = (enum raft_member_role)raft__get(*at + 17, 1),
		.address = address > 0 ? *at + fixed : NULL,
		.address_length = address,
	};
	if (fixed >= MEMBER_BYTES_WITH_WISHES)
		decode_wishes(*at, member);
	*at += fixed + address;
	*left -= fixed + address;
	return true;
}

/** Bits, and what goes with them. False: that is missing, or cannot be. */
static bool
decode_features(const uint8_t *at, size_t header,
		struct raft_configuration *configuration)
{
	uint64_t bits = configuration->must_understand;
	uint64_t clock_drift = 0;

	configuration->must_understand = bits & ~FEATURES_UNDERSTOOD;
	configuration->joint = (bits & FEATURE_JOINT) != 0;
	if ((bits & FEATURE_LEASES) == 0)
		return true;
	if (header >= HEADER_BYTES_WITH_LEASES - 8)
		clock_drift = raft__get(at + HEADER_BYTES, 8);
	if (clock_drift == 0 || clock_drift > RAFT_CLOCK_DRIFT_MAX)
		return false;
	configuration->clock_drift = (uint32_t)clock_drift;
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
	if (!decode_features(at, header, configuration))
		return RAFT_INVALID;
	at += 8 + header;
	left -= 8 + header;
	for (size_t i = 0; i < count; i++) {
		if (!decode_member(&at, &left, fixed, &members[i]))
			return RAFT_INVALID;
		if (!role_is_known(members[i].role) ||
		    !role_is_known(members[i].role_before))
			return RAFT_INCOMPATIBLE;
	}
	if (left != 0 || !raft__configuration_is_valid(configuration))
		return RAFT_INVALID;
	return RAFT_OK;
}

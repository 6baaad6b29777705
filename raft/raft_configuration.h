/*
 * Who is in a group: configurations and their bytes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of raft/raft.h, which is what programs include.
 */
#ifndef OUTRIGGER_RAFT_CONFIGURATION_H
#define OUTRIGGER_RAFT_CONFIGURATION_H

#include "raft/raft_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a member counts for. */
enum raft_member_role {
	/** Not a member. */
	RAFT_MEMBER_NONE = 0,
	/** Counts in every quorum. */
	RAFT_MEMBER_VOTER = 1,
	/** Gets the log, counts in no quorum, never campaigns. */
	RAFT_MEMBER_NON_VOTING = 2,
};

/** One member of a configuration. */
struct raft_member {
	/** The server, and the life of its disk. */
	struct raft_identity identity;
	/** In a joint configuration, that in C_new, the one to come. */
	enum raft_member_role role;
	/** In a joint configuration, that in C_old; else RAFT_MEMBER_NONE. */
	enum raft_member_role role_before;
	/** A wish of a member that does not vote, which a leader carries out
	 *  whose build has a module for it: to become a voter once it has caught
	 *  up. A voter has no wishes: they are dropped when it becomes one. */
	bool promotes;
	/** Likewise: to take the place of a voter whom the leader has not heard
	 *  for so long; 0: not to, at most RAFT_STANDS_IN_US_MAX. */
	uint32_t stands_in_us;
	/** Bytes of the user's, at most RAFT_ADDRESS_BYTES_MAX; NULL if none. */
	const void *address;
	/** Of `address`, in bytes. */
	size_t address_length;
};

/** The members of a configuration, at most. */
#define RAFT_MEMBERS_MAX 255
/** The bytes of a member's address, at most. */
#define RAFT_ADDRESS_BYTES_MAX 1024
/** What stands_in_us may be, at most: an hour. */
#define RAFT_STANDS_IN_US_MAX 3600000000u
/** What clock_drift may be, at most: a half. */
#define RAFT_CLOCK_DRIFT_MAX 500000u

/** Who is in the group, and what must be the same for all of them. */
struct raft_configuration {
	/** The least election timeout; each member draws its own from
	 *  [this, 2 * this). 1 ms to 1 hour. */
	uint64_t election_timeout_us;
	/** What every voter has agreed to use. 0 is the baseline. */
	uint64_t feature_level;
	/** Features without which this configuration would be misread, one bit
	 *  each, beside those that follow from what else is said here. A build
	 *  that lacks one refuses the entry. */
	uint64_t must_understand;
	/** C_old,new (thesis 4.3): decisions need a majority of the voters of
	 *  either. Made by the library alone. */
	bool joint;
	/** Not 0: leaders hold leases, and no clock of a member is faster or
	 *  slower than true time by more than so many millionths, at most
	 *  RAFT_CLOCK_DRIFT_MAX. A build that cannot honour a lease refuses the
	 *  entry, and no voter counts for one before it holds the entry. */
	uint32_t clock_drift;
	/** Ordered by id, no id twice. */
	const struct raft_member *members;
	/** Of `members`. */
	size_t member_count;
};

/** The bytes that raft_configuration_encode() needs, at most. */
RAFT_API size_t
raft_configuration_bytes(const struct raft_configuration *configuration);

/**
 * Write a configuration as the payload of an entry. Little endian, versioned,
 * the same bytes on every machine. Returns the bytes written, 0 if the
 * configuration is invalid or does not fit.
 */
RAFT_API size_t
raft_configuration_encode(const struct raft_configuration *configuration,
			  void *bytes, size_t size);

/**
 * Read one back. The members are written into `members`, room for `room` of
 * them; addresses point into `bytes`. RAFT_INVALID if it is malformed,
 * RAFT_INCOMPATIBLE if this version of the library would misread it.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_configuration_decode(const void *bytes, size_t length,
			  struct raft_configuration *configuration,
			  struct raft_member *members, size_t room);

#ifdef __cplusplus
}
#endif

#endif

/*
 * The configurations of a log, and how they change.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RAFT_MEMBERSHIP_H
#define OUTRIGGER_RAFT_MEMBERSHIP_H

#include "raft/peers.h"
#include "raft/raft_extension.h"

/* ----------------------------------------- configurations: membership.c */

/** As raft_configuration_encode() requires: configuration.c. */
bool raft__configuration_is_valid(const struct raft_configuration *c);

/** What each member's build must be capable of. */
static inline uint64_t
raft__capabilities_needed(const struct raft_configuration *c)
{
	return c->clock_drift != 0 ? RAFT_CAPABILITY_LEASES : 0;
}

/** A configuration of the log, newest first; the newest is in force (thesis
 *  4.1: as soon as it is in the log). Older ones wait for a truncation, or for
 *  a snapshot of where they were in force, until the log is compacted. */
struct raft_membership {
	struct raft_membership *older;
	uint64_t index;
	struct raft_configuration configuration;
	/** Appends to those who came with it are counted from here. */
	uint64_t sequence_floor;
	struct raft_peer *peers;
	uint32_t peer_count;
	/** Position of this server among the peers; peer_count: not in it. */
	uint32_t self;
	/** Known to be committed, and said so. */
	bool committed;
	/** This server votes in it, in either half; it alone does. */
	bool votes;
	bool is_sole_voter;
	/** A leader has to go on from here once it is committed: it is joint, or
	 *  this server is no voter of it. */
	bool is_passing;
	/** Those of its entry. */
	uint32_t length;
	const uint8_t *bytes;
};

/** Decode a configuration entry and make all that its coming into force will
 *  need, so that it cannot fail then. */
enum raft_result raft__membership_prepare(struct raft *r, uint64_t index,
					  const void *bytes, size_t length,
					  struct raft_membership **prepared);
void raft__membership_discard(struct raft *r, struct raft_membership *m);
void raft__membership_install(struct raft *r, struct raft_membership *m);
/** Go back to the newest one below `index`. */
void raft__membership_truncate(struct raft *r, uint64_t index);
/** The commit index has risen: see whether one is committed by it. */
void raft__membership_committed(struct raft *r);
/** Forget those that were not in force behind the log's snapshot. */
void raft__membership_compacted(struct raft *r);
/** Only this one: the snapshot's, which is committed. */
void raft__membership_replace(struct raft *r, struct raft_membership *m);
/** The one in force at an index of the log, or at its snapshot. */
const struct raft_membership *raft__membership_at(const struct raft *r,
						  uint64_t index);
void raft__membership_free(struct raft *r);
/** Say that we are no member any more. */
void raft__tell_removed(struct raft *r);
/** Whether it may campaign: as a voter of the configuration in force, or of one
 *  that this log may go back to. */
bool raft__may_be_elected(const struct raft *r);
/** Whether the committed configuration lacks that server, and so does every
 *  newer one. */
bool raft__is_removed(const struct raft *r, struct raft_identity identity);

/* ------------------------------------------ changing it: reconfigure.c */

/** Append a configuration and put it in force. RAFT_INVALID, RAFT_NO_MEMORY. */
enum raft_result
raft__append_configuration(struct raft *r,
			   const struct raft_configuration *configuration,
			   uint64_t term);
/** Whether the change that was begun last is not committed yet. */
bool raft__is_changing(const struct raft *r);
/** A module's change of the members' roles and wishes, in a copy of them. */
void raft__reconfigure_by_itself(struct raft *r,
				 bool (*change)(const struct raft *r,
						struct raft_member *members,
						size_t count));
/** Whether such a change could be made now, as far as the core knows. */
bool raft__may_change(const struct raft *r);
/** What a leader owes a committed configuration: leave a joint one; give way if
 *  it is no voter any more. */
void raft__reconfigure_advance(struct raft *r);
/** To a candidate that was removed, beside what its request gets. */
void raft__answer_removed(struct raft *r,
			  const struct raft_vote_request *request);
void raft__on_not_member(struct raft *r, const struct raft_message *message);
/** What was said of former candidacies does not count any more: another begins,
 *  or a leader speaks to us. */
void raft__forget_disowned(struct raft *r);

#endif

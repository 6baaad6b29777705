/*
 * How it is with a member: status, peers, counters.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of raft/raft.h, which is what programs include.
 */
#ifndef OUTRIGGER_RAFT_STATUS_H
#define OUTRIGGER_RAFT_STATUS_H

#include "raft/raft_configuration.h"
#include "raft/raft_duties.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What raft_status tells. */
struct raft_status {
	/** Who this member is. */
	struct raft_identity self;
	/** What it is in its term. */
	enum raft_role role;
	/** In the configuration in force; of a joint one, the higher of two. */
	enum raft_member_role member_role;
	/** For good: see the last event. */
	bool stopped;
	/** The newest that it knows of. */
	uint64_t term;
	/** Whom it voted for in this term; id 0: nobody. */
	struct raft_identity vote;
	/** 0: unknown. */
	uint64_t leader;
	/** The last entry that was compacted away. */
	struct raft_entry_id snapshot;
	/** The last entry of its log. */
	struct raft_entry_id last;
	/** All up to here is durable in this log. */
	uint64_t durable_index;
	/** All up to here is known to be committed. */
	uint64_t commit_index;
	/** All up to here was applied, as raft_applied said. */
	uint64_t applied_index;
	/** Leading: the latest time such that a majority of the voters, this one
	 *  included, have answered what was sent to them then or later. 0: not
	 *  leading. */
	uint64_t quorum_heard_at;
	/** Leading: bytes of proposals not yet committed (or, ahead_of_disk, not
	 *  yet durable here), or a little more. */
	uint64_t uncommitted_bytes;
	/** Whom leadership is being handed over to; 0: nobody. */
	uint64_t transfer_target;
	/** Index of the configuration in force; 0: none. */
	uint64_t configuration_index;
	/** A change of membership is under way, as far as this member knows. */
	bool changing;
	/** The configuration's; 0 without one. */
	uint64_t election_timeout_us;
	/** The configuration's. */
	uint64_t feature_level;
	/** The configuration's. */
	size_t member_count;
};

/** How it is with this member now. */
RAFT_API void raft_status(const struct raft *r, struct raft_status *status);

/** How a leader replicates to a member. */
enum raft_progress_state {
	/** Looking for where the logs agree: one append at a time. */
	RAFT_PROGRESS_PROBE = 1,
	/** Sending ahead of the answers. */
	RAFT_PROGRESS_REPLICATE = 2,
	/** It needs what this log cannot give: heartbeats only. */
	RAFT_PROGRESS_STRANDED = 3,
	/** It is being sent a snapshot. */
	RAFT_PROGRESS_SNAPSHOT = 4,
	/** It has lost what it had acknowledged: heartbeats only, and it counts
	 *  in nothing. */
	RAFT_PROGRESS_REGRESSED = 5,
};

/** One member of the configuration in force, as a leader knows it. */
struct raft_member_status {
	/** Who it is. */
	struct raft_identity identity;
	/** As in struct raft_member. */
	enum raft_member_role role;
	/** Likewise. */
	enum raft_member_role role_before;
	/** How the leader replicates to it. */
	enum raft_progress_state state;
	/** All up to here is durable there and equals our log. */
	uint64_t match_index;
	/** The first entry that was not sent to it. */
	uint64_t next_index;
	/** Appends with entries that it has not answered yet. */
	uint64_t appends_in_flight;
	/** Bytes of entries sent and not known to be durable there, or a little
	 *  more. */
	uint64_t bytes_in_flight;
	/** In the state SNAPSHOT: which; else 0, as the next two. */
	uint64_t snapshot_index;
	/** How much of it the peer has, in bytes. */
	uint64_t snapshot_offset;
	/** Its bytes in all. */
	uint64_t snapshot_size;
	/** When the newest append that it answered was sent; 0: none yet, since
	 *  we lead and, of a voter, since it is one. */
	uint64_t heard_at;
	/** What its newest message said of its build. */
	uint64_t capabilities;
	/** Of one without a vote, where a module of this leader looks at it, else
	 *  false and 0: it could vote without holding up commits. */
	bool caught_up;
	/** Rounds of catching up (thesis 4.2.1) that took too long, one after the
	 *  other, up to now. */
	uint32_t slow_rounds;
	/** How long the present round has taken, in microseconds, or the last one
	 *  if none runs. */
	uint64_t round_us;
};

/** The member at `position`, below member_count. False: there is none. */
RAFT_API bool raft_member_status(const struct raft *r, size_t position,
				 struct raft_member_status *status);

/** What this member dropped, and why: one counter a reason. */
#define RAFT_COUNTERS(X)                                                       \
	X(MISADDRESSED, "for another server or incarnation")                   \
	X(STRANGER, "an answer from no member of the configuration")           \
	X(ABSURD_TERM, "a term that no cluster can have reached")              \
	X(ABSURD_INDEX, "an index or length outside its limits")               \
	X(MALFORMED, "fields that contradict each other")                      \
	X(FUTURE_ECHO, "an echo of what was never sent")                       \
	X(RIVAL_LEADER, "a second leader of one term")                         \
	X(CONTRADICTION, "an append against a committed entry")                \
	X(UNKNOWN_KIND, "a kind or module that this build lacks")              \
	X(REGRESSED, "a peer denies what it had acknowledged")                 \
	X(OUTBOX_FULL, "an answer pushed out by newer ones")

/** What was dropped, and why. */
enum raft_counter {
#define RAFT_COUNTER_CODE(name, text) RAFT_COUNTER_##name,
	RAFT_COUNTERS(RAFT_COUNTER_CODE)
#undef RAFT_COUNTER_CODE
	/** How many there are. */
	RAFT_COUNTER_COUNT
};

/** How many since the start. */
RAFT_API uint64_t raft_counter(const struct raft *r, enum raft_counter counter);
/** One word for traces, such as "STRANGER". Static. */
RAFT_API const char *raft_counter_name(enum raft_counter counter);
/** One sentence for a person. Static. */
RAFT_API const char *raft_counter_text(enum raft_counter counter);

/** This build's capabilities, as its messages carry them. */
RAFT_API uint64_t raft_capabilities(const struct raft *r);

#ifdef __cplusplus
}
#endif

#endif

/*
 * What a member hands out: all that its program is to carry out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of raft/raft.h, which is what programs include.
 */
#ifndef OUTRIGGER_RAFT_DUTIES_H
#define OUTRIGGER_RAFT_DUTIES_H

#include "raft/raft_message.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a log begins that starts with a snapshot. */
struct raft_stored_snapshot {
	/** The last entry that it covers. */
	struct raft_entry_id last;
	/** Of the configuration in force there, for struct raft_stored. */
	uint64_t configuration_index;
	/** That configuration, in the form of raft_configuration_encode(). */
	const void *configuration;
	/** Of `configuration`, in bytes. */
	size_t configuration_length;
};

/** What to make durable, in the order in which saves were handed out, each
 *  wholly or not at all. */
struct raft_save {
	/** For raft_saved(); rises by 1. */
	uint64_t token;
	/** The term from now on. */
	uint64_t term;
	/** id 0: no vote in this term. */
	struct raft_identity vote;
	/** Forget all entries and configurations, first of all: the log begins
	 *  behind this snapshot, which is stored. NULL: no. */
	const struct raft_stored_snapshot *snapshot;
	/** Drop all entries from this index on; 0: none. */
	uint64_t truncate_from;
	/** Then append these. Their payloads are held by the core until the
	 *  next call of raft_duties; a log that keeps one longer holds it. */
	const struct raft_entry *entries;
	/** Of `entries`. */
	size_t entry_count;
};

/** How proposals end. */
enum raft_outcome_kind {
	/** Committed, and will be applied by every member. */
	RAFT_OUTCOME_COMMITTED = 1,
	/** Never will be: safe to propose again. */
	RAFT_OUTCOME_LOST = 2,
	/** This member stopped leading before it knew: may still commit. */
	RAFT_OUTCOME_UNKNOWN = 3,
};

/** How proposals ended. Each proposal has exactly one outcome, unless the
 *  member is destroyed or its process dies first. */
struct raft_outcome {
	/** How they ended. */
	enum raft_outcome_kind kind;
	/** The term in which they were proposed. */
	uint64_t term;
	/** Their indexes. */
	struct raft_range range;
};

/** A part of a snapshot that a leader sends, to be stored apart from the state
 *  machine's own until it is to be installed. Parts of one snapshot come in
 *  order, without gaps. One at offset 0 begins anew: what was stored of this
 *  and any other that was not installed may be deleted. None comes from `install`
 *  until raft_applied() says that it is loaded. */
struct raft_snapshot_part {
	/** The last entry that it covers. */
	struct raft_entry_id snapshot;
	/** Its bytes in all. */
	uint64_t size;
	/** Where this part begins in them. */
	uint64_t offset;
	/** Held by the core until the next call of raft_duties. May be empty
	 *  only if the snapshot is. */
	struct raft_payload bytes;
};

/** How a read ended; each has exactly one end. */
struct raft_read {
	/** As raft_read named it. */
	uint64_t read;
	/** Answer it from a state machine that has applied all up to here. 0:
	 *  lost, for want of a leader that is known to lead; ask again. */
	uint64_t index;
};

/** Thesis figure 3.3. */
enum raft_role {
	/** Takes what a leader says. */
	RAFT_FOLLOWER = 1,
	/** Asks for votes. */
	RAFT_CANDIDATE = 2,
	/** Takes proposals. */
	RAFT_LEADER = 3,
};

/** Why something began or ended, for traces and events. */
#define RAFT_REASONS(X)                                                        \
	X(START, "started")                                                    \
	X(TIMEOUT, "heard no leader in time")                                  \
	X(ASKED, "was asked to")                                               \
	X(PRELIMINARY_WON, "a majority would vote for it")                     \
	X(TRANSFER, "the leader hands over to it")                             \
	X(ELECTED, "elected by a majority")                                    \
	X(NEWER_TERM, "saw a newer term")                                      \
	X(LEADER_SEEN, "saw this term's leader")                               \
	X(QUORUM_LOST, "lost contact with its majority")                       \
	X(WRITE_STALLED, "its own log made no progress")                       \
	X(CONTRADICTION, "a leader contradicts a committed entry")             \
	X(DISK_FAILED, "the log failed")                                       \
	X(OUT_OF_MEMORY, "memory ran out where nothing can be refused")        \
	X(INCOMPATIBLE, "an entry needs a feature that this build lacks")      \
	X(LOG_COMPACTED, "needs entries that were compacted away")             \
	X(REGRESSED, "has lost what it had acknowledged: remove it, and add "  \
		     "it as a new incarnation")                                \
	X(REMOVED, "is no member of the group any more")                       \
	X(SNAPSHOT_LOST, "the snapshot that its log begins behind is lost")    \
	X(LEADER_CLOSED, "its leader's host closed the connection")            \
	X(OFFERED, "takes entries that another member offers")                 \
	X(VOTE_SPLIT, "the votes were divided, and elected nobody")

/** Why: see RAFT_REASONS for each. */
enum raft_reason {
#define RAFT_REASON_CODE(name, text) RAFT_REASON_##name,
	RAFT_REASONS(RAFT_REASON_CODE)
#undef RAFT_REASON_CODE
};

/** One word for traces, such as "TIMEOUT". Static. */
RAFT_API const char *raft_reason_name(enum raft_reason reason);
/** One sentence for a person. Static. */
RAFT_API const char *raft_reason_text(enum raft_reason reason);

/** What happened, and what an event of that kind tells. */
enum raft_event_kind {
	/** The role or the term changed: role, term, reason. */
	RAFT_EVENT_ROLE = 1,
	/** Another leader is known, or none (peer 0): peer, term. */
	RAFT_EVENT_LEADER = 2,
	/** A configuration is in force: index. */
	RAFT_EVENT_CONFIGURATION = 3,
	/** This member stopped for good: reason, index. */
	RAFT_EVENT_STOPPED = 4,
	/** A leader's entry cannot be taken: peer, index, reason. Told once of
	 *  an entry and its leader: this member is a follower that stays behind
	 *  until its build is a newer one. */
	RAFT_EVENT_INCOMPATIBLE = 5,
	/** A peer needs entries that this log no longer has, and there is no
	 *  snapshot to send, or its build takes none: peer, index. */
	RAFT_EVENT_PEER_STRANDED = 6,
	/** A configuration is committed; unless it is joint, its change is
	 *  complete: index. */
	RAFT_EVENT_CONFIGURATION_COMMITTED = 7,
	/** This server is no member any more: as a leader it has committed a
	 *  configuration without itself, or as many of those it knew as can
	 *  prevent its election say so, by logs as good as its own: index of the
	 *  configuration that it knows. It keeps quiet, and need not run on
	 *  unless it is added again, which RAFT_EVENT_LEADER tells: a leader
	 *  speaks only to members. A server that was down when it was removed
	 *  hears nothing of its past from its log, or while it catches up. */
	RAFT_EVENT_REMOVED = 8,
	/** A peer is being sent a snapshot: peer, index. */
	RAFT_EVENT_SNAPSHOT_SENT = 9,
	/** A leader's snapshot has replaced this log: peer, index. */
	RAFT_EVENT_SNAPSHOT_INSTALLED = 10,
	/** A member without a vote has caught up: it could vote without holding
	 *  up commits: peer, index (all up to there is durable there). This and
	 *  the next two only where a module of this leader looks at it. */
	RAFT_EVENT_CAUGHT_UP = 11,
	/** One that had caught up has not any more: peer, index. */
	RAFT_EVENT_FELL_BEHIND = 12,
	/** One is no nearer after many rounds (thesis 4.2.1): peer, index. It is
	 *  not given up. */
	RAFT_EVENT_CANNOT_KEEP_UP = 13,
	/** A member denies what it had acknowledged to this leader: peer, index
	 *  (the last of it), reason. Its disk was wiped, or is an old copy, and
	 *  it came back under the same incarnation, as if its promises were
	 *  kept: it may have forgotten a vote, too. From here on it gets
	 *  heartbeats only and counts in nothing, unless it turns out to hold
	 *  that entry after all; and it is told, which stops it for the same
	 *  reason (RAFT_EVENT_STOPPED). Remove it, and add it as a new
	 *  incarnation with an empty log. Told once of a member by a leader. */
	RAFT_EVENT_PEER_REGRESSED = 14,
	/** A peer says that the snapshot which it was sent is damaged: peer, index.
	 *  It is sent again after a pause. */
	RAFT_EVENT_SNAPSHOT_REFUSED = 15,
	/** The newest snapshot of this member is damaged, as raft_snapshot_damaged
	 *  said: take another, of the same entry or a newer one: index. */
	RAFT_EVENT_SNAPSHOT_DAMAGED = 16,
};

/** Something that the program may want to know. What its kind does not name is
 *  0. */
struct raft_event {
	/** What happened. */
	enum raft_event_kind kind;
	/** The role of this member since. */
	enum raft_role role;
	/** Why it happened. */
	enum raft_reason reason;
	/** This member's term since. */
	uint64_t term;
	/** Whom it is about. */
	uint64_t peer;
	/** Which entry it is about. */
	uint64_t index;
};

/** One line of text, without a newline. Returns what snprintf would. */
RAFT_API int raft_event_print(char *text, size_t size,
			      const struct raft_event *event);

/** Everything owed since it was last asked. Carry out `save` before `send`.
 *  All pointers live until the next call of raft_duties or raft_destroy. */
struct raft_duties {
	/** NULL: nothing to save. */
	const struct raft_save *save;
	/** Messages that may leave now. */
	const struct raft_message *send;
	/** Of `send`. */
	size_t send_count;
	/** Parts of a leader's snapshot to store, in order. */
	const struct raft_snapshot_part *parts;
	/** Of `parts`. */
	size_t part_count;
	/** Load the state machine from this snapshot, all of whose parts were
	 *  stored, before anything of `apply`; then call raft_applied with its
	 *  index. index 0: none. From then on it stands for a snapshot of the
	 *  state machine's own. */
	struct raft_entry_id install;
	/** A peer says that this snapshot of ours, as it was sent, is damaged:
	 *  read it back, and call raft_snapshot_damaged if it is. index 0: none.
	 *  Whoever cannot read it back may leave it. */
	struct raft_entry_id verify;
	/** Committed, and durable here unless the member is ahead_of_disk; never
	 *  shown twice, never taken back. */
	struct raft_range apply;
	/** Reads that have ended. */
	const struct raft_read *reads;
	/** Of `reads`. */
	size_t read_count;
	/** Proposals that have ended. */
	const struct raft_outcome *outcomes;
	/** Of `outcomes`. */
	size_t outcome_count;
	/** The newest things that happened, oldest first. */
	const struct raft_event *events;
	/** Of `events`. */
	size_t event_count;
};

#ifdef __cplusplus
}
#endif

#endif

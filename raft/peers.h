/*
 * What a member knows of its peers, and majorities of them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RAFT_PEERS_H
#define OUTRIGGER_RAFT_PEERS_H

#include "raft/raft_extension.h"

/* Written by the build: the modules of it, each with its own state of a peer. */
#include "raft_extensions.h"

/* --------------------------------------------------- quorums: quorum.c */

struct raft_membership;

/** The greatest value that a majority of the voters reach, values[i] being that
 *  of peer i; of both halves' voters if the configuration is joint (thesis 4.3).
 *  Every quorum is counted here. */
uint64_t raft__quorum(const struct raft_membership *m, const uint64_t *values);

/* ------------------------------------------------- bytes on their way */

/** Bytes that are on their way, in two heaps, so that a count of any length
 *  takes three numbers: those up to a mark, and those since. The first are known
 *  to have arrived only when the mark is reached. */
struct raft_flow {
	uint64_t mark;
	uint64_t before;
	uint64_t since;
};

static inline uint64_t
raft__flow_bytes(const struct raft_flow *flow)
{
	return flow->before + flow->since;
}

/** What is numbered up to `done` has arrived, of all up to `newest`. */
static inline void
raft__flow_arrived(struct raft_flow *flow, uint64_t done, uint64_t newest)
{
	if (done < flow->mark)
		return;
	flow->before = done < newest ? flow->since : 0;
	flow->since = 0;
	flow->mark = newest;
}

/** Nothing beyond `newest` is on its way. */
static inline void
raft__flow_shortened(struct raft_flow *flow, uint64_t newest)
{
	if (flow->mark > newest)
		flow->mark = newest;
}

/* ------------------------------------------------------- sequences */

/** A sequence number has two digits: the upper one counts appends with entries,
 *  the lower one what was sent without any since the last of those. Should that
 *  be too much for it, it passes for one append with entries. */
#define RAFT_SEQUENCE_STEP UINT64_C(1000000)

/* ---------------------------------------------------- peers: progress.c */

/** A member of the configuration in force, ourselves included, as this member
 *  knows it. Progress is meaningful while leading. */
struct raft_peer {
	struct raft_identity identity;
	/** enum raft_member_role, in a byte, as all enums here. */
	unsigned int role : 8;
	/** The same, as in struct raft_member. */
	unsigned int role_before : 8;
	/** enum raft_progress_state. */
	unsigned int state : 8;
	/** enum raft_ballot: its answer to our candidacy of this term. */
	uint8_t ballot;
	/** Its build lacks snapshots: so often it needs one and is sent none. */
	uint8_t snapshot_pause;
	/** The round of reads that runs has asked it: an answer counts if it is
	 *  to an append after its mark. */
	bool read_asked;
	/** That took an empty append: there is no other for a later round before
	 *  an answer counts. */
	bool read_append_is_out;
	/** It has denied what it had acknowledged, perhaps before that, and has
	 *  acknowledged no more since: it is asked for that again. */
	bool match_is_doubted;
	/** All up to here equals our log and is durable there, as its answers
	 *  say, whatever their verdict: it speaks of appends accepted in this
	 *  term. */
	uint64_t match_index;
	/** The first entry not yet sent; runs ahead of the answers.
	 *  Invariant: match_index < next_index <= last.index + 1. */
	uint64_t next_index;
	/** Of the newest append sent to it in this term, and of the newest one
	 *  answered; see RAFT_SEQUENCE_STEP. */
	uint64_t sequence_sent;
	uint64_t sequence_answered;
	/** Answers to appends before this one were overtaken by a step back. */
	uint64_t sequence_probing;
	/** Bytes sent and not known to be durable there, by index. */
	struct raft_flow in_flight;
	/** The newest append to it when a round of reads asked it last. */
	uint64_t read_mark;
	/** When the newest append that it answered was sent; at first, when we
	 *  began to lead or it became a voter, which gives it a window of
	 *  grace. */
	uint64_t heard_sent_at;
	/** The commit index that an append to it carried last. */
	uint64_t commit_told;
	/** What its newest message said of its build. */
	uint64_t capabilities;
	/** Where the logs were first looked for in this probing. */
	uint64_t probe_index;
	/** No probe before the next heartbeat: another would fare no better. */
	bool probe_waits : 1;
	/** When it was denied last, its answer took a heartbeat's time at most. */
	bool probe_is_near : 1;
	/** Since heard_sent_at began. */
	bool answered : 1;
	/** Something must be said by now: a heartbeat. */
	bool owes_heartbeat : 1;
	bool owes_vote_request : 1;
	/** It has answered NOT_MEMBER to our newest candidacy, and no leader has
	 *  spoken to us since. */
	bool disowns_us : 1;
#define RAFT_PEER_STATE(m) struct raft_##m##_peer m;
	RAFT_EXTENSIONS(RAFT_PEER_STATE)
#undef RAFT_PEER_STATE
};

static inline uint64_t
raft__appends_in_flight(const struct raft_peer *peer)
{
	return peer->sequence_sent / RAFT_SEQUENCE_STEP -
	       peer->sequence_answered / RAFT_SEQUENCE_STEP;
}

/** NULL: nobody of it has that id. */
struct raft_peer *raft__search_peer(const struct raft_membership *m,
				    uint64_t id);
/** Where that one stands among the peers; peer_count (0 without a membership):
 *  nowhere. */
uint32_t raft__position(const struct raft_membership *m,
			struct raft_identity identity);
/** Forget what was known of all, as on beginning to lead. */
void raft__progress_reset(struct raft *r);
/** Look anew for where the logs agree, from next_index. */
void raft__progress_probe(struct raft *r, struct raft_peer *peer,
			  uint64_t next_index);
/** It denies what it had acknowledged: it is told, and is not trusted until it
 *  holds that after all. */
void raft__progress_regressed(struct raft *r, struct raft_peer *peer);
/** What it needs cannot be given, until it answers again. */
void raft__progress_unreadable(struct raft *r, struct raft_peer *peer);
/** The log has been compacted, or there is a newer snapshot: see who needs it. */
void raft__progress_compacted(struct raft *r);

#endif

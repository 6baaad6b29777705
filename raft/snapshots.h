/*
 * Snapshots on their way: snapshot_send.c, snapshot_receive.c and snapshot_parts.c.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RAFT_SNAPSHOTS_H
#define OUTRIGGER_RAFT_SNAPSHOTS_H

#include "raft/peers.h"

/** Parts on their way to one peer, and parts that wait to be stored. */
#define RAFT_PARTS_MAX 8

/** A snapshot that a peer in the state SNAPSHOT is being sent. */
struct raft_sending {
	/** Another one. */
	struct raft_sending *following;
	struct raft_identity to;
	struct raft_entry_id snapshot;
	uint32_t writing;
	uint64_t size;
	/** Durable there. Invariant: stored <= next <= size. */
	uint64_t stored;
	/** The first byte not yet sent. */
	uint64_t next;
	/** When `stored` rose last. */
	uint64_t advanced_at;
	/** Nothing is sent before this: the peer has lost what it had stored, so
	 *  often. */
	uint64_t resume_at;
	uint8_t setbacks;
	/** It went back for a gap since the last heartbeat; and has done so
	 *  twice, and sends nothing before the next one. */
	bool went_back;
	bool waits;
	/** It was found damaged: to be read back. */
	bool refused;
	/** Not leading: the part at `next` was asked for in this round, and is
	 *  still to be composed. */
	bool asked;
	uint64_t round;
	/** Not leading: the first such round, which tells this from what was given
	 *  before, or in another life. */
	uint64_t given;
	/** Of the message that was composed last. */
	struct raft_snapshot_content content;
	uint64_t configuration_index;
	size_t configuration_length;
	uint8_t configuration[];
};

/** A snapshot that a leader sends to this member, or that one gives which does not
 *  lead. */
struct raft_receiving {
	/** Of the part that began it. The sequence is 0 if that is from no leader. */
	uint64_t term;
	uint64_t sequence;
	struct raft_identity from;
	struct raft_entry_id snapshot;
	uint64_t writing;
	uint64_t size;
	/** Durable here. Invariant: stored <= next <= size. */
	uint64_t stored;
	/** The first byte not yet taken. */
	uint64_t next;
	/** Its first part, which may be empty, was taken. */
	bool begun;
	/** All of it is durable. */
	bool whole;
	/** Its configuration, ready; NULL: in force already. */
	struct raft_membership *membership;
	/** As the log will be given it. */
	struct raft_stored_snapshot stored_snapshot;
	uint8_t configuration[];
};

struct raft_parts {
	/** To be handed out. */
	struct raft_snapshot_part at[RAFT_PARTS_MAX];
	size_t count;
	/** In the caller's hands until the next call of raft_duties. */
	struct raft_snapshot_part out[RAFT_PARTS_MAX];
	size_t out_count;
	/** The last part that is to be stored: of which snapshot, and where it
	 *  ends. Index 0: all are. */
	struct raft_entry_id unsaved;
	uint64_t unsaved_end;
	/** The oldest of the state machine's snapshots that were kept before it
	 *  was to load the one that was received last; 0: none. */
	uint64_t before_install;
};

struct raft_snapshots {
	/** The state machine's newest, and its bytes; index 0: none. */
	struct raft_entry_id newest;
	uint64_t size;
	/** The spare one, and its bytes; 0: none is known. Invariant: the log
	 *  reaches it. */
	uint64_t spare_index;
	uint64_t spare_size;
	/** Leading: one a peer in the state SNAPSHOT. Else, until a leader is
	 *  heard, one to whom asked last, if anybody did. */
	struct raft_sending *sending;
	/** Ended; freed by the next call of raft_duties. */
	struct raft_sending *ended;
	/** NULL: none. */
	struct raft_receiving *receiving;
	/** NULL: none has come yet. */
	struct raft_parts *parts;
	uint64_t tail_entries;
	uint32_t part_bytes;
	/** How many of our own were damaged. */
	uint32_t writing;
};

/** Whether parts are to be handed out, or to be taken back. */
static inline bool
raft__has_parts(const struct raft_snapshots *snapshots)
{
	const struct raft_parts *parts = snapshots->parts;

	return parts != NULL && parts->count + parts->out_count > 0;
}

/** What is being sent to this peer; NULL: no snapshot is. */
struct raft_sending *raft__sending(const struct raft *r,
				   const struct raft_peer *peer);
/** Send the newest snapshot to this peer. False: there is none to send, its
 *  build lacks them, or no memory. */
bool raft__sending_begin(struct raft *r, struct raft_peer *peer);
void raft__sending_end(struct raft *r, const struct raft_peer *peer);
/** End those to peers that are not in the configuration any more; all. */
void raft__sendings_prune(struct raft *r);
void raft__sendings_end(struct raft *r);
void raft__sendings_release(struct raft *r);
/** What was on its way to a peer in the state SNAPSHOT is lost. */
void raft__sending_lost(struct raft *r, struct raft_peer *peer);
/** This peer, NULL if it is none, has said that its build lacks snapshots. */
void raft__sending_unsupported(struct raft *r, struct raft_peer *peer);
/** This snapshot of ours is damaged. */
void raft__sending_damaged(struct raft *r, struct raft_entry_id snapshot);
/** Which one is to be read back; index 0: none. */
struct raft_entry_id raft__sending_verify(struct raft *r);
/** What is to be told of the sending to it, if there is one. */
void raft__sending_status(const struct raft *r, const struct raft_peer *peer,
			  struct raft_member_status *status);
/** Compose what a peer in the state SNAPSHOT is owed. False: nothing. */
bool raft__compose_part(struct raft *r, struct raft_peer *peer,
			struct raft_message *message);
/** Give to that member, which has asked in this round, the part of that snapshot at
 *  `offset`; or the first one of the newest, if it was given no part of that one.
 *  False: there is none, or another is given it. */
bool raft__give_part(struct raft *r, struct raft_identity to, uint64_t round,
		     struct raft_entry_id snapshot, uint64_t offset);
/** Compose the part that was asked for. False: none was. */
bool raft__compose_given(struct raft *r, struct raft_message *message);
void raft__on_snapshot_answer(struct raft *r,
			      const struct raft_message *message);
/** Whether it could come from a correct leader. Else it is counted. */
bool raft__snapshot_is_sound(struct raft *r,
			     const struct raft_message *message);
void raft__on_snapshot(struct raft *r, const struct raft_message *message);
/** Whether it is a part that one gives which does not lead. */
static inline bool
raft__is_given_part(const struct raft_message *message)
{
	return message->kind == RAFT_MESSAGE_SNAPSHOT &&
	       message->snapshot.sequence == 0;
}
/** A module has asked for it. */
void raft__take_given_part(struct raft *r, const struct raft_message *message);
/** What is wanted next of the snapshot that this member gives. False: nothing, all
 *  of it has come; or, if that is said to have index 0, none is received. */
bool raft__wants_part(const struct raft *r, struct raft_identity from,
		      struct raft_entry_id *snapshot, uint64_t *offset);
void raft__compose_snapshot_answer(struct raft *r,
				   struct raft_message *message);
/** Forget what was received. */
void raft__receiving_end(struct raft *r);
/** There is room for parts. False: no memory. */
bool raft__parts_reserve(struct raft *r);
/** A part is to be stored, and its bytes are held until the next duties. False: there
 *  are too many. */
bool raft__parts_take(struct raft *r,
		      const struct raft_snapshot_message *snapshot);
void raft__parts_hand_out(struct raft *r, struct raft_duties *duties);
/** All up to `end` of this snapshot is stored. */
void raft__parts_saved(struct raft *r, struct raft_entry_id snapshot,
		       uint64_t end);
/** Some of it is not. Those that wait to be handed out are all of one snapshot. */
void raft__parts_failed(struct raft *r, struct raft_entry_id snapshot);
void raft__parts_free(struct raft *r);
void raft__snapshots_free(struct raft *r);

#endif

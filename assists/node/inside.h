/*
 * The inside of raft_node.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * node.c takes the turns, snapshots.c carries out what is owed of snapshots, and lost.c
 * has fetched again what the log cannot read.
 */
#ifndef OUTRIGGER_NODE_INSIDE_H
#define OUTRIGGER_NODE_INSIDE_H

#include "assists/node/node.h"

/** Entries that the log has and cannot read. */
struct lost {
	struct raft_entry_id *list;
	size_t count;
	size_t room;
	/** Since when none of them came. */
	uint64_t since;
	/** When they are asked for again, and how long after that once more. */
	uint64_t ask_at;
	uint64_t pause;
	/** A peer needs one. */
	bool is_wanted;
	/** An acknowledgement that covers one did not go out. */
	bool is_withheld;
	/** We lead, and are handing over for that. */
	bool has_handed_over;
	/** None came in time: whoever needs one gets a snapshot instead. */
	bool is_given_up;
};

struct raft_node {
	struct raft *raft;
	/** The user's, with the defaults filled in. */
	struct raft_node_options options;
	/** Where memory comes from, as for the member. */
	struct raft_allocator allocator;
	/** The latest time that we were told. */
	uint64_t now;
	/** Something may be owed: do not sleep. */
	bool busy;
	/** To be loaded by the machine before all of `apply`; index 0: none. */
	struct raft_entry_id install;
	/** A snapshot of ours that is being read back; index 0: none is. */
	struct raft_entry_id verify;
	/** Committed, and not yet shown to the machine. */
	struct raft_range apply;
	/** What the machine is applying or loading ends here; 0: it is idle. */
	uint64_t applying;
	/** Where entries are read to; room for `room` of them, at least
	 *  ROOM_MIN. */
	struct raft_entry *entries;
	size_t room;
	struct lost lost;
	/** Reads whose index has not been applied yet; NULL if none waits. */
	struct raft_read *reads;
	size_t read_count;
	size_t read_room;
};

/** Send a part that has bytes, taken from the snapshot. */
void raft__node_send_part(struct raft_node *node,
			  const struct raft_message *message);

/** Store what came of a leader's snapshot. */
void raft__node_store_parts(struct raft_node *node,
			    const struct raft_duties *duties);

/** Read back some of the snapshot that a peer found damaged. */
void raft__node_verify(struct raft_node *node);

/** The log cannot read this one, and it may come. */
bool raft__node_is_lost(const struct raft_node *node, uint64_t index);

/** A peer waits for it, too: nothing else is to be done for that peer now. */
bool raft__node_waits_for(struct raft_node *node, uint64_t index);

/** It would say that this member has what it may not have: it must not go out. */
bool raft__node_withholds(struct raft_node *node,
			  const struct raft_message *message);

/** What this save drops is lost no more. */
void raft__node_cut(struct raft_node *node, const struct raft_save *save);

/** Ask for what is lost, if it is time, or do without. */
void raft__node_fetch(struct raft_node *node);

/** Let the machine, which is idle, load the snapshot to be installed. */
void raft__node_install(struct raft_node *node);

#endif

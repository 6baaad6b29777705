/*
 * The inside of raft_node.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * node.c takes the turns, snapshots.c carries out what is owed of snapshots.
 */
#ifndef OUTRIGGER_NODE_INSIDE_H
#define OUTRIGGER_NODE_INSIDE_H

#include "assists/node/node.h"

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

/** Let the machine, which is idle, load the snapshot to be installed. */
void raft__node_install(struct raft_node *node);

#endif

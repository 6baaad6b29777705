/*
 * Snapshots of the counter: when they are taken, and how the counter is found
 * again from one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state is copied (state.h) when one is due and written piece by piece, a
 * piece a round of the loop, while entries go on being applied.
 */
#ifndef OUTRIGGER_COUNTER_SNAPSHOTS_H
#define OUTRIGGER_COUNTER_SNAPSHOTS_H

#include <stdint.h>
#include <uv.h>

#include "assists/snapshot_file/snapshot_file.h"
#include "demos/counter/state.h"

struct snapshots {
	/** Filled in by the program: what is snapshotted, and after how many
	 *  entries again. */
	struct state *state;
	uint64_t every;
	struct raft_snapshot_file *files;
	struct raft_node *node;
	uv_timer_t next;
	/** Deletes those that are not needed any more, */
	uv_timer_t sweep;
	/** which are those before this index, as of the last time. */
	uint64_t oldest;
	/** The newest one; and it is damaged. */
	struct raft_entry_id newest;
	bool is_damaged;
	/** The one that is being taken; bytes NULL: none is. */
	struct raft_entry_id at;
	uint8_t *bytes;
	size_t length;
	size_t written;
};

/* These end the process with a message and status 1 if they fail. */

/** Open the folder of snapshots, which are the owner's, and load the one that
 *  belongs to what the log holds, if there is one; note that in *stored. */
void snapshots_open(struct snapshots *snapshots, const char *path,
		    const struct raft_owner *owner, struct raft_stored *stored);

/** The node is there, and has the table raft_snapshot_file. */
void snapshots_start(struct snapshots *snapshots, uv_loop_t *loop,
		     struct raft_node *node);

/** More was applied: take one if it is time. */
void snapshots_advance(struct snapshots *snapshots);

/** The newest one turned out to be damaged: take another. */
void snapshots_damaged(struct snapshots *snapshots);

#endif

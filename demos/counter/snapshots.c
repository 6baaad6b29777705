/*
 * Taking and loading snapshots (snapshots.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "demos/counter/snapshots.h"

#define ERROR_BYTES 512
#define PIECE_BYTES ((size_t)64 << 10)
#define SWEEP_MS 1000

/* ---------------------------------------------------------------- loading */

/** What was read so far. */
struct reading {
	uint8_t *bytes;
	size_t length;
};

static bool
gather(void *context, const void *bytes, size_t length)
{
	struct reading *reading = context;
	uint8_t *grown = realloc(reading->bytes, reading->length + length);

	if (grown == NULL)
		err(1, NULL);
	memcpy(grown + reading->length, bytes, length);
	reading->bytes = grown;
	reading->length += length;
	return true;
}

static void
load(struct snapshots *snapshots, struct raft_entry_id snapshot)
{
	struct reading reading = { 0 };
	char error[ERROR_BYTES];

	if (!raft_snapshot_file_load(snapshots->files, snapshot, gather,
				     &reading, error, sizeof(error)))
		errx(1, "%s", error);
	if (!state_load(snapshots->state, reading.bytes, reading.length))
		errx(1, "a snapshot is not a counter's");
	free(reading.bytes);
	snapshots->state->applied = snapshot;
	snapshots->newest = snapshot;
	snapshots->is_damaged = false;
}

void
snapshots_open(struct snapshots *snapshots, const char *path,
	       const struct raft_owner *owner, struct raft_stored *stored)
{
	struct raft_entry_id chosen;
	char error[ERROR_BYTES];

	snapshots->files =
	    raft_snapshot_file_open(path, owner, error, sizeof(error));
	if (snapshots->files == NULL ||
	    !raft_snapshot_file_choose(snapshots->files, stored, &chosen,
				       error, sizeof(error)))
		errx(1, "%s", error);
	if (chosen.index == 0)
		return;
	load(snapshots, chosen);
	stored->applied_index = chosen.index;
}

/* ----------------------------------------------------------------- taking */

static void
forget_old(struct snapshots *snapshots)
{
	uint64_t oldest = raft_snapshot_oldest(raft_node_raft(snapshots->node));

	if (oldest == snapshots->oldest)
		return;
	snapshots->oldest = oldest;
	raft_snapshot_file_forget(snapshots->files, oldest);
}

/** Those that were kept because one was being sent, once it is sent, even if no
 *  newer one is taken. */
static void
sweep(uv_timer_t *timer)
{
	forget_old(timer->data);
}

/** It is there: the log may be trimmed. */
static void
tell(struct snapshots *snapshots, struct raft_entry_id snapshot)
{
	uint64_t size = raft_snapshot_file_size(snapshots->files, snapshot);

	if (raft_node_snapshot_taken(snapshots->node, snapshot.index, size) !=
	    RAFT_OK)
		errx(1, "the snapshot of %" PRIu64 " is refused",
		     snapshot.index);
	forget_old(snapshots);
}

static void
end(struct snapshots *snapshots)
{
	struct raft_entry_id taken = snapshots->at;

	free(snapshots->bytes);
	snapshots->bytes = NULL;
	/* One that a leader sent may have been loaded meanwhile. */
	if (!raft_snapshot_file_commit(snapshots->files) ||
	    taken.index < snapshots->newest.index)
		return;
	snapshots->newest = taken;
	snapshots->is_damaged = false;
	tell(snapshots, taken);
}

static void
write_piece(uv_timer_t *timer)
{
	struct snapshots *snapshots = timer->data;
	size_t length;

	if (snapshots->bytes == NULL) {
		snapshots->at = snapshots->state->applied;
		snapshots->written = 0;
		snapshots->bytes =
		    state_write(snapshots->state, &snapshots->length);
		raft_snapshot_file_begin(snapshots->files, snapshots->at);
	}
	length = snapshots->length - snapshots->written;
	if (length > PIECE_BYTES)
		length = PIECE_BYTES;
	raft_snapshot_file_write(snapshots->files,
				 snapshots->bytes + snapshots->written, length);
	snapshots->written += length;
	if (snapshots->written == snapshots->length)
		end(snapshots);
	else
		uv_timer_start(timer, write_piece, 0, 0);
}

void
snapshots_advance(struct snapshots *snapshots)
{
	uint64_t more =
	    snapshots->state->applied.index - snapshots->newest.index;

	/* Not from within the node's turn, in which this is called. */
	if (snapshots->bytes == NULL &&
	    (more >= snapshots->every || snapshots->is_damaged))
		uv_timer_start(&snapshots->next, write_piece, 0, 0);
}

void
snapshots_damaged(struct snapshots *snapshots)
{
	snapshots->is_damaged = true;
	snapshots_advance(snapshots);
}

/* ------------------------------------------------------- a leader's, and ours */

static void
saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	raft_node_snapshot_saved(((struct snapshots *)context)->node, snapshot,
				 end);
}

static void
lost(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_failed(((struct snapshots *)context)->node,
				  snapshot);
}

static void
damaged(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_damaged(((struct snapshots *)context)->node,
				   snapshot);
}

static bool
install(void *context, struct raft_entry_id snapshot)
{
	load(context, snapshot);
	return true;
}

static void
failed(void *context, const char *why)
{
	(void)context;
	warnx("%s", why);
}

void
snapshots_start(struct snapshots *snapshots, uv_loop_t *loop,
		struct raft_node *node)
{
	snapshots->node = node;
	snapshots->next.data = snapshots;
	snapshots->sweep.data = snapshots;
	if (uv_timer_init(loop, &snapshots->next) != 0 ||
	    uv_timer_init(loop, &snapshots->sweep) != 0 ||
	    uv_timer_start(&snapshots->sweep, sweep, SWEEP_MS, SWEEP_MS) != 0)
		errx(1, "the loop takes no timer");
	raft_snapshot_file_bind(snapshots->files,
				&(struct raft_snapshot_file_reports){
				    .context = snapshots,
				    .saved = saved,
				    .lost = lost,
				    .damaged = damaged,
				    .install = install,
				    .failed = failed,
				});
	if (snapshots->newest.index != 0)
		tell(snapshots, snapshots->newest);
}

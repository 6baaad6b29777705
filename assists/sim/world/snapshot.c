/*
 * Snapshots on a node's disk: those that it took of its state machine, and what
 * came of a leader's.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One that a node takes is durable wholly or not at all. A leader's grows part by
 * part beside them; it becomes one of them when the state machine is loaded from
 * it, after the log on the same disk begins behind it. A crash in between finds
 * that log, and loads it then.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"

static bool
same_entry(struct raft_entry_id one, struct raft_entry_id other)
{
	return one.index == other.index && one.term == other.term;
}

static void
snapshot_free(struct sim_snapshot *snapshot)
{
	free(snapshot->bytes);
	*snapshot = (struct sim_snapshot){0};
}

static bool
is_whole(const struct sim_snapshot *snapshot)
{
	return snapshot->last.index != 0 && snapshot->stored == snapshot->size;
}

/* ---------------------------------------------------------- on the disk */

static void
add(struct sim_disk *disk, struct sim_snapshot snapshot)
{
	disk->snapshots = sim_grow(disk->snapshots, &disk->snapshot_room,
				   disk->snapshot_count + 1,
				   sizeof(*disk->snapshots));
	disk->snapshots[disk->snapshot_count++] = snapshot;
}

/** Add bytes to a snapshot; those at its beginning begin it anew. False: they
 *  are not the next ones. */
static bool
store(struct sim_snapshot *snapshot, const struct raft_snapshot_part *part)
{
	if (part->offset == 0) {
		snapshot_free(snapshot);
		snapshot->last = part->snapshot;
		snapshot->size = part->size;
		snapshot->bytes = sim_alloc(1, part->size + 1);
	}
	if (!same_entry(snapshot->last, part->snapshot) ||
	    snapshot->stored != part->offset ||
	    part->bytes.length > snapshot->size - snapshot->stored)
		return false;
	if (part->bytes.length > 0)
		memcpy(&snapshot->bytes[snapshot->stored], part->bytes.data,
		       part->bytes.length);
	snapshot->stored += part->bytes.length;
	return true;
}

bool
sim_snapshot_written(struct sim_disk *disk, bool own,
		     const struct raft_snapshot_part *part)
{
	struct sim_snapshot snapshot = {0};

	if (!own)
		return store(&disk->received, part);
	(void)store(&snapshot, part);
	add(disk, snapshot);
	return true;
}

void
sim_snapshot_spoiled(struct sim_disk *disk)
{
	snapshot_free(&disk->received);
}

void
sim_snapshots_clear(struct sim_disk *disk)
{
	for (size_t i = 0; i < disk->snapshot_count; i++)
		snapshot_free(&disk->snapshots[i]);
	disk->snapshot_count = 0;
	snapshot_free(&disk->received);
}

static struct sim_snapshot *
find(const struct sim_disk *disk, struct raft_entry_id last)
{
	for (size_t i = 0; i < disk->snapshot_count; i++)
		if (same_entry(disk->snapshots[i].last, last))
			return &disk->snapshots[i];
	return NULL;
}

static struct sim_snapshot *
newest(const struct sim_disk *disk)
{
	struct sim_snapshot *best = NULL;

	for (size_t i = 0; i < disk->snapshot_count; i++)
		if (best == NULL ||
		    disk->snapshots[i].last.index >= best->last.index)
			best = &disk->snapshots[i];
	return best;
}

void
sim_snapshots_prune(struct sim_node *node)
{
	struct sim_disk *disk = &node->disk;
	uint64_t oldest = raft_snapshot_oldest(node->raft);
	size_t kept = 0;

	for (size_t i = 0; i < disk->snapshot_count; i++)
		if (disk->snapshots[i].last.index < oldest)
			snapshot_free(&disk->snapshots[i]);
		else
			disk->snapshots[kept++] = disk->snapshots[i];
	disk->snapshot_count = kept;
}

/** What a snapshot holds, which history knows too. False: it holds nothing. */
static bool
read_state(struct sim_node *node, const struct sim_snapshot *snapshot,
	   struct sim_machine *state)
{
	struct raft_sim *sim = node->sim;

	if (!is_whole(snapshot) ||
	    !sim_machine_decode(state, snapshot->bytes, snapshot->size)) {
		sim_accuse(&sim->verdict, "snapshots",
			   "n%u needs a snapshot that its disk does not hold",
			   node->number);
		return false;
	}
	sim_check_snapshots_state(&sim->checks.history, &sim->verdict,
				  node->number, snapshot->last, state);
	return true;
}

/* ---------------------------------------------------------------- taking */

/** Of what it has applied, all of which its log has to hold after a crash. */
static bool
may_take(const struct sim_node *node)
{
	const struct sim_snapshot *before = newest(&node->disk);
	uint64_t index = node->machine.applied;
	struct raft_status status;

	if (!sim_node_runs(node) || node->status.stopped || node->taking ||
	    index == 0 || (before != NULL && before->last.index >= index))
		return false;
	raft_status(node->raft, &status);
	return index <= status.durable_index;
}

bool
sim_snapshot_take(struct sim_node *node)
{
	uint64_t index = node->machine.applied;
	struct sim_bytes *bytes;
	struct raft_snapshot_part part;

	if (!may_take(node))
		return false;
	sim_trace(node->sim, "n%u takes a snapshot up to %" PRIu64,
		  node->number, index);
	bytes = sim_guest_write(node);
	sim_machine_encode(&node->machine, node->number, bytes->data);
	part = (struct raft_snapshot_part){
		.snapshot = {index,
			     node->sim->checks.history.entries[index - 1].term},
		.size = bytes->length,
		.bytes = {bytes->data, bytes->length, &bytes->block},
	};
	node->taking = true;
	sim_disk_write_part(node, SIM_WRITE_SNAPSHOT, &part);
	raft_payload_release(&part.bytes);
	return true;
}

void
sim_snapshot_when_due(struct sim_node *node)
{
	const struct sim_snapshot *before = newest(&node->disk);
	uint64_t most = node->sim->options.max_log;
	uint64_t since = before == NULL ? 0 : before->last.index;

	if (most != 0 && node->machine.applied > since + most)
		(void)sim_snapshot_take(node);
}

/**
 * The log begins where the member says, unless it is about to begin behind a
 * leader's snapshot that is newer: then that is for the save to say.
 */
static void
tell_taken(struct sim_node *node, const struct sim_snapshot *snapshot)
{
	struct raft_status status;

	if (raft_snapshot_taken(node->raft, snapshot->last.index,
				snapshot->size) != RAFT_OK)
		sim_accuse(&node->sim->verdict, "snapshots",
			   "n%u refuses its own snapshot up to %" PRIu64,
			   node->number, snapshot->last.index);
	raft_status(node->raft, &status);
	if (status.snapshot.index <= snapshot->last.index)
		sim_disk_compact(node, status.snapshot.index);
}

void
sim_snapshot_taken(struct sim_node *node, const struct sim_event *event)
{
	const struct sim_snapshot *snapshot =
		find(&node->disk, event->snapshot);

	node->taking = false;
	if (event->failed)
		sim_trace(node->sim, "n%u fails to take a snapshot",
			  node->number);
	else if (snapshot != NULL)
		tell_taken(node, snapshot);
}

bool
raft_sim_snapshot(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = sim_node_at(sim, number);
	bool taken = sim_snapshot_take(node);

	sim_verb(sim, taken ? "" : " (nothing new)", "snapshot n%u", number);
	return taken;
}

/* ------------------------------------------------------------- receiving */

void
sim_snapshot_store(struct sim_node *node, const struct raft_duties *duties)
{
	for (size_t i = 0; i < duties->part_count; i++) {
		const struct raft_snapshot_part *part = &duties->parts[i];

		node->incoming = part->snapshot.index;
		sim_disk_write_part(node, SIM_WRITE_PART, part);
	}
}

void
sim_snapshot_stored(struct sim_node *node, const struct sim_event *event)
{
	uint64_t now = sim_node_now(node);

	if (!event->failed) {
		raft_snapshot_saved(node->raft, event->snapshot, event->number,
				    now);
		return;
	}
	sim_trace(node->sim, "n%u fails to store a part", node->number);
	node->incoming = 0;
	raft_snapshot_failed(node->raft, event->snapshot, now);
}

bool
sim_snapshot_begins_log(struct sim_node *node,
			const struct raft_stored_snapshot *stored,
			struct sim_log_base *base)
{
	const struct sim_snapshot *received = &node->disk.received;
	struct sim_machine state;
	struct sim_bytes *bytes;

	if (!same_entry(received->last, stored->last)) {
		sim_accuse(&node->sim->verdict, "snapshots",
			   "n%u lets its log begin behind a snapshot up to %"
			   PRIu64 " that its disk does not hold",
			   node->number, stored->last.index);
		return false;
	}
	if (!read_state(node, received, &state))
		return false;
	bytes = sim_bytes_new(stored->configuration_length);
	memcpy(bytes->data, stored->configuration,
	       stored->configuration_length);
	*base = (struct sim_log_base){
		.last = stored->last,
		.chain = state.chain,
		.writes = state.writes,
		.configuration_index = stored->configuration_index,
		.configuration = {bytes->data, bytes->length, &bytes->block},
	};
	return true;
}

/** The leader's snapshot stands for one of the state machine's own. */
static void
adopt(struct sim_node *node)
{
	struct sim_disk *disk = &node->disk;

	add(disk, disk->received);
	disk->received = (struct sim_snapshot){0};
	raft_tally_count(&node->sim->metrics, RAFT_SIM_SNAPSHOTS, 1);
}

void
sim_snapshot_install(struct sim_node *node, struct raft_entry_id snapshot)
{
	struct sim_disk *disk = &node->disk;

	if (snapshot.index == 0)
		return;
	sim_trace(node->sim, "n%u loads the snapshot up to %" PRIu64,
		  node->number, snapshot.index);
	if (!same_entry(disk->received.last, snapshot) ||
	    !same_entry(disk->durable.base.last, snapshot)) {
		sim_accuse(&node->sim->verdict, "snapshots",
			   "n%u is to load a snapshot up to %" PRIu64
			   " that its log does not begin behind",
			   node->number, snapshot.index);
		return;
	}
	if (!read_state(node, &disk->received, &node->machine))
		return;
	sim_guest_load(node, &disk->received);
	adopt(node);
	raft_applied(node->raft, snapshot.index);
}

/* -------------------------------------------------------------- restart */

uint64_t
sim_snapshot_load(struct sim_node *node)
{
	struct sim_disk *disk = &node->disk;
	uint64_t begins = disk->durable.base.last.index;
	const struct sim_snapshot *best = newest(disk);

	if (begins > (best == NULL ? 0 : best->last.index)) {
		if (same_entry(disk->received.last, disk->durable.base.last))
			adopt(node);
		best = newest(disk);
	}
	snapshot_free(&disk->received);
	if (best == NULL ? begins > 0 : begins > best->last.index)
		sim_accuse(&node->sim->verdict, "snapshots",
			   "n%u has a log that begins behind index %" PRIu64
			   ", and no snapshot up to there",
			   node->number, begins);
	if (best == NULL || !read_state(node, best, &node->machine))
		return 0;
	sim_guest_load(node, best);
	return best->last.index;
}

void
sim_snapshot_restarted(struct sim_node *node)
{
	const struct sim_snapshot *loaded = newest(&node->disk);

	if (loaded != NULL)
		tell_taken(node, loaded);
}

/* --------------------------------------------------------------- sending */

bool
sim_snapshot_read(const struct sim_node *node,
		  const struct raft_snapshot_message *message,
		  struct raft_payload *part)
{
	const struct sim_snapshot *snapshot =
		find(&node->disk, message->snapshot);
	size_t length = message->content->part.length;
	struct sim_bytes *bytes;

	*part = (struct raft_payload){0};
	if (snapshot == NULL || message->size != snapshot->size ||
	    message->offset > snapshot->size ||
	    length > snapshot->size - message->offset)
		return false;
	if (length == 0)
		return true;
	bytes = sim_bytes_new(length);
	memcpy(bytes->data, &snapshot->bytes[message->offset], length);
	*part = (struct raft_payload){bytes->data, length, &bytes->block};
	return true;
}

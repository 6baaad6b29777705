/*
 * A node's disk: it is given saves, makes them durable in order after a
 * latency, and loses in a crash what was not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It promises what our logs on real disks promise: a save becomes durable
 * wholly or not at all, and never before an earlier one. So does a snapshot, and
 * each part of a leader's: but in files of their own, so that the log and they
 * do not wait for each other.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"

static void
write_free(struct sim_write *write)
{
	for (size_t i = 0; i < write->entry_count; i++)
		raft_payload_release(&write->entries[i].payload);
	free(write->entries);
	raft_payload_release(&write->base.configuration);
	raft_payload_release(&write->part.bytes);
}

static void
writes_clear(struct sim_disk *disk)
{
	for (size_t i = 0; i < disk->write_count; i++)
		write_free(&disk->writes[i]);
	disk->write_count = 0;
	disk->generation++;
}

static void
save_end(struct sim_node *node, const struct sim_write *write)
{
	struct sim_disk *disk = &node->disk;
	struct raft_save save = {
		.token = write->token,
		.term = write->term,
		.vote = write->vote,
		.truncate_from = write->truncate_from,
		.entries = write->entries,
		.entry_count = write->entry_count,
	};

	if (write->resets)
		sim_log_reset(&disk->durable, &write->base);
	sim_log_save(&disk->durable, &save);
	if (save.vote.id != 0)
		sim_check_votes_cast(&node->sim->checks.votes,
				     &node->sim->verdict, node->self, save.term,
				     save.vote);
}

/** The log's file, or those of snapshots. */
static bool
is_of_log(enum sim_write_kind kind)
{
	return kind == SIM_WRITE_SAVE || kind == SIM_WRITE_COMPACT;
}

/** The newest write to the same file before this one; NULL: none. */
static const struct sim_write *
write_before(const struct sim_disk *disk, size_t position)
{
	bool of_log = is_of_log(disk->writes[position].kind);

	while (position-- > 0)
		if (is_of_log(disk->writes[position].kind) == of_log)
			return &disk->writes[position];
	return NULL;
}

static void
write_forget(struct sim_disk *disk, size_t position)
{
	write_free(&disk->writes[position]);
	disk->write_count--;
	memmove(&disk->writes[position], &disk->writes[position + 1],
		(disk->write_count - position) * sizeof(*disk->writes));
}

/** The oldest to its file is durable. False: it is of no use any more. */
static bool
write_end(struct sim_node *node, size_t position)
{
	struct sim_disk *disk = &node->disk;
	const struct sim_write *write = &disk->writes[position];
	bool useful = true;

	if (write->kind == SIM_WRITE_SAVE)
		save_end(node, write);
	else if (write->kind == SIM_WRITE_COMPACT)
		sim_log_compact(&disk->durable, write->compact_to);
	else
		useful = sim_snapshot_written(
			disk, write->kind == SIM_WRITE_SNAPSHOT, &write->part);
	write_forget(disk, position);
	return useful;
}

/** It failed. A log that failed promises nothing more; a snapshot or a part
 *  is missing, no more. */
static void
write_fail(struct sim_disk *disk, size_t position)
{
	if (disk->writes[position].kind == SIM_WRITE_SAVE) {
		writes_clear(disk);
		return;
	}
	if (disk->writes[position].kind == SIM_WRITE_PART) {
		sim_snapshot_spoiled(disk);
		for (size_t i = position + 1; i < disk->write_count; i++)
			disk->writes[i].abandoned = true;
	}
	write_forget(disk, position);
}

/** Draw when a write ends: not before the one to the same file. */
static void
write_schedule(struct sim_node *node, size_t position)
{
	struct sim_disk *disk = &node->disk;
	struct sim_write *write = &disk->writes[position];
	const struct sim_write *before = write_before(disk, position);
	struct raft_sim *sim = node->sim;

	write->ends_at = sim->now +
			 sim_random_between(&sim->random,
					    disk->latency.least_us,
					    disk->latency.most_us);
	if (before != NULL && write->ends_at < before->ends_at)
		write->ends_at = before->ends_at;
	sim_queue_push(&sim->queue, (struct sim_event){
					    .at = write->ends_at,
					    .kind = SIM_EVENT_WRITTEN,
					    .node = node->number,
					    .number = disk->generation,
					    .write = write->kind,
				    });
}

static struct raft_entry *
entries_copy(const struct raft_save *save)
{
	struct raft_entry *entries = NULL;

	if (save->entry_count == 0)
		return NULL;
	entries = sim_alloc(save->entry_count, sizeof(*entries));
	memcpy(entries, save->entries, save->entry_count * sizeof(*entries));
	for (size_t i = 0; i < save->entry_count; i++)
		raft_payload_hold(&entries[i].payload);
	return entries;
}

static void
check_accepted(struct sim_node *node, const struct raft_save *save)
{
	struct raft_sim *sim = node->sim;
	const struct sim_log *log = &node->disk.accepted;

	for (size_t i = 0; i < save->entry_count; i++) {
		uint64_t index = save->entries[i].index;

		sim_check_matching_held(&sim->checks.matching, &sim->verdict,
					node->number, index,
					save->entries[i].term,
					sim_log_chain(log, index));
	}
}

static void
write_begin(struct sim_node *node, struct sim_write write)
{
	struct sim_disk *disk = &node->disk;

	disk->writes = sim_grow(disk->writes, &disk->write_room,
				disk->write_count + 1, sizeof(*disk->writes));
	write.fails = disk->state == RAFT_SIM_DISK_FULL ||
		      disk->state == RAFT_SIM_DISK_FAIL;
	disk->writes[disk->write_count++] = write;
	if (disk->state != RAFT_SIM_DISK_STALL)
		write_schedule(node, disk->write_count - 1);
}

void
sim_disk_compact(struct sim_node *node, uint64_t index)
{
	struct sim_log *log = &node->disk.accepted;

	if (index <= log->base.last.index)
		return;
	sim_log_compact(log, index);
	write_begin(node, (struct sim_write){
				  .kind = SIM_WRITE_COMPACT,
				  .compact_to = index,
			  });
}

void
sim_disk_write_part(struct sim_node *node, enum sim_write_kind kind,
		    const struct raft_snapshot_part *part)
{
	raft_payload_hold(&part->bytes);
	write_begin(node, (struct sim_write){.kind = kind, .part = *part});
}

void
sim_disk_write(struct sim_node *node, const struct raft_save *save)
{
	struct sim_disk *disk = &node->disk;
	struct sim_log_base base = {0};

	if (save->snapshot != NULL) {
		if (!sim_snapshot_begins_log(node, save->snapshot, &base))
			return;
		sim_log_reset(&disk->accepted, &base);
	}
	if (!sim_log_save(&disk->accepted, save)) {
		sim_accuse(&node->sim->verdict, "log",
			   "n%u saves entries that leave a gap", node->number);
		raft_payload_release(&base.configuration);
		return;
	}
	check_accepted(node, save);
	write_begin(node, (struct sim_write){
		.kind = SIM_WRITE_SAVE,
		.token = save->token,
		.term = save->term,
		.vote = save->vote,
		.truncate_from = save->truncate_from,
		.entries = entries_copy(save),
		.entry_count = save->entry_count,
		.resets = save->snapshot != NULL,
		.base = base,
	});
}

/** Of the writes to a file, of which there is one. */
static size_t
oldest(const struct sim_disk *disk, bool of_log)
{
	size_t position = 0;

	while (is_of_log(disk->writes[position].kind) != of_log)
		position++;
	return position;
}

bool
sim_disk_written(struct sim_node *node, struct sim_event *event)
{
	struct sim_disk *disk = &node->disk;
	const struct sim_write *write;
	size_t position;

	if (event->number != disk->generation)
		return false;
	position = oldest(disk, is_of_log(event->write));
	write = &disk->writes[position];
	if (write->kind == SIM_WRITE_PART && write->abandoned) {
		write_forget(disk, position);
		return false;
	}
	event->failed = write->fails;
	event->write = write->kind;
	event->snapshot = write->part.snapshot;
	event->number = write->kind == SIM_WRITE_SAVE
				? write->token
				: write->part.offset + write->part.bytes.length;
	if (!event->failed)
		return write_end(node, position) &&
		       event->write != SIM_WRITE_COMPACT;
	write_fail(disk, position);
	return event->write != SIM_WRITE_COMPACT;
}

void
sim_disk_set(struct sim_node *node, enum raft_sim_disk state)
{
	struct sim_disk *disk = &node->disk;
	bool was_stalled = disk->state == RAFT_SIM_DISK_STALL;

	disk->state = state;
	if (state == RAFT_SIM_DISK_STALL) {
		disk->generation++;
		return;
	}
	for (size_t i = 0; i < disk->write_count; i++) {
		if (state != RAFT_SIM_DISK_FULL)
			disk->writes[i].fails = state == RAFT_SIM_DISK_FAIL;
		if (was_stalled)
			write_schedule(node, i);
	}
}

void
sim_disk_crash(struct sim_node *node, size_t survivors)
{
	struct sim_disk *disk = &node->disk;

	while (survivors-- > 0)
		(void)write_end(node, 0);
	writes_clear(disk);
	sim_log_copy(&disk->accepted, &disk->durable);
}

void
sim_disk_wipe(struct sim_node *node)
{
	writes_clear(&node->disk);
	sim_log_clear(&node->disk.accepted);
	sim_log_clear(&node->disk.durable);
	sim_snapshots_clear(&node->disk);
}

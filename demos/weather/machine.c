/*
 * A member's state machine, which is one register, and the snapshots of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "demos/weather/inside.h"

/** As large as the simulator's. */
#define SNAPSHOT_BYTES 544

static uint64_t
written_by(const struct raft_entry *entry)
{
	uint64_t id = 0;

	if (entry->kind == RAFT_ENTRY_DATA)
		memcpy(&id, entry->payload.data, sizeof(id));
	return id;
}

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct member *member = context;
	struct report told = { .kind = REPORT_APPLIED };
	uint64_t id;

	for (size_t i = 0; i < count; i++) {
		id = written_by(&entries[i]);
		member->writes += id != 0;
		member->value = id != 0 ? id : member->value;
		member->applied = (struct raft_entry_id){ entries[i].index,
							  entries[i].term };
		if (told.applied.count == 0)
			told.applied.first = entries[i].index;
		told.applied.written[told.applied.count++] = id;
		if (told.applied.count == REPORT_ENTRIES_MAX ||
		    i + 1 == count) {
			member_report(member, &told, sizeof(told.applied));
			told.applied.count = 0;
		}
	}
	return true;
}

static void
outcome(void *context, const struct raft_outcome *outcome)
{
	struct member *member = context;
	struct report told = { .kind = REPORT_WRITTEN };

	told.written.outcome = outcome->kind;
	for (uint64_t index = outcome->range.first;
	     index <= outcome->range.last; index++) {
		told.written.place =
		    (struct raft_entry_id){ index, outcome->term };
		told.id = member_recall(member, told.written.place);
		/* A change of the membership is nobody's write. */
		if (told.id != 0)
			member_report(member, &told, sizeof(told.written));
	}
}

static void
event(void *context, const struct raft_event *event)
{
	struct report told = { .kind = REPORT_EVENT, .event = *event };

	member_report(context, &told, sizeof(told.event));
}

static void
read_ended(void *context, const struct raft_read *read)
{
	struct member *member = context;
	uint64_t id =
	    member_recall(member,
			  (struct raft_entry_id){ .index = read->read });

	member_report_read(member, id,
			   read->index == 0 ? 0 : member->applied.index);
}

const struct raft_node_machine member_machine = {
	.apply = apply,
	.outcome = outcome,
	.event = event,
	.read = read_ended,
};

/* --------------------------------------------------------------- snapshots */

struct snapshot {
	uint64_t writes;
	uint64_t value;
	uint8_t rest[SNAPSHOT_BYTES - 2 * sizeof(uint64_t)];
};

void
member_take_snapshot(struct member *member)
{
	struct snapshot snapshot = { .writes = member->writes,
				     .value = member->value };
	struct raft_entry_id now = member->applied;

	member->snapshot_is_wanted = false;
	if (now.index == member->snapshot_index)
		return;
	raft_snapshot_file_begin(member->snapshots, now);
	raft_snapshot_file_write(member->snapshots, &snapshot,
				 sizeof(snapshot));
	if (!raft_snapshot_file_commit(member->snapshots) ||
	    raft_node_snapshot_taken(
		member->node, now.index,
		raft_snapshot_file_size(member->snapshots, now)) != RAFT_OK)
		return;
	member->snapshot_index = now.index;
	raft_snapshot_file_forget(member->snapshots,
				  raft_snapshot_oldest(member->raft));
}

static bool
take_piece(void *context, const void *bytes, size_t length)
{
	struct member *member = context;
	struct snapshot snapshot;

	if (length != sizeof(snapshot))
		return false;
	memcpy(&snapshot, bytes, sizeof(snapshot));
	member->writes = snapshot.writes;
	member->value = snapshot.value;
	return true;
}

static void
report_machine(struct member *member)
{
	struct report loaded = {
		.kind = REPORT_LOADED,
		.machine = { .index = member->applied.index,
			     .writes = member->writes,
			     .value = member->value },
	};

	member_report(member, &loaded, sizeof(loaded.machine));
}

static bool
load(struct member *member, struct raft_entry_id snapshot)
{
	char error[512];

	if (!raft_snapshot_file_load(member->snapshots, snapshot, take_piece,
				     member, error, sizeof(error)))
		return false;
	member->applied = snapshot;
	member->snapshot_index = snapshot.index;
	report_machine(member);
	return true;
}

static bool
install(void *context, struct raft_entry_id snapshot)
{
	struct member *member = context;

	if (!load(member, snapshot))
		member_give_up(member, "a leader's snapshot cannot be loaded");
	return true;
}

static void
part_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	struct member *member = context;

	member->installing = snapshot.index;
	raft_node_snapshot_saved(member->node, snapshot, end);
}

static void
part_lost(void *context, struct raft_entry_id snapshot)
{
	struct member *member = context;

	member->installing = 0;
	raft_node_snapshot_failed(member->node, snapshot);
}

static void
part_damaged(void *context, struct raft_entry_id snapshot)
{
	struct member *member = context;

	raft_node_snapshot_damaged(member->node, snapshot);
}

static void
snapshot_failed(void *context, const char *why)
{
	(void)context;
	fprintf(stderr, "%s\n", why);
}

void
member_open_snapshots(struct member *member, const struct raft_owner *owner)
{
	const struct raft_snapshot_file_reports reports = {
		.context = member,
		.saved = part_saved,
		.lost = part_lost,
		.damaged = part_damaged,
		.install = install,
		.failed = snapshot_failed,
	};
	char path[PATH_MAX], error[512];

	snprintf(path, sizeof(path), "%s/snapshots", member->options->folder);
	member->snapshots =
	    raft_snapshot_file_open(path, owner, error, sizeof(error));
	if (member->snapshots == NULL)
		member_give_up(member, "%s", error);
	raft_snapshot_file_bind(member->snapshots, &reports);
}

void
member_load(struct member *member, struct raft_stored *stored)
{
	struct raft_entry_id snapshot;
	char error[512];

	if (!raft_snapshot_file_choose(member->snapshots, stored, &snapshot,
				       error, sizeof(error)))
		member_give_up(member, "%s", error);
	if (snapshot.index != 0 && !load(member, snapshot))
		member_give_up(member, "its own snapshot cannot be loaded");
	stored->applied_index = snapshot.index;
}

/*
 * Parts of a snapshot, from the message that brought them until they are stored.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/state.h"

#include <string.h>

bool
raft__parts_reserve(struct raft *r)
{
	struct raft_parts **parts = &r->snapshots.parts;

	if (*parts != NULL)
		return true;
	*parts = raft__resize(r, NULL, sizeof(**parts));
	if (*parts == NULL)
		return false;
	memset(*parts, 0, sizeof(**parts));
	return true;
}

bool
raft__parts_take(struct raft *r, const struct raft_snapshot_message *snapshot)
{
	struct raft_parts *parts = r->snapshots.parts;
	const struct raft_payload *bytes = &snapshot->content->part;

	if (parts->count == RAFT_PARTS_MAX)
		return false;
	parts->at[parts->count++] = (struct raft_snapshot_part){
		.snapshot = snapshot->snapshot,
		.size = snapshot->size,
		.offset = snapshot->offset,
		.bytes = *bytes,
	};
	parts->unsaved = snapshot->snapshot;
	parts->unsaved_end = snapshot->offset + bytes->length;
	raft_payload_hold(bytes);
	return true;
}

static void
release(struct raft_snapshot_part *parts, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		raft_payload_release(&parts[i].bytes);
	*count = 0;
}

void
raft__parts_hand_out(struct raft *r, struct raft_duties *duties)
{
	struct raft_parts *parts = r->snapshots.parts;

	release(parts->out, &parts->out_count);
	memcpy(parts->out, parts->at, parts->count * sizeof(parts->at[0]));
	parts->out_count = parts->count;
	parts->count = 0;
	duties->parts = parts->out;
	duties->part_count = parts->out_count;
}

static bool
are_unsaved(const struct raft_parts *parts, struct raft_entry_id snapshot)
{
	return parts != NULL && parts->unsaved.index == snapshot.index &&
	       parts->unsaved.term == snapshot.term;
}

void
raft__parts_saved(struct raft *r, struct raft_entry_id snapshot, uint64_t end)
{
	struct raft_parts *parts = r->snapshots.parts;

	if (are_unsaved(parts, snapshot) && end >= parts->unsaved_end)
		parts->unsaved.index = 0;
}

void
raft__parts_failed(struct raft *r, struct raft_entry_id snapshot)
{
	struct raft_parts *parts = r->snapshots.parts;

	if (!are_unsaved(parts, snapshot))
		return;
	release(parts->at, &parts->count);
	parts->unsaved.index = 0;
}

void
raft__parts_free(struct raft *r)
{
	struct raft_parts *parts = r->snapshots.parts;

	if (parts == NULL)
		return;
	release(parts->out, &parts->out_count);
	release(parts->at, &parts->count);
	raft__resize(r, parts, 0);
	r->snapshots.parts = NULL;
}

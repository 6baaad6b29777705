/*
 * The node's part in snapshots: bytes of the machine's own go out, a leader's
 * come in and are loaded.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing of a snapshot is kept here: a part is read when it is sent, and is
 * handed on when it came.
 */
#include "assists/node/inside.h"

void
raft__node_send_part(struct raft_node *node, const struct raft_message *message)
{
	const struct raft_node_snapshots *snapshots = node->options.snapshots;
	const struct raft_snapshot_message *part = &message->snapshot;
	struct raft_snapshot_content content = *part->content;
	struct raft_message filled = *message;

	if (snapshots == NULL ||
	    !snapshots->read(node->options.snapshots_context, part->snapshot,
			     part->offset, content.part.length,
			     &content.part)) {
		raft_unreadable(node->raft, message->to.id, node->now);
		return;
	}
	filled.snapshot.content = &content;
	node->options.transport->send(node->options.transport_context, &filled);
	raft_payload_release(&content.part);
}

void
raft__node_store_parts(struct raft_node *node, const struct raft_duties *duties)
{
	const struct raft_node_snapshots *snapshots = node->options.snapshots;
	size_t i;

	if (snapshots == NULL || duties->part_count == 0)
		return;
	for (i = 0; i < duties->part_count; i++)
		snapshots->store(node->options.snapshots_context,
				 &duties->parts[i]);
	snapshots->flush(node->options.snapshots_context);
}

void
raft__node_install(struct raft_node *node)
{
	const struct raft_node_snapshots *snapshots = node->options.snapshots;
	struct raft_entry_id snapshot = node->install;

	node->install.index = 0;
	node->applying = snapshot.index;
	if (snapshots->install(node->options.snapshots_context, snapshot))
		raft_node_applied(node, snapshot.index);
}

void
raft__node_verify(struct raft_node *node)
{
	const struct raft_node_snapshots *snapshots = node->options.snapshots;
	struct raft_entry_id snapshot = node->verify;
	enum raft_node_verdict verdict = RAFT_NODE_SOUND;

	if (snapshots != NULL && snapshots->verify != NULL)
		verdict = snapshots->verify(node->options.snapshots_context,
					    snapshot);
	if (verdict == RAFT_NODE_UNDECIDED)
		return;
	node->verify.index = 0;
	if (verdict == RAFT_NODE_DAMAGED)
		raft_node_snapshot_damaged(node, snapshot);
}

void
raft_node_snapshot_saved(struct raft_node *node, struct raft_entry_id snapshot,
			 uint64_t end)
{
	raft_snapshot_saved(node->raft, snapshot, end, node->now);
	node->busy = true;
}

void
raft_node_snapshot_failed(struct raft_node *node, struct raft_entry_id snapshot)
{
	raft_snapshot_failed(node->raft, snapshot, node->now);
	node->busy = true;
}

void
raft_node_snapshot_damaged(struct raft_node *node,
			   struct raft_entry_id snapshot)
{
	raft_snapshot_damaged(node->raft, snapshot, node->now);
	node->busy = true;
}

/* The log begins where the member says, unless it is about to begin behind a
 * newer snapshot: then that is for the save to say. */
enum raft_result
raft_node_snapshot_taken(struct raft_node *node, uint64_t index, uint64_t size)
{
	struct raft_status status;
	enum raft_result result;

	if (node->options.snapshots == NULL)
		size = RAFT_SNAPSHOT_NOT_SENT;
	result = raft_snapshot_taken(node->raft, index, size);
	if (result != RAFT_OK)
		return result;
	node->busy = true;
	raft_status(node->raft, &status);
	if (status.snapshot.index <= index)
		node->options.log->trim(node->options.log_context,
					status.snapshot);
	return RAFT_OK;
}

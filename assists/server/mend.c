/*
 * Entries that the log has and cannot read are fetched from the other servers (node.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One member after the other is asked, so that it is not sent by all. A server of a
 * version before knows no such question, and does not answer.
 */
#include <inttypes.h>

#include "assists/server/inside.h"

void
raft__mend_fetch(void *context, const struct raft_entry_id *entries,
		 size_t count)
{
	struct raft_server *server = context;
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	size_t members =
	    configuration != NULL ? configuration->member_count : 0;

	for (size_t i = 0; i < members; i++) {
		size_t at = server->mender++ % members;
		uint64_t id = configuration->members[at].identity.id;

		if (id != server->folder.owner.self.id &&
		    raft__notes_want(server, id, entries, count))
			return;
	}
}

static void
lost(void *context, const struct raft_entry_id *entries, size_t count)
{
	struct raft_server *server = context;

	if (!server->has_lost)
		raft__server_say(server, NEWS_ENTRIES_LOST, 0, entries[0].index,
				 "%s/log: entry %" PRIu64 " cannot be read "
				 "back: the other servers are asked for it. "
				 "Look at the disk",
				 server->folder.path, entries[0].index);
	server->has_lost = true;
	raft_node_lost(server->node, entries, count);
}

static void
mended(void *context, uint64_t index)
{
	struct raft_server *server = context;

	if (server->has_lost)
		raft__server_say(server, NEWS_ENTRY_MENDED, 0, index,
				 "%s/log: entry %" PRIu64 " can be read again",
				 server->folder.path, index);
	server->has_lost = false;
	server->measures.mended++;
	raft_node_mended(server->node, index);
}

void
raft__mend_bind(struct raft_server *server)
{
	raft_log_file_bind_lost(server->folder.log, server, lost, mended);
}

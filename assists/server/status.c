/*
 * How it is with a server (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <string.h>

#include "assists/server/inside.h"

void
raft_server_status(const struct raft_server *server,
		   struct raft_server_status *status)
{
	*status = (struct raft_server_status){
		.cluster = server->folder.conf.cluster,
		.log_bytes = server->log_bytes,
		.snapshot = server->snapshot,
		.takes_snapshot = server->taking.is_running,
		.asks = server->asks.count,
		.sessions = raft_sessions_count(server->sessions),
	};
	raft_status(server->raft, &status->raft);
}

/** What the configuration says of it, its place cut into what it consists of. */
static void
take_member(const struct raft_member *member, struct raft_server_member *to)
{
	char place[PLACE_BYTES];

	to->promotes = member->promotes;
	to->stands_in_seconds = member->stands_in_us / 1000000;
	if (!raft__address_of_member(member, place))
		return;
	strlcpy(to->note, raft__address_note(place), sizeof(to->note));
	place[strcspn(place, " ")] = '\0';
	strlcpy(to->address, place, sizeof(to->address));
}

bool
raft_server_member(const struct raft_server *server, size_t position,
		   struct raft_server_member *member)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	struct raft_status status;
	uint64_t id;

	*member = (struct raft_server_member){ 0 };
	if (!raft_member_status(server->raft, position, &member->raft))
		return false;
	raft_status(server->raft, &status);
	id = member->raft.identity.id;
	member->leads = status.leader == id;
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == id)
			take_member(&configuration->members[i], member);
	if (server->transport != NULL)
		(void)raft_tcp_peer_status(server->transport, id,
					   &member->connection);
	return true;
}

struct raft *
raft_server_raft(const struct raft_server *server)
{
	return server->raft;
}

const struct raft_tcp *
raft_server_transport(const struct raft_server *server)
{
	return server->transport;
}

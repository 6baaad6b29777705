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
		.snapshot_us = 
		    raft__server_snapshot_age(server, raft__server_now()),
		.takes_snapshot = server->taking.is_running,
		.asks = server->asks.count,
		.sessions = raft_sessions_count(server->sessions),
	};
	if (server->raft != NULL)
		raft_status(server->raft, &status->raft);
	raft__scrub_status(server, raft__server_now(), &status->scrub);
}

bool
raft_server_acts(const struct raft_server *server)
{
	const struct raft_configuration *configuration =
	    server->raft != NULL ? raft_configuration(server->raft) : NULL;

	return configuration != NULL && configuration->clock_drift != 0 &&
	       raft_acts(server->raft, raft__server_now());
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

/** Of those alone whom a leader has heard is anything known. */
static void
take_lag(const struct raft_server *server, const struct raft_status *status,
	 struct raft_server_member *to)
{
	uint64_t match = to->raft.match_index;

	to->lag_is_known = status->role == RAFT_LEADER &&
			   (to->leads || to->raft.heard_at != 0);
	if (!to->lag_is_known || to->leads || match >= status->last.index)
		return;
	to->lag = (struct raft_server_lag){
		.entries = status->last.index - match,
		.bytes = server->folder.log == NULL
			     ? 0
			     : raft_log_file_bytes_after(server->folder.log,
							 match),
		.us = raft__lag_of(&server->lag, raft__server_now(), match),
	};
}

/** What we know of it by ourselves: of this server nothing passes a network. */
static void
take_connection(const struct raft_server *server, uint64_t id,
		struct raft_server_member *to)
{
	bool is_self = id == server->folder.owner.self.id;
	const char *build =
	    is_self ? server->build : raft__peers_build(&server->peers, id);

	strlcpy(to->build, build, sizeof(to->build));
	to->connection.silent_us = is_self ? 0 : UINT64_MAX;
	if (server->transport != NULL)
		(void)raft_tcp_peer_status(server->transport, id,
					   &to->connection);
}

bool
raft_server_member(const struct raft_server *server, size_t position,
		   struct raft_server_member *member)
{
	const struct raft_configuration *configuration;
	struct raft_status status;
	uint64_t id;

	*member = (struct raft_server_member){ 0 };
	if (server->raft == NULL ||
	    !raft_member_status(server->raft, position, &member->raft))
		return false;
	configuration = raft_configuration(server->raft);
	raft_status(server->raft, &status);
	id = member->raft.identity.id;
	member->leads = status.leader == id;
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == id)
			take_member(&configuration->members[i], member);
	take_lag(server, &status, member);
	take_connection(server, id, member);
	return true;
}

const char *
raft_server_metrics(const struct raft_server *server)
{
	return server->folder.conf.metrics;
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

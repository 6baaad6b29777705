/*
 * Parts that a program adds to a server (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/server/inside.h"

static bool
attach(struct raft_server_part *part, const struct complaint *complaint)
{
	return part->attached == NULL ||
	       part->attached(part, part->server->loop, complaint->text,
			      complaint->size);
}

bool
raft__parts_attach(struct raft_server *server,
		   const struct complaint *complaint)
{
	struct raft_server_part *part = server->parts;

	while (part != NULL && attach(part, complaint))
		part = part->next;
	return part == NULL;
}

void
raft__parts_tell(struct raft_server *server,
		 const struct raft_server_event *event)
{
	for (struct raft_server_part *part = server->parts; part != NULL;
	     part = part->next)
		if (part->event != NULL)
			part->event(part, event);
}

/* One that is gone at once may be freed. */
void
raft__parts_close(struct raft_server *server)
{
	struct raft_server_part *part = server->parts, *next;

	for (server->parts = NULL; part != NULL; part = next) {
		next = part->next;
		server->held++;
		part->closing(part);
	}
}

bool
raft_server_part_add(struct raft_server *server, struct raft_server_part *part,
		     char *error, size_t size)
{
	struct complaint complaint = { error, size };
	struct raft_server_part **end = &server->parts;

	if (server->state == SERVER_BROKEN || server->closes > 0)
		return raft__complain(&complaint, "the server is closing");
	part->server = server;
	part->next = NULL;
	if (server->state != SERVER_OPEN && !attach(part, &complaint))
		return false;
	while (*end != NULL)
		end = &(*end)->next;
	*end = part;
	return true;
}

void
raft_server_part_gone(struct raft_server_part *part)
{
	raft__server_call_last(part->server);
	raft__server_let_go(part->server);
}

const char *
raft_server_folder(const struct raft_server *server)
{
	return server->folder.path;
}

uv_loop_t *
raft_server_loop(const struct raft_server *server)
{
	return server->loop;
}

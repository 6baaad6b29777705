/*
 * Guests: who is no peer, but welcome to say something (transport.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Somebody who joins, or who was away while the others changed places, is nobody's
 * peer yet and has something to say all the same. He is let in if the user says so,
 * and only his notes are taken: no member counts what he says as Raft's.
 */
#include "assists/transport_tcp/transport.h"

/* Of one guest: while it makes a new one, the one before may still have something
 * to say. */
#define CONNECTIONS_MAX 2

/* If there are more than `max`, of this guest or, if it is 0, of all, the oldest
 * gives way: whoever is still there dials again. */
static void
limit_guests(const struct raft_socket *newest, uint64_t id, size_t max,
	     enum raft_link_counter why)
{
	struct raft_socket *socket, *oldest = NULL;
	size_t count = 1;

	TAILQ_FOREACH(socket, &newest->transport->sockets, siblings)
	{
		if (socket == newest || !socket->link.is_guest ||
		    (id != 0 && socket->link.peer.id != id))
			continue;
		if (oldest == NULL)
			oldest = socket;
		count++;
	}
	if (count > max && oldest != NULL)
		raft__socket_end(oldest, why);
}

enum raft_link_counter
raft__guest_welcome(struct raft_socket *socket)
{
	struct raft_tcp *transport = socket->transport;
	const struct raft_tcp_options *options = &transport->options;
	struct raft_identity who = socket->link.peer;

	if (who.id == options->self.id || options->guest == NULL ||
	    !options->guest(options->context, who))
		return RAFT_LINK_HELLO_STRANGER;
	limit_guests(socket, who.id, CONNECTIONS_MAX, RAFT_LINK_REPLACED);
	limit_guests(socket, 0, options->guests_max, RAFT_LINK_GUEST_CROWDED);
	socket->link.is_guest = true;
	socket->arrival = RAFT_ARRIVAL_GUEST;
	transport->rules.counters[RAFT_LINK_OPENED_GUEST]++;
	if (raft__arrival_is_told(socket))
		raft__tcp_trace(socket, RAFT_LINK_OPENED_GUEST);
	return RAFT_LINK_OK;
}

void
raft__guests_adopt(struct raft_peer *peer)
{
	struct raft_socket *socket, *next;

	/* A newer one may end those before it. */
	for (socket = TAILQ_FIRST(&peer->transport->sockets); socket != NULL;
	     socket = next) {
		next = TAILQ_NEXT(socket, siblings);
		if (!socket->link.is_guest || socket->link.peer.id != peer->id)
			continue;
		socket->link.is_guest = false;
		raft__peer_take(peer, socket);
		if (socket->waits)
			raft__socket_listen(socket);
		socket->waits = false;
	}
}

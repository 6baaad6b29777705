/*
 * Plain connections and a stream's on one port, and from the ones to the others while
 * all goes on (transport.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever is dialed hears at the first byte which kind it is: a plain connection
 * begins with a hello, and no stream begins as a hello does.
 */
#include <string.h>

#include "assists/transport_tcp/hello.h"
#include "assists/transport_tcp/transport.h"

static bool
is_plain(const struct raft_socket *socket)
{
	return socket->stream == &raft__stream_plain;
}

/* ------------------------------------------------------------ new connections */

void
raft__stream_choose(struct raft_socket *socket, bool is_dialed)
{
	const struct raft_tcp *transport = socket->transport;
	bool has_stream = transport->stream != NULL;

	socket->is_either =
	    has_stream && !is_dialed && transport->mode != RAFT_TCP_REQUIRES;
	if (!has_stream || socket->is_either ||
	    (is_dialed && transport->mode == RAFT_TCP_ACCEPTS))
		socket->stream = &raft__stream_plain;
	else
		socket->stream = transport->stream;
}

bool
raft__stream_recognise(struct raft_socket *socket, size_t length)
{
	const struct raft_stream *stream = socket->transport->stream;
	struct raft_link *link = &socket->link;

	if (length == 0)
		return true;
	socket->is_either = false;
	if (raft__hello_begins(link->hello_in, 1))
		return true;
	if (!stream->begin(stream, link))
		return false;
	socket->stream = stream;
	memcpy(stream->room(link).base, link->hello_in, length);
	return true;
}

bool
raft__stream_seals_all(const struct raft_tcp *transport)
{
	return transport->stream != NULL && transport->stream->seals &&
	       transport->mode == RAFT_TCP_REQUIRES;
}

/* ------------------------------------------------------------ those of before */

bool
raft__stream_is_missing(const struct raft_socket *socket)
{
	return socket->transport->stream != NULL && is_plain(socket) &&
	       !socket->is_either;
}

/* One that was dialed has as long as its successor takes to come up, or fail. */
bool
raft__stream_is_overdue(const struct raft_socket *socket)
{
	const struct raft_tcp *transport = socket->transport;
	const struct raft_peer *peer = socket->peer;

	return transport->stream != NULL && is_plain(socket) &&
	       transport->mode == RAFT_TCP_REQUIRES && !socket->retired &&
	       (peer == NULL || peer->out != socket ||
		(peer->fresh == NULL && peer->past == NULL));
}

/* What is not open yet carries nothing: it begins again. */
static void
replace_plain(struct raft_peer *peer)
{
	const struct raft_tcp *transport = peer->transport;

	peer->upgrades_at =
	    raft__tcp_now(transport) + transport->options.hello_us;
	if (peer->fresh != NULL && is_plain(peer->fresh))
		raft__socket_end(peer->fresh, RAFT_LINK_PLAIN);
	if (peer->out == NULL || !is_plain(peer->out))
		return;
	if (peer->out->link.open)
		raft__peer_renew(peer);
	else
		raft__socket_end(peer->out, RAFT_LINK_PLAIN);
}

static void
end_overdue(struct raft_tcp *transport)
{
	struct raft_socket *socket, *next;

	for (socket = TAILQ_FIRST(&transport->sockets); socket != NULL;
	     socket = next) {
		next = TAILQ_NEXT(socket, siblings);
		if (raft__stream_is_overdue(socket))
			raft__socket_end(socket, RAFT_LINK_PLAIN);
	}
}

/* A peer may not take the stream yet, or be busy with its files. */
void
raft__stream_watch(struct raft_tcp *transport)
{
	struct raft_peer *peer;

	if (transport->stream == NULL)
		return;
	transport->stream->watch(transport->stream);
	if (transport->mode == RAFT_TCP_ACCEPTS)
		return;
	LIST_FOREACH(peer, &transport->peers, siblings)
	{
		if (raft__tcp_now(transport) >= peer->upgrades_at &&
		    peer->fresh == NULL && peer->past == NULL)
			replace_plain(peer);
	}
}

int
raft_tcp_use_stream(struct raft_tcp *transport,
		    const struct raft_stream *stream, enum raft_tcp_mode mode)
{
	struct raft_peer *peer;

	if (stream == NULL)
		return UV_EINVAL;
	if (transport->stream != NULL && transport->stream != stream)
		return UV_EEXIST;
	transport->stream = stream;
	transport->mode = mode;
	LIST_FOREACH(peer, &transport->peers, siblings)
	{
		peer->queue.is_sealed = raft__stream_seals_all(transport);
		if (mode != RAFT_TCP_ACCEPTS)
			replace_plain(peer);
	}
	end_overdue(transport);
	return 0;
}

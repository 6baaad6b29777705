/*
 * A peer: where it is, what waits for it, and when to dial it again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *            redial fires           address known
 *   waiting -------------> looking ---------------> dialed (peer->out)
 *      ^                      |                        |
 *      +----------------------+------------------------+
 *             no address          raft__peer_lost
 */
#include <bsd/stdlib.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/transport_tcp/transport.h"

struct raft_peer *
raft__peer_find(const struct raft_tcp *transport, uint64_t id)
{
	struct raft_peer *peer;

	LIST_FOREACH(peer, &transport->peers, siblings)
	{
		if (peer->id == id)
			return peer;
	}
	return NULL;
}

static void
free_peer(struct raft_peer *peer)
{
	free(peer->host);
	free(peer);
}

static void
timer_gone(uv_handle_t *handle)
{
	struct raft_peer *peer = handle->data;
	struct raft_tcp *transport = peer->transport;

	peer->redial.data = NULL;
	if (!peer->resolving)
		free_peer(peer);
	raft__tcp_let_go(transport);
}

/* Drop what waits: it would be old by the time it is sent. */
static void
empty_queue(struct raft_peer *peer)
{
	peer->transport->rules.counters[RAFT_LINK_DROPPED_DOWN] +=
	    raft__queue_clear(&peer->queue);
}

/* Half of the pause is random, so that servers that lost each other at one
 * moment do not dial each other at one moment. */
static uint64_t
pause_ms(const struct raft_peer *peer)
{
	const struct raft_tcp_options *options = &peer->transport->options;
	uint64_t us = options->redial_us_min;

	for (unsigned i = 1; i < peer->attempts; i++) {
		if (us >= options->redial_us_max / 2)
			break;
		us *= 2;
	}
	return (us / 2 + arc4random_uniform((uint32_t)(us / 2) + 1)) / 1000;
}

static void dial(uv_timer_t *timer);

static void
promote_fresh(struct raft_peer *peer)
{
	peer->out = peer->fresh;
	peer->fresh = NULL;
	peer->out->link.held = false;
	raft__socket_flush(peer->out);
}

void
raft__peer_lost(struct raft_peer *peer)
{
	empty_queue(peer);
	if (peer->fresh != NULL) {
		promote_fresh(peer);
		return;
	}
	peer->attempts++;
	uv_timer_start(&peer->redial, dial, pause_ms(peer), 0);
}

/* Names may have several addresses: each attempt takes the next. */
static const struct sockaddr *
choose_address(const struct raft_peer *peer, const struct addrinfo *found)
{
	const struct addrinfo *at;
	unsigned count = 0, choice;

	for (at = found; at != NULL; at = at->ai_next)
		count++;
	if (count == 0)
		return NULL;
	choice = peer->attempts % count;
	for (at = found; choice > 0; choice--)
		at = at->ai_next;
	return at->ai_addr;
}

static void
connect_to(struct raft_peer *peer, const struct sockaddr *address)
{
	uint64_t *counters = peer->transport->rules.counters;

	if (address != NULL)
		raft__socket_dial(peer, address, &peer->out);
	if (peer->out != NULL)
		return;
	if (uv_is_active((uv_handle_t *)&peer->redial))
		return; /* A socket came and went, and was counted. */
	counters[RAFT_LINK_UNREACHABLE]++;
	raft__peer_lost(peer);
}

static void
looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct raft_peer *peer = lookup->data;
	struct raft_tcp *transport = peer->transport;

	peer->resolving = false;
	if (status != 0 && !peer->leaving)
		raft__peer_failed(peer, uv_strerror(status), peer->host);
	if (!peer->leaving)
		connect_to(peer,
			   status == 0 ? choose_address(peer, found) : NULL);
	else if (peer->redial.data == NULL)
		free_peer(peer);
	uv_freeaddrinfo(found);
	raft__tcp_let_go(transport);
}

static void
look_up(struct raft_peer *peer)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port[8];

	snprintf(port, sizeof(port), "%u", peer->port);
	peer->lookup.data = peer;
	if (uv_getaddrinfo(peer->transport->loop, &peer->lookup, looked_up,
			   peer->host, port, &hints) != 0) {
		connect_to(peer, NULL);
		return;
	}
	peer->resolving = true;
	peer->transport->pending++;
}

static void
dial_path(struct raft_peer *peer)
{
	struct sockaddr_un path;
	int error = raft__unix_read(peer->host, &path);

	if (error != 0)
		raft__peer_failed(peer, uv_strerror(error), peer->host);
	connect_to(peer, error == 0 ? (struct sockaddr *)&path : NULL);
}

static void
dial(uv_timer_t *timer)
{
	struct raft_peer *peer = timer->data;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (raft__unix_is(peer->host))
		dial_path(peer);
	else if (uv_ip4_addr(peer->host, peer->port, &v4) == 0)
		connect_to(peer, (struct sockaddr *)&v4);
	else if (uv_ip6_addr(peer->host, peer->port, &v6) == 0)
		connect_to(peer, (struct sockaddr *)&v6);
	else
		look_up(peer);
}

void
raft__peer_renew(struct raft_peer *peer)
{
	struct sockaddr_storage address = { 0 };
	int length = sizeof(address);

	peer->renews_again = peer->fresh != NULL || peer->past != NULL;
	if (peer->renews_again || peer->out == NULL)
		return;
	if (uv_tcp_getpeername(&peer->out->handle, (struct sockaddr *)&address,
			       &length) == 0)
		raft__socket_dial(peer, (struct sockaddr *)&address,
				  &peer->fresh);
}

void
raft__peer_renewed(struct raft_peer *peer)
{
	if (peer->renews_again)
		raft__peer_renew(peer);
}

void
raft__peer_switch(struct raft_peer *peer)
{
	struct raft_socket *old = peer->out;

	if (!peer->fresh->link.open || old->writing ||
	    raft__queue_is_amid_frame(&peer->queue))
		return;
	old->link.held = true;
	peer->past = old;
	promote_fresh(peer);
	raft__socket_retire(old);
}

void
raft__peer_nudge(struct raft_peer *peer)
{
	if (peer->out == NULL && !peer->resolving)
		uv_timer_start(&peer->redial, dial, 0, 0);
}

/* Of a newer connection from the same life of a peer, the old one may still
 * bring what was sent before; of another life, nothing counts any more. */
static void
make_way(struct raft_peer *peer, const struct raft_socket *newer)
{
	struct raft_socket *old = peer->in;

	if (old == NULL)
		return;
	if (peer->before != NULL)
		raft__socket_end(peer->before, RAFT_LINK_REPLACED);
	if (old->link.peer.incarnation == newer->link.peer.incarnation)
		peer->before = old;
	else
		raft__socket_end(old, RAFT_LINK_REPLACED);
}

void
raft__peer_take(struct raft_peer *peer, struct raft_socket *socket)
{
	make_way(peer, socket);
	peer->in = socket;
	socket->peer = peer;
	raft__address_of(socket, &peer->came_from);
	peer->transport->rules.counters[RAFT_LINK_OPENED_IN]++;
	raft__peer_nudge(peer);
	raft__tcp_trace(socket, RAFT_LINK_OPENED_IN);
}

int
raft__peer_create(struct raft_tcp *transport, const struct raft_tcp_peer *where)
{
	struct raft_peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		return UV_ENOMEM;
	peer->host = strdup(where->host);
	if (peer->host == NULL) {
		free(peer);
		return UV_ENOMEM;
	}
	peer->transport = transport;
	peer->id = where->id;
	peer->port = where->port;
	peer->queue = (struct raft_queue){
		.buffers = transport->rules.buffers,
		.is_sealed = raft__stream_seals_all(transport),
		.message_bytes_max = transport->options.message_bytes_max,
		.bytes_max = transport->options.queue_bytes_max,
		.frames_max = transport->options.queue_messages_max,
		.note_bytes_max = transport->options.note_bytes_max,
		.notes_bytes_max = transport->options.note_queue_bytes_max,
	};
	uv_timer_init(transport->loop, &peer->redial);
	peer->redial.data = peer;
	uv_timer_start(&peer->redial, dial, 0, 0);
	transport->pending++;
	LIST_INSERT_HEAD(&transport->peers, peer, siblings);
	return 0;
}

/* -------------------------------------------------------------------- status */

static bool
is_open(const struct raft_socket *socket)
{
	return socket != NULL && socket->link.open;
}

static bool
is_open_plain(const struct raft_socket *socket)
{
	return is_open(socket) && socket->stream == &raft__stream_plain;
}

static bool
is_plain_out(const struct raft_peer *peer)
{
	return is_open_plain(peer->out) || is_open_plain(peer->past);
}

static bool
is_plain_in(const struct raft_peer *peer)
{
	return is_open_plain(peer->in) || is_open_plain(peer->before);
}

bool
raft__peer_is_secret(const struct raft_peer *peer)
{
	return is_open(peer->out) && is_open(peer->in) &&
	       !is_plain_out(peer) && !is_plain_in(peer);
}

void
raft__peer_failed(struct raft_peer *peer, const char *why, const char *reason)
{
	snprintf(peer->failure, sizeof(peer->failure), "%s%s%s", why,
		 *reason == '\0' ? "" : "; ", reason);
	peer->failed_at = raft__tcp_now(peer->transport);
}

static uint64_t
heard_at(const struct raft_peer *peer)
{
	const struct raft_socket *sockets[] = { peer->in, peer->before,
						peer->out };
	uint64_t latest = peer->heard_at;

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (is_open(sockets[i]) && sockets[i]->link.heard_at > latest)
			latest = sockets[i]->link.heard_at;
	return latest;
}

static uint64_t
round_trip_us(const struct raft_socket *socket)
{
	int fd;

	if (!is_open(socket) ||
	    uv_fileno((const uv_handle_t *)&socket->handle, &fd) != 0)
		return 0;
	return raft__system_round_trip_us(fd);
}

void
raft__peer_status(const struct raft_peer *peer,
		  struct raft_tcp_peer_status *status)
{
	const struct raft_queue *queue = &peer->queue;
	uint64_t now = raft__tcp_now(peer->transport);
	uint64_t heard = heard_at(peer);

	*status = (struct raft_tcp_peer_status){
		.open_out = is_open(peer->out),
		.open_in = is_open(peer->in),
		.plain_out = is_plain_out(peer),
		.plain_in = is_plain_in(peer),
		.queue_bytes = queue->urgent.bytes + queue->bulk.bytes,
		.queue_messages = queue->urgent.frames + queue->bulk.frames,
		.note_bytes = queue->notes.bytes,
		.opened = peer->opened,
		.silent_us = heard != 0 ? now - heard : UINT64_MAX,
		.round_trip_us = round_trip_us(peer->out),
		.term = is_open(peer->in) && peer->in->link.term != 0
			    ? peer->in->link.term
			    : peer->term,
		.failed_us = now - peer->failed_at,
	};
	memcpy(status->failure, peer->failure, sizeof(peer->failure));
}

/* ----------------------------------------------------------------------- end */

static void
leave(struct raft_socket *socket)
{
	if (socket == NULL)
		return;
	socket->peer = NULL;
	raft__socket_end(socket, RAFT_LINK_LEFT);
}

void
raft__peer_destroy(struct raft_peer *peer)
{
	LIST_REMOVE(peer, siblings);
	peer->leaving = true;
	leave(peer->fresh);
	leave(peer->past);
	leave(peer->out);
	leave(peer->before);
	leave(peer->in);
	empty_queue(peer);
	if (peer->resolving)
		uv_cancel((uv_req_t *)&peer->lookup);
	uv_close((uv_handle_t *)&peer->redial, timer_gone);
}

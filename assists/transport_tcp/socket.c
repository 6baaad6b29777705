/*
 * A socket: one TCP connection on libuv that carries the bytes of one link.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One write is under way at a time; whatever comes meanwhile goes in the next. The first
 * of a turn of the loop is done at once, which spares the loop to be told of it; it does
 * not end before the next turn where there is more to write, so that what one turn sends
 * shares writes.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "assists/system/system.h"
#include "assists/transport_tcp/transport.h"

/** TCP waits twice as long each time before it sends a lost segment again, up to two
 *  minutes; a link that was down for a while would be used again only after as long. */
#define RESEND_MS_MAX 1000

static void
free_socket(uv_handle_t *handle)
{
	struct raft_socket *socket = handle->data;
	struct raft_tcp *transport = socket->transport;

	free(socket);
	raft__tcp_let_go(transport);
}

/* One that libuv knows, but nobody else. */
static struct raft_socket *
allocate_socket(struct raft_tcp *transport)
{
	struct raft_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		return NULL;
	/* Without a socket yet it cannot fail. */
	uv_tcp_init(transport->loop, &socket->handle);
	socket->transport = transport;
	socket->handle.data = socket;
	socket->connect.data = socket;
	socket->write.data = socket;
	transport->pending++;
	return socket;
}

/* Give it a link. False: out of memory, and it is closed. */
static bool
begin_link(struct raft_socket *socket, struct raft_peer *peer)
{
	struct raft_tcp *transport = socket->transport;

	raft__link_begin(
	    &socket->link, &transport->rules, peer == NULL ? 0 : peer->id,
	    peer == NULL ? NULL : &peer->queue, raft__tcp_now(transport));
	raft__stream_choose(socket, peer != NULL);
	if (!socket->stream->begin(socket->stream, &socket->link)) {
		uv_close((uv_handle_t *)&socket->handle, free_socket);
		return false;
	}
	socket->peer = peer;
	TAILQ_INSERT_TAIL(&transport->sockets, socket, siblings);
	return true;
}

/* What an error of libuv says about the other end. */
static enum raft_link_counter
end_for(ssize_t error)
{
	switch (error) {
	case UV_EOF:
	case UV_ECONNRESET:
	case UV_EPIPE:
		return RAFT_LINK_CLOSED;
	case UV_ETIMEDOUT:
		return RAFT_LINK_STALLED;
	case UV_ENOBUFS: /* offer_room() had none. */
		return RAFT_LINK_NO_MEMORY;
	default:
		return RAFT_LINK_FAILED;
	}
}

/* A peer that speaks something else just goes away. */
static void
explain_early_end(struct raft_link *link)
{
	if (!link->open && link->proven_id == 0 && *link->reason == '\0')
		snprintf(link->reason, sizeof(link->reason),
			 "before its hello: do both ends speak TLS?");
}

static void
offer_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
	struct raft_socket *socket = handle->data;
	struct raft_span span = socket->stream->room(&socket->link);

	(void)suggested;
	room->base = (char *)span.base;
	room->len = span.length;
}

static enum raft_link_counter
receive(struct raft_socket *socket, size_t length)
{
	if (socket->is_either && !raft__stream_recognise(socket, length))
		return RAFT_LINK_NO_MEMORY;
	return socket->stream->received(&socket->link, length,
					raft__tcp_now(socket->transport));
}

static void
take_bytes(uv_stream_t *stream, ssize_t length, const uv_buf_t *room)
{
	struct raft_socket *socket = stream->data;
	struct raft_tcp *transport = socket->transport;
	enum raft_link_counter why = RAFT_LINK_OK;
	uint64_t began = raft__arrival_begin(socket);

	(void)room;
	if (length < 0) {
		why = end_for(length);
		explain_early_end(&socket->link);
	} else {
		transport->rules.counters[RAFT_LINK_RECEIVED_BYTES] +=
		    (size_t)length;
		why = receive(socket, (size_t)length);
	}
	if (why != RAFT_LINK_OK)
		raft__socket_end(socket, why);
	else
		raft__socket_flush(socket);
	raft__arrival_spent(socket, began);
}

void
raft__socket_listen(struct raft_socket *socket)
{
	if (uv_read_start((uv_stream_t *)&socket->handle, offer_room,
			  take_bytes))
		raft__socket_end(socket, RAFT_LINK_FAILED);
}

static void
begin_reading(struct raft_socket *socket)
{
	int fd, bytes = (int)socket->transport->options.unsent_bytes_max;

	socket->connected = true;
	uv_tcp_nodelay(&socket->handle, 1);
	if (uv_fileno((uv_handle_t *)&socket->handle, &fd) == 0) {
		raft__system_limit_unsent(fd, bytes);
		raft__system_limit_resend(fd, RESEND_MS_MAX);
	}
	if (!raft__arrival_is_limited(socket) ||
	    raft__arrival_may_speak(socket))
		raft__socket_listen(socket);
	if (!socket->link.ended)
		raft__socket_flush(socket);
}

static void
dialed(uv_connect_t *connect, int status)
{
	struct raft_socket *socket = connect->data;

	if (socket->link.ended)
		return;
	if (status == 0) {
		begin_reading(socket);
		return;
	}
	snprintf(socket->link.reason, sizeof(socket->link.reason), "%s",
		 uv_strerror(status));
	raft__socket_end(socket, RAFT_LINK_UNREACHABLE);
}

void
raft__socket_dial(struct raft_peer *peer, const struct sockaddr *address,
		  struct raft_socket **place)
{
	struct raft_socket *socket = allocate_socket(peer->transport);

	if (socket == NULL || !begin_link(socket, peer))
		return;
	*place = socket;
	socket->link.held = place == &peer->fresh;
	raft__address_read(address, &peer->dialed_at);
	if (address->sa_family == AF_UNIX)
		dialed(&socket->connect,
		       raft__unix_connect(&socket->handle, address));
	else if (uv_tcp_connect(&socket->connect, &socket->handle, address,
				dialed))
		raft__socket_end(socket, RAFT_LINK_UNREACHABLE);
}

/* Nothing of it is read, nothing is left of it here. */
static void
turn_away(struct raft_socket *socket)
{
	socket->transport->rules.counters[RAFT_LINK_TURNED_AWAY]++;
	if (raft__arrival_is_told(socket))
		raft__tcp_trace(socket, RAFT_LINK_TURNED_AWAY);
	if (uv_tcp_close_reset(&socket->handle, free_socket) != 0)
		uv_close((uv_handle_t *)&socket->handle, free_socket);
}

int
raft__socket_accept(struct raft_tcp *transport)
{
	struct raft_socket *socket = allocate_socket(transport);
	int error;

	if (socket == NULL)
		return UV_ENOMEM;
	error = uv_accept((uv_stream_t *)&transport->listener,
			  (uv_stream_t *)&socket->handle);
	if (error != 0) {
		transport->rules.counters[RAFT_LINK_FAILED]++;
		uv_close((uv_handle_t *)&socket->handle, free_socket);
	} else if (!raft__arrival_is_admitted(socket)) {
		turn_away(socket);
	} else if (!begin_link(socket, NULL)) {
		transport->rules.counters[RAFT_LINK_NO_MEMORY]++;
	} else {
		raft__arrival_limit(socket);
		begin_reading(socket);
	}
	return error;
}

static void
written(uv_write_t *write, int status)
{
	struct raft_socket *socket = write->data;

	socket->writing = false;
	if (socket->link.ended)
		return;
	if (status != 0) {
		raft__socket_end(socket, end_for(status));
		return;
	}
	socket->stream->written(&socket->link);
	raft__socket_flush(socket);
}

/* As libuv has them, and counted. */
static unsigned
convert(struct raft_socket *socket, const struct raft_span *spans, size_t count,
	uv_buf_t *buffers)
{
	uint64_t *counters = socket->transport->rules.counters;
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		buffers[i].base = (char *)spans[i].base;
		buffers[i].len = spans[i].length;
		bytes += spans[i].length;
	}
	counters[RAFT_LINK_WRITES] += count > 0;
	counters[RAFT_LINK_WRITTEN_BYTES] += bytes;
	return (unsigned)count;
}

/* Whether all of it could be written, once a turn. What was is left out of the buffers. An
 * error is told later, by the write of the rest: whoever sends is not to find the
 * connection gone. */
static bool
write_at_once(struct raft_socket *socket, uv_buf_t **buffers, unsigned *count)
{
	int done;

	if (socket->written_in == socket->transport->turns)
		return false;
	socket->written_in = socket->transport->turns;
	done = uv_try_write((uv_stream_t *)&socket->handle, *buffers, *count);
	if (done <= 0)
		return false;
	while (*count > 0 && (size_t)done >= (*buffers)->len) {
		done -= (int)(*buffers)->len;
		++*buffers;
		--*count;
	}
	if (*count == 0)
		return true;
	(*buffers)->base += done;
	(*buffers)->len -= (size_t)done;
	return false;
}

/* False: nothing waits, or the rest is under way. */
static bool
write_some(struct raft_socket *socket)
{
	struct raft_span spans[RAFT_SOCKET_SPANS];
	uv_buf_t room[RAFT_SOCKET_SPANS], *buffers = room;
	unsigned count;
	int error;

	count = convert(socket, spans,
			socket->stream->output(&socket->link, spans,
					       RAFT_SOCKET_SPANS),
			room);
	if (count == 0)
		return false;
	if (write_at_once(socket, &buffers, &count)) {
		socket->stream->written(&socket->link);
		return true;
	}
	socket->writing = true;
	error = uv_write(&socket->write, (uv_stream_t *)&socket->handle,
			 buffers, count, written);
	if (error != 0)
		raft__socket_end(socket, end_for(error));
	return false;
}

void
raft__socket_flush(struct raft_socket *socket)
{
	do {
		if (socket->peer != NULL && socket->peer->fresh != NULL)
			raft__peer_switch(socket->peer);
		if (!socket->connected || socket->writing ||
		    socket->link.ended || socket->retired)
			return;
	} while (write_some(socket));
}

void
raft__socket_watch(struct raft_socket *socket)
{
	uint64_t now = raft__tcp_now(socket->transport);
	enum raft_link_counter why;

	if (socket->link.ended)
		return;
	/* What it says is not read now: that is no silence. */
	if (socket->waits)
		socket->link.heard_at = now;
	why = raft__link_watch(&socket->link, now);
	if (why == RAFT_LINK_HELLO_LATE && !socket->connected)
		why = RAFT_LINK_UNREACHABLE;
	if (raft__stream_is_overdue(socket))
		why = RAFT_LINK_PLAIN;
	if (why != RAFT_LINK_OK)
		raft__socket_end(socket, why);
	else
		raft__socket_flush(socket);
}

/* At best the other side is told. */
static void
say_last_words(struct raft_socket *socket)
{
	struct raft_span spans[RAFT_SOCKET_SPANS];
	uv_buf_t buffers[RAFT_SOCKET_SPANS];
	size_t count;

	if (!socket->connected || socket->writing || socket->retired)
		return;
	count =
	    socket->stream->last_words(&socket->link, spans, RAFT_SOCKET_SPANS);
	if (count > 0)
		uv_try_write((uv_stream_t *)&socket->handle, buffers,
			     convert(socket, spans, count, buffers));
}

/* The other side's end is what is waited for. */
static void
nothing_left(uv_shutdown_t *shutdown, int status)
{
	(void)shutdown;
	(void)status;
}

void
raft__socket_retire(struct raft_socket *socket)
{
	struct raft_span spans[RAFT_SOCKET_SPANS];
	uv_buf_t buffers[RAFT_SOCKET_SPANS];
	uv_stream_t *stream = (uv_stream_t *)&socket->handle;
	size_t count;
	int error = 0;

	count =
	    socket->stream->last_words(&socket->link, spans, RAFT_SOCKET_SPANS);
	socket->retired = true;
	socket->writing = count > 0;
	if (count > 0)
		error = uv_write(&socket->write, stream, buffers,
				 convert(socket, spans, count, buffers),
				 written);
	if (error == 0)
		error = uv_shutdown(&socket->shutdown, stream, nothing_left);
	if (error != 0)
		raft__socket_end(socket, RAFT_LINK_RENEWED);
}

void
raft__socket_end(struct raft_socket *socket, enum raft_link_counter why)
{
	bool was_open = socket->link.open;

	if (socket->link.ended)
		return;
	say_last_words(socket);
	socket->stream->end(&socket->link);
	raft__link_end(&socket->link);
	TAILQ_REMOVE(&socket->transport->sockets, socket, siblings);
	/* The queue is emptied in here, also of what was being written: libuv
	 * will not read it again, because uv_close comes before the loop. */
	raft__tcp_socket_ended(socket, why, was_open);
	uv_close((uv_handle_t *)&socket->handle, free_socket);
}

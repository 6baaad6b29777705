/*
 * raft_tcp: who is who among peers and sockets (transport_tcp.h, transport.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <bsd/stdlib.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/transport_tcp/transport.h"

#define SPARE_BYTES_MAX ((size_t)16 << 20)

static_assert(RAFT_TCP_CLUSTER_BYTES == RAFT_CLUSTER_BYTES,
	      "one size of a cluster's name");

/* ------------------------------------------------------------ helpers */

uint64_t
raft__tcp_now(const struct raft_tcp *transport)
{
	return uv_now(transport->loop) * 1000;
}

static struct raft_socket *
socket_of(struct raft_link *link)
{
	return (struct raft_socket *)((char *)link -
				      offsetof(struct raft_socket, link));
}

static bool
is_open(const struct raft_socket *socket)
{
	return socket != NULL && socket->link.open;
}

void
raft__tcp_tell(const struct raft_tcp *transport, uint64_t peer,
	       enum raft_link_counter what, const char *text)
{
	const struct raft_tcp_options *options = &transport->options;

	if (options->traced != NULL)
		options->traced(options->context, peer, what, text);
	else if (options->trace != NULL)
		options->trace(options->context, text);
}

static const char *
word_for(enum raft_link_counter what)
{
	switch (what) {
	case RAFT_LINK_OPENED_OUT:
	case RAFT_LINK_OPENED_IN:
		return "open";
	case RAFT_LINK_OPENED_GUEST:
		return "open, as a guest";
	default:
		return raft_link_counter_text(what);
	}
}

/** Where its other end is or, of one that could not be made, should have been. */
static void
print_place(const struct raft_socket *socket, char *text, size_t size)
{
	const struct raft_peer *peer = socket->peer;
	struct sockaddr_storage address = { 0 };
	const struct sockaddr *place = (const struct sockaddr *)&address;
	int length = sizeof(address);

	if (uv_tcp_getpeername(&socket->handle, (struct sockaddr *)&address,
			       &length) != 0)
		snprintf(text, size, "%s",
			 peer != NULL ? peer->host : "nowhere");
	else if (address.ss_family == AF_UNIX)
		raft__unix_print(place, text, size);
	else
		uv_ip_name(place, text, size);
}

/* "connection from 3 (10.0.0.3:51234): the peer's host closed it" */
void
raft__tcp_trace(const struct raft_socket *socket, enum raft_link_counter what)
{
	const struct raft_link *link = &socket->link;
	uint64_t id = link->peer.id != 0 ? link->peer.id : link->proven_id;
	char host[300], text[1024];

	if (socket->transport->closing)
		return;
	print_place(socket, host, sizeof(host));
	snprintf(text, sizeof(text), "connection %s %llu at %s%s: %s%s%s",
		 link->queue != NULL ? "to" : "from", (unsigned long long)id,
		 host, raft__stream_is_missing(socket) ? ", plain" : "",
		 word_for(what), *link->reason == '\0' ? "" : "; ",
		 link->reason);
	raft__tcp_tell(socket->transport, id, what, text);
}

/* ------------------------------------------------------------ sockets */

static enum raft_link_counter
welcome_dialed(struct raft_socket *socket)
{
	socket->peer->attempts = 0;
	socket->peer->opened++;
	socket->transport->rules.counters[RAFT_LINK_OPENED_OUT]++;
	raft__tcp_trace(socket, RAFT_LINK_OPENED_OUT);
	return RAFT_LINK_OK;
}

static enum raft_link_counter
welcome(struct raft_link *link)
{
	struct raft_socket *socket = socket_of(link);
	struct raft_peer *peer;

	if (link->queue != NULL)
		return welcome_dialed(socket);
	peer = raft__peer_find(socket->transport, link->peer.id);
	if (peer == NULL)
		return raft__guest_welcome(socket);
	raft__peer_take(peer, socket);
	return RAFT_LINK_OK;
}

static void
renew_link(struct raft_link *link)
{
	struct raft_socket *socket = socket_of(link);

	if (link->queue == NULL) {
		link->renewal_owed = true;
		raft__socket_flush(socket);
	} else if (socket->peer != NULL && socket->peer->out == socket) {
		raft__peer_renew(socket->peer);
	}
}

static void
end_link(struct raft_link *link, enum raft_link_counter why)
{
	raft__socket_end(socket_of(link), why);
}

void
raft__tcp_socket_ended(struct raft_socket *socket, enum raft_link_counter why,
		       bool was_open)
{
	struct raft_tcp *transport = socket->transport;
	const struct raft_tcp_options *options = &transport->options;
	struct raft_peer *peer = socket->peer;

	if (socket->retired || (peer != NULL && peer->before == socket))
		why = RAFT_LINK_RENEWED;
	transport->rules.counters[why]++;
	if ((was_open && !socket->link.is_guest) ||
	    socket->link.queue != NULL || raft__arrival_is_told(socket))
		raft__tcp_trace(socket, why);
	if (peer == NULL)
		return;
	if (was_open)
		peer->heard_at = socket->link.heard_at;
	if (socket->link.term > peer->term)
		peer->term = socket->link.term;
	if (why != RAFT_LINK_RENEWED && why != RAFT_LINK_REPLACED &&
	    why != RAFT_LINK_PLAIN)
		raft__peer_failed(peer, raft_link_counter_text(why),
				  socket->link.reason);
	socket->peer = NULL;
	if (peer->in == socket)
		peer->in = NULL;
	if (peer->before == socket)
		peer->before = NULL;
	if (peer->fresh == socket || peer->past == socket) {
		*(peer->past == socket ? &peer->past : &peer->fresh) = NULL;
		raft__peer_renewed(peer);
	}
	if (peer->out == socket) {
		peer->out = NULL;
		raft__peer_lost(peer);
	}
	/* One of two may end for the peer's own reasons, as when it thinks that
	 * we stalled. When its process dies both do. */
	if (why == RAFT_LINK_CLOSED && was_open && options->closed != NULL &&
	    !is_open(peer->in) && !is_open(peer->out))
		options->closed(options->context, peer->id);
}

static void
watch_all(uv_timer_t *timer)
{
	struct raft_tcp *transport = timer->data;
	struct raft_socket *socket, *next;

	raft__stream_watch(transport);
	for (socket = TAILQ_FIRST(&transport->sockets); socket != NULL;
	     socket = next) {
		next = TAILQ_NEXT(socket, siblings);
		raft__socket_watch(socket);
	}
	raft__arrivals_watch(transport);
}

static void
count_turn(uv_check_t *turn)
{
	((struct raft_tcp *)turn->data)->turns++;
}

/* ----------------------------------------------------------- lifetime */

void
raft__tcp_let_go(struct raft_tcp *transport)
{
	void (*closed)(void *context);
	void *context;

	if (--transport->pending > 0)
		return;
	raft_wire_decoder_clear(&transport->rules.decoder);
	raft__buffers_close(transport->rules.buffers);
	closed = transport->closed;
	context = transport->closed_context;
	free(transport);
	if (closed != NULL)
		closed(context);
}

static void
handle_gone(uv_handle_t *handle)
{
	raft__tcp_let_go(handle->data);
}

static void
fill_defaults(struct raft_tcp_options *options)
{
#define DEFAULT(member, value)                                                 \
	if (options->member == 0)                                              \
	options->member = (value)
	DEFAULT(message_bytes_max, 20u << 20);
	DEFAULT(queue_bytes_max, 64u << 20);
	DEFAULT(unsent_bytes_max, 128u << 10);
	DEFAULT(queue_messages_max, 4096);
	DEFAULT(note_bytes_max, 1u << 20);
	DEFAULT(note_queue_bytes_max, 16u << 20);
	DEFAULT(guests_max, 16);
	DEFAULT(half_open_max, 64);
	DEFAULT(half_open_host_max, 16);
	DEFAULT(arrivals_max, 128);
	DEFAULT(arrivals_host_max, 32);
	DEFAULT(hello_us, 2000000);
	DEFAULT(stall_us, 10000000);
	DEFAULT(redial_us_min, 10000);
	DEFAULT(redial_us_max, 1000000);
#undef DEFAULT
}

static bool
are_valid(const struct raft_tcp_options *options)
{
	return options->self.id != 0 && options->self.incarnation != 0 &&
	       options->host != NULL && options->receive != NULL &&
	       options->message_bytes_max <= RAFT_WIRE_BYTES_MAX &&
	       options->note_bytes_max <= RAFT_WIRE_BYTES_MAX &&
	       options->unsent_bytes_max <= 1u << 30 &&
	       options->hello_us >= 4000 && options->stall_us >= 4000 &&
	       options->redial_us_min <= options->redial_us_max &&
	       options->redial_us_max <= UINT32_MAX;
}

/* All that can be made without libuv. */
static struct raft_tcp *
create_transport(uv_loop_t *loop, const struct raft_tcp_options *options)
{
	struct raft_tcp *transport = calloc(1, sizeof(*transport));

	if (transport == NULL)
		return NULL;
	transport->loop = loop;
	transport->options = *options;
	transport->options.host = NULL;
	transport->arrivals.seed = arc4random();
	TAILQ_INIT(&transport->sockets);
	LIST_INIT(&transport->peers);
	transport->rules = (struct raft_link_rules){
		.self = options->self,
		.message_bytes_max = options->message_bytes_max,
		.note_bytes_max = options->note_bytes_max,
		.hello_us = options->hello_us,
		.stall_us = options->stall_us,
		.buffers = raft__buffers_create(SPARE_BYTES_MAX),
		.welcome = welcome,
		.receive = options->receive,
		.noted = options->noted,
		.receive_context = options->context,
		.end = end_link,
		.renew = renew_link,
	};
	transport->stream = options->stream;
	transport->mode = options->mode;
	memcpy(transport->rules.cluster, options->cluster, RAFT_CLUSTER_BYTES);
	if (transport->rules.buffers == NULL) {
		free(transport);
		return NULL;
	}
	return transport;
}

static int
read_port(struct raft_tcp *transport)
{
	struct sockaddr_storage address;
	int length = sizeof(address);
	int error = uv_tcp_getsockname(&transport->listener,
				       (struct sockaddr *)&address, &length);

	if (error != 0)
		return error;
	if (address.ss_family == AF_INET)
		transport->port =
		    ntohs(((struct sockaddr_in *)&address)->sin_port);
	else
		transport->port =
		    ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return 0;
}

static int
listen_at(struct raft_tcp *transport, const char *host, uint16_t port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	};
	uv_getaddrinfo_t lookup;
	char service[8];
	int error;

	if (raft__unix_is(host))
		return raft__unix_listen(transport, host);
	snprintf(service, sizeof(service), "%u", port);
	error = uv_getaddrinfo(transport->loop, &lookup, NULL, host, service,
			       &hints);
	if (error != 0)
		return error;
	error = uv_tcp_bind(&transport->listener, lookup.addrinfo->ai_addr, 0);
	uv_freeaddrinfo(lookup.addrinfo);
	if (error == 0)
		error = uv_listen((uv_stream_t *)&transport->listener,
				  RAFT_TCP_BACKLOG, raft__arrivals_take);
	return error == 0 ? read_port(transport) : error;
}

static uint64_t
watch_ms(const struct raft_tcp_options *options)
{
	uint64_t us = options->hello_us < options->stall_us ? options->hello_us
							    : options->stall_us;

	return us / 4 / 1000;
}

int
raft_tcp_create(uv_loop_t *loop, const struct raft_tcp_options *given,
		struct raft_tcp **transport)
{
	struct raft_tcp_options options = *given;
	struct raft_tcp *made;
	int error;

	*transport = NULL;
	fill_defaults(&options);
	if (!are_valid(&options))
		return UV_EINVAL;
	made = create_transport(loop, &options);
	if (made == NULL)
		return UV_ENOMEM;
	uv_timer_init(loop, &made->watch);
	uv_timer_init(loop, &made->arrivals.resume);
	uv_tcp_init(loop, &made->listener);
	uv_check_init(loop, &made->turn);
	made->watch.data = made;
	made->turn.data = made;
	made->turns = 1;
	made->arrivals.resume.data = made;
	made->listener.data = made;
	made->pending = 4;
	error = listen_at(made, options.host, options.port);
	if (error == 0)
		error = uv_timer_start(&made->watch, watch_all,
				       watch_ms(&options), watch_ms(&options));
	if (error == 0)
		error = uv_check_start(&made->turn, count_turn);
	if (error != 0)
		raft_tcp_close(made, NULL, NULL);
	else
		*transport = made;
	return error;
}

void
raft_tcp_close(struct raft_tcp *transport, void (*closed)(void *context),
	       void *context)
{
	struct raft_socket *socket;

	transport->closing = true;
	transport->closed = closed;
	transport->closed_context = context;
	while (!LIST_EMPTY(&transport->peers))
		raft__peer_destroy(LIST_FIRST(&transport->peers));
	while ((socket = TAILQ_FIRST(&transport->sockets)) != NULL)
		raft__socket_end(socket, RAFT_LINK_LEFT);
	raft__unix_leave(transport);
	uv_close((uv_handle_t *)&transport->listener, handle_gone);
	uv_close((uv_handle_t *)&transport->watch, handle_gone);
	uv_close((uv_handle_t *)&transport->turn, handle_gone);
	uv_close((uv_handle_t *)&transport->arrivals.resume, handle_gone);
}

/* ------------------------------------------------------------- public */

uint16_t
raft_tcp_port(const struct raft_tcp *transport)
{
	return transport->port;
}

int
raft_tcp_peer_add(struct raft_tcp *transport, const struct raft_tcp_peer *peer)
{
	int error;

	if (peer->id == 0 || peer->id == transport->options.self.id ||
	    peer->host == NULL)
		return UV_EINVAL;
	if (raft__peer_find(transport, peer->id) != NULL)
		return UV_EEXIST;
	error = raft__peer_create(transport, peer);
	if (error == 0)
		raft__guests_adopt(raft__peer_find(transport, peer->id));
	return error;
}

void
raft_tcp_peer_remove(struct raft_tcp *transport, uint64_t id)
{
	struct raft_peer *peer = raft__peer_find(transport, id);

	if (peer != NULL)
		raft__peer_destroy(peer);
}

void
raft_tcp_send(struct raft_tcp *transport, const struct raft_message *message)
{
	struct raft_peer *peer = raft__peer_find(transport, message->to.id);
	enum raft_link_counter what = RAFT_LINK_DROPPED_UNKNOWN;

	if (peer != NULL)
		what = raft__queue_push(&peer->queue, message);
	transport->rules
	    .counters[what == RAFT_LINK_OK ? RAFT_LINK_SENT : what]++;
	if (peer != NULL && peer->out != NULL)
		raft__socket_flush(peer->out);
}

/* 0, or why it cannot be put in the queue. */
static int
may_post(const struct raft_tcp *transport, const struct raft_peer *peer,
	 size_t length)
{
	if (length == 0)
		return UV_EINVAL;
	if (length > transport->options.note_bytes_max)
		return UV_EMSGSIZE;
	if (peer == NULL || !is_open(peer->out))
		return UV_ENOTCONN;
	return peer->out->link.takes_notes ? 0 : UV_ENOTSUP;
}

int
raft_tcp_post(struct raft_tcp *transport, uint64_t to, const void *bytes,
	      size_t length)
{
	struct raft_peer *peer = raft__peer_find(transport, to);
	uint64_t *counters = transport->rules.counters;
	int error = may_post(transport, peer, length);
	enum raft_link_counter what = RAFT_LINK_OK;

	if (error == 0)
		what = raft__queue_push_note(&peer->queue, bytes, length);
	if (what != RAFT_LINK_OK)
		error = what == RAFT_LINK_NO_MEMORY ? UV_ENOMEM : UV_ENOBUFS;
	counters[error == 0 ? RAFT_LINK_NOTES_SENT : RAFT_LINK_NOTES_REFUSED]++;
	if (error == 0)
		raft__socket_flush(peer->out);
	return error;
}

static void
send_message(void *transport, const struct raft_message *message)
{
	raft_tcp_send(transport, message);
}

const struct raft_node_transport raft_tcp_transport = {
	.send = send_message,
};

uint64_t
raft_tcp_counter(const struct raft_tcp *transport,
		 enum raft_link_counter counter)
{
	return (unsigned)counter < RAFT_LINK_COUNTER_COUNT
		   ? transport->rules.counters[counter]
		   : 0;
}

bool
raft_tcp_peer_status(const struct raft_tcp *transport, uint64_t id,
		     struct raft_tcp_peer_status *status)
{
	const struct raft_peer *peer = raft__peer_find(transport, id);

	if (peer == NULL)
		return false;
	raft__peer_status(peer, status);
	return true;
}

bool
raft_tcp_is_secret(const struct raft_tcp *transport, uint64_t id)
{
	const struct raft_peer *peer = raft__peer_find(transport, id);

	return peer != NULL && raft__peer_is_secret(peer);
}

/*
 * A port for clients that send bytes, on libuv (port.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	socket -> (records ->) client->input -> take
 *	raft_port_tell -> client->output (-> client->records) -> client->sent -> socket
 *
 * A client is shown to the program, held by it, or reads what it was told: one of
 * these at a time. Bytes are read all the while, until there is no room for more.
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "assists/port/port.h"
#include "assists/port/secure.h"
#include "assists/server/address.h"
#include "assists/system/system.h"

#define BACKLOG 128
#define CLIENTS_MAX 256
/** Of the descriptors that this process may have. */
#define CLIENTS_SHARE 4
#define INPUT_BYTES_MAX (64u << 10)
/** Of records, as much as one read takes. */
#define RECORDS_BYTES ((size_t)64 << 10)
#define IDLE_US 60000000
/** Who has asked for nothing for so long gives way to others. */
#define QUIET_MS 1000

struct raft_port_client {
	struct port *port;
	uv_tcp_t tcp;
	uv_write_t write;
	uv_shutdown_t shutdown;
	/** Received, and not taken. */
	struct bytes input;
	/** Told, and not sent; the same as records; what libuv is sending. */
	struct bytes output, records, sent;
	/** NULL: no TLS. */
	SSL *ssl;
	/** In port->quiet, port->held, or port->resumed. */
	TAILQ_ENTRY(raft_port_client) link;
	/** When it came, or something of it was done. */
	uint64_t quiet_since_ms;
	/** The program has it: nothing of it is shown from within. */
	bool is_shown;
	/** From then on until it is shown again. */
	bool is_held;
	bool is_sending;
	/** Nothing is read, for there is no room. */
	bool is_full;
	/** It sends no more. */
	bool is_over;
	/** It is shown no more, and was told so. */
	bool is_dismissed, is_shut;
	/** Its socket is being closed, and is. */
	bool is_closing, is_closed;
	max_align_t own[];
};

TAILQ_HEAD(clients, raft_port_client);

struct port {
	struct raft_server_part part;
	struct raft_port_options options;
	struct address address;
	/** The same, as it was given. */
	char place[HOST_BYTES + 8];
	uv_tcp_t listener;
	uv_timer_t watch, soon;
	/** Of TLS; NULL: it is not spoken. */
	SSL_CTX *secure;
	/** Where records are read to. */
	uint8_t arrived[RECORDS_BYTES];
	/** Handles that libuv still knows, those of clients excepted. */
	int handles;
	size_t count;
	/** Somebody waits for a place. */
	bool owed;
	bool is_part;
	bool is_closing;
	/** Those who are not held, the longest quiet ones first. */
	struct clients quiet;
	/** What was asked for them has not ended; or it has, and they will be shown. */
	struct clients held, resumed;
};

static void take_client(struct port *port);

/* ------------------------------------------------------------------- leaving */

static void
free_if_empty(struct port *port)
{
	if (!port->is_closing || port->count > 0 || port->handles > 0)
		return;
	SSL_CTX_free(port->secure);
	if (port->is_part && port->options.closed != NULL)
		port->options.closed(port->options.context);
	if (port->is_part)
		raft_server_part_gone(&port->part);
	free(port);
}

/** What it was held for has ended. */
static void
be_quiet(struct raft_port_client *client)
{
	struct port *port = client->port;

	TAILQ_REMOVE(&port->resumed, client, link);
	TAILQ_INSERT_TAIL(&port->quiet, client, link);
	client->is_held = false;
	client->quiet_since_ms = uv_now(client->tcp.loop);
}

/** Who is held is known until he is so no more. */
static void
forget(struct raft_port_client *client)
{
	struct port *port = client->port;

	if (!client->is_closed || client->is_held)
		return;
	if (port->options.gone != NULL)
		port->options.gone(port->options.context, client);
	TAILQ_REMOVE(&port->quiet, client, link);
	bytes_free(&client->input);
	bytes_free(&client->output);
	bytes_free(&client->records);
	bytes_free(&client->sent);
	SSL_free(client->ssl);
	free(client);
	port->count--;
	if (port->owed && !port->is_closing)
		take_client(port);
	free_if_empty(port);
}

static void
client_closed(uv_handle_t *handle)
{
	struct raft_port_client *client = handle->data;

	client->is_closed = true;
	forget(client);
}

static void
drop(struct raft_port_client *client)
{
	if (client->is_closing)
		return;
	client->is_closing = true;
	uv_close((uv_handle_t *)&client->tcp, client_closed);
}

static void
handle_gone(uv_handle_t *handle)
{
	struct port *port = handle->data;

	port->handles--;
	free_if_empty(port);
}

static void
close_all(struct port *port)
{
	struct raft_port_client *client;
	bool listens = port->handles > 0;

	port->is_closing = true;
	while ((client = TAILQ_FIRST(&port->resumed)) != NULL) {
		be_quiet(client);
		forget(client);
	}
	TAILQ_FOREACH(client, &port->quiet, link)
	drop(client);
	if (listens) {
		uv_close((uv_handle_t *)&port->listener, handle_gone);
		uv_close((uv_handle_t *)&port->watch, handle_gone);
		uv_close((uv_handle_t *)&port->soon, handle_gone);
	}
	free_if_empty(port);
}

/** What was asked of the server has ended: so nobody is held. */
static void
closing(struct raft_server_part *part)
{
	close_all(part->context);
}

/* ------------------------------------------------------------------- talking */

static void serve(struct raft_port_client *client);

/** Something of it was done. */
static void
note_progress(struct raft_port_client *client)
{
	struct clients *quiet = &client->port->quiet;

	client->quiet_since_ms = uv_now(client->tcp.loop);
	if (client->is_held)
		return;
	TAILQ_REMOVE(quiet, client, link);
	TAILQ_INSERT_TAIL(quiet, client, link);
}

static void
written(uv_write_t *write, int status)
{
	struct raft_port_client *client = write->data;

	client->is_sending = false;
	bytes_free(&client->sent);
	if (status != 0)
		drop(client);
	note_progress(client);
	serve(client);
}

/** What is to be sent: what it was told, or that as records. */
static struct bytes *
make_records(struct raft_port_client *client)
{
	if (client->ssl == NULL)
		return &client->output;
	if (client->output.length > 0 &&
	    !raft__secure_put(client->ssl, &client->output, &client->records))
		drop(client);
	return &client->records;
}

/** What the socket takes at once is gone; the rest follows when it can. */
static void
send_output(struct raft_port_client *client)
{
	uv_stream_t *stream = (uv_stream_t *)&client->tcp;
	struct bytes *output;
	uv_buf_t all;
	int count;

	if (client->is_sending || client->is_closing)
		return;
	output = make_records(client);
	if (output->length == 0)
		return;
	all = uv_buf_init((char *)output->room + output->first,
			  (unsigned)output->length);
	count = uv_try_write(stream, &all, 1);
	if (count > 0)
		bytes_pass(output, (size_t)count);
	if (output->length == 0)
		return;
	client->sent = *output;
	*output = (struct bytes){ 0 };
	all = uv_buf_init((char *)client->sent.room + client->sent.first,
			  (unsigned)client->sent.length);
	client->write.data = client;
	client->is_sending = true;
	if ((count < 0 && count != UV_EAGAIN) ||
	    uv_write(&client->write, stream, &all, 1, written) != 0) {
		client->is_sending = false;
		drop(client);
	}
}

/** The program has it. False: it took nothing. */
static bool
show(struct raft_port_client *client)
{
	struct raft_port_options *options = &client->port->options;
	struct bytes *input = &client->input;
	size_t taken;

	client->is_shown = true;
	taken = options->take(options->context, client,
			      input->room + input->first, input->length);
	client->is_shown = false;
	bytes_pass(input, taken);
	if (taken > 0)
		note_progress(client);
	send_output(client);
	return taken > 0;
}

static void
offer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct raft_port_client *client = handle->data;
	struct bytes *input = &client->input;

	(void)wanted;
	if (client->ssl != NULL)
		*buffer =
		    uv_buf_init((char *)client->port->arrived, RECORDS_BYTES);
	else if (bytes_reserve(input, BYTES_ROOM / 2))
		*buffer = uv_buf_init(
		    (char *)bytes_end(input),
		    (unsigned)(input->size - input->first - input->length));
	else
		*buffer = uv_buf_init(NULL, 0);
}

/** Whoever has TLS make records and does not read them wants no answers. */
static void
take_records(struct raft_port_client *client, size_t length)
{
	bool good = raft__secure_take(client->ssl, client->port->arrived,
				      length, &client->input, &client->records,
				      &client->is_over);

	send_output(client);
	if (!good || client->records.length > SECURE_OWED_MAX)
		drop(client);
}

static void
read_more(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct raft_port_client *client = stream->data;

	(void)buffer;
	if (got == UV_EOF)
		client->is_over = true;
	else if (got < 0)
		drop(client);
	else if (client->ssl != NULL && !client->is_dismissed)
		take_records(client, (size_t)got);
	else if (!client->is_dismissed)
		client->input.length += (size_t)got;
	serve(client);
}

/** Read on, unless there is enough for now. */
static void
read_on(struct raft_port_client *client)
{
	bool is_full =
	    client->input.length >= client->port->options.input_bytes_max;

	if (is_full == client->is_full || client->is_over)
		return;
	client->is_full = is_full;
	if (is_full)
		uv_read_stop((uv_stream_t *)&client->tcp);
	else
		uv_read_start((uv_stream_t *)&client->tcp, offer_room,
			      read_more);
}

static void
shut(uv_shutdown_t *shutdown, int status)
{
	(void)shutdown;
	(void)status;
}

/** It knows what it was told last when it ends the connection. Were that ended here
 *  while bytes of it come, the kernel would take back what it has not read. */
static void
see_out(struct raft_port_client *client)
{
	if (client->is_shut)
		return;
	client->is_shut = true;
	if (client->ssl != NULL) {
		raft__secure_end(client->ssl, &client->records);
		send_output(client);
	}
	if (!client->is_closing &&
	    uv_shutdown(&client->shutdown, (uv_stream_t *)&client->tcp, shut) !=
		0)
		drop(client);
}

/** Show what it has sent, as far as that is taken. */
static void
serve(struct raft_port_client *client)
{
	bool goes_on = true;

	while (goes_on && !client->is_held && !client->is_sending &&
	       !client->is_dismissed && !client->is_closing &&
	       client->input.length > 0)
		goes_on = show(client);
	if (client->is_closing)
		return;
	if (client->is_dismissed)
		bytes_free(&client->input);
	read_on(client);
	if (client->is_held || client->is_sending)
		return;
	if (client->is_over || client->is_full)
		drop(client);
	else if (client->is_dismissed)
		see_out(client);
}

void *
raft_port_own(struct raft_port_client *client)
{
	return client->own;
}

void
raft_port_tell(struct raft_port_client *client, const void *bytes,
	       size_t length)
{
	if (!client->is_closing && length > 0 &&
	    !bytes_add(&client->output, bytes, length))
		drop(client);
}

void
raft_port_hold(struct raft_port_client *client)
{
	client->is_held = true;
	TAILQ_REMOVE(&client->port->quiet, client, link);
	TAILQ_INSERT_TAIL(&client->port->held, client, link);
}

/** Not from within what has ended: the server may be closing, and would not answer what
 *  is asked for it next. */
static void
serve_resumed(uv_timer_t *timer)
{
	struct port *port = timer->data;
	struct raft_port_client *client;

	while ((client = TAILQ_FIRST(&port->resumed)) != NULL) {
		be_quiet(client);
		serve(client);
		forget(client);
	}
}

void
raft_port_resume(struct raft_port_client *client)
{
	struct port *port = client->port;

	TAILQ_REMOVE(&port->held, client, link);
	TAILQ_INSERT_TAIL(&port->resumed, client, link);
	if (client->is_shown) {
		be_quiet(client);
		return;
	}
	send_output(client);
	uv_timer_start(&port->soon, serve_resumed, 0, 0);
}

void
raft_port_dismiss(struct raft_port_client *client)
{
	client->is_dismissed = true;
}

/* ----------------------------------------------------------------- accepting */

/** Whoever has been quiet longest, if that is so long. */
static bool
drop_quietest(struct port *port, uint64_t ms)
{
	struct raft_port_client *client;

	TAILQ_FOREACH(client, &port->quiet, link)
	if (!client->is_closing)
		break;
	if (client == NULL ||
	    uv_now(client->tcp.loop) - client->quiet_since_ms < ms)
		return false;
	drop(client);
	return true;
}

/** NULL: out of memory. */
static struct raft_port_client *
make_client(struct port *port)
{
	struct raft_port_client *client =
	    calloc(1, sizeof(*client) + port->options.own_bytes);

	if (client == NULL)
		return NULL;
	if (port->secure != NULL &&
	    (client->ssl = raft__secure_begin(port->secure)) == NULL) {
		free(client);
		return NULL;
	}
	client->port = port;
	client->tcp.data = client;
	/* Without a socket yet it cannot fail. */
	uv_tcp_init(port->listener.loop, &client->tcp);
	client->quiet_since_ms = uv_now(client->tcp.loop);
	TAILQ_INSERT_TAIL(&port->quiet, client, link);
	port->count++;
	return client;
}

/** If there is no place for it, it waits with those behind it, in the kernel, until
 *  somebody has left. */
static void
take_client(struct port *port)
{
	struct raft_port_client *client = NULL;

	if (port->count < port->options.clients_max)
		client = make_client(port);
	port->owed = client == NULL;
	if (port->owed) {
		drop_quietest(port, QUIET_MS);
		return;
	}
	if (uv_accept((uv_stream_t *)&port->listener,
		      (uv_stream_t *)&client->tcp) != 0) {
		drop(client);
		return;
	}
	uv_tcp_nodelay(&client->tcp, 1);
	uv_read_start((uv_stream_t *)&client->tcp, offer_room, read_more);
}

/** One that could not be made, for lack of a descriptor, is gone; others come. */
static void
client_came(uv_stream_t *listener, int status)
{
	if (status == 0)
		take_client(listener->data);
}

/** Who was told that this is all, and stays, is not waited for. */
static void
drop_dismissed(struct port *port)
{
	struct raft_port_client *client;

	TAILQ_FOREACH(client, &port->quiet, link)
	if (client->is_shut &&
	    uv_now(client->tcp.loop) - client->quiet_since_ms >= QUIET_MS)
		drop(client);
}

static void
watch(uv_timer_t *timer)
{
	struct port *port = timer->data;

	drop_dismissed(port);
	while (drop_quietest(port, port->options.idle_us / 1000))
		continue;
	if (port->owed)
		take_client(port);
}

/* ------------------------------------------------------------------- opening */

static int
start_listening(struct port *port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	uv_getaddrinfo_t lookup;
	char number[8];
	int error;

	snprintf(number, sizeof(number), "%u", port->address.port);
	error = uv_getaddrinfo(port->listener.loop, &lookup, NULL,
			       port->address.host, number, &hints);
	if (error != 0)
		return error;
	error = uv_tcp_bind(&port->listener, lookup.addrinfo->ai_addr, 0);
	uv_freeaddrinfo(lookup.addrinfo);
	if (error != 0)
		return error;
	return uv_listen((uv_stream_t *)&port->listener, BACKLOG, client_came);
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct port *port = part->context;
	int result;

	uv_timer_init(loop, &port->watch);
	uv_timer_init(loop, &port->soon);
	uv_tcp_init(loop, &port->listener);
	port->watch.data = port;
	port->soon.data = port;
	port->listener.data = port;
	port->handles = 3;
	result = start_listening(port);
	if (result == 0)
		result =
		    uv_timer_start(&port->watch, watch, QUIET_MS, QUIET_MS);
	if (result != 0)
		snprintf(error, size, "clients at %s: %s", port->place,
			 uv_strerror(result));
	return result == 0;
}

/** The servers' certificates were read again: so are those for clients. What cannot be
 *  used does not take the place of what can. */
static void
happened(struct raft_server_part *part, const struct raft_server_event *event)
{
	struct port *port = part->context;
	char error[RAFT_SERVER_ERROR_BYTES];
	SSL_CTX *secure;

	if (event->kind != RAFT_SERVER_EVENT_TLS || port->secure == NULL)
		return;
	secure = raft__secure_open(port->options.tls, error, sizeof(error));
	if (secure == NULL)
		return;
	SSL_CTX_free(port->secure);
	port->secure = secure;
}

static void
fill_in(struct raft_port_options *options)
{
	struct rlimit descriptors;

	if (options->clients_max == 0)
		options->clients_max = CLIENTS_MAX;
	if (options->input_bytes_max == 0)
		options->input_bytes_max = INPUT_BYTES_MAX;
	if (options->idle_us == 0)
		options->idle_us = IDLE_US;
	if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 &&
	    descriptors.rlim_cur / CLIENTS_SHARE < options->clients_max)
		options->clients_max =
		    (uint32_t)(descriptors.rlim_cur / CLIENTS_SHARE);
}

bool
raft_port_open(struct raft_server *server,
	       const struct raft_port_options *options, char *error,
	       size_t size)
{
	struct address address;
	struct port *port;

	if (!raft__address_parse_port(options->address, &address)) {
		snprintf(error, size, "clients at %s: not HOST:PORT",
			 options->address);
		return false;
	}
	port = calloc(1, sizeof(*port));
	if (port == NULL) {
		strlcpy(error, "out of memory", size);
		return false;
	}
	port->part.attached = attached;
	port->part.closing = closing;
	port->part.event = happened;
	port->part.context = port;
	port->options = *options;
	fill_in(&port->options);
	TAILQ_INIT(&port->quiet);
	TAILQ_INIT(&port->held);
	TAILQ_INIT(&port->resumed);
	port->address = address;
	strlcpy(port->place, options->address, sizeof(port->place));
	if (options->tls == NULL || (port->secure = raft__secure_open(
					 options->tls, error, size)) != NULL)
		port->is_part =
		    raft_server_part_add(server, &port->part, error, size);
	if (port->is_part)
		return true;
	close_all(port);
	return false;
}

/*
 * A port for clients that say lines, on libuv (lines.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "assists/lines/lines.h"
#include "assists/server/address.h"
#include "assists/system/system.h"

#define BACKLOG 128
#define CLIENTS_MAX 256
/** Of the descriptors that this process may have. */
#define CLIENTS_SHARE 4
#define LINE_BYTES 512
#define LINE_BYTES_MAX 65536
#define IDLE_US 60000000
/** Who has said nothing for so long gives way to others. */
#define QUIET_MS 1000

/** It is there at least until the line that it gave is answered, for nothing is read
 *  from it meanwhile. */
struct raft_lines_client {
	struct lines *lines;
	uv_tcp_t tcp;
	/** Of an answer. */
	uv_write_t write;
	char *answer;
	/** In lines->quiet, or in lines->waiting; in none while it closes. */
	TAILQ_ENTRY(raft_lines_client) link;
	/** Its line was taken, and is not answered. */
	bool waits;
	/** When it came, or its last line was answered. */
	uint64_t quiet_since_ms;
	/** Received, and not yet taken. */
	size_t length;
	char text[];
};

TAILQ_HEAD(clients, raft_lines_client);

struct lines {
	struct raft_server_part part;
	struct raft_lines_options options;
	struct address address;
	/** The same, as it was given. */
	char place[HOST_BYTES + 8];
	uv_tcp_t listener;
	uv_timer_t watch;
	/** Handles that libuv still knows, those of clients excepted. */
	int handles;
	size_t count;
	/** Somebody waits for a place. */
	bool owed;
	bool is_part;
	bool is_closing;
	/** Those who may say the next line, or read an answer, quiet ones first. */
	struct clients quiet;
	/** Those whose line is not answered. */
	struct clients waiting;
};

static void take_client(struct lines *lines);

/* ------------------------------------------------------------------- leaving */

static void
free_if_empty(struct lines *lines)
{
	if (!lines->is_closing || lines->count > 0 || lines->handles > 0)
		return;
	if (lines->is_part)
		raft_server_part_gone(&lines->part);
	free(lines);
}

static void
client_gone(uv_handle_t *handle)
{
	struct raft_lines_client *client = handle->data;
	struct lines *lines = client->lines;

	free(client->answer);
	free(client);
	lines->count--;
	if (lines->owed && !lines->is_closing)
		take_client(lines);
	free_if_empty(lines);
}

static void
drop(struct raft_lines_client *client)
{
	struct lines *lines = client->lines;

	TAILQ_REMOVE(client->waits ? &lines->waiting : &lines->quiet, client,
		     link);
	uv_close((uv_handle_t *)&client->tcp, client_gone);
}

static void
handle_gone(uv_handle_t *handle)
{
	struct lines *lines = handle->data;

	lines->handles--;
	free_if_empty(lines);
}

static void
close_all(struct lines *lines)
{
	struct raft_lines_client *client;
	bool listens = lines->handles > 0;

	lines->is_closing = true;
	while ((client = TAILQ_FIRST(&lines->waiting)) != NULL ||
	       (client = TAILQ_FIRST(&lines->quiet)) != NULL)
		drop(client);
	if (listens) {
		uv_close((uv_handle_t *)&lines->listener, handle_gone);
		uv_close((uv_handle_t *)&lines->watch, handle_gone);
	}
	free_if_empty(lines);
}

/** What was asked of the server has ended. */
static void
closing(struct raft_server_part *part)
{
	close_all(part->context);
}

/* ------------------------------------------------------------------- talking */

static void
allocate(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct raft_lines_client *client = handle->data;
	size_t room = client->lines->options.line_bytes_max - client->length;

	(void)wanted;
	*buffer = uv_buf_init(client->text + client->length, (unsigned)room);
}

static void read_more(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer);

/** The text up to `end`, an LF, or CR LF. With a NUL inside it is nothing that
 *  anybody knows, whatever it begins with. */
static void
take_line(struct raft_lines_client *client, char *end)
{
	struct lines *lines = client->lines;
	size_t length = (size_t)(end - client->text);
	char line[LINE_BYTES_MAX];

	memcpy(line, client->text, length);
	line[length] = '\0';
	if (strlen(line) < length)
		line[0] = '\0';
	else if (length > 0 && line[length - 1] == '\r')
		line[length - 1] = '\0';
	client->length -= length + 1;
	memmove(client->text, end + 1, client->length);
	client->waits = true;
	TAILQ_REMOVE(&lines->quiet, client, link);
	TAILQ_INSERT_TAIL(&lines->waiting, client, link);
	lines->options.take(lines->options.context, client, line);
}

static void
go_on(struct raft_lines_client *client)
{
	char *end = memchr(client->text, '\n', client->length);

	if (end != NULL) {
		uv_read_stop((uv_stream_t *)&client->tcp);
		take_line(client, end);
	} else if (client->length == client->lines->options.line_bytes_max) {
		drop(client);
	} else {
		uv_read_start((uv_stream_t *)&client->tcp, allocate, read_more);
	}
}

static void
read_more(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct raft_lines_client *client = stream->data;

	(void)buffer;
	if (got < 0) {
		drop(client);
		return;
	}
	client->length += (size_t)got;
	go_on(client);
}

static void
be_quiet(struct raft_lines_client *client)
{
	client->waits = false;
	client->quiet_since_ms = uv_now(client->tcp.loop);
	TAILQ_INSERT_TAIL(&client->lines->quiet, client, link);
}

/** Its answer is gone, so the next line is taken: never from within the answer of the
 *  one before. */
static void
written(uv_write_t *write, int status)
{
	struct raft_lines_client *client = write->data;

	free(client->answer);
	client->answer = NULL;
	if (uv_is_closing((uv_handle_t *)&client->tcp))
		return;
	if (status == 0)
		go_on(client);
	else
		drop(client);
}

void
raft_lines_answer(struct raft_lines_client *client, const char *format, ...)
{
	char text[RAFT_LINES_ANSWER_BYTES + 1];
	uv_buf_t line;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, RAFT_LINES_ANSWER_BYTES, format, arguments);
	va_end(arguments);
	strlcat(text, "\n", sizeof(text));
	TAILQ_REMOVE(&client->lines->waiting, client, link);
	be_quiet(client);
	client->answer = strdup(text);
	line = uv_buf_init(client->answer, (unsigned)strlen(text));
	client->write.data = client;
	if (client->answer == NULL ||
	    uv_write(&client->write, (uv_stream_t *)&client->tcp, &line, 1,
		     written) != 0)
		drop(client);
}

/* ----------------------------------------------------------------- accepting */

/** Whoever has been quiet longest, if that is so long. */
static bool
drop_quietest(struct lines *lines, uint64_t ms)
{
	struct raft_lines_client *client = TAILQ_FIRST(&lines->quiet);
	bool drops = client != NULL &&
		     uv_now(client->tcp.loop) - client->quiet_since_ms >= ms;

	if (drops)
		drop(client);
	return drops;
}

static struct raft_lines_client *
make_client(struct lines *lines)
{
	struct raft_lines_client *client =
	    calloc(1, sizeof(*client) + lines->options.line_bytes_max);

	if (client == NULL)
		return NULL;
	client->lines = lines;
	client->tcp.data = client;
	/* Without a socket yet it cannot fail. */
	uv_tcp_init(lines->listener.loop, &client->tcp);
	lines->count++;
	be_quiet(client);
	return client;
}

/** If there is no place for it, it waits with those behind it, in the kernel, until
 *  somebody has left. */
static void
take_client(struct lines *lines)
{
	struct raft_lines_client *client = NULL;

	if (lines->count < lines->options.clients_max)
		client = make_client(lines);
	lines->owed = client == NULL;
	if (lines->owed) {
		drop_quietest(lines, QUIET_MS);
		return;
	}
	if (uv_accept((uv_stream_t *)&lines->listener,
		      (uv_stream_t *)&client->tcp) != 0) {
		drop(client);
		return;
	}
	uv_tcp_nodelay(&client->tcp, 1);
	go_on(client);
}

/** One that could not be made, for lack of a descriptor, is gone; others come. */
static void
client_came(uv_stream_t *listener, int status)
{
	if (status == 0)
		take_client(listener->data);
}

static void
watch(uv_timer_t *timer)
{
	struct lines *lines = timer->data;

	while (drop_quietest(lines, lines->options.idle_us / 1000))
		continue;
	if (lines->owed)
		take_client(lines);
}

/* ------------------------------------------------------------------- opening */

static int
start_listening(struct lines *lines)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	uv_getaddrinfo_t lookup;
	char port[8];
	int error;

	snprintf(port, sizeof(port), "%u", lines->address.port);
	error = uv_getaddrinfo(lines->listener.loop, &lookup, NULL,
			       lines->address.host, port, &hints);
	if (error != 0)
		return error;
	error = uv_tcp_bind(&lines->listener, lookup.addrinfo->ai_addr, 0);
	uv_freeaddrinfo(lookup.addrinfo);
	if (error != 0)
		return error;
	return uv_listen((uv_stream_t *)&lines->listener, BACKLOG, client_came);
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct lines *lines = part->context;
	int result;

	uv_timer_init(loop, &lines->watch);
	uv_tcp_init(loop, &lines->listener);
	lines->watch.data = lines;
	lines->listener.data = lines;
	lines->handles = 2;
	result = start_listening(lines);
	if (result == 0)
		result =
		    uv_timer_start(&lines->watch, watch, QUIET_MS, QUIET_MS);
	if (result != 0)
		snprintf(error, size, "clients at %s: %s", lines->place,
			 uv_strerror(result));
	return result == 0;
}

static void
fill_in(struct raft_lines_options *options)
{
	struct rlimit descriptors;

	if (options->clients_max == 0)
		options->clients_max = CLIENTS_MAX;
	if (options->line_bytes_max == 0)
		options->line_bytes_max = LINE_BYTES;
	if (options->line_bytes_max > LINE_BYTES_MAX)
		options->line_bytes_max = LINE_BYTES_MAX;
	if (options->idle_us == 0)
		options->idle_us = IDLE_US;
	if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 &&
	    descriptors.rlim_cur / CLIENTS_SHARE < options->clients_max)
		options->clients_max =
		    (uint32_t)(descriptors.rlim_cur / CLIENTS_SHARE);
}

bool
raft_lines_open(struct raft_server *server,
		const struct raft_lines_options *options, char *error,
		size_t size)
{
	struct address address;
	struct lines *lines;

	if (!raft__address_parse_port(options->address, &address)) {
		snprintf(error, size, "clients at %s: not HOST:PORT",
			 options->address);
		return false;
	}
	lines = calloc(1, sizeof(*lines));
	if (lines == NULL) {
		strlcpy(error, "out of memory", size);
		return false;
	}
	lines->part.attached = attached;
	lines->part.closing = closing;
	lines->part.context = lines;
	lines->options = *options;
	fill_in(&lines->options);
	TAILQ_INIT(&lines->quiet);
	TAILQ_INIT(&lines->waiting);
	lines->address = address;
	strlcpy(lines->place, options->address, sizeof(lines->place));
	lines->is_part =
	    raft_server_part_add(server, &lines->part, error, size);
	if (lines->is_part)
		return true;
	close_all(lines);
	return false;
}

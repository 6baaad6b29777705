/*
 * The metrics over HTTP (metrics_http.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two threads: the loop's makes the text, that of libmicrohttpd asks for it and
 * waits. What both touch is under a mutex. At most one call waits for the loop,
 * whoever asks; it may come when the part is gone, so what it needs is freed by
 * whichever goes last.
 */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "assists/metrics/listen.h"
#include "assists/metrics/metrics.h"
#include "assists/metrics/metrics_http.h"

/** A text that is no older is served again. */
#define FRESH_NS 100000000
/** Memory for a connection's request, and the head of its answer. */
#define CONNECTION_BYTES 8192

struct metrics {
	struct raft_server_part part;
	struct raft_metrics_options options;
	/** Listens; -1: it was given to the daemon. */
	int fd;
	struct MHD_Daemon *daemon;

	/** Of all that follows. */
	uv_mutex_t mutex;
	/** There is an answer, or the end. */
	uv_cond_t answered;
	/** The part, and the call that is on its way. */
	int holders;
	bool is_asked;
	bool is_closing;
	/** The last text, and when it was made. */
	char *text;
	uint64_t made_at;
};

/* Under the mutex, which it gives back. */
static void
let_go(struct metrics *metrics)
{
	bool is_last = --metrics->holders == 0;

	uv_mutex_unlock(&metrics->mutex);
	if (!is_last)
		return;
	uv_mutex_destroy(&metrics->mutex);
	uv_cond_destroy(&metrics->answered);
	free(metrics->text);
	free(metrics);
}

/* ---------------------------------------------------------------- the loop's */

static bool
is_closing(struct metrics *metrics)
{
	bool it_is;

	uv_mutex_lock(&metrics->mutex);
	it_is = metrics->is_closing;
	uv_mutex_unlock(&metrics->mutex);
	return it_is;
}

/* Others wait for the mutex no longer than for the exchange of a pointer. */
static void
answer(struct raft_server *server, void *context)
{
	struct metrics *metrics = context;
	char *text = NULL, *old;

	if (!is_closing(metrics))
		text = raft_metrics_text(server);
	uv_mutex_lock(&metrics->mutex);
	old = metrics->text;
	metrics->text = text;
	metrics->made_at = uv_hrtime();
	metrics->is_asked = false;
	uv_cond_broadcast(&metrics->answered);
	let_go(metrics);
	free(old);
}

/* --------------------------------------------------------------- the daemon's */

/* Enough so for whoever asks at this time. */
static bool
is_fresh(const struct metrics *metrics, uint64_t now)
{
	return metrics->text != NULL && metrics->made_at + FRESH_NS > now;
}

/* Under the mutex. NULL: it was answered; else a sentence. Whoever waits longer than he
 * can finds the text of the same call at his next attempt. */
static const char *
ask(struct metrics *metrics, uint64_t now)
{
	uint64_t end = now + 1000 * metrics->options.patience_us;

	if (!metrics->is_asked && !metrics->is_closing) {
		metrics->is_asked = true;
		metrics->holders++;
		if (!raft_server_post(metrics->part.server, answer, metrics)) {
			metrics->is_asked = false;
			metrics->holders--;
			return "too many calls wait for the server's loop\n";
		}
	}
	while (metrics->is_asked && !metrics->is_closing && now < end) {
		(void)uv_cond_timedwait(&metrics->answered, &metrics->mutex,
					end - now);
		now = uv_hrtime();
	}
	if (metrics->is_closing)
		return "the server closes\n";
	return metrics->is_asked ? "the server does not answer in time\n"
				 : NULL;
}

/** A copy of a fresh text. NULL: it is there; else a sentence. */
static const char *
take_text(struct metrics *metrics, char **copy)
{
	uint64_t now = uv_hrtime();
	const char *why = NULL;

	uv_mutex_lock(&metrics->mutex);
	if (!is_fresh(metrics, now))
		why = ask(metrics, now);
	*copy = why == NULL && metrics->text != NULL ? strdup(metrics->text)
						     : NULL;
	uv_mutex_unlock(&metrics->mutex);
	return why != NULL || *copy != NULL ? why : "out of memory\n";
}

/** Send it, with a header, and close the connection: nobody need keep one. */
static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned int status,
      struct MHD_Response *response, const char *header, const char *value)
{
	enum MHD_Result result = MHD_NO;

	if (response == NULL)
		return MHD_NO;
	if (MHD_add_response_header(response, header, value) == MHD_YES &&
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
				    "close") == MHD_YES)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned int status, const char *why)
{
	/* It is not changed: the library's own functions take it so. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    strlen(why), (void *)(uintptr_t)why, MHD_RESPMEM_PERSISTENT);

	return reply(connection, status, response, MHD_HTTP_HEADER_ALLOW,
		     MHD_HTTP_METHOD_GET);
}

static enum MHD_Result
serve(struct MHD_Connection *connection, struct metrics *metrics)
{
	struct MHD_Response *response;
	const char *why;
	char *text;

	why = take_text(metrics, &text);
	if (why != NULL)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, why);
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		free(text);
	return reply(connection, MHD_HTTP_OK, response,
		     MHD_HTTP_HEADER_CONTENT_TYPE, RAFT_METRICS_CONTENT_TYPE);
}

static enum MHD_Result
handle(void *context, struct MHD_Connection *connection, const char *url,
       const char *method, const char *version, const char *upload,
       size_t *upload_size, void **is_known)
{
	(void)version, (void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "GET, and nothing else\n");
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND,
			      "there is /metrics, and nothing else\n");
	/* First come the headers alone; then what is uploaded. */
	if (*is_known == NULL || *upload_size > 0) {
		*is_known = context;
		*upload_size = 0;
		return MHD_YES;
	}
	return serve(connection, context);
}

/* -------------------------------------------------------------------- a part */

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct metrics *metrics = part->context;
	const struct raft_metrics_options *options = &metrics->options;

	(void)loop;
	metrics->daemon = MHD_start_daemon(
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
	    handle, metrics, MHD_OPTION_LISTEN_SOCKET, metrics->fd,
	    MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_host_max,
	    MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_END);
	/* The library's, also if it failed: where there was no thread, it has
	 * closed it. */
	metrics->fd = -1;
	if (metrics->daemon == NULL)
		snprintf(error, size, "metrics: no thread for HTTP");
	return metrics->daemon != NULL;
}

static void
close_socket(struct metrics *metrics)
{
	if (metrics->fd >= 0)
		close(metrics->fd);
	metrics->fd = -1;
}

/* The daemon's thread, which may wait for this one, waits no more. */
static void
closing(struct raft_server_part *part)
{
	struct metrics *metrics = part->context;

	uv_mutex_lock(&metrics->mutex);
	metrics->is_closing = true;
	uv_cond_broadcast(&metrics->answered);
	uv_mutex_unlock(&metrics->mutex);
	if (metrics->daemon != NULL)
		MHD_stop_daemon(metrics->daemon);
	close_socket(metrics);
	raft_server_part_gone(part);
	uv_mutex_lock(&metrics->mutex);
	let_go(metrics);
}

static void
fill_in(struct raft_metrics_options *options)
{
	if (options->connections_max == 0)
		options->connections_max = 16;
	if (options->connections_host_max == 0)
		options->connections_host_max = 8;
	if (options->timeout_s == 0)
		options->timeout_s = 5;
	if (options->patience_us == 0)
		options->patience_us = 2000000;
}

static struct metrics *
make(const struct raft_metrics_options *options)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		return NULL;
	if (uv_mutex_init(&metrics->mutex) != 0) {
		free(metrics);
		return NULL;
	}
	if (uv_cond_init(&metrics->answered) != 0) {
		uv_mutex_destroy(&metrics->mutex);
		free(metrics);
		return NULL;
	}
	metrics->options = *options;
	metrics->holders = 1;
	metrics->part.context = metrics;
	metrics->part.attached = attached;
	metrics->part.closing = closing;
	fill_in(&metrics->options);
	return metrics;
}

bool
raft_metrics_open(struct raft_server *server,
		  const struct raft_metrics_options *options, char *error,
		  size_t size)
{
	struct raft_metrics_options own = { 0 };
	struct metrics *metrics;

	if (options != NULL)
		own = *options;
	if (own.address == NULL)
		own.address = raft_server_metrics(server);
	if (own.address[0] == '\0')
		return true;
	metrics = make(&own);
	if (metrics == NULL) {
		snprintf(error, size, "metrics: out of memory");
		return false;
	}
	metrics->fd = raft__metrics_listen(own.address, error, size);
	if (metrics->fd >= 0 &&
	    raft_server_part_add(server, &metrics->part, error, size))
		return true;
	close_socket(metrics);
	uv_mutex_lock(&metrics->mutex);
	let_go(metrics);
	return false;
}

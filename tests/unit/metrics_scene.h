/*
 * Fetching the metrics of a scene's servers over HTTP, while its loop runs, and
 * reading them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_METRICS_SCENE_H
#define OUTRIGGER_METRICS_SCENE_H

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>

#include "assists/metrics/metrics.h"
#include "assists/metrics/metrics_http.h"
#include "tests/unit/server_scene.h"

#define REPLY_BYTES ((size_t)1 << 20)

/** A request, and all that came back until the connection was closed. */
struct fetch {
	uint16_t port;
	const char *request;
	uv_thread_t thread;
	char *reply;
	size_t length;
	/** 0 if there was no answer. */
	int status;
	atomic_bool ended;
};

static inline int
dial(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval limit = { .tv_sec = PATIENCE_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Any thread's. */
static inline void
fetch_now(void *context)
{
	struct fetch *fetch = context;
	int fd = dial(fetch->port);
	ssize_t got;

	fetch->reply = calloc(1, REPLY_BYTES);
	if (fd >= 0 && write(fd, fetch->request, strlen(fetch->request)) > 0)
		while ((got = read(fd, fetch->reply + fetch->length,
				   REPLY_BYTES - 1 - fetch->length)) > 0)
			fetch->length += (size_t)got;
	if (fd >= 0)
		close(fd);
	(void)sscanf(fetch->reply, "HTTP/1.1 %d", &fetch->status);
	atomic_store(&fetch->ended, true);
}

#define GET_METRICS "GET /metrics HTTP/1.1\r\nHost: it\r\n\r\n"

static inline void
fetch_begin(struct fetch *fetch, uint16_t port, const char *request)
{
	*fetch = (struct fetch){ .port = port, .request = request };
	assert_int_equal(uv_thread_create(&fetch->thread, fetch_now, fetch), 0);
}

static inline void
fetch_end(struct fetch *fetch)
{
	uv_thread_join(&fetch->thread);
	free(fetch->reply);
}

/* What came back to this request; until fetch_end(). */
static inline void
fetch(struct scene *scene, struct fetch *fetch, uint16_t port,
      const char *request)
{
	fetch_begin(fetch, port, request);
	assert_true(
	    run_until(&scene->loop, atomic_load(&fetch->ended), PATIENCE_MS));
}

/* What follows the headers. */
static inline const char *
body(const struct fetch *fetch)
{
	const char *end = strstr(fetch->reply, "\r\n\r\n");

	return end != NULL ? end + 4 : "";
}

/* The value of a series, as the text has it; -1: there is none. */
static inline double
value_in(const char *text, const char *series)
{
	char line[256];
	const char *at;

	snprintf(line, sizeof(line), "\noutrigger_%s ", series);
	at = strstr(text, line);
	return at != NULL ? strtod(at + strlen(line), NULL) : -1;
}

#endif

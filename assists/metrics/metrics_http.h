/*
 * raft_metrics_open: the metrics of a server over HTTP, for Prometheus to fetch.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	server = raft_server_open(folder, ...);
 *	raft_metrics_open(server, NULL, error, sizeof(error));
 *	raft_server_run(server, NULL, error, sizeof(error));
 *
 * It is a part of the server (raft_server_part_add) and ends with it. A thread of
 * libmicrohttpd's speaks HTTP, so that strangers do not take the time of the loop;
 * the loop makes the text, ten times a second at most: whoever asks more often gets
 * the last one again.
 *
 * GET /metrics is answered, and nothing else. There is no authentication and no
 * secrecy: listen on an address that only those can reach who may know.
 */
#ifndef OUTRIGGER_METRICS_HTTP_H
#define OUTRIGGER_METRICS_HTTP_H

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is NULL or 0 has its default. */
struct raft_metrics_options {
	/** Where to listen: HOST:PORT, an IPv6 address in brackets. NULL: where
	 *  the line `metrics` of server.conf says; if there is none, nothing is
	 *  served. For a name the DNS is asked, and raft_metrics_open() waits for
	 *  the answer. */
	const char *address;
	/** Connections at a time; 16. Those above it wait until one ends, */
	unsigned int connections_max;
	/** and from one address; 8. Those above it are closed. */
	unsigned int connections_host_max;
	/** Seconds without a byte after which a connection ends; 5. */
	unsigned int timeout_s;
	/** How long the loop is waited for; 2 s. Then the answer is 503. */
	uint64_t patience_us;
};

/** Listen at once, and serve from when the server is attached until it is closed.
 *  Before raft_server_attach() or after it. Resolving the host blocks. False:
 *  refused, and `error` (of `size` bytes) says why. */
RAFT_API RAFT_MUST_USE bool
raft_metrics_open(struct raft_server *server,
		  const struct raft_metrics_options *options, char *error,
		  size_t size);

#ifdef __cplusplus
}
#endif

#endif

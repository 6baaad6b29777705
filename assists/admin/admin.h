/*
 * raft_admin: a socket in a server's folder, admin.socket, by which its operator asks
 * how it is and changes the cluster. outrigger-ctl is its client.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever may open the socket may do everything: it belongs to the user whose server
 * it is, with mode 0600, and there is no other secret.
 *
 * A request is a line of JSON, an object with "verb" and what the verb needs; its
 * answer is another, with "result" (OK, REFUSED, ..., as raft_server_result_name()
 * has it) and, unless that is OK, with "why", a sentence. Before the answer there may
 * be lines with "progress", a sentence. One connection may ask again and again.
 * outrigger-ctl(1) has the verbs and the names in the answers.
 *
 * All of it is bounded: so many connections, so long a line, one request of each at a
 * time, and who is silent for a minute is let go, or after a second if another waits.
 * If another waits, whoever came first of those who were answered and ask nothing gives
 * way at once, too, and may come again.
 */
#ifndef OUTRIGGER_ADMIN_H
#define OUTRIGGER_ADMIN_H

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Connections at once. Who comes when they are all taken waits in line. */
#define RAFT_ADMIN_CONNECTIONS_MAX 16
/** The bytes of a request, at most, with the newline. */
#define RAFT_ADMIN_LINE_BYTES ((size_t)64 << 10)

/** What a program changes. All of it may be left out. */
struct raft_admin_options {
	/** What it tells as its metrics, in the text format of Prometheus: a text
	 *  that is given to free(); NULL: out of memory. Without this function the
	 *  server's own, raft_metrics_text(). */
	char *(*metrics)(void *context);
	/** Handed to it. */
	void *metrics_context;
};

/**
 * Give a server its socket, from when it is attached until it closes; before
 * raft_server_attach() or after. What is left of one that died is replaced. `options`
 * may be NULL. False: refused, and `error` (of `size` bytes) says why.
 */
RAFT_API RAFT_MUST_USE bool
raft_admin_open(struct raft_server *server,
		const struct raft_admin_options *options, char *error,
		size_t size);

#ifdef __cplusplus
}
#endif

#endif

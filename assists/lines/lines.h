/*
 * raft_lines: a port at which the clients of a server say lines, and are answered
 * with lines.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is a part of a server (raft_server_part_add), and ends with it. A client says a
 * line; the next that it says is taken when that one has been answered. Nobody proves
 * here who he is, so what clients can have is bounded: so many of them, lines of such
 * a length, and so long without a word. When there are more who want in, whoever has
 * said nothing for a second gives way to them.
 */
#ifndef OUTRIGGER_LINES_H
#define OUTRIGGER_LINES_H

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of an answer, at most: the rest is cut off. */
#define RAFT_LINES_ANSWER_BYTES 4096

/** A client that has said a line, and waits for the answer. */
struct raft_lines_client;

/** How a port is opened. What is 0 has its default. */
struct raft_lines_options {
	/** Where to listen: HOST:PORT, the host being a name, an IPv4 address, or
	 *  an IPv6 address in brackets. For a name the DNS is asked when the server
	 *  is attached, and its loop waits for the answer. */
	const char *address;
	/** A client has said this line, which has no end of line and no NUL in
	 *  it, and lives until this returns. Answer it, now or later. */
	void (*take)(void *context, struct raft_lines_client *client,
		     const char *line);
	/** Handed to `take`. */
	void *context;
	/** Clients at once; 256, and never more than a quarter of the descriptors
	 *  that the process may have: peers need some, too. */
	uint32_t clients_max;
	/** Bytes of a line with its end; 512, and 64 KiB at most. Who says a longer
	 *  one is let go. */
	uint32_t line_bytes_max;
	/** Who says nothing for so long is let go; 60 s. */
	uint64_t idle_us;
};

/** Open a port, before the server is attached or after; it listens while the server
 *  is. False: refused, and `error` (of `size` bytes) says why. */
RAFT_API RAFT_MUST_USE bool
raft_lines_open(struct raft_server *server,
		const struct raft_lines_options *options, char *error,
		size_t size);

/** Answer the line that was taken from this client: once, and no later than what was
 *  asked of the server for it has ended. The next is taken when the client has read
 *  the answer, and one that does not read is let go like one that says nothing. */
RAFT_API void
raft_lines_answer(struct raft_lines_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif

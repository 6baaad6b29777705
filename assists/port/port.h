/*
 * raft_port: a port at which the clients of a server send bytes of a protocol of the
 * program's own, and are answered.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is a part of a server (raft_server_part_add), and ends with it. What a client has
 * sent is shown to the program, which takes of it what it can: a request, or several.
 * What it cannot answer at once it asks the server for, and holds the client meanwhile;
 * bytes are read on up to a limit, and nothing is shown. A client that does not read
 * what it is told is shown no further either, so that answers do not pile up.
 *
 * Nobody need prove here who he is, so what clients can have is bounded: so many of
 * them, so many bytes of each, and so long without a request. When there are more who
 * want in, whoever has asked for nothing for a second gives way to them.
 *
 * For a protocol of lines there is assists/lines.
 */
#ifndef OUTRIGGER_PORT_H
#define OUTRIGGER_PORT_H

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Somebody who is connected. */
struct raft_port_client;

/** How a port is opened. What is 0 has its default. */
struct raft_port_options {
	/** Where to listen: HOST:PORT, the host being a name, an IPv4 address, or
	 *  an IPv6 address in brackets. For a name the DNS is asked when the server
	 *  is attached, and its loop waits for the answer. */
	const char *address;
	/** What this client has sent and what was not taken yet; it lives until this
	 *  returns. Returns how many bytes, from the first on, are done with. The
	 *  others are shown again: at once if some were taken, else with more behind
	 *  them, or when the client was held and is so no more. One that has sent
	 *  input_bytes_max of which none is taken is let go. */
	size_t (*take)(void *context, struct raft_port_client *client,
		       const void *bytes, size_t length);
	/** A client is forgotten: let go of what raft_port_own() has. NULL: there
	 *  is nothing. */
	void (*gone)(void *context, struct raft_port_client *client);
	/** The port is gone, and calls nothing any more. NULL: nobody need know. */
	void (*closed)(void *context);
	/** Handed to all of them. */
	void *context;
	/** Bytes of the program's own for each client. */
	size_t own_bytes;
	/** Clients at once; 256, and never more than a quarter of the descriptors
	 *  that the process may have: peers need some, too. */
	uint32_t clients_max;
	/** Bytes of a client that wait to be taken; 64 KiB. */
	uint32_t input_bytes_max;
	/** Who has had nothing taken for so long is let go; 60 s. */
	uint64_t idle_us;
	/** Clients speak TLS 1.3, and are shown this certificate; with authorities
	 *  they have to show one of those. They are read again when the servers'
	 *  own are (raft_server_reload), and live as long as the server. NULL: no
	 *  TLS. */
	const struct raft_tls_files *tls;
};

/** Open a port, before the server is attached or after; it listens while the server
 *  is. False: refused, and `error` (of `size` bytes) says why. */
RAFT_API RAFT_MUST_USE bool
raft_port_open(struct raft_server *server,
	       const struct raft_port_options *options, char *error,
	       size_t size);

/** The program's bytes for this client, all 0 when it comes, aligned for anything. */
RAFT_API void *raft_port_own(struct raft_port_client *client);

/** Tell it this, behind what it was told before. Copied. */
RAFT_API void raft_port_tell(struct raft_port_client *client, const void *bytes,
			     size_t length);

/** From within `take`: show nothing of it until raft_port_resume(), for as long as
 *  something that was asked of the server for it has not ended. It stays known, even
 *  if the connection has ended. */
RAFT_API void raft_port_hold(struct raft_port_client *client);

/** What it was held for has ended: what it was told is sent, and what it has sent
 *  is shown, from within. It may be forgotten when this returns. */
RAFT_API void raft_port_resume(struct raft_port_client *client);

/** Show no more of it, and let it go when it has read what it was told. */
RAFT_API void raft_port_dismiss(struct raft_port_client *client);

#ifdef __cplusplus
}
#endif

#endif

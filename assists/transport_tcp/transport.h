/*
 * The inside of raft_tcp: a transport has peers and sockets; a peer has at most
 * one socket that was dialed and one that was taken, and while one of them is
 * replaced, another of the kind.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who knows what: link.c the bytes, stream.h what becomes of them on the
 * network, socket.c TCP, peer.c when to dial, transport_tcp.c who is who.
 *
 * Memory that libuv knows is freed in libuv's callbacks only. So whatever a
 * callback of the user ends is still there when the callback returns.
 */
#ifndef OUTRIGGER_TRANSPORT_H
#define OUTRIGGER_TRANSPORT_H

#include <sys/queue.h>

#include <uv.h>

#include "assists/transport_tcp/link.h"
#include "assists/transport_tcp/stream.h"
#include "assists/transport_tcp/transport_tcp.h"

/* Of one write. More than this many, and libuv would allocate. */
#define RAFT_SOCKET_SPANS 4

struct raft_peer;

struct raft_socket {
	uv_tcp_t handle;
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct raft_tcp *transport;
	/** Whom it was dialed for, or who said hello; NULL: nobody yet, or the
	 *  peer has been removed. */
	struct raft_peer *peer;
	struct raft_link link;
	/** A write is under way. */
	bool writing;
	bool connected;
	/** All was said: it is only read until the other side ends it. */
	bool retired;
	TAILQ_ENTRY(raft_socket) siblings;
};

struct raft_peer {
	struct raft_tcp *transport;
	uint64_t id;
	char *host;
	uint16_t port;
	/** What waits for `out`; emptied when that ends. */
	struct raft_queue queue;
	/** Dialed, from the first attempt on; NULL: waiting for `redial`. */
	struct raft_socket *out;
	/** Dialed to take the place of `out`; NULL: none is. */
	struct raft_socket *fresh;
	/** The one before `out`, retired. */
	struct raft_socket *past;
	/** A renewal is wanted, when the one under way is done. */
	bool renews_again;
	/** Taken, from its hello on. */
	struct raft_socket *in;
	/** The one before `in`, of the same life of the peer: it may still have
	 *  something to say. */
	struct raft_socket *before;
	uv_timer_t redial;
	uv_getaddrinfo_t lookup;
	/** `lookup` is under way. */
	bool resolving;
	/** Removed; lives on until libuv lets go of redial and lookup. */
	bool leaving;
	/** Dials since the last welcome. */
	unsigned attempts;
	LIST_ENTRY(raft_peer) siblings;
};

struct raft_tcp {
	uv_loop_t *loop;
	struct raft_tcp_options options;
	struct raft_link_rules rules;
	const struct raft_stream *stream;
	uv_tcp_t listener;
	uv_timer_t watch;
	uint16_t port;
	/** All of them, oldest first. */
	TAILQ_HEAD(raft_sockets, raft_socket) sockets;
	LIST_HEAD(, raft_peer) peers;
	/** Sockets taken whose hello has not come. */
	size_t half_open;
	/** A connection could not be taken for lack of memory. */
	bool accept_owed;
	/** Handles and lookups that libuv still knows. */
	size_t pending;
	bool closing;
	void (*closed)(void *context);
	void *closed_context;
};

/** One thing less that libuv knows. */
void raft__tcp_let_go(struct raft_tcp *transport);

/** The loop's time in microseconds. */
uint64_t raft__tcp_now(const struct raft_tcp *transport);

/** A socket has ended: why, and whether its link was open. */
void raft__tcp_socket_ended(struct raft_socket *socket,
			    enum raft_link_counter why, bool was_open);

/** Connect to an address for a peer, as its `out` or `fresh`, which stays NULL
 *  if it cannot even be tried. */
void raft__socket_dial(struct raft_peer *peer, const struct sockaddr *address,
		       struct raft_socket **place);

/** Say that this was all, and end when the other side has heard it. No write is
 *  under way. */
void raft__socket_retire(struct raft_socket *socket);

/** Take a connection. UV_EAGAIN: there is none; UV_ENOMEM. */
int raft__socket_accept(struct raft_tcp *transport);

/** Write what waits, unless a write is under way, which will do it. */
void raft__socket_flush(struct raft_socket *socket);

/** Time has passed; see raft__link_watch. */
void raft__socket_watch(struct raft_socket *socket);

/** Close it and tell raft__tcp_socket_ended, once. Freed later. */
void raft__socket_end(struct raft_socket *socket, enum raft_link_counter why);

/** Make a peer and dial it. 0 or an error of libuv. */
int raft__peer_create(struct raft_tcp *transport,
		      const struct raft_tcp_peer *where);

/** Dial it once more; `out` goes on until that is up. One renewal at a time:
 *  of two connections the other side knows which is the newer. */
void raft__peer_renew(struct raft_peer *peer);

/** `fresh` or `past` is gone. */
void raft__peer_renewed(struct raft_peer *peer);

/** Let `fresh` take the place of `out` if it can: it is up, and `out` is
 *  between two frames. */
void raft__peer_switch(struct raft_peer *peer);

/** Its `out` is gone: dial again after a while, unless there is a fresh one. */
void raft__peer_lost(struct raft_peer *peer);

/** It is up: do not wait any longer before dialing it. */
void raft__peer_nudge(struct raft_peer *peer);

/** End its sockets and forget it. */
void raft__peer_destroy(struct raft_peer *peer);

#endif

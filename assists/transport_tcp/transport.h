/*
 * The inside of raft_tcp: a transport has peers and sockets; a peer has at most
 * one socket that was dialed and one that was taken, and while one of them is
 * replaced, another of the kind.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who knows what: link.c the bytes, stream.h what becomes of them on the
 * network, socket.c TCP, unix.c Unix sockets, peer.c when to dial, arrivals.c whom to take,
 * guests.c who is welcome without being a peer, upgrade.c which connections go
 * through a stream, transport_tcp.c who is who.
 *
 * Memory that libuv knows is freed in libuv's callbacks only. So whatever a
 * callback of the user ends is still there when the callback returns.
 */
#ifndef OUTRIGGER_TRANSPORT_H
#define OUTRIGGER_TRANSPORT_H

#include <netinet/in.h>
#include <sys/types.h>
#include <sys/un.h>

#include <uv.h>

#include "assists/system/system.h"
#include "assists/transport_tcp/allowance.h"
#include "assists/transport_tcp/link.h"
#include "assists/transport_tcp/stream.h"
#include "assists/transport_tcp/transport_tcp.h"

/* Of one write. More than this many, and libuv would allocate. */
#define RAFT_SOCKET_SPANS 4

/* A flood waits here with everybody else. */
#define RAFT_TCP_BACKLOG 511

/* Addresses of strangers have one allowance each of so many. */
#define RAFT_ARRIVAL_HOSTS 256

struct raft_peer;

/** Where a connection that was taken comes from. */
enum raft_arrival {
	RAFT_ARRIVAL_STRANGE,
	/** An address at which a peer is. */
	RAFT_ARRIVAL_KNOWN,
	/** Anywhere, and it is welcome without being a peer. */
	RAFT_ARRIVAL_GUEST,
	RAFT_ARRIVAL_COUNT
};

/** What those get who have not said who they are, and guests; see arrivals.c. */
struct raft_arrivals {
	/** Fires when some of those who wait can go on. */
	uv_timer_t resume;
	/** A connection waits to be taken: for memory, or for time. */
	bool owed;
	uint32_t seed;
	/** Connections of strangers. */
	struct raft_allowance all;
	struct raft_allowance hosts[RAFT_ARRIVAL_HOSTS];
	/** Time of the loop. */
	struct raft_allowance door;
	struct raft_allowance time[RAFT_ARRIVAL_COUNT];
	/** Lines of trace, and connections that got none. */
	struct raft_allowance lines[RAFT_ARRIVAL_COUNT];
	uint64_t untold[RAFT_ARRIVAL_COUNT];
	/** When these were counted last. */
	uint64_t told_at;
};

struct raft_socket {
	/** Of a Unix socket as well: see unix.c. */
	uv_tcp_t handle;
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct raft_tcp *transport;
	/** Whom it was dialed for, or who said hello; NULL: nobody yet, or the
	 *  peer has been removed. */
	struct raft_peer *peer;
	struct raft_link link;
	/** What its bytes go through. */
	const struct raft_stream *stream;
	/** It was taken while both kinds are, and has said nothing yet: so far the
	 *  stream is the plain one. */
	bool is_either;
	/** A write is under way. */
	bool writing;
	/** The loop's turn in which it was last written to at once. */
	uint64_t written_in;
	bool connected;
	/** All was said: it is only read until the other side ends it. */
	bool retired;
	/** Of one that was taken. A stranger's host is its network. */
	enum raft_arrival arrival;
	struct in6_addr host;
	/** It is not read, because those like it had their time. */
	bool waits;
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
	/** While `out` is plain and should not be: when to try again. */
	uint64_t upgrades_at;
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
	/** Dials since the last welcome, and welcomes. */
	unsigned attempts;
	uint64_t opened;
	/** When something came last over connections that have ended, and the term of
	 *  the last message; 0: never. */
	uint64_t heard_at;
	uint64_t term;
	/** Why one ended last, or could not be made, and when. */
	char failure[RAFT_TCP_FAILURE_BYTES];
	uint64_t failed_at;
	/** Where it was dialed last, and came from last. */
	struct in6_addr dialed_at;
	struct in6_addr came_from;
	/** Connections from there. */
	struct raft_allowance arrivals;
	LIST_ENTRY(raft_peer) siblings;
};

struct raft_tcp {
	uv_loop_t *loop;
	struct raft_tcp_options options;
	struct raft_link_rules rules;
	/** NULL: all is plain. */
	const struct raft_stream *stream;
	enum raft_tcp_mode mode;
	uv_tcp_t listener;
	/** The file of a Unix socket that listens; NULL: it is none. */
	char *own_path;
	ino_t own_inode;
	uv_timer_t watch;
	/** Counts the loop's turns, from 1. */
	uv_check_t turn;
	uint64_t turns;
	uint16_t port;
	/** All of them, oldest first. */
	TAILQ_HEAD(raft_sockets, raft_socket) sockets;
	LIST_HEAD(, raft_peer) peers;
	struct raft_arrivals arrivals;
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

/** One line about a connection: that it is open, or how it has ended. */
void
raft__tcp_trace(const struct raft_socket *socket, enum raft_link_counter what);

/** A line for whoever wants to read it. */
void raft__tcp_tell(const struct raft_tcp *transport, uint64_t peer,
		    enum raft_link_counter what, const char *text);

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

/** Take a connection, or turn it away. UV_EAGAIN: there is none; UV_ENOMEM: it
 *  is still there. */
int raft__socket_accept(struct raft_tcp *transport);

/** Whether a host is unix:/PATH. */
bool raft__unix_is(const char *host);
/** Read such a host. 0 or an error of libuv. */
int raft__unix_read(const char *host, struct sockaddr_un *address);
/** The other way; the address of whoever connected to us has no path. */
void raft__unix_print(const struct sockaddr *address, char *text, size_t size);
/** What stands for this machine's own processes among hosts. */
void raft__unix_host(struct in6_addr *host);
/** Connect, now or not at all. 0 or an error of libuv. */
int raft__unix_connect(uv_tcp_t *handle, const struct sockaddr *address);
/** Listen there, at what a dead process may have left behind. Likewise. */
int raft__unix_listen(struct raft_tcp *transport, const char *host);
/** Remove the file of the socket that listens, if there is one. */
void raft__unix_leave(struct raft_tcp *transport);

/** Read from it, from now on. */
void raft__socket_listen(struct raft_socket *socket);

/** Write what waits, unless a write is under way, which will do it. */
void raft__socket_flush(struct raft_socket *socket);

/** Time has passed; see raft__link_watch. */
void raft__socket_watch(struct raft_socket *socket);

/** Close it and tell raft__tcp_socket_ended, once. Freed later. */
void raft__socket_end(struct raft_socket *socket, enum raft_link_counter why);

/** What a new one begins with: its stream. */
void raft__stream_choose(struct raft_socket *socket, bool is_dialed);

/** The first bytes came on one that is of either kind; they lie where a hello does.
 *  False: out of memory. */
bool raft__stream_recognise(struct raft_socket *socket, size_t length);

/** It goes through no stream, though there is one. */
bool raft__stream_is_missing(const struct raft_socket *socket);

/** Whether it has to end, because of that. */
bool raft__stream_is_overdue(const struct raft_socket *socket);

/** Time has passed: what is plain still is dialed once more. */
void raft__stream_watch(struct raft_tcp *transport);

/** Whether a peer's frames, in its queue, need no checksum. */
bool raft__stream_seals_all(const struct raft_tcp *transport);

/** The host's part of an address, IPv4 as IPv6 has it; none of others. */
void raft__address_read(const struct sockaddr *address, struct in6_addr *host);
/** The same of the other end, all of it. */
void raft__address_of(const struct raft_socket *socket, struct in6_addr *host);
/** Leave what is the same for one stranger: who has one address of IPv6 has as a
 *  rule the 2^64 around it; one of IPv4 stays. */
void raft__address_blur(struct in6_addr *host);

/** Somebody dials: for uv_listen. */
void raft__arrivals_take(uv_stream_t *listener, int status);

/** Let those go on who waited for time: for arrivals->resume. */
void raft__arrivals_resume(uv_timer_t *timer);

/** Time has passed. */
void raft__arrivals_watch(struct raft_tcp *transport);

/** Whether one that was just taken may stay; it is known then where it comes
 *  from. */
bool raft__arrival_is_admitted(struct raft_socket *socket);

/** It stays: if there are too many of its kind now, an older one ends. */
void raft__arrival_limit(struct raft_socket *newest);

/** Whether its time is: nothing shows yet who it is, or it is a guest. */
bool raft__arrival_is_limited(const struct raft_socket *socket);

/** Whether there is time to read from it; else it waits for some. */
bool raft__arrival_may_speak(struct raft_socket *socket);

/** Around all that is done for one that is limited: what _begin returned is given
 *  to _spent. */
uint64_t raft__arrival_begin(const struct raft_socket *socket);
void raft__arrival_spent(struct raft_socket *socket, uint64_t began);

/** Whether there is a line left for it, which never got in or is a guest; else it
 *  is counted. */
bool raft__arrival_is_told(struct raft_socket *socket);

/** Whether to welcome somebody who is no peer: RAFT_LINK_OK, and an older guest
 *  ends if there are too many now. */
enum raft_link_counter raft__guest_welcome(struct raft_socket *socket);

/** It is a peer now: what it dialed as a guest is that peer's. */
void raft__guests_adopt(struct raft_peer *peer);

/** NULL: nobody has this ID. */
struct raft_peer *
raft__peer_find(const struct raft_tcp *transport, uint64_t id);

/** It has dialed us and said hello. */
void raft__peer_take(struct raft_peer *peer, struct raft_socket *socket);

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

/** What is known of it, to whoever asks. */
void raft__peer_status(const struct raft_peer *peer,
		       struct raft_tcp_peer_status *status);

/** See raft_tcp_is_secret. */
bool raft__peer_is_secret(const struct raft_peer *peer);

/** A connection with it has ended, or could not be made. `reason` may be "". */
void
raft__peer_failed(struct raft_peer *peer, const char *why, const char *reason);

/** Its `out` is gone: dial again after a while, unless there is a fresh one. */
void raft__peer_lost(struct raft_peer *peer);

/** It is up: do not wait any longer before dialing it. */
void raft__peer_nudge(struct raft_peer *peer);

/** End its sockets and forget it. */
void raft__peer_destroy(struct raft_peer *peer);

#endif

/*
 * raft_tcp: messages between members over TCP, on the user's own libuv loop.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every server listens, and dials each of its peers: a connection carries
 * messages from the one who dialed it. Both sides say hello (cluster, id,
 * incarnation, version) before anything else and refuse each other with a
 * reason if they do not match. A lost connection is dialed again, at first
 * after some 10 ms, then more and more slowly.
 *
 * A program may say other things to the servers of its cluster than Raft does, over
 * the same connections: a note is bytes of its own, which raft_tcp_post() takes and
 * `noted` gives out at the other end, in order, whole or not at all, each once at
 * most. Raft's votes and heartbeats go before notes; appends and notes go in turn.
 * And it may hear those who are no peers yet, as guests: see `guest`.
 *
 * However many dial it, those who have not said hello get three eighths of the loop's
 * time at most, and strangers, who come from no peer's address, a quarter. Guests
 * get another eighth together, which is also what `noted` takes for them.
 *
 * Alone it has no authentication and no secrecy: whoever reaches the port can
 * pose as a peer. Use it in a network that you trust, or with TLS
 * (assists/transport_tls), which is one more option here, and which servers that run
 * without it can be given (raft_tcp_use_stream).
 *
 * libuv leaves SIGPIPE to the program, which must ignore it: a peer that goes away
 * would end the process otherwise.
 *
 * All functions and callbacks belong to the thread of the loop. A program with
 * another loop polls uv_backend_fd(loop) for input, at most for as long as
 * uv_backend_timeout(loop) says, and then calls uv_run(loop, UV_RUN_NOWAIT).
 *
 * The first message of a turn to an idle peer is written at once, so that it is
 * under way before the log's disk write; more of the same turn follow in one
 * write as soon as the loop comes round.
 */
#ifndef OUTRIGGER_TRANSPORT_TCP_H
#define OUTRIGGER_TRANSPORT_TCP_H

#include <uv.h>

#include "assists/node/node.h"
#include "assists/transport_tcp/counters.h"
#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_stream;
struct raft_tcp;

/** Which connections go through the stream of a transport that has one. While some
 *  need not, whoever reaches the port can pose as a peer, as without a stream. */
enum raft_tcp_mode {
	/** All: one that is plain is refused. */
	RAFT_TCP_REQUIRES,
	/** Those that others make so: both kinds are taken. Dialed is plain. */
	RAFT_TCP_ACCEPTS,
	/** And those that are dialed: both kinds are taken. */
	RAFT_TCP_PREFERS,
};

/** The bytes that name a cluster. */
#define RAFT_TCP_CLUSTER_BYTES 16

/** All is copied by raft_tcp_create. A limit of 0 is its default. */
struct raft_tcp_options {
	/** This server. */
	struct raft_identity self;
	/** The same for all servers of a cluster and for no other. */
	uint8_t cluster[RAFT_TCP_CLUSTER_BYTES];
	/** Where to listen: a name or an address, IPv4 or IPv6; or unix:/PATH, a
	 *  Unix socket of mode 0600, for servers of one user on one machine. Its
	 *  file is removed at the end, and one that a dead process has left behind
	 *  is replaced. */
	const char *host;
	/** 0: any free one; see raft_tcp_port(). A Unix socket has none. */
	uint16_t port;
	/** A message from a peer. Borrowed until return; payloads that are kept
	 *  are held. */
	void (*receive)(void *context, const struct raft_message *message);
	/** The peer's host closed (FIN or RST) the last connection with it, for
	 *  raft_peer_closed(). Never for silence, nor for a connection that was
	 *  refused or lost otherwise. A server that was itself stopped until
	 *  its peers gave it up is told so too. NULL: not told. */
	void (*closed)(void *context, uint64_t peer);
	/** One line a connection made or ended, for a person; NULL: none. Of
	 *  those who did not get in, and of guests, some forty, then one a
	 *  second, and now and then how many more there were. The text lives
	 *  until it returns. It must not call the transport. */
	void (*trace)(void *context, const char *text);
	/** In the place of `trace`, for a program: also with whom, 0 if that is not
	 *  known, and what became of it: OPENED_OUT, OPENED_IN, OPENED_GUEST, how it
	 *  has ended, or OK: some more came or went. */
	void (*traced)(void *context, uint64_t peer,
		       enum raft_link_counter what, const char *text);
	/** A note from `from`, a peer or a guest. Of one byte and more, at any
	 *  alignment; borrowed until return. It may call the transport. NULL:
	 *  notes are dropped and counted. */
	void (*noted)(void *context, struct raft_identity from, bool guest,
		      const void *bytes, size_t length);
	/** Somebody dials us who is no peer, but whose hello is in order: it is
	 *  of this cluster, means us, and has the ID of its certificate if there
	 *  are any. True: it is welcome as a guest. Its notes are taken; Raft's
	 *  messages are dropped and counted, and no frame of it may be larger
	 *  than a note. As soon as it is a peer by raft_tcp_peer_add() its
	 *  connection is that peer's. Without TLS whoever reaches the port can
	 *  say that it is anybody. It must not call the transport. NULL or
	 *  false: it is refused. */
	bool (*guest)(void *context, struct raft_identity who);
	/** Of the six above. */
	void *context;

	/** An encoded message, sent or received; 20 MiB. Should be the same
	 *  everywhere, and no less than the message_bytes_max of raft_node. */
	size_t message_bytes_max;
	/** Appends and parts of snapshots that wait for one peer: their bytes,
	 *  64 MiB; */
	size_t queue_bytes_max;
	/** and their number, 4096. Of messages without entries twice as many
	 *  may wait: bulk does not push out heartbeats and votes. */
	size_t queue_messages_max;
	/** A note, sent or received; 1 MiB. Should be the same everywhere: whoever
	 *  gets a larger one ends the connection. */
	size_t note_bytes_max;
	/** Notes that wait for one peer, in bytes with 16 more for each; 16 MiB.
	 *  If none wait, one of any size may. */
	size_t note_queue_bytes_max;
	/** Guests' connections; 16. Above it the oldest is closed. One guest has
	 *  two at most, the older of which ends when it makes a third. */
	size_t guests_max;
	/** What the kernel may take of a connection beyond what it can send at
	 *  once (TCP_NOTSENT_LOWAT), 128 KiB: what it has taken, no heartbeat
	 *  or vote overtakes. At most 1 GiB. */
	uint32_t unsent_bytes_max;
	/** Connections taken that have not said hello, of strangers: who come
	 *  from no address at which a peer is; 64. Above it the oldest is
	 *  closed. */
	size_t half_open_max;
	/** Likewise from one address, 16; for each peer that is there as
	 *  many. With IPv6 a stranger's network of 64 bits is his address. */
	size_t half_open_host_max;
	/** Connections of strangers that are taken a second, 128: others are
	 *  closed at once; */
	uint32_t arrivals_max;
	/** and from one address, 32; for each peer that is there as many. */
	uint32_t arrivals_host_max;
	/** Time for a connection and its hellos; 2 s. */
	uint64_t hello_us;
	/** A connection on which nothing comes for so long is dropped; 10 s.
	 *  Both ends send a beat every quarter of the shorter of this and
	 *  hello_us; so the limit should be the same everywhere. */
	uint64_t stall_us;
	/** A peer is dialed again after this, 10 ms; twice as long after each
	 *  failure, and at most that, 1 s. Half of it is random. */
	uint64_t redial_us_min;
	/** The longest of these waits. */
	uint64_t redial_us_max;

	/** What the bytes go through, as raft_tls_stream() of
	 *  assists/transport_tls; it outlives the transport's connections. NULL:
	 *  nothing, they are sent as they are. */
	const struct raft_stream *stream;
	/** Which of them do. */
	enum raft_tcp_mode mode;
};

/**
 * Listen on the loop, which outlives it. 0, or a negative error of libuv
 * (uv_strerror), with *transport NULL; even then the loop must run once more
 * before uv_loop_close. Resolving options->host blocks.
 */
RAFT_API RAFT_MUST_USE int
raft_tcp_create(uv_loop_t *loop, const struct raft_tcp_options *options,
		struct raft_tcp **transport);

/** Close everything; `closed`, which may be NULL, is called when all is gone,
 *  from the loop. No other callback comes any more. May be called from any
 *  callback. */
RAFT_API void raft_tcp_close(struct raft_tcp *transport,
			     void (*closed)(void *context), void *context);

/** The port that it listens on. */
RAFT_API uint16_t raft_tcp_port(const struct raft_tcp *transport);

/**
 * Have connections go through this stream from now on, as `mode` says: one that the
 * transport has, or the first one. So servers change from plain connections to a
 * stream's, or back, while they run: all of them accept it, then all prefer it, then
 * all require it.
 *
 * What was dialed plain and is not to be is dialed anew, again and again, and goes on
 * until that is up, so that no message is lost. When the stream is required, a plain connection that was
 * taken ends at once, and one that was dialed ends at the latest when it could not be
 * dialed anew. 0; UV_EINVAL: none is given; UV_EEXIST: the transport has another.
 */
RAFT_API RAFT_MUST_USE int raft_tcp_use_stream(struct raft_tcp *transport,
					       const struct raft_stream *stream,
					       enum raft_tcp_mode mode);

/** Where a peer is. */
struct raft_tcp_peer {
	/** 1 and up, not ours. */
	uint64_t id;
	/** A name, resolved at each dial, an address, or unix:/PATH. Copied. */
	const char *host;
	/** Where it listens. */
	uint16_t port;
};

/** Dial a peer from now on and take connections from it. UV_EEXIST: it is one
 *  already. UV_EINVAL, UV_ENOMEM. */
RAFT_API RAFT_MUST_USE int
raft_tcp_peer_add(struct raft_tcp *transport, const struct raft_tcp_peer *peer);

/** Close the connections with a peer and forget it. Harmless for a stranger. */
RAFT_API void raft_tcp_peer_remove(struct raft_tcp *transport, uint64_t id);

/** Send, or drop and count: message->to.id is no peer, or its queue is full.
 *  Nothing of the message is kept. */
RAFT_API void
raft_tcp_send(struct raft_tcp *transport, const struct raft_message *message);

/**
 * Send a note to a peer: it is copied. 0, or nothing was done:
 *
 *  - UV_ENOTCONN: it is no peer, or there is no connection to it now;
 *  - UV_ENOBUFS: too much waits for it. Try again later;
 *  - UV_EMSGSIZE: it is above note_bytes_max;
 *  - UV_EINVAL: it has no byte;
 *  - UV_ENOTSUP: the peer runs a build that knows no notes;
 *  - UV_ENOMEM.
 *
 * What was taken may be lost with the connection, as every message may. A guest
 * is no peer: to answer it, make it one.
 */
RAFT_API RAFT_MUST_USE int raft_tcp_post(struct raft_tcp *transport,
					 uint64_t to, const void *bytes,
					 size_t length);

/** The table for struct raft_node_options; its context is the transport. */
RAFT_API extern const struct raft_node_transport raft_tcp_transport;

/** How often that happened, since it was made. */
RAFT_API uint64_t raft_tcp_counter(const struct raft_tcp *transport,
				   enum raft_link_counter counter);

/** Room for what is said of a connection that failed. */
#define RAFT_TCP_FAILURE_BYTES 256

/** How it is with the connections to a peer. */
struct raft_tcp_peer_status {
	/** We can send to it. */
	bool open_out;
	/** It can send to us. */
	bool open_in;
	/** What we send goes through no stream, or did and may not have arrived. */
	bool plain_out;
	/** What it sends goes through none, or what may still come over the
	 *  connection before. */
	bool plain_in;
	/** What waits for it, in bytes. */
	size_t queue_bytes;
	/** How many messages that is. */
	size_t queue_messages;
	/** And of notes, in bytes. */
	size_t note_bytes;
	/** How often we connected to it. */
	uint64_t opened;
	/** How long ago anything came from it, a beat perhaps; UINT64_MAX: nothing
	 *  ever did. */
	uint64_t silent_us;
	/** There and back, as the kernel measures it; 0: not known. */
	uint64_t round_trip_us;
	/** Of its last message; 0: none came. */
	uint64_t term;
	/** Why a connection with it ended last, or could not be made, for a person;
	 *  "": none did but for newer ones. */
	char failure[RAFT_TCP_FAILURE_BYTES];
	/** And how long ago. */
	uint64_t failed_us;
};

/** False: it is no peer. */
RAFT_API bool raft_tcp_peer_status(const struct raft_tcp *transport,
				   uint64_t id,
				   struct raft_tcp_peer_status *status);

/** Whether we can send to a peer and it to us, and nothing between us is plain: as its
 *  status says, for whoever asks often. False: or it is no peer. */
RAFT_API bool raft_tcp_is_secret(const struct raft_tcp *transport, uint64_t id);

#ifdef __cplusplus
}
#endif

#endif

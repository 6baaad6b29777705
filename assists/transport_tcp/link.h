/*
 * A link: one end of one connection, without the connection. Bytes that came
 * are given to it, bytes to be written are taken from it; it knows no socket
 * and no clock. TCP, TLS or a test carries the bytes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every server dials every peer and sends its messages on the connections that
 * it dialed; what it receives comes on those that it took. So a link carries
 * messages one way, from the dialer. It begins with a hello from the dialer,
 * answered by a hello whose verdict says whether it is welcome; then come
 * frames (assists/wire/wire.h), each a message or a note: bytes of the program's
 * own. A link may be a guest's, of which only notes are taken. Both ends send a
 * beat from time to time, so that an end from which nothing comes is known to be
 * stalled. An end that was dialed may ask for a renewal: to be dialed once more,
 * before this link ends.
 *
 * Before the hello is accepted a link owns no buffer and reads not one byte
 * more than a hello has.
 */
#ifndef OUTRIGGER_LINK_H
#define OUTRIGGER_LINK_H

#include "assists/transport_tcp/buffers.h"
#include "assists/transport_tcp/counters.h"
#include "assists/transport_tcp/queue.h"
#include "assists/wire/wire.h"

#define RAFT_CLUSTER_BYTES 16
#define RAFT_LINK_HELLO_BYTES 64
#define RAFT_LINK_REASON_BYTES 256

struct raft_link;

/** What all links of one transport share. */
struct raft_link_rules {
	uint8_t cluster[RAFT_CLUSTER_BYTES];
	struct raft_identity self;
	/** Of one encoded message that is received. */
	size_t message_bytes_max;
	/** Of a note that is received, and of all that a guest sends. */
	size_t note_bytes_max;
	/** From its start to its welcome. */
	uint64_t hello_us;
	/** Without a byte from the other end. */
	uint64_t stall_us;
	/** Where the bytes received are kept. */
	struct raft_buffers *buffers;
	struct raft_wire_decoder decoder;
	uint64_t counters[RAFT_LINK_COUNTER_COUNT];
	/** The hello is in order and link->peer is known. RAFT_LINK_OK welcomes
	 *  it; else the reason to refuse it. */
	enum raft_link_counter (*welcome)(struct raft_link *link);
	/** A message came. Borrowed until return. It may end the link. */
	void (*receive)(void *context, const struct raft_message *message);
	/** Likewise a note. NULL: they are dropped. */
	void (*noted)(void *context, struct raft_identity from, bool guest,
		      const void *bytes, size_t length);
	/** Of the two above. */
	void *receive_context;
	/** End a link's connection, from wherever; used by streams. */
	void (*end)(struct raft_link *link, enum raft_link_counter why);
	/** Have a new connection made in the place of an open link, which goes
	 *  on until then. */
	void (*renew)(struct raft_link *link);
};

struct raft_link {
	struct raft_link_rules *rules;
	/** The dialer's: what it sends. NULL: this end took the connection. */
	struct raft_queue *queue;
	/** The other end; of a dialer, only the id until the hello came. */
	struct raft_identity peer;
	/** What a stream (stream.h) keeps for this link. */
	void *stream;
	/** Who the other end is beyond doubt, by its certificate; 0: it need
	 *  not prove it. */
	uint64_t proven_id;
	/** Particulars of why it ended, for a person; empty: none. */
	char reason[RAFT_LINK_REASON_BYTES];
	/** The hellos were exchanged. */
	bool open;
	/** The other end is no peer, but welcome. */
	bool is_guest;
	/** The other end knows a note from a message; known when it is open. */
	bool takes_notes;
	/** Another link still writes, or now writes, what is in `queue`. */
	bool held;
	bool ended;
	/** This end's hello waits to be written. */
	bool hello_owed;
	bool beat_owed;
	/** An end that was dialed wants to be dialed again. */
	bool renewal_owed;
	/** The other end's hello, and how much of it came. */
	uint8_t hello_in[RAFT_LINK_HELLO_BYTES];
	size_t hello_length;
	uint8_t hello_out[RAFT_LINK_HELLO_BYTES];
	/** What came and was not read yet; NULL: nothing. */
	struct raft_buffer *input;
	/** When it began. */
	uint64_t born_at;
	/** When bytes came last. */
	uint64_t heard_at;
	/** Of the last message that came; 0: none did. */
	uint64_t term;
	/** When raft__link_watch was called last. */
	uint64_t watched_at;
};

/** Begin one. A dialer says whom it dials and what it sends: peer_id, queue. An
 *  end that took the connection gives 0 and NULL. */
void raft__link_begin(struct raft_link *link, struct raft_link_rules *rules,
		      uint64_t peer_id, struct raft_queue *queue, uint64_t now);

/** Where to put the bytes that come next. Length 0: out of memory. */
struct raft_span raft__link_room(struct raft_link *link);

/** `length` bytes came and were put there. RAFT_LINK_OK, or why the connection
 *  must end. */
RAFT_MUST_USE enum raft_link_counter
raft__link_received(struct raft_link *link, size_t length, uint64_t now);

/** What to write next, to be kept still until raft__link_written. Returns the
 *  number of spans; 0: nothing to write. `room` is at least 3. */
size_t
raft__link_output(struct raft_link *link, struct raft_span *spans, size_t room);

/** All of that was written. */
void raft__link_written(struct raft_link *link);

/** To be called every quarter of the shorter of the two time limits. It owes a
 *  beat then. RAFT_LINK_OK, or why the connection must end. */
RAFT_MUST_USE enum raft_link_counter
raft__link_watch(struct raft_link *link, uint64_t now);

/** The connection is no more. The queue remains its owner's. */
void raft__link_end(struct raft_link *link);

#endif

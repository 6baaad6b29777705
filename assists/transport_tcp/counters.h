/*
 * What is counted about the links of a transport: how each ended, and what
 * became of messages. The same list for every transport that is a stream.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTERS_H
#define OUTRIGGER_COUNTERS_H

#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Every way for a connection to end. */
#define RAFT_LINK_ENDS(X)                                                      \
	X(CLOSED, "the peer's host closed it")                                 \
	X(STALLED, "nothing came for too long")                                \
	X(UNREACHABLE, "no connection could be made")                          \
	X(FAILED, "the network failed")                                        \
	X(LEFT, "this side had no more use for it")                            \
	X(REPLACED, "the peer made a newer one")                               \
	X(RENEWED, "a newer one took its place")                               \
	X(PLAIN, "it is plain, and TLS is required now")                       \
	X(NO_MEMORY, "out of memory")                                          \
	X(HELLO_LATE, "no hello came in time")                                 \
	X(HELLO_CROWDED, "too many newer ones without a hello")                \
	X(TURNED_AWAY, "too many come at a time")                              \
	X(HELLO_ALIEN, "what came is no hello: do both ends speak TLS?")       \
	X(HELLO_VERSION, "the peer speaks another version")                    \
	X(HELLO_CLUSTER, "the peer is of another cluster")                     \
	X(HELLO_MISDIRECTED, "meant for another server")                       \
	X(HELLO_STRANGER, "the other side is not among our peers")             \
	X(HELLO_IMPOSTOR, "its hello names another than its certificate")      \
	X(HELLO_REFUSED, "the peer refused our hello")                         \
	X(GUEST_CROWDED, "too many newer guests")                              \
	X(FRAME_ALIEN, "what came is no frame")                                \
	X(FRAME_TOO_LARGE, "a frame above the limit")                          \
	X(FRAME_DAMAGED, "a frame with a wrong checksum")                      \
	X(TLS_ALIEN, "what came is no TLS: do both ends speak it?")            \
	X(TLS_VERSION, "the peer does not speak TLS 1.3")                      \
	X(TLS_BARE, "the peer showed no certificate")                          \
	X(TLS_UNTRUSTED, "its certificate is of no CA that is trusted here")   \
	X(TLS_UNTIMELY, "its certificate is not valid at this time")           \
	X(TLS_REVOKED, "its certificate is revoked, or nobody knows")          \
	X(TLS_USAGE, "its certificate is not for this use")                    \
	X(TLS_CLUSTER, "its certificate is of another cluster")                \
	X(TLS_SERVER, "its certificate is of another server")                  \
	X(TLS_REFUSED, "the peer refused us")                                  \
	X(TLS_FAILED, "TLS failed")

/** Every other thing that is counted. */
#define RAFT_LINK_TRAFFIC(X)                                                   \
	X(OPENED_OUT, "connections made, hello welcomed")                      \
	X(OPENED_IN, "connections taken, hello welcomed")                      \
	X(OPENED_GUEST, "connections taken from guests, hello welcomed")       \
	X(SENT, "messages given to a connection's queue")                      \
	X(WRITES, "writes to the network")                                     \
	X(WRITTEN_BYTES, "bytes written to the network")                       \
	X(RECEIVED, "messages received and handed on")                         \
	X(RECEIVED_BYTES, "bytes read from the network")                       \
	X(DROPPED_UNKNOWN, "messages to a server that is no peer")             \
	X(DROPPED_TOO_LARGE, "messages that cannot be encoded in the limit")   \
	X(DROPPED_FULL, "messages to a peer whose queue is full")              \
	X(DROPPED_DOWN, "messages and notes queued when a connection ended")   \
	X(DROPPED_UNREADABLE, "messages received that do not decode")          \
	X(DROPPED_FORGED, "messages received from another than the hello's")   \
	X(DROPPED_GUEST, "messages received from guests")                      \
	X(NOTES_SENT, "notes given to a connection's queue")                   \
	X(NOTES_REFUSED, "notes that whoever posted them kept")                \
	X(NOTES_RECEIVED, "notes received and handed on")                      \
	X(NOTES_DROPPED, "notes received for which nobody asked")

/** Which counter. */
enum raft_link_counter {
	/** Not counted: the connection goes on. */
	RAFT_LINK_OK,
#define RAFT_LINK_CODE(name, text) RAFT_LINK_##name,
	RAFT_LINK_ENDS(RAFT_LINK_CODE) RAFT_LINK_TRAFFIC(RAFT_LINK_CODE)
#undef RAFT_LINK_CODE
	/** How many there are. */
	RAFT_LINK_COUNTER_COUNT
};

/** The name of a counter, such as "HELLO_CLUSTER". Static. */
RAFT_API const char *raft_link_counter_name(enum raft_link_counter counter);
/** One sentence for a person. Static. */
RAFT_API const char *raft_link_counter_text(enum raft_link_counter counter);

#ifdef __cplusplus
}
#endif

#endif

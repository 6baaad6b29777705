/*
 * raft_local: messages between members of one process. Also the smallest
 * transport: read it before you write yours.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hub knows receivers by id. Sending puts a copy of the message into the
 * hub's queue; raft_local_pump() delivers. Sending never delivers by itself: a
 * member that is busy sending must not be called back. One hub belongs to one
 * thread.
 */
#ifndef OUTRIGGER_TRANSPORT_LOCAL_H
#define OUTRIGGER_TRANSPORT_LOCAL_H

#include "assists/node/node.h"
#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_local;

/** Who gets the messages to one id. */
struct raft_local_receiver {
	/** 1 and up. */
	uint64_t id;
	/** The message and its payloads are borrowed until return. */
	void (*receive)(void *context, const struct raft_message *message);
	/** Handed to receive. */
	void *context;
};

/** Make a hub. NULL: out of memory. */
RAFT_API struct raft_local *raft_local_create(void);

/** Free it with all that was not delivered. */
RAFT_API void raft_local_destroy(struct raft_local *hub);

/** Deliver the messages to receiver->id there, from now on, instead of to who
 *  had that id before. Copied. False: out of memory. */
RAFT_API RAFT_MUST_USE bool
raft_local_add(struct raft_local *hub,
	       const struct raft_local_receiver *receiver);

/** Messages to this id are dropped from now on. */
RAFT_API void raft_local_remove(struct raft_local *hub, uint64_t id);

/** The table for struct raft_node_options; its context is the hub. */
RAFT_API extern const struct raft_node_transport raft_local_transport;

/** Deliver what was sent before this call, in the order of sending. Returns how
 *  many messages that was; what they cause to be sent waits for the next. */
RAFT_API size_t raft_local_pump(struct raft_local *hub);

#ifdef __cplusplus
}
#endif

#endif

/*
 * raft_queue: messages between members, of one process or over a message queue.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hub knows receivers by id. Sending puts a copy of the message into the
 * hub's queue; raft_queue_pump() delivers. Sending never delivers by itself: a
 * member that is busy sending must not be called back. One hub belongs to one
 * thread.
 *
 * What is for an id that has no receiver here is published: it goes over a queue of
 * the program's, as bytes, and raft_queue_take() delivers it there. The queue may
 * lose, double, delay and reorder what it carries.
 */
#ifndef OUTRIGGER_TRANSPORT_QUEUE_H
#define OUTRIGGER_TRANSPORT_QUEUE_H

#include "assists/node/node.h"
#include "assists/wire/wire.h"
#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_queue;

/** Who gets the messages to one id. */
struct raft_queue_receiver {
	/** 1 and up. */
	uint64_t id;
	/** The message and its payloads are borrowed until return. */
	void (*receive)(void *context, const struct raft_message *message);
	/** Handed to receive. */
	void *context;
};

/** What goes before a message: the cluster, and a frame's header. */
#define RAFT_QUEUE_HEAD_BYTES (16 + RAFT_WIRE_FRAME_BYTES)

/** How messages travel. */
struct raft_queue_options {
	/** Whose they are: those of another cluster are not delivered. */
	uint8_t cluster[16];
	/** Send these bytes to where this id is, or drop them. Borrowed until
	 *  return. */
	void (*publish)(void *context, uint64_t id, const void *bytes,
			size_t length);
	/** Handed to publish. */
	void *context;
};

/** What has become of messages that came over the queue. */
struct raft_queue_counters {
	/** To a receiver. */
	uint64_t delivered;
	/** Of another cluster. */
	uint64_t foreign;
	/** No message, or not as it was sent. */
	uint64_t damaged;
};

/** Make a hub. NULL: out of memory. */
RAFT_API struct raft_queue *
raft_queue_create(const struct raft_queue_options *options);

/** Free it with all that was not delivered. */
RAFT_API void raft_queue_destroy(struct raft_queue *hub);

/** Deliver the messages to receiver->id there, from now on, instead of to who
 *  had that id before. Copied. False: out of memory. */
RAFT_API RAFT_MUST_USE bool
raft_queue_add(struct raft_queue *hub,
	       const struct raft_queue_receiver *receiver);

/** Messages to this id are published from now on. */
RAFT_API void raft_queue_remove(struct raft_queue *hub, uint64_t id);

/** The table for struct raft_node_options; its context is the hub. */
RAFT_API extern const struct raft_node_transport raft_queue_transport;

/** Deliver or publish what was sent before this call, in the order of sending.
 *  Returns how many messages that was; what they cause to be sent waits for the
 *  next. */
RAFT_API size_t raft_queue_pump(struct raft_queue *hub);

/** Deliver what was published elsewhere. Copied: the queue may have it back. */
RAFT_API void raft_queue_take(struct raft_queue *hub, const void *bytes,
			      size_t length);

/** What has become of what came so. */
RAFT_API const struct raft_queue_counters *
raft_queue_counters(const struct raft_queue *hub);

#ifdef __cplusplus
}
#endif

#endif

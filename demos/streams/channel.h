/*
 * A channel: a TCP connection of a server, on which frames come and go (wire.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nobody proves who he is, so what one can have is bounded: frames of such a length, so
 * many bytes that wait until he reads them.
 */
#ifndef STREAMS_CHANNEL_H
#define STREAMS_CHANNEL_H

#include <bsd/sys/queue.h>
#include <uv.h>

#include "demos/streams/wire.h"

struct channel;
TAILQ_HEAD(channels, channel);

/** Whose it is. */
struct channel_owner {
	/** A frame has come, which lives until this returns. False: that is none that
	 *  one may send, and the channel ends. */
	bool (*take)(struct channel *channel, const struct frame *frame);
	/** It is made; NULL: that need not be known. */
	void (*opened)(struct channel *channel);
	/** It has ended, and is freed after this. It comes from the loop, never from
	 *  within a function of the channel. */
	void (*ended)(struct channel *channel);
};

struct channel {
	uv_tcp_t tcp;
	uv_connect_t connect;
	const struct channel_owner *owner;
	/** The owner's: what it likes, a list, and answers that are waited for. */
	void *context;
	TAILQ_ENTRY(channel) link;
	unsigned int owed;
	/** Something can be sent. */
	bool is_open;
	/** What has come and is no whole frame yet. */
	uint8_t *bytes;
	size_t length;
};

/** Take whoever stands before the listener. */
struct channel *channel_accept(uv_stream_t *listener,
			       const struct channel_owner *owner,
			       void *context);

/** To HOST:PORT. If that cannot be, it ends without having been open. */
struct channel *channel_connect(uv_loop_t *loop, const char *address,
				const struct channel_owner *owner,
				void *context);

/** Room for a frame of this kind, whose body has `length` bytes at most. */
uint8_t *channel_room(enum frame_kind kind, size_t length);
/** Send it, with so many bytes in the room, which is freed. On a channel that is not
 *  open it goes nowhere. */
void channel_send(struct channel *channel, uint8_t *room, size_t length);

/** End it, now or soon. */
void channel_end(struct channel *channel);

#endif

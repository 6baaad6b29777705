/*
 * Frames on a connection (channel.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/streams/channel.h"
#include "demos/streams/place.h"

#define ROOM_BYTES (FRAME_BYTES_MAX + FRAME_HEAD_BYTES)
/** Who does not read what he asked for is let go. */
#define UNREAD_BYTES_MAX (8 * (size_t)FRAME_BYTES_MAX)

/** After so long without a word whoever is silent is asked whether he is there. */
#define KEEPALIVE_S 15

struct sending {
	uv_write_t write;
	uint8_t *room;
};

static void
closed(uv_handle_t *handle)
{
	struct channel *channel = handle->data;

	channel->owner->ended(channel);
	free(channel->bytes);
	free(channel);
}

void
channel_end(struct channel *channel)
{
	channel->is_open = false;
	if (!uv_is_closing((uv_handle_t *)&channel->tcp))
		uv_close((uv_handle_t *)&channel->tcp, closed);
}

/* -------------------------------------------------------------------- reading */

static void
allocate(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct channel *channel = handle->data;

	(void)wanted;
	*buffer = uv_buf_init((char *)channel->bytes + channel->length,
			      (unsigned)(ROOM_BYTES - channel->length));
}

/** Take all whole frames, and keep what is left. */
static void
take_frames(struct channel *channel)
{
	struct frame frame;
	size_t done = 0, more;

	while ((more = frame_get(channel->bytes + done, channel->length - done,
				 &frame)) > 0) {
		if (more > channel->length - done ||
		    !channel->owner->take(channel, &frame)) {
			channel_end(channel);
			return;
		}
		if (!channel->is_open)
			return;
		done += more;
	}
	channel->length -= done;
	memmove(channel->bytes, channel->bytes + done, channel->length);
}

static void
read_more(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct channel *channel = stream->data;

	(void)buffer;
	if (got < 0) {
		channel_end(channel);
		return;
	}
	channel->length += (size_t)got;
	take_frames(channel);
}

/* -------------------------------------------------------------------- sending */

uint8_t *
channel_room(enum frame_kind kind, size_t length)
{
	uint8_t *room = malloc(FRAME_HEAD_BYTES + length);

	if (room == NULL)
		err(1, "channel");
	return frame_begin(room, kind, length);
}

static void
sent(uv_write_t *write, int status)
{
	struct sending *sending = (struct sending *)write;
	struct channel *channel = write->data;

	free(sending->room);
	free(sending);
	if (status < 0 && status != UV_ECANCELED)
		channel_end(channel);
}

void
channel_send(struct channel *channel, uint8_t *room, size_t length)
{
	struct sending *sending = calloc(1, sizeof(*sending));
	uv_buf_t buffer;

	if (sending == NULL)
		err(1, "channel");
	sending->room = room - FRAME_HEAD_BYTES;
	put32(sending->room, (uint32_t)length + 1);
	sending->write.data = channel;
	buffer = uv_buf_init((char *)sending->room,
			     (unsigned)(length + FRAME_HEAD_BYTES));
	if (!channel->is_open ||
	    uv_stream_get_write_queue_size((uv_stream_t *)&channel->tcp) >
		UNREAD_BYTES_MAX ||
	    uv_write(&sending->write, (uv_stream_t *)&channel->tcp, &buffer, 1,
		     sent) != 0) {
		free(sending->room);
		free(sending);
		channel_end(channel);
	}
}

/* --------------------------------------------------------------------- making */

static struct channel *
make_channel(uv_loop_t *loop, const struct channel_owner *owner, void *context)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL || (channel->bytes = malloc(ROOM_BYTES)) == NULL)
		err(1, "channel");
	channel->owner = owner;
	channel->context = context;
	channel->tcp.data = channel;
	uv_tcp_init(loop, &channel->tcp);
	return channel;
}

static void
open_channel(struct channel *channel)
{
	channel->is_open = true;
	uv_tcp_nodelay(&channel->tcp, 1);
	uv_tcp_keepalive(&channel->tcp, 1, KEEPALIVE_S);
	uv_read_start((uv_stream_t *)&channel->tcp, allocate, read_more);
	if (channel->owner->opened != NULL)
		channel->owner->opened(channel);
}

struct channel *
channel_accept(uv_stream_t *listener, const struct channel_owner *owner,
	       void *context)
{
	struct channel *channel = make_channel(listener->loop, owner, context);

	if (uv_accept(listener, (uv_stream_t *)&channel->tcp) == 0)
		open_channel(channel);
	else
		channel_end(channel);
	return channel;
}

static void
connected(uv_connect_t *connect, int status)
{
	struct channel *channel = connect->data;

	if (status == UV_ECANCELED)
		return;
	if (status < 0)
		channel_end(channel);
	else
		open_channel(channel);
}

struct channel *
channel_connect(uv_loop_t *loop, const char *text,
		const struct channel_owner *owner, void *context)
{
	struct channel *channel = make_channel(loop, owner, context);
	struct sockaddr_in address;

	channel->connect.data = channel;
	if (!place_read(text, &address) ||
	    uv_tcp_connect(&channel->connect, &channel->tcp,
			   (struct sockaddr *)&address, connected) != 0)
		channel_end(channel);
	return channel;
}

/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/cluster/relay.h"

#include <err.h>
#include <stdlib.h>
#include <uv.h>

#define BACKLOG 16

/** Bytes under way. */
struct piece {
	struct piece *next;
	uint64_t due_ms;
	uv_write_t write;
	size_t length;
	char bytes[];
};

/** One side of a connection, and what came from it for the other side. */
struct side {
	uv_tcp_t tcp;
	uv_timer_t timer;
	struct side *other;
	struct piece *first;
	struct piece **last;
};

struct listener {
	uv_tcp_t tcp;
	uint16_t port;
};

static uv_loop_t loop;
static uint64_t delay_ms;

/** Both sides end with one; their memory is little. */
static void
end(struct side *side)
{
	uv_handle_t *handles[] = { (uv_handle_t *)&side->tcp,
				   (uv_handle_t *)&side->timer,
				   (uv_handle_t *)&side->other->tcp,
				   (uv_handle_t *)&side->other->timer };

	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
		if (!uv_is_closing(handles[i]))
			uv_close(handles[i], NULL);
}

static void
written(uv_write_t *write, int status)
{
	(void)status;
	free(write->data);
}

static void
pass(uv_timer_t *timer)
{
	struct side *side = timer->data;
	uint64_t now = uv_now(&loop);

	while (side->first != NULL && side->first->due_ms <= now) {
		struct piece *piece = side->first;
		uv_buf_t bytes =
		    uv_buf_init(piece->bytes, (unsigned int)piece->length);

		side->first = piece->next;
		if (side->first == NULL)
			side->last = &side->first;
		piece->write.data = piece;
		if (uv_write(&piece->write, (uv_stream_t *)&side->other->tcp,
			     &bytes, 1, written) != 0) {
			free(piece);
			end(side);
			return;
		}
	}
	if (side->first != NULL)
		uv_timer_start(timer, pass, side->first->due_ms - now, 0);
}

static void
make_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
	struct piece *piece = malloc(sizeof(*piece) + wanted);

	(void)handle;
	if (piece == NULL)
		err(1, "the relay");
	*room = uv_buf_init(piece->bytes, (unsigned int)wanted);
}

static void
came(uv_stream_t *stream, ssize_t length, const uv_buf_t *room)
{
	struct side *side = stream->data;
	struct piece *piece = NULL;

	if (room->base != NULL)
		piece = (struct piece *)(void *)(room->base -
						 offsetof(struct piece, bytes));
	if (length <= 0) {
		free(piece);
		if (length < 0)
			end(side);
		return;
	}
	piece->next = NULL;
	piece->length = (size_t)length;
	piece->due_ms = uv_now(&loop) + delay_ms;
	*side->last = piece;
	side->last = &piece->next;
	if (side->first == piece)
		uv_timer_start(&side->timer, pass, delay_ms, 0);
}

static void
connected(uv_connect_t *connect, int status)
{
	struct side *side = connect->data;

	free(connect);
	if (status != 0) {
		end(side);
		return;
	}
	uv_read_start((uv_stream_t *)&side->tcp, make_room, came);
	uv_read_start((uv_stream_t *)&side->other->tcp, make_room, came);
}

static void
make_side(struct side *side, struct side *other)
{
	uv_tcp_init(&loop, &side->tcp);
	uv_tcp_nodelay(&side->tcp, 1);
	uv_timer_init(&loop, &side->timer);
	side->tcp.data = side->timer.data = side;
	side->other = other;
	side->last = &side->first;
}

static void
taken(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;
	struct side *sides = calloc(2, sizeof(*sides));
	uv_connect_t *connect = malloc(sizeof(*connect));
	struct sockaddr_in address;

	if (sides == NULL || connect == NULL || status != 0)
		errx(1, "the relay cannot take a connection");
	make_side(&sides[0], &sides[1]);
	make_side(&sides[1], &sides[0]);
	connect->data = &sides[1];
	uv_ip4_addr("127.0.0.1", listener->port, &address);
	if (uv_accept(stream, (uv_stream_t *)&sides[0].tcp) != 0 ||
	    uv_tcp_connect(connect, &sides[1].tcp,
			   (struct sockaddr *)&address, connected) != 0)
		errx(1, "the relay cannot connect");
}

void
relay_run(const struct trial *trial)
{
	static struct listener listeners[TRIAL_SERVERS];
	struct sockaddr_in address;

	delay_ms = trial->far_ms;
	uv_loop_init(&loop);
	for (size_t i = 0; i < TRIAL_SERVERS; i++) {
		struct listener *listener = &listeners[i];

		listener->port = trial->ports[i];
		listener->tcp.data = listener;
		uv_tcp_init(&loop, &listener->tcp);
		uv_ip4_addr("127.0.0.1", trial->relays[i], &address);
		if (uv_tcp_bind(&listener->tcp, (struct sockaddr *)&address,
				0) != 0 ||
		    uv_listen((uv_stream_t *)&listener->tcp, BACKLOG,
			      taken) != 0)
			errx(1, "the relay cannot listen");
	}
	uv_run(&loop, UV_RUN_DEFAULT);
}

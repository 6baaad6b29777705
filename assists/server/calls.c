/*
 * Calls from other threads (server.h, raft_server_post).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "assists/server/inside.h"

bool
raft__calls_open(struct raft_server *server)
{
	struct calls *calls = &server->calls;

	calls->max = server->options.calls_max;
	calls->list = calloc(calls->max, sizeof(*calls->list));
	if (calls->list == NULL || uv_mutex_init(&calls->mutex) != 0) {
		free(calls->list);
		calls->list = NULL;
		return false;
	}
	return true;
}

void
raft__calls_close(struct raft_server *server)
{
	if (server->calls.list == NULL)
		return;
	uv_mutex_destroy(&server->calls.mutex);
	free(server->calls.list);
}

static bool
take_call(struct calls *calls, struct call *call)
{
	bool is_one;

	uv_mutex_lock(&calls->mutex);
	is_one = calls->count > 0;
	if (is_one) {
		*call = calls->list[calls->first];
		calls->first = (calls->first + 1) % calls->max;
		calls->count--;
	}
	uv_mutex_unlock(&calls->mutex);
	return is_one;
}

/* As many as can wait: those that keep coming get their turn in the next round. */
void
raft__calls_make(struct raft_server *server)
{
	struct calls *calls = &server->calls;
	struct call call;

	for (size_t i = 0; i < calls->max && take_call(calls, &call); i++)
		call.call(server, call.context);
}

static void
woken(uv_async_t *wake)
{
	struct raft_server *server = wake->data;

	raft__calls_make(server);
	/* Those that came meanwhile may have said so to no effect. */
	uv_mutex_lock(&server->calls.mutex);
	if (server->calls.count > 0 && server->calls.is_attached)
		uv_async_send(wake);
	uv_mutex_unlock(&server->calls.mutex);
}

bool
raft__calls_attach(struct raft_server *server)
{
	struct calls *calls = &server->calls;
	bool is_ready;

	uv_mutex_lock(&calls->mutex);
	is_ready = uv_async_init(server->loop, &calls->wake, woken) == 0;
	if (is_ready) {
		calls->wake.data = server;
		calls->is_attached = true;
		/* For those who posted before. */
		uv_async_send(&calls->wake);
	}
	uv_mutex_unlock(&calls->mutex);
	return is_ready;
}

void
raft__calls_detach(struct raft_server *server)
{
	struct calls *calls = &server->calls;

	uv_mutex_lock(&calls->mutex);
	calls->is_attached = false;
	uv_mutex_unlock(&calls->mutex);
}

bool
raft_server_post(struct raft_server *server,
		 void (*call)(struct raft_server *server, void *context),
		 void *context)
{
	struct calls *calls = &server->calls;
	bool has_room;

	uv_mutex_lock(&calls->mutex);
	has_room = calls->count < calls->max;
	if (has_room)
		calls->list[(calls->first + calls->count++) % calls->max] =
		    (struct call){ call, context };
	/* Under the mutex, and so before anybody can close the handle who has
	 * seen this call. */
	if (has_room && calls->is_attached)
		uv_async_send(&calls->wake);
	uv_mutex_unlock(&calls->mutex);
	return has_room;
}

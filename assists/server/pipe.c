/*
 * A ring of bytes under a mutex (pipe.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/server/pipe.h"

bool
raft__pipe_open(struct pipe *pipe)
{
	*pipe = (struct pipe){ .bytes = malloc(PIPE_BYTES) };
	if (pipe->bytes == NULL)
		return false;
	if (uv_mutex_init(&pipe->mutex) != 0) {
		free(pipe->bytes);
		return false;
	}
	if (uv_cond_init(&pipe->changed) != 0) {
		uv_mutex_destroy(&pipe->mutex);
		free(pipe->bytes);
		return false;
	}
	return true;
}

void
raft__pipe_close(struct pipe *pipe)
{
	uv_cond_destroy(&pipe->changed);
	uv_mutex_destroy(&pipe->mutex);
	free(pipe->bytes);
	pipe->bytes = NULL;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/** As many as there is room for, to the end of the ring. */
static size_t
put_piece(struct pipe *pipe, const uint8_t *bytes, size_t length)
{
	size_t at = (pipe->first + pipe->count) % PIPE_BYTES;

	length = least(length, PIPE_BYTES - pipe->count);
	length = least(length, PIPE_BYTES - at);
	memcpy(pipe->bytes + at, bytes, length);
	pipe->count += length;
	return length;
}

static size_t
take_piece(struct pipe *pipe, uint8_t *bytes, size_t length)
{
	length = least(length, pipe->count);
	length = least(length, PIPE_BYTES - pipe->first);
	memcpy(bytes, pipe->bytes + pipe->first, length);
	pipe->first = (pipe->first + length) % PIPE_BYTES;
	pipe->count -= length;
	return length;
}

bool
raft__pipe_put(struct pipe *pipe, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	bool wanted;

	uv_mutex_lock(&pipe->mutex);
	while (length > 0 && !pipe->cancelled) {
		size_t put = put_piece(pipe, at, length);

		at += put;
		length -= put;
		if (put > 0)
			uv_cond_signal(&pipe->changed);
		else
			uv_cond_wait(&pipe->changed, &pipe->mutex);
	}
	wanted = !pipe->cancelled;
	uv_mutex_unlock(&pipe->mutex);
	return wanted;
}

static void
set(struct pipe *pipe, bool *what)
{
	uv_mutex_lock(&pipe->mutex);
	*what = true;
	uv_cond_signal(&pipe->changed);
	uv_mutex_unlock(&pipe->mutex);
}

void
raft__pipe_end(struct pipe *pipe)
{
	set(pipe, &pipe->ended);
}

void
raft__pipe_cancel(struct pipe *pipe)
{
	set(pipe, &pipe->cancelled);
}

bool
raft__pipe_is_wanted(struct pipe *pipe)
{
	bool is_wanted;

	uv_mutex_lock(&pipe->mutex);
	is_wanted = !pipe->cancelled;
	uv_mutex_unlock(&pipe->mutex);
	return is_wanted;
}

size_t
raft__pipe_take(struct pipe *pipe, void *bytes, size_t length)
{
	uint8_t *at = bytes;
	size_t taken = 0;

	uv_mutex_lock(&pipe->mutex);
	while (taken < length && (pipe->count > 0 || !pipe->ended)) {
		size_t piece = take_piece(pipe, at + taken, length - taken);

		taken += piece;
		if (piece > 0)
			uv_cond_signal(&pipe->changed);
		else
			uv_cond_wait(&pipe->changed, &pipe->mutex);
	}
	uv_mutex_unlock(&pipe->mutex);
	return taken;
}

size_t
raft__pipe_take_some(struct pipe *pipe, void *bytes, size_t length)
{
	uint8_t *at = bytes;
	size_t taken;

	uv_mutex_lock(&pipe->mutex);
	taken = take_piece(pipe, at, length);
	taken += take_piece(pipe, at + taken, length - taken);
	if (taken > 0)
		uv_cond_signal(&pipe->changed);
	uv_mutex_unlock(&pipe->mutex);
	return taken;
}

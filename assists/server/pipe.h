/*
 * A pipe of bytes between two threads, with room for so many.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thread puts, and waits while it is full. Another takes, and waits or not while
 * it is empty. Either can end it.
 */
#ifndef OUTRIGGER_SERVER_PIPE_H
#define OUTRIGGER_SERVER_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define PIPE_BYTES ((size_t)256 << 10)

struct pipe {
	uv_mutex_t mutex;
	uv_cond_t changed;
	uint8_t *bytes;
	/** The first byte that is in it, and how many are. */
	size_t first;
	size_t count;
	/** No more is put. */
	bool ended;
	/** No more is taken. */
	bool cancelled;
};

/** False: out of memory. */
bool raft__pipe_open(struct pipe *pipe);
void raft__pipe_close(struct pipe *pipe);

/** False: it was cancelled. */
bool raft__pipe_put(struct pipe *pipe, const void *bytes, size_t length);
void raft__pipe_end(struct pipe *pipe);

/** Take `length` bytes, fewer at the end only. */
size_t raft__pipe_take(struct pipe *pipe, void *bytes, size_t length);
/** Take what is there, at most `length`. */
size_t raft__pipe_take_some(struct pipe *pipe, void *bytes, size_t length);
void raft__pipe_cancel(struct pipe *pipe);
/** Whoever would take has not cancelled it. */
bool raft__pipe_is_wanted(struct pipe *pipe);

#endif

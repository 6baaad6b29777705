/*
 * Buffers: counted blocks of bytes, used again once everybody let go.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is received is read into a buffer and decoded in place; a log that keeps
 * a payload holds the buffer. What is sent is encoded into one. Released
 * buffers wait to be taken again, so that a transport in its stride allocates
 * nothing. They may outlive the transport: a closed home frees each buffer
 * when it comes back, and itself with the last.
 */
#ifndef OUTRIGGER_BUFFERS_H
#define OUTRIGGER_BUFFERS_H

#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

/** The smallest buffer; others have this times a power of two. */
#define RAFT_BUFFER_BYTES ((size_t)64 << 10)

struct raft_buffers;

struct raft_buffer {
	/** First, so that a payload's owner is its buffer. */
	struct raft_block block;
	/** Where it goes when released. */
	struct raft_buffers *home;
	/** For the list it is in: spare ones, or a queue's lane. */
	struct raft_buffer *next;
	/** Of bytes[]. */
	size_t size;
	/** In use are bytes begin..end, end excluded. */
	size_t begin;
	size_t end;
	/** A queue's: the bytes before this one are being written. */
	size_t taken;
	/** A queue's: frames that were put in. */
	size_t frames;
	uint8_t bytes[];
};

/** A home that keeps at most spare_bytes_max in released buffers. NULL: out of
 *  memory. */
struct raft_buffers *raft__buffers_create(size_t spare_bytes_max);

/** The transport is done with it; it lasts until its last buffer is back. */
void raft__buffers_close(struct raft_buffers *home);

/** An empty buffer of at least `size` bytes, with one reference, the caller's.
 *  NULL: out of memory. */
struct raft_buffer *raft__buffers_take(struct raft_buffers *home, size_t size);

/** Let one reference go. */
static inline void
raft__buffer_release(struct raft_buffer *buffer)
{
	if (--buffer->block.references == 0)
		buffer->block.release(&buffer->block);
}

#endif

/*
 * What clients and servers say to each other: frames, on a TCP connection.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A frame is four bytes with the length of what follows, one with its kind, and the
 * rest; numbers have their lowest byte first, n32 and n64. docs/streams.md says it as a
 * table.
 *
 *	WHERE     text: a topic, or nothing: all           -> TEXT
 *	TOPIC     text: NAME PARTITIONS REPLICAS           -> TEXT
 *	PRODUCE   n32 partition, n64 producer, n64 sequence of the first,
 *	          then for each record n32 length and its text
 *	                                                   -> PRODUCED or MOVED
 *	FETCH     n32 partition, n64 epoch, n64 server, n64 offset,
 *	          n64 epoch of the record before the offset -> FETCHED, DIVERGED or MOVED
 *	TEXT      text: "ok", or why not; of WHERE lines
 *	PRODUCED  n32 partition, n64 sequence of the last
 *	FETCHED   n32 partition, n64 epoch, n64 high watermark, records (record.h)
 *	DIVERGED  n32 partition, n64 epoch, n64 epoch, n64 where its records end
 *	MOVED     n32 partition, n64 epoch, text: HOST:PORT of who leads, or nothing
 *
 * A consumer's FETCH has server 0 and epochs 0. One that finds nothing is answered when
 * there is something, or after WAIT_MS.
 */
#ifndef STREAMS_WIRE_H
#define STREAMS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "demos/streams/bytes.h"

enum frame_kind {
	FRAME_WHERE = 1,
	FRAME_TOPIC = 2,
	FRAME_PRODUCE = 3,
	FRAME_FETCH = 4,
	FRAME_TEXT = 5,
	FRAME_PRODUCED = 6,
	FRAME_FETCHED = 7,
	FRAME_DIVERGED = 8,
	FRAME_MOVED = 9,
};

/** Length and kind. */
#define FRAME_HEAD_BYTES 5
/** Of what follows the head, at most. */
#define FRAME_BYTES_MAX (1 << 20)
/** Before the records of a PRODUCE, and the whole of a FETCH. */
#define PRODUCE_HEAD_BYTES 20
#define FETCH_BYTES 36
/** Before the records of a FETCHED. */
#define FETCHED_HEAD_BYTES 20
/** Of records in one frame. */
#define RECORDS_BYTES_MAX (FRAME_BYTES_MAX / 2)
/** How long a FETCH that finds nothing waits. */
#define WAIT_MS 500

/** A frame that came: what follows its head. */
struct frame {
	enum frame_kind kind;
	const uint8_t *body;
	size_t length;
};

static inline uint8_t *
frame_begin(uint8_t *at, enum frame_kind kind, size_t length)
{
	put32(at, (uint32_t)length + 1);
	at[4] = (uint8_t)kind;
	return at + FRAME_HEAD_BYTES;
}

/** The frame that these bytes begin with. Returns its bytes, the head's too; 0: it is
 *  not whole; more than `length`: it is none that anybody may send. */
static inline size_t
frame_get(const uint8_t *at, size_t length, struct frame *frame)
{
	size_t follows = length < FRAME_HEAD_BYTES ? 0 : get32(at);

	if (length < FRAME_HEAD_BYTES)
		return 0;
	if (follows < 1 || follows > FRAME_BYTES_MAX + 1)
		return SIZE_MAX;
	if (length < follows + 4)
		return 0;
	frame->kind = at[4];
	frame->body = at + FRAME_HEAD_BYTES;
	frame->length = follows - 1;
	return follows + 4;
}

#endif

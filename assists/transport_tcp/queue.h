/*
 * The queue: frames that wait to be written to one peer, in three lanes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Votes and answers are urgent, appends with entries and parts of a snapshot are
 * bulk. What is urgent
 * is written before bulk that waits, or a few megabytes would delay a vote by
 * more than an election timeout. A heartbeat is urgent too, unless it names an
 * entry that is still waiting: if it overtook that one, the peer would answer
 * that it lacks it, and much would be sent again. While nothing is waiting,
 * small appends go with the urgent ones, so that what is sent in order arrives
 * in order. Each lane is bounded and drops what is newest, bulk first: Raft
 * lives with loss, and the rest of the lane stays in sequence.
 *
 * Notes have a lane of their own. They and bulk are written in turn, so that
 * neither waits for more than a frame or two of the other, however much there is.
 */
#ifndef OUTRIGGER_QUEUE_H
#define OUTRIGGER_QUEUE_H

#include "assists/transport_tcp/buffers.h"
#include "assists/transport_tcp/counters.h"

/** Bytes to be written, as struct iovec has them. */
struct raft_span {
	uint8_t *base;
	size_t length;
};

struct raft_lane {
	/** Each buffer holds whole frames, begin..end; the first may have been
	 *  written in part. */
	struct raft_buffer *head;
	struct raft_buffer *tail;
	/** Of frames not yet written. */
	size_t bytes;
	/** Frames in buffers not yet wholly written. */
	size_t frames;
};

struct raft_queue {
	struct raft_buffers *buffers;
	/** What the frames go through keeps them from damage. */
	bool is_sealed;
	/** Of one encoded message. */
	size_t message_bytes_max;
	/** Of a lane in which what may be bulk is put; an empty lane takes
	 *  any. */
	size_t bytes_max;
	/** Likewise; twice as many for what never is. */
	size_t frames_max;
	/** What waits as bulk are entries after this index; valid while any
	 *  do. */
	uint64_t bulk_after;
	/** Of one note. */
	size_t note_bytes_max;
	/** Of the lane of notes; an empty one takes any. */
	size_t notes_bytes_max;
	/** It is the turn of the notes. */
	bool notes_next;
	struct raft_lane urgent;
	struct raft_lane bulk;
	struct raft_lane notes;
};

/** Encode a message at the end. RAFT_LINK_OK, or what to count: too large,
 *  full, out of memory. */
enum raft_link_counter
raft__queue_push(struct raft_queue *queue, const struct raft_message *message);

/** Copy a note to the end of its lane. RAFT_LINK_OK, or as above. */
enum raft_link_counter raft__queue_push_note(struct raft_queue *queue,
					     const void *bytes, size_t length);

/** Whether the next byte to be written is in the middle of a frame. */
bool raft__queue_is_amid_frame(const struct raft_queue *queue);

/** Fill in what to write next, `room` spans at most and bulk and notes of a limited
 *  size, and remember it as taken. Returns the number of spans; 0: nothing
 *  waits. */
size_t raft__queue_take(struct raft_queue *queue, struct raft_span *spans,
			size_t room);

/** All that was taken has been written. */
void raft__queue_written(struct raft_queue *queue);

/** Drop everything; nothing is being written. Returns the number of frames. */
size_t raft__queue_clear(struct raft_queue *queue);

#endif

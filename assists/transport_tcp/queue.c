/*
 * Lanes of buffers (queue.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * While a buffer is being written, bytes begin..taken must not move; frames may
 * still be put in after `end`. So lanes grow by buffers and never by moving.
 */
#include <assert.h>
#include <string.h>

#include "assists/transport_tcp/queue.h"
#include "assists/wire/wire.h"

/* An append up to this size is not worth overtaking... */
#define SMALL_BYTES ((size_t)16 << 10)
/* ... while fewer bytes than this wait. */
#define BACKLOG_BYTES ((size_t)64 << 10)
/* Bulk or notes in one write: how long an urgent frame waits at most, and how
 * often a slow connection is seen to make progress. */
#define CHUNK_BYTES ((size_t)256 << 10)

static_assert(CHUNK_BYTES >= RAFT_BUFFER_BYTES,
	      "only a buffer of one frame is taken in parts");

/* Parts of a snapshot stay in order, whether they have bytes or not: one that
 * overtakes another is taken for the sign that the other was lost. */
static bool
may_be_bulk(const struct raft_message *message)
{
	return message->kind == RAFT_MESSAGE_SNAPSHOT ||
	       (raft_message_has_entries(message) &&
		message->append.last.index > message->append.previous.index);
}

static bool
is_bulk(const struct raft_queue *queue, const struct raft_message *message,
	size_t bytes)
{
	bool waits = queue->bulk.head != NULL;

	if (may_be_bulk(message))
		return waits || bytes > SMALL_BYTES ||
		       queue->urgent.bytes > BACKLOG_BYTES;
	return waits && message->kind == RAFT_MESSAGE_APPEND &&
	       message->append.previous.index > queue->bulk_after;
}

static bool
is_full(const struct raft_queue *queue, const struct raft_lane *lane,
	const struct raft_message *message, size_t bytes)
{
	if (lane->head == NULL)
		return false;
	if (!may_be_bulk(message))
		return lane->frames >= 2 * queue->frames_max;
	return lane->frames >= queue->frames_max ||
	       lane->bytes + bytes > queue->bytes_max;
}

static struct raft_lane *
choose_lane(struct raft_queue *queue, const struct raft_message *message,
	    size_t bytes)
{
	uint64_t after = UINT64_MAX;

	if (!is_bulk(queue, message, bytes))
		return &queue->urgent;
	if (message->kind == RAFT_MESSAGE_APPEND)
		after = message->append.previous.index;
	if (queue->bulk.head == NULL || after < queue->bulk_after)
		queue->bulk_after = after;
	return &queue->bulk;
}

/* Room for `bytes` at the end of the last buffer; NULL: out of memory. A larger
 * buffer holds one frame only, so that an urgent one never waits for two. */
static uint8_t *
make_room(struct raft_queue *queue, struct raft_lane *lane, size_t bytes)
{
	struct raft_buffer *tail = lane->tail;

	if (tail == NULL || tail->size > RAFT_BUFFER_BYTES ||
	    tail->size - tail->end < bytes) {
		tail = raft__buffers_take(queue->buffers, bytes);
		if (tail == NULL)
			return NULL;
		if (lane->tail == NULL)
			lane->head = tail;
		else
			lane->tail->next = tail;
		lane->tail = tail;
	}
	return tail->bytes + tail->end;
}

/* Room for a frame that carries `length` bytes, which is in the lane from now on.
 * NULL: out of memory. */
static uint8_t *
add_frame(struct raft_queue *queue, struct raft_lane *lane, size_t length)
{
	size_t bytes = RAFT_WIRE_FRAME_BYTES + length;
	uint8_t *frame = make_room(queue, lane, bytes);

	if (frame == NULL)
		return NULL;
	lane->tail->end += bytes;
	lane->tail->frames++;
	lane->bytes += bytes;
	lane->frames++;
	return frame;
}

enum raft_link_counter
raft__queue_push(struct raft_queue *queue, const struct raft_message *message)
{
	size_t length = raft_wire_bytes(message);
	size_t bytes = RAFT_WIRE_FRAME_BYTES + length;
	struct raft_lane *lane;
	uint8_t *frame, *body;

	if (length == 0 || length > queue->message_bytes_max)
		return RAFT_LINK_DROPPED_TOO_LARGE;
	lane = choose_lane(queue, message, bytes);
	if (is_full(queue, lane, message, bytes))
		return RAFT_LINK_DROPPED_FULL;
	frame = add_frame(queue, lane, length);
	if (frame == NULL)
		return RAFT_LINK_NO_MEMORY;
	body = frame + RAFT_WIRE_FRAME_BYTES;
	raft_wire_encode(message, body, length);
	raft_wire_frame_encode(frame, queue->is_sealed ? NULL : body, length);
	return RAFT_LINK_OK;
}

enum raft_link_counter
raft__queue_push_note(struct raft_queue *queue, const void *bytes,
		      size_t length)
{
	struct raft_lane *notes = &queue->notes;
	uint8_t *frame, *body;

	if (length == 0 || length > queue->note_bytes_max)
		return RAFT_LINK_DROPPED_TOO_LARGE;
	if (notes->head != NULL &&
	    notes->bytes + RAFT_WIRE_FRAME_BYTES + length >
		queue->notes_bytes_max)
		return RAFT_LINK_DROPPED_FULL;
	frame = add_frame(queue, notes, length);
	if (frame == NULL)
		return RAFT_LINK_NO_MEMORY;
	body = frame + RAFT_WIRE_FRAME_BYTES;
	memcpy(body, bytes, length);
	raft_wire_frame_encode_note(frame, queue->is_sealed ? NULL : body,
				    length);
	return RAFT_LINK_OK;
}

/* Smaller buffers are taken whole, so that they begin with a frame. */
static bool
is_amid_frame(const struct raft_lane *lane)
{
	return lane->head != NULL && lane->head->begin > 0 &&
	       lane->head->size > RAFT_BUFFER_BYTES;
}

bool
raft__queue_is_amid_frame(const struct raft_queue *queue)
{
	return is_amid_frame(&queue->bulk) || is_amid_frame(&queue->notes);
}

/* Take up to `bytes` of one buffer. */
static struct raft_span
take_span(struct raft_buffer *buffer, size_t bytes)
{
	size_t waiting = buffer->end - buffer->begin;
	size_t length = waiting < bytes ? waiting : bytes;

	buffer->taken = buffer->begin + length;
	return (struct raft_span){ buffer->bytes + buffer->begin, length };
}

/* The first buffer of a lane of which nothing is taken; NULL: there is none. */
static struct raft_buffer *
find_untaken(const struct raft_lane *lane)
{
	struct raft_buffer *head = lane->head;

	return head != NULL && head->taken > head->begin ? head->next : head;
}

/* Of bulk or of the notes, whose turn it is. */
static struct raft_buffer *
choose_chunk(struct raft_queue *queue)
{
	struct raft_buffer *bulk = find_untaken(&queue->bulk);
	struct raft_buffer *note = find_untaken(&queue->notes);
	bool takes_note = note != NULL && (bulk == NULL || queue->notes_next);

	queue->notes_next = !takes_note;
	return takes_note ? note : bulk;
}

size_t
raft__queue_take(struct raft_queue *queue, struct raft_span *spans, size_t room)
{
	struct raft_buffer *chunk;
	size_t count = 0;

	/* The rest of a frame goes before everything else. */
	if (raft__queue_is_amid_frame(queue)) {
		chunk = is_amid_frame(&queue->bulk) ? queue->bulk.head
						    : queue->notes.head;
		spans[count++] = take_span(chunk, CHUNK_BYTES);
		if (chunk->taken < chunk->end)
			return count;
	}
	for (struct raft_buffer *buffer = queue->urgent.head;
	     buffer != NULL && count < room; buffer = buffer->next)
		spans[count++] = take_span(buffer, SIZE_MAX);
	if (count == room)
		return count;
	chunk = choose_chunk(queue);
	if (chunk != NULL)
		spans[count++] = take_span(chunk, CHUNK_BYTES);
	return count;
}

/* Let go of what was taken from a lane. Taken are its first buffers, all but
 * the last of them wholly. */
static void
drop_taken(struct raft_lane *lane)
{
	struct raft_buffer *buffer;

	while ((buffer = lane->head) != NULL && buffer->taken > buffer->begin) {
		lane->bytes -= buffer->taken - buffer->begin;
		buffer->begin = buffer->taken;
		if (buffer->begin < buffer->end)
			return;
		lane->frames -= buffer->frames;
		lane->head = buffer->next;
		if (lane->head == NULL)
			lane->tail = NULL;
		raft__buffer_release(buffer);
	}
}

void
raft__queue_written(struct raft_queue *queue)
{
	drop_taken(&queue->urgent);
	drop_taken(&queue->bulk);
	drop_taken(&queue->notes);
}

static size_t
clear_lane(struct raft_lane *lane)
{
	struct raft_buffer *buffer;
	size_t frames = lane->frames;

	while ((buffer = lane->head) != NULL) {
		lane->head = buffer->next;
		raft__buffer_release(buffer);
	}
	*lane = (struct raft_lane){ 0 };
	return frames;
}

size_t
raft__queue_clear(struct raft_queue *queue)
{
	return clear_lane(&queue->urgent) + clear_lane(&queue->bulk) +
	       clear_lane(&queue->notes);
}

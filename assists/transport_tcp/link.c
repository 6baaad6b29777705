/*
 * Hellos, frames and beats over whatever carries bytes (link.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *           hello in order, welcome
 *   begun --------------------------> open ---> ended
 *      \__________________________________________/
 *         every other way: RAFT_LINK_ENDS
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assists/transport_tcp/hello.h"
#include "assists/transport_tcp/link.h"

/* With less room than this at its end a buffer is not read into again. */
#define ROOM_BYTES_MIN ((size_t)4 << 10)

/* As long as a frame's header, and never one. */
static const uint8_t beat[RAFT_WIRE_FRAME_BYTES] = "OUTRLINK's beat";
static const uint8_t renewal[RAFT_WIRE_FRAME_BYTES] = "OUTRLINK renewal";

/* ------------------------------------------------------------- hello */

static void
owe_hello(struct raft_link *link, uint32_t verdict)
{
	const struct raft_link_rules *rules = link->rules;
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.verdict = verdict,
		.from = rules->self,
		.to = link->peer.id,
		.features = RAFT_HELLO_NOTES,
	};

	memcpy(hello.cluster, rules->cluster, sizeof(hello.cluster));
	raft__hello_encode(&hello, link->hello_out);
	link->hello_owed = true;
}

void
raft__link_begin(struct raft_link *link, struct raft_link_rules *rules,
		 uint64_t peer_id, struct raft_queue *queue, uint64_t now)
{
	*link = (struct raft_link){
		.rules = rules,
		.queue = queue,
		.peer.id = peer_id,
		.born_at = now,
		.heard_at = now,
		.watched_at = now,
	};
	if (queue != NULL)
		owe_hello(link, RAFT_HELLO_WELCOME);
}

/* The first thing that does not match. */
static enum raft_link_counter
judge_hello(const struct raft_link *link, const struct raft_hello *hello)
{
	const struct raft_link_rules *rules = link->rules;

	if (hello->version != RAFT_WIRE_VERSION)
		return RAFT_LINK_HELLO_VERSION;
	if (memcmp(hello->cluster, rules->cluster, RAFT_CLUSTER_BYTES) != 0)
		return RAFT_LINK_HELLO_CLUSTER;
	if (hello->to != rules->self.id)
		return RAFT_LINK_HELLO_MISDIRECTED;
	if (link->proven_id != 0 && hello->from.id != link->proven_id)
		return RAFT_LINK_HELLO_IMPOSTOR;
	if (hello->from.id == 0 ||
	    (link->queue != NULL && hello->from.id != link->peer.id))
		return RAFT_LINK_HELLO_STRANGER;
	return RAFT_LINK_OK;
}

/** Why, in numbers, and what to do about it. */
static void
explain_refusal(struct raft_link *link, enum raft_link_counter why,
		const struct raft_hello *hello)
{
	const size_t size = sizeof(link->reason);

	if (why == RAFT_LINK_HELLO_VERSION)
		snprintf(link->reason, size,
			 "%" PRIu32 ", and we %d: bring both to one release",
			 hello->version, RAFT_WIRE_VERSION);
	else if (why == RAFT_LINK_HELLO_CLUSTER)
		snprintf(link->reason, size,
			 "compare the clusters' IDs, and who has which address");
	else if (why == RAFT_LINK_HELLO_MISDIRECTED)
		snprintf(link->reason, size,
			 "it wants server %" PRIu64 ", and we are %" PRIu64
			 ": correct the address that it has of that server",
			 hello->to, link->rules->self.id);
	else if (why == RAFT_LINK_HELLO_IMPOSTOR)
		snprintf(link->reason, size,
			 "it says that it is server %" PRIu64
			 ", its certificate that it is %" PRIu64
			 ": let it show its own certificate",
			 hello->from.id, link->proven_id);
	else if (why == RAFT_LINK_HELLO_STRANGER)
		snprintf(link->reason, size,
			 "it says that it is server %" PRIu64
			 ": compare the members, and who has which address",
			 hello->from.id);
}

/* By verdict: what a refusal is called where it is made. */
static const enum raft_link_counter refusals[] = {
	[RAFT_HELLO_WELCOME] = RAFT_LINK_OK,
	[RAFT_HELLO_VERSION] = RAFT_LINK_HELLO_VERSION,
	[RAFT_HELLO_CLUSTER] = RAFT_LINK_HELLO_CLUSTER,
	[RAFT_HELLO_MISDIRECTED] = RAFT_LINK_HELLO_MISDIRECTED,
	[RAFT_HELLO_STRANGER] = RAFT_LINK_HELLO_STRANGER,
	[RAFT_HELLO_IMPOSTOR] = RAFT_LINK_HELLO_IMPOSTOR,
};

static uint32_t
verdict_for(enum raft_link_counter why)
{
	for (uint32_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		if (refusals[i] == why)
			return i;
	}
	return RAFT_HELLO_STRANGER;
}

static enum raft_link_counter
take_refusal(struct raft_link *link, uint32_t verdict)
{
	if (verdict < sizeof(refusals) / sizeof(*refusals))
		snprintf(link->reason, sizeof(link->reason),
			 "it says of us: %s",
			 raft_link_counter_text(refusals[verdict]));
	return RAFT_LINK_HELLO_REFUSED;
}

static enum raft_link_counter
read_hello(struct raft_link *link)
{
	struct raft_hello hello;
	enum raft_link_counter why;

	if (!raft__hello_decode(link->hello_in, &hello))
		return RAFT_LINK_HELLO_ALIEN;
	why = judge_hello(link, &hello);
	if (why == RAFT_LINK_OK && hello.verdict != RAFT_HELLO_WELCOME)
		why = take_refusal(link, hello.verdict);
	if (why == RAFT_LINK_OK || link->queue == NULL)
		link->peer = hello.from;
	if (why == RAFT_LINK_OK)
		why = link->rules->welcome(link);
	explain_refusal(link, why, &hello);
	link->open = why == RAFT_LINK_OK;
	link->takes_notes = (hello.features & RAFT_HELLO_NOTES) != 0;
	if (link->queue == NULL)
		owe_hello(link, verdict_for(why));
	return why;
}

/* --------------------------------------------------------- receiving */

struct raft_span
raft__link_room(struct raft_link *link)
{
	struct raft_buffer *input;

	if (!link->open)
		return (struct raft_span){
			link->hello_in + link->hello_length,
			RAFT_LINK_HELLO_BYTES - link->hello_length,
		};
	if (link->input == NULL)
		link->input =
		    raft__buffers_take(link->rules->buffers, RAFT_BUFFER_BYTES);
	input = link->input;
	if (input == NULL)
		return (struct raft_span){ NULL, 0 };
	return (struct raft_span){ input->bytes + input->end,
				   input->size - input->end };
}

static void
drop_input(struct raft_link *link)
{
	if (link->input != NULL)
		raft__buffer_release(link->input);
	link->input = NULL;
}

/* Keep room for `bytes` from input->begin on. What may be held by others stays
 * where it is; the beginning of an unfinished frame is held by nobody. */
static enum raft_link_counter
make_room(struct raft_link *link, size_t bytes)
{
	struct raft_buffer *old = link->input, *new;
	size_t length = old->end - old->begin;

	if (length == 0) {
		if (old->block.references == 1 ||
		    old->size - old->end < ROOM_BYTES_MIN)
			drop_input(link);
		return RAFT_LINK_OK;
	}
	if (old->size - old->begin >= bytes)
		return RAFT_LINK_OK;
	new = raft__buffers_take(link->rules->buffers, bytes);
	if (new == NULL)
		return RAFT_LINK_NO_MEMORY;
	memcpy(new->bytes, old->bytes + old->begin, length);
	new->end = length;
	drop_input(link);
	link->input = new;
	return RAFT_LINK_OK;
}

/* A message lies at `bytes` in the input. Nonsense is dropped: its frame was
 * sound, so that the next one can be found. */
static void
deliver_message(struct raft_link *link, const uint8_t *bytes, size_t length)
{
	struct raft_link_rules *rules = link->rules;
	struct raft_message message;

	if (raft_wire_decode(&rules->decoder, bytes, length,
			     &link->input->block, &message) != RAFT_WIRE_OK) {
		rules->counters[RAFT_LINK_DROPPED_UNREADABLE]++;
		return;
	}
	if (message.from.id != link->peer.id ||
	    message.from.incarnation != link->peer.incarnation) {
		rules->counters[RAFT_LINK_DROPPED_FORGED]++;
		return;
	}
	rules->counters[RAFT_LINK_RECEIVED]++;
	link->term = message.term;
	rules->receive(rules->receive_context, &message);
}

static void
deliver_note(struct raft_link *link, const uint8_t *bytes, size_t length)
{
	struct raft_link_rules *rules = link->rules;

	if (rules->noted == NULL) {
		rules->counters[RAFT_LINK_NOTES_DROPPED]++;
		return;
	}
	rules->counters[RAFT_LINK_NOTES_RECEIVED]++;
	rules->noted(rules->receive_context, link->peer, link->is_guest, bytes,
		     length);
}

/* What a frame carries lies at `bytes` in the input. */
static void
deliver(struct raft_link *link, const struct raft_wire_frame *frame,
	const uint8_t *bytes)
{
	if (frame->is_note)
		deliver_note(link, bytes, frame->length);
	else if (link->is_guest)
		link->rules->counters[RAFT_LINK_DROPPED_GUEST]++;
	else
		deliver_message(link, bytes, frame->length);
}

/* A guest gets no memory for what will be dropped. */
static size_t
bytes_max_of(const struct raft_link *link, const struct raft_wire_frame *frame)
{
	return frame->is_note || link->is_guest
		   ? link->rules->note_bytes_max
		   : link->rules->message_bytes_max;
}

static enum raft_link_counter
read_header(const struct raft_link *link, const uint8_t *header,
	    struct raft_wire_frame *frame)
{
	enum raft_wire_error error = raft_wire_frame_decode(header, frame);

	if (error == RAFT_WIRE_TOO_LARGE)
		return RAFT_LINK_FRAME_TOO_LARGE;
	/* Frames go from the dialer to the other end only. */
	if (error != RAFT_WIRE_OK || link->queue != NULL)
		return RAFT_LINK_FRAME_ALIEN;
	if (frame->length > bytes_max_of(link, frame))
		return RAFT_LINK_FRAME_TOO_LARGE;
	return RAFT_LINK_OK;
}

/* A beat, or a request for renewal, which only an end that was dialed makes. */
static bool
read_mark(struct raft_link *link, const uint8_t *at)
{
	bool is_renewal = link->queue != NULL &&
			  memcmp(at, renewal, sizeof(renewal)) == 0;

	if (is_renewal)
		link->rules->renew(link);
	return is_renewal || memcmp(at, beat, sizeof(beat)) == 0;
}

/* Read one frame or mark. *missing becomes the bytes that it has in all if they
 * are not all here, else 0. */
static enum raft_link_counter
read_frame(struct raft_link *link, size_t *missing)
{
	struct raft_buffer *input = link->input;
	const uint8_t *at = input->bytes + input->begin;
	size_t length = input->end - input->begin;
	struct raft_wire_frame frame;
	enum raft_link_counter why;

	*missing = RAFT_WIRE_FRAME_BYTES;
	if (length < RAFT_WIRE_FRAME_BYTES)
		return RAFT_LINK_OK;
	if (read_mark(link, at)) {
		input->begin += RAFT_WIRE_FRAME_BYTES;
		*missing = 0;
		return RAFT_LINK_OK;
	}
	why = read_header(link, at, &frame);
	if (why != RAFT_LINK_OK)
		return why;
	*missing = RAFT_WIRE_FRAME_BYTES + frame.length;
	if (length < *missing)
		return RAFT_LINK_OK;
	at += RAFT_WIRE_FRAME_BYTES;
	if (raft_wire_frame_check(&frame, at) != RAFT_WIRE_OK)
		return RAFT_LINK_FRAME_DAMAGED;
	input->begin += *missing;
	*missing = 0;
	deliver(link, &frame, at);
	return RAFT_LINK_OK;
}

static enum raft_link_counter
read_frames(struct raft_link *link)
{
	struct raft_buffer *input = link->input;
	enum raft_link_counter why;
	size_t missing;

	/* Whoever receives may end the link, and with it its hold on input. */
	input->block.references++;
	do {
		why = read_frame(link, &missing);
	} while (why == RAFT_LINK_OK && missing == 0 && !link->ended);
	raft__buffer_release(input);
	if (link->ended)
		return RAFT_LINK_LEFT;
	return why == RAFT_LINK_OK ? make_room(link, missing) : why;
}

enum raft_link_counter
raft__link_received(struct raft_link *link, size_t length, uint64_t now)
{
	link->heard_at = now;
	if (link->open) {
		link->input->end += length;
		return read_frames(link);
	}
	link->hello_length += length;
	/* Whoever speaks something else may never say as much as a hello. */
	if (!raft__hello_begins(link->hello_in, link->hello_length))
		return RAFT_LINK_HELLO_ALIEN;
	if (link->hello_length < RAFT_LINK_HELLO_BYTES)
		return RAFT_LINK_OK;
	return read_hello(link);
}

/* ----------------------------------------------------------- sending */

size_t
raft__link_output(struct raft_link *link, struct raft_span *spans, size_t room)
{
	size_t count = 0;
	bool sends = link->open && link->queue != NULL && !link->held;

	if (link->hello_owed)
		spans[count++] = (struct raft_span){ link->hello_out,
						     RAFT_LINK_HELLO_BYTES };
	/* A beat may not split a frame; the frame shows life as well. */
	if (link->beat_owed &&
	    !(sends && raft__queue_is_amid_frame(link->queue)))
		spans[count++] = (struct raft_span){ (uint8_t *)(uintptr_t)beat,
						     sizeof(beat) };
	if (link->renewal_owed)
		spans[count++] = (struct raft_span){
			(uint8_t *)(uintptr_t)renewal, sizeof(renewal)
		};
	link->hello_owed = false;
	link->beat_owed = false;
	link->renewal_owed = false;
	if (sends)
		count +=
		    raft__queue_take(link->queue, spans + count, room - count);
	return count;
}

void
raft__link_written(struct raft_link *link)
{
	if (link->open && link->queue != NULL && !link->held)
		raft__queue_written(link->queue);
}

/* -------------------------------------------------------------- time */

enum raft_link_counter
raft__link_watch(struct raft_link *link, uint64_t now)
{
	const struct raft_link_rules *rules = link->rules;
	uint64_t slept = now - link->watched_at;

	link->watched_at = now;
	if (!link->open)
		return now - link->born_at > rules->hello_us
			   ? RAFT_LINK_HELLO_LATE
			   : RAFT_LINK_OK;
	/* If this process itself was stopped, what came meanwhile has not been
	 * read yet: the silence says nothing of the peer. */
	if (slept > rules->stall_us / 2)
		link->heard_at = now;
	if (now - link->heard_at > rules->stall_us)
		return RAFT_LINK_STALLED;
	link->beat_owed = true;
	return RAFT_LINK_OK;
}

void
raft__link_end(struct raft_link *link)
{
	link->ended = true;
	link->open = false;
	drop_input(link);
}

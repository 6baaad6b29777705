/*
 * The hub: one queue of letters and a list of receivers (transport_queue.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A letter is a copy of a message. Its payloads are not copied but held, so
 * that the sender may forget them. Letters are used again, so that a hub that
 * has seen its largest load allocates no more.
 *
 * What is published is the cluster's name, a frame's header with a checksum, and the
 * message as assists/wire encodes it. What comes so is copied into a counted block,
 * which lives for as long as somebody holds a payload of it.
 */
#include <stdlib.h>
#include <string.h>

#include "demos/queue/transport_queue.h"

struct letter {
	struct letter *next;
	/** append.entries points to `entries`, snapshot.content to `content`. */
	struct raft_message message;
	struct raft_entry *entries;
	/** What `entries` holds of the message, each payload held. */
	size_t count;
	/** What it has room for. */
	size_t room;
	/** Its part is held, its configuration owned; zero if there is none. */
	struct raft_snapshot_content content;
};

struct seat {
	struct seat *next;
	struct raft_queue_receiver receiver;
};

/** What has come over the queue. */
struct parcel {
	struct raft_block block;
	uint8_t bytes[];
};

struct raft_queue {
	struct raft_queue_options options;
	struct raft_queue_counters counters;
	struct raft_wire_decoder decoder;
	struct seat *seats;
	/** Sent and not delivered, oldest first. */
	struct letter *head;
	struct letter **tail;
	/** Delivered, to be used again. */
	struct letter *spare;
};

struct raft_queue *
raft_queue_create(const struct raft_queue_options *options)
{
	struct raft_queue *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return NULL;
	hub->options = *options;
	hub->tail = &hub->head;
	return hub;
}

static struct seat **
find_seat(struct raft_queue *hub, uint64_t id)
{
	struct seat **at = &hub->seats;

	while (*at != NULL && (*at)->receiver.id != id)
		at = &(*at)->next;
	return at;
}

bool
raft_queue_add(struct raft_queue *hub,
	       const struct raft_queue_receiver *receiver)
{
	struct seat **at = find_seat(hub, receiver->id);

	if (*at == NULL)
		*at = calloc(1, sizeof(**at));
	if (*at == NULL)
		return false;
	(*at)->receiver = *receiver;
	return true;
}

void
raft_queue_remove(struct raft_queue *hub, uint64_t id)
{
	struct seat **at = find_seat(hub, id);
	struct seat *seat = *at;

	if (seat == NULL)
		return;
	*at = seat->next;
	free(seat);
}

/* A letter with room for `count` entries. NULL: out of memory. */
static struct letter *
take_letter(struct raft_queue *hub, size_t count)
{
	struct letter *letter = hub->spare;
	struct raft_entry *entries;

	if (letter == NULL)
		letter = calloc(1, sizeof(*letter));
	else
		hub->spare = letter->next;
	if (letter == NULL || letter->room >= count)
		return letter;
	entries = reallocarray(letter->entries, count, sizeof(*entries));
	if (entries == NULL) {
		letter->next = hub->spare;
		hub->spare = letter;
		return NULL;
	}
	letter->entries = entries;
	letter->room = count;
	return letter;
}

/* Let its payloads go and keep it for the next message. */
static void
put_letter_back(struct raft_queue *hub, struct letter *letter)
{
	for (size_t i = 0; i < letter->count; i++)
		raft_payload_release(&letter->entries[i].payload);
	raft_payload_release(&letter->content.part);
	free((void *)(uintptr_t)letter->content.configuration);
	letter->content = (struct raft_snapshot_content){ .part.length = 0 };
	letter->next = hub->spare;
	hub->spare = letter;
}

/* False: out of memory. */
static bool
keep_content(struct letter *letter)
{
	struct raft_snapshot_content content =
	    *letter->message.snapshot.content;
	void *configuration = NULL;

	if (content.configuration != NULL) {
		configuration = malloc(content.configuration_length + 1);
		if (configuration == NULL)
			return false;
		memcpy(configuration, content.configuration,
		       content.configuration_length);
	}
	content.configuration = configuration;
	raft_payload_hold(&content.part);
	letter->content = content;
	letter->message.snapshot.content = &letter->content;
	return true;
}

static void
send_message(void *context, const struct raft_message *message)
{
	struct raft_queue *hub = context;
	const struct raft_append *append = &message->append;
	struct letter *letter;
	size_t count = 0;

	if (raft_message_has_entries(message))
		count = append->last.index - append->previous.index;
	letter = take_letter(hub, count);
	if (letter == NULL)
		return; /* Any message may be lost. */
	letter->message = *message;
	letter->next = NULL;
	letter->count = count;
	for (size_t i = 0; i < count; i++) {
		letter->entries[i] = append->entries[i];
		raft_payload_hold(&letter->entries[i].payload);
	}
	if (raft_message_has_entries(message))
		letter->message.append.entries = letter->entries;
	if (message->kind == RAFT_MESSAGE_SNAPSHOT && !keep_content(letter)) {
		put_letter_back(hub, letter);
		return;
	}
	*hub->tail = letter;
	hub->tail = &letter->next;
}

const struct raft_node_transport raft_queue_transport = {
	.send = send_message,
};

static void
publish(struct raft_queue *hub, const struct raft_message *message)
{
	size_t name = sizeof(hub->options.cluster);
	size_t length = raft_wire_bytes(message);
	uint8_t *bytes = malloc(RAFT_QUEUE_HEAD_BYTES + length);

	if (bytes == NULL || length == 0) {
		free(bytes);
		return;
	}
	memcpy(bytes, hub->options.cluster, name);
	raft_wire_encode(message, bytes + RAFT_QUEUE_HEAD_BYTES, length);
	raft_wire_frame_encode(bytes + name, bytes + RAFT_QUEUE_HEAD_BYTES,
			       length);
	hub->options.publish(hub->options.context, message->to.id, bytes,
			     RAFT_QUEUE_HEAD_BYTES + length);
	free(bytes);
}

size_t
raft_queue_pump(struct raft_queue *hub)
{
	struct letter *letter, *rest = hub->head;
	size_t count = 0;

	hub->head = NULL;
	hub->tail = &hub->head;
	for (; (letter = rest) != NULL; count++) {
		const struct raft_message *message = &letter->message;
		struct seat *seat = *find_seat(hub, message->to.id);

		rest = letter->next;
		if (seat != NULL)
			seat->receiver.receive(seat->receiver.context, message);
		else
			publish(hub, message);
		put_letter_back(hub, letter);
	}
	return count;
}

static void
release(struct raft_block *block)
{
	free(block);
}

/* Whether a frame is as it was sent. */
static bool
is_whole(const uint8_t *frame, size_t length)
{
	struct raft_wire_frame header;

	return raft_wire_frame_decode(frame, &header) == RAFT_WIRE_OK &&
	       header.length == length - RAFT_WIRE_FRAME_BYTES &&
	       raft_wire_frame_check(&header, frame + RAFT_WIRE_FRAME_BYTES) ==
		   RAFT_WIRE_OK;
}

static void
deliver(struct raft_queue *hub, struct parcel *parcel, size_t length)
{
	struct raft_message message;
	struct seat *seat = NULL;

	if (raft_wire_decode(&hub->decoder, parcel->bytes, length,
			     &parcel->block, &message) == RAFT_WIRE_OK)
		seat = *find_seat(hub, message.to.id);
	if (seat == NULL) {
		hub->counters.damaged++;
		return;
	}
	hub->counters.delivered++;
	seat->receiver.receive(seat->receiver.context, &message);
}

void
raft_queue_take(struct raft_queue *hub, const void *bytes, size_t length)
{
	size_t name = sizeof(hub->options.cluster);
	const uint8_t *frame = (const uint8_t *)bytes + name;
	struct parcel *parcel;

	if (length > name && memcmp(bytes, hub->options.cluster, name) != 0) {
		hub->counters.foreign++;
		return;
	}
	if (length <= RAFT_QUEUE_HEAD_BYTES || !is_whole(frame, length - name)) {
		hub->counters.damaged++;
		return;
	}
	length -= RAFT_QUEUE_HEAD_BYTES;
	parcel = malloc(sizeof(*parcel) + length);
	if (parcel == NULL)
		return;
	parcel->block = (struct raft_block){ 1, release };
	memcpy(parcel->bytes, frame + RAFT_WIRE_FRAME_BYTES, length);
	deliver(hub, parcel, length);
	if (--parcel->block.references == 0)
		release(&parcel->block);
}

const struct raft_queue_counters *
raft_queue_counters(const struct raft_queue *hub)
{
	return &hub->counters;
}

void
raft_queue_destroy(struct raft_queue *hub)
{
	struct letter *letter;

	if (hub == NULL)
		return;
	while (hub->seats != NULL)
		raft_queue_remove(hub, hub->seats->receiver.id);
	while ((letter = hub->head) != NULL) {
		hub->head = letter->next;
		put_letter_back(hub, letter);
	}
	while ((letter = hub->spare) != NULL) {
		hub->spare = letter->next;
		free(letter->entries);
		free(letter);
	}
	raft_wire_decoder_clear(&hub->decoder);
	free(hub);
}

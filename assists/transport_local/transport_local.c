/*
 * The hub: one queue of letters and a list of receivers (transport_local.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A letter is a copy of a message. Its payloads are not copied but held, so
 * that the sender may forget them. Letters are used again, so that a hub that
 * has seen its largest load allocates no more.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/transport_local/transport_local.h"

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
	struct raft_local_receiver receiver;
};

struct raft_local {
	struct seat *seats;
	/** Sent and not delivered, oldest first. */
	struct letter *head;
	struct letter **tail;
	/** Delivered, to be used again. */
	struct letter *spare;
};

struct raft_local *
raft_local_create(void)
{
	struct raft_local *hub = calloc(1, sizeof(*hub));

	if (hub != NULL)
		hub->tail = &hub->head;
	return hub;
}

static struct seat **
find_seat(struct raft_local *hub, uint64_t id)
{
	struct seat **at = &hub->seats;

	while (*at != NULL && (*at)->receiver.id != id)
		at = &(*at)->next;
	return at;
}

bool
raft_local_add(struct raft_local *hub,
	       const struct raft_local_receiver *receiver)
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
raft_local_remove(struct raft_local *hub, uint64_t id)
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
take_letter(struct raft_local *hub, size_t count)
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
put_letter_back(struct raft_local *hub, struct letter *letter)
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
	struct raft_local *hub = context;
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

const struct raft_node_transport raft_local_transport = {
	.send = send_message,
};

size_t
raft_local_pump(struct raft_local *hub)
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
		put_letter_back(hub, letter);
	}
	return count;
}

void
raft_local_destroy(struct raft_local *hub)
{
	struct letter *letter;

	if (hub == NULL)
		return;
	while (hub->seats != NULL)
		raft_local_remove(hub, hub->seats->receiver.id);
	while ((letter = hub->head) != NULL) {
		hub->head = letter->next;
		put_letter_back(hub, letter);
	}
	while ((letter = hub->spare) != NULL) {
		hub->spare = letter->next;
		free(letter->entries);
		free(letter);
	}
	free(hub);
}

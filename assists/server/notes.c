/*
 * Notes: what the servers of a cluster say to each other beside Raft's messages
 * (assists/transport_tcp), little endian, the first byte saying what it is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	ASK       8 number, 8 microseconds to wait, a command as entries have it
 *	ANSWER    8 number, 1 result, 8 index, the machine's answer
 *	CHANGE    8 number, 1 kind, 8 id, 8 incarnation, 8 id of who is replaced,
 *	          8 its incarnation if the kind is REPLACE, 8 seconds if it is
 *	          STAND_IN, 8 millionths and 8 index of a configuration if it is
 *	          LEASES, an address
 *	STANDS    8 number, 1 verdict, a sentence: how it stands with a change
 *	WHO       1 wish, 8 seconds if it is STAND_IN, an address: who is in the
 *	          cluster? and: let me in
 *	ROSTER    8 index, a configuration
 *	REFUSAL   a sentence: why the one who asked is not let in
 *	ABOUT     a text: what the sender runs
 *	WANT      8 index, 8 term, any number of times: who has these entries?
 *	HAVE      8 index, 8 term, 1 kind, a payload: the one that has that index and term
 *
 * Of guests only WHO, ROSTER and REFUSAL are taken. A note of another version, or that is not
 * as it should be, is dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/server/command.h"
#include "assists/server/inside.h"

enum note_kind {
	NOTE_ASK = 1,
	NOTE_ANSWER = 2,
	NOTE_CHANGE = 3,
	NOTE_STANDS = 4,
	NOTE_WHO = 5,
	NOTE_ROSTER = 6,
	NOTE_REFUSAL = 7,
	NOTE_ABOUT = 8,
	NOTE_WANT = 9,
	NOTE_HAVE = 10,
};

#define HEADER_BYTES_MAX 64
/** What is given of what is wanted, beyond the first of it: the rest is asked for again. */
#define GIVEN_BYTES_MAX ((size_t)1 << 20)
#define WANTED_MAX 64

/* ------------------------------------------------------------------ saying */

/** A header and what follows it. Whatever stands in the way, it may go later. */
static bool
post(struct raft_server *server, uint64_t to, const uint8_t *header,
     size_t header_length, const void *rest, size_t length)
{
	uint8_t *note = malloc(header_length + length);
	int result = UV_ENOMEM;

	if (note != NULL) {
		memcpy(note, header, header_length);
		if (length > 0)
			memcpy(note + header_length, rest, length);
		result = raft_tcp_post(server->transport, to, note,
				       header_length + length);
	}
	free(note);
	return result == 0;
}

bool
raft__notes_ask(struct raft_server *server, const struct ask *ask, uint64_t to)
{
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_ASK };
	uint64_t now = raft__server_now();
	uint8_t *at = put64(header + 1, ask->number);

	at = put64(at, ask->deadline > now ? ask->deadline - now : 1);
	return post(server, to, header, (size_t)(at - header),
		    ask->payload.data, ask->payload.length);
}

static bool
answer(struct raft_server *server, uint64_t to, uint64_t number,
       const struct raft_server_answer *answer)
{
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_ANSWER };
	uint8_t *at = put64(header + 1, number);

	*at++ = (uint8_t)answer->result;
	at = put64(at, answer->index);
	return post(server, to, header, (size_t)(at - header), answer->data,
		    answer->length);
}

bool
raft__notes_answer(struct raft_server *server, const struct ask *ask)
{
	return answer(server, ask->origin, ask->origin_number, &ask->answer);
}

bool
raft__notes_change(struct raft_server *server, const struct ask *ask,
		   uint64_t to)
{
	const struct raft_server_change *change = &ask->change;
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_CHANGE };
	uint8_t *at = put64(header + 1, ask->number);

	*at++ = (uint8_t)change->kind;
	at = put64(at, change->identity.id);
	at = put64(at, change->identity.incarnation);
	at = put64(at, change->replaced.id);
	if (change->kind == RAFT_SERVER_REPLACE)
		at = put64(at, change->replaced.incarnation);
	if (change->kind == RAFT_SERVER_STAND_IN)
		at = put64(at, change->stands_in_seconds);
	if (change->kind == RAFT_SERVER_LEASES)
		at = put64(put64(at, change->clock_drift), ask->known_index);
	return post(server, to, header, (size_t)(at - header), change->address,
		    change->address != NULL ? strlen(change->address) : 0);
}

bool
raft__notes_who(struct raft_server *server, uint64_t to)
{
	const struct conf *conf = &server->folder.conf;
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_WHO, WISH_NONE };
	uint8_t *at = header + 2;

	if (server->peers.sponsor == 0 ||
	    raft_configuration(server->raft) != NULL) {
		header[1] = WISH_NONE;
	} else if (conf->stands_in_seconds != 0) {
		header[1] = WISH_STAND_IN;
		at = put64(at, conf->stands_in_seconds);
	} else {
		header[1] = conf->learns != 0 ? WISH_LEARN : WISH_VOTE;
	}
	return post(server, to, header, (size_t)(at - header), conf->address,
		    strlen(conf->address));
}

bool
raft__notes_roster(struct raft_server *server, uint64_t to)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_ROSTER };
	struct raft_status status;
	uint8_t *bytes;
	size_t length;
	bool posted;

	if (configuration == NULL)
		return true;
	raft_status(server->raft, &status);
	length = raft_configuration_bytes(configuration);
	bytes = malloc(length);
	if (bytes == NULL)
		return false;
	length = raft_configuration_encode(configuration, bytes, length);
	put64(header + 1, status.configuration_index);
	posted = post(server, to, header, 9, bytes, length);
	free(bytes);
	return posted;
}

bool
raft__notes_refusal(struct raft_server *server, uint64_t to, const char *why)
{
	return post(server, to, (uint8_t[]){ NOTE_REFUSAL }, 1, why,
		    strlen(why));
}

bool
raft__notes_about(struct raft_server *server, uint64_t to)
{
	return post(server, to, (uint8_t[]){ NOTE_ABOUT }, 1, server->build,
		    strlen(server->build));
}

bool
raft__notes_want(struct raft_server *server, uint64_t to,
		 const struct raft_entry_id *entries, size_t count)
{
	uint8_t wanted[16 * WANTED_MAX], *at = wanted;

	for (size_t i = 0; i < count && i < WANTED_MAX; i++)
		at = put64(put64(at, entries[i].index), entries[i].term);
	return post(server, to, (uint8_t[]){ NOTE_WANT }, 1, wanted,
		    (size_t)(at - wanted));
}

/* ----------------------------------------------------------------- hearing */

/** A note that came, and how far it was read. */
struct note {
	struct raft_server *server;
	struct raft_identity from;
	const uint8_t *at;
	size_t left;
};

static bool
take8(struct note *note, uint8_t *value)
{
	if (note->left < 1)
		return false;
	*value = *note->at++;
	note->left--;
	return true;
}

static bool
take64(struct note *note, uint64_t *value)
{
	if (note->left < sizeof(*value))
		return false;
	*value = get64(note->at);
	note->at += sizeof(*value);
	note->left -= sizeof(*value);
	return true;
}

/** The rest of it as a text, which is to be freed. NULL: it is none, too long, or
 *  memory ran out. */
static char *
take_text(struct note *note, size_t size)
{
	if (note->left >= size || memchr(note->at, '\0', note->left) != NULL)
		return NULL;
	return strndup((const char *)note->at, note->left);
}

/** To propose what another server was asked for. One that is refused at once asks
 *  again, here or elsewhere. */
static void
take_ask(struct note *note)
{
	struct raft_server *server = note->server;
	struct raft_server_answer refusal = { 0 };
	struct raft_payload payload;
	struct command command;
	uint64_t number, timeout_us;
	struct ask *ask;

	if (!take64(note, &number) || !take64(note, &timeout_us) ||
	    timeout_us == 0 ||
	    !raft__command_decode(note->at, note->left, &command) ||
	    !raft__command_copy(note->at, note->left, &payload))
		return;
	if (command.length > server->options.command_bytes_max)
		refusal.result = RAFT_SERVER_TOO_LARGE;
	ask = refusal.result != RAFT_SERVER_OK
		  ? NULL
		  : raft__asks_begin(server, ASK_COMMAND, timeout_us,
				     &refusal.result);
	if (ask == NULL) {
		raft_payload_release(&payload);
		(void)!answer(server, note->from.id, number, &refusal);
		return;
	}
	ask->origin = note->from.id;
	ask->origin_number = number;
	ask->payload = payload;
	ask->has_session = command.kind == COMMAND_ONCE;
}

static void
take_answer(struct note *note)
{
	struct raft_server_answer answer = { 0 };
	struct ask *ask;
	uint64_t number;
	uint8_t result;

	if (!take64(note, &number) || !take8(note, &result) ||
	    !take64(note, &answer.index) || result > RAFT_SERVER_NO_ROOM)
		return;
	ask = raft__asks_find(&note->server->asks, number);
	if (ask == NULL || ask->kind != ASK_COMMAND || ask->origin != 0)
		return;
	answer.result = (enum raft_server_result)result;
	answer.data = note->at;
	answer.length = note->left;
	raft__asks_answered(note->server, ask, note->from.id, &answer);
}

static bool
take_leases(struct note *note, struct raft_server_change *change,
	    uint64_t *known_index)
{
	uint64_t millionths;

	if (!take64(note, &millionths) || millionths > UINT32_MAX ||
	    !take64(note, known_index))
		return false;
	change->clock_drift = (uint32_t)millionths;
	return true;
}

/** What can be done for it is done at once, and how it stands is said. */
static void
take_change(struct note *note)
{
	struct raft_server *server = note->server;
	struct raft_server_change change = { 0 };
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_STANDS };
	char text[CHANGE_TEXT_BYTES];
	uint64_t number, known_index = 0;
	uint8_t kind;
	char *address;

	if (!take64(note, &number) || !take8(note, &kind) ||
	    !take64(note, &change.identity.id) ||
	    !take64(note, &change.identity.incarnation) ||
	    !take64(note, &change.replaced.id) || kind < RAFT_SERVER_ADD ||
	    kind > RAFT_SERVER_LEASES ||
	    (kind == RAFT_SERVER_REPLACE &&
	     !take64(note, &change.replaced.incarnation)) ||
	    (kind == RAFT_SERVER_STAND_IN &&
	     !take64(note, &change.stands_in_seconds)) ||
	    (kind == RAFT_SERVER_LEASES &&
	     !take_leases(note, &change, &known_index)))
		return;
	address = take_text(note, PLACE_BYTES);
	if (address == NULL)
		return;
	change.kind = (enum raft_server_change_kind)kind;
	change.address = *address != '\0' ? address : NULL;
	put64(header + 1, number);
	header[9] = (uint8_t)raft__changes_attempt(server, &change,
						   known_index, text);
	(void)!post(server, note->from.id, header, 10, text, strlen(text));
	free(address);
}

static void
take_standing(struct note *note)
{
	uint64_t number;
	struct ask *ask;
	uint8_t verdict;
	char *text;

	if (!take64(note, &number) || !take8(note, &verdict) ||
	    verdict > CHANGE_REFUSED)
		return;
	ask = raft__asks_find(&note->server->asks, number);
	text = take_text(note, CHANGE_TEXT_BYTES);
	if (ask != NULL && ask->kind == ASK_CHANGE && text != NULL)
		raft__changes_told(note->server, ask,
				   (enum change_verdict)verdict, text);
	free(text);
}

static void
take_who(struct note *note)
{
	uint64_t stands_in_seconds = 0;
	uint8_t wish;
	char *place;

	if (!take8(note, &wish) || wish > WISH_STAND_IN ||
	    (wish == WISH_STAND_IN && !take64(note, &stands_in_seconds)))
		return;
	place = take_text(note, PLACE_BYTES);
	if (place != NULL)
		raft__peers_asked(note->server, note->from,
				  (enum peer_wish)wish, stands_in_seconds,
				  place);
	free(place);
}

static void
take_roster(struct note *note)
{
	struct raft_member *members =
	    calloc(RAFT_MEMBERS_MAX, sizeof(*members));
	struct raft_configuration configuration;
	uint64_t index;

	if (members != NULL && take64(note, &index) &&
	    raft_configuration_decode(note->at, note->left, &configuration,
				      members, RAFT_MEMBERS_MAX) == RAFT_OK)
		raft__peers_told(note->server, note->from.id, index,
				 &configuration);
	free(members);
}

static void
take_refusal(struct note *note)
{
	char *why = take_text(note, RAFT_SERVER_ERROR_BYTES);

	if (why != NULL)
		raft__peers_refused(note->server, note->from.id, why);
	free(why);
}

static void
take_about(struct note *note)
{
	char *build = take_text(note, RAFT_SERVER_BUILD_BYTES);

	if (build != NULL)
		raft__peers_about(note->server, note->from.id, build);
	free(build);
}

/* Whoever has lost it knows of the two numbers for certain, and of the bytes nothing: what
 * has only one of them is another entry. */
static void
take_want(struct note *note)
{
	struct raft_server *server = note->server;
	uint8_t header[HEADER_BYTES_MAX] = { NOTE_HAVE };
	struct raft_entry_id id;
	struct raft_entry entry;
	size_t given = 0;

	while (given < GIVEN_BYTES_MAX && take64(note, &id.index) &&
	       take64(note, &id.term)) {
		if (!raft_node_look_up(server->node, id, &entry))
			continue;
		put64(put64(header + 1, entry.index), entry.term);
		header[17] = (uint8_t)entry.kind;
		(void)!post(server, note->from.id, header, 18,
			    entry.payload.data, entry.payload.length);
		given += entry.payload.length + 1;
		raft_payload_release(&entry.payload);
	}
}

static void
take_have(struct note *note)
{
	struct raft_entry entry = { 0 };
	uint8_t kind;

	if (!take64(note, &entry.index) || !take64(note, &entry.term) ||
	    !take8(note, &kind))
		return;
	entry.kind = (enum raft_entry_kind)kind;
	entry.payload = (struct raft_payload){ note->at, note->left, NULL };
	raft_node_fetched(note->server->node, &entry);
}

static void (*const takers[])(struct note *note) = {
	[NOTE_ASK] = take_ask,	       [NOTE_ANSWER] = take_answer,
	[NOTE_CHANGE] = take_change,   [NOTE_STANDS] = take_standing,
	[NOTE_WHO] = take_who,	       [NOTE_ROSTER] = take_roster,
	[NOTE_REFUSAL] = take_refusal, [NOTE_ABOUT] = take_about,
	[NOTE_WANT] = take_want,       [NOTE_HAVE] = take_have,
};

void
raft__notes_take(void *context, struct raft_identity from, bool guest,
		 const void *bytes, size_t length)
{
	struct note note = { context, from, bytes, length };
	uint8_t kind;

	if (note.server->state != SERVER_RUNNING &&
	    note.server->state != SERVER_LEAVING)
		return;
	if (!take8(&note, &kind) || kind < NOTE_ASK || kind > NOTE_HAVE ||
	    (guest && (kind < NOTE_WHO || kind >= NOTE_ABOUT)))
		return;
	takers[kind](&note);
}

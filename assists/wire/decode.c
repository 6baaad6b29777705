/*
 * The decoder: bytes as a message. The format is drawn in wire.c.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/wire/fields.h"

#define DECODER_ROOM_MIN 64
#define GET(field) message->field = take64(&at);

/** What lies between two addresses. */
struct slice {
	const uint8_t *at;
	const uint8_t *end;
};

static size_t
slice_bytes(struct slice slice)
{
	return (size_t)(slice.end - slice.at);
}

static uint16_t
take16(const uint8_t **at)
{
	*at += sizeof(uint16_t);
	return get16(*at - sizeof(uint16_t));
}

static uint32_t
take32(const uint8_t **at)
{
	*at += sizeof(uint32_t);
	return get32(*at - sizeof(uint32_t));
}

static uint64_t
take64(const uint8_t **at)
{
	*at += sizeof(uint64_t);
	return get64(*at - sizeof(uint64_t));
}

void
raft_wire_decoder_clear(struct raft_wire_decoder *decoder)
{
	free(decoder->entries);
	*decoder = (struct raft_wire_decoder){ .entries = NULL };
}

static bool
make_room(struct raft_wire_decoder *decoder, size_t count)
{
	struct raft_entry *entries;
	size_t room = decoder->room > 0 ? decoder->room : DECODER_ROOM_MIN;

	if (count <= decoder->room)
		return true;
	while (room < count)
		room *= 2;
	entries = realloc(decoder->entries, room * sizeof(*entries));
	if (entries == NULL)
		return false;
	decoder->entries = entries;
	decoder->room = room;
	return true;
}

/* The heads are known to lie within `heads`; the payloads are looked for in
 * what follows, and must fill it. */
static enum raft_wire_error
get_entries(struct slice heads, size_t head_bytes, struct slice payloads,
	    struct raft_block *owner, uint64_t index,
	    struct raft_entry *entry)
{
	const uint8_t *head, *at;
	size_t length;

	for (head = heads.at; head < heads.end; head += head_bytes, entry++) {
		at = head;
		entry->index = ++index;
		entry->term = take64(&at);
		length = take32(&at);
		entry->kind = take16(&at);
		if (length > RAFT_PAYLOAD_BYTES_MAX)
			return RAFT_WIRE_TOO_LARGE;
		if (length > slice_bytes(payloads))
			return RAFT_WIRE_LENGTH;
		/* What is empty need not keep the bytes alive. */
		entry->payload = (struct raft_payload){
			payloads.at, length, length > 0 ? owner : NULL,
		};
		payloads.at += length;
	}
	return slice_bytes(payloads) == 0 ? RAFT_WIRE_OK : RAFT_WIRE_LENGTH;
}

static enum raft_wire_error
get_append(struct raft_wire_decoder *decoder, const uint8_t *at,
	   struct slice varying, struct raft_block *owner,
	   struct raft_message *message)
{
	struct slice heads = varying;
	size_t count, head_bytes;

	if (message->kind == RAFT_MESSAGE_OFFER) {
		OFFER_FIELDS(GET)
	} else {
		APPEND_FIELDS(GET)
	}
	count = take32(&at);
	head_bytes = take16(&at);
	if (count > RAFT_WIRE_ENTRIES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	/* This also says that no index goes beyond 64 bits. */
	if (count != raft__wire_append_count(&message->append))
		return RAFT_WIRE_MALFORMED;
	if (head_bytes < HEAD_BYTES ||
	    count * head_bytes > slice_bytes(varying))
		return RAFT_WIRE_LENGTH;
	if (!make_room(decoder, count))
		return RAFT_WIRE_NO_MEMORY;
	heads.end = varying.at += count * head_bytes;
	if (count > 0)
		message->append.entries = decoder->entries;
	return get_entries(heads, head_bytes, varying, owner,
			   message->append.previous.index, decoder->entries);
}

static enum raft_wire_error
get_append_answer(const uint8_t *at, struct raft_message *message)
{
	uint64_t verdict;

	APPEND_ANSWER_FIELDS(GET)
	verdict = take64(&at);
	if (verdict < RAFT_APPEND_ACCEPTED ||
	    verdict > RAFT_APPEND_BUSY)
		return RAFT_WIRE_MALFORMED;
	message->append_answer.verdict = (enum raft_append_verdict)verdict;
	return RAFT_WIRE_OK;
}

static enum raft_wire_error
get_vote_answer(const uint8_t *at, struct raft_message *message)
{
	uint64_t refusal;

	VOTE_ANSWER_FIELDS(GET)
	refusal = take64(&at);
	if (refusal > RAFT_REFUSAL_NOT_MEMBER)
		return RAFT_WIRE_MALFORMED;
	message->vote_answer.refusal = (enum raft_refusal)refusal;
	return RAFT_WIRE_OK;
}

static enum raft_wire_error
get_snapshot(struct raft_snapshot_content *content, const uint8_t *at,
	     struct slice varying, struct raft_block *owner,
	     struct raft_message *message)
{
	size_t configuration, part;

	SNAPSHOT_FIELDS(GET)
	*content = (struct raft_snapshot_content){
		.configuration_index = take64(&at),
	};
	configuration = take32(&at);
	part = take32(&at);
	message->snapshot.writing = take64(&at);
	if (configuration > RAFT_PAYLOAD_BYTES_MAX ||
	    part > RAFT_PAYLOAD_BYTES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	if (configuration + part != slice_bytes(varying))
		return RAFT_WIRE_LENGTH;
	if (configuration > 0)
		content->configuration = varying.at;
	content->configuration_length = configuration;
	content->part = (struct raft_payload){
		varying.at + configuration, part, part > 0 ? owner : NULL,
	};
	message->snapshot.content = content;
	return RAFT_WIRE_OK;
}

static enum raft_wire_error
get_snapshot_answer(const uint8_t *at, struct raft_message *message)
{
	uint64_t gap, damaged;

	SNAPSHOT_ANSWER_FIELDS(GET)
	gap = take64(&at);
	damaged = take64(&at);
	message->snapshot_answer.gap = gap == 1;
	message->snapshot_answer.damaged = damaged == 1;
	return gap <= 1 && damaged <= 1 ? RAFT_WIRE_OK : RAFT_WIRE_MALFORMED;
}

static enum raft_wire_error
get_extension(const uint8_t *at, struct slice varying,
	      struct raft_extension_message *extension)
{
	extension->module = take16(&at);
	extension->type = take16(&at);
	extension->length = *at;
	at += 4;
	extension->round = take64(&at);
	if (extension->length > RAFT_EXTENSION_BYTES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	if (extension->length != slice_bytes(varying))
		return RAFT_WIRE_LENGTH;
	memcpy(extension->bytes, varying.at, extension->length);
	return RAFT_WIRE_OK;
}

static enum raft_wire_error
get_body(struct raft_wire_decoder *decoder, const uint8_t *at,
	 struct slice varying, struct raft_block *owner,
	 struct raft_message *message)
{
	enum raft_wire_error error = RAFT_WIRE_OK;

	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
	case RAFT_MESSAGE_OFFER:
		return get_append(decoder, at, varying, owner, message);
	case RAFT_MESSAGE_SNAPSHOT:
		return get_snapshot(&decoder->content, at, varying, owner,
				    message);
	case RAFT_MESSAGE_EXTENSION:
	case RAFT_MESSAGE_UNSUPPORTED:
		return get_extension(at, varying, &message->extension);
	case RAFT_MESSAGE_APPEND_ANSWER:
		error = get_append_answer(at, message);
		break;
	case RAFT_MESSAGE_VOTE:
		VOTE_FIELDS(GET)
		break;
	case RAFT_MESSAGE_VOTE_ANSWER:
		error = get_vote_answer(at, message);
		break;
	case RAFT_MESSAGE_TIMEOUT_NOW:
		TIMEOUT_NOW_FIELDS(GET)
		break;
	case RAFT_MESSAGE_NOT_MEMBER:
		NOT_MEMBER_FIELDS(GET)
		break;
	case RAFT_MESSAGE_REGRESSED:
		REGRESSED_FIELDS(GET)
		break;
	case RAFT_MESSAGE_READ:
	case RAFT_MESSAGE_READ_ANSWER:
		READ_FIELDS(GET)
		break;
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		error = get_snapshot_answer(at, message);
		break;
	default:
		/* What the rest means, its sender's build knows. */
		return RAFT_WIRE_OK;
	}
	if (error == RAFT_WIRE_OK && slice_bytes(varying) != 0)
		return RAFT_WIRE_LENGTH;
	return error;
}

enum raft_wire_error
raft_wire_decode(struct raft_wire_decoder *decoder, const void *bytes,
		 size_t length, struct raft_block *owner,
		 struct raft_message *message)
{
	const uint8_t *at = bytes;
	uint8_t padded[FIXED_BYTES_MAX] = { 0 };
	struct slice varying;
	size_t envelope, fixed;

	memset(message, 0, sizeof(*message));
	if (length > RAFT_WIRE_BYTES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	if (length < ENVELOPE_BYTES)
		return RAFT_WIRE_LENGTH;
	if (*at++ != RAFT_WIRE_VERSION)
		return RAFT_WIRE_UNKNOWN_VERSION;
	message->kind = *at++;
	envelope = take16(&at);
	fixed = take16(&at);
	if (envelope < ENVELOPE_BYTES || envelope + fixed > length ||
	    fixed < raft__wire_least_bytes(message->kind))
		return RAFT_WIRE_LENGTH;
	at += 2;
	ENVELOPE_FIELDS(GET)
	at = (const uint8_t *)bytes + envelope;
	varying.at = at + fixed;
	varying.end = (const uint8_t *)bytes + length;
	if (fixed < raft__wire_fixed_bytes(message->kind))
		at = memcpy(padded, at, fixed);
	return get_body(decoder, at, varying, owner, message);
}

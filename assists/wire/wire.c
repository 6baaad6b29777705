/*
 * The codec: a message as bytes, version 1 of the format.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All numbers are little endian and unsigned. A message is its envelope, then
 * the fixed part of its kind, then, for some kinds, what varies in length.
 *
 *   envelope                          append, after the envelope
 *   offset bytes                      offset bytes
 *      0     1   version, 1              0    16   previous (index, term)
 *      1     1   kind                   16    16   last (index, term)
 *      2     2   bytes of envelope      32     8   commit_index
 *      4     2   bytes of fixed part    40     8   sent_at
 *      6     2   0; not read            48     8   sequence
 *      8    16   from (id, incarn.)     56     4   count of entries
 *     24    16   to (id, incarn.)       60     2   bytes of an entry's head
 *     40     8   term                   62     2   0; not read
 *     48     8   capabilities           64         the heads of the entries,
 *     56                                           then all their payloads
 *   append-answer
 *      0     8   match_index           head of an entry
 *      8    16   conflict (idx, term)    0     8   term
 *     24     8   sent_at                 8     4   bytes of payload
 *     32     8   sequence               12     2   kind
 *     40     8   verdict                14     2   0; not read
 *     48                                16
 *   vote                              vote-answer
 *      0    16   tip (index, term)       0     8   asked_term
 *     16     8   permit.leader           8    16   tip (index, term)
 *     24     8   permit.term            24     8   refusal
 *     32     8   permit.transfer        32
 *     40
 *   timeout-now
 *      0    16   tip (index, term)
 *     16     8   transfer
 *     24
 *   not-member
 *      0     8   asked_term
 *      8
 *   read, read-answer
 *      0     8   round
 *      8     8   index
 *     16
 *   extension, unsupported
 *      0     2   module
 *      2     2   type
 *      4     1   count of bytes
 *      5     3   0; not read
 *      8     8   round
 *     16         the bytes
 *
 * How it can grow: a later build may make the envelope, a fixed part or an
 * entry's head longer, and says so in its length; what is beyond the known part
 * is skipped. A reader takes any length from that of version 1 up. Anything
 * else raises the version. The index of an entry is not sent: it follows from
 * `previous`.
 *
 * The heads stand together so that one comparison bounds them all, and so that
 * a transport may one day send payloads from where they lie.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "assists/wire/wire.h"

#define ENVELOPE_BYTES 56
#define HEAD_BYTES 16
#define DECODER_ROOM_MIN 64

/* The fields of 8 bytes, in their order on the wire. Writing, reading and
 * measuring expand the same lists, so that they cannot differ. */
#define ENVELOPE_FIELDS(X)                                                     \
	X(from.id) X(from.incarnation) X(to.id) X(to.incarnation)              \
	X(term) X(capabilities)
#define APPEND_FIELDS(X)                                                       \
	X(append.previous.index) X(append.previous.term)                       \
	X(append.last.index) X(append.last.term)                               \
	X(append.commit_index) X(append.sent_at) X(append.sequence)
#define APPEND_ANSWER_FIELDS(X)                                                \
	X(append_answer.match_index)                                           \
	X(append_answer.conflict.index) X(append_answer.conflict.term)         \
	X(append_answer.sent_at) X(append_answer.sequence)
#define VOTE_FIELDS(X)                                                         \
	X(vote.tip.index) X(vote.tip.term)                                     \
	X(vote.permit.leader) X(vote.permit.term) X(vote.permit.transfer)
#define VOTE_ANSWER_FIELDS(X)                                                  \
	X(vote_answer.asked_term)                                              \
	X(vote_answer.tip.index) X(vote_answer.tip.term)
#define TIMEOUT_NOW_FIELDS(X)                                                  \
	X(timeout_now.tip.index) X(timeout_now.tip.term)                       \
	X(timeout_now.transfer)
#define NOT_MEMBER_FIELDS(X) X(not_member.asked_term)
#define READ_FIELDS(X) X(read.round) X(read.index)

#define BYTES(field) + 8
#define PUT(field) at = put64(at, message->field);
#define GET(field) message->field = get64(&at);

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

static uint8_t *
put16(uint8_t *at, uint16_t value)
{
	value = htole16(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *
put32(uint8_t *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *
put64(uint8_t *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *
put_bytes(uint8_t *at, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(at, bytes, length);
	return at + length;
}

static uint16_t
get16(const uint8_t **at)
{
	uint16_t value;

	memcpy(&value, *at, sizeof(value));
	*at += sizeof(value);
	return le16toh(value);
}

static uint32_t
get32(const uint8_t **at)
{
	uint32_t value;

	memcpy(&value, *at, sizeof(value));
	*at += sizeof(value);
	return le32toh(value);
}

static uint64_t
get64(const uint8_t **at)
{
	uint64_t value;

	memcpy(&value, *at, sizeof(value));
	*at += sizeof(value);
	return le64toh(value);
}

/* ------------------------------------------------------------ encoding */

/* Of the fixed part of a kind; 0 if the kind is unknown. */
static size_t
fixed_bytes(enum raft_message_kind kind)
{
	switch (kind) {
	case RAFT_MESSAGE_APPEND:
		return 0 APPEND_FIELDS(BYTES) + 8;
	case RAFT_MESSAGE_APPEND_ANSWER:
		return 0 APPEND_ANSWER_FIELDS(BYTES) + 8;
	case RAFT_MESSAGE_VOTE:
		return 0 VOTE_FIELDS(BYTES);
	case RAFT_MESSAGE_VOTE_ANSWER:
		return 0 VOTE_ANSWER_FIELDS(BYTES) + 8;
	case RAFT_MESSAGE_TIMEOUT_NOW:
		return 0 TIMEOUT_NOW_FIELDS(BYTES);
	case RAFT_MESSAGE_NOT_MEMBER:
		return 0 NOT_MEMBER_FIELDS(BYTES);
	case RAFT_MESSAGE_READ:
	case RAFT_MESSAGE_READ_ANSWER:
		return 0 READ_FIELDS(BYTES);
	case RAFT_MESSAGE_EXTENSION:
	case RAFT_MESSAGE_UNSUPPORTED:
		return 16;
	}
	return 0;
}

/* How many entries an append names; more than the limit if that is absurd. */
static uint64_t
append_count(const struct raft_append *append)
{
	if (append->last.index < append->previous.index)
		return UINT64_MAX;
	return append->last.index - append->previous.index;
}

/* Of the heads and payloads. False: they cannot be encoded. */
static bool
measure_entries(const struct raft_append *append, size_t *bytes)
{
	uint64_t count = append_count(append);
	const struct raft_entry *entry = append->entries;

	if (count > RAFT_WIRE_ENTRIES_MAX || (count > 0 && entry == NULL))
		return false;
	*bytes = (size_t)count * HEAD_BYTES;
	for (; count > 0; count--, entry++) {
		if (entry->payload.length > RAFT_PAYLOAD_BYTES_MAX ||
		    entry->kind > UINT16_MAX)
			return false;
		*bytes += entry->payload.length;
	}
	return true;
}

size_t
raft_wire_bytes(const struct raft_message *message)
{
	size_t varying = 0;
	size_t fixed = ENVELOPE_BYTES + fixed_bytes(message->kind);

	if (message->kind > UINT8_MAX)
		return 0;
	if (message->kind == RAFT_MESSAGE_APPEND) {
		if (!measure_entries(&message->append, &varying))
			return 0;
	} else if (message->kind == RAFT_MESSAGE_EXTENSION ||
		   message->kind == RAFT_MESSAGE_UNSUPPORTED) {
		varying = message->extension.length;
		if (varying > RAFT_EXTENSION_BYTES_MAX)
			return 0;
	}
	return varying <= RAFT_WIRE_BYTES_MAX - fixed ? fixed + varying : 0;
}

static uint8_t *
put_envelope(uint8_t *at, const struct raft_message *message)
{
	*at++ = RAFT_WIRE_VERSION;
	*at++ = (uint8_t)message->kind;
	at = put16(at, ENVELOPE_BYTES);
	at = put16(at, (uint16_t)fixed_bytes(message->kind));
	at = put16(at, 0);
	ENVELOPE_FIELDS(PUT)
	return at;
}

static void
put_append(uint8_t *at, const struct raft_message *message)
{
	const struct raft_entry *entries = message->append.entries;
	size_t i, count = (size_t)append_count(&message->append);

	APPEND_FIELDS(PUT)
	at = put32(at, (uint32_t)count);
	at = put16(at, HEAD_BYTES);
	at = put16(at, 0);
	for (i = 0; i < count; i++) {
		at = put64(at, entries[i].term);
		at = put32(at, (uint32_t)entries[i].payload.length);
		at = put16(at, (uint16_t)entries[i].kind);
		at = put16(at, 0);
	}
	for (i = 0; i < count; i++)
		at = put_bytes(at, entries[i].payload.data,
			       entries[i].payload.length);
}

static void
put_extension(uint8_t *at, const struct raft_extension_message *extension)
{
	at = put16(at, extension->module);
	at = put16(at, extension->type);
	at = put32(at, extension->length);
	at = put64(at, extension->round);
	put_bytes(at, extension->bytes, extension->length);
}

size_t
raft_wire_encode(const struct raft_message *message, void *bytes, size_t size)
{
	uint8_t *at = bytes;
	size_t length = raft_wire_bytes(message);

	if (length == 0 || length > size)
		return 0;
	at = put_envelope(at, message);
	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
		put_append(at, message);
		break;
	case RAFT_MESSAGE_APPEND_ANSWER:
		APPEND_ANSWER_FIELDS(PUT)
		put64(at, message->append_answer.verdict);
		break;
	case RAFT_MESSAGE_VOTE:
		VOTE_FIELDS(PUT)
		break;
	case RAFT_MESSAGE_VOTE_ANSWER:
		VOTE_ANSWER_FIELDS(PUT)
		put64(at, message->vote_answer.refusal);
		break;
	case RAFT_MESSAGE_TIMEOUT_NOW:
		TIMEOUT_NOW_FIELDS(PUT)
		break;
	case RAFT_MESSAGE_NOT_MEMBER:
		NOT_MEMBER_FIELDS(PUT)
		break;
	case RAFT_MESSAGE_READ:
	case RAFT_MESSAGE_READ_ANSWER:
		READ_FIELDS(PUT)
		break;
	case RAFT_MESSAGE_EXTENSION:
	case RAFT_MESSAGE_UNSUPPORTED:
		put_extension(at, &message->extension);
		break;
	}
	return length;
}

/* ------------------------------------------------------------ decoding */

void
raft_wire_decoder_clear(struct raft_wire_decoder *decoder)
{
	free(decoder->entries);
	*decoder = (struct raft_wire_decoder){ NULL, 0 };
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
	*decoder = (struct raft_wire_decoder){ entries, room };
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
		entry->term = get64(&at);
		length = get32(&at);
		entry->kind = get16(&at);
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

	APPEND_FIELDS(GET)
	count = get32(&at);
	head_bytes = get16(&at);
	if (count > RAFT_WIRE_ENTRIES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	/* This also says that no index goes beyond 64 bits. */
	if (count != append_count(&message->append))
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
	verdict = get64(&at);
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
	refusal = get64(&at);
	if (refusal > RAFT_REFUSAL_NOT_MEMBER)
		return RAFT_WIRE_MALFORMED;
	message->vote_answer.refusal = (enum raft_refusal)refusal;
	return RAFT_WIRE_OK;
}

static enum raft_wire_error
get_extension(const uint8_t *at, struct slice varying,
	      struct raft_extension_message *extension)
{
	extension->module = get16(&at);
	extension->type = get16(&at);
	extension->length = *at;
	at += 4;
	extension->round = get64(&at);
	if (extension->length > RAFT_EXTENSION_BYTES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	if (extension->length != slice_bytes(varying))
		return RAFT_WIRE_LENGTH;
	put_bytes(extension->bytes, varying.at, extension->length);
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
		return get_append(decoder, at, varying, owner, message);
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
	case RAFT_MESSAGE_READ:
	case RAFT_MESSAGE_READ_ANSWER:
		READ_FIELDS(GET)
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
	envelope = get16(&at);
	fixed = get16(&at);
	if (envelope < ENVELOPE_BYTES || envelope + fixed > length ||
	    fixed < fixed_bytes(message->kind))
		return RAFT_WIRE_LENGTH;
	at += 2;
	ENVELOPE_FIELDS(GET)
	at = (const uint8_t *)bytes + envelope;
	varying.at = at + fixed;
	varying.end = (const uint8_t *)bytes + length;
	return get_body(decoder, at, varying, owner, message);
}

/* ------------------------------------------------------------- errors */

const char *
raft_wire_error_name(enum raft_wire_error error)
{
#define NAME(name, text) #name,
	static const char *const names[] = { RAFT_WIRE_ERRORS(NAME) };
#undef NAME

	return error <= RAFT_WIRE_CHECKSUM ? names[error] : "?";
}

const char *
raft_wire_error_text(enum raft_wire_error error)
{
#define TEXT(name, text) text,
	static const char *const texts[] = { RAFT_WIRE_ERRORS(TEXT) };
#undef TEXT

	return error <= RAFT_WIRE_CHECKSUM ? texts[error] : "?";
}

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
 *   timeout-now                       offer
 *      0    16   tip (index, term)       0    16   previous (index, term)
 *     16     8   transfer               16    16   last (index, term)
 *     24                                32    16   tip (index, term)
 *                                       48     8   round
 *                                       56         as in an append
 *   not-member
 *      0     8   asked_term
 *      8    16   tip (index, term)
 *     24
 *   regressed
 *      0    16   held (index, term)
 *     16
 *   read, read-answer
 *      0     8   round
 *      8     8   index
 *     16
 *   snapshot                          snapshot-answer
 *      0    16   snapshot (idx, term)    0    16   snapshot (idx, term)
 *     16     8   size                   16     8   offset
 *     24     8   offset                 24     8   match_index
 *     32     8   sent_at                32     8   sent_at
 *     40     8   sequence               40     8   sequence
 *     48     8   configuration_index    48     8   gap: 0 or 1
 *     56     4   bytes of configuration 56     8   damaged: 0 or 1; 0 if it is
 *     60     4   bytes of the part                 not there
 *     64     8   writing; 0 if it is    64
 *                not there
 *     72         the configuration,
 *                then the part
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
 * is skipped. A reader takes any length from the shortest up that a build of this
 * version has written: what is not there reads as zero. Anything else raises the
 * version. The index of an entry is not sent: it follows from `previous`.
 *
 * The heads stand together so that one comparison bounds them all, and so that
 * a transport may one day send payloads from where they lie.
 */
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/wire/fields.h"

#define BYTES(field) + 8
#define PUT(field) at = put64(at, message->field);

static uint8_t *
put_bytes(uint8_t *at, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(at, bytes, length);
	return at + length;
}

/* ------------------------------------------------------------ encoding */

#define TAKES_AT_MOST(what, bytes)                                             \
	_Static_assert(ENVELOPE_BYTES + (bytes) <= RAFT_WIRE_MESSAGE_OVERHEAD, \
		       what);
TAKES_AT_MOST("an append", 0 APPEND_FIELDS(BYTES) + 8)
TAKES_AT_MOST("an offer", 0 OFFER_FIELDS(BYTES) + 8)
TAKES_AT_MOST("its answer", 0 APPEND_ANSWER_FIELDS(BYTES) + 8)
TAKES_AT_MOST("a snapshot message", 0 SNAPSHOT_FIELDS(BYTES) + 24)
TAKES_AT_MOST("its answer", 0 SNAPSHOT_ANSWER_FIELDS(BYTES) + 16)
TAKES_AT_MOST("a module's message", 16 + RAFT_EXTENSION_BYTES_MAX)
#undef TAKES_AT_MOST

size_t
raft__wire_fixed_bytes(enum raft_message_kind kind)
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
	case RAFT_MESSAGE_SNAPSHOT:
		return 0 SNAPSHOT_FIELDS(BYTES) + 24;
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		return 0 SNAPSHOT_ANSWER_FIELDS(BYTES) + 16;
	case RAFT_MESSAGE_REGRESSED:
		return 0 REGRESSED_FIELDS(BYTES);
	case RAFT_MESSAGE_OFFER:
		return 0 OFFER_FIELDS(BYTES) + 8;
	}
	return 0;
}

size_t
raft__wire_least_bytes(enum raft_message_kind kind)
{
	size_t fixed = raft__wire_fixed_bytes(kind);

	if (kind == RAFT_MESSAGE_NOT_MEMBER)
		return fixed - 16;
	return kind == RAFT_MESSAGE_SNAPSHOT ||
		       kind == RAFT_MESSAGE_SNAPSHOT_ANSWER
		   ? fixed - 8
		   : fixed;
}

uint64_t
raft__wire_append_count(const struct raft_append *append)
{
	if (append->last.index < append->previous.index)
		return UINT64_MAX;
	return append->last.index - append->previous.index;
}

/* Of the heads and payloads. False: they cannot be encoded. */
static bool
measure_entries(const struct raft_append *append, size_t *bytes)
{
	uint64_t count = raft__wire_append_count(append);
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

/* Of the configuration and the part. False: they cannot be encoded. */
static bool
measure_content(const struct raft_snapshot_content *content, size_t *bytes)
{
	if (content == NULL ||
	    content->configuration_length > RAFT_PAYLOAD_BYTES_MAX ||
	    content->part.length > RAFT_PAYLOAD_BYTES_MAX ||
	    (content->configuration_length > 0 &&
	     content->configuration == NULL) ||
	    (content->part.length > 0 && content->part.data == NULL))
		return false;
	*bytes = content->configuration_length + content->part.length;
	return true;
}

/* What follows the fixed part. False: it cannot be encoded. */
static bool
measure_varying(const struct raft_message *message, size_t *bytes)
{
	*bytes = 0;
	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
	case RAFT_MESSAGE_OFFER:
		return measure_entries(&message->append, bytes);
	case RAFT_MESSAGE_SNAPSHOT:
		return measure_content(message->snapshot.content, bytes);
	case RAFT_MESSAGE_EXTENSION:
	case RAFT_MESSAGE_UNSUPPORTED:
		*bytes = message->extension.length;
		return *bytes <= RAFT_EXTENSION_BYTES_MAX;
	default:
		return message->kind <= UINT8_MAX;
	}
}

size_t
raft_wire_bytes(const struct raft_message *message)
{
	size_t varying;
	size_t fixed = ENVELOPE_BYTES + raft__wire_fixed_bytes(message->kind);

	if (!measure_varying(message, &varying))
		return 0;
	return varying <= RAFT_WIRE_BYTES_MAX - fixed ? fixed + varying : 0;
}

static uint8_t *
put_envelope(uint8_t *at, const struct raft_message *message)
{
	*at++ = RAFT_WIRE_VERSION;
	*at++ = (uint8_t)message->kind;
	at = put16(at, ENVELOPE_BYTES);
	at = put16(at, (uint16_t)raft__wire_fixed_bytes(message->kind));
	at = put16(at, 0);
	ENVELOPE_FIELDS(PUT)
	return at;
}

static void
put_entries(uint8_t *at, const struct raft_append *append)
{
	const struct raft_entry *entries = append->entries;
	size_t i, count = (size_t)raft__wire_append_count(append);

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
put_append(uint8_t *at, const struct raft_message *message)
{
	APPEND_FIELDS(PUT)
	put_entries(at, &message->append);
}

static void
put_offer(uint8_t *at, const struct raft_message *message)
{
	OFFER_FIELDS(PUT)
	put_entries(at, &message->append);
}

static void
put_snapshot(uint8_t *at, const struct raft_message *message)
{
	const struct raft_snapshot_content *content = message->snapshot.content;

	SNAPSHOT_FIELDS(PUT)
	at = put64(at, content->configuration_index);
	at = put32(at, (uint32_t)content->configuration_length);
	at = put32(at, (uint32_t)content->part.length);
	at = put64(at, message->snapshot.writing);
	at = put_bytes(at, content->configuration,
		       content->configuration_length);
	put_bytes(at, content->part.data, content->part.length);
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
	case RAFT_MESSAGE_REGRESSED:
		REGRESSED_FIELDS(PUT)
		break;
	case RAFT_MESSAGE_OFFER:
		put_offer(at, message);
		break;
	case RAFT_MESSAGE_READ:
	case RAFT_MESSAGE_READ_ANSWER:
		READ_FIELDS(PUT)
		break;
	case RAFT_MESSAGE_SNAPSHOT:
		put_snapshot(at, message);
		break;
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		SNAPSHOT_ANSWER_FIELDS(PUT)
		at = put64(at, message->snapshot_answer.gap);
		put64(at, message->snapshot_answer.damaged);
		break;
	case RAFT_MESSAGE_EXTENSION:
	case RAFT_MESSAGE_UNSUPPORTED:
		put_extension(at, &message->extension);
		break;
	}
	return length;
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

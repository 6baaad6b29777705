/*
 * The table of sessions (sessions.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sessions and answers lie in two arrays of fixed size, the sessions by id: a
 * new one, whose id is the highest, is the last. An answer stays where it is,
 * in the slot that its session names.
 *
 * As bytes, all numbers little endian:
 *
 *	 0   4  version: 1
 *	 4   4  sessions_max
 *	 8   4  answer_bytes_max
 *	12   4  count of sessions
 *	16   8  the id of the session registered last; 0: none was
 *	24   8  count of uses
 *	32      the sessions, ascending by id, each:
 *	            0   8  id
 *	            8   8  which use was its last
 *	           16   8  sequence
 *	           24   4  length of the answer
 *	           28      the answer
 */
#include <stdlib.h>
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/sessions/sessions.h"

#define SESSIONS_DEFAULT 1024
#define ANSWER_BYTES_DEFAULT 64
#define VERSION 1
#define HEADER_BYTES 32
#define SESSION_BYTES 28

struct session {
	uint64_t id;
	/** The value of raft_sessions.uses when it was used last. No two
	 *  sessions have the same. */
	uint64_t used;
	/** Of the command executed last; 0: none was. */
	uint64_t sequence;
	/** Which answer is its own. */
	uint32_t slot;
	uint32_t answer_length;
};

struct raft_sessions {
	/** The defaults filled in; options.allocator is not used. */
	struct raft_sessions_options options;
	struct raft_allocator allocator;
	uint64_t newest;
	uint64_t uses;
	size_t count;
	/** Whose command was begun last and may be answered; NULL: none. */
	struct session *begun;
	uint8_t *answers;
	/** Ascending by id. */
	struct session list[];
};

const char *
raft_session_verdict_text(enum raft_session_verdict verdict)
{
	static const char *const texts[] = {
#define TEXT(name, text) text,
		RAFT_SESSION_VERDICTS(TEXT)
#undef TEXT
	};

	return texts[verdict];
}

/* -------------------------------------------------------------- lifetime */

static void *
resize_by_libc(void *context, void *memory, size_t bytes)
{
	(void)context;
	if (bytes > 0)
		return realloc(memory, bytes);
	free(memory);
	return NULL;
}

static bool
take_limits(struct raft_sessions_options *options)
{
	if (options->sessions_max == 0)
		options->sessions_max = SESSIONS_DEFAULT;
	if (options->answer_bytes_max == 0)
		options->answer_bytes_max = ANSWER_BYTES_DEFAULT;
	return options->sessions_max <= RAFT_SESSIONS_MAX &&
	       options->answer_bytes_max <= RAFT_SESSION_ANSWER_BYTES_MAX;
}

enum raft_result
raft_sessions_create(const struct raft_sessions_options *options,
		     struct raft_sessions **sessions)
{
	struct raft_sessions made = { .options = *options,
				      .allocator = { NULL, resize_by_libc } };
	size_t list_bytes, answer_bytes;

	*sessions = NULL;
	if (!take_limits(&made.options))
		return RAFT_INVALID;
	if (options->allocator != NULL)
		made.allocator = *options->allocator;
	list_bytes = made.options.sessions_max * sizeof(struct session);
	answer_bytes =
	    (size_t)made.options.sessions_max * made.options.answer_bytes_max;
	*sessions =
	    made.allocator.resize(made.allocator.context, NULL,
				  sizeof(made) + list_bytes + answer_bytes);
	if (*sessions == NULL)
		return RAFT_NO_MEMORY;
	**sessions = made;
	(*sessions)->answers = (uint8_t *)(*sessions)->list + list_bytes;
	return RAFT_OK;
}

void
raft_sessions_destroy(struct raft_sessions *sessions)
{
	struct raft_allocator allocator;

	if (sessions == NULL)
		return;
	allocator = sessions->allocator;
	allocator.resize(allocator.context, sessions, 0);
}

/* ------------------------------------------------------------- the table */

static uint8_t *
answer_of(const struct raft_sessions *sessions, const struct session *session)
{
	return sessions->answers +
	       (size_t)session->slot * sessions->options.answer_bytes_max;
}

static struct session *
find_session(struct raft_sessions *sessions, uint64_t id)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->list[i].id == id)
			return &sessions->list[i];
	return NULL;
}

/** Drop the session used least recently. Returns the slot that is free now. */
static uint32_t
expire_one(struct raft_sessions *sessions)
{
	struct session *oldest = sessions->list;
	uint32_t slot;

	for (size_t i = 1; i < sessions->count; i++)
		if (sessions->list[i].used < oldest->used)
			oldest = &sessions->list[i];
	slot = oldest->slot;
	sessions->count--;
	memmove(oldest, oldest + 1,
		(size_t)(sessions->list + sessions->count - oldest) *
		    sizeof(*oldest));
	return slot;
}

enum raft_result
raft_sessions_register(struct raft_sessions *sessions, uint64_t index)
{
	uint32_t slot = (uint32_t)sessions->count;

	if (index <= sessions->newest)
		return RAFT_INVALID;
	if (sessions->count == sessions->options.sessions_max)
		slot = expire_one(sessions);
	sessions->list[sessions->count++] = (struct session){
		.id = index, .used = ++sessions->uses, .slot = slot
	};
	sessions->newest = index;
	sessions->begun = NULL;
	return RAFT_OK;
}

enum raft_session_verdict
raft_sessions_begin(struct raft_sessions *sessions, uint64_t id,
		    uint64_t sequence, struct raft_session_answer *answer)
{
	struct session *session = find_session(sessions, id);

	*answer = (struct raft_session_answer){ 0 };
	sessions->begun = NULL;
	if (session == NULL)
		return RAFT_SESSION_EXPIRED;
	session->used = ++sessions->uses;
	if (sequence == 0 || sequence < session->sequence)
		return RAFT_SESSION_STALE;
	if (sequence == session->sequence) {
		answer->data = answer_of(sessions, session);
		answer->length = session->answer_length;
		return RAFT_SESSION_REPEATED;
	}
	session->sequence = sequence;
	session->answer_length = 0;
	sessions->begun = session;
	return RAFT_SESSION_NEW;
}

enum raft_result
raft_sessions_answer(struct raft_sessions *sessions, const void *data,
		     size_t length)
{
	struct session *session = sessions->begun;

	if (session == NULL || length > sessions->options.answer_bytes_max)
		return RAFT_INVALID;
	if (length > 0)
		memcpy(answer_of(sessions, session), data, length);
	session->answer_length = (uint32_t)length;
	sessions->begun = NULL;
	return RAFT_OK;
}

size_t
raft_sessions_count(const struct raft_sessions *sessions)
{
	return sessions->count;
}

/* --------------------------------------------------------------- writing */

size_t
raft_sessions_bytes(const struct raft_sessions *sessions)
{
	size_t bytes = HEADER_BYTES + sessions->count * SESSION_BYTES;

	for (size_t i = 0; i < sessions->count; i++)
		bytes += sessions->list[i].answer_length;
	return bytes;
}

size_t
raft_sessions_encode(const struct raft_sessions *sessions, void *bytes,
		     size_t size)
{
	size_t length = raft_sessions_bytes(sessions);
	const struct session *session = sessions->list;
	uint8_t *at = bytes;

	if (length > size)
		return 0;
	at = put32(at, VERSION);
	at = put32(at, sessions->options.sessions_max);
	at = put32(at, sessions->options.answer_bytes_max);
	at = put32(at, (uint32_t)sessions->count);
	at = put64(at, sessions->newest);
	at = put64(at, sessions->uses);
	for (size_t i = 0; i < sessions->count; i++, session++) {
		at = put64(at, session->id);
		at = put64(at, session->used);
		at = put64(at, session->sequence);
		at = put32(at, session->answer_length);
		memcpy(at, answer_of(sessions, session),
		       session->answer_length);
		at += session->answer_length;
	}
	return length;
}

/* --------------------------------------------------------------- reading */

/** The session at the head of `left` bytes. False: it cannot be the next. */
static bool
is_session(const uint8_t *at, size_t left, uint64_t id_before,
	   const uint8_t *header)
{
	return left >= SESSION_BYTES && get64(at) > id_before &&
	       get64(at) <= get64(header + 16) && get64(at + 8) > 0 &&
	       get64(at + 8) <= get64(header + 24) &&
	       get32(at + 24) <= get32(header + 8) &&
	       get32(at + 24) <= left - SESSION_BYTES;
}

static enum raft_result
check(const struct raft_sessions_options *options, const uint8_t *header,
      size_t length)
{
	const uint8_t *at;
	uint64_t id = 0;
	size_t left, size;

	if (length >= sizeof(uint32_t) && get32(header) > VERSION)
		return RAFT_INCOMPATIBLE;
	if (length < HEADER_BYTES || get32(header) != VERSION ||
	    get32(header + 4) != options->sessions_max ||
	    get32(header + 8) != options->answer_bytes_max ||
	    get32(header + 12) > options->sessions_max)
		return RAFT_INVALID;
	at = header + HEADER_BYTES;
	left = length - HEADER_BYTES;
	for (uint32_t i = get32(header + 12); i > 0; i--) {
		if (!is_session(at, left, id, header))
			return RAFT_INVALID;
		id = get64(at);
		size = SESSION_BYTES + get32(at + 24);
		at += size;
		left -= size;
	}
	return left == 0 ? RAFT_OK : RAFT_INVALID;
}

enum raft_result
raft_sessions_decode(struct raft_sessions *sessions, const void *bytes,
		     size_t length)
{
	enum raft_result result = check(&sessions->options, bytes, length);
	const uint8_t *header = bytes, *at;
	struct session *session = sessions->list;

	if (result != RAFT_OK)
		return result;
	sessions->count = get32(header + 12);
	sessions->newest = get64(header + 16);
	sessions->uses = get64(header + 24);
	sessions->begun = NULL;
	at = header + HEADER_BYTES;
	for (uint32_t i = 0; i < sessions->count; i++, session++) {
		*session =
		    (struct session){ get64(at), get64(at + 8), get64(at + 16),
				      i, get32(at + 24) };
		memcpy(answer_of(sessions, session), at + SESSION_BYTES,
		       session->answer_length);
		at += SESSION_BYTES + session->answer_length;
	}
	return RAFT_OK;
}

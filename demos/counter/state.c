/*
 * What entries do to the counter, and its snapshots' bytes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <endian.h>
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "demos/counter/state.h"

/** Whoever registers gets the index, the session's id. */
static struct state_answer
open_session(struct state *state, const struct raft_entry *entry)
{
	if (raft_sessions_register(state->sessions, entry->index) != RAFT_OK)
		errx(1, "entry %" PRIu64 ": not after the last session",
		     entry->index);
	return (struct state_answer){ .value = entry->index };
}

/** Added once, however often the client had to send it: to a repetition, the
 *  value is told that was right after the addition. */
static struct state_answer
add_once(struct state *state, const struct command *command)
{
	struct raft_session_answer kept;
	enum raft_session_verdict verdict = raft_sessions_begin(
	    state->sessions, le64toh(command->session),
	    le64toh(command->sequence), &kept);
	struct state_answer answer = { 0 };

	if (verdict == RAFT_SESSION_NEW) {
		answer.value = state->value += le64toh(command->amount);
		if (raft_sessions_answer(state->sessions, &answer.value,
					 sizeof(answer.value)) != RAFT_OK)
			errx(1, "an answer does not fit");
	} else if (verdict == RAFT_SESSION_REPEATED) {
		memcpy(&answer.value, kept.data, sizeof(answer.value));
	} else {
		answer.refusal = raft_session_verdict_text(verdict);
	}
	return answer;
}

static struct state_answer
execute(struct state *state, const struct raft_entry *entry)
{
	size_t length = entry->payload.length;
	struct command command = { 0 };

	if (length == 0)
		return open_session(state, entry);
	if (length != sizeof(command) && length != sizeof(command.amount))
		errx(1, "entry %" PRIu64 " is not a counter's", entry->index);
	memcpy(&command, entry->payload.data, length);
	if (length == sizeof(command))
		return add_once(state, &command);
	state->value += le64toh(command.amount);
	return (struct state_answer){ .value = state->value };
}

struct state_answer
state_apply(struct state *state, const struct raft_entry *entry)
{
	state->applied = (struct raft_entry_id){ entry->index, entry->term };
	if (entry->kind == RAFT_ENTRY_DATA)
		return execute(state, entry);
	return (struct state_answer){ 0 };
}

/* -------------------------------------------------------------- snapshots */

uint8_t *
state_write(const struct state *state, size_t *length)
{
	uint64_t value = htole64(state->value);
	size_t sessions = raft_sessions_bytes(state->sessions);
	uint8_t *bytes = malloc(sizeof(value) + sessions);

	if (bytes == NULL)
		err(1, NULL);
	memcpy(bytes, &value, sizeof(value));
	if (raft_sessions_encode(state->sessions, bytes + sizeof(value),
				 sessions) != sessions)
		errx(1, "the sessions cannot be written down");
	*length = sizeof(value) + sessions;
	return bytes;
}

bool
state_load(struct state *state, const uint8_t *bytes, size_t length)
{
	uint64_t value;

	if (length < sizeof(value) ||
	    raft_sessions_decode(state->sessions, bytes + sizeof(value),
				 length - sizeof(value)) != RAFT_OK)
		return false;
	memcpy(&value, bytes, sizeof(value));
	state->value = le64toh(value);
	return true;
}

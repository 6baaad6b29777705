/*
 * Commands, sessions, answers (counter.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/queue/counter.h"

/** All of an ask that is read; what is behind it is carried along. */
#define HEAD_BYTES 128
#define TEXT_BYTES 256

/** A command on its way into the log. */
struct command {
	struct raft_block block;
	char text[];
};

/** What a command says. */
struct words {
	bool opens_session;
	uint64_t number, session, sequence;
};

static bool
read_words(const char *text, size_t length, struct words *words)
{
	char head[HEAD_BYTES];

	snprintf(head, sizeof(head), "%.*s", (int)length, text);
	*words =
	    (struct words){ .opens_session = strcmp(head, "session") == 0 };
	return words->opens_session ||
	       sscanf(head, "add %19" SCNu64 " %19" SCNu64 " %19" SCNu64,
		      &words->number, &words->session, &words->sequence) == 3;
}

/* ---------------------------------------------------------------- asking */

__attribute__((format(printf, 4, 5))) static void
answer(struct counter *counter, const char *client, uint64_t number,
       const char *format, ...)
{
	char text[TEXT_BYTES];
	int begun = snprintf(text, sizeof(text), "%" PRIu64 " ", number);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + begun, sizeof(text) - (size_t)begun, format,
		  arguments);
	va_end(arguments);
	counter->answer(counter->context, client, text);
}

static void
release(struct raft_block *block)
{
	free(block);
}

static enum raft_result
propose(struct raft *raft, uint64_t now, const char *text, size_t length,
	struct raft_entry_id *entry)
{
	struct command *command = malloc(sizeof(*command) + length);
	struct raft_payload payload;
	enum raft_result result;

	if (command == NULL)
		return RAFT_NO_MEMORY;
	command->block = (struct raft_block){ 1, release };
	memcpy(command->text, text, length);
	payload =
	    (struct raft_payload){ command->text, length, &command->block };
	result = raft_propose(raft, &payload, 1, now, entry);
	raft_payload_release(&payload);
	return result;
}

/* Have it done, and keep in mind who is to be told. What might be taken later is not
 * answered: it comes again. */
static void
take_command(struct counter *counter, struct raft *raft, uint64_t now,
	     struct ask *ask, const char *text, size_t length)
{
	enum raft_result result = RAFT_OVERLOADED;

	if (counter->ask_count < ASKS_MAX)
		result = propose(raft, now, text, length, &ask->entry);
	if (result == RAFT_OK)
		counter->asks[counter->ask_count++] = *ask;
	else if (result == RAFT_TOO_LARGE)
		answer(counter, ask->client, ask->number, "%s: %s",
		       raft_result_name(result), raft_result_text(result));
}

void
counter_ask(struct counter *counter, struct raft *raft, uint64_t now,
	    const char *text, size_t length)
{
	struct raft_status status;
	struct words words;
	struct ask ask;
	char head[HEAD_BYTES];
	int at = 0;

	raft_status(raft, &status);
	snprintf(head, sizeof(head), "%.*s", (int)length, text);
	if (status.role != RAFT_LEADER ||
	    sscanf(head, "%32[0-9A-Za-z-] %19" SCNu64 " %n", ask.client,
		   &ask.number, &at) != 2 ||
	    at == 0)
		return;
	text += at;
	length -= (size_t)at;
	if (read_words(text, length, &words))
		take_command(counter, raft, now, &ask, text, length);
	else
		answer(counter, ask.client, ask.number,
		       "say: session, or add N SESSION K");
}

/* ------------------------------------------------------------- applying */

/* What the sum is then, if it is not known from the first time. */
static void
add(struct counter *counter, const struct words *words, char *text, size_t size)
{
	struct raft_session_answer before;
	enum raft_session_verdict verdict = RAFT_SESSION_NEW;

	if (words->session != 0)
		verdict = raft_sessions_begin(counter->sessions, words->session,
					      words->sequence, &before);
	if (verdict == RAFT_SESSION_REPEATED) {
		snprintf(text, size, "ok %.*s", (int)before.length,
			 (const char *)before.data);
	} else if (verdict != RAFT_SESSION_NEW) {
		snprintf(text, size, "%s", raft_session_verdict_text(verdict));
	} else {
		counter->value += words->number;
		snprintf(text, size, "ok %" PRIu64, counter->value);
		if (words->session != 0)
			(void)!raft_sessions_answer(counter->sessions, text + 3,
						    strlen(text + 3));
	}
}

static void
apply_entry(struct counter *counter, const struct raft_entry *entry)
{
	const struct ask *ask = counter->asks;
	char text[TEXT_BYTES] = "";
	struct words words;

	counter->applied++;
	if (entry->kind != RAFT_ENTRY_DATA ||
	    !read_words(entry->payload.data, entry->payload.length, &words))
		return;
	if (!words.opens_session)
		add(counter, &words, text, sizeof(text));
	else if (raft_sessions_register(counter->sessions, entry->index) ==
		 RAFT_OK)
		snprintf(text, sizeof(text), "ok %" PRIu64, entry->index);
	if (counter->ask_count == 0 || ask->entry.index != entry->index ||
	    ask->entry.term != entry->term)
		return;
	answer(counter, ask->client, ask->number, "%s", text);
	memmove(counter->asks, counter->asks + 1,
		--counter->ask_count * sizeof(*ask));
}

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		apply_entry(context, &entries[i]);
	return true;
}

/* Whoever waits for what this server did not see through asks again. */
static void
outcome(void *context, const struct raft_outcome *outcome)
{
	struct counter *counter = context;
	size_t left = 0;

	if (outcome->kind == RAFT_OUTCOME_COMMITTED)
		return;
	for (size_t i = 0; i < counter->ask_count; i++) {
		uint64_t index = counter->asks[i].entry.index;

		if (index < outcome->range.first || index > outcome->range.last)
			counter->asks[left++] = counter->asks[i];
	}
	counter->ask_count = left;
}

static void
event(void *context, const struct raft_event *event)
{
	struct counter *counter = context;

	counter->event(counter->context, event);
}

const struct raft_node_machine counter_machine = {
	.apply = apply,
	.outcome = outcome,
	.event = event,
};

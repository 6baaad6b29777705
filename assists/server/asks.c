/*
 * What was asked, until it ends (asks.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/server/inside.h"

/** Between attempts that could not even begin. */
#define RETRY_US 20000
#define TIMEOUT_US 5000000

static const char *const texts[] = {
#define RESULT_TEXT(name, text) [RAFT_SERVER_##name] = text,
	RAFT_SERVER_RESULTS(RESULT_TEXT)
#undef RESULT_TEXT
};

static const char *const names[] = {
#define RESULT_NAME(name, text) [RAFT_SERVER_##name] = #name,
	RAFT_SERVER_RESULTS(RESULT_NAME)
#undef RESULT_NAME
};

const char *
raft_server_result_name(enum raft_server_result result)
{
	return (size_t)result < sizeof(names) / sizeof(names[0])
		   ? names[result]
		   : "UNDOCUMENTED";
}

/* --------------------------------------------------------------- the table */

bool
raft__asks_open(struct asks *asks, uint32_t max)
{
	asks->max = max;
	asks->next_number = 1;
	asks->slots = calloc(max, sizeof(*asks->slots));
	asks->buckets = calloc(max, sizeof(*asks->buckets));
	for (size_t i = 0; i < ASK_STATES; i++)
		TAILQ_INIT(&asks->lists[i]);
	STAILQ_INIT(&asks->refusals);
	return asks->slots != NULL && asks->buckets != NULL;
}

static void
free_ask(struct asks *asks, struct ask *ask)
{
	TAILQ_REMOVE(&asks->lists[ask->state], ask, link);
	asks->slots[ask->number % asks->max] = NULL;
	asks->count--;
	raft_payload_release(&ask->payload);
	free(ask->place);
	free(ask->said);
	free(ask->data);
	free(ask->why);
	free(ask);
}

void
raft__asks_forget_refused(struct asks *asks)
{
	struct refusal *refusal;

	while ((refusal = STAILQ_FIRST(&asks->refusals)) != NULL) {
		STAILQ_REMOVE_HEAD(&asks->refusals, link);
		free(refusal);
	}
}

/* All have ended by now. */
void
raft__asks_close(struct asks *asks)
{
	raft__asks_forget_refused(asks);
	free(asks->slots);
	free(asks->buckets);
}

static struct ask_bucket *
bucket_of(struct asks *asks, uint64_t index)
{
	return &asks->buckets[index % asks->max];
}

static bool
is_in_bucket(const struct ask *ask)
{
	return ask->state == ASK_PROPOSED || ask->state == ASK_READING;
}

void
raft__asks_move(struct asks *asks, struct ask *ask, enum ask_state state)
{
	if (is_in_bucket(ask))
		LIST_REMOVE(ask, bucket);
	TAILQ_REMOVE(&asks->lists[ask->state], ask, link);
	ask->state = state;
	TAILQ_INSERT_TAIL(&asks->lists[state], ask, link);
	if (is_in_bucket(ask))
		LIST_INSERT_HEAD(bucket_of(asks, ask->entry.index), ask,
				 bucket);
}

/* There is a free slot: numbers that meet a taken one are skipped. */
static void
give_number(struct asks *asks, struct ask *ask)
{
	while (asks->slots[asks->next_number % asks->max] != NULL)
		asks->next_number++;
	ask->number = asks->next_number++;
	asks->slots[ask->number % asks->max] = ask;
	asks->count++;
}

struct ask *
raft__asks_begin(struct raft_server *server, enum ask_kind kind,
		 uint64_t timeout_us, enum raft_server_result *result)
{
	struct asks *asks = &server->asks;
	struct ask *ask = NULL;

	if (server->state != SERVER_RUNNING || server->stopped[0] != '\0') {
		*result = RAFT_SERVER_CLOSED;
	} else if (asks->count == asks->max) {
		*result = RAFT_SERVER_OVERLOADED;
	} else {
		*result = RAFT_SERVER_NO_MEMORY;
		ask = calloc(1, sizeof(*ask));
	}
	if (ask == NULL)
		return NULL;
	ask->kind = kind;
	ask->asked_at = raft__server_now();
	ask->deadline =
	    ask->asked_at + (timeout_us != 0 ? timeout_us : TIMEOUT_US);
	give_number(asks, ask);
	TAILQ_INSERT_TAIL(&asks->lists[ASK_WAITING], ask, link);
	raft__server_hurry(server);
	return ask;
}

struct ask *
raft__asks_find(const struct asks *asks, uint64_t number)
{
	struct ask *ask = asks->slots[number % asks->max];

	return ask != NULL && ask->number == number && ask->state != ASK_ENDED
		   ? ask
		   : NULL;
}

bool
raft__asks_run(const struct asks *asks)
{
	return asks->count > 0;
}

/* ------------------------------------------------------------------ ending */

static uint8_t *
copy(const void *data, size_t length)
{
	uint8_t *bytes = malloc(length + 1);

	if (bytes != NULL && length > 0)
		memcpy(bytes, data, length);
	if (bytes != NULL)
		bytes[length] = '\0';
	return bytes;
}

void
raft__asks_end(struct raft_server *server, struct ask *ask,
	       enum raft_server_result result, const char *why,
	       const void *data, size_t length)
{
	if (length > 0 && (ask->data = copy(data, length)) == NULL) {
		result = RAFT_SERVER_UNKNOWN;
		why = "it was done, and memory ran out for its answer";
		length = 0;
	}
	if (why != NULL)
		ask->why = (char *)copy(why, strlen(why));
	ask->answer = (struct raft_server_answer){
		.result = result,
		.why = ask->why != NULL ? ask->why : texts[result],
		.data = ask->data,
		.length = length,
		.index = ask->kind == ASK_COMMAND && result == RAFT_SERVER_OK
			     ? ask->entry.index
			     : 0,
	};
	raft__asks_move(&server->asks, ask, ASK_ENDED);
	raft__server_hurry(server);
}

/** An attempt at least may have been taken. */
static bool
may_be_done(const struct ask *ask)
{
	return ask->in_doubt ||
	       (ask->kind == ASK_COMMAND && ask->state != ASK_WAITING);
}

void
raft__asks_fail(struct raft_server *server, struct ask *ask,
		enum raft_server_result in_vain)
{
	raft__asks_end(server, ask,
		       may_be_done(ask) ? RAFT_SERVER_UNKNOWN : in_vain, NULL,
		       NULL, 0);
}

void
raft__asks_retry(struct raft_server *server, struct ask *ask)
{
	ask->next_at = raft__server_now() + RETRY_US;
	raft__asks_move(&server->asks, ask, ASK_WAITING);
	if (ask->origin != 0)
		raft__asks_end(server, ask, RAFT_SERVER_NO_LEADER, NULL, NULL,
			       0);
	else if (server->state != SERVER_RUNNING)
		raft__asks_fail(server, ask, RAFT_SERVER_CLOSED);
}

/* What became of it nobody can tell now. Whoever forwarded one of a session repeats
 * it by himself. */
static void
doubt(struct raft_server *server, struct ask *ask)
{
	if (!ask->has_session || ask->origin != 0)
		return;
	ask->in_doubt = true;
	raft__asks_retry(server, ask);
}

static void
deliver(struct raft_server *server, struct ask *ask, uint64_t now)
{
	raft__measures_ended(server, ask, now);
	if (ask->is_admission)
		raft__peers_admitted(server, ask->change.identity.id,
				     &ask->answer);
	else if (ask->origin == 0 && ask->done != NULL)
		ask->done(ask->context, &ask->answer);
	free_ask(&server->asks, ask);
}

static void
tell(const struct refusal *refusal)
{
	struct raft_server_answer answer = { .result = refusal->result,
					     .why = texts[refusal->result] };

	refusal->done(refusal->context, &answer);
}

void
raft__asks_refuse(struct raft_server *server, enum ask_kind kind,
		  enum raft_server_result result, raft_server_done *done,
		  void *context)
{
	struct refusal *refusal = malloc(sizeof(*refusal));
	struct refusal at_once = { .result = RAFT_SERVER_NO_MEMORY,
				   .done = done,
				   .context = context };

	raft__measures_refused(
	    server, kind, refusal != NULL ? result : RAFT_SERVER_NO_MEMORY);
	if (refusal == NULL) {
		tell(&at_once);
		return;
	}
	*refusal = at_once;
	refusal->result = result;
	STAILQ_INSERT_TAIL(&server->asks.refusals, refusal, link);
	raft__server_hurry(server);
}

void
raft__asks_tell_refused(struct asks *asks)
{
	struct refusal_list refusals = STAILQ_HEAD_INITIALIZER(refusals);
	struct refusal *refusal;

	STAILQ_CONCAT(&refusals, &asks->refusals);
	while ((refusal = STAILQ_FIRST(&refusals)) != NULL) {
		STAILQ_REMOVE_HEAD(&refusals, link);
		tell(refusal);
		free(refusal);
	}
}

void
raft__asks_deliver(struct raft_server *server, uint64_t now)
{
	struct ask_list *ended = &server->asks.lists[ASK_ENDED];
	struct ask *last = TAILQ_LAST(ended, ask_list);
	struct ask *ask, *next;
	bool is_last = last == NULL;

	raft__asks_tell_refused(&server->asks);
	/* What ends from within waits for the next round. */
	for (ask = TAILQ_FIRST(ended); !is_last; ask = next) {
		is_last = ask == last;
		next = TAILQ_NEXT(ask, link);
		if (ask->origin == 0 || now >= ask->deadline ||
		    raft__notes_answer(server, ask))
			deliver(server, ask, now);
	}
}

void
raft__asks_end_all(struct raft_server *server)
{
	struct asks *asks = &server->asks;
	struct ask *ask;

	for (size_t i = 0; i < ASK_ENDED; i++)
		while ((ask = TAILQ_FIRST(&asks->lists[i])) != NULL)
			raft__asks_fail(server, ask, RAFT_SERVER_CLOSED);
	while ((ask = TAILQ_FIRST(&asks->lists[ASK_ENDED])) != NULL) {
		if (ask->origin != 0)
			(void)raft__notes_answer(server, ask);
		deliver(server, ask, raft__server_now());
	}
}

/* --------------------------------------------------------- what has happened */

void
raft__asks_applied(struct raft_server *server, struct raft_entry_id entry,
		   enum raft_server_result result, const void *data,
		   size_t length)
{
	struct ask *ask, *next;

	for (ask = LIST_FIRST(bucket_of(&server->asks, entry.index));
	     ask != NULL; ask = next) {
		next = LIST_NEXT(ask, bucket);
		if (ask->state != ASK_PROPOSED ||
		    ask->entry.index != entry.index)
			continue;
		/* Another entry stands where ours was. */
		if (ask->entry.term != entry.term) {
			raft__asks_retry(server, ask);
			continue;
		}
		raft__measures_took(&server->measures.commit, ask->proposed_at,
				    server->committed_at);
		raft__asks_end(server, ask, result, NULL, data, length);
	}
}

void
raft__asks_skipped(struct raft_server *server, uint64_t index)
{
	struct ask *ask, *next;

	for (ask = TAILQ_FIRST(&server->asks.lists[ASK_PROPOSED]); ask != NULL;
	     ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (ask->entry.index > index)
			continue;
		if (ask->has_session && ask->origin == 0)
			doubt(server, ask);
		else
			raft__asks_fail(server, ask, RAFT_SERVER_UNKNOWN);
	}
}

static bool
is_of(const struct ask *ask, const struct raft_outcome *outcome)
{
	return ask->entry.term == outcome->term &&
	       ask->entry.index >= outcome->range.first &&
	       ask->entry.index <= outcome->range.last;
}

/* One that is committed ends when it is applied. One of which nobody knows stays
 * PROPOSED: it is applied yet, or another in its place, or its time ends. */
void
raft__asks_outcome(void *context, const struct raft_outcome *outcome)
{
	struct raft_server *server = context;
	struct ask *ask, *next;

	if (outcome->kind == RAFT_OUTCOME_COMMITTED)
		return;
	for (ask = TAILQ_FIRST(&server->asks.lists[ASK_PROPOSED]); ask != NULL;
	     ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (!is_of(ask, outcome))
			continue;
		if (outcome->kind == RAFT_OUTCOME_LOST)
			raft__asks_retry(server, ask);
		else
			doubt(server, ask);
	}
}

void
raft__asks_read(void *context, const struct raft_read *read)
{
	struct raft_server *server = context;
	struct ask *ask;

	LIST_FOREACH(ask, bucket_of(&server->asks, read->read), bucket)
	if (ask->state == ASK_READING && ask->entry.index == read->read)
		break;
	if (ask == NULL)
		return;
	if (read->index > 0)
		raft__asks_end(server, ask, RAFT_SERVER_OK, NULL, NULL, 0);
	else
		raft__asks_retry(server, ask);
}

/** The one who was asked has not done it, and will not. */
static bool
is_surely_undone(enum raft_server_result result)
{
	return result == RAFT_SERVER_NO_LEADER ||
	       result == RAFT_SERVER_OVERLOADED ||
	       result == RAFT_SERVER_NO_MEMORY || result == RAFT_SERVER_CLOSED;
}

void
raft__asks_answered(struct raft_server *server, struct ask *ask, uint64_t by,
		    const struct raft_server_answer *answer)
{
	bool is_awaited = ask->state == ASK_FORWARDED && ask->to == by;

	if (is_surely_undone(answer->result)) {
		if (is_awaited)
			raft__asks_retry(server, ask);
	} else if (answer->result == RAFT_SERVER_NO_ROOM) {
		/* But it may have been done before, if that was in doubt. */
		if (is_awaited)
			raft__asks_end(server, ask,
				       ask->in_doubt ? RAFT_SERVER_UNKNOWN
						     : RAFT_SERVER_NO_ROOM,
				       NULL, NULL, 0);
	} else if (answer->result == RAFT_SERVER_UNKNOWN) {
		if (is_awaited && ask->has_session)
			doubt(server, ask);
		else if (is_awaited)
			raft__asks_fail(server, ask, RAFT_SERVER_UNKNOWN);
	} else {
		ask->entry.index = answer->index;
		raft__asks_end(server, ask, answer->result, NULL, answer->data,
			       answer->length);
	}
}

/* A process that has ended answers nothing. What it had taken it may have passed on
 * before. */
void
raft__asks_closed(struct raft_server *server, uint64_t peer)
{
	struct ask *ask, *next;

	for (ask = TAILQ_FIRST(&server->asks.lists[ASK_FORWARDED]); ask != NULL;
	     ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (ask->to == peer && ask->has_session)
			doubt(server, ask);
		else if (ask->to == peer)
			raft__asks_fail(server, ask, RAFT_SERVER_UNKNOWN);
	}
}

void
raft__asks_leader(struct raft_server *server, uint64_t leader)
{
	struct ask *ask, *next;

	if (leader == 0)
		return;
	server->asks.is_eager = true;
	for (ask = TAILQ_FIRST(&server->asks.lists[ASK_FORWARDED]); ask != NULL;
	     ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (ask->to != leader)
			doubt(server, ask);
	}
	raft__server_hurry(server);
}

static void
end_late(struct raft_server *server, enum ask_state state, uint64_t now)
{
	struct ask *ask, *next;

	for (ask = TAILQ_FIRST(&server->asks.lists[state]); ask != NULL;
	     ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (now >= ask->deadline)
			raft__asks_fail(server, ask, RAFT_SERVER_NO_LEADER);
		else if (state == ASK_FORWARDED && now >= ask->next_at)
			doubt(server, ask);
	}
}

void
raft__asks_tick(struct raft_server *server, uint64_t now)
{
	for (size_t i = 0; i < ASK_ENDED; i++)
		end_late(server, (enum ask_state)i, now);
	raft__asks_submit(server, now);
}

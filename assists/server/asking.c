/*
 * Asking: what comes from the program, and how it is attempted (asks.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "assists/server/command.h"
#include "assists/server/inside.h"

/** After so long without an answer, one with a session is sent again: the note, or
 *  the answer, may be lost. */
#define REPEAT_US 1000000
#define CHANGE_TIMEOUT_US 60000000

/* ---------------------------------------------------------------- submitting */

/** What is refused for now is tried again, by whoever asked first. */
static void
judge(struct raft_server *server, struct ask *ask, enum raft_result result)
{
	if (result == RAFT_TOO_LARGE || result == RAFT_INVALID)
		raft__asks_end(server, ask, RAFT_SERVER_TOO_LARGE, NULL, NULL,
			       0);
	else if (result == RAFT_NO_MEMORY)
		raft__asks_fail(server, ask, RAFT_SERVER_NO_MEMORY);
	else if (result == RAFT_STOPPED)
		raft__asks_fail(server, ask, RAFT_SERVER_CLOSED);
	else
		raft__asks_retry(server, ask);
}

static void
try_command(struct raft_server *server, struct ask *ask, uint64_t now)
{
	struct raft_status status;
	enum raft_result result = RAFT_NOT_LEADER;

	raft_status(server->raft, &status);
	if (raft__room_refuses(server, &status)) {
		raft__asks_fail(server, ask, RAFT_SERVER_NO_ROOM);
		return;
	}
	if (status.role == RAFT_LEADER) {
		result = raft_propose(server->raft, &ask->payload, 1, now,
				      &ask->entry);
		ask->proposed_at = now;
		if (result == RAFT_OK)
			raft__asks_move(&server->asks, ask, ASK_PROPOSED);
	} else if (status.leader != 0 && ask->origin == 0 &&
		   raft__notes_ask(server, ask, status.leader)) {
		ask->to = status.leader;
		ask->next_at = now + REPEAT_US;
		raft__asks_move(&server->asks, ask, ASK_FORWARDED);
		result = RAFT_OK;
	}
	if (result != RAFT_OK)
		judge(server, ask, result);
}

static void
try_read(struct raft_server *server, struct ask *ask, uint64_t now)
{
	enum raft_result result;

	if (ask->bound_us != 0) {
		result = raft_read_bounded(server->raft, ask->bound_us, now);
		if (result == RAFT_OK)
			raft__asks_end(server, ask, RAFT_SERVER_OK, NULL, NULL,
				       0);
	} else {
		result = raft_read(server->raft, now, &ask->entry.index);
		if (result == RAFT_OK)
			raft__asks_move(&server->asks, ask, ASK_READING);
	}
	if (result != RAFT_OK)
		judge(server, ask, result);
}

void
raft__asks_submit(struct raft_server *server, uint64_t now)
{
	struct ask_list *waiting = &server->asks.lists[ASK_WAITING];
	bool is_eager = server->asks.is_eager;
	struct ask *last = TAILQ_LAST(waiting, ask_list);
	struct ask *ask, *next;
	bool is_last = last == NULL;

	server->asks.is_eager = false;
	/* Who has to wait goes to the end: not again in this round. */
	for (ask = TAILQ_FIRST(waiting); !is_last; ask = next) {
		is_last = ask == last;
		next = TAILQ_NEXT(ask, link);
		if (!is_eager && now < ask->next_at)
			continue;
		if (ask->kind == ASK_COMMAND)
			try_command(server, ask, now);
		else if (ask->kind == ASK_READ)
			try_read(server, ask, now);
		else
			raft__changes_try(server, ask, now);
	}
}

/* -------------------------------------------------------------------- asking */

static void
ask_command(struct raft_server *server, const struct command *command,
	    uint64_t timeout_us, raft_server_done *done, void *context)
{
	enum raft_server_result result;
	struct raft_payload payload;
	struct ask *ask;

	if (command->length > server->options.command_bytes_max) {
		raft__asks_refuse(server, ASK_COMMAND, RAFT_SERVER_TOO_LARGE,
				  done, context);
		return;
	}
	if (!raft__command_encode(command, &payload)) {
		raft__asks_refuse(server, ASK_COMMAND, RAFT_SERVER_NO_MEMORY,
				  done, context);
		return;
	}
	ask = raft__asks_begin(server, ASK_COMMAND, timeout_us, &result);
	if (ask == NULL) {
		raft_payload_release(&payload);
		raft__asks_refuse(server, ASK_COMMAND, result, done, context);
		return;
	}
	ask->payload = payload;
	ask->has_session = command->kind == COMMAND_ONCE;
	ask->done = done;
	ask->context = context;
}

void
raft_server_propose(struct raft_server *server,
		    const struct raft_server_command *command,
		    raft_server_done *done, void *context)
{
	ask_command(
	    server,
	    &(struct command){
		.kind = command->session != 0 ? COMMAND_ONCE : COMMAND_PLAIN,
		.session = command->session,
		.sequence = command->sequence,
		.data = command->data,
		.length = command->length,
	    },
	    command->timeout_us, done, context);
}

void
raft_server_register(struct raft_server *server, uint64_t timeout_us,
		     raft_server_done *done, void *context)
{
	ask_command(server, &(struct command){ .kind = COMMAND_REGISTER },
		    timeout_us, done, context);
}

void
raft_server_read(struct raft_server *server,
		 const struct raft_server_view *view, raft_server_done *done,
		 void *context)
{
	enum raft_server_result result;
	struct ask *ask =
	    raft__asks_begin(server, ASK_READ, view->timeout_us, &result);

	if (ask == NULL) {
		raft__asks_refuse(server, ASK_READ, result, done, context);
		return;
	}
	ask->bound_us = view->bound_us;
	ask->done = done;
	ask->context = context;
}

/** What is refused at once has said so. */
static struct ask *
ask_change(struct raft_server *server, const struct raft_server_change *change,
	   enum raft_server_result *result)
{
	struct ask *ask = raft__asks_begin(
	    server, ASK_CHANGE,
	    change->timeout_us != 0 ? change->timeout_us : CHANGE_TIMEOUT_US,
	    result);

	if (ask == NULL)
		return NULL;
	ask->change = *change;
	if (change->address != NULL)
		ask->place = strdup(change->address);
	ask->change.address = ask->place;
	if (change->address != NULL && ask->place == NULL)
		raft__asks_end(server, ask, RAFT_SERVER_NO_MEMORY, NULL, NULL,
			       0);
	return ask;
}

void
raft_server_change(struct raft_server *server,
		   const struct raft_server_change *change,
		   void (*progress)(void *context, const char *text),
		   raft_server_done *done, void *context)
{
	enum raft_server_result result;
	struct ask *ask = ask_change(server, change, &result);

	if (ask == NULL) {
		raft__asks_refuse(server, ASK_CHANGE, result, done, context);
		return;
	}
	ask->done = done;
	ask->context = context;
	ask->progress = progress;
}

void
raft__asks_admit(struct raft_server *server,
		 const struct raft_server_change *change)
{
	enum raft_server_result result;
	struct ask *ask = ask_change(server, change, &result);

	if (ask != NULL)
		ask->is_admission = true;
}

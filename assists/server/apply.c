/*
 * Applying entries: commands, each once, to the program's machine, and the answers
 * to whoever asked.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Commands without a session are shown to the machine many at once. One of a session
 * is shown alone: what is to be executed is known when those before it have been
 * answered (assists/sessions).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/server/command.h"
#include "assists/server/inside.h"

/** What an entry takes in the log beside its payload, about. */
#define ENTRY_OVERHEAD 48

enum raft_result
raft__apply_sessions(const struct raft_server *server,
		     struct raft_sessions **sessions)
{
	const struct raft_server_options *options = &server->options;
	struct raft_sessions_options limits = {
		.sessions_max = options->sessions_max,
		.answer_bytes_max = options->answer_bytes_max,
	};

	return raft_sessions_create(&limits, sessions);
}

bool
raft__apply_open(struct raft_server *server)
{
	size_t room = server->options.answer_bytes_max;

	server->answers = malloc(BATCH_MAX * room);
	return server->answers != NULL &&
	       raft__apply_sessions(server, &server->sessions) == RAFT_OK;
}

/** Show the machine what was gathered, and answer. */
static void
show_batch(struct raft_server *server)
{
	struct raft_server_entry *batch = server->batch;
	size_t count = server->batch_count;

	if (count == 0)
		return;
	server->batch_count = 0;
	server->machine.apply(server->context, batch, count);
	for (size_t i = 0; i < count; i++) {
		if (batch[i].answer_length > batch[i].answer_room)
			abort(); /* It wrote where nothing is its own. */
		raft__asks_applied(server, server->batch_ids[i], RAFT_SERVER_OK,
				   batch[i].answer, batch[i].answer_length);
	}
}

static void
gather(struct raft_server *server, const struct raft_entry *entry,
       const struct command *command)
{
	size_t room = server->options.answer_bytes_max;
	size_t at = server->batch_count++;

	server->batch[at] = (struct raft_server_entry){
		.data = command->data,
		.length = command->length,
		.index = entry->index,
		.answer = server->answers + at * room,
		.answer_room = room,
	};
	server->batch_ids[at] =
	    (struct raft_entry_id){ entry->index, entry->term };
}

/** Executed once, however often it came; a repetition gets the first answer. */
static void
apply_once(struct raft_server *server, const struct raft_entry *entry,
	   const struct command *command)
{
	struct raft_entry_id id = { entry->index, entry->term };
	struct raft_session_answer kept;

	show_batch(server);
	switch (raft_sessions_begin(server->sessions, command->session,
				    command->sequence, &kept)) {
	case RAFT_SESSION_NEW:
		gather(server, entry, command);
		show_batch(server);
		/* As large as an answer can be, so it fits. */
		if (raft_sessions_answer(
			server->sessions, server->batch[0].answer,
			server->batch[0].answer_length) != RAFT_OK)
			abort();
		break;
	case RAFT_SESSION_REPEATED:
		raft__asks_applied(server, id, RAFT_SERVER_OK, kept.data,
				   kept.length);
		break;
	case RAFT_SESSION_STALE:
		raft__asks_applied(server, id, RAFT_SERVER_STALE, NULL, 0);
		break;
	case RAFT_SESSION_EXPIRED:
		raft__asks_applied(server, id, RAFT_SERVER_EXPIRED, NULL, 0);
		break;
	}
}

/** Whoever registers gets the index, the session's id. */
static void
apply_register(struct raft_server *server, const struct raft_entry *entry)
{
	if (raft_sessions_register(server->sessions, entry->index) != RAFT_OK)
		abort(); /* Indexes rise. */
	raft__asks_applied(server,
			   (struct raft_entry_id){ entry->index, entry->term },
			   RAFT_SERVER_OK, NULL, 0);
}

static bool
apply_data(struct raft_server *server, const struct raft_entry *entry)
{
	struct command command;

	if (!raft__command_decode(entry->payload.data, entry->payload.length,
				  &command)) {
		raft__server_stop(server,
				  "entry %" PRIu64 " is no command that this "
				  "version knows: run the one that wrote it",
				  entry->index);
		return false;
	}
	if (command.kind == COMMAND_PLAIN)
		gather(server, entry, &command);
	else if (server->folder.other != NULL)
		/* A log that is not the kit's keeps no sessions. */
		raft__asks_applied(
		    server, (struct raft_entry_id){ entry->index, entry->term },
		    RAFT_SERVER_EXPIRED, NULL, 0);
	else if (command.kind == COMMAND_ONCE)
		apply_once(server, entry, &command);
	else
		apply_register(server, entry);
	if (server->batch_count == BATCH_MAX)
		show_batch(server);
	return true;
}

/** What they did is done, in the log that keeps it. */
static bool
keep_applied(struct raft_server *server)
{
	const struct folder *folder = &server->folder;

	return folder->other == NULL ||
	       folder->other->applied(folder->other_log, server->applied);
}

bool
raft__apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct raft_server *server = context;
	const struct folder *folder = &server->folder;
	uint64_t before = server->applied.index;

	server->committed_at = raft__server_now();
	if (folder->other != NULL && !folder->other->begin(folder->other_log))
		return false;
	for (size_t i = 0; i < count; i++) {
		/* Something else may stand where a proposal of ours was. */
		if (entries[i].kind != RAFT_ENTRY_DATA)
			raft__asks_applied(
			    server,
			    (struct raft_entry_id){ entries[i].index,
						    entries[i].term },
			    RAFT_SERVER_OK, NULL, 0);
		else if (server->stopped[0] != '\0' ||
			 !apply_data(server, &entries[i]))
			break;
		server->applied =
		    (struct raft_entry_id){ entries[i].index, entries[i].term };
		server->log_bytes += entries[i].payload.length + ENTRY_OVERHEAD;
	}
	show_batch(server);
	server->measures.applied += server->applied.index - before;
	raft_histogram_add(&server->measures.apply,
			   raft__server_now() - server->committed_at);
	return keep_applied(server) && server->stopped[0] == '\0';
}

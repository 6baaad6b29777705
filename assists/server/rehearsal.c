/*
 * A server's machine without a server (rehearsal.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/server/command.h"
#include "assists/server/inside.h"
#include "assists/server/rehearsal.h"

_Static_assert(RAFT_REHEARSAL_COMMAND_BYTES == COMMAND_HEADER_BYTES,
	       "it is said what a command takes");

/** Its asks are none, and its other parts were never opened. */
struct raft_rehearsal {
	struct raft_server server;
};

static bool
open_parts(struct raft_server *server,
	   const struct raft_server_options *options,
	   const struct complaint *complaint)
{
	if (!raft__server_configure(server, options, complaint))
		return false;
	server->options.is_quiet = true;
	return (raft__asks_open(&server->asks, 1) &&
		raft__apply_open(server)) ||
	       raft__complain(complaint, "out of memory");
}

struct raft_rehearsal *
raft_rehearsal_open(const struct raft_server_options *options,
		    const struct raft_server_machine *machine, void *context,
		    char *error, size_t size)
{
	const struct complaint complaint = { error, size };
	struct raft_rehearsal *rehearsal = calloc(1, sizeof(*rehearsal));

	if (rehearsal == NULL) {
		raft__complain(&complaint, "out of memory");
		return NULL;
	}
	rehearsal->server.machine = *machine;
	rehearsal->server.machine.event = NULL;
	rehearsal->server.context = context;
	if (open_parts(&rehearsal->server, options, &complaint))
		return rehearsal;
	raft_rehearsal_close(rehearsal);
	return NULL;
}

void
raft_rehearsal_close(struct raft_rehearsal *rehearsal)
{
	if (rehearsal == NULL)
		return;
	raft__asks_close(&rehearsal->server.asks);
	raft_sessions_destroy(rehearsal->server.sessions);
	free(rehearsal->server.answers);
	free(rehearsal);
}

bool
raft_rehearsal_apply(void *rehearsal, const struct raft_entry *entries,
		     size_t count)
{
	return raft__apply(&((struct raft_rehearsal *)rehearsal)->server,
			   entries, count);
}

/* --------------------------------------------------------------- snapshots */

bool
raft_rehearsal_sessions(const struct raft_rehearsal *rehearsal,
			bool (*put)(void *to, const void *bytes, size_t length),
			void *to)
{
	size_t length;
	void *bytes = raft__loading_head(&rehearsal->server, &length);
	bool is_put = bytes != NULL && put(to, bytes, length);

	free(bytes);
	return is_put;
}

static bool
write_machine(struct raft_server *server, struct raft_server_sink *sink)
{
	const struct raft_server_machine *machine = &server->machine;
	void *frozen;
	bool is_written;

	if (machine->freeze == raft_server_fork)
		return machine->write(server->context, sink);
	frozen = machine->freeze(server->context);
	if (frozen == NULL)
		return false;
	is_written = machine->write(frozen, sink);
	if (machine->thaw != NULL)
		machine->thaw(frozen);
	return is_written;
}

bool
raft_rehearsal_write(struct raft_rehearsal *rehearsal,
		     bool (*put)(void *to, const void *bytes, size_t length),
		     void *to)
{
	struct raft_server_sink sink = { put, to };

	return raft_rehearsal_sessions(rehearsal, put, to) &&
	       write_machine(&rehearsal->server, &sink);
}

/** What is left of a snapshot. */
struct rest {
	const uint8_t *at;
	size_t length;
};

static size_t
take_rest(void *from, void *bytes, size_t length)
{
	struct rest *rest = from;

	if (length > rest->length)
		length = rest->length;
	if (length > 0)
		memcpy(bytes, rest->at, length);
	rest->at += length;
	rest->length -= length;
	return length;
}

const char *
raft_rehearsal_load(struct raft_rehearsal *rehearsal, const void *bytes,
		    size_t length)
{
	struct rest rest = { bytes, length };
	struct raft_server_source source = { take_rest, &rest };

	return raft__loading_take(&rehearsal->server, &source);
}

/* ---------------------------------------------------------------- commands */

size_t
raft_rehearsal_command(const struct raft_server_command *command, void *bytes,
		       size_t room)
{
	struct command entry = { .kind = COMMAND_REGISTER };
	struct raft_payload payload;
	size_t length;

	if (command != NULL)
		entry = (struct command){
			.kind = command->session != 0 ? COMMAND_ONCE
						      : COMMAND_PLAIN,
			.session = command->session,
			.sequence = command->sequence,
			.data = command->data,
			.length = command->length,
		};
	if (!raft__command_encode(&entry, &payload))
		return 0;
	length = payload.length <= room ? payload.length : 0;
	if (length > 0)
		memcpy(bytes, payload.data, length);
	raft_payload_release(&payload);
	return length;
}

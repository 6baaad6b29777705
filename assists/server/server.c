/*
 * A server: opened, attached to a loop, and closed again (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "assists/server/inside.h"

/* ------------------------------------------------------------------ its end */

uint64_t
raft__server_now(void)
{
	return raft_node_loop_now();
}

void
raft__server_stop(struct raft_server *server, const char *format, ...)
{
	va_list arguments;

	if (server->stopped[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(server->stopped, sizeof(server->stopped), format, arguments);
	va_end(arguments);
	if (server->stopped_to != NULL)
		memcpy(server->stopped_to, server->stopped,
		       sizeof(server->stopped));
	raft__server_say(server, NEWS_STOPPED, 0, 0, "%s", server->stopped);
	raft__server_hurry(server);
}

/* ------------------------------------------------------------------ opening */

static void
take_options(struct raft_server *server,
	     const struct raft_server_options *options)
{
	const struct conf *conf = &server->folder.conf;
	struct raft_server_options *own = &server->options;

	if (options != NULL)
		*own = *options;
	if (own->asks_max == 0)
		own->asks_max = 4096;
	if (own->calls_max == 0)
		own->calls_max = 1024;
	if (own->command_bytes_max == 0)
		own->command_bytes_max = COMMAND_BYTES_MAX;
	if (own->answer_bytes_max == 0)
		own->answer_bytes_max = 1024;
	if (own->sessions_max == 0)
		own->sessions_max = 1024;
	if (own->snapshot_log_bytes == 0)
		own->snapshot_log_bytes = 64u << 20;
	if (own->snapshot_tail_entries == 0)
		own->snapshot_tail_entries = 1000;
	if (conf->snapshot_bytes != 0)
		own->snapshot_log_bytes = conf->snapshot_bytes;
	if (conf->snapshot_seconds != 0)
		own->snapshot_seconds = conf->snapshot_seconds;
	if (conf->snapshot_tail != 0)
		own->snapshot_tail_entries = conf->snapshot_tail;
	if (conf->room_bytes != 0)
		own->room_bytes = conf->room_bytes;
	if (conf->scrub_bytes != 0)
		own->scrub_bytes = conf->scrub_bytes - 1;
	else if (own->scrub_bytes == 0)
		own->scrub_bytes = SCRUB_BYTES_DEFAULT;
	if (own->scrub_bytes == 0)
		own->scrub_bytes = RAFT_SERVER_NO_SCRUB;
}

static bool
check_options(const struct raft_server *server,
	      const struct complaint *complaint)
{
	const struct raft_server_options *own = &server->options;
	const struct raft_server_machine *its = &server->machine;

	if (own->command_bytes_max > COMMAND_BYTES_MAX ||
	    own->answer_bytes_max > RAFT_SESSION_ANSWER_BYTES_MAX ||
	    own->sessions_max > RAFT_SESSIONS_MAX)
		return raft__complain(complaint,
				      "command_bytes_max, answer_bytes_max or "
				      "sessions_max is out of its range");
	if (its->apply == NULL || its->freeze == NULL || its->write == NULL ||
	    (its->load == NULL && its->build == NULL))
		return raft__complain(complaint,
				      "a machine has to apply, freeze, write "
				      "and load, or build");
	if ((its->build == NULL) != (its->adopt == NULL) ||
	    (its->build == NULL) != (its->discard == NULL))
		return raft__complain(complaint,
				      "a machine that builds has to adopt and "
				      "discard");
	return true;
}

bool
raft__server_configure(struct raft_server *server,
		       const struct raft_server_options *options,
		       const struct complaint *complaint)
{
	take_options(server, options);
	return check_options(server, complaint);
}

/** An operator wants to know who runs what while builds are changed one by one. */
static void
introduce(struct raft_server *server)
{
	const char *program = server->options.build;

	snprintf(server->build, sizeof(server->build), "%s%sOutrigger %s %s",
		 program != NULL ? program : "", program != NULL ? ", " : "",
		 raft_version(), raft_build());
}

static bool
open_parts(struct raft_server *server, const struct complaint *complaint)
{
	if (!raft__apply_open(server) || !raft__calls_open(server) ||
	    !raft__asks_open(&server->asks, server->options.asks_max))
		return raft__complain(complaint, "out of memory");
	return raft__server_tls_open(server, complaint) &&
	       raft__loading_open(server, complaint);
}

void
raft__server_destroy(struct raft_server *server)
{
	raft_node_destroy(server->node);
	raft__asks_close(&server->asks);
	raft__calls_close(server);
	raft__peers_close(server);
	raft__folder_close(&server->folder);
	raft_tls_destroy(server->tls);
	raft_sessions_destroy(server->sessions);
	free(server->answers);
	free(server);
}

static bool
open_folder(struct raft_server *server, const char *folder,
	    const struct raft_server_options *options,
	    const struct complaint *complaint)
{
	if (options == NULL || options->log == NULL)
		return raft__folder_open(folder, &server->folder, complaint);
	return raft__folder_open_with(options->log, server->context, folder,
				      &server->folder, complaint);
}

struct raft_server *
raft_server_open(const char *folder, const struct raft_server_options *options,
		 const struct raft_server_machine *its, void *context,
		 char *error, size_t size)
{
	struct complaint complaint = { error, size };
	struct raft_server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		raft__complain(&complaint, "out of memory");
		return NULL;
	}
	server->machine = *its;
	server->context = context;
	if (!open_folder(server, folder, options, &complaint)) {
		free(server);
		return NULL;
	}
	if (!raft__server_configure(server, options, &complaint) ||
	    !open_parts(server, &complaint)) {
		raft__server_destroy(server);
		return NULL;
	}
	introduce(server);
	return server;
}

/*
 * counter: a number that several servers keep, and that clients add to.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/admin.h"
#include "assists/lines/lines.h"
#include "assists/metrics/metrics_http.h"
#include "assists/server/server.h"

#define DIGITS "0123456789"

static uint64_t value;
static struct raft_server *server;

/* -------------------------------------------------------- the state machine */

/** A command is a number in digits, which is added. So is the answer: the sum. */
static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	uint64_t *sum = machine;

	for (struct raft_server_entry *entry = entries; count-- > 0; entry++) {
		char text[24];

		snprintf(text, sizeof(text), "%.*s", (int)entry->length,
			 (const char *)entry->data);
		*sum += strtoull(text, NULL, 10);
		entry->answer_length = (size_t)snprintf(
		    entry->answer, entry->answer_room, "%" PRIu64, *sum);
	}
}

/** A snapshot is the sum in digits, too. */
static void *
freeze(void *machine)
{
	uint64_t *sum = machine;
	char *text;

	return asprintf(&text, "%" PRIu64, *sum) > 0 ? text : NULL;
}

static bool
write_down(void *text, struct raft_server_sink *sink)
{
	return raft_server_write(sink, text, strlen(text));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	char text[24] = "";
	size_t length = raft_server_take(source, text, sizeof(text) - 1);

	*(uint64_t *)machine = strtoull(text, NULL, 10);
	return length > 0 && strspn(text, DIGITS) == length;
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
};

/* ------------------------------------------------------- a client says a line */

/** What it asked for has ended: it is told the sum, or the number of its session. */
static void
ended(void *client, const struct raft_server_answer *end)
{
	if (end->result != RAFT_SERVER_OK)
		raft_lines_answer(client, "%s: %s",
				  raft_server_result_name(end->result),
				  end->why);
	else if (end->length > 0)
		raft_lines_answer(client, "ok %.*s", (int)end->length,
				  (const char *)end->data);
	else
		raft_lines_answer(client, "ok %" PRIu64,
				  end->index > 0 ? end->index : value);
}

/** N, or N SESSION K: the K-th of a session counts once, however often it is said. */
static void
add(struct raft_lines_client *client, const char *text)
{
	size_t length = strspn(text, DIGITS);
	struct raft_server_command command = { .data = text, .length = length };
	char more;

	if (length > 0 && length < 20 && strchr(text, '-') == NULL &&
	    (text[length] == '\0' ||
	     sscanf(text + length, "%*1[ ]%19" SCNu64 "%*1[ ]%19" SCNu64 "%c",
		    &command.session, &command.sequence, &more) == 2) &&
	    (text[length] == '\0') == (command.session == 0))
		raft_server_propose(server, &command, ended, client);
	else
		raft_lines_answer(client, "say: add N, or add N SESSION K");
}

static void
obey(void *context, struct raft_lines_client *client, const char *line)
{
	(void)context;
	if (strncmp(line, "add ", 4) == 0)
		add(client, line + 4);
	else if (strcmp(line, "get") == 0)
		raft_server_read(server, &(struct raft_server_view){ 0 }, ended,
				 client);
	else if (strcmp(line, "session") == 0)
		raft_server_register(server, 0, ended, client);
	else
		raft_lines_answer(client, "say: add N, get, or session");
}

/* ------------------------------------------------------------- the program */

int
main(int argc, char **argv)
{
	struct raft_lines_options clients = { .take = obey };
	char error[RAFT_SERVER_ERROR_BYTES];

	if (argc > 1 && strcmp(argv[1], "make") == 0)
		return raft_server_make(argc - 1, argv + 1);
	if (argc != 4 || strcmp(argv[1], "run") != 0)
		errx(2, "usage: counter make --help\n"
			"       counter run FOLDER HOST:PORT-FOR-CLIENTS");
	clients.address = argv[3];
	server = raft_server_open(argv[2], NULL, &machine, &value, error,
				  sizeof(error));
	if (server == NULL ||
	    !raft_admin_open(server, NULL, error, sizeof(error)) ||
	    !raft_metrics_open(server, NULL, error, sizeof(error)) ||
	    !raft_lines_open(server, &clients, error, sizeof(error)) ||
	    !raft_server_run(server, NULL, error, sizeof(error)))
		errx(1, "%s", error);
	return 0;
}

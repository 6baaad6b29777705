/*
 * A port for clients that say lines (lines.h): raft_port, one line at a time.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/lines/lines.h"
#include "assists/port/port.h"

#define LINE_BYTES 512
#define LINE_BYTES_MAX 65536

/** The port's own of a client: to be known by while its line is not answered. */
struct raft_lines_client {
	struct raft_port_client *client;
};

struct lines {
	struct raft_lines_options options;
};

/** The line up to `end`, an LF, or CR LF. With a NUL inside it is nothing that anybody
 *  knows, whatever it begins with. */
static void
take_line(struct lines *lines, struct raft_lines_client *client,
	  const char *text, size_t length)
{
	char line[LINE_BYTES_MAX];

	memcpy(line, text, length);
	line[length] = '\0';
	if (strlen(line) < length)
		line[0] = '\0';
	else if (length > 0 && line[length - 1] == '\r')
		line[length - 1] = '\0';
	lines->options.take(lines->options.context, client, line);
}

/** The client is held until its line is answered. */
static size_t
take(void *context, struct raft_port_client *port_client, const void *bytes,
     size_t length)
{
	struct raft_lines_client *client = raft_port_own(port_client);
	struct lines *lines = context;
	const char *end;

	if (length > lines->options.line_bytes_max)
		length = lines->options.line_bytes_max;
	end = memchr(bytes, '\n', length);
	if (end == NULL)
		return 0;
	length = (size_t)(end - (const char *)bytes);
	client->client = port_client;
	raft_port_hold(port_client);
	take_line(lines, client, bytes, length);
	return length + 1;
}

void
raft_lines_answer(struct raft_lines_client *client, const char *format, ...)
{
	char text[RAFT_LINES_ANSWER_BYTES + 1];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, RAFT_LINES_ANSWER_BYTES, format, arguments);
	va_end(arguments);
	strlcat(text, "\n", sizeof(text));
	raft_port_tell(client->client, text, strlen(text));
	raft_port_resume(client->client);
}

/** The port is gone. */
static void
closed(void *lines)
{
	free(lines);
}

bool
raft_lines_open(struct raft_server *server,
		const struct raft_lines_options *options, char *error,
		size_t size)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	struct raft_port_options port = {
		.address = options->address,
		.take = take,
		.closed = closed,
		.context = lines,
		.own_bytes = sizeof(struct raft_lines_client),
		.clients_max = options->clients_max,
		.idle_us = options->idle_us,
	};

	if (lines == NULL) {
		strlcpy(error, "out of memory", size);
		return false;
	}
	lines->options = *options;
	if (lines->options.line_bytes_max == 0)
		lines->options.line_bytes_max = LINE_BYTES;
	if (lines->options.line_bytes_max > LINE_BYTES_MAX)
		lines->options.line_bytes_max = LINE_BYTES_MAX;
	port.input_bytes_max = lines->options.line_bytes_max;
	if (raft_port_open(server, &port, error, size))
		return true;
	free(lines);
	return false;
}

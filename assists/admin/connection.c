/*
 * A connection of an operator: lines in, lines out (inside.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One request at a time: the next is heard when the answer to the last has gone. So
 * whoever does not read what it asked for costs one line of input and one answer.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/admin/inside.h"
#include "assists/admin/status.h"

/** Lines about progress wait for their reader, in bytes. */
#define PROGRESS_BYTES_MAX ((size_t)16 << 10)

/** A line that is being written. */
struct line {
	uv_write_t request;
	/** It is an answer. */
	bool is_last;
	char *text;
};

static void hear_next(struct admin_connection *connection);

static void
gone(uv_handle_t *handle)
{
	struct admin_connection *connection = handle->data;
	struct admin *admin = connection->admin;

	connection->is_closed = true;
	if (!connection->is_asking)
		free(connection);
	raft__admin_let_go(admin);
}

void
raft__admin_close(struct admin_connection *connection)
{
	struct admin *admin = connection->admin;

	if (uv_is_closing((uv_handle_t *)&connection->pipe))
		return;
	TAILQ_REMOVE(&admin->connections, connection, link);
	admin->connection_count--;
	uv_close((uv_handle_t *)&connection->pipe, gone);
	raft__admin_welcome(admin);
}

/* ------------------------------------------------------------------- saying */

static void
said(uv_write_t *request, int status)
{
	struct line *line = (struct line *)(void *)request;
	struct admin_connection *connection = request->data;
	bool is_last = line->is_last;

	free(line->text);
	free(line);
	if (is_last)
		connection->is_writing = false;
	if (status != 0 || (is_last && connection->ends)) {
		raft__admin_close(connection);
	} else if (is_last) {
		connection->was_answered = true;
		connection->quiet_since_ms = uv_now(connection->admin->loop);
		hear_next(connection);
	}
}

/** An object as a line; it is released. */
static void
say(struct admin_connection *connection, json_t *object, bool is_last)
{
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	struct line *line = calloc(1, sizeof(*line));
	uv_buf_t parts[2] = { { .base = text }, { .base = "\n", .len = 1 } };

	json_decref(object);
	if (text == NULL || line == NULL) {
		free(text);
		free(line);
		raft__admin_close(connection);
		return;
	}
	*line = (struct line){ .is_last = is_last, .text = text };
	line->request.data = connection;
	parts[0].len = strlen(text);
	if (uv_write(&line->request, (uv_stream_t *)&connection->pipe, parts, 2,
		     said) == 0) {
		connection->is_writing |= is_last;
		return;
	}
	free(text);
	free(line);
	raft__admin_close(connection);
}

void
raft__admin_answer(struct admin_connection *connection, json_t *answer)
{
	if (uv_is_closing((uv_handle_t *)&connection->pipe))
		json_decref(answer);
	else
		say(connection, answer, true);
}

void
raft__admin_conclude(struct admin_connection *connection,
		     enum raft_server_result result, const char *why)
{
	const char *name = raft_server_result_name(result);

	raft__admin_answer(connection,
			   why == NULL ? json_pack("{s:s}", "result", name)
				       : json_pack("{s:s, s:o}", "result", name,
						   "why",
						   raft__admin_text(why)));
}

void
raft__admin_progress(struct admin_connection *connection, const char *text)
{
	uv_stream_t *stream = (uv_stream_t *)&connection->pipe;

	if (!uv_is_closing((uv_handle_t *)stream) &&
	    uv_stream_get_write_queue_size(stream) < PROGRESS_BYTES_MAX)
		say(connection,
		    json_pack("{s:o}", "progress", raft__admin_text(text)),
		    false);
}

/* ------------------------------------------------------------------ hearing */

static void
stop_hearing(struct admin_connection *connection)
{
	connection->is_heard = false;
	uv_read_stop((uv_stream_t *)&connection->pipe);
}

static void
offer(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	struct admin_connection *connection = handle->data;

	(void)size;
	*buffer =
	    uv_buf_init(connection->line + connection->length,
			(unsigned int)(sizeof(connection->line) -
				       connection->length));
}

/** Who has gone is not told what comes of what it asked. */
static void
hear_the_end(struct admin_connection *connection)
{
	stop_hearing(connection);
	connection->ends = true;
	if (!connection->is_writing)
		raft__admin_close(connection);
}

static void
hear(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct admin_connection *connection = stream->data;

	(void)buffer;
	if (got < 0) {
		hear_the_end(connection);
		return;
	}
	connection->length += (size_t)got;
	hear_next(connection);
}

/** There is room, but for one who says a line that is too long. */
static void
hear_more(struct admin_connection *connection)
{
	if (connection->length == sizeof(connection->line)) {
		stop_hearing(connection);
		connection->ends = true;
		raft__admin_conclude(connection, RAFT_SERVER_TOO_LARGE,
				     "a request has to be a line of less than "
				     "64 KiB");
		return;
	}
	if (connection->is_heard)
		return;
	connection->is_heard = true;
	if (uv_read_start((uv_stream_t *)&connection->pipe, offer, hear) != 0)
		raft__admin_close(connection);
}

static bool
is_busy(const struct admin_connection *connection)
{
	return connection->is_asking || connection->wants_snapshot ||
	       connection->is_writing;
}

bool
raft__admin_has_answer(const struct admin_connection *connection)
{
	return connection->was_answered && !is_busy(connection) &&
	       connection->length == 0;
}

/** The next line, if it is here and the last one was answered. */
static void
hear_next(struct admin_connection *connection)
{
	char *end = memchr(connection->line, '\n', connection->length);
	size_t length;

	if (connection->ends)
		return;
	if (is_busy(connection)) {
		/* That somebody goes is heard as long as there is room. */
		if (connection->length == sizeof(connection->line))
			stop_hearing(connection);
		return;
	}
	if (end == NULL) {
		hear_more(connection);
		return;
	}
	length = (size_t)(end - connection->line);
	raft__admin_obey(connection, connection->line, length);
	connection->length -= length + 1;
	memmove(connection->line, end + 1, connection->length);
	if (!uv_is_closing((uv_handle_t *)&connection->pipe) &&
	    !connection->ends)
		hear_more(connection);
}

bool
raft__admin_accept(struct admin *admin)
{
	struct admin_connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL ||
	    uv_pipe_init(admin->loop, &connection->pipe, 0) != 0) {
		free(connection);
		return false;
	}
	connection->admin = admin;
	connection->pipe.data = connection;
	connection->quiet_since_ms = uv_now(admin->loop);
	TAILQ_INSERT_TAIL(&admin->connections, connection, link);
	admin->connection_count++;
	admin->held++;
	if (uv_accept((uv_stream_t *)&admin->listener,
		      (uv_stream_t *)&connection->pipe) != 0)
		raft__admin_close(connection);
	else
		hear_more(connection);
	return true;
}

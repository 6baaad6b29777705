/*
 * What each verb of an operator does (inside.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/admin/inside.h"
#include "assists/admin/status.h"
#include "assists/metrics/metrics.h"

/* ------------------------------------------------------------------ changes */

static void
report(void *context, const char *text)
{
	raft__admin_progress(context, text);
}

static void
changed(void *context, const struct raft_server_answer *answer)
{
	struct admin_connection *connection = context;
	struct admin *admin = connection->admin;

	admin->asks--;
	connection->is_asking = false;
	if (connection->is_closed)
		free(connection);
	else
		raft__admin_conclude(
		    connection, answer->result,
		    answer->result != RAFT_SERVER_OK ? answer->why : NULL);
	raft__admin_let_go(admin);
}

static void
change(struct admin_connection *connection)
{
	struct admin *admin = connection->admin;

	if (admin->asks == ADMIN_ASKS_MAX) {
		raft__admin_conclude(connection, RAFT_SERVER_OVERLOADED,
				     "too many changes are under way: it was "
				     "not done");
		return;
	}
	admin->asks++;
	admin->held++;
	connection->is_asking = true;
	raft_server_change(admin->part.server, &connection->request.change,
			   report, changed, connection);
}

/** Whoever leads now, unless somebody was named. */
static void
step_down(struct admin_connection *connection)
{
	struct raft_server_change *wish = &connection->request.change;
	struct raft_server_status status;

	raft_server_status(connection->admin->part.server, &status);
	if (wish->identity.id == 0)
		wish->identity.id = status.raft.leader;
	if (wish->identity.id == 0)
		raft__admin_conclude(connection, RAFT_SERVER_NO_LEADER,
				     "nobody leads, as far as this server "
				     "knows: nobody can step down");
	else
		change(connection);
}

/* ---------------------------------------------------------------- snapshots */

void
raft__admin_look(struct admin_connection *connection)
{
	struct raft_server_status status;

	if (!connection->wants_snapshot)
		return;
	raft_server_status(connection->admin->part.server, &status);
	if (status.snapshot.index >= connection->snapshot_index) {
		connection->wants_snapshot = false;
		raft__admin_answer(
		    connection, json_pack("{s:s, s:I}", "result", "OK",
					  "snapshot_index",
					  (json_int_t)status.snapshot.index));
	} else if (uv_now(connection->admin->loop) >=
		   connection->snapshot_by_ms) {
		connection->wants_snapshot = false;
		raft__admin_conclude(connection, RAFT_SERVER_UNKNOWN,
				     "no snapshot was taken in time: it may be "
				     "yet");
	}
}

void
raft__admin_hear_of_snapshot(struct admin_connection *connection,
			     const struct raft_server_event *event)
{
	if (strcmp(event->key, "snapshot-failed") != 0) {
		raft__admin_progress(connection, event->text);
		return;
	}
	connection->wants_snapshot = false;
	raft__admin_conclude(connection, RAFT_SERVER_REFUSED, event->text);
}

static void
take_snapshot(struct admin_connection *connection)
{
	struct admin *admin = connection->admin;
	struct raft_server_status status;

	raft_server_status(admin->part.server, &status);
	if (status.raft.applied_index == 0) {
		raft__admin_conclude(connection, RAFT_SERVER_REFUSED,
				     "this server has no state yet");
		return;
	}
	raft_server_snapshot(admin->part.server);
	connection->wants_snapshot = true;
	connection->snapshot_index = status.raft.applied_index;
	connection->snapshot_by_ms =
	    uv_now(admin->loop) + connection->request.timeout_us / 1000;
	raft__admin_look(connection);
}

/* ------------------------------------------------------------------- others */

static void
reload(struct admin_connection *connection)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";

	if (raft_server_reload(connection->admin->part.server, error,
			       sizeof(error)))
		raft__admin_conclude(connection, RAFT_SERVER_OK, NULL);
	else
		raft__admin_conclude(connection, RAFT_SERVER_REFUSED, error);
}

static void
tell_metrics(struct admin_connection *connection)
{
	struct raft_server *server = connection->admin->part.server;
	const struct raft_admin_options *options = &connection->admin->options;
	char *text = options->metrics != NULL
			 ? options->metrics(options->metrics_context)
			 : raft_metrics_text(server);

	raft__admin_answer(connection,
			   text == NULL
			       ? NULL
			       : json_pack("{s:s, s:o}", "result", "OK",
					   "metrics", raft__admin_text(text)));
	free(text);
}

void
raft__admin_obey(struct admin_connection *connection, const char *line,
		 size_t length)
{
	struct admin_request *request = &connection->request;
	char why[ADMIN_WHY_BYTES];

	if (!raft__admin_read(line, length, request, why)) {
		raft__admin_conclude(connection, RAFT_SERVER_REFUSED, why);
		return;
	}
	switch (request->verb) {
	case ADMIN_STATUS:
		raft__admin_answer(
		    connection,
		    raft__admin_status(connection->admin->part.server));
		break;
	case ADMIN_CHANGE:
		change(connection);
		break;
	case ADMIN_STEP_DOWN:
		step_down(connection);
		break;
	case ADMIN_SNAPSHOT:
		take_snapshot(connection);
		break;
	case ADMIN_RELOAD:
		reload(connection);
		break;
	case ADMIN_METRICS:
		tell_metrics(connection);
		break;
	}
}

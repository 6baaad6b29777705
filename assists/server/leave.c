/*
 * Leaving: what is under way ends, leadership is handed over, all is closed (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/server/inside.h"

/** How long a server waits when it leaves, in election timeouts. */
#define LEAVE_AFTER 2
/** The election timeout of one that has no configuration. */
#define TIMEOUT_US 1000000

void
raft__server_call_last(struct raft_server *server)
{
	raft__calls_make(server);
	raft__asks_tell_refused(&server->asks);
	raft__asks_forget_refused(&server->asks);
}

static void
tell_end(const struct ending *ending)
{
	if (ending->ended != NULL)
		ending->ended(ending->context);
}

void
raft__server_let_go(struct raft_server *server)
{
	struct ending closed, run;

	if (--server->held > 0)
		return;
	raft__server_call_last(server);
	closed = server->closed;
	run = server->run;
	raft__server_destroy(server);
	tell_end(&closed);
	tell_end(&run);
}

static void
gone(void *server)
{
	raft__server_let_go(server);
}

static void
handle_gone(uv_handle_t *handle)
{
	raft__server_let_go(handle->data);
}

static void
close_handle(uv_handle_t *handle)
{
	if (handle->data != NULL)
		uv_close(handle, handle_gone);
}

void
raft__server_end_disk(struct raft_server *server)
{
	struct folder *folder = &server->folder;
	bool log_has_ended = folder->log == NULL ||
			     raft_log_file_end_thread(folder->log);

	if (raft_snapshot_file_end_thread(folder->snapshots) && log_has_ended)
		close_handle((uv_handle_t *)&server->logged);
}

/** All that ran is closed; what was never started is not held. */
static void
finish(struct raft_server *server)
{
	bool was_running = server->state != SERVER_BROKEN;

	server->state = SERVER_CLOSING;
	server->held++;
	raft__asks_end_all(server);
	raft__server_call_last(server);
	raft__calls_detach(server);
	raft__parts_close(server);
	raft__server_snapshots_close(server);
	raft__loading_close(server);
	raft__scrub_close(server);
	if (was_running)
		raft_node_loop_stop(&server->turns, gone, server);
	if (server->transport != NULL)
		raft_tcp_close(server->transport, gone, server);
	server->transport = NULL;
	close_handle((uv_handle_t *)&server->soon);
	close_handle((uv_handle_t *)&server->tick);
	close_handle((uv_handle_t *)&server->calls.wake);
	close_handle((uv_handle_t *)&server->taking.filled);
	raft__server_end_disk(server);
	raft__server_let_go(server);
}

static uint64_t
patience(const struct raft_server *server)
{
	struct raft_status status;

	raft_status(server->raft, &status);
	return LEAVE_AFTER * (status.election_timeout_us != 0
				  ? status.election_timeout_us
				  : TIMEOUT_US);
}

static void
end_waiting(struct raft_server *server)
{
	struct ask *ask;

	while ((ask = TAILQ_FIRST(&server->asks.lists[ASK_WAITING])) != NULL)
		raft__asks_fail(server, ask, RAFT_SERVER_CLOSED);
}

static void
begin_to_leave(struct raft_server *server)
{
	server->leaves_by = raft__server_now() + patience(server);
	server->state = SERVER_LEAVING;
	end_waiting(server);
}

/** What this server has proposed comes first: whoever leads next need not know of
 *  it. Half of the time is for that, the other half for the next one. */
static void
hand_over(struct raft_server *server, uint64_t now)
{
	if (server->has_handed_over ||
	    (raft__asks_run(&server->asks) &&
	     now + patience(server) / 2 < server->leaves_by))
		return;
	server->has_handed_over = true;
	if (server->stopped[0] == '\0')
		(void)raft_step_down(server->raft, now);
}

/** Nothing is under way here, and nobody waits for us to lead. */
static bool
has_left(const struct raft_server *server, uint64_t now)
{
	struct raft_status status;

	raft_status(server->raft, &status);
	return server->stopped[0] != '\0' || now >= server->leaves_by ||
	       (server->has_handed_over && status.role != RAFT_LEADER &&
		!raft__asks_run(&server->asks));
}

void
raft_server_close(struct raft_server *server, void (*closed)(void *context),
		  void *context)
{
	if (closed != NULL)
		server->closed = (struct ending){ closed, context };
	server->closes++;
	if (server->state == SERVER_OPEN) {
		server->state = SERVER_CLOSING;
		server->held = 1;
		raft__server_call_last(server);
		raft__parts_close(server);
		raft__server_let_go(server);
	} else if (server->state == SERVER_BROKEN) {
		finish(server);
	} else {
		raft__server_hurry(server);
	}
}

/** What has to be done for its end. */
void
raft__server_leave(struct raft_server *server, uint64_t now)
{
	if (server->stopped[0] != '\0' && server->ends_by_itself &&
	    server->closes == 0)
		server->closes = 1;
	if (server->closes > 0 && server->state == SERVER_RUNNING)
		begin_to_leave(server);
	if (server->state != SERVER_LEAVING)
		return;
	hand_over(server, now);
	if (server->closes > 1 || has_left(server, now))
		finish(server);
}

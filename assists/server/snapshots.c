/*
 * Taking snapshots in a thread.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The machine writes into a pipe, in a thread of libuv's, while the loop empties it
 * into the file: assists/snapshot_file belongs to the loop's thread. If it was forked
 * the thread reads what the child writes. How one is loaded, and what stands in it before
 * the machine's bytes: loading.c.
 *
 * What the machine has applied may be ahead of the log's disk. A snapshot counts once the
 * log is durable as far as that; a start passes over one that its log does not reach.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assists/server/inside.h"

/** In one round of the loop. */
#define PIECE_BYTES ((size_t)64 << 10)
/** After one that has failed. */
#define RETRY_US 10000000

void
raft__snapshots_note(struct raft_server *server, struct raft_entry_id snapshot)
{
	server->snapshot = snapshot;
	server->snapshot_at = raft__server_now();
	raft__measures_snapshot(server);
}

/* ------------------------------------------------------------------ taking */

static bool
put_piecewise(void *context, const void *bytes, size_t length)
{
	struct raft_server *server = context;
	struct taking *taking = &server->taking;
	const uint8_t *at = bytes;

	while (length > 0) {
		size_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;

		if (!raft__pipe_put(&taking->pipe, at, piece))
			return false;
		uv_async_send(&taking->filled);
		at += piece;
		length -= piece;
	}
	return true;
}

bool
raft_server_write(struct raft_server_sink *sink, const void *bytes,
		  size_t length)
{
	return sink->put(sink->to, bytes, length);
}

/* ------------------------------------------------------- written by a child */

void *
raft_server_fork(void *machine)
{
	/* It is not called, but known: freeze_machine() forks. */
	(void)machine;
	return NULL;
}

static bool
put_in_child(void *fd, const void *bytes, size_t length)
{
	return raft__fork_put(*(int *)fd, bytes, length);
}

static bool
write_in_child(void *context, int fd)
{
	const struct raft_server *server = context;
	struct raft_server_sink sink = { put_in_child, &fd };

	return server->machine.write(server->context, &sink);
}

static bool
is_wanted(void *context)
{
	return raft__pipe_is_wanted(
	    &((struct raft_server *)context)->taking.pipe);
}

/* ------------------------------------------------------------- in its thread */

static void
write_down(uv_work_t *work)
{
	struct raft_server *server = work->data;
	struct taking *taking = &server->taking;
	struct raft_server_sink sink = { put_piecewise, server };

	taking->wrote = taking->frozen != NULL
			    ? server->machine.write(taking->frozen, &sink)
			    : raft__fork_read(&taking->fork, is_wanted,
					      put_piecewise, server);
}

/** Those that are not needed any more. */
static void
forget_old(struct raft_server *server)
{
	uint64_t oldest = raft_snapshot_oldest(server->raft);

	if (oldest == server->oldest)
		return;
	server->oldest = oldest;
	raft_snapshot_file_forget(server->folder.snapshots, oldest);
}

/** It is there: the log may be trimmed. */
static void
tell(struct raft_server *server, struct raft_entry_id snapshot)
{
	uint64_t size =
	    raft_snapshot_file_size(server->folder.snapshots, snapshot);

	if (raft_node_snapshot_taken(server->node, snapshot.index, size) !=
	    RAFT_OK)
		abort(); /* All of it was applied. */
	forget_old(server);
}

static void
fail(struct raft_server *server, const char *how)
{
	/* One that leaves takes none, and that is no failure. */
	if (server->state == SERVER_RUNNING) {
		raft__server_say(server, NEWS_SNAPSHOT_FAILED, 0, 0,
				 "no snapshot was taken: %s", how);
		server->measures.snapshots_failed++;
	}
	server->log_bytes += server->taking.log_bytes;
	/* Whatever it was taken for is not there. */
	server->taking.is_wanted = true;
	server->taking.not_before = raft__server_now() + RETRY_US;
}

static void
complete(struct raft_server *server)
{
	struct raft_entry_id taken = server->taking.at;

	if (!raft_snapshot_file_commit(server->folder.snapshots)) {
		fail(server, "it could not be stored");
		return;
	}
	server->taking.is_damaged = false;
	raft_histogram_add(&server->measures.snapshot_taken,
			   raft__server_now() - server->taking.begun_at);
	/* One that a leader sent may have been loaded meanwhile, or is being. */
	if (server->loading != NULL || taken.index < server->snapshot.index)
		return;
	raft__snapshots_note(server, taken);
	raft__server_say(
	    server, NEWS_SNAPSHOT_TAKEN, 0, taken.index,
	    "a snapshot of entry %" PRIu64 " was taken: %" PRIu64 " bytes",
	    taken.index,
	    raft_snapshot_file_size(server->folder.snapshots, taken));
	tell(server, taken);
}

/** Move a piece of what was written into the file. False: there was nothing. */
static bool
move_piece(struct raft_server *server)
{
	uint8_t piece[PIECE_BYTES];
	size_t length =
	    raft__pipe_take_some(&server->taking.pipe, piece, sizeof(piece));

	if (length == 0)
		return false;
	raft_snapshot_file_write(server->folder.snapshots, piece, length);
	return true;
}

static void
filled(uv_async_t *async)
{
	struct raft_server *server = async->data;

	/* Not all of it at once: messages want their turn. */
	if (server->taking.is_running && server->state != SERVER_CLOSING)
		(void)move_piece(server);
}

static void
thaw(struct raft_server *server)
{
	if (server->taking.frozen != NULL && server->machine.thaw != NULL)
		server->machine.thaw(server->taking.frozen);
	server->taking.frozen = NULL;
}

static void
end_taking(struct raft_server *server)
{
	raft__pipe_close(&server->taking.pipe);
	server->taking.is_running = false;
	raft__server_let_go(server);
}

/* In a thread: the file is its alone until it is done. */
static void
settle(uv_work_t *work)
{
	raft_snapshot_file_settle(
	    ((struct raft_server *)work->data)->folder.snapshots);
}

/** All of it is on the disk. It waits for the log, unless that gets no further. */
static void
complete_behind_log(struct raft_server *server)
{
	struct taking *taking = &server->taking;
	struct raft_status status;

	raft_status(server->raft, &status);
	taking->waits_for_log =
	    status.durable_index < taking->at.index && !status.stopped;
	if (taking->waits_for_log)
		return;
	if (status.durable_index < taking->at.index)
		fail(server, "the log has failed before it was written so far");
	else
		complete(server);
	end_taking(server);
}

static void
settled(uv_work_t *work, int status)
{
	struct raft_server *server = work->data;

	(void)status;
	if (server->state != SERVER_CLOSING)
		complete_behind_log(server);
	else
		end_taking(server);
}

static void
written(uv_work_t *work, int status)
{
	struct raft_server *server = work->data;
	struct taking *taking = &server->taking;
	bool is_needed = server->state != SERVER_CLOSING;
	bool is_forked = taking->frozen == NULL;

	taking->wrote = taking->wrote && status == 0;
	while (is_needed && move_piece(server))
		continue;
	thaw(server);
	if (is_needed && taking->wrote &&
	    uv_queue_work(server->loop, work, settle, settled) == 0)
		return;
	if (is_needed)
		fail(server, is_forked ? taking->fork.why
				       : "the machine could not write it");
	end_taking(server);
}

static bool
write_head(struct raft_server *server)
{
	size_t length;
	void *bytes = raft__loading_head(server, &length);

	if (bytes == NULL)
		return false;
	raft_snapshot_file_begin(server->folder.snapshots, server->applied);
	raft_snapshot_file_write(server->folder.snapshots, bytes, length);
	free(bytes);
	return true;
}

/** The state as it is now. NULL, or why not. */
static const char *
freeze_machine(struct raft_server *server)
{
	struct taking *taking = &server->taking;

	if (server->machine.freeze == raft_server_fork)
		return raft__fork_begin(&taking->fork, write_in_child, server)
			   ? NULL
			   : taking->fork.why;
	taking->frozen = server->machine.freeze(server->context);
	return taking->frozen != NULL ? NULL
				      : "the machine could not be frozen";
}

/** The state, and what stands before it. NULL, or why not. */
static const char *
freeze(struct raft_server *server)
{
	struct taking *taking = &server->taking;
	const char *wrong;

	if (!raft__pipe_open(&taking->pipe))
		return "out of memory";
	wrong = freeze_machine(server);
	if (wrong == NULL && write_head(server))
		return NULL;
	if (wrong == NULL) {
		wrong = "out of memory";
		if (taking->frozen == NULL)
			raft__fork_abandon(&taking->fork);
		thaw(server);
	}
	raft__pipe_close(&taking->pipe);
	return wrong;
}

static void
begin(struct raft_server *server)
{
	struct taking *taking = &server->taking;
	const char *wrong;

	taking->is_wanted = false;
	taking->log_bytes = server->log_bytes;
	taking->begun_at = raft__server_now();
	server->log_bytes = 0;
	wrong = freeze(server);
	if (wrong != NULL) {
		fail(server, wrong);
		return;
	}
	taking->at = server->applied;
	taking->work.data = server;
	taking->is_running = true;
	server->held++;
	if (uv_queue_work(server->loop, &taking->work, write_down, written) !=
	    0)
		abort(); /* It knows no failure but of its arguments. */
}

/* By the day's clock, which alone goes on when a server is stopped; but it may be
 * set back. */
uint64_t
raft__server_snapshot_age(const struct raft_server *server, uint64_t now)
{
	int64_t written = server->measures.snapshot_written;
	uint64_t known = now - server->snapshot_at, age = 0;
	struct timespec today;

	if (written > 0 && clock_gettime(CLOCK_REALTIME, &today) == 0 &&
	    today.tv_sec > written)
		age = (uint64_t)(today.tv_sec - written) * 1000000 +
		      (uint64_t)today.tv_nsec / 1000;
	return age > known ? age : known;
}

static bool
is_due(const struct raft_server *server, uint64_t now)
{
	const struct raft_server_options *options = &server->options;
	const struct taking *taking = &server->taking;

	/* The bytes of a sound one do not change: it may be under way. */
	if (server->applied.index == server->snapshot.index)
		return taking->is_damaged;
	return taking->is_damaged || taking->is_wanted ||
	       server->log_bytes >= options->snapshot_log_bytes ||
	       (options->snapshot_seconds != 0 && server->log_bytes > 0 &&
		raft__server_snapshot_age(server, now) >=
		    1000000 * options->snapshot_seconds);
}

void
raft__server_snapshots_tick(struct raft_server *server, uint64_t now)
{
	struct taking *taking = &server->taking;

	forget_old(server);
	if (taking->waits_for_log)
		complete_behind_log(server);
	/* What was asked for is there. */
	if (server->applied.index == server->snapshot.index)
		taking->is_wanted = false;
	if (!taking->is_running && server->loading == NULL &&
	    now >= taking->not_before && server->state == SERVER_RUNNING &&
	    server->stopped[0] == '\0' && server->applied.index > 0 &&
	    is_due(server, now))
		begin(server);
}

void
raft_server_snapshot(struct raft_server *server)
{
	server->taking.is_wanted = true;
	server->taking.not_before = 0;
}

/* -------------------------------------------------- a leader's, and ours */

static void
saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	raft_node_snapshot_saved(((struct raft_server *)context)->node,
				 snapshot, end);
}

static void
lost(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_failed(((struct raft_server *)context)->node,
				  snapshot);
}

static void
damaged(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_damaged(((struct raft_server *)context)->node,
				   snapshot);
}

static void
installed(void *context, struct raft_entry_id snapshot)
{
	raft_node_applied(((struct raft_server *)context)->node, snapshot.index);
}

static void
failed(void *context, const char *why)
{
	raft__server_say(context, NEWS_SNAPSHOT_FAILED, 0, 0, "%s", why);
}

bool
raft__server_snapshots_attach(struct raft_server *server)
{
	raft_snapshot_file_bind(server->folder.snapshots,
				&(struct raft_snapshot_file_reports){
				    .context = server,
				    .saved = saved,
				    .lost = lost,
				    .damaged = damaged,
				    .install = raft__loading_install,
				    .installed = installed,
				    .failed = failed,
				});
	server->taking.fork.silence_ms = FORK_SILENCE_MS;
	if (server->snapshot.index != 0)
		tell(server, server->snapshot);
	if (uv_async_init(server->loop, &server->taking.filled, filled) != 0)
		return false;
	server->taking.filled.data = server;
	return true;
}

void
raft__server_snapshots_close(struct raft_server *server)
{
	if (!server->taking.is_running)
		return;
	raft__pipe_cancel(&server->taking.pipe);
	/* Nothing of it is at work any more. */
	if (server->taking.waits_for_log)
		end_taking(server);
}

/*
 * Running a server on a loop of its own, or one given, with signals (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <signal.h>

#include "assists/server/inside.h"
#include "assists/server/notify.h"

/** A server that runs, and what it is told by signals. */
struct run {
	/** NULL: it has closed. */
	struct raft_server *server;
	uv_signal_t signals[3];
	size_t count;
	/** Why it stopped; "": it did not. */
	char stopped[RAFT_SERVER_ERROR_BYTES];
	/** For the service manager: by it we hear who leads, and of the end. */
	struct raft_server_part part;
	/** It was told that we stop. */
	bool is_stopping;
};

/* -------------------------------------------------- for the service manager */

/** `first` are lines that go before it. */
static void
tell_leader(const struct run *run, const char *first, uint64_t leader,
	    uint64_t term)
{
	if (run->is_stopping)
		return;
	if (leader == 0)
		raft__notify("%sSTATUS=no leader, term %" PRIu64 "\n", first,
			     term);
	else
		raft__notify("%sSTATUS=server %" PRIu64 " leads, term %" PRIu64
			     "\n",
			     first, leader, term);
}

/** It listens and takes part. Not when somebody leads: that may take until machines
 *  are started which wait for this one to be. */
static void
tell_ready(const struct run *run)
{
	struct raft_server_status status;

	raft_server_status(run->server, &status);
	tell_leader(run, "READY=1\n", status.raft.leader, status.raft.term);
}

static void
heard(struct raft_server_part *part, const struct raft_server_event *event)
{
	if (event->raft != NULL && event->raft->kind == RAFT_EVENT_LEADER)
		tell_leader(part->context, "", event->raft->peer,
			    event->raft->term);
}

static void
tell_end(struct run *run)
{
	if (!run->is_stopping)
		raft__notify("STOPPING=1\n");
	run->is_stopping = true;
}

static void
closing(struct raft_server_part *part)
{
	tell_end(part->context);
	raft_server_part_gone(part);
}

static bool
watch(struct run *run, char *error, size_t size)
{
	run->part = (struct raft_server_part){ .closing = closing,
					       .event = heard,
					       .context = run };
	return raft_server_part_add(run->server, &run->part, error, size);
}

/* ---------------------------------------------------------------- signals */

static void
closed(void *context)
{
	struct run *run = context;

	run->server = NULL;
	for (size_t i = 0; i < run->count; i++)
		uv_close((uv_handle_t *)&run->signals[i], NULL);
}

/** One that has to end says so before it is freed. */
static void
close_server(struct run *run)
{
	tell_end(run);
	raft_server_close(run->server, NULL, NULL);
}

/* What could not be read is told as an event. */
static void
reload(struct run *run)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	raft__notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
		     uv_hrtime() / 1000);
	(void)!raft_server_reload(run->server, error, sizeof(error));
	raft__notify("READY=1\n");
}

static void
on_signal(uv_signal_t *signal, int number)
{
	if (number == SIGHUP)
		reload(signal->data);
	else
		close_server(signal->data);
}

static bool
wait_for_signals(struct run *run, uv_loop_t *loop)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uv_signal_t *waits = &run->signals[run->count];

		waits->data = run;
		if (uv_signal_init(loop, waits) != 0)
			return false;
		run->count++;
		if (uv_signal_start(waits, on_signal, numbers[i]) != 0)
			return false;
	}
	return true;
}

/* Of a loop that is given, other handles may remain. */
static void
go_round(struct run *run, uv_loop_t *loop)
{
	while (run->server != NULL && uv_run(loop, UV_RUN_ONCE) != 0)
		continue;
	/* For the signals' handles to be let go of. */
	uv_run(loop, UV_RUN_NOWAIT);
}

static bool
join(struct run *run, uv_loop_t *loop, char *error, size_t size)
{
	struct raft_server *server = run->server;

	/* It was told to close: its end is all that is left to wait for. */
	if (server->closes > 0) {
		tell_end(run);
		return true;
	}
	return watch(run, error, size) &&
	       (server->state != SERVER_OPEN ||
		raft_server_attach(server, loop, error, size));
}

static bool
run_on(struct raft_server *server, uv_loop_t *loop, char *error, size_t size)
{
	struct run run = { .server = server };
	bool attached = join(&run, loop, error, size);
	bool ready = attached && wait_for_signals(&run, loop);

	server->ends_by_itself = true;
	server->run = (struct ending){ closed, &run };
	strlcpy(run.stopped, server->stopped, sizeof(run.stopped));
	server->stopped_to = run.stopped;
	if (ready)
		tell_ready(&run);
	else
		close_server(&run);
	go_round(&run, loop);
	if (attached && !ready)
		strlcpy(error, "signals cannot be waited for", size);
	else if (run.stopped[0] != '\0')
		strlcpy(error, run.stopped, size);
	return ready && run.stopped[0] == '\0';
}

bool
raft_server_run(struct raft_server *server, uv_loop_t *loop, char *error,
		size_t size)
{
	uv_loop_t own;
	bool well;

	if (server->loop != NULL)
		loop = server->loop;
	if (loop != NULL)
		return run_on(server, loop, error, size);
	if (uv_loop_init(&own) != 0) {
		raft_server_close(server, NULL, NULL);
		strlcpy(error, "no loop", size);
		return false;
	}
	well = run_on(server, &own, error, size);
	while (uv_loop_close(&own) == UV_EBUSY)
		uv_run(&own, UV_RUN_ONCE);
	return well;
}

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

/** Without a leader the service manager is asked for patience, for so long, so often.
 *  It would start us again and again, and then give us up (TimeoutStartSec). */
#define PATIENCE_US 60000000
#define PATIENCE_MS 5000
#define PATIENCE_FIRST_MS 500

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
	uv_timer_t patience;
	bool is_patient;
	/** It was told that we serve, and that we stop. */
	bool is_ready, is_stopping;
};

/* -------------------------------------------------- for the service manager */

/** Whoever waits for it to be ready may ask it for something then. */
static void
tell_leader(struct run *run, uint64_t leader, uint64_t term)
{
	if (run->is_stopping)
		return;
	if (leader == 0)
		raft__notify("STATUS=no leader, term %" PRIu64 "\n", term);
	else
		raft__notify("%sSTATUS=server %" PRIu64 " leads, term %" PRIu64
			     "\n",
			     run->is_ready ? "" : "READY=1\n", leader, term);
	run->is_ready = run->is_ready || leader != 0;
}

static void
heard(struct raft_server_part *part, const struct raft_server_event *event)
{
	if (event->raft != NULL && event->raft->kind == RAFT_EVENT_LEADER)
		tell_leader(part->context, event->raft->peer,
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
ask_for_patience(uv_timer_t *timer)
{
	const struct run *run = timer->data;

	if (run->is_ready || run->is_stopping)
		uv_timer_stop(timer);
	else
		raft__notify("EXTEND_TIMEOUT_USEC=%d\nSTATUS=no leader yet\n",
			     PATIENCE_US);
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct run *run = part->context;

	run->patience.data = run;
	run->is_patient = uv_timer_init(loop, &run->patience) == 0 &&
			  uv_timer_start(&run->patience, ask_for_patience,
					 PATIENCE_FIRST_MS, PATIENCE_MS) == 0;
	if (!run->is_patient)
		strlcpy(error, "the loop takes no handles", size);
	return run->is_patient;
}

static void
timer_gone(uv_handle_t *handle)
{
	struct run *run = handle->data;

	raft_server_part_gone(&run->part);
}

static void
closing(struct raft_server_part *part)
{
	struct run *run = part->context;

	tell_end(run);
	if (run->is_patient)
		uv_close((uv_handle_t *)&run->patience, timer_gone);
	else
		raft_server_part_gone(part);
}

/** It may be attached by now, and have a leader. */
static bool
watch(struct run *run, char *error, size_t size)
{
	struct raft_status status;

	run->part = (struct raft_server_part){ .attached = attached,
					       .closing = closing,
					       .event = heard,
					       .context = run };
	if (!raft_server_part_add(run->server, &run->part, error, size))
		return false;
	if (run->server->state != SERVER_RUNNING)
		return true;
	raft_status(run->server->raft, &status);
	if (status.leader != 0)
		tell_leader(run, status.leader, status.term);
	return true;
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
	if (run->is_ready)
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
	if (!ready)
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

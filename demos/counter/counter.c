/*
 * A replicated counter: what connects the state machine (state.h) with its log,
 * its network and its clients.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state is in memory. After a start it is found again from the newest
 * snapshot (snapshots.h) and the entries that follow it in the log.
 */
#include <bsd/stdlib.h>
#include <endian.h>
#include <err.h>
#include <signal.h>

#include "assists/node/node_loop.h"
#include "assists/sessions/sessions.h"
#include "demos/counter/console.h"
#include "demos/counter/counter.h"
#include "demos/counter/folder.h"
#include "demos/counter/members.h"
#include "demos/counter/snapshots.h"

/** A tenth of the entries that a snapshot covers is kept, for followers that are
 *  a little behind. */
#define TAIL_SHARE 10

struct counter {
	struct raft *raft;
	struct console console;
	struct state state;
	struct snapshots snapshots;
	struct members members;
};

/* ------------------------------------------------------- the state machine */

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct counter *counter = context;

	for (size_t i = 0; i < count; i++) {
		struct state_answer answer =
		    state_apply(&counter->state, &entries[i]);

		if (entries[i].kind != RAFT_ENTRY_NOOP)
			console_applied(&counter->console, &entries[i],
					answer.refusal, answer.value);
	}
	snapshots_advance(&counter->snapshots);
	return true;
}

static void
read_ended(void *context, const struct raft_read *read)
{
	console_read_ended(&((struct counter *)context)->console, read);
}

static void
outcome(void *context, const struct raft_outcome *outcome)
{
	console_ended(&((struct counter *)context)->console, outcome);
}

static void
event(void *context, const struct raft_event *event)
{
	char text[256];

	raft_event_print(text, sizeof(text), event);
	warnx("%s", text);
	members_event(&((struct counter *)context)->members, event);
	if (event->kind == RAFT_EVENT_SNAPSHOT_DAMAGED)
		snapshots_damaged(&((struct counter *)context)->snapshots);
	if (event->kind == RAFT_EVENT_STOPPED)
		exit(1);
}

static const struct raft_node_machine machine = {
	.apply = apply,
	.outcome = outcome,
	.event = event,
	.read = read_ended,
};

/* ----------------------------------------------- from clients and from peers */

/** A payload, freed when the log and every send have let go of it. */
struct addition {
	struct raft_block block;
	struct command command;
};

static void
release(struct raft_block *block)
{
	free(block);
}

static enum raft_result
propose(void *context, const struct console_command *command,
	struct raft_entry_id *entry)
{
	static const size_t lengths[] = {
		[CONSOLE_REGISTER] = 0,
		[CONSOLE_ADD] = sizeof(uint64_t),
		[CONSOLE_ADD_ONCE] = sizeof(struct command),
	};
	struct addition *addition = malloc(sizeof(*addition));
	struct raft_payload payload;
	enum raft_result result;

	if (addition == NULL)
		return RAFT_NO_MEMORY;
	*addition = (struct addition){
		{ 1, release },
		{ htole64(command->amount), htole64(command->session),
		  htole64(command->sequence) },
	};
	payload =
	    (struct raft_payload){ &addition->command, lengths[command->kind],
				   &addition->block };
	result = raft_propose(((struct counter *)context)->raft, &payload, 1,
			      raft_node_loop_now(), entry);
	raft_payload_release(&payload);
	return result;
}

static enum raft_result
start_read(void *context, uint64_t *read)
{
	return raft_read(((struct counter *)context)->raft,
			 raft_node_loop_now(), read);
}

static void
receive(void *context, const struct raft_message *message)
{
	raft_receive(((struct counter *)context)->raft, message,
		     raft_node_loop_now());
}

static void
peer_closed(void *context, uint64_t peer)
{
	raft_peer_closed(((struct counter *)context)->raft, peer,
			 raft_node_loop_now());
}

/* ------------------------------------------------------------- from the log */

static void
saved(void *node, uint64_t token)
{
	raft_node_saved(node, token);
}

static void
log_failed(void *node, const char *why)
{
	warnx("%s", why);
	raft_node_log_failed(node);
}

/* ----------------------------------------------------------------- running */

void
counter_run(const char *path, const struct secure *secure,
	    uint64_t snapshot_every, uint64_t client_idle_s)
{
	struct counter counter = {
		.snapshots = { .state = &counter.state,
			       .every = snapshot_every },
	};
	struct raft_tcp_options network = { .receive = receive,
					    .closed = peer_closed,
					    .context = &counter };
	struct raft_node_options options = { .log = &raft_log_file,
					     .transport = &raft_tcp_transport,
					     .machine = &machine,
					     .machine_context = &counter,
					     .snapshots = &raft_snapshot_file };
	uv_loop_t *loop = uv_default_loop();
	struct folder folder;
	struct raft_node_loop turns;
	struct raft_tcp *transport;
	struct raft_node *node;
	enum raft_result result;

	/* Or whoever goes away before its answer takes the server along: libuv
	 * leaves this to the program. */
	signal(SIGPIPE, SIG_IGN);
	if (raft_sessions_create(&(struct raft_sessions_options){ 0 },
				 &counter.state.sessions) != RAFT_OK)
		err(1, NULL);
	folder_open(path, &folder);
	snapshots_open(&counter.snapshots, folder.snapshots, &folder.owner,
		       &folder.stored);
	options.snapshots_context = counter.snapshots.files;
	options.raft.snapshot_tail_entries = snapshot_every / TAIL_SHARE;
	options.raft.snapshot_spare = true;
	options.raft.self = folder.owner.self;
	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	options.log_context = folder.log;
	secure_connections(secure, &folder.owner, loop, &network);
	transport = folder_listen(&folder, loop, &network);
	options.transport_context = transport;
	result = raft_node_create(&options, &folder.stored,
				  raft_node_loop_now(), &node);
	if (result != RAFT_OK)
		errx(1, "%s: %s", path, raft_result_text(result));
	raft_log_file_bind(folder.log, node, saved, log_failed);
	counter.raft = raft_node_raft(node);
	snapshots_start(&counter.snapshots, loop, node);
	members_start(&counter.members, &folder, counter.raft, transport, loop);
	counter.console = (struct console){ .propose = propose,
					    .read = start_read,
					    .context = &counter,
					    .raft = counter.raft,
					    .members = &counter.members,
					    .value = &counter.state.value,
					    .idle_ms = 1000 * client_idle_s };
	console_listen(&counter.console, loop, &folder.self);
	if (raft_node_loop_start(&turns, loop, node) == 0)
		uv_run(loop, UV_RUN_DEFAULT);
	errx(1, "%s: the loop ended", path);
}

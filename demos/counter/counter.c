/*
 * A replicated counter: a state machine of one number, and what connects it
 * with its log, its network and its clients.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The value is in memory only. After a start it is found again by applying the
 * log from its beginning, since no snapshots are taken yet.
 */
#include <bsd/stdlib.h>
#include <endian.h>
#include <err.h>
#include <string.h>

#include "assists/node/node_loop.h"
#include "demos/counter/console.h"
#include "demos/counter/counter.h"
#include "demos/counter/folder.h"

struct counter {
	struct raft *raft;
	struct console console;
	uint64_t value;
};

/* ------------------------------------------------------- the state machine */

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct counter *counter = context;
	uint64_t amount;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].kind != RAFT_ENTRY_DATA)
			continue;
		memcpy(&amount, entries[i].payload.data, sizeof(amount));
		counter->value += le64toh(amount);
		console_applied(&counter->console, &entries[i]);
	}
	return true;
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

	(void)context;
	raft_event_print(text, sizeof(text), event);
	warnx("%s", text);
	if (event->kind == RAFT_EVENT_STOPPED)
		exit(1);
}

static const struct raft_node_machine machine = {
	.apply = apply,
	.outcome = outcome,
	.event = event,
};

/* ----------------------------------------------- from clients and from peers */

/** A payload, freed when the log and every send have let go of it. */
struct addition {
	struct raft_block block;
	uint64_t amount;
};

static void
release(struct raft_block *block)
{
	free(block);
}

static enum raft_result
propose(void *context, uint64_t amount, struct raft_entry_id *entry)
{
	struct addition *addition = malloc(sizeof(*addition));
	struct raft_payload payload;
	enum raft_result result;

	if (addition == NULL)
		return RAFT_NO_MEMORY;
	*addition = (struct addition){ { 1, release }, htole64(amount) };
	payload = (struct raft_payload){ &addition->amount, sizeof(amount),
					 &addition->block };
	result = raft_propose(((struct counter *)context)->raft, &payload, 1,
			      raft_node_loop_now(), entry);
	raft_payload_release(&payload);
	return result;
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
counter_run(const char *path, const struct secure *secure)
{
	struct counter counter = { 0 };
	struct raft_tcp_options network = { .receive = receive,
					    .closed = peer_closed,
					    .context = &counter };
	struct raft_node_options options = { .log = &raft_log_file,
					     .transport = &raft_tcp_transport,
					     .machine = &machine,
					     .machine_context = &counter };
	uv_loop_t *loop = uv_default_loop();
	struct folder folder;
	struct raft_node_loop turns;
	struct raft_node *node;
	enum raft_result result;

	folder_open(path, &folder);
	options.raft.self = folder.owner.self;
	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	options.log_context = folder.log;
	secure_connections(secure, &folder.owner, loop, &network);
	options.transport_context = folder_connect(&folder, loop, &network);
	result = raft_node_create(&options, &folder.stored,
				  raft_node_loop_now(), &node);
	if (result != RAFT_OK)
		errx(1, "%s: %s", path, raft_result_text(result));
	raft_log_file_bind(folder.log, node, saved, log_failed);
	counter.raft = raft_node_raft(node);
	counter.console = (struct console){ .propose = propose,
					    .context = &counter,
					    .raft = counter.raft,
					    .servers = &folder.servers,
					    .value = &counter.value };
	console_listen(&counter.console, loop, folder.self);
	if (raft_node_loop_start(&turns, loop, node) == 0)
		uv_run(loop, UV_RUN_DEFAULT);
	errx(1, "%s: the loop ended", path);
}

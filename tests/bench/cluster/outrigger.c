/*
 * Ours: the node with its log in a file, its snapshots in files and TCP or TLS, as a
 * program puts them together that brings its own loop; the log and the snapshots have
 * their threads for the disk, as in the kit (assists/server).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <stdio.h>
#include <uv.h>

#include "assists/log_file/log_file.h"
#include "assists/node/node_loop.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "assists/transport_tcp/transport_tcp.h"
#include "tests/bench/certificates.h"
#include "tests/bench/cluster/load.h"

/** Long, when it is not about fail-over: the machine may be busy with others. */
#define CALM_TIMEOUT_US 5000000
/** As the kit of assists/server has it. */
#define DEFAULT_TIMEOUT_US 1000000
/** What libraft keeps as well. */
#define TAIL_ENTRIES 2048
#define CLIENT_MS 1
#define LOOK_MS 20

struct server {
	const struct trial *trial;
	uint64_t id;
	uv_loop_t loop;
	struct load *load;
	struct raft_log_file *log;
	struct raft_snapshot_file *snapshots;
	struct raft_tcp *tcp;
	struct raft_node *node;
	struct raft_node_loop turns;
	/** It leads, and its followers are there. */
	uv_timer_t look;
	/** Due when the turn is over. */
	uv_timer_t refill;
	uv_timer_t snapshot;
	struct raft_entry_id applied;
	uint64_t snapshot_index;
	/** The log's thread has done something. */
	uv_async_t logged;
	/** A snapshot is being made durable in a thread. */
	uv_work_t settling;
	bool is_settling;
	struct raft_entry_id taken;
	/** The first entry that it proposed as this leader; 0: none. */
	uint64_t first_own;
};

/* ----------------------------------------------------------- what is told */

static void
receive(void *context, const struct raft_message *message)
{
	struct server *server = context;

	(void)raft_receive(raft_node_raft(server->node), message,
			   raft_node_loop_now());
}

static void
peer_closed(void *context, uint64_t peer)
{
	struct server *server = context;

	raft_peer_closed(raft_node_raft(server->node), peer,
			 raft_node_loop_now());
}

static void
saved(void *context, uint64_t token)
{
	raft_node_saved(((struct server *)context)->node, token);
}

static void
failed(void *context, const char *why)
{
	(void)context;
	errx(1, "%s", why);
}

static void
part_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	raft_node_snapshot_saved(((struct server *)context)->node, snapshot,
				 end);
}

static void
part_lost(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_failed(((struct server *)context)->node, snapshot);
}

static void
part_damaged(void *context, struct raft_entry_id snapshot)
{
	raft_node_snapshot_damaged(((struct server *)context)->node, snapshot);
}

/** In the log's thread. */
static void
log_wakes(void *context)
{
	uv_async_send(&((struct server *)context)->logged);
}

static void
logged(uv_async_t *async)
{
	raft_log_file_turn(((struct server *)async->data)->log);
}

/** The state is nothing but its size. */
static bool
install(void *context, struct raft_entry_id snapshot)
{
	struct server *server = context;

	server->applied = snapshot;
	server->snapshot_index = snapshot.index;
	return true;
}

/* ---------------------------------------------------------------- the load */

static void
refill(uv_timer_t *timer)
{
	static const uint8_t zeros[TRIAL_BYTES];
	static struct raft_payload payloads[TRIAL_IN_FLIGHT_MAX];
	struct server *server = timer->data;
	unsigned int count = load_wanted(server->load);
	struct raft_entry_id first;

	for (unsigned int i = 0; i < count; i++)
		payloads[i] = (struct raft_payload){ zeros, TRIAL_BYTES, NULL };
	if (count > 0 &&
	    raft_propose(raft_node_raft(server->node), payloads, count,
			 raft_node_loop_now(), &first) == RAFT_OK) {
		load_proposed(server->load, count);
		if (server->first_own == 0)
			server->first_own = first.index;
	}
}

static void
outcome(void *context, const struct raft_outcome *outcome)
{
	struct server *server = context;
	uint64_t count = outcome->range.last - outcome->range.first + 1;

	/* What was committed is done when it is applied: see apply(). */
	if (outcome->kind == RAFT_OUTCOME_COMMITTED)
		return;
	load_lost(server->load, count);
	server->first_own = 0;
	uv_timer_start(&server->refill, refill, 0, 0);
}

static void
complete(struct server *server)
{
	if (!raft_snapshot_file_commit(server->snapshots) ||
	    raft_node_snapshot_taken(server->node, server->taken.index,
				     raft_snapshot_file_size(server->snapshots,
							     server->taken)) !=
		RAFT_OK)
		errx(1, "a snapshot cannot be taken");
	raft_snapshot_file_forget(
	    server->snapshots,
	    raft_snapshot_oldest(raft_node_raft(server->node)));
}

static void
settle(uv_work_t *work)
{
	raft_snapshot_file_settle(((struct server *)work->data)->snapshots);
}

static void
settled(uv_work_t *work, int status)
{
	struct server *server = work->data;

	(void)status;
	server->is_settling = false;
	complete(server);
}

static void
take_snapshot(uv_timer_t *timer)
{
	static const uint8_t state[TRIAL_STATE_BYTES];
	struct server *server = timer->data;

	server->taken = server->applied;
	server->snapshot_index = server->applied.index;
	raft_snapshot_file_begin(server->snapshots, server->taken);
	raft_snapshot_file_write(server->snapshots, state, sizeof(state));
	if (server->trial->in_loop) {
		complete(server);
		return;
	}
	server->is_settling = true;
	if (uv_queue_work(&server->loop, &server->settling, settle, settled) !=
	    0)
		errx(1, "no thread for a snapshot");
}

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct server *server = context;
	unsigned int every = server->trial->snapshot_every;
	uint64_t own = 0;

	for (size_t i = 0; i < count; i++)
		own += server->first_own != 0 &&
		       entries[i].index >= server->first_own &&
		       entries[i].kind == RAFT_ENTRY_DATA;
	if (own > 0) {
		load_done(server->load, own);
		uv_timer_start(&server->refill, refill, 0, 0);
	}

	server->applied = (struct raft_entry_id){ entries[count - 1].index,
						  entries[count - 1].term };
	if (every != 0 && !server->is_settling &&
	    server->applied.index - server->snapshot_index >= every)
		uv_timer_start(&server->snapshot, take_snapshot, 0, 0);
	return true;
}

static const struct raft_node_machine machine = {
	.apply = apply,
	.outcome = outcome,
};

/** Both followers are to be there when the load begins. */
static void
look(uv_timer_t *timer)
{
	struct server *server = timer->data;
	struct raft *raft = raft_node_raft(server->node);
	struct raft_status status;

	raft_status(raft, &status);
	if (status.role == RAFT_FOLLOWER && server->id == 1)
		(void)raft_campaign(raft, raft_node_loop_now());
	if (status.role == RAFT_LEADER &&
	    raft_everywhere(raft) >= status.last.index) {
		uv_timer_stop(timer);
		uv_timer_start(&server->refill, refill, 0, 0);
	}
}

/* --------------------------------------------------------------- the server */

static void
open_files(struct server *server, struct raft_stored *stored)
{
	char path[PATH_MAX], error[1024];
	struct raft_owner owner = { .cluster = BENCH_CLUSTER,
				    .self = { server->id, server->id } };
	struct raft_log_file_options options = { .path = path,
						 .owner = owner };
	struct raft_entry_id none;
	const char *folder = trial_folder(server->trial, server->id);

	snprintf(path, sizeof(path), "%s/log", folder);
	if (!raft_log_file_create(path, &owner, error, sizeof(error)))
		errx(1, "%s", error);
	server->log = raft_log_file_open(&options, error, sizeof(error));
	if (server->log == NULL || !raft_log_file_stored(server->log, stored))
		errx(1, "%s", error);
	snprintf(path, sizeof(path), "%s/snapshots", folder);
	server->snapshots =
	    raft_snapshot_file_open(path, &owner, error, sizeof(error));
	if (server->snapshots == NULL ||
	    !raft_snapshot_file_choose(server->snapshots, stored, &none, error,
				       sizeof(error)))
		errx(1, "%s", error);
	raft_log_file_bind(server->log, server, saved, failed);
	raft_snapshot_file_bind(server->snapshots,
				&(struct raft_snapshot_file_reports){
				    .context = server,
				    .saved = part_saved,
				    .lost = part_lost,
				    .damaged = part_damaged,
				    .install = install,
				    .failed = failed,
				});
}

static void
connect_all(struct server *server)
{
	struct raft_tcp_options options = {
		.self = { server->id, server->id },
		.cluster = BENCH_CLUSTER,
		.host = "127.0.0.1",
		.port = server->trial->ports[server->id - 1],
		.receive = receive,
		.closed = peer_closed,
		.context = server,
	};

	if (server->trial->secure)
		options.stream =
		    raft_tls_stream(load_certificate(server->id));
	if (raft_tcp_create(&server->loop, &options, &server->tcp) != 0)
		errx(1, "cannot listen on 127.0.0.1");
	for (uint64_t id = 1; id <= TRIAL_SERVERS; id++) {
		struct raft_tcp_peer peer = {
			id, "127.0.0.1", trial_port(server->trial, server->id, id)
		};

		if (id != server->id &&
		    raft_tcp_peer_add(server->tcp, &peer) != 0)
			errx(1, "a peer was refused");
	}
}

static void
bootstrap(struct server *server)
{
	struct raft_member members[TRIAL_SERVERS] = { 0 };
	const struct raft_configuration first = {
		.election_timeout_us = server->trial->failover
					   ? DEFAULT_TIMEOUT_US
					   : CALM_TIMEOUT_US,
		.members = members,
		.member_count = TRIAL_SERVERS,
	};

	for (uint64_t i = 0; i < TRIAL_SERVERS; i++) {
		members[i].identity = (struct raft_identity){ i + 1, i + 1 };
		members[i].role = RAFT_MEMBER_VOTER;
	}
	if (raft_bootstrap(raft_node_raft(server->node), &first,
			   raft_node_loop_now()) != RAFT_OK)
		errx(1, "cannot bootstrap");
}

static void
make_node(struct server *server, const struct raft_stored *stored)
{
	struct raft_node_options options = {
		.raft.self = { server->id, server->id },
		.raft.snapshot_tail_entries = TAIL_ENTRIES,
		.log = &raft_log_file,
		.log_context = server->log,
		.transport = &raft_tcp_transport,
		.transport_context = server->tcp,
		.machine = &machine,
		.machine_context = server,
		.snapshots = &raft_snapshot_file,
		.snapshots_context = server->snapshots,
	};

	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	if (raft_node_create(&options, stored, raft_node_loop_now(),
			     &server->node) != RAFT_OK)
		errx(1, "a node cannot be made");
	bootstrap(server);
}

static void
make_handles(struct server *server)
{
	uv_loop_init(&server->loop);
	uv_timer_init(&server->loop, &server->look);
	uv_timer_init(&server->loop, &server->refill);
	uv_timer_init(&server->loop, &server->snapshot);
	uv_async_init(&server->loop, &server->logged, logged);
	server->look.data = server->refill.data = server->snapshot.data =
	    server->logged.data = server->settling.data = server;
}

static void
take_part(const struct trial *trial, uint64_t id)
{
	static struct server server;
	struct raft_stored stored;

	server.trial = trial;
	server.id = id;
	server.load = load_create(trial, id);
	make_handles(&server);
	open_files(&server, &stored);
	connect_all(&server);
	make_node(&server, &stored);
	if (!trial->in_loop &&
	    !raft_log_file_begin_thread(server.log, log_wakes, &server))
		err(1, "no thread for the log");
	trial_ready(trial, id);
	if (raft_node_loop_start(&server.turns, &server.loop, server.node) != 0)
		errx(1, "the loop cannot run");
	if (trial->failover)
		uv_timer_start(&server.look, refill, CLIENT_MS, CLIENT_MS);
	else
		uv_timer_start(&server.look, look, LOOK_MS, LOOK_MS);
	uv_run(&server.loop, UV_RUN_DEFAULT);
}

static void
make_secure(void)
{
	make_certificates();
	atexit(remove_certificates);
}

const struct contender contender = {
	.name = "outrigger",
	.take_part = take_part,
	.make_secure = make_secure,
	.has_thread = true,
	.is_raft = true,
};

/*
 * Attaching a server to a loop: its network, its node, and the two timers (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>

#include "assists/server/inside.h"

/** What a note, or an entry, has beside a command. */
#define NOTE_OVERHEAD 4096

/* ------------------------------------------------------------- from the node */

static void
event(void *context, const struct raft_event *event)
{
	struct raft_server *server = context;

	raft__server_say_event(server, event);
	raft__measures_event(server, event);
	raft__peers_event(server, event);
	raft__changes_event(server, event);
	if (event->kind == RAFT_EVENT_ROLE ||
	    event->kind == RAFT_EVENT_CONFIGURATION)
		server->changed_at = raft__server_now();
	if (event->kind == RAFT_EVENT_LEADER)
		raft__asks_leader(server, event->peer);
	if (event->kind == RAFT_EVENT_SNAPSHOT_DAMAGED)
		server->taking.is_damaged = true;
	if (event->kind == RAFT_EVENT_STOPPED)
		raft__server_stop(server, "this server has stopped: %s",
				  raft_reason_text(event->reason));
}

static const struct raft_node_machine machine = {
	.apply = raft__apply,
	.outcome = raft__asks_outcome,
	.event = event,
	.read = raft__asks_read,
};

static void
saved(void *context, uint64_t token)
{
	raft_node_saved(((struct raft_server *)context)->node, token);
}

static void
log_failed(void *context, const char *why)
{
	struct raft_server *server = context;

	raft__server_stop(server, "%s", why);
	raft_node_log_failed(server->node);
}

/* In a thread that writes the log, or snapshots. */
static void
disk_wakes(void *context)
{
	uv_async_send(&((struct raft_server *)context)->logged);
}

static void
turn_disk(struct raft_server *server)
{
	if (server->folder.log != NULL)
		raft_log_file_turn(server->folder.log);
	raft_snapshot_file_turn(server->folder.snapshots);
}

static void
logged(uv_async_t *async)
{
	struct raft_server *server = async->data;

	if (server->state == SERVER_CLOSING)
		raft__server_end_disk(server);
	else
		turn_disk(server);
}

/* -------------------------------------------------------- from the transport */

static void
receive(void *context, const struct raft_message *message)
{
	struct raft_server *server = context;

	raft__peers_heard(server, message);
	raft_receive(server->raft, message, raft__server_now());
}

static void
peer_closed(void *context, uint64_t peer)
{
	struct raft_server *server = context;

	raft__asks_closed(server, peer);
	raft_peer_closed(server->raft, peer, raft__server_now());
}

/* Whoever is of this cluster may ask who is in it, and to be let in. */
static bool
welcome(void *context, struct raft_identity who)
{
	const struct raft_server *server = context;

	return who.id != server->folder.owner.self.id;
}

/* ----------------------------------------------------------------- the timers */

static void
come_soon(uv_timer_t *timer)
{
	struct raft_server *server = timer->data;
	uint64_t now = raft__server_now();

	raft__asks_submit(server, now);
	raft__asks_deliver(server, now);
	raft__server_leave(server, now);
}

void
raft__server_hurry(struct raft_server *server)
{
	if (server->state == SERVER_RUNNING || server->state == SERVER_LEAVING)
		uv_timer_start(&server->soon, come_soon, 0, 0);
}

static void
come_again(uv_timer_t *timer)
{
	struct raft_server *server = timer->data;
	uint64_t now = raft__server_now();
	struct raft_status status;

	raft_status(server->raft, &status);
	raft__lag_note(&server->lag, now, status.last.index);
	raft__peers_tick(server, now);
	raft__server_tls_tick(server);
	raft__changes_promote(server);
	raft__room_tick(server, now);
	raft__scrub_tick(server, now);
	raft__server_snapshots_tick(server, now);
	raft__asks_tick(server, now);
	raft__asks_deliver(server, now);
	raft__server_leave(server, now);
}

/* ----------------------------------------------------------------- attaching */

static bool
listen_at(struct raft_server *server, const struct complaint *complaint)
{
	const struct conf *conf = &server->folder.conf;
	const char *place =
	    conf->listen[0] != '\0' ? conf->listen : conf->address;
	size_t room = server->options.command_bytes_max + NOTE_OVERHEAD;
	struct raft_tcp_options options = {
		.self = server->folder.owner.self,
		.receive = receive,
		.closed = peer_closed,
		.traced = raft__server_traced,
		.noted = raft__notes_take,
		.guest = welcome,
		.context = server,
		.note_bytes_max = room > COMMAND_BYTES_MAX
				      ? room
				      : COMMAND_BYTES_MAX + NOTE_OVERHEAD,
	};
	struct address address;
	int result;

	if (!raft__address_parse(place, &address))
		return raft__complain(complaint, "%s: not " ADDRESS_FORMS,
				      place);
	memcpy(options.cluster, server->folder.owner.cluster,
	       sizeof(options.cluster));
	options.host = address.host;
	options.port = address.port;
	if (server->tls != NULL)
		options.stream = raft_tls_stream(server->tls);
	options.mode = (enum raft_tcp_mode)conf->tls_mode;
	result = raft_tcp_create(server->loop, &options, &server->transport);
	if (result == 0)
		return true;
	return raft__complain(complaint, "%s: %s", place, uv_strerror(result));
}

static bool
make_node(struct raft_server *server, const struct complaint *complaint)
{
	const struct raft_server_log *other = server->folder.other;
	struct raft_node_options options = {
		.raft.self = server->folder.owner.self,
		.raft.snapshot_tail_entries =
		    server->options.snapshot_tail_entries,
		.raft.snapshot_spare = true,
		.raft.ahead_of_disk = other == NULL,
		.log = other != NULL ? other->functions : &raft_log_file,
		.log_context = other != NULL ? server->folder.other_log
					     : (void *)server->folder.log,
		.transport = &raft_tcp_transport,
		.transport_context = server->transport,
		.machine = &machine,
		.machine_context = server,
		.snapshots = &raft_snapshot_file,
		.snapshots_context = server->folder.snapshots,
		.fetch = raft__mend_fetch,
		.fetch_context = server,
	};
	enum raft_result result;

	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	result = raft_node_create(&options, &server->folder.stored,
				  raft__server_now(), &server->node);
	if (result != RAFT_OK)
		return raft__complain(complaint, "the log: %s",
				      raft_result_text(result));
	server->raft = raft_node_raft(server->node);
	if (other != NULL) {
		other->bind(server->folder.other_log, server, saved, log_failed);
	} else {
		raft_log_file_bind(server->folder.log, server, saved,
				   log_failed);
		raft__mend_bind(server);
	}
	return true;
}

/** Timers that never start are closed like the others. */
static bool
make_handles(struct raft_server *server)
{
	server->soon.data = server;
	server->tick.data = server;
	if (uv_timer_init(server->loop, &server->soon) != 0 ||
	    uv_timer_init(server->loop, &server->tick) != 0)
		return false;
	server->held += 2;
	if (!raft__calls_attach(server))
		return false;
	server->held++;
	if (!raft__server_snapshots_attach(server))
		return false;
	server->held++;
	if (uv_async_init(server->loop, &server->logged, logged) != 0)
		return false;
	server->logged.data = server;
	server->held++;
	return true;
}

static bool
start(struct raft_server *server)
{
	return uv_timer_start(&server->tick, come_again, TICK_MS, TICK_MS) ==
		   0 &&
	       raft_node_loop_start(&server->turns, server->loop,
				    server->node) == 0;
}

bool
raft_server_attach(struct raft_server *server, uv_loop_t *loop, char *error,
		   size_t size)
{
	struct complaint complaint = { error, size };

	server->loop = loop;
	server->state = SERVER_BROKEN;
	if (!listen_at(server, &complaint))
		return false;
	server->held++;
	if (!make_node(server, &complaint))
		return false;
	raft__peers_attach(server);
	if (!make_handles(server))
		return raft__complain(&complaint, "the loop takes no handles");
	if (server->folder.log != NULL &&
	    !raft_log_file_begin_thread(server->folder.log, disk_wakes, server))
		return raft__complain(&complaint, "no thread for the log: %s",
				      strerror(errno));
	if (!raft_snapshot_file_begin_thread(server->folder.snapshots,
					     disk_wakes, server))
		return raft__complain(&complaint,
				      "no thread for snapshots: %s",
				      strerror(errno));
	raft__scrub_attach(server);
	if (!raft__parts_attach(server, &complaint))
		return false;
	if (!start(server))
		return raft__complain(&complaint, "the loop takes no handles");
	server->held++;
	server->state = SERVER_RUNNING;
	return true;
}

/*
 * A server: opened, attached to a loop, and closed again (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "assists/server/inside.h"

#define COMMAND_BYTES_MAX (1u << 20)
/** What a note, or an entry, has beside a command. */
#define NOTE_OVERHEAD 4096
/** How long a server waits when it leaves, in election timeouts. */
#define LEAVE_AFTER 2
/** The election timeout of one that has no configuration. */
#define TIMEOUT_US 1000000

/* ------------------------------------------------------------------ telling */

uint64_t
raft__server_now(void)
{
	return raft_node_loop_now();
}

static void
tell(struct raft_server *server, const struct raft_server_event *event)
{
	if (server->machine.event != NULL)
		server->machine.event(server->context, event);
	else if (!server->options.is_quiet)
		fprintf(stderr, "server %" PRIu64 ": %s\n",
			server->folder.owner.self.id, event->text);
}

void
raft__server_say(struct raft_server *server, enum raft_server_event_kind kind,
		 const char *format, ...)
{
	char text[RAFT_SERVER_ERROR_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tell(server, &(struct raft_server_event){ .kind = kind, .text = text });
}

void
raft__server_stop(struct raft_server *server, const char *format, ...)
{
	va_list arguments;

	if (server->stopped[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(server->stopped, sizeof(server->stopped), format, arguments);
	va_end(arguments);
	if (server->stopped_to != NULL)
		memcpy(server->stopped_to, server->stopped,
		       sizeof(server->stopped));
	raft__server_say(server, RAFT_SERVER_EVENT_STOPPED, "%s",
			 server->stopped);
	raft__server_hurry(server);
}

/* ------------------------------------------------------------- from the node */

static void
event(void *context, const struct raft_event *event)
{
	struct raft_server *server = context;
	char text[256];

	raft_event_print(text, sizeof(text), event);
	tell(server, &(struct raft_server_event){
			 .kind = RAFT_SERVER_EVENT_RAFT,
			 .text = text,
			 .raft = event,
		     });
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

/* -------------------------------------------------------- from the transport */

static void
receive(void *context, const struct raft_message *message)
{
	raft_receive(((struct raft_server *)context)->raft, message,
		     raft__server_now());
}

static void
peer_closed(void *context, uint64_t peer)
{
	raft_peer_closed(((struct raft_server *)context)->raft, peer,
			 raft__server_now());
}

static void
trace(void *context, const char *text)
{
	raft__server_say(context, RAFT_SERVER_EVENT_CONNECTION, "%s", text);
}

/* Whoever is of this cluster may ask who is in it, and to be let in. */
static bool
welcome(void *context, struct raft_identity who)
{
	const struct raft_server *server = context;

	return who.id != server->folder.owner.self.id;
}

/* ------------------------------------------------------------------ opening */

/** What is not given has its default; what an operator wrote comes first. */
static void
take_options(struct raft_server *server,
	     const struct raft_server_options *options)
{
	const struct conf *conf = &server->folder.conf;
	struct raft_server_options *own = &server->options;

	if (options != NULL)
		*own = *options;
	if (own->asks_max == 0)
		own->asks_max = 4096;
	if (own->calls_max == 0)
		own->calls_max = 1024;
	if (own->command_bytes_max == 0)
		own->command_bytes_max = COMMAND_BYTES_MAX;
	if (own->answer_bytes_max == 0)
		own->answer_bytes_max = 1024;
	if (own->sessions_max == 0)
		own->sessions_max = 1024;
	if (own->snapshot_log_bytes == 0)
		own->snapshot_log_bytes = 64u << 20;
	if (own->snapshot_tail_entries == 0)
		own->snapshot_tail_entries = 1000;
	if (conf->snapshot_bytes != 0)
		own->snapshot_log_bytes = conf->snapshot_bytes;
	if (conf->snapshot_seconds != 0)
		own->snapshot_seconds = conf->snapshot_seconds;
}

static bool
check_options(const struct raft_server *server,
	      const struct complaint *complaint)
{
	const struct raft_server_options *own = &server->options;
	const struct raft_server_machine *its = &server->machine;

	if (own->command_bytes_max > COMMAND_BYTES_MAX ||
	    own->answer_bytes_max > RAFT_SESSION_ANSWER_BYTES_MAX ||
	    own->sessions_max > RAFT_SESSIONS_MAX)
		return raft__complain(complaint,
				      "command_bytes_max, answer_bytes_max or "
				      "sessions_max is out of its range");
	if (its->apply == NULL || its->freeze == NULL || its->write == NULL ||
	    its->load == NULL)
		return raft__complain(complaint,
				      "a machine has to apply, freeze, write "
				      "and load");
	return true;
}

/** Something in the files runs out. */
static void
expiry(void *context, const struct raft_tls_expiry *what)
{
	raft__server_say(context, RAFT_SERVER_EVENT_TLS, "%s", what->text);
}

static const char *
if_there(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static bool
open_tls(struct raft_server *server, const struct complaint *complaint)
{
	const struct conf *conf = &server->folder.conf;
	struct raft_tls_options options = {
		.cluster = conf->cluster,
		.id = conf->id,
		.files = { conf->tls_certificate, conf->tls_key,
			   conf->tls_authorities,
			   if_there(conf->tls_revocations) },
		.expiry = expiry,
		.context = server,
	};

	if (conf->tls_certificate[0] == '\0')
		return true;
	server->tls =
	    raft_tls_create(&options, complaint->text, complaint->size);
	return server->tls != NULL;
}

static bool
open_parts(struct raft_server *server, const struct complaint *complaint)
{
	if (!raft__apply_open(server) || !raft__calls_open(server) ||
	    !raft__asks_open(&server->asks, server->options.asks_max))
		return raft__complain(complaint, "out of memory");
	return open_tls(server, complaint) &&
	       raft__server_snapshots_open(server, complaint);
}

static void
destroy(struct raft_server *server)
{
	raft_node_destroy(server->node);
	raft__asks_tell_refused(&server->asks);
	raft__asks_close(&server->asks);
	raft__calls_close(server);
	raft__peers_close(server);
	raft__folder_close(&server->folder);
	raft_tls_destroy(server->tls);
	raft_sessions_destroy(server->sessions);
	free(server->answers);
	free(server);
}

struct raft_server *
raft_server_open(const char *folder, const struct raft_server_options *options,
		 const struct raft_server_machine *its, void *context,
		 char *error, size_t size)
{
	struct complaint complaint = { error, size };
	struct raft_server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		raft__complain(&complaint, "out of memory");
		return NULL;
	}
	server->machine = *its;
	server->context = context;
	if (!raft__folder_open(folder, &server->folder, &complaint)) {
		free(server);
		return NULL;
	}
	take_options(server, options);
	if (!check_options(server, &complaint) ||
	    !open_parts(server, &complaint)) {
		destroy(server);
		return NULL;
	}
	return server;
}

bool
raft_server_reload(struct raft_server *server, char *error, size_t size)
{
	if (server->tls == NULL)
		return true;
	if (!raft_tls_reload(server->tls, NULL, error, size)) {
		raft__server_say(server, RAFT_SERVER_EVENT_TLS,
				 "certificates: those of before remain: %s",
				 error);
		return false;
	}
	raft__server_say(server, RAFT_SERVER_EVENT_TLS,
			 "certificates: read again");
	return true;
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
		.trace = trace,
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
		return raft__complain(complaint, "%s: not HOST:PORT", place);
	memcpy(options.cluster, server->folder.owner.cluster,
	       sizeof(options.cluster));
	options.host = address.host;
	options.port = address.port;
	if (server->tls != NULL)
		options.stream = raft_tls_stream(server->tls);
	result = raft_tcp_create(server->loop, &options, &server->transport);
	if (result == 0)
		return true;
	return raft__complain(complaint, "%s: %s", place, uv_strerror(result));
}

static bool
make_node(struct raft_server *server, const struct complaint *complaint)
{
	struct raft_node_options options = {
		.raft.self = server->folder.owner.self,
		.raft.snapshot_tail_entries =
		    server->options.snapshot_tail_entries,
		.raft.snapshot_spare = true,
		.log = &raft_log_file,
		.log_context = server->folder.log,
		.transport = &raft_tcp_transport,
		.transport_context = server->transport,
		.machine = &machine,
		.machine_context = server,
		.snapshots = &raft_snapshot_file,
		.snapshots_context = server->folder.snapshots,
	};
	enum raft_result result;

	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	result = raft_node_create(&options, &server->folder.stored,
				  raft__server_now(), &server->node);
	if (result != RAFT_OK)
		return raft__complain(complaint, "the log: %s",
				      raft_result_text(result));
	server->raft = raft_node_raft(server->node);
	raft_log_file_bind(server->folder.log, server, saved, log_failed);
	return true;
}

static void come_soon(uv_timer_t *timer);
static void come_again(uv_timer_t *timer);

/** Timers that never start are closed like the others. */
static bool
start_handles(struct raft_server *server)
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
	if (!start_handles(server))
		return raft__complain(&complaint, "the loop takes no handles");
	server->held++;
	server->state = SERVER_RUNNING;
	return true;
}

/* ------------------------------------------------------------------- leaving */

void
raft__server_let_go(struct raft_server *server)
{
	void (*closed)(void *context) = server->closed;
	void *context = server->closed_context;

	if (--server->held > 0)
		return;
	destroy(server);
	if (closed != NULL)
		closed(context);
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

/** All that ran is closed; what was never started is not held. */
static void
finish(struct raft_server *server)
{
	bool was_running = server->state != SERVER_BROKEN;

	server->state = SERVER_CLOSING;
	server->held++;
	raft__asks_end_all(server);
	raft__calls_make(server);
	raft__server_snapshots_close(server);
	if (was_running)
		raft_node_loop_stop(&server->turns, gone, server);
	if (server->transport != NULL)
		raft_tcp_close(server->transport, gone, server);
	server->transport = NULL;
	close_handle((uv_handle_t *)&server->soon);
	close_handle((uv_handle_t *)&server->tick);
	close_handle((uv_handle_t *)&server->calls.wake);
	close_handle((uv_handle_t *)&server->taking.filled);
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
	server->closed = closed;
	server->closed_context = context;
	if (server->state == SERVER_OPEN) {
		server->held = 1;
		raft__server_let_go(server);
	} else if (server->state == SERVER_BROKEN) {
		finish(server);
	} else if (server->state != SERVER_CLOSING) {
		server->closes++;
		raft__server_hurry(server);
	}
}

/* ----------------------------------------------------------------- the timers */

void
raft__server_hurry(struct raft_server *server)
{
	if (server->state == SERVER_RUNNING || server->state == SERVER_LEAVING)
		uv_timer_start(&server->soon, come_soon, 0, 0);
}

/** What has to be done for its end. */
static void
leave(struct raft_server *server, uint64_t now)
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

static void
come_soon(uv_timer_t *timer)
{
	struct raft_server *server = timer->data;
	uint64_t now = raft__server_now();

	raft__asks_submit(server, now);
	raft__asks_deliver(server, now);
	leave(server, now);
}

static void
come_again(uv_timer_t *timer)
{
	struct raft_server *server = timer->data;
	uint64_t now = raft__server_now();

	raft__peers_tick(server, now);
	raft__changes_promote(server);
	raft__server_snapshots_tick(server, now);
	raft__asks_tick(server, now);
	raft__asks_deliver(server, now);
	leave(server, now);
}

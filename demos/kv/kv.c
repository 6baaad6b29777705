/*
 * kv: keys and values that several servers keep, for clients of Redis.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	kv make data/1 --id 1 --cluster kv --address 127.0.0.1:7001 \
 *	    --note 127.0.0.1:6001
 *	kv run data/1 127.0.0.1:6001
 *	redis-cli -p 6001 set name value
 *
 * The note is where clients find the server. A server that does not lead sends them
 * there by an error, as Redis Cluster does: MOVED SLOT HOST:PORT. Without notes it
 * passes on what it is asked, and clients need not know who leads. With --first each
 * member is ID=HOST:PORT NOTE (docs/kv.md). With --sqlite, as the first word behind
 * `make` and behind the address of `run`, the log and the keys are in a database.
 *
 *	request.c    what clients say            dialogue.c  what is done for it
 *	commands.c   SET, GET and the others     keys.c      on keys and values
 *	entry.c      what is in the log          about.c     INFO, CLUSTER, ...
 *	store.c      --sqlite
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/admin.h"
#include "assists/metrics/metrics_http.h"
#include "demos/kv/entry.h"
#include "demos/kv/service.h"

/** How often it is looked whether keys are due to go. */
#define DUE_MS 50

/* ---------------------------------------------------------------------- its time */

static int64_t
clock_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

uint64_t
service_now(const struct service *service)
{
	return (uint64_t)(clock_ms() + service->ahead_ms);
}

/** Entries were applied, or a snapshot was loaded. */
static void
note_time(struct service *service)
{
	int64_t ahead_ms = (int64_t)service->keys.now_ms - clock_ms();

	if (ahead_ms > service->ahead_ms)
		service->ahead_ms = ahead_ms;
}

/* ------------------------------------------------------------- the state machine */

static void
apply(void *context, struct raft_server_entry *entries, size_t count)
{
	struct service *service = context;

	for (struct raft_server_entry *entry = entries; count-- > 0; entry++) {
		struct buffer reply = { .bytes = entry->answer,
					.room = entry->answer_room,
					.is_fixed = true };

		entry_apply(entry->data, entry->length, &service->keys, &reply);
		entry->answer_length = reply.length;
	}
	if (service->store.log != NULL)
		store_keep_time(&service->store);
	note_time(service);
}

/** In a child process, in which nothing changes. */
static bool
write_down(void *context, struct raft_server_sink *sink)
{
	struct service *service = context;

	return keys_write(&service->keys, sink);
}

/** Beside the keys that clients are answered from. */
static void *
build(void *context, struct raft_server_source *source)
{
	struct keys *keys = malloc(sizeof(*keys));

	(void)context;
	if (keys == NULL)
		return NULL;
	keys_init(keys);
	if (keys_load(keys, source))
		return keys;
	keys_free(keys);
	free(keys);
	return NULL;
}

static void
adopt(void *context, void *built)
{
	struct service *service = context;

	keys_free(&service->keys);
	service->keys = *(struct keys *)built;
	free(built);
	note_time(service);
}

static void
discard(void *built)
{
	keys_free(built);
	free(built);
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = raft_server_fork,
	.write = write_down,
	.build = build,
	.adopt = adopt,
	.discard = discard,
};

static bool
load_database(void *context, struct raft_server_source *source)
{
	struct service *service = context;
	bool good = store_load(&service->store, source);

	note_time(service);
	return good;
}

static const struct raft_server_machine machine_in_database = {
	.apply = apply,
	.freeze = store_freeze,
	.write = store_write,
	.thaw = store_thaw,
	.load = load_database,
};

/** What makes keys go while nobody writes: an entry that says no more than the time. */
struct herald {
	struct raft_server_part part;
	uv_timer_t timer;
	struct service *service;
	/** One is under way. */
	bool is_waiting;
};

static void
said(void *context, const struct raft_server_answer *end)
{
	struct herald *herald = context;

	(void)end;
	herald->is_waiting = false;
}

static void
look(uv_timer_t *timer)
{
	struct herald *herald = timer->data;
	struct service *service = herald->service;
	uint64_t now_ms = service_now(service);
	struct buffer entry = { 0 };
	struct raft_status status;

	raft_status(raft_server_raft(service->server), &status);
	if (herald->is_waiting || status.role != RAFT_LEADER ||
	    !keys_are_due(&service->keys, now_ms))
		return;
	entry_begin(&entry);
	if (entry.is_short)
		return;
	entry_end(&entry, now_ms, 0);
	herald->is_waiting = true;
	raft_server_propose(service->server,
			    &(struct raft_server_command){
				.data = entry.bytes, .length = entry.length },
			    said, herald);
	buffer_free(&entry);
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct herald *herald = part->context;

	(void)error;
	(void)size;
	uv_timer_init(loop, &herald->timer);
	herald->timer.data = herald;
	return uv_timer_start(&herald->timer, look, DUE_MS, DUE_MS) == 0;
}

static void
timer_gone(uv_handle_t *handle)
{
	struct herald *herald = handle->data;

	raft_server_part_gone(&herald->part);
}

static void
closing(struct raft_server_part *part)
{
	struct herald *herald = part->context;

	if (herald->timer.data != NULL)
		uv_close((uv_handle_t *)&herald->timer, timer_gone);
	else
		raft_server_part_gone(part);
}

/* ------------------------------------------------------------------- the program */

static bool
open_server(struct service *service, const char *folder, bool in_database,
	    char *error, size_t size)
{
	struct raft_server_options options = {
		.answer_bytes_max = ENTRY_REPLY_BYTES,
		/* The answer to a client that is gone is of no use to others. */
		.sessions_max = 1,
		.build = "kv",
		.log = in_database ? &store_log : NULL,
	};

	service->ahead_ms = -clock_ms();
	keys_init(&service->keys);
	service->store.keys = &service->keys;
	service->server = raft_server_open(
	    folder, &options, in_database ? &machine_in_database : &machine,
	    service, error, size);
	note_time(service);
	return service->server != NULL;
}

static const char usage[] =
    "usage: kv make [--sqlite] --help\n"
    "       kv run FOLDER HOST:PORT-FOR-CLIENTS [--sqlite] "
    "[--tls CERTIFICATE KEY [AUTHORITIES]]";

static bool
is_sqlite(int count, char **words)
{
	return count > 0 && strcmp(words[0], "--sqlite") == 0;
}

/** What stands behind --tls; with authorities, clients have to show a certificate, too.
 *  False: something else does. */
static bool
read_tls(int count, char **words, struct raft_tls_files *files)
{
	if (count < 3 || count > 4 || strcmp(words[0], "--tls") != 0)
		return false;
	files->certificate = words[1];
	files->key = words[2];
	files->authorities = count > 3 ? words[3] : NULL;
	return true;
}

int
main(int argc, char **argv)
{
	static struct service service;
	struct herald herald = {
		.part = { .attached = attached,
			  .closing = closing,
			  .context = &herald },
		.service = &service,
	};
	struct raft_tls_files tls = { 0 };
	struct raft_port_options clients = {
		.take = dialogue_take,
		.gone = dialogue_gone,
		.context = &service,
		.own_bytes = dialogue_bytes,
		.input_bytes_max = REQUEST_BYTES_MAX,
		.clients_max = 1000,
	};
	char error[RAFT_SERVER_ERROR_BYTES];
	bool in_database;
	int more;

	if (argc > 1 && strcmp(argv[1], "make") == 0) {
		more = is_sqlite(argc - 2, argv + 2) ? 2 : 1;
		return raft_server_make_with(more == 2 ? &store_log : NULL,
					     argc - more, argv + more);
	}
	in_database = is_sqlite(argc - 4, argv + 4);
	more = in_database ? 5 : 4;
	if (argc < 4 || strcmp(argv[1], "run") != 0 ||
	    (argc > more && !read_tls(argc - more, argv + more, &tls)))
		errx(2, "%s", usage);
	clients.address = argv[3];
	clients.tls = argc > more ? &tls : NULL;
	if (!open_server(&service, argv[2], in_database, error,
			 sizeof(error)) ||
	    !raft_admin_open(service.server, NULL, error, sizeof(error)) ||
	    !raft_metrics_open(service.server, NULL, error, sizeof(error)) ||
	    !raft_port_open(service.server, &clients, error, sizeof(error)) ||
	    !raft_server_part_add(service.server, &herald.part, error,
				  sizeof(error)) ||
	    !raft_server_run(service.server, NULL, error, sizeof(error)))
		errx(1, "%s", error);
	keys_free(&service.keys);
	return 0;
}

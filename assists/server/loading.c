/*
 * Loading snapshots: at a start, and a leader's.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot is the kit's header, the sessions, then what the machine has written:
 *
 *	 0   8  "raft-srv"
 *	 8   4  version: 1
 *	12   4  bytes of the sessions
 *	16      the sessions, then the machine's
 *
 * A thread reads the file, checks all of it, and then puts it into a pipe, from which
 * the machine takes. At a start, and with `load`, which changes the machine, the loop
 * waits for both. What `build` makes is beside the machine, in a thread of libuv's: the
 * loop goes on, with the state as it was, and the machine adopts the other one when it
 * is whole. The core receives no other snapshot before that, so the table's `sound`
 * (assists/snapshot_file) is the reading thread's alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/server/inside.h"

#define MAGIC "raft-srv"
#define VERSION 1
#define HEADER_BYTES 16

/* ------------------------------------------------------ what stands before it */

void *
raft__loading_head(const struct raft_server *server, size_t *length)
{
	size_t sessions = raft_sessions_bytes(server->sessions);
	uint8_t *bytes = malloc(HEADER_BYTES + sessions);

	if (bytes == NULL)
		return NULL;
	memcpy(bytes, MAGIC, 8);
	put32(bytes + 8, VERSION);
	put32(bytes + 12, (uint32_t)sessions);
	if (raft_sessions_encode(server->sessions, bytes + HEADER_BYTES,
				 sessions) != sessions)
		abort(); /* It has said how much it takes. */
	*length = HEADER_BYTES + sessions;
	return bytes;
}

size_t
raft_server_take(struct raft_server_source *source, void *bytes, size_t length)
{
	return source->take(source->from, bytes, length);
}

static enum raft_result
decode_sessions(const struct raft_server *server, const void *bytes,
		size_t length, struct raft_sessions **sessions)
{
	enum raft_result result = raft__apply_sessions(server, sessions);

	if (result == RAFT_OK)
		result = raft_sessions_decode(*sessions, bytes, length);
	return result;
}

/** NULL, or what is wrong with them. */
static const char *
take_sessions(const struct raft_server *server,
	      struct raft_server_source *source,
	      struct raft_sessions **sessions)
{
	static const char of_others[] =
	    "was not written by this version, or with other sessions_max or "
	    "answer_bytes_max than this program has";
	enum raft_result result = RAFT_INVALID;
	uint8_t header[HEADER_BYTES], *bytes;
	size_t length;

	if (raft_server_take(source, header, sizeof(header)) !=
		sizeof(header) ||
	    memcmp(header, MAGIC, 8) != 0 || get32(header + 8) != VERSION)
		return of_others;
	length = get32(header + 12);
	bytes = malloc(length + 1);
	if (bytes == NULL)
		result = RAFT_NO_MEMORY;
	else if (raft_server_take(source, bytes, length) == length)
		result = decode_sessions(server, bytes, length, sessions);
	free(bytes);
	if (result == RAFT_NO_MEMORY)
		return "has sessions that do not fit into memory";
	return result == RAFT_OK ? NULL : of_others;
}

/* ------------------------------------------------------------- all that is in it */

/** What was in a snapshot, until it is adopted. */
struct content {
	struct raft_sessions *sessions;
	/** What the machine has built; NULL: it has loaded it. */
	void *built;
};

static bool
take_machine(struct raft_server *server, struct raft_server_source *source,
	     struct content *content)
{
	const struct raft_server_machine *machine = &server->machine;

	if (machine->build == NULL)
		return machine->load(server->context, source);
	content->built = machine->build(server->context, source);
	return content->built != NULL;
}

/** NULL, or what is wrong with it. */
static const char *
take_all(struct raft_server *server, struct raft_server_source *source,
	 struct content *content)
{
	const char *wrong = take_sessions(server, source, &content->sessions);
	uint8_t more;

	if (wrong != NULL)
		return wrong;
	if (!take_machine(server, source, content))
		return "is not one that this program's machine can load";
	if (raft_server_take(source, &more, 1) != 0)
		return "has more in it than this program's machine has loaded";
	return NULL;
}

static void
discard(const struct raft_server *server, struct content *content)
{
	raft_sessions_destroy(content->sessions);
	if (content->built != NULL)
		server->machine.discard(content->built);
}

static void
adopt(struct raft_server *server, struct content *content)
{
	raft_sessions_destroy(server->sessions);
	server->sessions = content->sessions;
	if (content->built != NULL)
		server->machine.adopt(server->context, content->built);
}

const char *
raft__loading_take(struct raft_server *server,
		   struct raft_server_source *source)
{
	struct content content = { 0 };
	const char *wrong = take_all(server, source, &content);

	if (wrong == NULL)
		adopt(server, &content);
	else
		discard(server, &content);
	return wrong;
}

/* ---------------------------------------------------------------- from the file */

/** A snapshot on its way from the file to the machine. */
struct loading {
	struct raft_server *server;
	struct raft_entry_id snapshot;
	struct pipe pipe;
	struct content content;
	uint64_t begun_at;
	/** The file was read to its end; the machine wanted no more of it. */
	bool is_whole;
	bool is_refused;
	/** All of it was taken. Otherwise `error` says what is wrong. */
	bool is_taken;
	char error[RAFT_SERVER_ERROR_BYTES];
	/** Beside the loop. */
	uv_work_t work;
};

static size_t
take_from_pipe(void *pipe, void *bytes, size_t length)
{
	return raft__pipe_take(pipe, bytes, length);
}

static bool
put(void *context, const void *bytes, size_t length)
{
	struct loading *loading = context;

	loading->is_refused = !raft__pipe_put(&loading->pipe, bytes, length);
	return !loading->is_refused;
}

static void
read_file(void *context)
{
	struct loading *loading = context;

	loading->is_whole = raft_snapshot_file_load(
	    loading->server->folder.snapshots, loading->snapshot, put, loading,
	    loading->error, sizeof(loading->error));
	raft__pipe_end(&loading->pipe);
}

/** Let a thread read what the machine takes. */
static void
run(struct loading *loading)
{
	const struct complaint complaint = { loading->error,
					     sizeof(loading->error) };
	struct raft_server_source source = { take_from_pipe, &loading->pipe };
	const char *wrong;
	uv_thread_t thread;

	if (uv_thread_create(&thread, read_file, loading) != 0) {
		raft__complain(&complaint, "no thread to load a snapshot");
		return;
	}
	wrong = take_all(loading->server, &source, &loading->content);
	raft__pipe_cancel(&loading->pipe);
	uv_thread_join(&thread);
	loading->is_taken =
	    wrong == NULL && (loading->is_whole || loading->is_refused);
	if (wrong != NULL && (loading->is_whole || loading->is_refused))
		raft__complain(&complaint,
			       "the snapshot of entry %" PRIu64 " %s",
			       loading->snapshot.index, wrong);
}

/** NULL: out of memory. */
static struct loading *
begin(struct raft_server *server, struct raft_entry_id snapshot)
{
	struct loading *loading = calloc(1, sizeof(*loading));

	if (loading == NULL || !raft__pipe_open(&loading->pipe)) {
		free(loading);
		return NULL;
	}
	loading->server = server;
	loading->snapshot = snapshot;
	loading->begun_at = raft__server_now();
	return loading;
}

/** Free it. True: the machine is what was in it. */
static bool
end(struct loading *loading, bool is_wanted)
{
	struct raft_server *server = loading->server;
	bool is_adopted = is_wanted && loading->is_taken;

	if (is_adopted) {
		adopt(server, &loading->content);
		server->applied = loading->snapshot;
		raft__snapshots_note(server, loading->snapshot);
		server->log_bytes = 0;
		raft_histogram_add(&server->measures.snapshot_loaded,
				   server->snapshot_at - loading->begun_at);
	} else {
		discard(server, &loading->content);
	}
	raft__pipe_close(&loading->pipe);
	free(loading);
	return is_adopted;
}

/** Whoever calls this waits. */
static bool
load(struct raft_server *server, struct raft_entry_id snapshot,
     const struct complaint *complaint)
{
	struct loading *loading = begin(server, snapshot);

	if (loading == NULL)
		return raft__complain(complaint, "out of memory");
	run(loading);
	if (!loading->is_taken)
		raft__complain(complaint, "%s", loading->error);
	return end(loading, true);
}

/* ------------------------------------------------------------------ at a start */

/** Where the log says of which entry the machine is. */
static struct raft_entry_id
applied_of(const struct raft_stored *stored)
{
	struct raft_entry_id applied = { stored->applied_index,
					 stored->snapshot.term };

	for (size_t i = 0; i < stored->run_count &&
			   stored->runs[i].first_index <= applied.index;
	     i++)
		applied.term = stored->runs[i].term;
	return applied;
}

/** A machine that is on the disk needs a snapshot if it is newer. */
static bool
open_beside_other(struct raft_server *server, struct raft_entry_id chosen,
		  const struct complaint *complaint)
{
	struct folder *folder = &server->folder;

	if (chosen.index > folder->stored.applied_index) {
		if (!load(server, chosen, complaint) ||
		    !raft__folder_ask_other(folder, complaint))
			return false;
	} else if (chosen.index > 0) {
		raft__snapshots_note(server, chosen);
	}
	if (folder->stored.applied_index > 0)
		server->applied = applied_of(&folder->stored);
	return true;
}

bool
raft__loading_open(struct raft_server *server,
		   const struct complaint *complaint)
{
	struct folder *folder = &server->folder;
	struct raft_entry_id chosen;

	server->snapshot_at = raft__server_now();
	if (!raft_snapshot_file_choose(folder->snapshots, &folder->stored,
				       &chosen, complaint->text,
				       complaint->size))
		return false;
	if (folder->other != NULL)
		return open_beside_other(server, chosen, complaint);
	if (chosen.index == 0)
		return true;
	folder->stored.applied_index = chosen.index;
	return load(server, chosen, complaint);
}

/* -------------------------------------------------------------------- a leader's */

static void
refuse(struct raft_server *server, struct raft_entry_id snapshot,
       const char *why)
{
	raft__server_say(server, NEWS_SNAPSHOT_REFUSED, 0, snapshot.index, "%s",
			 why);
	raft_node_snapshot_failed(server->node, snapshot);
}

static void
run_beside(uv_work_t *work)
{
	run(work->data);
}

static void
ran_beside(uv_work_t *work, int status)
{
	struct loading *loading = work->data;
	struct raft_server *server = loading->server;
	struct raft_entry_id snapshot = loading->snapshot;
	bool is_wanted = server->state != SERVER_CLOSING;

	(void)status;
	server->loading = NULL;
	if (is_wanted && !loading->is_taken)
		refuse(server, snapshot, loading->error);
	if (end(loading, is_wanted)) {
		raft__asks_skipped(server, snapshot.index);
		raft_node_applied(server->node, snapshot.index);
	}
	raft__server_let_go(server);
}

static void
begin_beside(struct raft_server *server, struct raft_entry_id snapshot)
{
	struct loading *loading = begin(server, snapshot);

	if (loading == NULL) {
		refuse(server, snapshot, "out of memory");
		return;
	}
	server->loading = loading;
	server->held++;
	loading->work.data = loading;
	if (uv_queue_work(server->loop, &loading->work, run_beside,
			  ran_beside) != 0)
		abort(); /* It knows no failure but of its arguments. */
}

bool
raft__loading_install(void *context, struct raft_entry_id snapshot)
{
	struct raft_server *server = context;
	char error[RAFT_SERVER_ERROR_BYTES];

	/* The next start loads it. */
	if (server->state == SERVER_CLOSING)
		return false;
	if (server->machine.build != NULL) {
		begin_beside(server, snapshot);
		return false;
	}
	if (!load(server, snapshot,
		  &(struct complaint){ error, sizeof(error) })) {
		refuse(server, snapshot, error);
		return false;
	}
	raft__asks_skipped(server, snapshot.index);
	return true;
}

void
raft__loading_close(struct raft_server *server)
{
	if (server->loading != NULL)
		raft__pipe_cancel(&server->loading->pipe);
}

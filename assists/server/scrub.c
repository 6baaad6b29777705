/*
 * Scrubbing (scrub.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pass reads the log, and then one snapshot after the other. The log is read by its own
 * thread, a snapshot by one of libuv's; the loop only says how much, once a tick, as far
 * as the rate allows. A pass of a small server is over at once, and would come again at
 * once: so the next one begins when as much as PASS_BYTES_MIN could have been read.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "assists/server/inside.h"

/** Nothing is read for less, and no more at a time. */
#define PIECE_BYTES_MIN ((uint64_t)64 << 10)
#define PIECE_BYTES_MAX ((uint64_t)1 << 20)
#define PASS_BYTES_MIN ((uint64_t)16 << 20)

/* -------------------------------------------------------------------- the rate */

/* What was not used in time is lost, or much would be read at once. */
static void
accrue(struct scrub *scrub, uint64_t rate, uint64_t now)
{
	uint64_t passed = now - scrub->at;
	uint64_t more;

	if (passed > 1000000)
		passed = 1000000;
	/* Of a slow one a tick may be less than a byte. */
	more = rate / 1000000 * passed + rate % 1000000 * passed / 1000000;
	if (more == 0)
		return;
	scrub->at = now;
	scrub->allowance += more;
	if (scrub->allowance > PIECE_BYTES_MAX)
		scrub->allowance = PIECE_BYTES_MAX;
}

static void
spend(struct scrub *scrub, uint64_t bytes)
{
	scrub->allowance -= bytes < scrub->allowance ? bytes : scrub->allowance;
}

/* ---------------------------------------------------------------------- passes */

static void
end_pass(struct scrub *scrub, uint64_t now)
{
	scrub->passes++;
	scrub->ended = now;
	scrub->stage = SCRUB_RESTS;
}

static void
add_size(struct raft_snapshot_file *snapshots, struct raft_entry_id id,
	 void *context)
{
	uint64_t *total = context;

	*total += raft_snapshot_file_size(snapshots, id);
}

static void
begin_pass(struct raft_server *server, uint64_t now)
{
	struct scrub *scrub = &server->scrub;
	struct raft_log_file_scrubbed log = { 0 };
	struct raft_log_file_size size;

	if (server->folder.log != NULL)
		raft_log_file_scrubbed(server->folder.log, &log);
	scrub->log_passes = log.passes;
	scrub->log_bytes = log.bytes;
	scrub->log_began = log.bytes;
	scrub->began = now;
	scrub->pass_bytes = 0;
	scrub->pass_total = 0;
	if (server->folder.log != NULL) {
		raft_log_file_size(server->folder.log, &size);
		scrub->pass_total = size.bytes;
	}
	(void)raft_snapshot_file_each(server->folder.snapshots, add_size,
				      &scrub->pass_total);
	scrub->snapshot.index = 0;
	scrub->stage = server->folder.log != NULL ? SCRUB_LOG : SCRUB_SNAPSHOTS;
}

static void
rest(struct raft_server *server, uint64_t now)
{
	uint64_t rate = server->options.scrub_bytes;

	if (now - server->scrub.began >=
	    PASS_BYTES_MIN / rate * 1000000 +
		PASS_BYTES_MIN % rate * 1000000 / rate)
		begin_pass(server, now);
}

/* --------------------------------------------------------------------- the log */

static void
read_log(struct raft_server *server)
{
	struct scrub *scrub = &server->scrub;
	struct raft_log_file_scrubbed log;

	raft_log_file_scrubbed(server->folder.log, &log);
	spend(scrub, log.bytes - scrub->log_bytes);
	scrub->log_bytes = log.bytes;
	if (log.passes != scrub->log_passes)
		scrub->stage = SCRUB_SNAPSHOTS;
	else if (scrub->allowance >= PIECE_BYTES_MIN)
		(void)raft_log_file_scrub(server->folder.log,
					  (size_t)scrub->allowance);
}

/* A snapshot is taken, and the next one, since that is the way for the damaged part to be
 * needed no more. */
static void
log_is_damaged(void *context, const struct raft_log_file_damage *damage)
{
	struct raft_server *server = context;

	server->scrub.damages++;
	raft__server_say(
	    server, NEWS_DAMAGE_FOUND, 0, 0,
	    "%s/log/%s: %" PRIu64 " bytes from %" PRIu64 " on are not as they "
	    "were written%s%s. Entries that were there are fetched from other "
	    "servers; a start may refuse the rest. Look at the disk, and if it "
	    "is not to be trusted remove this server and let it join anew "
	    "while the others are whole",
	    server->folder.path, damage->file, damage->length, damage->offset,
	    damage->error != 0 ? ": " : "",
	    damage->error != 0 ? strerror(damage->error) : "");
	raft_server_snapshot(server);
}

/* --------------------------------------------------------------- the snapshots */

/** The search for the next one. */
struct search {
	struct raft_entry_id behind;
	struct raft_entry_id found;
};

static bool
is_before(struct raft_entry_id a, struct raft_entry_id b)
{
	return a.index < b.index || (a.index == b.index && a.term < b.term);
}

static void
consider(struct raft_snapshot_file *snapshots, struct raft_entry_id id,
	 void *context)
{
	struct search *search = context;

	(void)snapshots;
	if (is_before(search->behind, id) &&
	    (search->found.index == 0 || is_before(id, search->found)))
		search->found = id;
}

static void
read_in_thread(uv_work_t *work)
{
	struct raft_server *server = work->data;
	struct scrub *scrub = &server->scrub;

	scrub->verdict =
	    raft_snapshot_check_read(scrub->check, scrub->bytes_max);
}

static void
end_check(struct scrub *scrub)
{
	raft_snapshot_check_close(scrub->check);
	scrub->check = NULL;
}

static void
snapshot_is_damaged(struct raft_server *server, struct raft_entry_id snapshot)
{
	bool is_newest = snapshot.index == server->snapshot.index;

	/* It was deleted meanwhile. */
	if (raft_snapshot_file_size(server->folder.snapshots, snapshot) == 0)
		return;
	server->scrub.damages++;
	raft__server_say(server, NEWS_DAMAGE_FOUND, 0, snapshot.index,
			 "%s/snapshots: the snapshot of entry %" PRIu64
			 " is not as it was written, and is named `damaged` "
			 "now. %s Look at the disk",
			 server->folder.path, snapshot.index,
			 is_newest ? "Another one is taken in its place."
				   : "There is a newer one.");
	raft_snapshot_file_condemn(server->folder.snapshots, snapshot);
}

static void
was_read(uv_work_t *work, int status)
{
	struct raft_server *server = work->data;
	struct scrub *scrub = &server->scrub;
	uint64_t bytes = raft_snapshot_check_bytes(scrub->check);

	scrub->is_reading = false;
	scrub->bytes += bytes - scrub->check_bytes;
	scrub->pass_bytes += bytes - scrub->check_bytes;
	scrub->check_bytes = bytes;
	if (status != 0 || scrub->verdict != RAFT_NODE_UNDECIDED ||
	    server->state == SERVER_CLOSING)
		end_check(scrub);
	if (status == 0 && scrub->verdict == RAFT_NODE_DAMAGED &&
	    server->state == SERVER_RUNNING && server->stopped[0] == '\0')
		snapshot_is_damaged(server, scrub->snapshot);
	raft__server_let_go(server);
}

/* False: there are no more. */
static bool
find_snapshot(struct raft_server *server)
{
	struct scrub *scrub = &server->scrub;
	struct search search = { .behind = scrub->snapshot };

	if (!raft_snapshot_file_each(server->folder.snapshots, consider,
				     &search) ||
	    search.found.index == 0 ||
	    search.found.index > server->applied.index)
		return false;
	scrub->snapshot = search.found;
	scrub->check_bytes = 0;
	scrub->check = raft_snapshot_file_check(server->folder.snapshots,
						search.found);
	return true;
}

static void
read_snapshot(struct raft_server *server, uint64_t now)
{
	struct scrub *scrub = &server->scrub;

	if (scrub->is_reading)
		return;
	if (scrub->check == NULL && !find_snapshot(server)) {
		end_pass(scrub, now);
		return;
	}
	/* One that cannot be opened was deleted, or may be the next time. */
	if (scrub->check == NULL)
		return;
	scrub->bytes_max = (size_t)scrub->allowance;
	if (uv_queue_work(server->loop, &scrub->work, read_in_thread,
			  was_read) != 0)
		return;
	spend(scrub, scrub->bytes_max);
	scrub->is_reading = true;
	server->held++;
}

/* -------------------------------------------------------------------- its life */

void
raft__scrub_tick(struct raft_server *server, uint64_t now)
{
	struct scrub *scrub = &server->scrub;

	if (server->options.scrub_bytes == RAFT_SERVER_NO_SCRUB ||
	    server->state != SERVER_RUNNING || server->stopped[0] != '\0')
		return;
	accrue(scrub, server->options.scrub_bytes, now);
	if (scrub->stage == SCRUB_RESTS)
		rest(server, now);
	else if (scrub->allowance < PIECE_BYTES_MIN)
		return;
	else if (scrub->stage == SCRUB_LOG)
		read_log(server);
	else
		read_snapshot(server, now);
}

void
raft__scrub_attach(struct raft_server *server)
{
	server->scrub.work.data = server;
	server->scrub.at = raft__server_now();
	if (server->folder.log != NULL)
		raft_log_file_bind_damaged(server->folder.log, server,
					   log_is_damaged);
	begin_pass(server, server->scrub.at);
}

void
raft__scrub_status(const struct raft_server *server, uint64_t now,
		   struct raft_server_scrub *status)
{
	const struct scrub *scrub = &server->scrub;
	struct raft_log_file_scrubbed log = { 0 };

	if (server->folder.log != NULL)
		raft_log_file_scrubbed(server->folder.log, &log);
	*status = (struct raft_server_scrub){
		.rate = server->options.scrub_bytes != RAFT_SERVER_NO_SCRUB
			    ? server->options.scrub_bytes
			    : 0,
		.passes = scrub->passes,
		.bytes = log.bytes + scrub->bytes,
		.damages = scrub->damages,
	};
	if (scrub->stage != SCRUB_RESTS && status->rate != 0) {
		status->pass_bytes =
		    log.bytes - scrub->log_began + scrub->pass_bytes;
		status->pass_total = scrub->pass_total;
	}
	if (scrub->passes > 0)
		status->ended_us = now > scrub->ended ? now - scrub->ended : 0;
}

/* What a thread reads is ended when it is done. */
void
raft__scrub_close(struct raft_server *server)
{
	if (!server->scrub.is_reading)
		end_check(&server->scrub);
}

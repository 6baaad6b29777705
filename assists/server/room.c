/*
 * Room on the disk (room.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is short of it has no other way to make some than to compact its log, for which a
 * snapshot must be written, and then what remains of the log: room for both is kept
 * (docs/decisions/0049-room-on-the-disk.md).
 */
#include <inttypes.h>
#include <sys/statvfs.h>

#include "assists/server/inside.h"

/** The file system is asked so often; it answers from memory. */
#define LOOK_US 1000000
/** Where nobody has room, leadership goes round no more often than that, and ever less
 *  often: whoever leads is to have time for what makes room, a server that joins say. */
#define REIGN_US 5000000
#define REIGN_US_MAX 600000000
/** For room_bytes: whatever is free is enough. */
#define ANY_ROOM 1

static uint64_t
bytes_to_keep(const struct raft_server *server)
{
	const struct raft_server_options *options = &server->options;
	uint64_t snapshot = server->measures.snapshot_bytes;

	if (options->room_bytes != 0)
		return options->room_bytes;
	/* It is copied on its way to the file. */
	if (server->folder.other != NULL)
		snapshot *= 3;
	/* What is being written already takes what is kept for it. */
	if (server->taking.is_running)
		snapshot = 0;
	return options->snapshot_log_bytes + snapshot;
}

/** False: nobody can tell. */
static bool
free_bytes(const struct raft_server *server, uint64_t *bytes)
{
	struct statvfs status;

	/* Some that have no such numbers say so by zeros. */
	if (statvfs(server->folder.path, &status) != 0 || status.f_blocks == 0)
		return false;
	*bytes = (uint64_t)status.f_bavail * status.f_frsize;
	return true;
}

static void
become_short(struct raft_server *server, uint64_t is_free, uint64_t kept)
{
	server->room.is_short = true;
	server->room.reign_us = REIGN_US;
	raft__server_say(server, NEWS_ROOM_SHORT, 0, 0,
			 "%s: %" PRIu64 " KiB are free, and %" PRIu64 " are to "
			 "be kept for a snapshot and a compaction: as a leader "
			 "this server takes no new commands until there is "
			 "room. Delete something else, or give it a larger "
			 "disk",
			 server->folder.path, is_free >> 10, kept >> 10);
	/* A log of one's own may need more for that than it gives back. */
	if (server->folder.other == NULL)
		raft_server_snapshot(server);
}

static bool
is_only_voter(const struct raft_server *server)
{
	struct raft_member_status member;
	size_t voters = 0;

	for (size_t i = 0; raft_member_status(server->raft, i, &member); i++)
		voters += member.role == RAFT_MEMBER_VOTER;
	return voters < 2;
}

/* Somebody else may have room. */
static void
hand_over(struct raft_server *server, uint64_t now)
{
	struct room *room = &server->room;

	if (now < room->leads_until || is_only_voter(server) ||
	    raft_step_down(server->raft, now) != RAFT_OK)
		return;
	room->leads_until = now + room->reign_us;
	if (room->reign_us < REIGN_US_MAX)
		room->reign_us *= 2;
}

void
raft__room_tick(struct raft_server *server, uint64_t now)
{
	struct room *room = &server->room;
	uint64_t kept = bytes_to_keep(server), is_free;

	if (now < room->look_at || server->state != SERVER_RUNNING ||
	    server->stopped[0] != '\0')
		return;
	room->look_at = now + LOOK_US;
	if (kept == ANY_ROOM || !free_bytes(server, &is_free))
		return;
	if (!room->is_short && is_free < kept) {
		become_short(server, is_free, kept);
	} else if (room->is_short && is_free >= kept + kept / 4) {
		room->is_short = false;
		raft__server_say(server, NEWS_ROOM_AGAIN, 0, 0,
				 "%s: %" PRIu64 " KiB are free: new commands "
				 "are taken again",
				 server->folder.path, is_free >> 10);
	}
	if (room->is_short)
		hand_over(server, now);
}

bool
raft__room_refuses(const struct raft_server *server,
		   const struct raft_status *status)
{
	/* Whoever takes over may have room. */
	return server->room.is_short && status->role == RAFT_LEADER &&
	       status->transfer_target == 0;
}

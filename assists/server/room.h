/*
 * Room on the disk: before there is none, a server takes no new commands.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_ROOM_H
#define OUTRIGGER_SERVER_ROOM_H

#include <stdbool.h>
#include <stdint.h>

struct raft_server;
struct raft_status;

/** What is known of the disk that the log is on. All-zero: nothing. */
struct room {
	/** Less is free than is to be kept; until a quarter more is than that. */
	bool is_short;
	/** When it is looked at again. */
	uint64_t look_at;
	/** Being short, it does not hand over again before; and how long it leads
	 *  when it has done so again. */
	uint64_t leads_until;
	uint64_t reign_us;
};

/** Once a tick: look at it, once a second; say when it becomes short, and when it is no
 *  more. One that leads then hands over, and a snapshot is taken, so that the log can
 *  be compacted in what is left. */
void raft__room_tick(struct raft_server *server, uint64_t now);

/** As a leader it takes no command now: there would be no room for it. */
bool raft__room_refuses(const struct raft_server *server,
			const struct raft_status *status);

#endif

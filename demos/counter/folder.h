/*
 * A server's folder: the file `server`, which says whose it is and where its
 * cluster was when it was made, `log`, and `snapshots`, which stand for what the
 * log has dropped. It is made once and then belongs to one machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_FOLDER_H
#define OUTRIGGER_COUNTER_FOLDER_H

#include <limits.h>
#include <stdint.h>
#include <uv.h>

#include "assists/log_file/log_file.h"
#include "assists/transport_tcp/transport_tcp.h"
#include "demos/counter/roster.h"
#include "demos/counter/servers.h"

struct folder {
	/** Whose it is. */
	struct raft_owner owner;
	struct raft_log_file *log;
	/** Where its snapshots are. */
	char snapshots[PATH_MAX];
	/** What the log held: only until it changes. */
	struct raft_stored stored;
	/** The servers of its last two configurations, oldest first, since the
	 *  newest may yet be taken back. Without one: those of which the folder
	 *  was told when it was made. */
	struct servers servers[2];
	size_t servers_count;
	/** This one, as the newest of them that names it has it. */
	struct server self;
};

/* These end the process with a message and status 1 if they fail. */

/** Make the folders base/ID of a new cluster, each with a log that begins with
 *  the same first configuration. */
void folders_make(const char *base, struct servers *servers,
		  uint64_t election_timeout_us);

/** Make the folder base/ID of one more server of a cluster that runs, with an
 *  empty log; its incarnation is drawn and noted in *server. */
void folder_make_joining(const char *base, const struct roster *roster,
			 struct server *server);

void folder_open(const char *path, struct folder *folder);

/** Listen for the other servers. *options says whom to tell; the rest of it is
 *  filled in. */
struct raft_tcp *folder_listen(const struct folder *folder, uv_loop_t *loop,
			       struct raft_tcp_options *options);

#endif

/*
 * A server's folder: the file server.conf, `log`, and `snapshots`, which stand for
 * what the log has dropped. It is made once and then belongs to one machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_FOLDER_H
#define OUTRIGGER_SERVER_FOLDER_H

#include "assists/log_file/log_file.h"
#include "assists/server/conf.h"
#include "assists/server/server.h"
#include "assists/snapshot_file/snapshot_file.h"

struct folder {
	/** As it was given. */
	char path[PATH_MAX];
	struct conf conf;
	struct raft_owner owner;
	/** NULL with a log that is not the kit's. */
	struct raft_log_file *log;
	/** NULL: it is the kit's. */
	const struct raft_server_log *other;
	void *other_log;
	struct raft_snapshot_file *snapshots;
	/** What the log held: only until it changes. */
	struct raft_stored stored;
};

/** What is to take the place of its parts, in it: whole, and moved one by one. Until
 *  that is done the folder is of neither life, and is not opened. */
#define FOLDER_ANEW "anew"

/** Whether there is something of this name in it. False: that cannot be told, and must
 *  not pass for "no": complained. */
bool raft__folder_has(const char *folder, const char *name, bool *has,
		      const struct complaint *complaint);

/** Open it, alone. False: complained, and nothing is open. */
bool raft__folder_open(const char *path, struct folder *folder,
		       const struct complaint *complaint);

/** The steps of looking at it, for who goes on when one is refused: nothing on the
 *  disk is changed. */
bool raft__folder_read_conf(const char *path, struct folder *folder,
			    const struct complaint *complaint);
bool raft__folder_look_at_log(const char *path, struct folder *folder,
			      const struct complaint *complaint);
bool raft__folder_look_at_snapshots(const char *path, struct folder *folder,
				    const struct complaint *complaint);

/** The same with a log that is not the kit's, for that machine. */
bool raft__folder_open_with(const struct raft_server_log *log, void *machine,
			    const char *path, struct folder *folder,
			    const struct complaint *complaint);
/** What that log holds. False: complained. */
bool raft__folder_ask_other(struct folder *folder,
			    const struct complaint *complaint);

void raft__folder_close(struct folder *folder);

#endif

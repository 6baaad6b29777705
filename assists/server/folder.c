/*
 * Opening the folder of a server (folder.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "assists/server/folder.h"

static bool
is_there(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", folder, name) <
		   (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

/** What a folder lacks is said with the way out: what is gone for good can only be
 *  told by whoever knows what happened to the disk. */
static bool
check_parts(const char *path, const struct complaint *complaint)
{
	if (is_there(path, FOLDER_ANEW))
		return raft__complain(
		    complaint,
		    "%s: what outrigger-log has made of it is not in its place "
		    "yet: say to it again what was said last, and it goes on",
		    path);
	if (!is_there(path, "server.conf") && is_there(path, "log"))
		return raft__complain(
		    complaint,
		    "%s: there is a log, and no server.conf: it is gone, bring "
		    "it back; or the making of this server was cut short, and "
		    "it has never run: delete the folder, and make it again",
		    path);
	if (!is_there(path, "server.conf"))
		return raft__complain(
		    complaint,
		    "%s: there is no server here. A new one is made by "
		    "raft_server_create(). One whose disk was lost must not "
		    "come back as it was, for its promises are lost too: "
		    "remove "
		    "it from its cluster, then make it anew, to join",
		    path);
	if (!is_there(path, "log"))
		return raft__complain(
		    complaint,
		    "%s: the log is gone, and with it what this server has "
		    "promised: bring the folder back as it was last, or remove "
		    "the server from its cluster, delete the folder, and make "
		    "it anew, to join",
		    path);
	return true;
}

static bool
open_log(const char *path, struct folder *folder, bool looks_only,
	 const struct complaint *complaint)
{
	struct raft_log_file_options options = {
		.owner = folder->owner,
		.looks_only = looks_only,
	};
	char log[PATH_MAX];

	snprintf(log, sizeof(log), "%s/log", path);
	options.path = log;
	folder->log =
	    raft_log_file_open(&options, complaint->text, complaint->size);
	if (folder->log == NULL)
		return false;
	return raft_log_file_stored(folder->log, &folder->stored) ||
	       raft__complain(complaint, "%s: the log cannot be read", path);
}

static bool
open_snapshots(const char *path, struct folder *folder, bool looks_only,
	       const struct complaint *complaint)
{
	char snapshots[PATH_MAX];

	snprintf(snapshots, sizeof(snapshots), "%s/snapshots", path);
	folder->snapshots =
	    looks_only
		? raft_snapshot_file_look(snapshots, &folder->owner,
					  complaint->text, complaint->size)
		: raft_snapshot_file_open(snapshots, &folder->owner,
					  complaint->text, complaint->size);
	return folder->snapshots != NULL;
}

bool
raft__folder_read_conf(const char *path, struct folder *folder,
		       const struct complaint *complaint)
{
	char conf[PATH_MAX];

	*folder = (struct folder){ 0 };
	strlcpy(folder->path, path, sizeof(folder->path));
	if (snprintf(conf, sizeof(conf), "%s/server.conf", path) >=
	    (int)sizeof(conf) - 16)
		return raft__complain(complaint, "%s: too long a path", path);
	if (!check_parts(path, complaint) ||
	    !raft__conf_read(conf, &folder->conf, complaint))
		return false;
	folder->owner = raft__conf_owner(&folder->conf);
	return true;
}

bool
raft__folder_look_at_log(const char *path, struct folder *folder,
			 const struct complaint *complaint)
{
	return open_log(path, folder, true, complaint);
}

bool
raft__folder_look_at_snapshots(const char *path, struct folder *folder,
			       const struct complaint *complaint)
{
	return open_snapshots(path, folder, true, complaint);
}

static bool
open_folder(const char *path, struct folder *folder, bool looks_only,
	    const struct complaint *complaint)
{
	if (!raft__folder_read_conf(path, folder, complaint))
		return false;
	if (open_log(path, folder, looks_only, complaint) &&
	    open_snapshots(path, folder, looks_only, complaint))
		return true;
	raft__folder_close(folder);
	return false;
}

bool
raft__folder_open(const char *path, struct folder *folder,
		  const struct complaint *complaint)
{
	return open_folder(path, folder, false, complaint);
}

bool
raft__folder_look(const char *path, struct folder *folder,
		  const struct complaint *complaint)
{
	return open_folder(path, folder, true, complaint);
}

void
raft__folder_close(struct folder *folder)
{
	raft_snapshot_file_close(folder->snapshots);
	raft_log_file_close(folder->log);
	folder->snapshots = NULL;
	folder->log = NULL;
}

/*
 * Opening the folder of a server (folder.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assists/disk/disk.h"
#include "assists/server/folder.h"

bool
raft__folder_has(const char *folder, const char *name, bool *has,
		 const struct complaint *complaint)
{
	char path[PATH_MAX];

	*has = false;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return true;
	return raft__disk_has(AT_FDCWD, path, 0, has) ||
	       raft__complain(complaint, "%s: %s", path, strerror(errno));
}

/** What a folder lacks is said with the way out: what is gone for good can only be
 *  told by whoever knows what happened to the disk. */
static bool
check_parts(const char *path, const struct complaint *complaint)
{
	bool has_anew, has_conf, has_log;

	if (!raft__folder_has(path, FOLDER_ANEW, &has_anew, complaint) ||
	    !raft__folder_has(path, "server.conf", &has_conf, complaint) ||
	    !raft__folder_has(path, "log", &has_log, complaint))
		return false;
	if (has_anew)
		return raft__complain(
		    complaint,
		    "%s: what outrigger-log has made of it is not in its place "
		    "yet: say to it again what was said last, and it goes on",
		    path);
	if (!has_conf && has_log)
		return raft__complain(
		    complaint,
		    "%s: there is a log, and no server.conf: it is gone, bring "
		    "it back; or the making of this server was cut short, and "
		    "it has never run: delete the folder, and make it again",
		    path);
	if (!has_conf)
		return raft__complain(
		    complaint,
		    "%s: there is no server here. A new one is made by "
		    "raft_server_create(). One whose disk was lost must not "
		    "come back as it was, for its promises are lost too: "
		    "remove "
		    "it from its cluster, then make it anew, to join",
		    path);
	if (!has_log)
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
	       raft__complain(complaint, "%s: the log cannot be read: %s", path,
			      strerror(errno));
}

bool
raft__folder_ask_other(struct folder *folder, const struct complaint *complaint)
{
	struct raft_entry_id needed;

	return folder->other->stored(folder->other_log, &folder->stored,
				     &needed) ||
	       raft__complain(complaint, "%s: the log cannot be read",
			      folder->path);
}

static bool
open_other_log(const struct raft_server_log *other, void *machine,
	       const char *path, struct folder *folder,
	       const struct complaint *complaint)
{
	char log[PATH_MAX];

	snprintf(log, sizeof(log), "%s/log", path);
	folder->other = other;
	folder->other_log = other->open(machine, log, &folder->owner,
					complaint->text, complaint->size);
	return folder->other_log != NULL &&
	       raft__folder_ask_other(folder, complaint);
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

bool
raft__folder_open(const char *path, struct folder *folder,
		  const struct complaint *complaint)
{
	if (!raft__folder_read_conf(path, folder, complaint))
		return false;
	if (open_log(path, folder, false, complaint) &&
	    open_snapshots(path, folder, false, complaint))
		return true;
	raft__folder_close(folder);
	return false;
}

bool
raft__folder_open_with(const struct raft_server_log *log, void *machine,
		       const char *path, struct folder *folder,
		       const struct complaint *complaint)
{
	if (!raft__folder_read_conf(path, folder, complaint))
		return false;
	if (open_other_log(log, machine, path, folder, complaint) &&
	    open_snapshots(path, folder, false, complaint))
		return true;
	raft__folder_close(folder);
	return false;
}

void
raft__folder_close(struct folder *folder)
{
	raft_snapshot_file_close(folder->snapshots);
	raft_log_file_close(folder->log);
	if (folder->other_log != NULL)
		folder->other->close(folder->other_log);
	folder->snapshots = NULL;
	folder->log = NULL;
	folder->other_log = NULL;
}

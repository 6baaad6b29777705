/*
 * The folder of a new cluster, from a backup.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/rescue/inside.h"

/** What is being made. */
struct importing {
	/** Open. */
	int fd;
	struct raft_rescue_backup backup;
	struct raft_server_create create;
	char cluster[CONF_CLUSTER_BYTES];
	const struct complaint *complaint;
};

static bool
read_backup(void *context, uint64_t offset, void *bytes, size_t length)
{
	const struct importing *importing = context;

	return raft__disk_read(importing->fd, bytes, length,
			       BACKUP_AT + offset);
}

static bool
check_words(const struct importing *importing)
{
	const struct raft_server_create *create = &importing->create;

	if (create->first != NULL || create->join != NULL)
		return raft__complain(importing->complaint,
				      "a backup makes a cluster of one server: "
				      "the others join it");
	/* The rest is raft_server_create()'s to judge. */
	return true;
}

/** Under the name of the cluster that the backup is of, another life of it. */
static void
name_cluster(struct importing *importing)
{
	char theirs[RAFT_SERVER_CLUSTER_MAX + 1];
	char ours[RAFT_SERVER_CLUSTER_MAX + 1];
	const char *name = importing->create.cluster;

	if (name == NULL)
		return;
	raft__conf_plain_name(importing->backup.cluster, theirs);
	raft__conf_plain_name(name, ours);
	if (strcmp(theirs, ours) == 0)
		raft__conf_another_life(name, importing->cluster);
	else
		strlcpy(importing->cluster, name, sizeof(importing->cluster));
	importing->create.cluster = importing->cluster;
}

static bool
make(struct importing *importing, struct stage *stage)
{
	const struct complaint *complaint = importing->complaint;
	struct raft_entry_id snapshot = importing->backup.snapshot;
	struct origin origin = {
		.id = snapshot,
		.bytes = importing->backup.bytes,
		.read = read_backup,
		.context = importing,
	};

	return raft__stage_clear(stage) &&
	       raft_server_create(stage->part, &importing->create,
				  complaint->text, complaint->size) &&
	       raft__transfer_snapshot(stage->part, &origin, complaint) &&
	       raft__transfer_entries(stage->part, snapshot, snapshot.term,
				      NULL, 0, complaint) &&
	       raft__transfer_end(stage->part, complaint);
}

static bool
check_nothing_there(const char *folder, const struct complaint *complaint)
{
	static const char *const parts[] = { "server.conf", "log",
					     "snapshots" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", folder, parts[i]) <
			(int)sizeof(path) &&
		    access(path, F_OK) == 0)
			return raft__complain(complaint,
					      "%s: a server was made here "
					      "already: name another folder",
					      folder);
	return true;
}

static bool
import_into(const char *folder, struct importing *importing)
{
	const struct complaint *complaint = importing->complaint;
	struct stage stage;
	bool done;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return raft__complain(complaint, "%s: %s", folder,
				      strerror(errno));
	if (!raft__stage_open(&stage, folder, complaint))
		return false;
	if (raft__stage_is_left(&stage))
		done = raft__stage_move(&stage);
	else
		done = check_nothing_there(folder, complaint) &&
		       raft__stage_end(&stage, make(importing, &stage));
	raft__stage_close(&stage);
	return done;
}

bool
raft_rescue_import(const char *file, const char *folder,
		   const struct raft_server_create *create,
		   char cluster[RAFT_RESCUE_CLUSTER_BYTES], char *error,
		   size_t size)
{
	struct complaint complaint = { error, size };
	struct importing importing = {
		.create = *create,
		.complaint = &complaint,
	};
	struct folder made;
	bool done;

	if (!check_words(&importing) ||
	    !raft_rescue_check(file, &importing.backup, error, size))
		return false;
	importing.fd = raft__backup_open(file, &importing.backup, &complaint);
	if (importing.fd < 0)
		return false;
	name_cluster(&importing);
	done = import_into(folder, &importing);
	close(importing.fd);
	/* One that an earlier call has made has the name that it drew. */
	if (!done || cluster == NULL)
		return done;
	done = raft__folder_read_conf(folder, &made, &complaint);
	strlcpy(cluster, made.conf.cluster, RAFT_RESCUE_CLUSTER_BYTES);
	return done;
}

/*
 * The folder of a new cluster, from a backup.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <string.h>
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

/** Whatever its name, a life of its own: another may have been made with it. */
static void
name_cluster(struct importing *importing)
{
	const char *name = importing->create.cluster;

	/* What is no name is raft_server_create()'s to refuse. */
	if (name == NULL || !raft__conf_is_name(name))
		return;
	raft__conf_another_life(name, importing->cluster);
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
				      NULL, snapshot.index, complaint) &&
	       raft__transfer_end(stage->part, complaint);
}

static bool
check_nothing_there(const char *folder, const struct complaint *complaint)
{
	static const char *const parts[] = { "server.conf", "log",
					     "snapshots" };
	bool has;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!raft__folder_has(folder, parts[i], &has, complaint))
			return false;
		if (has)
			return raft__complain(complaint,
					      "%s: a server was made here "
					      "already: name another folder",
					      folder);
	}
	return true;
}

/** With what an earlier call has made, if that is what is asked. */
static bool
go_on(const struct importing *importing, const struct stage *stage)
{
	char theirs[RAFT_SERVER_CLUSTER_MAX + 1];
	char ours[RAFT_SERVER_CLUSTER_MAX + 1];
	struct left left;

	if (!raft__stage_read_left(stage, &left))
		return false;
	raft__conf_plain_name(left.conf.cluster, theirs);
	raft__conf_plain_name(importing->cluster, ours);
	if (left.is_recovered || left.conf.id != importing->create.id ||
	    strcmp(theirs, ours) != 0 ||
	    left.snapshot.index != importing->backup.snapshot.index ||
	    left.snapshot.term != importing->backup.snapshot.term)
		return raft__stage_refuse(stage, &left);
	return raft__stage_move(stage);
}

static bool
import_into(const char *folder, struct importing *importing)
{
	struct stage stage;
	bool done, is_left;

	if (!raft__stage_make(&stage, folder, importing->complaint))
		return false;
	if (!raft__stage_is_left(&stage, &is_left))
		done = false;
	else if (is_left)
		done = go_on(importing, &stage);
	else
		done = check_nothing_there(folder, importing->complaint) &&
		       raft__stage_check(&stage) &&
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

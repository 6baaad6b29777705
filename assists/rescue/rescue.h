/*
 * raft_rescue: what can be done with the folder of a server that does not run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The folder is that of assists/server. It can be looked at, and nothing on the disk
 * is changed by that; a backup can be made of its newest snapshot, and a new cluster
 * of a backup; and when a majority of a cluster is lost for good, the most advanced
 * of those that are left can go on alone. The program outrigger-log does so for
 * a person; docs/rescue.md says when to do which.
 *
 * All take the folder for themselves, but for raft_rescue_export(): a server that
 * runs is refused. Of a function that returns false, `error` (of `size` bytes) says
 * why, and what to do.
 */
#ifndef OUTRIGGER_RESCUE_H
#define OUTRIGGER_RESCUE_H

#include <stdio.h>

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Room for the name of a cluster, with its life, and the NUL. */
#define RAFT_RESCUE_CLUSTER_BYTES 80

/* --------------------------------------------------------------- looking */

/** Write down whose folder it is, what its server has promised, what its log and its
 *  snapshots hold, and what a start would load and apply. False: it cannot be read,
 *  or is damaged; as much as can be said was written. */
RAFT_API RAFT_MUST_USE bool
raft_rescue_show(const char *folder, FILE *out, char *error, size_t size);

/** Read every byte of the log and of the snapshots, and write down what is wrong, and
 *  what a start would make of it. False: something is damaged, or a start would be
 *  refused. */
RAFT_API RAFT_MUST_USE bool
raft_rescue_verify(const char *folder, FILE *out, char *error, size_t size);

/** Which entries are wanted, and how. */
struct raft_rescue_range {
	/** The first and the last; 0: as far as the log goes. */
	uint64_t first, last;
	/** The bytes as hexadecimal digits, and not as text. */
	bool hex;
};

/** Write down the entries of the log, one a line: index, term, kind, session,
 *  sequence, bytes, and these. False: it cannot be read. */
RAFT_API RAFT_MUST_USE bool
raft_rescue_dump(const char *folder, const struct raft_rescue_range *range,
		 FILE *out, char *error, size_t size);

/* --------------------------------------------------------------- backups */

/** What a backup says of itself. */
struct raft_rescue_backup {
	/** The last entry whose effect is in it. */
	struct raft_entry_id snapshot;
	/** Of the snapshot, in bytes. */
	uint64_t bytes;
	/** The server that it was taken from. */
	struct raft_identity server;
	/** Its cluster, with its life if it has one. */
	char cluster[RAFT_RESCUE_CLUSTER_BYTES];
	/** When it was made: seconds since 1970. */
	uint64_t made_at;
	/** When that server wrote the snapshot, likewise: the state is of then, or
	 *  older, if the snapshot had come from another server or from a backup. 0:
	 *  not known, an earlier version has made it. */
	uint64_t state_at;
};

/** Read a backup as a whole; false: it is not as it was written. */
RAFT_API RAFT_MUST_USE bool raft_rescue_check(const char *file,
					      struct raft_rescue_backup *backup,
					      char *error, size_t size);

/** Make a backup of the newest snapshot that is sound: a file that is there when it is
 *  whole and durable. Of a server that runs, too. `backup` is filled in. False: there
 *  is none, it cannot be written, or the file is there already. */
RAFT_API RAFT_MUST_USE bool
raft_rescue_export(const char *folder, const char *file,
		   struct raft_rescue_backup *backup, char *error, size_t size);

/**
 * Make the folder of a server that is a new cluster by itself and begins with the
 * state of a backup, the sessions of clients included. `create` is as for
 * raft_server_create(), with neither `first` nor `join`. The cluster gets a life behind
 * its name, so that servers of the one that the backup is of, should they come back,
 * and of others that were made of it are strangers to it; `cluster`, which may be NULL,
 * gets the name. When it was cut short, it goes on when it is called again; for another
 * backup, ID or name it is refused then.
 */
RAFT_API RAFT_MUST_USE bool
raft_rescue_import(const char *file, const char *folder,
		   const struct raft_server_create *create,
		   char cluster[RAFT_RESCUE_CLUSTER_BYTES], char *error,
		   size_t size);

/* -------------------------------------------------------------- recovery */

/** How a server is to go on alone. */
struct raft_rescue_recovery {
	/** Folders of the other servers that are left: it must be the most
	 *  advanced of all. */
	const char *const *others;
	/** Of `others`. */
	size_t other_count;
	/** Even if it is no member of the cluster by its own newest configuration: what
	 *  the cluster has done since it was removed, perhaps long ago, is lost. */
	bool even_if_removed;
	/** The name of the cluster, if it is known beforehand: of another one nothing
	 *  that was cut short is finished. NULL: whatever it is. */
	const char *cluster;
	/** What it means is told, in lines for a person, together with the cluster's
	 *  name. True: it shall be done. */
	bool (*confirm)(void *context, const char *text, const char *cluster);
	/** Handed to it. */
	void *context;
};

/**
 * A majority of its cluster is lost for good: have this server go on as a cluster by
 * itself, with all that its log holds. It gets another incarnation, and the cluster a
 * life behind its name: whoever was a member is a stranger to it. The parts of the
 * folder as they were are kept in it, in a folder called before-LIFE. `cluster`, which
 * may be NULL, gets the name. When it was cut short, at whatever point, the folder is
 * as it was, or is not opened before this was called again, which then goes on without
 * a question. A part of the folder that is a link or a disk of its own is refused.
 */
RAFT_API RAFT_MUST_USE bool
raft_rescue_recover(const char *folder,
		    const struct raft_rescue_recovery *recovery,
		    char cluster[RAFT_RESCUE_CLUSTER_BYTES], char *error,
		    size_t size);

#ifdef __cplusplus
}
#endif

#endif

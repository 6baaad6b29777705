/*
 * The inside of raft_snapshot_file: what its files have in common.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names in the directory: INDEX-TERM of what is whole and stands for entries
 * that this member has applied or whose log it has given up; `taking` and
 * `received` of what is being written; `damaged` of what was INDEX-TERM last and
 * turned out not to be as it was written.
 */
#ifndef OUTRIGGER_SNAPSHOT_FILE_INSIDE_H
#define OUTRIGGER_SNAPSHOT_FILE_INSIDE_H

#include <errno.h>

#include "assists/snapshot_file/image.h"
#include "assists/snapshot_file/snapshot_file.h"

struct raft_snapshot_file {
	/** Of all that is in it. */
	struct raft_owner owner;
	/** Open, and locked unless it is only looked at; then -1: there is none. */
	int directory;
	/** Nothing on the disk is to be changed. */
	bool looks_only;
	/** Likewise: the one that is still called `received`; index 0: none. */
	struct raft_entry_id unnamed;
	/** The state machine's, being taken; whether all of it is durable and has
	 *  its name, or an errno. */
	struct image taking;
	bool is_settled;
	int settle_error;
	/** One that a peer found damaged, being read back. */
	struct image_reading verifying;
	/** One that was read back as a whole, to be loaded next; index 0: none. */
	struct raft_entry_id sound;
	/** The leader's, being received, and how large it will be. */
	struct image receiving;
	uint64_t size;
	/** Its file is new: the directory is not durable. */
	bool fresh;
	/** Some of it is not durable. */
	bool dirty;
	struct raft_snapshot_file_reports reports;
	char path[];
};

/** Open a snapshot that has its name, to read. -1: see errno. */
int raft__snapshots_open(const struct raft_snapshot_file *snapshots,
			 struct raft_entry_id id);

/** It is the process that lacks memory, or files it may open: that a snapshot could not
 *  be read says nothing of the snapshot. */
static inline bool
raft__snapshots_lacks_room(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/** This snapshot is damaged: it loses its name, and is kept for a person. */
void raft__snapshots_set_aside(struct raft_snapshot_file *snapshots,
			       struct raft_entry_id id);

/** Let the file `from` be the snapshot of that entry, durably. False: see
 *  errno. */
bool raft__snapshots_give_name(struct raft_snapshot_file *snapshots,
			       const char *from, struct raft_entry_id id);

/** And take it away. */
void raft__snapshots_take_name(struct raft_snapshot_file *s,
			       struct raft_entry_id id);

#endif

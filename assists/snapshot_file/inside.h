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

#include "assists/disk/worker.h"
#include "assists/snapshot_file/image.h"
#include "assists/snapshot_file/snapshot_file.h"

/** What comes of a piece of work. */
enum receipt {
	/** Nothing: what there was belongs to one that was given up. */
	RECEIPT_NONE,
	/** All that was taken is durable. */
	RECEIPT_SAVED,
	/** The disk has failed, see `error`. */
	RECEIPT_LOST,
	/** It is whole, and is not what was sent. */
	RECEIPT_DAMAGED,
	/** It has its name, durably. */
	RECEIPT_NAMED,
};

/** A leader's snapshot on its way to the disk, one piece of work at a time: parts
 *  that are made durable together, or its name. */
struct receiver {
	struct raft_snapshot_file *snapshots;
	/** NULL: work is done when it is asked for. */
	struct worker *worker;
	/** The worker has a piece: what is below is its, until it has done it. */
	bool is_busy;
	/** Parts that were taken, and held, for the next piece; whether they are wanted
	 *  on the disk now. */
	struct raft_snapshot_part *waiting;
	size_t waiting_count, waiting_room;
	bool is_wanted;
	/** To be given its name in the next piece; index 0: none is. */
	struct raft_entry_id install;
	/** No piece is begun any more. */
	bool ends;

	/** The piece: what gets its name, or, with index 0, parts. */
	struct raft_entry_id name;
	struct raft_snapshot_part *parts;
	size_t count, room;
	/** The one that is being received, and how large it will be. */
	struct image image;
	uint64_t size;
	/** Its file is new: the directory is not durable. */
	bool is_fresh;
	/** What came of the piece, and an errno. */
	enum receipt receipt;
	int error;
};

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
	/** The leader's. */
	struct receiver receiver;
	struct raft_snapshot_file_reports reports;
	char path[];
};

/** Report what has failed, which is of this printf() format. False. */
__attribute__((format(printf, 2, 3))) bool
raft__snapshots_fail(struct raft_snapshot_file *snapshots, const char *format,
		     ...);

/** Make the file of a snapshot, in place of what it was before. False: see errno. */
bool raft__snapshots_make(struct raft_snapshot_file *snapshots,
			  struct image *image, const char *name,
			  struct raft_entry_id id);
/** Take the file away, if there is one. */
void raft__snapshots_give_up(struct raft_snapshot_file *snapshots,
			     struct image *image, const char *name);

/** Of the table, for a leader's (receive.c). */
void raft__receiver_store(void *snapshots,
			   const struct raft_snapshot_part *part);
void raft__receiver_flush(void *snapshots);
bool raft__receiver_install(void *snapshots, struct raft_entry_id snapshot);
/** Wait for what the worker is doing, and let go of all. */
void raft__receiver_close(struct receiver *receiver);

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

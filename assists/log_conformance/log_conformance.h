/*
 * raft_log_conformance: the whole contract of struct raft_node_log, tried on a log
 * of yours.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It saves, flushes, reads and trims as a node does, beside a model of what the log
 * must hold: first by the book, a rule after the other, then at random. It closes
 * the log and opens it again; it lets its process die and its power fail, between
 * calls and at a sync, and opens what is left; it lets a sync fail. The first rule
 * that does not hold is said in one sentence, with where the rule stands, and ends
 * the run. Nothing is drawn: the same seed does the same.
 *
 * A death of the process is a copy of the log's folder, with all that was written so
 * far. A failure of power is a copy that has for sure only what a sync has made
 * durable; of what was written since, each sector of 512 bytes is there or not, and
 * names in a folder are as they are or as they were when it was last synced. For
 * that the suite has to see the syncs: include assists/log_conformance/syncs.h in one
 * file of the test.
 *
 * docs/your-log.md shows a test. Run it also under a sanitizer: what a log does to
 * memory that was freed, this cannot see.
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_H
#define OUTRIGGER_LOG_CONFORMANCE_H

#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A run, in place of a node. */
struct raft_log_conformance;

/** What the log promises to survive. */
enum raft_log_conformance_survives {
	/** It forgets all when it is closed, and need not fill in what was
	 *  stored. */
	RAFT_LOG_SURVIVES_NOTHING = 1,
	/** Its process may be killed: what was written outlives that, synced or
	 *  not. */
	RAFT_LOG_SURVIVES_KILL = 2,
	/** Power may fail. Syncs are seen by syncs.h. */
	RAFT_LOG_SURVIVES_POWER = 3,
};

/** A log, and how to get one. */
struct raft_log_conformance_subject {
	/** What a node calls. No trim: it keeps all entries for ever, so that
	 *  there are no snapshots. */
	const struct raft_node_log *functions;
	/** What it survives. */
	enum raft_log_conformance_survives survives;
	/** Handed to the functions below. */
	void *context;
	/** Make an empty log in this folder, which is there and empty. NULL: it
	 *  is made when it is opened first. */
	bool (*make)(void *context, const char *folder);
	/** Open the log in this folder. It reports to `told`, by
	 *  raft_log_conformance_saved() and raft_log_conformance_failed(), where
	 *  it would to a node. *stored is zero, and gets what the log holds; what
	 *  that points to lives until this is changed. Never are two open. NULL:
	 *  refused, and `error` (of `size` bytes) may say why. */
	void *(*open)(void *context, const char *folder,
		      struct raft_log_conformance *told,
		      struct raft_stored *stored, char *error, size_t size);
	/** Return once all that flush() was called for has been reported, from
	 *  within this. NULL: it was when flush() returned. */
	void (*wait)(void *context, void *log);
	/** Close and free it. What was not reported may be lost. */
	void (*close)(void *context, void *log);
	/** Change the bytes of this entry on the disk, so that this log, which was opened in
	 *  the folder just now, cannot read it, and can be opened all the same. There are 200
	 *  or more. False: not of this one; another is asked for. NULL: its mend(), if it
	 *  has one, is not tried. */
	bool (*spoil)(void *context, void *log, const char *folder,
		      const struct raft_entry *entry);
	/** Entries that one save may have, if they are limited, by
	 *  raft_options.batch_entries_max perhaps; 0: any. */
	size_t entries_max;
	/** Bytes of a payload at most; 0: RAFT_PAYLOAD_BYTES_MAX. */
	size_t payload_bytes_max;
	/** What histories are made of; 0: 1. */
	uint64_t seed;
	/** Histories at random; 0: 25. */
	uint64_t histories;
};

/** Bytes that any of its texts has room in. */
#define RAFT_LOG_CONFORMANCE_TEXT 1024

/** Try a log, in folders below $TEST_TMPDIR, $TMPDIR or /tmp that are deleted. True:
 *  it keeps every rule, and `text` (of `size` bytes) says what was tried and what was
 *  not. False: `text` says which rule it broke, how, and when. One at a time. */
RAFT_API RAFT_MUST_USE bool
raft_log_conformance_run(const struct raft_log_conformance_subject *subject,
			 char *text, size_t size);

/** Of the log: what it would tell raft_node_saved(). */
RAFT_API void
raft_log_conformance_saved(struct raft_log_conformance *told, uint64_t token);

/** Of the log: what it would tell raft_node_log_failed(). */
RAFT_API void raft_log_conformance_failed(struct raft_log_conformance *told);

/** Of the log: what it would tell raft_node_lost() and raft_node_mended(). */
RAFT_API void raft_log_conformance_lost(struct raft_log_conformance *told,
					const struct raft_entry_id *entries,
					size_t count);
/** The second of them. */
RAFT_API void
raft_log_conformance_mended(struct raft_log_conformance *told, uint64_t index);

/** In place of fsync() and fdatasync(), from any thread: syncs.h. What was written to
 *  the file, or the names in the folder, are durable now; nothing reaches a disk,
 *  also of files that are no log's.
 *  A program whose log has another way to its disk calls it with an open file of the
 *  log when that has been synced. -1: failed, see errno. */
RAFT_API int raft_log_conformance_sync(int fd);

#ifdef __cplusplus
}
#endif

#endif

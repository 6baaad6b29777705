/*
 * raft_snapshot_conformance: the whole contract of struct raft_node_snapshots, tried
 * on snapshots of yours.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It takes snapshots of a state machine, reads them by pieces as a node does that
 * sends them, stores those of a leader part by part and installs them: first by the
 * book, a rule after the other, then at random. Between and within all of this it
 * closes them and opens them again, lets their process die, power fail and a sync
 * fail, as log_conformance.h says of a log, and sees which snapshot a server would
 * start from then. It changes a bit of a leader's on its way. The first rule that
 * does not hold is said in one sentence, with where the rule stands, and ends the
 * run. The same seed does the same.
 *
 * docs/your-log.md shows a test.
 */
#ifndef OUTRIGGER_SNAPSHOT_CONFORMANCE_H
#define OUTRIGGER_SNAPSHOT_CONFORMANCE_H

#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A run, in place of a node. */
struct raft_snapshot_conformance;

/** Snapshots, and how to get at them. */
struct raft_snapshot_conformance_subject {
	/** What a node calls. A damaged one that is read back (`verify`) is not
	 *  tried. */
	const struct raft_node_snapshots *functions;
	/** Power may fail; syncs are seen by assists/log_conformance/syncs.h.
	 *  False: their process alone may be killed. */
	bool survives_power;
	/** Handed to the functions below. */
	void *context;
	/** Open the snapshots in this folder, which may be empty, and say in
	 *  *chosen which one belongs to a log that holds *stored: the state
	 *  machine would be loaded from that; index 0: from none. They report to
	 *  `told`, by the functions below, where they would to a node. Never are
	 *  two open. NULL: refused, and `error` (of `size` bytes) may say
	 *  why. */
	void *(*open)(void *context, const char *folder,
		      struct raft_snapshot_conformance *told,
		      const struct raft_stored *stored,
		      struct raft_entry_id *chosen, char *error, size_t size);
	/** Take one, durably, of a state machine whose state are these bytes.
	 *  False: it failed. */
	bool (*take)(void *context, void *snapshots,
		     struct raft_entry_id snapshot, const void *bytes,
		     size_t length);
	/** What raft_node_snapshot_taken() is told of it. 0: it is not there,
	 *  or empty. */
	uint64_t (*size)(void *context, void *snapshots,
			 struct raft_entry_id snapshot);
	/** Load a state machine from it, into so much room. Returns the length of
	 *  its state. SIZE_MAX: refused. */
	size_t (*load)(void *context, void *snapshots,
		       struct raft_entry_id snapshot, void *bytes, size_t room);
	/** Delete those before this index. NULL: none ever is. */
	void (*forget)(void *context, void *snapshots, uint64_t oldest);
	/** Return once all that flush() was called for has been reported, from
	 *  within this. NULL: it was when flush() returned. */
	void (*wait)(void *context, void *snapshots);
	/** Close and free them. */
	void (*close)(void *context, void *snapshots);
	/** What histories are made of; 0: 1. */
	uint64_t seed;
	/** Histories at random; 0: 25. */
	uint64_t histories;
};

/** Try them, in folders below $TEST_TMPDIR, $TMPDIR or /tmp that are deleted. True:
 *  they keep every rule, and `text` (of `size` bytes, RAFT_LOG_CONFORMANCE_TEXT is
 *  enough) says what was tried. False: `text` says which rule they broke, how, and
 *  when. One run at a time, of this or of a log's. */
RAFT_API RAFT_MUST_USE bool raft_snapshot_conformance_run(
    const struct raft_snapshot_conformance_subject *subject, char *text,
    size_t size);

/** Of the snapshots: what they would tell raft_node_snapshot_saved(). */
RAFT_API void
raft_snapshot_conformance_saved(struct raft_snapshot_conformance *told,
				struct raft_entry_id snapshot, uint64_t end);

/** Of the snapshots: what they would tell raft_node_snapshot_failed(), or
 *  raft_node_snapshot_damaged(). */
RAFT_API void
raft_snapshot_conformance_failed(struct raft_snapshot_conformance *told,
				 struct raft_entry_id snapshot);

#ifdef __cplusplus
}
#endif

#endif

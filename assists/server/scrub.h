/*
 * Scrubbing: the log and the snapshots are read through in the background, to find damage
 * before it is everywhere.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_SCRUB_H
#define OUTRIGGER_SERVER_SCRUB_H

#include <uv.h>

#include "assists/server/server.h"
#include "assists/snapshot_file/snapshot_file.h"

/** The rate unless somebody says another. */
#define SCRUB_BYTES_DEFAULT ((uint64_t)1 << 20)

enum scrub_stage {
	SCRUB_LOG,
	SCRUB_SNAPSHOTS,
	/** What there is was read in less time than a pass takes at least. */
	SCRUB_RESTS,
};

struct scrub {
	enum scrub_stage stage;
	/** Bytes that may be read now, and since when that is known. */
	uint64_t allowance;
	uint64_t at;
	/** When this pass began. */
	uint64_t began;
	/** Of the log, when it did: how often it was read through, and bytes; then what of
	 *  those was seen. */
	uint64_t log_passes;
	uint64_t log_began;
	uint64_t log_bytes;
	/** What there was to read then, about. */
	uint64_t pass_total;
	/** The snapshot that is read, or was last in this pass; index 0: none. */
	struct raft_entry_id snapshot;
	/** NULL: none is. */
	struct raft_snapshot_check *check;
	/** Bytes of it that were counted. */
	uint64_t check_bytes;
	/** It is being read, by a thread. */
	uv_work_t work;
	bool is_reading;
	size_t bytes_max;
	enum raft_node_verdict verdict;
	/** Bytes of snapshots: in this pass, and ever. */
	uint64_t pass_bytes;
	uint64_t bytes;
	/** How often there was damage, in a file of the log or in a snapshot. */
	uint64_t damages;
	uint64_t passes;
	/** When the last one ended. */
	uint64_t ended;
};

/** Once a tick. */
void raft__scrub_tick(struct raft_server *server, uint64_t now);
void raft__scrub_attach(struct raft_server *server);
void raft__scrub_status(const struct raft_server *server, uint64_t now,
			struct raft_server_scrub *status);
void raft__scrub_close(struct raft_server *server);

#endif

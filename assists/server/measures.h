/*
 * What a server has measured of itself since it was opened, for whoever looks after
 * it: assists/metrics makes a text of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is measured always, where it happens: a command costs three additions, and what
 * is applied, or made durable, together costs two looks at the clock together. What
 * is as it is now, and not counted, stands in raft_server_status(); what was dropped
 * and by whom in raft_counter() and raft_tcp_counter().
 */
#ifndef OUTRIGGER_SERVER_MEASURES_H
#define OUTRIGGER_SERVER_MEASURES_H

#include "assists/histogram/histogram.h"
#include "assists/log_file/log_file.h"
#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Counts a list. */
#define RAFT_SERVER_AND_ONE(name, text) +1
/** How many results and reasons there are: they count from 0. */
#define RAFT_SERVER_RESULT_COUNT (0 RAFT_SERVER_RESULTS(RAFT_SERVER_AND_ONE))
/** The second of them. */
#define RAFT_SERVER_REASON_COUNT (0 RAFT_REASONS(RAFT_SERVER_AND_ONE))

/** What was asked of one kind, by the program: what other servers forward is theirs. */
struct raft_server_asked {
	/** How long it took until its end was told; without what was refused at
	 *  once. */
	struct raft_histogram took;
	/** How often it ended so. */
	uint64_t ended[RAFT_SERVER_RESULT_COUNT];
};

/** All durations are histograms. */
struct raft_server_measures {
	/** Commands and registrations. */
	struct raft_server_asked commands;
	/** Reads. */
	struct raft_server_asked reads;
	/** Changes of the cluster. */
	struct raft_server_asked changes;
	/** From when this server put a command into its log, as leader, until it
	 *  was committed and about to be applied here. */
	struct raft_histogram commit;
	/** Applying what was committed: up to 1024 entries at once. */
	struct raft_histogram apply;
	/** Entries that were applied, by one after the other. */
	uint64_t applied;
	/** Entries of its log that are kept in another place, since they were lost where
	 *  they stood. */
	uint64_t mended;
	/** How often it has begun to campaign, by reason. */
	uint64_t candidacies[RAFT_SERVER_REASON_COUNT];
	/** How often it was elected. */
	uint64_t elected;
	/** How often it has ceased to lead, by reason. */
	uint64_t depositions[RAFT_SERVER_REASON_COUNT];
	/** How often another leader was known, itself included. */
	uint64_t leaders;
	/** Taking a snapshot, from the view of the state until it was durable. */
	struct raft_histogram snapshot_taken;
	/** Those that could not be taken. */
	uint64_t snapshots_failed;
	/** Loading one, at the start or from a leader; nothing else is done
	 *  meanwhile. */
	struct raft_histogram snapshot_loaded;
	/** The newest: its bytes, */
	uint64_t snapshot_bytes;
	/** and when it was written or received, in seconds since 1970; 0: there is
	 *  none. */
	int64_t snapshot_written;

	/** What waits now: asks to be attempted, */
	uint32_t asks_waiting;
	/** asks in this leader's log, */
	uint32_t asks_proposed;
	/** asks with another leader, */
	uint32_t asks_forwarded;
	/** reads that the core has, */
	uint32_t asks_reading;
	/** and calls of other threads. */
	uint32_t calls;
	/** What the log has done, */
	struct raft_log_file_counters log;
	/** and how large it is. */
	struct raft_log_file_size log_size;
	/** When its papers end; all 0 without TLS. */
	struct raft_tls_status papers;
};

/** Fill them in. As all others it belongs to the loop. */
RAFT_API void raft_server_measures(struct raft_server *server,
				   struct raft_server_measures *measures);

#ifdef __cplusplus
}
#endif

#endif

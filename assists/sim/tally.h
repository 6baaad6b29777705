/*
 * raft_tally: the metrics of a group, counted from what is seen of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The simulator counts by it, and so can whoever watches a group of another kind:
 * then a metric means the same of both. What each counts is in sim.h, at
 * RAFT_SIM_METRICS. LOST_ACKS, STALE_READS and the lag of a node are not counted
 * here: they take knowledge of what was written.
 *
 * Times are microseconds of any clock that does not go back, and begin at 0.
 */
#ifndef OUTRIGGER_TALLY_H
#define OUTRIGGER_TALLY_H

#include "assists/sim/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is counted since a moment. To be left alone. */
struct raft_tally_window {
	/** That moment. */
	uint64_t begun_at;
	/** The first write that was begun since. */
	uint64_t first_id;
	/** Metric by metric. */
	uint64_t counts[RAFT_SIM_METRIC_COUNT];
	/** The highest term until then. */
	uint64_t term_before;
};

/** A tally: the user's memory, to be left alone. */
struct raft_tally {
	/** Of the whole run, and since the mark. */
	struct raft_tally_window windows[2];
	/** A gap between acknowledgements is an outage above this. */
	uint64_t election_us;
	/** The highest that any node ever held. */
	uint64_t term;
	/** Who say that they lead. */
	uint32_t leaders;
	/** When `leaders` last changed. */
	uint64_t leaders_at;
	/** Who act as leaders. */
	uint32_t acting;
	/** Who began to lead last; 0: nobody did. */
	uint32_t last_leader;
	/** Writes begun and not yet acknowledged or given up. */
	uint64_t waiting;
	/** Since when there are any. */
	uint64_t waiting_since;
	/** Some write was acknowledged. */
	bool acknowledged;
	/** When the last one was. */
	uint64_t acknowledged_at;
};

/** Begin, at time 0. */
RAFT_API void raft_tally_init(struct raft_tally *tally, uint64_t election_us);

/** What is asked since the mark counts from here on. Writes up to last_id were
 *  begun before. */
RAFT_API void raft_tally_mark(struct raft_tally *tally, uint64_t now,
			      uint64_t last_id);

/** So many more of a metric that is a number of things. */
RAFT_API void raft_tally_count(struct raft_tally *tally,
			       enum raft_sim_metric metric, uint64_t more);

/** Some node is in this term. */
RAFT_API void raft_tally_term(struct raft_tally *tally, uint64_t term);

/** A node was elected. */
RAFT_API void raft_tally_began_to_lead(struct raft_tally *tally, uint32_t node);

/** So many nodes say that they lead, from now on. */
RAFT_API void raft_tally_leaders(struct raft_tally *tally, uint64_t now,
				 uint32_t leaders);

/** So many nodes act as leaders, just now. */
RAFT_API void raft_tally_acting(struct raft_tally *tally, uint32_t acting);

/** A write begins to wait. */
RAFT_API void raft_tally_waits(struct raft_tally *tally, uint64_t now);
/** One waits no longer, and was not acknowledged. */
RAFT_API void raft_tally_given_up(struct raft_tally *tally, uint64_t now);
/** One was acknowledged, which was begun as first_id. */
RAFT_API void raft_tally_acknowledged(struct raft_tally *tally, uint64_t now,
				      uint64_t first_id);

/** A metric, of the whole run or since the mark. */
RAFT_API uint64_t raft_tally_read(const struct raft_tally *tally, uint64_t now,
				  enum raft_sim_metric metric, bool since_mark);

#ifdef __cplusplus
}
#endif

#endif

/*
 * Traffic: every message of one run, and what became of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_TRAFFIC_H
#define OUTRIGGER_COMPARE_TRAFFIC_H

#include "assists/scenario/scenario.h"

/** What a message is about. */
enum traffic_kind {
	/** Entries, parts of snapshots, heartbeats; and what became of them. */
	TRAFFIC_APPEND,
	TRAFFIC_APPEND_ANSWER,
	/** Would you, or do you, vote for me? And the answer. */
	TRAFFIC_VOTE,
	TRAFFIC_VOTE_ANSWER,
	/** Anything else. */
	TRAFFIC_OTHER,
	/** How many there are. */
	TRAFFIC_KINDS,
};

struct traffic_message {
	uint64_t number;
	uint64_t sent;
	/** When it arrived first, or was lost; UINT64_MAX: it did neither. */
	uint64_t ended;
	bool is_lost;
	/** It says no. */
	bool is_refusal;
	/** It does not go on all the time while all is well. */
	bool is_telling;
	enum traffic_kind kind;
	uint32_t from;
	uint32_t to;
	/** The sender's. */
	uint64_t term;
	/** "vote-answer". Static. */
	const char *name;
	/** What an answer says, in a few words; NULL: nothing of note. Static. */
	const char *says;
	/** What appends that a leader sent at once, and their answers, have in
	 *  common: the leader, and when by its clock. */
	uint32_t leader;
	uint64_t round;
};

/** In the order in which they were sent. */
struct traffic {
	struct traffic_message *of;
	size_t count;
};

struct traffic *traffic_create(void);
void traffic_destroy(struct traffic *traffic);

/** As raft_scenario_request has it. */
void traffic_record(struct traffic *traffic, uint64_t now,
		    enum raft_sim_fate fate, uint64_t number,
		    const struct raft_message *message);

#endif

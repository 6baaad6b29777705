/*
 * What a member's process and whoever watches it say to each other, beside the
 * network and its weather: one of these structures in each packet of a socket.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_WEATHER_TALK_H
#define OUTRIGGER_WEATHER_TALK_H

#include <stdatomic.h>

#include "assists/sim/sim.h"

/** What a member counts, in memory that it shares with whoever watches, who takes
 *  it from here: so what it did just before it was killed counts, too. */
struct counts {
	/** Messages that it has sent. */
	_Atomic uint64_t messages;
	/** Rounds in which it asked whether it would be elected. */
	_Atomic uint64_t pre_elections;
	/** How much later than it wanted to it had its turn, at most. */
	_Atomic uint64_t late_us;
};

/** What a member is asked to do. */
enum order_kind {
	ORDER_PROPOSE,
	ORDER_READ,
	ORDER_CAMPAIGN,
	ORDER_STEP_DOWN,
	ORDER_TRANSFER,
	ORDER_RECONFIGURE,
	ORDER_SNAPSHOT,
};

struct order {
	enum order_kind kind;
	/** Somebody waits until this one is obeyed, and what that has changed at
	 *  once is reported; 0: nobody does. */
	uint64_t number;
	/** Named in the reports of what became of it. Of writes also what the
	 *  first of them writes; the others write the numbers after it. */
	uint64_t id;
	/** Of writes: how many, of how many bytes each. */
	uint64_t count;
	uint64_t bytes;
	/** Of a read: how old what it shows may be; 0: of all that is new. */
	uint64_t bound_us;
	/** Whom to hand over to. */
	uint64_t peer;
	/** Of the membership; the present life of each node. */
	struct raft_sim_wish wish;
	uint64_t incarnations[RAFT_SIM_NODES_MAX];
};

/** What a member tells. */
enum report_kind {
	/** How it is, after each turn that changed it. */
	REPORT_STATUS,
	/** Who is in the group, as far as it knows. */
	REPORT_MEMBERS,
	/** What its core says. */
	REPORT_EVENT,
	/** Entries were applied. */
	REPORT_APPLIED,
	/** The machine was loaded from a snapshot. */
	REPORT_LOADED,
	/** An order was refused. */
	REPORT_REFUSED,
	/** Its core refuses to start, and it ends. */
	REPORT_NOT_STARTED,
	/** An order was obeyed, or refused: its number is the id. */
	REPORT_OBEYED,
	/** A write has ended. */
	REPORT_WRITTEN,
	/** A read has ended. */
	REPORT_READ,
	/** It cannot go on: its last words. */
	REPORT_FAILED,
};

/** Entries in one report, at most. */
#define REPORT_ENTRIES_MAX 32

struct report_status {
	struct raft_status raft;
	/** It takes the parts of a leader's snapshot. */
	bool installing;
};

/** Sets of nodes; a member that has lost its disk is another one. */
struct report_members {
	bool joint;
	uint32_t count;
	struct raft_member of[RAFT_SIM_NODES_MAX];
};

struct report_applied {
	uint64_t first;
	uint32_t count;
	/** What each has written; 0: it is of no client. */
	uint64_t written[REPORT_ENTRIES_MAX];
};

struct report {
	enum report_kind kind;
	/** Of the order that it is about. */
	uint64_t id;
	union {
		struct report_status status;
		struct report_members members;
		struct raft_event event;
		struct report_applied applied;
		/** What the machine holds: all up to that entry, so many writes,
		 *  and the last of them. */
		struct {
			uint64_t index;
			uint64_t writes;
			uint64_t value;
		} machine;
		enum raft_result refused;
		struct {
			enum raft_outcome_kind outcome;
			struct raft_entry_id place;
		} written;
		/** Index 0: it was lost. */
		struct {
			uint64_t index;
			uint64_t value;
		} read;
		char failed[512];
	};
};

#endif

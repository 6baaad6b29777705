/*
 * The safety checkers: what must be true of every run, however the network, the
 * disks and the clocks behave.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each property has a file check_<property>.c, a struct of what it has seen of
 * the whole run, and functions that are told one plain fact each. They know
 * nothing of the world, so that a test can tell them a history that no world
 * would produce. The first violation is kept in a verdict.
 *
 * Properties are those of thesis figure 3.2, and what a caller is promised.
 * They are checked over all of history, not only over the present: a leader of
 * an old term, or an entry since truncated, still counts.
 */
#ifndef OUTRIGGER_SIM_CHECK_H
#define OUTRIGGER_SIM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assists/sim/base/log.h"
#include "assists/sim/base/machine.h"
#include "raft/raft.h"

/** What is wrong: the first violation of a run. */
struct sim_verdict {
	/** The present time, kept up to date by the world. */
	uint64_t now;
	bool broken;
	char text[320];
};

/** Record a violation of `property`, unless one is recorded. */
void sim_accuse(struct sim_verdict *verdict, const char *property,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---------------------------------------------------- election safety
 * At most one leader a term. */

struct sim_check_election {
	/** Every (term, leader) so far, in the order seen. */
	struct sim_reign {
		uint64_t term;
		uint32_t node;
	} *reigns;
	size_t count;
	size_t room;
};

void sim_check_election_won(struct sim_check_election *check,
			    struct sim_verdict *verdict, uint32_t node,
			    uint64_t term);
void sim_check_election_clear(struct sim_check_election *check);

/* --------------------------------------------------------- log matching
 * Logs that hold an entry of the same index and term are equal up to it. */

struct sim_check_matching {
	/** By index - 1: every entry that any log ever held there. */
	struct sim_versions {
		struct sim_version {
			uint64_t term;
			uint64_t chain;
			uint32_t node;
		} *versions;
		size_t count;
		size_t room;
	} *indexes;
	size_t count;
	size_t room;
};

/** A node's log holds an entry of this term here, with this chain. */
void sim_check_matching_held(struct sim_check_matching *check,
			     struct sim_verdict *verdict, uint32_t node,
			     uint64_t index, uint64_t term, uint64_t chain);
void sim_check_matching_clear(struct sim_check_matching *check);

/* --------------------------------------------- state-machine safety
 * What is committed or applied at an index is the same everywhere, for ever;
 * applied in order; and as the client gave it. */

/** What is committed: one line of history for all. */
struct sim_history {
	/** Entry i + 1 is at position i. */
	struct sim_committed {
		uint64_t term;
		uint64_t chain;
		/** The id of a client's write; 0: it is none. */
		uint64_t id;
		/** A term in which it was known committed; never falls. */
		uint64_t known_in;
		/** When that became known. */
		uint64_t known_at;
	} *entries;
	size_t count;
	size_t room;
};

/** A node in `term` takes all of its log up to `index` as committed. */
void sim_check_machine_committed(struct sim_history *history,
				 struct sim_verdict *verdict, uint32_t node,
				 uint64_t term, const struct sim_log *log,
				 uint64_t index);
/** A node's state machine is given an entry. */
void sim_check_machine_applied(const struct sim_history *history,
			       struct sim_verdict *verdict,
			       struct sim_machine *machine, uint32_t node,
			       const struct raft_entry *entry);
void sim_history_clear(struct sim_history *history);

/* ------------------------------------------------ leader completeness
 * What is committed in a term is in the log of every leader of a later one. */

/** A node leads in `term` with this log: told when it begins, and when more is
 *  committed while it leads. */
void sim_check_leader_holds(const struct sim_history *history,
			    struct sim_verdict *verdict, uint32_t node,
			    uint64_t term, const struct sim_log *log);

/* ---------------------------------------- no acknowledged write lost
 * A write told committed is committed, at that index, durable on a majority,
 * and in the log of every later leader; one told lost never is; none is
 * committed twice. */

struct sim_check_acknowledged {
	/** By id - 1. */
	struct sim_write_fate {
		/** Where it is committed; 0: not known to be. */
		uint64_t committed_at;
		/** Told committed, in this term; 0: was not. */
		uint64_t told_term;
		bool told_lost;
	} *fates;
	size_t count;
	size_t room;
	/** How much of history is in `fates`. */
	size_t history_seen;
	/** Writes told committed and found missing. */
	uint64_t lost;
};

/** Voters, and those of them for which something holds. */
struct sim_support {
	uint32_t voters;
	uint32_t holders;
};

struct sim_told {
	uint32_t node;
	/** The term of the node that told it. */
	uint64_t term;
	uint64_t id;
	uint64_t index;
	/** Who holds it durably: of the configuration by which the node counted,
	 *  and of C_old if that is joint; no voters: it is not known. */
	struct sim_support support[2];
};

void sim_check_acknowledged_committed(struct sim_check_acknowledged *check,
				      struct sim_verdict *verdict,
				      const struct sim_history *history,
				      const struct sim_told *told);
void sim_check_acknowledged_lost(struct sim_check_acknowledged *check,
				 struct sim_verdict *verdict, uint32_t node,
				 uint64_t id);
/** History has grown. */
void sim_check_acknowledged_grown(struct sim_check_acknowledged *check,
				  struct sim_verdict *verdict,
				  const struct sim_history *history);
/** A node begins to lead in `term` with this log. */
void sim_check_acknowledged_leads(struct sim_check_acknowledged *check,
				  struct sim_verdict *verdict, uint32_t node,
				  uint64_t term, const struct sim_log *log);
void sim_check_acknowledged_clear(struct sim_check_acknowledged *check);

/* --------------------------------------------------------------- reads
 * A read shows all that anyone had seen before it began: each write that was
 * acknowledged, and each state that an earlier read was answered from. One with a
 * bound may miss what was seen within that time. */

/** A client saw for the first time that what stands there is committed. */
struct sim_sight {
	uint64_t at;
	uint64_t index;
};

struct sim_check_reads {
	/** The newest index that a client has seen. */
	uint64_t seen;
	/** How it came to that; rising. */
	struct sim_sight *sights;
	size_t count;
	size_t room;
	/** Reads that missed some of it. */
	uint64_t stale;
};

/** A read that a node has taken. */
struct sim_read {
	/** As raft_read named it. */
	uint64_t name;
	/** Its number in the run. */
	uint64_t id;
	uint64_t begun_at;
	/** What clients had seen when it began. */
	uint64_t seen_before;
	/** From which index on it is answered; 0: it has not ended. */
	uint64_t index;
	/** The open-loop client's: to be tried again if lost. */
	bool retried;
};

/** A client sees now that what stands at this index is committed. */
void sim_check_reads_seen(struct sim_check_reads *check, uint64_t now,
			  uint64_t index);
/** The newest index that a client had seen before that time. */
uint64_t sim_check_reads_seen_before(const struct sim_check_reads *check,
				     uint64_t at);
void sim_check_reads_clear(struct sim_check_reads *check);
/** A node's read has ended, with an index. */
void sim_check_reads_ended(struct sim_check_reads *check,
			   struct sim_verdict *verdict, uint32_t node,
			   const struct sim_read *read);
/** It is answered from that node's state machine. */
void sim_check_reads_answered(struct sim_check_reads *check,
			      struct sim_verdict *verdict,
			      const struct sim_history *history, uint32_t node,
			      const struct sim_read *read,
			      const struct sim_machine *machine);

/* --------------------------------------------------------------- votes
 * One incarnation votes for at most one candidate in a term. */

struct sim_check_votes {
	struct sim_ballot {
		struct raft_identity voter;
		uint64_t term;
		struct raft_identity candidate;
	} *ballots;
	size_t count;
	size_t room;
};

/** A vote was saved, or an answer that grants it was sent. */
void sim_check_votes_cast(struct sim_check_votes *check,
			  struct sim_verdict *verdict,
			  struct raft_identity voter, uint64_t term,
			  struct raft_identity candidate);
void sim_check_votes_clear(struct sim_check_votes *check);

/* ------------------------------------------------------------ promises
 * No message promises what its sender's disk does not hold: its term, a vote
 * granted, the leader's entries up to a match index. */

/** `leaders` is the log of whom the message goes to; NULL: that one does not
 *  lead in the message's term, so that nothing rests on a match index. */
void sim_check_promise(struct sim_verdict *verdict,
		       const struct raft_message *message,
		       const struct sim_log *durable,
		       const struct sim_log *leaders);

/* ----------------------------------------------------------- snapshots
 * A snapshot is the state that history says at its index, wherever it is taken,
 * loaded, or a log begins behind it; and no more of one is said to be stored
 * than is. */

/** A snapshot of all up to `last` holds this state. */
void sim_check_snapshots_state(const struct sim_history *history,
			       struct sim_verdict *verdict, uint32_t node,
			       struct raft_entry_id last,
			       const struct sim_machine *state);
/** A node sends this; of the leader's snapshot `last` it has on its disk so many
 *  bytes. */
void sim_check_snapshots_promise(struct sim_verdict *verdict,
				 const struct raft_message *message,
				 struct raft_entry_id last, uint64_t stored);

/* --------------------------------------------------- membership overlap
 * Any two majorities that decide by one configuration, or by two of which one
 * follows the other, have a voter in common. So a leader changes one voter at a
 * time, or goes through a joint configuration, and begins no change before the
 * one before it and an entry of its own term are committed (thesis 4.1, 4.3;
 * Ongaro's correction of 2015); and whoever is elected is so by majorities that
 * meet those of what was last committed before. */

struct sim_check_membership {
	/** Every one that is committed, in the order of the log. */
	struct sim_configuration {
		uint64_t index;
		/** As in struct sim_committed. */
		uint64_t known_in;
		struct raft_configuration configuration;
		/** Those of the configuration. */
		struct raft_member *members;
	} *committed;
	size_t count;
	size_t room;
};

/** A leader appends a configuration. */
struct sim_appended {
	uint32_t node;
	uint64_t term;
	uint64_t index;
	/** The last entry that this leader knows to be committed. */
	struct raft_entry_id committed;
	/** The index of a configuration in its log between these two; 0: there
	 *  is none. */
	uint64_t pending;
	const struct raft_configuration *configuration;
};

/** History has grown over a configuration. */
void sim_check_membership_committed(
	struct sim_check_membership *check, uint64_t index, uint64_t known_in,
	const struct raft_configuration *configuration);
void sim_check_membership_appended(const struct sim_check_membership *check,
				   struct sim_verdict *verdict,
				   const struct sim_appended *appended);
/** A node was elected in `term`, by majorities of this configuration. */
void sim_check_membership_elected(
	const struct sim_check_membership *check, struct sim_verdict *verdict,
	uint32_t node, uint64_t term,
	const struct raft_configuration *configuration);
void sim_check_membership_clear(struct sim_check_membership *check);

/* -------------------------------------------------------------- events
 * A member says what happened when it happened, and does not go on saying it. */

/** The same event, told more often than SIM_EVENTS_SAME_MAX times in
 *  SIM_EVENTS_WINDOW election timeouts, is a flood: a leader that comes and goes
 *  does so once in one of them. */
#define SIM_EVENTS_SAME_MAX 8
#define SIM_EVENTS_WINDOW 4

struct sim_check_events {
	/** The last different ones that a member told: when its window began, how
	 *  often since, and which one of all it was then. */
	struct sim_told_event {
		struct raft_event event;
		uint64_t since;
		uint32_t count;
		uint64_t number;
	} told[8];
	uint64_t count;
};

/** A member has told this; the window has so many microseconds. */
void sim_check_events_told(struct sim_check_events *check,
			   struct sim_verdict *verdict, uint32_t node,
			   const struct raft_event *event, uint64_t window);

/* ------------------------------------------------------------ in time
 * While nothing is broken nothing waits for long: what is committed anywhere is
 * applied by each member within its time, so that one who starves is noticed
 * while the group as a whole is well; a write and a read end within theirs. */

/** Since when the oldest entry that is committed, and that a state machine has
 *  not applied, is known to be: that of a member which lags. UINT64_MAX: none. */
uint64_t
sim_check_lag_since(const struct sim_history *history, uint64_t applied);
/** A member lags since then; `within` its time, in microseconds, 0: any. */
void sim_check_lag(struct sim_verdict *verdict, uint32_t node, uint64_t applied,
		   uint64_t since, uint64_t within);
/** A write or a read that was begun then has not ended. */
void sim_check_wait(struct sim_verdict *verdict, const char *what, uint64_t id,
		    uint64_t since, uint64_t within);

/* ------------------------------------------------------------- traffic
 * What is sent is in proportion to what there is to send: over one link and in
 * one term an entry goes once; again only because messages were lost or came out
 * of order, and not time after time. */

/** Of one link. */
struct sim_carried {
	uint64_t term;
	/** Entries first..last were sent in that term; and how many in all, each
	 *  as often as it was sent. */
	uint64_t first;
	uint64_t last;
	uint64_t sent;
	/** The newest append ended with that entry, and all from the other one to
	 *  there was sent: a probe may leave a gap behind it. */
	uint64_t newest;
	uint64_t since;
	/** The sequences of appends with entries that are not answered, the oldest
	 *  first. */
	uint64_t *unanswered;
	size_t unanswered_count;
	size_t unanswered_room;
};

/** Some few may go more often: a heartbeat that tries again carries what it
 *  tries with. */
#define SIM_REPEATED_FREE 64

/** An append carries entries first..last; each may go so many times on average,
 *  0: any. */
void sim_check_traffic_sent(struct sim_carried *carried,
			    struct sim_verdict *verdict, uint32_t from,
			    uint32_t to, uint64_t term, uint64_t first,
			    uint64_t last, uint32_t times);
/** That append has this sequence; so many may be unanswered, 0: any. */
void sim_check_traffic_waits_for(struct sim_carried *carried,
				 struct sim_verdict *verdict, uint32_t from,
				 uint32_t to, uint64_t sequence, uint32_t most);
/** One of this sequence is answered, and with it all before. */
void sim_check_traffic_answered(struct sim_carried *carried, uint64_t sequence);
void sim_carried_clear(struct sim_carried *carried);
/** So many bytes of entries were sent to a member and are not on its disk. */
void sim_check_traffic_waits(struct sim_verdict *verdict, uint32_t from,
			     uint32_t to, uint64_t bytes, uint64_t most);

/* -------------------------------------------------------------- memory
 * A member holds no more than its options let it. */

void sim_check_memory(struct sim_verdict *verdict, uint32_t node,
		      uint64_t bytes, uint64_t most);

/* ------------------------------------------------------------- machine
 * What the same entries make of the user's state machine is the same on every
 * node: its model's, at an index, whoever has applied as much. */

struct sim_check_digests {
	/** By index: of the model once it was shown so many entries. */
	uint64_t *digests;
	size_t count;
	size_t room;
};

/** The model is new, or was shown the next entry. */
void sim_check_digests_model(struct sim_check_digests *check, uint64_t digest);
/** A node's machine, which has applied all up to an index, did something. */
void sim_check_digests_node(const struct sim_check_digests *check,
			    struct sim_verdict *verdict, uint32_t node,
			    const char *did, uint64_t index, uint64_t digest);
void sim_check_digests_clear(struct sim_check_digests *check);

/* ------------------------------------------------------ all of a world */

struct sim_checks {
	struct sim_check_election election;
	struct sim_check_matching matching;
	struct sim_history history;
	struct sim_check_acknowledged acknowledged;
	struct sim_check_reads reads;
	struct sim_check_votes votes;
	struct sim_check_membership membership;
	struct sim_check_digests digests;
};

void sim_checks_clear(struct sim_checks *checks);

#endif

/*
 * A cluster for exploring: servers with logs that lose what is not durable, a
 * network that loses, doubles and reorders, and the promises that all keep.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_FUZZ_CLUSTER_H
#define OUTRIGGER_FUZZ_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"
#include "tests/fuzz/random_message.h"
#include "tests/fuzz/rounds.h"

#define SERVERS 5
#define ENTRIES_MAX 1024
#define ENTRY_BYTES_MAX 144
#define SNAPSHOT_BYTES 200
#define PART_BYTES_MAX 128
#define PASSAGES_MAX 200
#define TERMS_MAX 4096
#define NAMES_MAX 24
#define READS_MAX 64
#define WRITES_MAX 8
#define T UINT64_C(1000000)

/** An entry in a log. */
struct kept {
	uint64_t term;
	enum raft_entry_kind kind;
	size_t length;
	uint8_t bytes[ENTRY_BYTES_MAX];
};

/** A state machine's state, as a snapshot holds it. */
struct state {
	struct raft_entry_id at;
	uint64_t value;
};

/** Entries from base.index + 1 to last. */
struct log {
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id base;
	uint64_t configuration_index;
	size_t configuration_length;
	uint8_t configuration[ENTRY_BYTES_MAX];
	uint64_t last;
	struct kept at[ENTRIES_MAX];
};

/** A save that was handed out and is not durable. */
struct write {
	struct raft_save save;
	struct raft_stored_snapshot begins;
	uint8_t configuration[ENTRY_BYTES_MAX];
	struct state state;
	uint64_t first;
	struct kept *entries;
};

struct waiting_read {
	uint64_t name;
	/** What was committed when it was asked for. */
	uint64_t floor;
};

struct server {
	/** NULL: it is down. */
	struct raft *raft;
	struct raft_identity identity;
	/** Counts its starts. */
	uint64_t life;
	/** Its clock is ahead by this. */
	uint64_t clock;
	bool bootstrapped;
	uint64_t mask;
	/** What the log was given, and what of it a crash leaves. */
	struct log log;
	struct log disk;
	struct write writes[WRITES_MAX];
	size_t write_count;
	/** As its member was told. */
	bool is_ahead;
	struct state machine;
	/** Durable; and it is said to be damaged. */
	struct state snapshot;
	bool is_damaged;
	/** That a leader sends, and how much of it is here. */
	struct raft_entry_id receives;
	uint64_t received_size;
	uint8_t received[SNAPSHOT_BYTES];
	/** Stored, but not yet said so. */
	uint64_t stored;
	/** Terms of proposals, by index, that have had no outcome. */
	uint64_t open[ENTRIES_MAX];
	struct waiting_read reads[READS_MAX];
	size_t read_count;
};

/** What an entry's name stands for, wherever it is seen. */
struct named {
	uint64_t term;
	uint64_t previous_term;
	uint64_t content;
};

struct cluster {
	struct chance chance;
	uint64_t now;
	struct server servers[SERVERS];
	/** [from][to]. */
	bool cut[SERVERS + 1][SERVERS + 1];
	struct passage *passages[PASSAGES_MAX];
	size_t passage_count;
	/** How many went: [from][to]. */
	uint64_t posted[SERVERS + 1][SERVERS + 1];
	long blocks;
	uint64_t proposed;
	/** Drawn once a run. */
	struct raft_options options;
	bool masks_change;
	/** What was seen. */
	uint64_t leaders[TERMS_MAX];
	uint64_t leader_lives[TERMS_MAX];
	struct named names[ENTRIES_MAX][NAMES_MAX];
	/** What was applied, and in which term that was first seen. */
	struct state history[ENTRIES_MAX];
	uint64_t history_seen[ENTRIES_MAX];
	uint64_t history_last;
	/** Terms that outcomes have told to be committed. */
	uint64_t told[ENTRIES_MAX];
	bool lost[ENTRIES_MAX][NAMES_MAX];
};

/** What was done in all runs: that an explorer explores. */
enum tally {
	TALLY_DELIVERED, TALLY_DROPPED, TALLY_DOUBLED, TALLY_CRASHED,
	TALLY_ELECTED, TALLY_APPLIED, TALLY_COMMITTED, TALLY_LOST,
	TALLY_UNKNOWN, TALLY_READ, TALLY_READ_LOST, TALLY_RECONFIGURED,
	TALLY_JOINT, TALLY_JOINT_TRUNCATED, TALLY_INSTALLED, TALLY_TRANSFERRED,
	TALLY_REMOVED, TALLY_WIPED, TALLY_AHEAD, TALLY_COUNT
};
extern uint64_t tallies[TALLY_COUNT];

/* ---------------------------------------------------------- cluster.c */

/** Whether what happens is told, on stdout. */
extern bool cluster_narrates;
void tell(const struct cluster *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** The same of a server: its name goes before. */
void server_tells(const struct cluster *c, const struct server *s,
		  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void cluster_create(struct cluster *c, uint64_t seed);
void cluster_destroy(struct cluster *c);
/** From what its disk holds. */
void server_start(struct cluster *c, struct server *s);
/** Of what is not durable some may be. */
void server_crash(struct cluster *c, struct server *s);
/** It loses its disk, and comes back as another. */
void server_wipe(struct cluster *c, struct server *s);
uint64_t server_now(const struct cluster *c, const struct server *s);
/** Take what it owes. */
void server_turn(struct cluster *c, struct server *s);
/** So many of its writes, and the parts it has stored, are durable. */
void server_save(struct cluster *c, struct server *s, size_t writes);
void server_expire(struct cluster *c, struct server *s);
void server_propose(struct cluster *c, struct server *s);
void server_reconfigure(struct cluster *c, struct server *s);
void server_read(struct cluster *c, struct server *s);
void server_snapshot(struct cluster *c, struct server *s);
/** Any of those under way, of which there are some: the same one as without another
 *  that is not chosen. */
size_t passage_choose(struct cluster *c);
/** Deliver that passage, if it can be. */
void passage_deliver(struct cluster *c, size_t position, bool again);
void passage_drop(struct cluster *c, size_t position);

/* --------------------------------------------------------- promises.c */

/** An entry was handed to a log. */
void check_entry(struct cluster *c, struct server *s, uint64_t index);
void check_applied(struct cluster *c, struct server *s);
void check_outcome(struct cluster *c, struct server *s,
		   const struct raft_outcome *outcome);
void check_read(struct cluster *c, struct server *s,
		const struct raft_read *read);
void check_status(struct cluster *c, struct server *s);
void check_proposed(struct cluster *c, struct server *s,
		    struct raft_entry_id first, size_t count);
/** All that was told holds, at the end. */
void check_all(struct cluster *c);
/** Of the log; NULL: none. */
const uint8_t *log_configuration(const struct log *log, uint64_t below,
				 size_t *length);
struct raft_entry_id log_name(const struct log *log, uint64_t index);

#endif

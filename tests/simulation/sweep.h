/*
 * Trials of the library under random faults: what the files of sweep share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     sweep.c    which trials
 *     jobs.c     the processes that run them, and what came of them
 *     trial.c    one of them
 *     healthy.c  one without faults (healthy.h)
 *     upgrade.c  one in which servers get another build (upgrade.h)
 *     faults.c   what goes wrong in it
 *     members.c  who comes and goes
 *     builds.c   which modules its nodes have
 *     record.c   the trial as a scenario
 *     explain.c  one that failed, as a small scenario
 */
#ifndef OUTRIGGER_TESTS_SWEEP_H
#define OUTRIGGER_TESTS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "assists/sim/base/random.h"
#include "assists/sim/sim.h"
#include "raft/raft.h"

#define BUILDS_MAX 256
#define JOBS_MAX 256
#define SEED_MAX UINT64_C(1000000000000)
#define SECOND UINT64_C(1000000)
#define ELECTION_US (SECOND / 2)

struct build {
	char name[160];
	/** What its nodes become in an upgrade, of which `name` has both; "":
	 *  it is none. */
	char next[80];
	/** Each node has another subset of the modules; in an upgrade, one at
	 *  first and one then. */
	bool mixed;
};

/** Read a list by commas (sweep.c), or end the program; for upgrades: FROM:TO, mixed,
 *  or each of a list to each. Returns how many. */
size_t builds_parse(struct build *builds, const char *list, bool upgrades);
/** The modules that its nodes have first, and next. */
uint64_t build_first(const struct build *build);
uint64_t build_next(const struct build *build);

#define NODES_MAX 8

struct trial {
	const struct build *build;
	/** The modules of each node, first and next, counted from 0. */
	uint64_t first[NODES_MAX];
	uint64_t next[NODES_MAX];
	uint64_t seed;
	/** Nothing is broken (healthy.c). */
	bool healthy;
	/** Servers get another build (upgrade.c). */
	bool upgrade;
	/** Of faults, or of health, in virtual time. */
	uint64_t seconds;
	bool traced;
	struct sim_random random;
	struct raft_sim *sim;
	uint32_t nodes;
	/** The first of them, in the first and the last configuration. */
	uint32_t voters;
	/** Its disk was lost, and a configuration may still name the server
	 *  that it was; 0: none. */
	uint32_t lost;
	/** A change of members that waits for a leader; NULL: none. */
	void (*change)(struct trial *);
	/** Where it is written down as a scenario; NULL: nowhere. */
	FILE *record;
	uint64_t recorded_at;
};

/** How long nothing could be written: how many trials had an outage of so many
 *  tenths of an election timeout at worst; the last: of as many or more. */
#define OUTAGE_TENTHS 400

/** What came of trials. */
struct tally {
	uint64_t runs;
	uint64_t failed;
	uint64_t acks;
	uint64_t reads;
	/** Leaders' snapshots that state machines were loaded from. */
	uint64_t snapshots;
	/** Changes of members that were committed. */
	uint64_t changes;
	uint32_t outages[OUTAGE_TENTHS];
};

/** Make its world: trace, modules. */
void trial_create(struct trial *trial, struct raft_sim_options *options);

/** A node has these modules from its next start on. */
void trial_set_build(struct trial *trial, uint32_t node, uint64_t mask);

/** All is mended, and must work in time. Returns what does not; NULL: all
 *  does. */
const char *trial_recover(struct trial *trial);

/** Run it and add to the tally. False: it failed, and is told on the standard
 *  output. */
bool trial_run(struct trial *trial, struct tally *tally);

/** Where a trial that fails is written down: a line of the setting, as printf;
 *  a hook for the world's verbs; the end, by what went wrong. */
void record_setting(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void record_verb(void *context, uint64_t now, const char *statement);
void record_end(struct trial *trial, const char *error);

/** Run a trial that fails again, as a scenario, make that smaller, and say it on
 *  the standard output. */
void explain(const struct trial *trial);

/** All trials that were asked for: each seed with each build. */
struct sweep {
	struct build builds[BUILDS_MAX];
	size_t build_count;
	/** What its trials have in common. */
	struct trial trial;
	uint64_t seed;
	uint64_t seeds;
	/** When no trial begins any more, in seconds of CLOCK_MONOTONIC; 0:
	 *  with the last seed. */
	uint64_t until;
	uint64_t jobs;
	/** Only trials shard, shard + shards, ... are this process's. */
	uint64_t shard;
	uint64_t shards;
};

/** Run them in so many processes and say what came of them. False: a trial
 *  failed. */
bool jobs_run(const struct sweep *sweep);

/** A draw from 0..most. */
uint64_t draw(struct trial *trial, uint64_t most);

/** Something breaks, is mended, or is asked of the group. */
void fault_happens(struct trial *trial);

/** Everything is mended, everybody runs. */
void faults_heal(struct trial *trial);
/** But for one node that stays down; 0: none. */
void faults_heal_but(struct trial *trial, uint32_t down);

/** A node or two come, go, or change their role: soon. */
void members_change(struct trial *trial);
/** The voters become others: soon. */
void members_exchange(struct trial *trial);
/** The present leader, if there is one, is asked for the change that waits. */
void members_ask(struct trial *trial);
void members_lose_disk(struct trial *trial);
/** The leader is asked for the voters of the beginning. True: they are. */
bool members_return(struct trial *trial);

#endif

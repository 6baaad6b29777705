/*
 * Trials of a group in which nothing is broken: what their files share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     healthy.c  one of them: what is asked of the group, and what is looked at
 *     shape.c    what it is made of, drawn from the seed
 *     bounds.c   what a group of that shape keeps to, and why
 */
#ifndef OUTRIGGER_TESTS_HEALTHY_H
#define OUTRIGGER_TESTS_HEALTHY_H

#include "tests/simulation/sweep.h"

#define MILLISECOND UINT64_C(1000)
#define SERVERS_MAX 8
#define REGIONS_MAX 3

/** Something asked of the group again and again. */
struct load {
	/** On average; 0: never. */
	uint64_t every_us;
	/** So many at once. */
	uint64_t count;
	/** Of an entry. */
	uint64_t bytes;
};

/** What a trial is made of. */
struct shape {
	/** Which region a server is in; position n - 1 is server n. */
	uint32_t regions;
	uint32_t region[SERVERS_MAX];
	/** The longest time that a message takes from one region to another, or
	 *  within one. */
	uint64_t away_us[REGIONS_MAX][REGIONS_MAX];
	/** Parts per million by which one may be faster. */
	uint32_t jitter;
	uint32_t loss;
	/** No message overtakes another. */
	bool ordered;
	/** The slowest disk's longest write. */
	uint64_t disk_us;
	uint64_t election_us;
	/** As the library uses it. */
	uint64_t heartbeat_us;
	uint64_t notice_us;
	/** Options; as the library uses them. */
	uint64_t in_flight;
	uint64_t batch;
	uint64_t entries_max;
	uint64_t bytes_max;
	/** Of the payload of a message; 0: no limit. */
	uint64_t message_bytes;
	struct load writes;
	struct load bursts;
	struct load reads;
	/** One at each follower and learner. */
	struct load reads_elsewhere;
	/** Handing over, changes of members, snapshots. */
	struct load life;
};

/** What a group with this leader keeps to. */
struct bounds {
	/** Of server n at position n - 1. */
	uint64_t lag_us[SERVERS_MAX];
	struct raft_sim_limits limits;
};

/** A trial under way. */
struct health {
	struct trial *trial;
	struct shape shape;
	struct bounds bounds;
	/** Whom the present limits suppose to lead, and in which term. */
	uint32_t leader;
	/** Servers that are members. */
	uint64_t members;
	/** Since when messages are counted, and what was asked until then. */
	uint64_t counted_from;
	uint64_t writes_before;
	uint64_t reads_before;
	/** What is wrong. */
	char error[160];
};

/** Run a trial. Returns what is wrong; NULL: nothing is. */
const char *healthy_run(struct trial *trial, struct health *health);
/** Put it into words. */
const char *healthy_say(struct health *health, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Draw it, make its world, and start its servers. */
void shape_draw(struct health *health);
/** The longest that a message takes there and back. */
uint64_t
shape_round_trip(const struct shape *shape, uint32_t one, uint32_t other);

/** Of the largest entry. */
uint64_t shape_entry_bytes(const struct shape *shape);
/** So many appends at least come to something in a round. */
uint64_t shape_window(const struct shape *shape);

/** What the group keeps to while that server leads. */
void bounds_of(struct health *health, uint32_t leader);
/** How long a burst takes to leave, in rounds of that time. */
uint64_t bounds_burst(const struct shape *shape, uint64_t round);
/** How long a transfer takes. */
uint64_t
bounds_transfer(const struct health *health, uint32_t leader, uint32_t to);
/** How long it takes until a change of members is done and told to everybody,
 *  or, once nothing new is asked, until everybody has everything. */
uint64_t bounds_settling(const struct health *health);
/** So many messages a group may send in a time in which so much was asked. */
uint64_t bounds_messages(const struct health *health, uint64_t elapsed,
			 uint64_t writes, uint64_t reads);

#endif

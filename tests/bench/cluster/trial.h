/*
 * A trial: one contender as three servers, each a process with a folder of its own,
 * under one load. What a contender is, it says itself (struct contender); the rest is
 * the same for all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_BENCH_CLUSTER_TRIAL_H
#define TESTS_BENCH_CLUSTER_TRIAL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define TRIAL_SERVERS 3
/** Of an entry. */
#define TRIAL_BYTES 128
#define TRIAL_IN_FLIGHT_MAX 4096
/** Of a snapshot's state. */
#define TRIAL_STATE_BYTES 65536

struct trial {
	/** The servers' folders are in it. */
	char folder[PATH_MAX - 32];
	/** Entries, by the leader's process. */
	unsigned int in_flight;
	uint64_t measured_ns;
	/** Entries between snapshots; 0: there are none. */
	unsigned int snapshot_every;
	/** What is added to each sync of these servers, by their bits. */
	unsigned int slow_ms;
	unsigned int slow;
	/** Each way to and from so many servers, the last ones: 3, or 2 and 3. */
	unsigned int far_ms;
	unsigned int far;
	/** Over TLS, if the contender knows it. */
	bool secure;
	/** What is durable is made so in the loop, if the contender has a thread for
	 *  that. */
	bool in_loop;
	/** The leader is killed; timeouts are the defaults. A load of one in every
	 *  server, which is tried each millisecond. */
	bool failover;
	/** Where each listens, and where those that are far seem to. */
	uint16_t ports[TRIAL_SERVERS];
	uint16_t relays[TRIAL_SERVERS];
	/** Where struct told is written to. */
	int out;
};

/** What a server's process says: that its first entry is committed, or that what
 *  counts has begun; then what was measured. */
struct told {
	uint64_t id;
	/** By trial_now(). */
	uint64_t when;
	uint64_t entries;
	/** Of this server alone. */
	uint64_t syncs;
	double p50_us;
	double p99_us;
	double p999_us;
};

/** What each program defines for itself. */
struct contender {
	const char *name;
	/** Take part as this server, until killed, with the load (load.h) as soon
	 *  as it leads. Server 1 is to lead, unless it is about fail-over. */
	void (*take_part)(const struct trial *trial, uint64_t id);
	/** Once, before the servers are there, if it is over TLS; NULL: TLS is not
	 *  known. */
	void (*make_secure)(void);
	/** It has a thread for the disk, and can do without. */
	bool has_thread;
	/** It has a leader that can be replaced, and takes snapshots. */
	bool is_raft;
};

extern const struct contender contender;

/** Nanoseconds of CLOCK_MONOTONIC. */
uint64_t trial_now(void);

/** The port of `to`, as `from` has to see it. */
uint16_t trial_port(const struct trial *trial, uint64_t from, uint64_t to);

/** The folder of a server, which is there. It lives until this is called again. */
const char *trial_folder(const struct trial *trial, uint64_t id);

/** The server has made its files: from now on its disk is as slow as is asked for. */
void trial_ready(const struct trial *trial, uint64_t id);

#endif

/*
 * A group of three servers, each a process with the node driver, a log in memory
 * and a transport: what its leader commits.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_BENCH_GROUP_H
#define TESTS_BENCH_GROUP_H

#include <stdbool.h>

struct group_figures {
	/** Committed, as the leader reports. */
	double entries_per_second;
	/** Of all three. */
	double cpu_us;
};

/** Entries of so many bytes, so many of them in flight, over TLS or plain TCP.
 *  The program ends if that fails. */
struct group_figures group_measure(bool secure, unsigned int bytes,
				   unsigned int in_flight, double seconds);

#endif

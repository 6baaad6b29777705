/*
 * The load that the process of a leader keeps: so many entries in flight, each new
 * one in the place of one that was acknowledged; and what is measured of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A contender proposes what load_wanted() says, once a turn of its loop and all of it
 * at once, and reports what has ended, in the order in which it was proposed. When
 * what is asked for was measured, the process is told to do nothing more: load_done()
 * does not return.
 */
#ifndef TESTS_BENCH_CLUSTER_LOAD_H
#define TESTS_BENCH_CLUSTER_LOAD_H

#include "tests/bench/cluster/trial.h"

struct load;

/** Of server `id`. */
struct load *load_create(const struct trial *trial, uint64_t id);

/** How many entries are to be proposed now. */
unsigned int load_wanted(const struct load *load);

/** So many were. */
void load_proposed(struct load *load, unsigned int count);

/** The oldest so many are committed. */
void load_done(struct load *load, uint64_t count);

/** Of the oldest so many nothing will be heard: there is another leader. That is an
 *  error unless leaders are killed. */
void load_lost(struct load *load, uint64_t count);

#endif

/*
 * A relay that makes servers far away: what is sent over it arrives later.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_BENCH_CLUSTER_RELAY_H
#define TESTS_BENCH_CLUSTER_RELAY_H

#include "tests/bench/cluster/trial.h"

/** Pass on what comes for each server and what it answers, so much later each way,
 *  until killed. */
void relay_run(const struct trial *trial);

#endif

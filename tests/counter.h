/*
 * The program of demos/counter, but for its beginning, for tests of its machine: whoever
 * includes this has `machine`, and snapshots without a file and a thread.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_COUNTER_H
#define OUTRIGGER_TESTS_COUNTER_H

#include "tests/snapshot.h"

#define raft_server_write snapshot_put
#define raft_server_take snapshot_take
#define main counter_main
int counter_main(int argc, char **argv);
#include "demos/counter/counter.c"
#undef main
#undef raft_server_take
#undef raft_server_write

#endif

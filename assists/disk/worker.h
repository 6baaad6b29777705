/*
 * A thread that does one piece of work at a time, so that its owner's need not wait.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_DISK_WORKER_H
#define OUTRIGGER_DISK_WORKER_H

#include <stdbool.h>

struct worker;

/** Begin it. It does a piece by `carry_out`, and each time that one is done it calls
 *  `wake`, which has returned before anybody is told of it. NULL: see errno. */
struct worker *
raft__worker_create(void (*carry_out)(void *piece), void (*wake)(void *context),
		    void *context);

/** Have it do a piece, which is the worker's until it is done. It has none. */
void raft__worker_hand(struct worker *worker, void *piece);

/** Whether it has none, having done it. */
bool raft__worker_is_done(struct worker *worker);

/** Wait until it has done its piece, and end it. NULL is allowed. */
void raft__worker_destroy(struct worker *worker);

#endif

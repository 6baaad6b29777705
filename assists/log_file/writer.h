/*
 * A thread that does one piece of work at a time, so that its owner's need not wait.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_WRITER_H
#define OUTRIGGER_LOG_FILE_WRITER_H

#include "assists/log_file/work.h"

struct writer;

/** Begin it. Each time that a piece is done it calls `wake`, which has returned
 *  before anybody is told of it. NULL: see errno. */
struct writer *
raft__writer_create(void (*wake)(void *context), void *context);

/** Have it do a piece, which is the writer's until it is done. It has none. */
void raft__writer_hand(struct writer *writer, struct work *work);

/** Whether it has none, having done it. */
bool raft__writer_is_done(struct writer *writer);

/** Wait until it has done its piece, and end it. NULL is allowed. */
void raft__writer_destroy(struct writer *writer);

#endif

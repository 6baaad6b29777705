/*
 * A socket that listens at HOST:PORT.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_METRICS_LISTEN_H
#define OUTRIGGER_METRICS_LISTEN_H

#include <stddef.h>

/** The socket, or -1, and `error` (of `size` bytes) says why. */
int raft__metrics_listen(const char *address, char *error, size_t size);

#endif

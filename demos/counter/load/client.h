/*
 * A client of one server: a connection on which lines are said and answered.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_CLIENT_H
#define OUTRIGGER_COUNTER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/** How long a server may take to connect or to answer: longer than it waits for a
 *  leader. */
#define CLIENT_PATIENCE_S 8

/** A socket to HOST:PORT, or -1 with errno set. */
int client_dial(const char *place);

/** Say a line and wait for its answer, which gets no newline. False: none came,
 *  with errno set; the server may have acted all the same. */
bool client_ask(int socket, const char *line, char *answer, size_t size);

#endif

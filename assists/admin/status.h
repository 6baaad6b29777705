/*
 * How it is with a server, as JSON.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_ADMIN_STATUS_H
#define OUTRIGGER_ADMIN_STATUS_H

#include <jansson.h>

#include "assists/server/server.h"

/** A text, whatever its bytes are. NULL: out of memory. */
json_t *raft__admin_text(const char *text);

/** The answer to a request for it. NULL: out of memory. */
json_t *raft__admin_status(const struct raft_server *server);

#endif

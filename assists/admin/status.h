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

/* What it is made of, each NULL where memory has run out. */

/** One of the members, of a server whose status this is. */
json_t *raft__admin_member(const struct raft_server_status *status,
			   const struct raft_server_member *member);
/** The whole, with the members' list, which it takes. `drift` is the configuration's
 *  clock drift; 0: no leases. */
json_t *raft__admin_tell(const struct raft_server_status *status,
			 uint32_t drift, json_t *list);

#endif

/*
 * What an operator asks for.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_ADMIN_REQUEST_H
#define OUTRIGGER_ADMIN_REQUEST_H

#include <jansson.h>

#include "assists/server/server.h"

/** Seconds that a request may take. */
#define ADMIN_TIMEOUT_MAX 86400
#define ADMIN_TIMEOUT 60

enum admin_verb {
	ADMIN_STATUS = 1,
	ADMIN_CHANGE,
	ADMIN_STEP_DOWN,
	ADMIN_SNAPSHOT,
	ADMIN_RELOAD,
	ADMIN_METRICS,
};

struct admin_request {
	enum admin_verb verb;
	/** Of ADMIN_CHANGE and ADMIN_STEP_DOWN. Its address is `place`. */
	struct raft_server_change change;
	char place[RAFT_ADDRESS_BYTES_MAX + 1];
	uint64_t timeout_us;
};

/** Room for a sentence about a request. */
#define ADMIN_WHY_BYTES 256

/** Read a line, without its newline. False: it is none, and `why` is a sentence. */
bool raft__admin_read(const char *line, size_t length,
		      struct admin_request *request, char why[ADMIN_WHY_BYTES]);

#endif

/*
 * Commands, as entries have them: a byte for the kind, then, of one of a session,
 * its session and sequence, then the program's bytes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	 0   1  kind
 *	 1   8  session           little endian; of COMMAND_ONCE alone
 *	 9   8  sequence
 */
#ifndef OUTRIGGER_SERVER_COMMAND_H
#define OUTRIGGER_SERVER_COMMAND_H

#include <stdbool.h>

#include "raft/raft.h"

enum command_kind {
	COMMAND_PLAIN = 1,
	COMMAND_ONCE = 2,
	COMMAND_REGISTER = 3,
};

/** What stands before the program's bytes, at most. */
#define COMMAND_HEADER_BYTES 17

struct command {
	enum command_kind kind;
	uint64_t session;
	uint64_t sequence;
	const void *data;
	size_t length;
};

/** As a payload, held once. False: out of memory. */
bool raft__command_encode(const struct command *command,
			  struct raft_payload *payload);

/** Its data points into the bytes. False: no command of this version. */
bool
raft__command_decode(const void *bytes, size_t length, struct command *command);

/** The bytes as a payload, held once. False: out of memory. */
bool raft__command_copy(const void *bytes, size_t length,
			struct raft_payload *payload);

#endif

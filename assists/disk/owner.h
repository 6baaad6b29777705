/*
 * Whose files those of the assists are.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A log, and the snapshots beside it, are of one server of one cluster in one
 * life. The files say so, and whoever opens them says whose they must be, so
 * that a server never takes up another one's.
 */
#ifndef OUTRIGGER_DISK_OWNER_H
#define OUTRIGGER_DISK_OWNER_H

#include "raft/raft.h"

/** Who owns them. */
struct raft_owner {
	/** The same for all members of one cluster; drawn at random. */
	uint8_t cluster[16];
	/** The server, and which of its lives. */
	struct raft_identity self;
};

#endif

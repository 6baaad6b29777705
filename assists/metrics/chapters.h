/*
 * The chapters of the text, each by what it is about.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * docs/metrics.md has a table of all families: a test compares them.
 */
#ifndef OUTRIGGER_METRICS_CHAPTERS_H
#define OUTRIGGER_METRICS_CHAPTERS_H

#include <stdio.h>

#include "assists/server/measures.h"
#include "assists/server/server.h"

/** What all chapters are made of. */
struct facts {
	struct raft_server_status status;
	struct raft_server_measures measures;
	/** The other members. */
	struct raft_server_member *peers;
	size_t peer_count;
	/** What the member has dropped, */
	uint64_t dropped[RAFT_COUNTER_COUNT];
	/** and what its transport has counted, if it has one. */
	bool has_transport;
	uint64_t network[RAFT_LINK_COUNTER_COUNT];
};

/** All of them. */
void raft__metrics_write(FILE *text, const struct facts *facts);

/** The network, and what was dropped. */
void raft__metrics_network(FILE *text, const struct facts *facts);
/** The other members. */
void raft__metrics_peers(FILE *text, const struct facts *facts);

#endif

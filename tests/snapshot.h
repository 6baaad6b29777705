/*
 * Snapshots of a server's machine in memory, without a server: its machine writes them
 * by snapshot_put() and reads them by snapshot_take(), in the place of the kit's functions.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_SNAPSHOT_H
#define OUTRIGGER_TESTS_SNAPSHOT_H

#include <string.h>

#include "assists/server/server.h"

struct raft_server_sink {
	void (*put)(void *to, const void *bytes, size_t length);
	void *to;
};

struct raft_server_source {
	const uint8_t *at;
	size_t left;
};

/** As raft_server_write(). */
static inline bool
snapshot_put(struct raft_server_sink *sink, const void *bytes, size_t length)
{
	sink->put(sink->to, bytes, length);
	return true;
}

/** As raft_server_take(). */
static inline size_t
snapshot_take(struct raft_server_source *source, void *bytes, size_t length)
{
	if (length > source->left)
		length = source->left;
	if (length > 0)
		memcpy(bytes, source->at, length);
	source->at += length;
	source->left -= length;
	return length;
}

#endif

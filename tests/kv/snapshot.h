/*
 * Snapshots of demos/kv in memory, without a server: for tests of its keys.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_KV_SNAPSHOT_H
#define OUTRIGGER_TESTS_KV_SNAPSHOT_H

#include "demos/kv/keys.h"
#include "tests/snapshot.h"

bool
raft_server_write(struct raft_server_sink *sink, const void *bytes,
		  size_t length)
{
	return snapshot_put(sink, bytes, length);
}

size_t
raft_server_take(struct raft_server_source *source, void *bytes, size_t length)
{
	return snapshot_take(source, bytes, length);
}

#endif

/*
 * The program of demos/counter, but for its beginning, for tests of its machine: whoever
 * includes this has `machine`, and snapshots without a file and a thread.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_COUNTER_H
#define OUTRIGGER_TESTS_COUNTER_H

#include "assists/server/server.h"

struct raft_server_sink {
	void (*put)(void *to, const void *bytes, size_t length);
	void *to;
};

struct raft_server_source {
	const uint8_t *at;
	size_t left;
};

static bool
put_bytes(struct raft_server_sink *sink, const void *bytes, size_t length);
static size_t
take_bytes(struct raft_server_source *source, void *bytes, size_t length);

#define raft_server_write put_bytes
#define raft_server_take take_bytes
#define main counter_main
int counter_main(int argc, char **argv);
#include "demos/counter/counter.c"
#undef main
#undef raft_server_take
#undef raft_server_write

static bool
put_bytes(struct raft_server_sink *sink, const void *bytes, size_t length)
{
	sink->put(sink->to, bytes, length);
	return true;
}

static size_t
take_bytes(struct raft_server_source *source, void *bytes, size_t length)
{
	if (length > source->left)
		length = source->left;
	memcpy(bytes, source->at, length);
	source->at += length;
	source->left -= length;
	return length;
}

#endif

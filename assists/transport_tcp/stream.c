/*
 * The stream that changes nothing (stream.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/transport_tcp/stream.h"

static bool
begin(const struct raft_stream *stream, struct raft_link *link)
{
	(void)stream;
	(void)link;
	return true;
}

/* A refusal is still owed to the other side. */
static size_t
last_words(struct raft_link *link, struct raft_span *spans, size_t room)
{
	return link->hello_owed ? raft__link_output(link, spans, room) : 0;
}

static void
end(struct raft_link *link)
{
	(void)link;
}

static void
watch(const struct raft_stream *stream)
{
	(void)stream;
}

const struct raft_stream raft__stream_plain = {
	.begin = begin,
	.room = raft__link_room,
	.received = raft__link_received,
	.output = raft__link_output,
	.written = raft__link_written,
	.last_words = last_words,
	.end = end,
	.watch = watch,
};

/*
 * A stream: what the bytes of a link go through on their way to and from its
 * socket. TCP alone passes them on as they are (stream.c); TLS makes records of
 * them (assists/transport_tls).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Like a link, a stream knows no socket. The functions stand for those of
 * link.h of the same name and speak of the bytes on the network's side; what a
 * stream keeps for a link is link->stream. All but begin and watch are called
 * between begin and end.
 */
#ifndef OUTRIGGER_STREAM_H
#define OUTRIGGER_STREAM_H

#include "assists/transport_tcp/link.h"

struct raft_stream {
	/** What was altered on the way, by accident or malice, is not received:
	 *  frames need no checksum of their own. */
	bool seals;
	/** The link has begun. False: out of memory. */
	bool (*begin)(const struct raft_stream *stream, struct raft_link *link);
	struct raft_span (*room)(struct raft_link *link);
	enum raft_link_counter (*received)(struct raft_link *link,
					   size_t length, uint64_t now);
	/** It may end the link, and returns 0 then. */
	size_t (*output)(struct raft_link *link, struct raft_span *spans,
			 size_t room);
	void (*written)(struct raft_link *link);
	/** What to say before the connection ends; nothing is being written. As
	 *  output, and never called again. */
	size_t (*last_words)(struct raft_link *link, struct raft_span *spans,
			     size_t room);
	/** Let go of link->stream; nothing will be read or written. */
	void (*end)(struct raft_link *link);
	/** Time has passed: called as often as raft__link_watch. It may end
	 *  links. */
	void (*watch)(const struct raft_stream *stream);
};

/** Bytes as they are. */
extern const struct raft_stream raft__stream_plain;

#endif

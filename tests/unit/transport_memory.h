/*
 * Two sites that meet again and again while memory runs out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_TRANSPORT_MEMORY_H
#define OUTRIGGER_TESTS_TRANSPORT_MEMORY_H

#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/transport.h"

/** Each has a connection to the other. */
static bool
have_met(const struct site *one, const struct site *two)
{
	return is_open_both(one, two->id) && is_open_both(two, one->id);
}

static void
keep_none(struct site *site, uint64_t peer)
{
	raft_tcp_peer_remove(site->tcp, peer);
	raft__buffers_close(site->tcp->rules.buffers);
	site->tcp->rules.buffers = raft__buffers_create(0);
	assert_non_null(site->tcp->rules.buffers);
}

/** From now on no buffer waits to be used again: each is allocated. They do not know each
 *  other any more. */
static void
keep_no_buffers(struct site *one, struct site *two)
{
	keep_none(one, two->id);
	keep_none(two, one->id);
}

#endif

/*
 * The names of what is counted (counters.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/transport_tcp/counters.h"

static const char *const names[RAFT_LINK_COUNTER_COUNT] = {
	"OK",
#define NAME(name, text) #name,
	RAFT_LINK_ENDS(NAME) RAFT_LINK_TRAFFIC(NAME)
#undef NAME
};

static const char *const texts[RAFT_LINK_COUNTER_COUNT] = {
	"the connection goes on",
#define TEXT(name, text) text,
	RAFT_LINK_ENDS(TEXT) RAFT_LINK_TRAFFIC(TEXT)
#undef TEXT
};

const char *
raft_link_counter_name(enum raft_link_counter counter)
{
	return (unsigned)counter < RAFT_LINK_COUNTER_COUNT ? names[counter]
							   : "?";
}

const char *
raft_link_counter_text(enum raft_link_counter counter)
{
	return (unsigned)counter < RAFT_LINK_COUNTER_COUNT ? texts[counter]
							   : "?";
}

/*
 * Who is in a cluster, as one server tells it to whoever asks: a line of text.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *   ok cluster=HEX index=N nodes=LIST incarnations=HEX,... voting=ID,...
 *      joining=ID,... standing-in=ID,...
 *
 * in one line. LIST is as a person writes it, the incarnations are in its order,
 * and joining and standing-in are "-" if nobody is.
 */
#ifndef OUTRIGGER_COUNTER_ROSTER_H
#define OUTRIGGER_COUNTER_ROSTER_H

#include "assists/transport_tcp/transport_tcp.h"
#include "demos/counter/servers.h"

/** Room for it. */
#define ROSTER_BYTES (SERVERS_MAX * (PLACE_BYTES + 48) + 192)

struct roster {
	uint8_t cluster[RAFT_TCP_CLUSTER_BYTES];
	/** Of the configuration, which rises. */
	uint64_t index;
	struct servers servers;
};

void roster_print(const struct roster *roster, char text[ROSTER_BYTES]);

/** False: it is none. All servers of one that was read are voters. */
bool roster_parse(const char *text, struct roster *roster);

/** Ask a server for it, over a blocking socket, and say which server asks; NULL:
 *  none. False, with errno set: it told none. */
bool roster_ask(const char *host, uint16_t client_port,
		const struct server *asking, struct roster *roster);

#endif

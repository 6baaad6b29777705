/*
 * The servers of a cluster and where they are, as a person writes them
 * (1=HOST:PORT:CLIENT-PORT,2=...) and as configurations have them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_SERVERS_H
#define OUTRIGGER_COUNTER_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

#define SERVERS_MAX 9
/** A name of the DNS, or an address. */
#define HOST_BYTES 254
/** HOST:PORT:CLIENT-PORT, with the NUL. */
#define PLACE_BYTES (HOST_BYTES + 12)

struct server {
	/** The incarnation is 0 until its log has been made. */
	struct raft_identity identity;
	char host[HOST_BYTES];
	/** For the other servers. */
	uint16_t port;
	/** For people and programs that count. */
	uint16_t client_port;
	/** Of a list that a person wrote: a voter. */
	enum raft_member_role role;
	/** What it wishes while it has no vote, as in struct raft_member. */
	bool promotes;
	uint32_t stands_in_us;
};

/** In the order of their ids. */
struct servers {
	struct server list[SERVERS_MAX];
	size_t count;
};

/** Read a comma-separated list. NULL, or what is wrong with it (static). */
const char *servers_parse(const char *text, struct servers *servers);

/** Write such a list. */
void servers_print(const struct servers *servers, char *text, size_t size);

/** Room for a joining server's line, and how long its patience may be. */
#define JOINING_BYTES (PLACE_BYTES + 64)
#define STANDS_IN_S_MAX (RAFT_STANDS_IN_US_MAX / 1000000)

/** Read ID=HOST:PORT:CLIENT-PORT INCARNATION, perhaps with: stands-in S. Without
 *  that the server wishes to vote. NULL, or what is wrong with it (static). The
 *  text is cut up. */
const char *joining_parse(char *text, struct server *server);

/** Write such a line. */
void joining_print(const struct server *server, char text[JOINING_BYTES]);

/** Servers first, first + 1, ... on 127.0.0.1, each on two ports that are free. */
void servers_on_loopback(uint64_t first, size_t count, struct servers *servers);

/** NULL: nobody has this id. */
const struct server *servers_find(const struct servers *servers, uint64_t id);

/** As a member of a configuration, whose address is written to `place`. */
void server_to_member(const struct server *server, struct raft_member *member,
		      char place[PLACE_BYTES]);

/** As the members of a configuration: `members` has room for SERVERS_MAX, and
 *  their addresses are written to `places`. */
void servers_to_members(const struct servers *servers,
			struct raft_member *members,
			char places[SERVERS_MAX][PLACE_BYTES]);

/** From a configuration. False: not one that we wrote. */
bool servers_from_configuration(const struct raft_configuration *configuration,
				struct servers *servers);

/** The same, from one that the log held. */
bool servers_from_stored(const struct raft_stored_configuration *stored,
			 struct servers *servers);

/** HOST:PORT, with or without the brackets of an IPv6 address. False: it is
 *  none. */
bool place_parse(const char *text, char host[HOST_BYTES], uint16_t *port);

#endif

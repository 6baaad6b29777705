/*
 * Where a server is: HOST:PORT or unix:/PATH, and the text that goes beside it in
 * configurations.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_ADDRESS_H
#define OUTRIGGER_SERVER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

/** A name of the DNS, or an address, with the NUL. */
#define HOST_BYTES 254
/** Room for HOST:PORT, a blank and a note, with the NUL. */
#define PLACE_BYTES (RAFT_ADDRESS_BYTES_MAX + 1)

struct address {
	/** As raft_tcp takes it. */
	char host[HOST_BYTES];
	/** 0 of a Unix socket. */
	uint16_t port;
};

/** What a text is that can be read. */
#define ADDRESS_FORMS                                                          \
	"HOST:PORT, with an IPv6 address in brackets, or unix:/PATH"

/** Read one, up to a blank or the end. False: it is none. */
bool raft__address_parse(const char *text, struct address *address);

/** Read HOST:PORT and nothing else: no path, and no note. False: it is none. */
bool raft__address_parse_port(const char *text, struct address *address);

/** What stands behind the first blank; "" if there is none. */
const char *raft__address_note(const char *place);

/** The bytes of a member's address as a text. False: they are none of ours, and
 *  the text is empty. */
bool raft__address_of_member(const struct raft_member *member,
			     char place[PLACE_BYTES]);

/** Read ID=PLACE, the place up to a comma or the end, and go on behind it. NULL, or
 *  what is wrong (static). */
const char *
raft__address_listed(const char **text, uint64_t *id, char place[PLACE_BYTES]);

#endif

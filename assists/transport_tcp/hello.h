/*
 * The hello: what both ends of a link say of themselves before anything else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Little endian. These 64 bytes keep their form in every version, so that any
 * two can tell each other that they do not match.
 *
 *   offset bytes
 *      0     8   "OUTRLINK"
 *      8     4   version of all that follows, RAFT_WIRE_VERSION
 *     12     4   verdict: 0 from a dialer; in an answer 0 is welcome
 *     16    16   cluster
 *     32    16   from (id, incarnation)
 *     48     8   to (id; 0 if it answers what it could not read)
 *     56     4   what the sender can do: 1: it takes notes. Others: not read
 *     60     4   CRC32C of the 60 bytes above
 */
#ifndef OUTRIGGER_HELLO_H
#define OUTRIGGER_HELLO_H

#include "assists/transport_tcp/counters.h"
#include "assists/transport_tcp/link.h"

/** Numbers of the wire. */
enum raft_hello_verdict {
	RAFT_HELLO_WELCOME = 0,
	RAFT_HELLO_VERSION = 1,
	RAFT_HELLO_CLUSTER = 2,
	RAFT_HELLO_MISDIRECTED = 3,
	RAFT_HELLO_STRANGER = 4,
	RAFT_HELLO_IMPOSTOR = 5,
};

/** Bits of what a build can do. One from before there were any says 0. */
enum raft_hello_feature {
	RAFT_HELLO_NOTES = 1,
};

struct raft_hello {
	uint32_t version;
	/** An enum raft_hello_verdict, or another that a later build knows. */
	uint32_t verdict;
	uint8_t cluster[RAFT_CLUSTER_BYTES];
	struct raft_identity from;
	uint64_t to;
	/** Of enum raft_hello_feature, and others of later builds. */
	uint32_t features;
};

void raft__hello_encode(const struct raft_hello *hello, uint8_t *bytes);

/** False: these are not the first bytes of a hello. */
bool raft__hello_begins(const uint8_t *bytes, size_t length);

/** False: these are no hello. */
bool raft__hello_decode(const uint8_t *bytes, struct raft_hello *hello);

#endif

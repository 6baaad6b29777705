/*
 * A network of our own: each node is a network namespace, alone on a cable, and
 * all cables end here.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cable is a TUN device: what a node's kernel sends can be read here, a packet of
 * IP at a time, and what is written here arrives there. So whoever carries the
 * packets decides what becomes of each: a cut loses it before any kernel knows, as
 * a cut cable does, and no connection is told. A latency keeps it for a while.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef OUTRIGGER_WEATHER_NETWORK_H
#define OUTRIGGER_WEATHER_NETWORK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for the address of a node. */
#define NETWORK_ADDRESS_BYTES sizeof("10.77.0.4294967295")

struct network;
struct packet;

/** One direction between two nodes, to be changed at will. */
struct network_link {
	/** What is sent is lost. */
	bool is_cut;
	/** What is sent is kept back until network_release(). */
	bool is_held;
	/** Nothing overtakes. */
	bool in_order;
	/** How long a packet takes. */
	uint64_t least_ns;
	uint64_t most_ns;
	/** Parts per million that are lost, or come twice. */
	uint32_t loss;
	uint32_t duplicate;
	/** When the last one arrives. */
	uint64_t last_due;
	/** What is kept back, in the order in which it was sent. */
	struct packet *held;
	struct packet **held_end;
};

/** Leave the machine's network for good, as root or, without that right, in a
 *  user namespace. False: it cannot be done here, and `error` says why. */
bool network_permit(char *error, size_t size);

/** TCP sends again what was not acknowledged after this at the earliest, where time is
 *  that of the wall. */
#define NETWORK_RESEND_US 200000

/** So many nodes on a quiet network, whose kernels send again after resend_us at the
 *  earliest, if they can be told so. NULL: `error` says why. */
struct network *network_create(uint32_t nodes, uint64_t seed,
			       uint64_t resend_us, char *error, size_t size);
void network_destroy(struct network *network);

/** This process is on that node's machine from now on. */
bool network_enter(const struct network *network, uint32_t node);

/** What others reach a node by. */
void network_address(uint32_t node, char address[NETWORK_ADDRESS_BYTES]);

struct network_link *network_link(struct network *network, uint32_t from,
				  uint32_t to);
/** What was kept back of this direction goes on now. */
void network_release(struct network *network, uint32_t from, uint32_t to);

/** Pull a node's plug, or put it in: nothing comes from it, or gets there. */
void network_plug(struct network *network, uint32_t node, bool is_in);

/** What to wait for, one for each node. */
void network_poll(const struct network *network, struct pollfd *polled);
/** When the next packet arrives; UINT64_MAX: none is on its way. */
uint64_t network_due(const struct network *network);
/** Take what was sent, as they were polled, and deliver what is due. */
void network_carry(struct network *network, const struct pollfd *polled,
		   uint64_t now);

/** Bytes that nodes have sent. */
uint64_t network_bytes(const struct network *network);

#endif

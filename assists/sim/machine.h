/*
 * raft_sim_machine: a state machine of yours on every node of a simulated group.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is what a program gives to raft_node (struct raft_node_machine), how its
 * snapshots are written and loaded, and a digest of its state. A node has one
 * from its start to its crash: a new one, which is loaded from a snapshot if the
 * node's disk has one, and again when a leader sends one.
 *
 * One more, the *model*, is no node's. It never crashes, loads nothing, and is
 * given each committed entry by itself. Whoever has applied as much must have the
 * same digest as the model had then. That is looked at whenever a node has made a
 * machine, has applied entries, has written a snapshot, and has loaded one; a
 * difference is a violation (raft_sim_violation), of the property "machine".
 *
 * So a machine is found out that does not do the same for the same entries,
 * since it looks at a clock, an address, or what else it was not given; that
 * writes or loads less than its state, or adds what it loads to what it had; or
 * that is changed by being written. What its digest leaves out is seen only once
 * it has changed what the digest has.
 *
 * Many of them are in one process, so that none may keep its state in a static
 * variable. docs/testing-your-machine.md makes one, and finds a mistake in it.
 */
#ifndef OUTRIGGER_SIM_MACHINE_H
#define OUTRIGGER_SIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Room for a command, in bytes. */
#define RAFT_SIM_COMMAND_BYTES 4096

/** A state machine of the world's user. */
struct raft_sim_machine {
	/** What raft_node calls, of which `apply` must be there. It applies at
	 *  once: false is a violation. The model is given entries alone, and told
	 *  nothing else. */
	const struct raft_node_machine *functions;
	/** A machine that has applied nothing: the first argument of all
	 *  others. `context` is the last member. */
	void *(*create)(void *context);
	/** Free it. */
	void (*destroy)(void *machine);
	/** Write its state down, by as many calls put(to, ...) as it likes. */
	void (*write)(void *machine,
		      void (*put)(void *to, const void *bytes, size_t length),
		      void *to);
	/** Become what was written, by another machine or by this one; what it was
	 *  before is gone. All of it comes at once. False, which is a violation:
	 *  these are not the bytes of a snapshot. */
	bool (*load)(void *machine, const void *bytes, size_t length);
	/** A number that is the same for equal states, and hardly ever for
	 *  others: raft_sim_digest() helps. */
	uint64_t (*digest)(const void *machine);
	/** Make a command for it out of a random number, and nothing else, in
	 *  RAFT_SIM_COMMAND_BYTES of room. Returns its length; more is a
	 *  violation. It is the payload of a client's write: each has a number of
	 *  its own, and it is made again wherever the write is applied. */
	size_t (*command)(void *context, uint64_t random, void *bytes);
	/** Handed to create and command. */
	void *context;
};

/** The digest of these bytes behind others, of which `before` was the digest, or
 *  0. */
RAFT_API uint64_t raft_sim_digest(uint64_t before, const void *bytes,
				  size_t length);

#ifdef __cplusplus
}
#endif

#endif

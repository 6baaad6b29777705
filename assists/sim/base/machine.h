/*
 * A node's state machine: registers that clients' writes go to, and a chain over
 * all that it was given. It fits in a snapshot of a few parts.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SIM_BASE_MACHINE_H
#define OUTRIGGER_SIM_BASE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

#define SIM_REGISTERS 64

struct sim_machine {
	uint64_t applied;
	/** As of a log: see log.h. */
	uint64_t chain;
	/** How many writes of clients it was given. */
	uint64_t writes;
	/** Register id % SIM_REGISTERS holds the last id written there. */
	uint64_t registers[SIM_REGISTERS];
};

/** A snapshot of it, in bytes: who wrote it down, and the state. Others' bytes may
 *  follow. */
#define SIM_MACHINE_BYTES (8 * (4 + SIM_REGISTERS))

/** The entry is the next one. */
void sim_machine_apply(struct sim_machine *machine,
		       const struct raft_entry *entry);
/** A client's write changes the registers. */
void sim_machine_write(struct sim_machine *machine, uint64_t id);
bool sim_machine_equals(const struct sim_machine *one,
			const struct sim_machine *other);

/** Each writer has bytes of its own for one state, as real state machines may:
 *  parts of two such snapshots make no third. */
void sim_machine_encode(const struct sim_machine *machine, uint64_t writer,
			uint8_t bytes[SIM_MACHINE_BYTES]);
/** False: these are not bytes of a snapshot. */
bool sim_machine_decode(struct sim_machine *machine, const uint8_t *bytes,
			size_t length);

#endif

/*
 * A state machine with one mistake of many, or none: what the simulator should
 * find, and leave alone.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_CELLS_H
#define OUTRIGGER_TESTS_CELLS_H

#include "assists/sim/machine.h"

enum mistake {
	NONE,
	/** A write has what address the machine happens to have. */
	ADDRESS,
	/** A write has how often its process has written. */
	COUNTER,
	/** The last of several entries shown at once is left out. */
	BATCH,
	/** What leads does what others do not. */
	ROLE,
	/** A snapshot lacks the last cell, or the total. */
	WRITES_LESS,
	WRITES_NO_TOTAL,
	/** Taking one ends in another state. */
	WRITING_CHANGES,
	/** A cell that is empty in the snapshot stays as it was. */
	LOAD_ADDS,
	/** The total is not loaded. */
	LOAD_FORGETS,
	/** It refuses its own snapshot. */
	LOAD_REFUSES,
	/** A machine begins with a state of its own. */
	BEGINS_FULL,
	/** It says that it will apply later. */
	LATER,
	/** It ends the process. */
	DIES,
	/** A write has the time at which it is applied. */
	CLOCK,
	/** It never returns. */
	HANGS,
};

/** How often any machine of the process was told something. */
struct cells_told {
	uint64_t applied;
	uint64_t outcomes;
	uint64_t events;
	uint64_t reads;
	uint64_t lost_reads;
};

extern struct cells_told cells_told;

/** The machine with that mistake, which is borrowed. */
struct raft_sim_machine cells_machine(enum mistake *mistake);

#endif

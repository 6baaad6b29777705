/*
 * A disk with weather: each sync of a member's process takes as long as it is told,
 * fails, or hangs.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files are real ones, and so is the log that writes them. Between it and the
 * kernel stand an fsync() and an fdatasync() of this program, which wait, or say that
 * it did not work, and otherwise do what they should. So a member does what it really
 * does when its disk hangs, which is more than to wait for an answer.
 */
#ifndef OUTRIGGER_WEATHER_DISK_H
#define OUTRIGGER_WEATHER_DISK_H

#include <stdatomic.h>
#include <stdint.h>

#include "assists/sim/sim.h"

/** How long a sync takes at least: a number between these. */
struct disk_latency {
	uint32_t least_us;
	uint32_t most_us;
};

/** In memory that the one who tells it and the member share; zeroed, it is well. */
struct disk {
	/** An enum raft_sim_disk. */
	_Atomic int state;
	/** Changed as a whole. */
	_Atomic struct disk_latency latency;
	/** How long the machine's own disk took, at most, since that was looked
	 *  at. */
	_Atomic uint64_t slowest_ns;
};

/** The disk of this process, from now on. */
void disk_use(struct disk *disk);

#endif

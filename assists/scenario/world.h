/*
 * raft_scenario_world: what a scenario happens to.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scenario says what is done to a group, and asks what became of it. All that
 * it does and asks are functions of the simulator, and its world is one unless a
 * request names another: of processes, perhaps, or of machines. Whoever brings
 * one defines a struct raft_sim of their own, which nobody else looks into, and
 * for each function here one that does what sim.h says of raft_sim_NAME.
 *
 * Time is the world's: step() may take as long as the events that it waits for.
 * What a verb sets going may be done after it has returned; the result of one
 * that asks a node is not looked at, only what the world counts of it.
 */
#ifndef OUTRIGGER_SCENARIO_WORLD_H
#define OUTRIGGER_SCENARIO_WORLD_H

#include "assists/sim/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The functions of a world, by their names in sim.h: its life and time; what its
 *  nodes are set up with; lives, disks and clocks; links; what programs and
 *  clients ask; and what is asked of all of it. */
#define RAFT_SCENARIO_WORLD(X)                                                 \
	X(create) X(destroy) X(now) X(step) X(violation) X(note)               \
	X(set_mask) X(set_option) X(set_term) X(set_log)                       \
	X(start) X(crash) X(wipe) X(pause) X(resume)                           \
	X(set_disk) X(set_disk_latency) X(set_clock)                           \
	X(cut) X(heal) X(heal_all) X(link) X(set_link) X(default_link)         \
	X(hold) X(release) X(replay)                                           \
	X(campaign) X(step_down) X(transfer) X(snapshot)                       \
	X(reconfigure) X(add_learners) X(set_leases)                           \
	X(propose) X(read) X(read_bounded) X(client) X(reads_bounded)          \
	X(node) X(role) X(print) X(leader) X(leader_since)                     \
	X(voters) X(learners) X(committed) X(logs_equal)                       \
	X(mark) X(metric) X(lag) X(writes_waiting)

/** One of each. */
struct raft_scenario_world {
#define RAFT_SCENARIO_WORLD_MEMBER(name) __typeof__(raft_sim_##name) *name;
	RAFT_SCENARIO_WORLD(RAFT_SCENARIO_WORLD_MEMBER)
#undef RAFT_SCENARIO_WORLD_MEMBER
};

#ifdef __cplusplus
}
#endif

#endif

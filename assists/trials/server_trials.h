/*
 * raft_server_trials: random faults for the state machine of a program on assists/server.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The machine is the one that raft_server_open() gets, and what is tried is all that the
 * kit does with it: commands, with sessions and without, the answers that sessions keep,
 * freezing, writing and loading. trials.h says what a trial is, and
 * docs/testing-your-machine.md shows one.
 */
#ifndef OUTRIGGER_SERVER_TRIALS_H
#define OUTRIGGER_SERVER_TRIALS_H

#include "assists/server/server.h"
#include "assists/sim/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Room for a command, in bytes. */
#define RAFT_SERVER_TRIALS_COMMAND_BYTES 4000

/** A server's machine, and what trials need beside it. */
struct raft_server_trials {
	/** As the program has it. What it cannot write, since it cannot be frozen or
	 *  `write` returns false, ends the trial's process, and so fails it. */
	const struct raft_server_machine *machine;
	/** A state that has applied nothing, which the machine's functions get as their
	 *  `machine`. Many are in one process: none may be in a static variable. */
	void *(*create)(void *context);
	/** Free it. */
	void (*destroy)(void *state);
	/** Make a command out of a random number, and nothing else, in
	 *  RAFT_SERVER_TRIALS_COMMAND_BYTES of room. Returns its length. Sessions are
	 *  added to it. */
	size_t (*command)(void *context, uint64_t random, void *bytes);
	/** A number that is the same for equal states, and hardly ever for others
	 *  (raft_sim_digest()). NULL: that of the bytes that the machine writes, if
	 *  equal states are equal bytes. */
	uint64_t (*digest)(const void *state);
	/** As the program has them. The sessions are 20, whatever it says, so that most
	 *  of them expire. NULL: the kit's defaults. */
	const struct raft_server_options *options;
	/** Handed to create and command. */
	void *context;
};

/** Fill in what the simulator takes. The trials live as long as it. */
RAFT_API void
raft_server_trials_machine(const struct raft_server_trials *trials,
			   struct raft_sim_machine *machine);

/** raft_trials_main() for a server's machine: all of a program that tests one. */
RAFT_API int raft_server_trials_main(int argc, char **argv,
				     const struct raft_server_trials *trials);

#ifdef __cplusplus
}
#endif

#endif

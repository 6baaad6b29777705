/*
 * raft_trials: random faults, seed after seed, until a state machine of yours does
 * what it should not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A trial is one seed. From it comes a scenario (raft-scenario(5)) of a group that
 * writes while its servers crash, lose their peers, take and send snapshots, come
 * and go; in the end all is mended, everybody starts again, and all must be equal.
 * Each runs in a process of its own, since the machine, the library or a sanitizer
 * may end it, or never return: that is a failure, too. What fails is made as small
 * as it can be while it still fails, for a minute at most; so a test of Bazel's is
 * at least of size "medium".
 *
 * A test of a machine is its functions (assists/sim/machine.h) and
 *
 *     int
 *     main(int argc, char **argv)
 *     {
 *             return raft_trials_main(argc, argv, &machine);
 *     }
 *
 * which docs/testing-your-machine.md shows from the beginning.
 */
#ifndef OUTRIGGER_TRIALS_H
#define OUTRIGGER_TRIALS_H

#include "assists/scenario/scenario.h"
#include "assists/sim/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All of a program that tests a machine: it runs trials, or scenarios from files,
 *  and says what came of them; --help says how. Returns the exit status: 0, 1 if
 *  something failed, 2 for bad usage. */
RAFT_API int raft_trials_main(int argc, char **argv,
			      const struct raft_sim_machine *machine);

/** The scenario of a seed, to be freed. */
RAFT_API char *raft_trial_scenario(uint64_t seed);

/** What came of an attempt. */
struct raft_trial_result {
	/** The statement that did not hold, the property that broke, "the process
	 *  died", or "it does not end". "": nothing of the kind, or it is no
	 *  scenario. */
	char cause[128];
	/** What the run said of it, up to the end of the line. */
	char why[512];
	/** Writes that were acknowledged. */
	uint64_t acks;
	/** State machines that were loaded from a leader's snapshot. */
	uint64_t snapshots;
	/** It was ended, since it took too long. */
	bool is_endless;
};

/** Seconds of a trial: what takes longer never ends. */
#define RAFT_TRIAL_SECONDS 60

/** Run a scenario, which is called `name`, in a process of its own that prints
 *  nothing, and is ended after so many seconds. All of the request counts but for
 *  the scenario, which is this text; nobody is told anything. */
RAFT_API void raft_trial_attempt(const struct raft_scenario_request *request,
				 const char *name, const char *text,
				 unsigned int seconds,
				 struct raft_trial_result *result);

#ifdef __cplusplus
}
#endif

#endif

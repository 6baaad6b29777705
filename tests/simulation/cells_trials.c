/*
 * A test of a state machine as a user writes it, with the mistake of the number in
 * the environment variable MISTAKE.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "assists/trials/trials.h"
#include "tests/simulation/cells.h"

int
main(int argc, char **argv)
{
	const char *number = getenv("MISTAKE");
	enum mistake mistake =
	    number == NULL ? NONE : (enum mistake)atoi(number);
	const struct raft_sim_machine machine = cells_machine(&mistake);

	return raft_trials_main(argc, argv, &machine);
}

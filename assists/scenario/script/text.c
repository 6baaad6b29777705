/*
 * Numbers as a person reads them, the same on every machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/scenario.h"

#include <stdio.h>

void
raft_scenario_print_timeouts(char *text, size_t size, uint64_t us,
			     uint64_t election_us)
{
	unsigned long long tenths;

	if (us == UINT64_MAX) {
		snprintf(text, size, "never");
		return;
	}
	/* Rounded up: a little is not nothing, and a limit kept is kept. */
	tenths = us / election_us * 10 +
		 (us % election_us * 10 + election_us - 1) / election_us;
	snprintf(text, size, "%llu.%lluT", tenths / 10, tenths % 10);
}

void
raft_scenario_print_duration(char *text, size_t size, uint64_t us,
			     uint64_t election_us)
{
	char timeouts[32];

	raft_scenario_print_timeouts(timeouts, sizeof timeouts, us,
				     election_us);
	if (us == UINT64_MAX)
		snprintf(text, size, "%s", timeouts);
	else
		snprintf(text, size, "%s (%llums)", timeouts,
			 (unsigned long long)((us + 999) / 1000));
}

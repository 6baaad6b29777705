/*
 * weather: the world of a scenario in reality: a process for each node, namespaces
 * for their network, files for their disks, and the time on the wall.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scenario speaks of election timeouts. In reality one of them lasts as long as
 * weather_options says, and every other time of the scenario is longer or shorter in
 * the same measure. Nothing else differs: an expectation has no tolerance.
 */
#ifndef OUTRIGGER_WEATHER_H
#define OUTRIGGER_WEATHER_H

#include <stdio.h>
#include <sys/types.h>

#include "assists/scenario/scenario.h"

struct weather_options {
	/** How long the least election timeout is in reality. */
	uint64_t election_us;
	/** Between the nodes there is TLS. */
	bool tls;
	/** A file for what clients did, one operation a line, as
	 *  tests/history/README.md has it; NULL: none. */
	const char *history;
	/** Where a world says, when it is destroyed, that the machine was too busy
	 *  for what is expected of it. */
	FILE *late;
};

/** Once in a process. False: it cannot be had here, and `error` says why. */
bool weather_begin(char *error, size_t size);

/** Whether a scenario is one that reality has no part in: NULL, or why not, *line
 *  being where. */
const char *weather_refusal(const struct raft_scenario *scenario, int *line);

/** In a child that was just forked: have it end when its parent does. False: that one
 *  is dead already. */
bool weather_ends_with(pid_t parent);

/** For the worlds that are made from now on. Borrowed. */
void weather_use(const struct weather_options *options);

/** For struct raft_scenario_request. */
extern const struct raft_scenario_world weather_world;

#endif

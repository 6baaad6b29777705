/*
 * The counter of demos/counter, as the program has it, with the sessions that the kit
 * keeps for it, under random faults.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/trials/server_trials.h"

#define main counter_main
int counter_main(int argc, char **argv);
#include "demos/counter/counter.c"
#undef main

static void *
create(void *context)
{
	(void)context;
	return calloc(1, sizeof(value));
}

static size_t
command(void *context, uint64_t random, void *bytes)
{
	(void)context;
	return (size_t)sprintf(bytes, "%u", (unsigned)random);
}

int
main(int argc, char **argv)
{
	const struct raft_server_trials trials = {
		.machine = &machine,
		.create = create,
		.destroy = free,
		.command = command,
	};

	return raft_server_trials_main(argc, argv, &trials);
}

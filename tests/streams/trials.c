/*
 * The group's state machine of demos/streams, as the program has it, under random faults:
 * whoever has applied the same commands, or loaded what another wrote, has the same
 * catalogue. None of the simulated servers keeps a partition: no server 0 is ever up.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "assists/trials/server_trials.h"
#include "demos/streams/broker.h"

static void *
create(void *context)
{
	(void)context;
	return calloc(1, sizeof(struct broker));
}

/** Numbers of one random number, one after the other. */
static unsigned int
draw(uint64_t *random, unsigned int end)
{
	*random = raft_sim_digest(0, random, sizeof(*random));
	return (unsigned int)(*random % end);
}

/** Of partitions and versions there are few, so that some are meant. */
static size_t
command(void *context, uint64_t random, void *bytes)
{
	static const char *const verbs[] = { "in-sync", "lead", "move",
					     "stay" };
	unsigned int kind = draw(&random, 10), one = 1 + draw(&random, 5);
	unsigned int other = 1 + draw(&random, 5);
	int length;

	(void)context;
	if (kind < 2)
		length = sprintf(bytes, "up %u %u 127.0.0.1:%u", one,
				 draw(&random, 3), 7000 + other);
	else if (kind < 3)
		length = sprintf(bytes, "silent %u %u", one, draw(&random, 3));
	else if (kind < 5)
		length = sprintf(bytes, "topic t%u %u %u", draw(&random, 9),
				 1 + draw(&random, 3), 1 + draw(&random, 3));
	else
		length =
		    sprintf(bytes, "%s %u %u %u %u", verbs[draw(&random, 4)],
			    draw(&random, 6), draw(&random, 12), one, other);
	return (size_t)length;
}

int
main(int argc, char **argv)
{
	const struct raft_server_trials trials = {
		.machine = &broker_machine,
		.create = create,
		.destroy = free,
		.command = command,
	};

	return raft_server_trials_main(argc, argv, &trials);
}

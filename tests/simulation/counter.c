/*
 * The state machine of demos/counter, with its sessions, under random faults.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "assists/trials/trials.h"
#include "demos/counter/state.h"

/** So few that most expire. */
#define SESSIONS 20
/** Commands name sessions that were opened among so many entries. */
#define ENTRIES 1000

static void *
create(void *context)
{
	const struct raft_sessions_options options = { .sessions_max = SESSIONS };
	struct state *state = calloc(1, sizeof(*state));

	(void)context;
	if (state == NULL ||
	    raft_sessions_create(&options, &state->sessions) != RAFT_OK)
		abort();
	return state;
}

static void
destroy(void *machine)
{
	struct state *state = machine;

	raft_sessions_destroy(state->sessions);
	free(state);
}

static bool
apply(void *machine, const struct raft_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)state_apply(machine, &entries[i]);
	return true;
}

static void
write_down(void *machine, void (*put)(void *, const void *, size_t), void *to)
{
	size_t length;
	uint8_t *bytes = state_write(machine, &length);

	put(to, bytes, length);
	free(bytes);
}

static bool
load(void *machine, const void *bytes, size_t length)
{
	return state_load(machine, bytes, length);
}

/** Equal tables are equal bytes. */
static uint64_t
digest(const void *machine)
{
	size_t length;
	uint8_t *bytes = state_write(machine, &length);
	uint64_t digest = raft_sim_digest(0, bytes, length);

	free(bytes);
	return digest;
}

/** A few at a time are there, of which each says something now and then, and says
 *  it again. */
static size_t
command(void *context, uint64_t random, void *bytes)
{
	const struct command command = {
		.amount = htole64(random >> 32),
		.session = htole64(random / 8 % ENTRIES),
		.sequence = htole64(random / 8 / ENTRIES % 4),
	};

	(void)context;
	if (random % 8 == 0)
		return 0;
	memcpy(bytes, &command, sizeof(command));
	return random % 8 == 1 ? sizeof(command.amount) : sizeof(command);
}

static const struct raft_node_machine functions = { .apply = apply };

static const struct raft_sim_machine machine = {
	.functions = &functions,
	.create = create,
	.destroy = destroy,
	.write = write_down,
	.load = load,
	.digest = digest,
	.command = command,
};

int
main(int argc, char **argv)
{
	return raft_trials_main(argc, argv, &machine);
}

/*
 * The counter of demos/counter, with the sessions that the kit keeps for it, under
 * random faults: its machine as the program has it, and the kit's apply.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <stdlib.h>

#include "assists/server/command.h"
#include "assists/server/inside.h"
#include "assists/trials/trials.h"
#include "tests/counter.h"

/** So few that most expire. */
#define SESSIONS 20
/** Commands name sessions that were opened among so many entries. */
#define ENTRIES 1000

/** A server without a network and a disk. */
struct simulated {
	struct raft_server kit;
	uint64_t sum;
};

static void *
sim_create(void *context)
{
	struct simulated *simulated = calloc(1, sizeof(*simulated));

	(void)context;
	if (simulated == NULL)
		abort();
	simulated->kit.machine = machine;
	simulated->kit.context = &simulated->sum;
	simulated->kit.options.sessions_max = SESSIONS;
	simulated->kit.options.answer_bytes_max = 32;
	if (!raft__asks_open(&simulated->kit.asks, 1) ||
	    !raft__apply_open(&simulated->kit))
		abort();
	return simulated;
}

static void
sim_destroy(void *context)
{
	struct simulated *simulated = context;

	raft__asks_close(&simulated->kit.asks);
	raft_sessions_destroy(simulated->kit.sessions);
	free(simulated->kit.answers);
	free(simulated);
}

static bool
sim_apply(void *context, const struct raft_entry *entries, size_t count)
{
	return raft__apply(&((struct simulated *)context)->kit, entries, count);
}

/** The sessions, their length before them, and what the machine writes of itself. */
static void
sim_write(void *context, void (*put)(void *, const void *, size_t), void *to)
{
	struct simulated *simulated = context;
	struct raft_server_sink sink = { put, to };
	size_t length = raft_sessions_bytes(simulated->kit.sessions);
	uint8_t *bytes = malloc(length);
	void *frozen = machine.freeze(&simulated->sum);

	if (bytes == NULL || frozen == NULL ||
	    raft_sessions_encode(simulated->kit.sessions, bytes, length) !=
		length)
		abort();
	put(to, &length, sizeof(length));
	put(to, bytes, length);
	if (!machine.write(frozen, &sink))
		abort();
	machine.thaw(frozen);
	free(bytes);
}

static bool
sim_load(void *context, const void *bytes, size_t length)
{
	struct simulated *simulated = context;
	struct raft_server_source source = { bytes, length };
	size_t sessions;

	if (take_bytes(&source, &sessions, sizeof(sessions)) !=
		sizeof(sessions) ||
	    sessions > source.left ||
	    raft_sessions_decode(simulated->kit.sessions, source.at,
				 sessions) != RAFT_OK)
		return false;
	source.at += sessions;
	source.left -= sessions;
	return machine.load(&simulated->sum, &source) && source.left == 0;
}

static void
digest_more(void *digest, const void *bytes, size_t length)
{
	*(uint64_t *)digest =
	    raft_sim_digest(*(uint64_t *)digest, bytes, length);
}

/** Equal states are equal bytes. */
static uint64_t
sim_digest(const void *context)
{
	uint64_t digest = 0;

	sim_write((void *)(uintptr_t)context, digest_more, &digest);
	return digest;
}

/** A few clients at a time are there, of which each says something now and then, and
 *  says it again. */
static size_t
sim_command(void *context, uint64_t random, void *bytes)
{
	char text[32];
	struct command command = {
		.kind = random % 8 == 0	  ? COMMAND_REGISTER
			: random % 8 == 1 ? COMMAND_PLAIN
					  : COMMAND_ONCE,
		.session = random / 8 % ENTRIES,
		.sequence = random / 8 / ENTRIES % 4,
		.data = text,
	};
	struct raft_payload payload;
	size_t length;

	(void)context;
	if (command.kind != COMMAND_REGISTER)
		command.length = (size_t)snprintf(text, sizeof(text), "%u",
						  (unsigned)(random >> 32));
	if (!raft__command_encode(&command, &payload))
		abort();
	length = payload.length;
	memcpy(bytes, payload.data, length);
	raft_payload_release(&payload);
	return length;
}

static const struct raft_node_machine functions = { .apply = sim_apply };

static const struct raft_sim_machine simulated_machine = {
	.functions = &functions,
	.create = sim_create,
	.destroy = sim_destroy,
	.write = sim_write,
	.load = sim_load,
	.digest = sim_digest,
	.command = sim_command,
};

int
main(int argc, char **argv)
{
	return raft_trials_main(argc, argv, &simulated_machine);
}

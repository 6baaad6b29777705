/*
 * A server's machine on every node of a simulated group (server_trials.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "assists/server/rehearsal.h"
#include "assists/trials/server_trials.h"
#include "assists/trials/trials.h"

/** So few that most expire. */
#define SESSIONS 20
/** Commands name sessions that were opened among so many entries, and numbers that far
 *  apart at most. */
#define ENTRIES 1000
#define SEQUENCES 4

_Static_assert(RAFT_SERVER_TRIALS_COMMAND_BYTES +
		       RAFT_REHEARSAL_COMMAND_BYTES <=
		   RAFT_SIM_COMMAND_BYTES,
	       "a command and what stands before it fit");

/** A server without a network and a disk. */
struct actor {
	const struct raft_server_trials *trials;
	void *state;
	struct raft_rehearsal *rehearsal;
};

static void *
create(void *context)
{
	const struct raft_server_trials *trials = context;
	struct raft_server_options options = { 0 };
	struct actor *actor = calloc(1, sizeof(*actor));
	char error[RAFT_SERVER_ERROR_BYTES];

	if (actor == NULL)
		err(2, NULL);
	if (trials->options != NULL)
		options = *trials->options;
	options.sessions_max = SESSIONS;
	actor->trials = trials;
	actor->state = trials->create(trials->context);
	actor->rehearsal = raft_rehearsal_open(
	    &options, trials->machine, actor->state, error, sizeof(error));
	if (actor->rehearsal == NULL)
		errx(2, "%s", error);
	return actor;
}

static void
destroy(void *machine)
{
	struct actor *actor = machine;

	raft_rehearsal_close(actor->rehearsal);
	actor->trials->destroy(actor->state);
	free(actor);
}

static bool
apply(void *machine, const struct raft_entry *entries, size_t count)
{
	return raft_rehearsal_apply(((struct actor *)machine)->rehearsal,
				    entries, count);
}

/* --------------------------------------------------------------- snapshots */

/** Where a snapshot goes. */
struct target {
	void (*put)(void *to, const void *bytes, size_t length);
	void *to;
};

static bool
put(void *context, const void *bytes, size_t length)
{
	struct target *target = context;

	target->put(target->to, bytes, length);
	return true;
}

static void
write_down(void *machine,
	   void (*put_to)(void *to, const void *bytes, size_t length), void *to)
{
	struct actor *actor = machine;
	struct target target = { put_to, to };

	if (!raft_rehearsal_write(actor->rehearsal, put, &target))
		errx(2, "the machine could not be frozen, or written");
}

static bool
load(void *machine, const void *bytes, size_t length)
{
	struct actor *actor = machine;
	const char *wrong =
	    raft_rehearsal_load(actor->rehearsal, bytes, length);

	if (wrong != NULL)
		warnx("the snapshot %s", wrong);
	return wrong == NULL;
}

static void
digest_more(void *digest, const void *bytes, size_t length)
{
	*(uint64_t *)digest =
	    raft_sim_digest(*(uint64_t *)digest, bytes, length);
}

static uint64_t
digest(const void *machine)
{
	const struct actor *actor = machine;
	uint64_t sum = 0, own;
	struct target target = { digest_more, &sum };

	if (actor->trials->digest == NULL) {
		write_down((void *)(uintptr_t)machine, digest_more, &sum);
		return sum;
	}
	if (!raft_rehearsal_sessions(actor->rehearsal, put, &target))
		err(2, NULL);
	own = actor->trials->digest(actor->state);
	return raft_sim_digest(sum, &own, sizeof(own));
}

/* ---------------------------------------------------------------- commands */

/** A few clients at a time are there, of which each says something now and then, and
 *  says it again; some say what they say without a session. */
static size_t
make_command(void *context, uint64_t random, void *bytes)
{
	const struct raft_server_trials *trials = context;
	char data[RAFT_SERVER_TRIALS_COMMAND_BYTES];
	struct raft_server_command command = { .data = data };

	if (random % 8 == 0)
		return raft_rehearsal_command(NULL, bytes,
					      RAFT_SIM_COMMAND_BYTES);
	if (random % 8 > 1) {
		command.session = 1 + random / 8 % ENTRIES;
		command.sequence = random / 8 / ENTRIES % SEQUENCES;
	}
	command.length = trials->command(
	    trials->context, raft_sim_digest(0, &random, sizeof(random)), data);
	if (command.length > sizeof(data))
		errx(2, "a command is larger than its room");
	return raft_rehearsal_command(&command, bytes, RAFT_SIM_COMMAND_BYTES);
}

void
raft_server_trials_machine(const struct raft_server_trials *trials,
			   struct raft_sim_machine *machine)
{
	static const struct raft_node_machine functions = { .apply = apply };

	*machine = (struct raft_sim_machine){
		.functions = &functions,
		.create = create,
		.destroy = destroy,
		.write = write_down,
		.load = load,
		.digest = digest,
		.command = make_command,
		.context = (void *)(uintptr_t)trials,
	};
}

int
raft_server_trials_main(int argc, char **argv,
			const struct raft_server_trials *trials)
{
	struct raft_sim_machine machine;

	raft_server_trials_machine(trials, &machine);
	return raft_trials_main(argc, argv, &machine);
}

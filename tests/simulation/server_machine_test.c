/*
 * The state machine of a server in the simulator: one that is right is left alone, and
 * each kind of mistake that the kit's functions allow is found.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/trials/server_trials.h"
#include "assists/trials/trials.h"

/** No mistake below survives so many trials. */
#define TRIALS 8

enum mistake {
	NONE,
	/** An answer is not made of the state. */
	ANSWERS,
	/** The snapshot leaves something out. */
	FORGETS,
	/** What is loaded is added to what was there. */
	ADDS,
	/** Not all of it is read. */
	READS_LITTLE,
	NEVER_FREEZES,
	CANNOT_WRITE,
};

static enum mistake mistake;

/** Two sums: of all commands, and of the even ones. */
struct sums {
	uint64_t all;
	uint64_t even;
};

/* -------------------------------------------------------------- the machine */

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	static uint64_t applied;
	struct sums *sums = machine;

	for (struct raft_server_entry *entry = entries; count-- > 0; entry++) {
		uint64_t number = *(const uint8_t *)entry->data;

		applied++;
		sums->all += number;
		if (number % 2 == 0)
			sums->even += number;
		memcpy(entry->answer,
		       mistake == ANSWERS ? &applied : &sums->all,
		       sizeof(sums->all));
		entry->answer_length = sizeof(sums->all);
	}
}

static void *
freeze(void *machine)
{
	struct sums *copy = malloc(sizeof(*copy));

	if (mistake == NEVER_FREEZES || copy == NULL) {
		free(copy);
		return NULL;
	}
	*copy = *(struct sums *)machine;
	return copy;
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	struct sums sums = *(struct sums *)frozen;

	if (mistake == FORGETS)
		sums.even = 0;
	return mistake != CANNOT_WRITE &&
	       raft_server_write(sink, &sums, sizeof(sums));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	struct sums *sums = machine, read;
	size_t length =
	    mistake == READS_LITTLE ? sizeof(read) - 1 : sizeof(read);

	if (raft_server_take(source, &read, length) != length)
		return false;
	if (mistake == ADDS)
		read.all += sums->all;
	*sums = read;
	return true;
}

static void *
create(void *context)
{
	(void)context;
	return calloc(1, sizeof(struct sums));
}

static size_t
command(void *context, uint64_t random, void *bytes)
{
	(void)context;
	*(uint8_t *)bytes = (uint8_t)random;
	return 1;
}

static uint64_t
digest_all(const void *state)
{
	return raft_sim_digest(0, state, sizeof(struct sums));
}

/* ------------------------------------------------------------------- trials */

static const struct raft_server_machine functions = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
};

static const struct raft_server_machine forked = {
	.apply = apply,
	.freeze = raft_server_fork,
	.write = write_down,
	.load = load,
};

/** The first of so many trials that fails; else what became of the last one. */
static struct raft_trial_result
first_failure(const struct raft_server_machine *its,
	      uint64_t (*digest)(const void *state), enum mistake made)
{
	const struct raft_server_trials trials = {
		.machine = its,
		.create = create,
		.destroy = free,
		.command = command,
		.digest = digest,
	};
	struct raft_sim_machine machine;
	struct raft_scenario_request request = { .machine = &machine };
	struct raft_trial_result result = { 0 };
	char error[256];

	mistake = made;
	raft_server_trials_machine(&trials, &machine);
	assert_true(
	    raft_scenario_build("all", &request.modules, error, sizeof(error)));
	for (request.seed = 1;
	     request.seed <= TRIALS && result.cause[0] == '\0';
	     request.seed++) {
		char *text = raft_trial_scenario(request.seed);

		raft_trial_attempt(&request, "trial", text, RAFT_TRIAL_SECONDS,
				   &result);
		free(text);
	}
	return result;
}

static void
assert_found(struct raft_trial_result result, const char *cause,
	     const char *why)
{
	if (strcmp(result.cause, cause) != 0 || strstr(result.why, why) == NULL)
		fail_msg("%s: %s", result.cause, result.why);
}

static void
a_servers_machine_that_is_right_passes(void **state)
{
	struct raft_trial_result result = first_failure(&functions, NULL, NONE);

	(void)state;
	assert_string_equal(result.why, "");
	assert_true(result.acks >= 50);
	result = first_failure(&forked, digest_all, NONE);
	assert_string_equal(result.why, "");
	assert_true(result.acks >= 50);
}

static void
an_answer_that_is_not_of_the_state_is_found(void **state)
{
	(void)state;
	assert_found(first_failure(&functions, NULL, ANSWERS), "machine",
		     " applied entries and is not what ");
	assert_found(first_failure(&functions, digest_all, ANSWERS), "machine",
		     " applied entries and is not what ");
}

static void
a_snapshot_that_is_not_the_state_is_found(void **state)
{
	(void)state;
	assert_found(first_failure(&functions, digest_all, FORGETS), "machine",
		     " loaded a snapshot and is not what ");
	assert_found(first_failure(&functions, NULL, ADDS), "machine",
		     " loaded a snapshot and is not what ");
	assert_found(first_failure(&forked, NULL, ADDS), "machine",
		     " loaded a snapshot and is not what ");
	assert_found(first_failure(&functions, NULL, READS_LITTLE), "machine",
		     "snapshot");
}

static void
what_no_snapshot_can_be_taken_of_is_found(void **state)
{
	(void)state;
	assert_found(first_failure(&functions, digest_all, NEVER_FREEZES),
		     "the process died", "");
	assert_found(first_failure(&functions, digest_all, CANNOT_WRITE),
		     "the process died", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_servers_machine_that_is_right_passes),
		cmocka_unit_test(an_answer_that_is_not_of_the_state_is_found),
		cmocka_unit_test(a_snapshot_that_is_not_the_state_is_found),
		cmocka_unit_test(what_no_snapshot_can_be_taken_of_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A state machine of the user's in the simulator: one that is right is left alone,
 * and each kind of mistake is found.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "assists/trials/trials.h"
#include "tests/simulation/cells.h"

/** No mistake below survives so many trials. */
#define TRIALS 20

/* -------------------------------------------------------------- mistakes */

/** The first of so many trials that fails; else what became of the last one. */
static struct raft_trial_result
first_failure(enum mistake mistake, unsigned int seconds)
{
	const struct raft_sim_machine machine = cells_machine(&mistake);
	struct raft_scenario_request request = {.machine = &machine};
	struct raft_trial_result result = {0};
	char error[256];

	assert_true(raft_scenario_build("all", &request.modules, error,
					sizeof(error)));
	for (request.seed = 1;
	     request.seed <= TRIALS && result.cause[0] == '\0';
	     request.seed++) {
		char *text = raft_trial_scenario(request.seed);

		raft_trial_attempt(&request, "trial", text, seconds, &result);
		free(text);
	}
	return result;
}

static void
assert_found(enum mistake mistake, const char *why)
{
	struct raft_trial_result result =
		first_failure(mistake, RAFT_TRIAL_SECONDS);

	if (strcmp(result.cause, "machine") != 0 ||
	    strstr(result.why, why) == NULL)
		fail_msg("%s: %s", result.cause, result.why);
}

static void
a_machine_that_is_right_passes(void **state)
{
	struct raft_trial_result result =
		first_failure(NONE, RAFT_TRIAL_SECONDS);

	(void)state;
	assert_string_equal(result.why, "");
	assert_string_equal(result.cause, "");
	assert_true(result.acks >= 50);
}

static void
an_apply_that_is_not_the_same_twice_is_found(void **state)
{
	(void)state;
	assert_found(ADDRESS, " applied entries and is not what ");
	assert_found(CLOCK, " applied entries and is not what ");
	assert_found(COUNTER, " applied entries and is not what ");
	assert_found(ROLE, " applied entries and is not what ");
}

static void
an_apply_that_loses_one_of_several_is_found(void **state)
{
	(void)state;
	assert_found(BATCH, " applied entries and is not what ");
}

static void
a_snapshot_that_lacks_something_is_found(void **state)
{
	(void)state;
	assert_found(WRITES_LESS, " loaded a snapshot and is not what ");
	assert_found(WRITES_NO_TOTAL, " loaded a snapshot and is not what ");
}

static void
a_machine_that_writing_changes_is_found(void **state)
{
	(void)state;
	assert_found(WRITING_CHANGES, " wrote a snapshot and is not what ");
}

static void
a_load_that_lacks_something_is_found(void **state)
{
	(void)state;
	assert_found(LOAD_FORGETS, " loaded a snapshot and is not what ");
	assert_found(LOAD_REFUSES, " does not take a snapshot for one");
}

/** Only a machine that had a state can show it: one that a leader sends its
 *  snapshot to. */
static void
a_load_that_keeps_what_was_before_is_found(void **state)
{
	(void)state;
	assert_found(LOAD_ADDS, " loaded a snapshot and is not what ");
}

static void
a_machine_that_does_not_begin_empty_is_found(void **state)
{
	(void)state;
	assert_found(BEGINS_FULL, " was created and is not what ");
}

static void
a_machine_that_applies_later_is_found(void **state)
{
	(void)state;
	assert_found(LATER, "does not apply at once");
}

static void
a_machine_that_ends_the_process_is_found(void **state)
{
	struct raft_trial_result result =
		first_failure(DIES, RAFT_TRIAL_SECONDS);

	(void)state;
	assert_string_equal(result.cause, "the process died");
	assert_false(result.is_endless);
}

static void
a_machine_that_never_returns_is_found(void **state)
{
	struct raft_trial_result result = first_failure(HANGS, 2);

	(void)state;
	assert_string_equal(result.cause, "it does not end");
	assert_string_equal(result.why, "it did not end within 2 s");
	assert_true(result.is_endless);
}

/* ----------------------------------------------------------------- trials */

static uint64_t
digest_scenario(uint64_t before, uint64_t seed)
{
	char *text = raft_trial_scenario(seed);
	uint64_t digest = raft_sim_digest(before, text, strlen(text));

	free(text);
	return digest;
}

/** A failure that somebody noted by its seed is there for good. */
static void
a_seed_means_one_scenario(void **state)
{
	uint64_t digest = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++)
		digest = digest_scenario(digest, seed);
	digest = digest_scenario(digest, (UINT64_C(1) << 20) + 5);
	digest = digest_scenario(digest, (UINT64_C(1) << 40) + 7);
	assert_true(digest == UINT64_C(0x7e66de43d7fd76b0));
}

/** What becomes of a text, with a machine that is right. */
static struct raft_trial_result
attempt(const char *text)
{
	enum mistake mistake = NONE;
	const struct raft_sim_machine machine = cells_machine(&mistake);
	const struct raft_scenario_request request = {
		.machine = &machine,
		.seed = 1,
	};
	struct raft_trial_result result;

	memset(&result, '#', sizeof(result));
	raft_trial_attempt(&request, "trial", text, RAFT_TRIAL_SECONDS,
			   &result);
	return result;
}

static void
an_attempt_says_what_came_of_it(void **state)
{
	struct raft_trial_result result =
		attempt("nodes 1\nrun 3T\npropose 5\nrun 1T\nexpect acks = 6\n"
			"expect acks = 7\n");

	(void)state;
	assert_string_equal(result.cause, "expect acks = 6");
	/* The first, without the end of its line. */
	assert_string_equal(result.why, "trial:5: expect acks = 6: not so: 5");
	assert_int_equal(result.acks, 5);
	assert_int_equal(result.snapshots, 0);
	result = attempt("nodes 1\nexpect nonsense\n");
	assert_string_equal(result.cause, "");
	assert_string_equal(result.why, "");
	assert_int_equal(result.acks, 0);
	result = attempt("nodes 3\nmax-log 3\nrun 5T\ncrash n3\npropose 20\n"
			 "run 1T\nrestart n3\nrun 1T\npropose 1\nrun 1T\n"
			 "let L = leader\nexpect snapshots = 1\n");
	assert_string_equal(result.why, "");
	assert_int_equal(result.acks, 21);
	assert_int_equal(result.snapshots, 1);
}

static void
a_machine_is_loaded_when_its_node_starts_again(void **state)
{
	struct raft_trial_result result =
		attempt("nodes 1\nmax-log 3\nrun 3T\npropose 20\nrun 1T\n"
			"restart n1\nrun 3T\npropose 5\nrun 1T\n"
			"expect acks = 25\n");

	(void)state;
	assert_string_equal(result.why, "");
}

static void
on_timer(int number)
{
	(void)number;
}

/** 0: no more. */
static void
interrupt_every(suseconds_t us)
{
	const struct itimerval often = {{0, us}, {0, us}};
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = us == 0 ? SIG_DFL : on_timer;
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
}

/** Whoever waits for an attempt goes on waiting. */
static void
a_signal_ends_no_attempt(void **state)
{
	struct raft_trial_result result;

	(void)state;
	interrupt_every(30000);
	result = attempt("nodes 5\nclient every 10ms\nrun 50T\n");
	interrupt_every(0);
	assert_string_equal(result.why, "");
	assert_true(result.acks > 50);
}

/* ------------------------------------------------------------ what is told */

/** Three nodes with that machine, which write and read. */
static struct raft_sim *
create_world(const struct raft_sim_machine *machine)
{
	struct raft_sim_options options;
	struct raft_sim *sim;

	memset(&cells_told, 0, sizeof(cells_told));
	raft_sim_defaults(&options);
	options.machine = machine;
	sim = raft_sim_create(&options);
	for (uint32_t node = 1; node <= 3; node++)
		assert_true(raft_sim_start(sim, node));
	raft_sim_client(sim, 20000, 64);
	raft_sim_reads(sim, 50000);
	return sim;
}

/** Ten seconds of it. */
static struct raft_sim *
run_world(const struct raft_sim_machine *machine)
{
	struct raft_sim *sim = create_world(machine);

	assert_true(raft_sim_run(sim, UINT64_C(10000000)));
	return sim;
}

static void
a_machine_is_told_what_raft_node_tells(void **state)
{
	enum mistake mistake = NONE;
	const struct raft_sim_machine machine = cells_machine(&mistake);
	struct raft_sim *sim = run_world(&machine);

	(void)state;
	assert_true(cells_told.events >= 6);
	assert_true(cells_told.outcomes > 0);
	assert_int_equal(cells_told.reads,
			 raft_sim_metric(sim, RAFT_SIM_READS, false));
	/* Three nodes and the model. */
	assert_true(cells_told.applied >=
		    4 * raft_sim_metric(sim, RAFT_SIM_ACKS, false));
	/* Who loses its peers loses the reads that wait. */
	assert_int_equal(cells_told.lost_reads, 0);
	for (uint32_t to = 1; to <= 3; to++) {
		raft_sim_cut(sim, raft_sim_leader(sim), to,
			     RAFT_SIM_EVERY_KIND);
		raft_sim_cut(sim, to, raft_sim_leader(sim),
			     RAFT_SIM_EVERY_KIND);
	}
	assert_true(raft_sim_run(sim, UINT64_C(20000000)));
	assert_true(cells_told.lost_reads > 0);
	raft_sim_destroy(sim);
}

static void
a_function_that_is_not_there_is_not_called(void **state)
{
	enum mistake mistake = NONE;
	struct raft_sim_machine machine = cells_machine(&mistake);
	const struct raft_node_machine bare = {
		.apply = machine.functions->apply,
	};

	(void)state;
	machine.functions = &bare;
	raft_sim_destroy(run_world(&machine));
	assert_true(cells_told.applied > 0);
	assert_int_equal(cells_told.events + cells_told.outcomes, 0);
	assert_int_equal(cells_told.reads, 0);
}

/* --------------------------------------------------- the room of a command */

static size_t command_bytes;

static size_t
long_command(void *context, uint64_t random, void *bytes)
{
	(void)context;
	memset(bytes, (int)(random & 0xff), command_bytes);
	return command_bytes;
}

static bool
take_all(void *machine, const struct raft_entry *entries, size_t count)
{
	(void)machine;
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == RAFT_ENTRY_DATA)
			assert_int_equal(entries[i].payload.length,
					 command_bytes);
	cells_told.applied += count;
	return true;
}

/** What a world says of commands of so many bytes; NULL: nothing. To be freed. */
static char *
accusation_of(size_t bytes)
{
	static const struct raft_node_machine functions = {.apply = take_all};
	enum mistake mistake = NONE;
	struct raft_sim_machine machine = cells_machine(&mistake);
	const char *said;
	struct raft_sim *sim;
	char *what;

	command_bytes = bytes;
	machine.functions = &functions;
	machine.command = long_command;
	sim = create_world(&machine);
	(void)raft_sim_run(sim, UINT64_C(10000000));
	said = raft_sim_violation(sim);
	what = said == NULL ? NULL : strdup(said);
	raft_sim_destroy(sim);
	return what;
}

static void
a_command_that_is_too_long_is_told(void **state)
{
	char *what = accusation_of(RAFT_SIM_COMMAND_BYTES + 1);

	(void)state;
	assert_non_null(what);
	assert_ptr_equal(strstr(what, "machine: a command has 4097 bytes, more "
				      "than 4096"), what);
	free(what);
	assert_null(accusation_of(RAFT_SIM_COMMAND_BYTES));
	assert_true(cells_told.applied > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_is_right_passes),
		cmocka_unit_test(an_apply_that_is_not_the_same_twice_is_found),
		cmocka_unit_test(an_apply_that_loses_one_of_several_is_found),
		cmocka_unit_test(a_snapshot_that_lacks_something_is_found),
		cmocka_unit_test(a_machine_that_writing_changes_is_found),
		cmocka_unit_test(a_load_that_lacks_something_is_found),
		cmocka_unit_test(a_load_that_keeps_what_was_before_is_found),
		cmocka_unit_test(a_machine_that_does_not_begin_empty_is_found),
		cmocka_unit_test(a_machine_that_applies_later_is_found),
		cmocka_unit_test(a_machine_that_ends_the_process_is_found),
		cmocka_unit_test(a_machine_that_never_returns_is_found),
		cmocka_unit_test(a_seed_means_one_scenario),
		cmocka_unit_test(an_attempt_says_what_came_of_it),
		cmocka_unit_test(a_machine_is_loaded_when_its_node_starts_again),
		cmocka_unit_test(a_signal_ends_no_attempt),
		cmocka_unit_test(a_machine_is_told_what_raft_node_tells),
		cmocka_unit_test(a_function_that_is_not_there_is_not_called),
		cmocka_unit_test(a_command_that_is_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Snapshots that break a rule are told which one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/syncs.h"
#include "tests/conformance/snapshot_toy.h"

static bool
try_toy(enum fault fault, uint64_t seed, char *text)
{
	const struct raft_snapshot_conformance_subject subject = {
		.functions = &toy_functions,
		.survives_power = true,
		.context = &fault,
		.open = toy_open,
		.take = toy_take,
		.size = toy_size,
		.load = toy_load,
		.forget = toy_forget,
		.close = toy_close,
		.seed = seed,
		.histories = 10,
	};

	return raft_snapshot_conformance_run(&subject, text,
					     RAFT_LOG_CONFORMANCE_TEXT);
}

/* Each rule, and snapshots that break it. */
static const struct {
	enum fault fault;
	const char *rule;
	const char *how;
} wrongs[] = {
	{ FORGETS_THE_END, "is loaded as it was taken", "another state" },
	{ READS_FROM_THE_START, "gives the same", "not what they were" },
	{ READS_ANYTHING, "is not there is refused", "was never taken" },
	{ HOLDS_NOT, "once, for its caller", "holds of 0" },
	{ LENDS_ITS_BYTES, "stay as they are", "while they were held" },
	{ LEAKS_A_PART, "releases them once", "were closed" },
	{ RELEASES_A_PART, "releases them once", "had not been held" },
	{ REPORTS_TOO_MUCH, "ends of parts", "bytes were stored" },
	{ REPORTS_NOTHING, "a flush is reported", "what is reported is 0" },
	{ NEVER_SYNCS, "before it was synced", "does the test include" },
	{ GOES_ON_WITH_THE_OLD, "begins anew", "cannot be loaded" },
	{ REFUSES_WHAT_IS_HALF, "can be opened again", "half there" },
	{ SYNCS_NO_FOLDER, "is there after a restart", "is the newest" },
	{ TAKES_IN_PLACE, "is there after a restart", "cannot be loaded" },
	{ CHOOSES_WHAT_WAS_RECEIVED, "stands for nothing", "was chosen" },
	{ HAS_NO_CHECKSUM, "have changed on their way", "another state" },
	{ TAKES_NO_EMPTY_ONE, "for a reason only", "of 0 bytes" },
	{ HIDES_A_FAILURE, "a sync that fails is reported", "had failed" },
	{ FINDS_DAMAGE, "not found to be damaged", "said to be damaged" },
	{ FORGETS_TOO_MUCH, "may be needed is not deleted",
	  "cannot be loaded" },
};

static void
each_wrong_one_is_told_its_rule(void **state)
{
	char text[RAFT_LOG_CONFORMANCE_TEXT];
	int missed = 0;

	(void)state;
	assert_int_equal(sizeof(wrongs) / sizeof(*wrongs), FAULTS - 1);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		bool passed = try_toy(wrongs[i].fault, 1, text);

		print_message("%zu: %s\n", i, text);
		assert_int_equal(wrongs[i].fault, i + 1);
		if (!passed && strstr(text, wrongs[i].rule) != NULL &&
		    strstr(text, wrongs[i].how) != NULL)
			continue;
		print_error("not told of \"%s\", \"%s\"\n", wrongs[i].rule,
			    wrongs[i].how);
		missed++;
	}
	assert_int_equal(missed, 0);
}

static void
those_without_a_fault_pass(void **state)
{
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!try_toy(NONE, 1, text))
		fail_msg("%s", text);
	print_message("%s\n", text);
}

/* So that what was found can be looked at. */
static void
a_seed_says_the_same_again(void **state)
{
	char once[RAFT_LOG_CONFORMANCE_TEXT], again[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	assert_false(try_toy(SYNCS_NO_FOLDER, 7, once));
	assert_false(try_toy(SYNCS_NO_FOLDER, 7, again));
	assert_string_equal(once, again);
	assert_non_null(strstr(once, "of seed 7"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_one_is_told_its_rule),
		cmocka_unit_test(those_without_a_fault_pass),
		cmocka_unit_test(a_seed_says_the_same_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

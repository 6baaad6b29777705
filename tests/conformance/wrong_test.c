/*
 * A log that breaks a rule is told which one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/log_conformance/syncs.h"
#include "tests/conformance/toy.h"

static bool
try_toy(enum fault fault, uint64_t seed, char *text)
{
	const struct raft_log_conformance_subject subject = {
		.functions = &toy_functions,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.context = &fault,
		.make = toy_make,
		.open = toy_open,
		.close = toy_close,
		.spoil = toy_spoil,
		.payload_bytes_max = 70000,
		.seed = seed,
		.histories = 20,
	};

	bool passed =
	    raft_log_conformance_run(&subject, text, RAFT_LOG_CONFORMANCE_TEXT);

	toy_free_rest();
	return passed;
}

/* Each rule, and logs that break it. */
static const struct {
	enum fault fault;
	const char *rule;
	const char *how;
} wrongs[] = {
	{ NEVER_SYNCS, "before it was synced", "does the test include" },
	{ SYNCS_NO_FLUSH, "what was reported is there", "failure of power" },
	{ REPORTS_A_SAVE, "what was reported is there", "had been reported" },
	{ REPORTS_NOTHING, "a flush is reported", "what is reported is 0" },
	{ REPORTS_TOO_MUCH, "reports tokens that it was given", "token 2" },
	{ HAS_NO_CHECKSUM, "wholly or not at all", "in \"crashes\"" },
	{ REFUSES_A_TORN_END, "can be opened again", "it has a torn end" },
	{ FORGETS_THE_VOTE, "what was reported is there", "the vote in term" },
	{ FORGETS_CONFIGURATIONS, "what was reported is there",
	  "the configuration of entry" },
	{ FORGETS_RUNS, "what was reported is there", "runs[1] is not" },
	{ FORGETS_KINDS, "can be read at once", "is of kind 2, not" },
	{ FORGETS_TRUNCATIONS_ON_DISK, "what was reported is there",
	  "as after save 0 of its last life" },
	{ FORGETS_TRUNCATIONS, "first drops all entries", "gave" },
	{ FORGETS_SNAPSHOTS, "first forgets all entries", "entries" },
	{ WRITES_VOTES_APART, "wholly or not at all", "a failure of power" },
	{ TRIMS_TOO_MUCH, "drops nothing behind its snapshot", "entry 8 " },
	{ READS_TOO_MANY, "at most as many entries", "asked for" },
	{ READS_TOO_MUCH, "at most bytes_max", "bytes beyond the first" },
	{ READS_WHAT_IS_NOT_THERE, "gives 0", "a read of entry" },
	{ READS_LATE, "can be read at once", "entry 1 cannot be read" },
	{ HOLDS_NOT, "holds each payload once", "made 1 holds of 1" },
	{ HOLDS_TWICE, "holds each payload once", "holds of" },
	{ OVERWRITES_WHAT_IS_HELD, "until it is released", "has changed" },
	{ BORROWS_A_PAYLOAD, "that keeps a payload holds it",
	  "its owner released" },
	{ LEAKS_A_PAYLOAD, "releases each payload that it held", "was closed" },
	{ RELEASES_A_PAYLOAD, "releases each payload that it held",
	  "had not held it" },
	{ FAILS_FOR_NOTHING, "fails for a reason", "nothing had gone wrong" },
	{ FAILS_IN_SILENCE, "whose sync fails reports", "said nothing" },
	{ FAILS_TWICE, "reports that once", "2 times" },
	{ SYNCS_AGAIN, "promises nothing more", "after a sync had failed" },
	{ GIVES_WHAT_IS_SPOILT, "is told to be lost", "is given out" },
	{ TELLS_NO_LOSS, "is told to be lost", "and that was not told" },
	{ TAKES_ANOTHER_TERM, "of the very index, term and kind",
	  "was taken for entry" },
	{ MENDS_IN_MEMORY, "what was reported is there", "cannot be read" },
	{ MENDS_IN_SILENCE, "is there when that is told",
	  "never told to be mended" },
};

static void
each_wrong_log_is_told_its_rule(void **state)
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
a_log_without_a_fault_passes(void **state)
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
	assert_false(try_toy(HAS_NO_CHECKSUM, 7, once));
	assert_false(try_toy(HAS_NO_CHECKSUM, 7, again));
	assert_string_equal(once, again);
	assert_non_null(strstr(once, "of seed 7"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_log_is_told_its_rule),
		cmocka_unit_test(a_log_without_a_fault_passes),
		cmocka_unit_test(a_seed_says_the_same_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

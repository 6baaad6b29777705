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
#include "tests/conformance/watched_snapshot_toy.h"

static struct raft_snapshot_conformance_subject
subject_of(struct watched *one)
{
	return (struct raft_snapshot_conformance_subject){
		.functions = &watched_functions,
		.survives_power = true,
		.context = one,
		.open = watched_open,
		.take = watched_take,
		.size = watched_size,
		.load = watched_load,
		.forget = watched_forget,
		.close = watched_close,
		.seed = 1,
		.histories = 10,
	};
}

static bool
try_toy(enum fault fault, uint64_t seed, char *text)
{
	struct watched one = { .fault = fault };
	struct raft_snapshot_conformance_subject subject = subject_of(&one);

	subject.seed = seed;
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

/* Of those that go wrong in what they say, a part of what is said to them. */
static const struct {
	enum slip slip;
	const char *how;
} slips[] = {
	{ READS_NO_BYTE, "it cannot be read" },
	{ READS_A_BYTE_ONCE, "it cannot be read again" },
	{ COPIES_WITHOUT_A_HOLD, "it was read with no hold" },
	{ READS_NO_PIECE, "cannot be read" },
	{ READS_LESS, "one that was just taken cannot be read" },
	{ MISMEASURES_WHAT_IS_INSTALLED, "is not read as the leader's" },
	{ READS_NOTHING_IT_BEGINS_BEHIND, "after a kill it cannot be read" },
	{ HOLDS_WHAT_IS_GONE, "after its last hold was let go" },
	{ HIDES_A_FAILURE_OF_PARTS, "all was reported after a sync had" },
	{ SYNCS_NO_PART, "was reported up to" },
	{ REPORTS_ANOTHER, "was reported, which is not being received" },
	{ REPORTS_LESS, "was reported, " },
	{ GIVES_ANOTHER_UP, "was given up, which is not being received" },
	{ GIVES_UP, "was given up, and nothing had gone wrong" },
	{ GIVES_UP_TO_INSTALL, "was given up, and nothing had gone wrong" },
	{ NEVER_DECIDES, "is said to be undecided for ever" },
};

/* Whether they are told of a rule, and how; and to the last word, for what is
 * kept. */
static bool
is_told(FILE *out, struct watched one, const char *rule, const char *how)
{
	const struct raft_snapshot_conformance_subject subject =
	    subject_of(&one);
	char text[RAFT_LOG_CONFORMANCE_TEXT];
	bool passed =
	    raft_snapshot_conformance_run(&subject, text, sizeof(text));

	fprintf(out, "%d %d: %s\n", (int)one.fault, (int)one.slip, text);
	if (!passed && strstr(text, rule) != NULL && strstr(text, how) != NULL)
		return true;
	print_error("not told of \"%s\", \"%s\": %s\n", rule, how, text);
	return false;
}

static void
each_wrong_one_is_told_its_rule(void **state)
{
	char *told = NULL;
	size_t size;
	FILE *out = open_memstream(&told, &size);
	int missed = 0;

	(void)state;
	assert_int_equal(sizeof(wrongs) / sizeof(*wrongs), FAULTS - 1);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		assert_int_equal(wrongs[i].fault, i + 1);
		missed +=
		    !is_told(out, (struct watched){ .fault = wrongs[i].fault },
			     wrongs[i].rule, wrongs[i].how);
	}
	for (size_t i = 0; i < sizeof(slips) / sizeof(*slips); i++)
		missed +=
		    !is_told(out, (struct watched){ .slip = slips[i].slip }, "",
			     slips[i].how);
	fclose(out);
	missed += !kept_in("tests/conformance/wrong_snapshots.txt", told);
	free(told);
	assert_int_equal(missed, 0);
}

/* Those without a fault. */
static void
try_right_ones(FILE *out, bool survives_power, bool has_all)
{
	struct watched one = { .out = out };
	struct raft_snapshot_conformance_subject subject = subject_of(&one);
	struct raft_node_snapshots bare = watched_functions;
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	subject.survives_power = survives_power;
	subject.wait = watched_wait;
	if (!has_all) {
		bare.verify = NULL;
		subject.functions = &bare;
		subject.forget = NULL;
		subject.histories = 0;
		subject.seed = 0;
		subject.wait = NULL;
	}
	if (!raft_snapshot_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	fprintf(out, "%s\n\n", text);
}

static void
what_they_are_asked_is_as_it_is_kept(void **state)
{
	char *told = NULL;
	size_t size;
	FILE *out = open_memstream(&told, &size);
	bool is_kept;

	(void)state;
	try_right_ones(out, true, true);
	try_right_ones(out, false, false);
	fclose(out);
	is_kept = kept_in("tests/conformance/asked_snapshots.txt", told);
	free(told);
	assert_true(is_kept);
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
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_one_is_told_its_rule),
		cmocka_unit_test(what_they_are_asked_is_as_it_is_kept),
		cmocka_unit_test(a_seed_says_the_same_again),
	};

	kept_begin(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

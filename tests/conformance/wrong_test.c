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
#include "tests/conformance/watched_toy.h"

/* Bytes of a payload, at most. */
#define PAYLOAD_MAX 70000

static struct raft_log_conformance_subject
subject_of(struct watched *one)
{
	return (struct raft_log_conformance_subject){
		.functions = &watched_functions,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.context = one,
		.make = watched_make,
		.open = watched_open,
		.close = watched_close,
		.spoil = watched_spoil,
		.payload_bytes_max = PAYLOAD_MAX,
		.seed = 1,
		.histories = 20,
	};
}

static bool
try_subject(const struct raft_log_conformance_subject *subject, char *text)
{
	bool passed =
	    raft_log_conformance_run(subject, text, RAFT_LOG_CONFORMANCE_TEXT);

	toy_free_rest();
	return passed;
}

static bool
try_toy(enum fault fault, uint64_t seed, char *text)
{
	struct watched one = { .fault = fault };
	struct raft_log_conformance_subject subject = subject_of(&one);

	subject.seed = seed;
	return try_subject(&subject, text);
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

/* Of those that go wrong in what they say, a part of what is said to them. */
static const struct {
	struct watched one;
	const char *how;
} slips[] = {
#define SLIP(name, how)                                                        \
	{                                                                      \
		{ .slip = name }, how                                          \
	}
	SLIP(CANNOT_BE_MADE, "no empty log could be made"),
	SLIP(IS_NOT_OPENED_AGAIN, "it was refused: it did not say why"),
	SLIP(FORGETS_THE_TERM, "the term is 0, not 9"),
	SLIP(MISTAKES_THE_INCARNATION, "(incarnation 11), not for 3 (10)"),
	SLIP(FORGETS_WHERE_IT_BEGINS, "begins behind entry 4, not behind 5"),
	SLIP(MISTAKES_THE_TERM_OF_ITS_BEGIN, "snapshot.term is"),
	SLIP(LOSES_THE_LAST, "the last entry is 0, not 1"),
	SLIP(HAS_A_RUN_TOO_MANY, "there are 1 runs of terms, not 0"),
	SLIP(HAS_A_CONFIGURATION_TOO_MANY, "1 configurations are too many"),
	SLIP(READS_ANOTHER_INDEX, "gave one that says it is entry"),
	SLIP(READS_ANOTHER_TERM, "is one of term"),
	SLIP(READS_ANOTHER_LENGTH, "is not that of"),
	SLIP(READS_ONE_BEHIND_THE_LAST, "there is an entry"),
	SLIP(READS_ONCE, "cannot be read again"),
	SLIP(COPIES_WITHOUT_A_HOLD, "was read with no hold"),
	SLIP(HOLDS_WHAT_IS_GONE, "after its last hold was let go"),
	SLIP(REPORTS_ZERO, "it reported token 0, and was given up to"),
	SLIP(REPORTS_LESS, "it reported token 1 after 2"),
#undef SLIP
#define SLIP(name, fault_too, how)                                             \
	{                                                                      \
		{ .fault = fault_too, .slip = name }, how                      \
	}
	SLIP(LOSES_WHAT_IT_NEVER_HAD, TELLS_NO_LOSS, "which it never had"),
	SLIP(TELLS_ANOTHER_LOSS, TELLS_NO_LOSS, "and that was not told"),
	SLIP(TAKES_ANOTHER_KIND, NONE, "was taken for entry"),
	SLIP(TAKES_ANOTHER_INDEX, NONE, "was taken for entry"),
	SLIP(TAKES_NONE, NONE, "was lost, and is not taken"),
	SLIP(MENDS_ANOTHER, MENDS_IN_SILENCE, "never told to be mended"),
	SLIP(CANNOT_BE_SPOILT, NONE, "no entry can be spoilt"),
#undef SLIP
#define DROP(name, call)                                                       \
	{                                                                      \
		{ .slip = name, .at = call }, ""                               \
	}
	DROP(DROPS_A_SAVE, 1),
	DROP(DROPS_A_SAVE, 20),
	DROP(DROPS_A_SAVE, 60),
	DROP(DROPS_A_SAVE, 150),
	DROP(DROPS_A_READ, 300),
	DROP(DROPS_A_READ, 1000),
	DROP(DROPS_A_READ, 5000),
	DROP(DROPS_A_FLUSH, 1),
	DROP(DROPS_A_FLUSH, 30),
#undef DROP
};

/* Whether it is told of a rule, and how; and to the last word, for what is kept. */
static bool
is_told(FILE *out, struct watched one, const char *rule, const char *how)
{
	const struct raft_log_conformance_subject subject = subject_of(&one);
	char text[RAFT_LOG_CONFORMANCE_TEXT];
	bool passed = try_subject(&subject, text);

	fprintf(out, "%d %d %" PRIu64 ": %s\n", (int)one.fault, (int)one.slip,
		one.at, text);
	if (!passed && strstr(text, rule) != NULL && strstr(text, how) != NULL)
		return true;
	print_error("not told of \"%s\", \"%s\": %s\n", rule, how, text);
	return false;
}

static void
each_wrong_log_is_told_its_rule(void **state)
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
		missed += !is_told(out, slips[i].one, "", slips[i].how);
	fclose(out);
	missed += !kept_in("tests/conformance/wrong.txt", told);
	free(told);
	assert_int_equal(missed, 0);
}

/* Those that are tried in another way than the first, which survives a failure of
 * power. */
static void
try_another(FILE *out, struct raft_log_conformance_subject *subject)
{
	struct watched one = { .out = out };
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	subject->context = &one;
	subject->open = watched_open;
	subject->close = watched_close;
	if (!try_subject(subject, text))
		fail_msg("%s", text);
	watched_tell();
	fprintf(out, "%s\n\n", text);
}

static void
what_a_log_is_asked_is_as_it_is_kept(void **state)
{
	struct raft_node_log bare = watched_functions;
	struct raft_log_conformance_subject subjects[] = {
		{ .functions = &watched_functions,
		  .survives = RAFT_LOG_SURVIVES_POWER,
		  .make = watched_make,
		  .spoil = watched_spoil,
		  .payload_bytes_max = PAYLOAD_MAX,
		  .histories = 4 },
		{ .functions = &watched_functions,
		  .survives = RAFT_LOG_SURVIVES_KILL,
		  .make = watched_make,
		  .wait = watched_wait,
		  .entries_max = 3,
		  .payload_bytes_max = 300,
		  .seed = 5,
		  .histories = 3 },
		{ .functions = &bare,
		  .survives = RAFT_LOG_SURVIVES_POWER,
		  .make = watched_make,
		  .wait = watched_wait,
		  .entries_max = 1,
		  .payload_bytes_max = 300,
		  .seed = 6,
		  .histories = 3 },
		{ .functions = &watched_functions,
		  .survives = RAFT_LOG_SURVIVES_NOTHING,
		  .make = watched_make },
	};
	char *told = NULL;
	size_t size;
	FILE *out = open_memstream(&told, &size);
	bool is_kept;

	(void)state;
	bare.trim = NULL;
	bare.mend = NULL;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		try_another(out, &subjects[i]);
	fclose(out);
	is_kept = kept_in("tests/conformance/asked.txt", told);
	free(told);
	assert_true(is_kept);
}

static void
where_no_folder_can_be_made_that_is_said(void **state)
{
	struct watched one = { .fault = NONE };
	const struct raft_log_conformance_subject subject = subject_of(&one);
	char text[RAFT_LOG_CONFORMANCE_TEXT], place[4096];
	const char *before = getenv("TEST_TMPDIR");

	(void)state;
	snprintf(place, sizeof(place), "%s", before != NULL ? before : "/tmp");
	setenv("TEST_TMPDIR", "/nowhere", 1);
	assert_false(try_subject(&subject, text));
	setenv("TEST_TMPDIR", place, 1);
	assert_string_equal(text, "no folder can be made: "
				  "No such file or directory");
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
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_log_is_told_its_rule),
		cmocka_unit_test(what_a_log_is_asked_is_as_it_is_kept),
		cmocka_unit_test(where_no_folder_can_be_made_that_is_said),
		cmocka_unit_test(a_seed_says_the_same_again),
	};

	kept_begin(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Small histories of which the answer is known: those that one server could have given,
 * and each mistake that replicated ones are known for.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/history/history.h"

#define MEBIBYTE (1 << 20)

struct known {
	const char *what;
	/** The line at whose return there is no explanation; 0: there is one. */
	size_t bad_line;
	/** One of the values that were possible then. */
	struct history_value value;
	const char *text;
};

#define GOOD                                                                   \
	0,                                                                     \
	{                                                                      \
		false, 0                                                       \
	}
#define BAD(line, number)                                                      \
	line,                                                                  \
	{                                                                      \
		true, number                                                   \
	}
#define BAD_WITH_NIL(line)                                                     \
	line,                                                                  \
	{                                                                      \
		false, 0                                                       \
	}
/* Others saw before what its answer denies. */
#define BAD_AT_ODDS(line)                                                      \
	line,                                                                  \
	{                                                                      \
		false, -1                                                      \
	}

static const struct known registers[] = {
	{ "one after the other", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k get - 1 2 3\n" },
	{ "nothing is there at first", GOOD,
	  "a k get - nil 0 1\n"
	  "a k delete - no 2 3\n"
	  "a k swap 1:2 no 4 5\n"
	  "a k swap nil:2 yes 6 7\n"
	  "a k get - 2 8 9\n" },
	{ "a stale read", BAD(3, 2),
	  "a k set 1 ok 0 1\n"
	  "a k set 2 ok 2 3\n"
	  "b k get - 1 4 5\n" },
	{ "a read of before and one of after, during a write", GOOD,
	  "a k set 1 ok 0 1\n"
	  "a k set 2 ok 2 9\n"
	  "b k get - 1 3 4\n"
	  "b k get - 2 5 6\n" },
	{ "a read goes back, during a write", BAD(4, 2),
	  "a k set 1 ok 0 1\n"
	  "a k set 2 ok 2 9\n"
	  "b k get - 2 3 4\n"
	  "c k get - 1 5 6\n" },
	{ "two reads at once differ, during a write", GOOD,
	  "a k set 1 ok 0 1\n"
	  "a k set 2 ok 2 9\n"
	  "b k get - 2 3 6\n"
	  "c k get - 1 4 5\n" },
	{ "a read from the future", BAD_WITH_NIL(1),
	  "b k get - 1 0 1\n"
	  "a k set 1 ok 2 3\n" },
	{ "a write that returns as a read is asked for is seen", GOOD,
	  "a k set 1 ok 0 5\n"
	  "b k get - nil 5 6\n" },
	{ "a value that nobody wrote", BAD(2, 1),
	  "a k set 1 ok 0 1\n"
	  "b k get - 7 2 3\n" },
	{ "a write that was acknowledged is lost", BAD(2, 1),
	  "a k set 1 ok 0 1\n"
	  "b k get - nil 2 3\n" },
	{ "of two writes at once either may be the last", GOOD,
	  "a k set 1 ok 0 5\n"
	  "b k set 2 ok 0 5\n"
	  "c k get - 1 6 7\n"
	  "c k get - 1 8 9\n" },
	{ "but not first the one and then the other", BAD(4, 1),
	  "a k set 1 ok 0 5\n"
	  "b k set 2 ok 0 5\n"
	  "c k get - 1 6 7\n"
	  "c k get - 2 8 9\n" },
	{ "two readers see two writes in two orders", BAD(6, 2),
	  "a k set 1 ok 0 9\n"
	  "b k set 2 ok 0 9\n"
	  "c k get - 1 1 2\n"
	  "c k get - 2 3 4\n"
	  "d k get - 2 5 6\n"
	  "d k get - 1 7 8\n" },
	{ "a resurrected delete", BAD_WITH_NIL(4),
	  "a k set 1 ok 0 1\n"
	  "b k delete - yes 2 3\n"
	  "c k get - nil 4 5\n"
	  "c k get - 1 6 7\n" },
	{ "a value is deleted twice", BAD_WITH_NIL(3),
	  "a k set 1 ok 0 1\n"
	  "b k delete - yes 2 5\n"
	  "c k delete - yes 3 6\n" },
	{ "one finds it, and the other does not", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k delete - yes 2 5\n"
	  "c k delete - no 3 6\n" },
	{ "a deletion that says nothing", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k delete - ok 2 3\n"
	  "c k delete - ok 4 5\n"
	  "c k get - nil 6 7\n" },
	{ "and that was lost", BAD_WITH_NIL(3),
	  "a k set 1 ok 0 1\n"
	  "b k delete - ok 2 3\n"
	  "c k get - 1 4 5\n" },
	{ "two are told that they were the first", BAD(2, 1),
	  "a k swap nil:1 yes 0 5\n"
	  "b k swap nil:2 yes 0 6\n" },
	{ "one was the first", GOOD,
	  "a k swap nil:1 no 0 5\n"
	  "b k swap nil:2 yes 0 5\n"
	  "c k get - 2 6 7\n" },
	{ "nobody was the first, but somebody must have been", BAD_AT_ODDS(2),
	  "a k swap nil:1 no 0 5\n"
	  "b k swap nil:2 no 0 6\n" },
	{ "two swaps of one value", BAD(3, 2),
	  "a k set 1 ok 0 1\n"
	  "b k swap 1:2 yes 2 5\n"
	  "c k swap 1:3 yes 2 6\n" },
	{ "a swap that was refused in spite of it", BAD(2, 1),
	  "a k set 1 ok 0 1\n"
	  "b k swap 1:2 no 2 3\n" },
	{ "swaps in a chain, each of them open for long", GOOD,
	  "a k swap 2:3 yes 0 9\n"
	  "b k swap 1:2 yes 0 9\n"
	  "c k swap nil:1 yes 0 9\n"
	  "d k get - 3 10 11\n" },
	{ "a swap to nil is a deletion", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k swap 1:nil yes 2 3\n"
	  "c k get - nil 4 5\n" },
	{ "one value is written again", GOOD,
	  "a k set 1 ok 0 9\n"
	  "b k set 1 ok 1 2\n"
	  "b k set 2 ok 3 4\n"
	  "c k get - 2 5 6\n"
	  "c k get - 1 7 8\n" },
	{ "a write that nobody sees, under another that nobody sees", GOOD,
	  "a k set 1 ok 0 4\n"
	  "b k set 2 ok 1 6\n"
	  "c k set 3 ok 5 8\n"
	  "d k get - 3 9 10\n" },
	{ "the last of three writes is not the first", BAD(4, 3),
	  "a k set 1 ok 0 2\n"
	  "b k set 2 ok 1 4\n"
	  "c k set 3 ok 3 6\n"
	  "d k get - 1 7 8\n" },
	{ "each key is alone", GOOD,
	  "a k set 1 ok 0 1\n"
	  "a l set 2 ok 2 3\n"
	  "b l get - 2 4 5\n"
	  "b k get - 1 6 7\n" },
};

static const struct known unknowns[] = {
	{ "it took effect", GOOD,
	  "a k set 1 ? 0 -\n"
	  "b k get - 1 2 3\n" },
	{ "it did not", GOOD,
	  "a k set 1 ? 0 -\n"
	  "b k get - nil 2 3\n" },
	{ "it took effect late", BAD(4, 2),
	  "a k set 1 ? 0 -\n"
	  "b k set 2 ok 1 2\n"
	  "b k get - 2 3 4\n"
	  "b k get - nil 5 6\n"
	  "b k get - 1 7 8\n" },
	{ "it took effect after others had", GOOD,
	  "a k set 1 ? 0 -\n"
	  "b k set 2 ok 1 2\n"
	  "b k get - 2 3 4\n"
	  "b k get - 1 7 8\n" },
	{ "it took effect once", BAD(4, 2),
	  "a k set 1 ? 0 -\n"
	  "b k get - 1 1 2\n"
	  "b k set 2 ok 3 4\n"
	  "b k get - 1 5 6\n" },
	{ "it did not before it was asked for", BAD_WITH_NIL(1),
	  "b k get - 1 0 1\n"
	  "a k set 1 ? 2 -\n" },
	{ "of two that asked for the same each took effect", GOOD,
	  "a k set 1 ? 0 -\n"
	  "a k set 1 ? 0 -\n"
	  "b k get - 1 1 2\n"
	  "b k set 2 ok 3 4\n"
	  "b k get - 1 5 6\n" },
	{ "a deletion", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k delete - ? 2 -\n"
	  "c k get - 1 3 4\n"
	  "c k get - nil 5 6\n" },
	{ "a swap, for the next", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k swap 1:2 ? 2 -\n"
	  "c k swap 2:3 ? 2 -\n"
	  "d k swap 3:4 yes 4 5\n" },
	{ "a swap cannot have been done", BAD(3, 1),
	  "a k set 1 ok 0 1\n"
	  "b k swap 5:2 ? 2 -\n"
	  "c k get - 2 4 5\n" },
	{ "whoever looked without an answer saw anything", GOOD,
	  "a k set 1 ok 0 1\n"
	  "b k get - ? 2 -\n"
	  "c k get - 1 4 5\n" },
	{ "what failed was never done", BAD_WITH_NIL(2),
	  "a k set 1 failed 0 1\n"
	  "b k get - 1 2 3\n" },
};

static const struct known counters[] = {
	{ "each is told the sum", GOOD,
	  "a k add 1 1 0 1\n"
	  "b k add 2 3 2 3\n"
	  "c k get - 3 4 5\n" },
	{ "two at once are told the same sum: a lost update", BAD(2, 1),
	  "a k add 1 1 0 5\n"
	  "b k add 1 1 0 6\n" },
	{ "an addition is done twice", BAD(2, 1),
	  "a k add 1 1 0 1\n"
	  "b k get - 2 2 3\n" },
	{ "an addition is done twice, as the next one is told", BAD(2, 1),
	  "a k add 1 ok 0 1\n"
	  "b k add 1 3 2 3\n" },
	{ "an unknown one is done, late", GOOD,
	  "a k add 5 ? 0 -\n"
	  "b k add 1 1 1 2\n"
	  "b k add 1 7 3 4\n"
	  "b k get - 7 5 6\n" },
	{ "an unknown one is done twice", BAD(3, 5),
	  "a k add 5 ? 0 -\n"
	  "b k get - 5 1 2\n"
	  "b k get - 10 3 4\n" },
	{ "two unknown ones are done between two reads", BAD_WITH_NIL(3),
	  "a k add 5 ? 0 -\n"
	  "a k add 5 ? 0 -\n"
	  "b k get - 0 1 2\n"
	  "b k get - 10 3 4\n" },
	{ "likewise, where there was a zero", GOOD,
	  "- k set 0 ok 0 0\n"
	  "a k add 5 ? 0 -\n"
	  "a k add 5 ? 0 -\n"
	  "b k get - 0 1 2\n"
	  "b k get - 10 3 4\n" },
	{ "the sum goes back", BAD(3, 2),
	  "a k add 1 1 0 1\n"
	  "b k add 1 2 2 3\n"
	  "c k get - 1 4 5\n" },
	{ "the sums are told in another order than the clients asked", GOOD,
	  "a k add 1 3 0 9\n"
	  "b k add 1 2 1 8\n"
	  "c k add 1 1 2 7\n" },
	{ "but not one before the other", BAD_WITH_NIL(1),
	  "a k add 1 2 0 1\n"
	  "b k add 1 1 2 3\n" },
	{ "a wrong sum, told after somebody saw the addition", BAD_AT_ODDS(1),
	  "a k add 1 9 0 5\n"
	  "b k get - 1 1 2\n" },
	{ "it goes down, too", GOOD,
	  "a k add 5 5 0 1\n"
	  "a k add -7 -2 2 3\n" },
	{ "a set between two additions", GOOD,
	  "a k add 1 1 0 1\n"
	  "b k set 10 ok 0 9\n"
	  "a k add 1 11 2 3\n" },
};

static bool
was_possible(const struct history_verdict *verdict, struct history_value value)
{
	for (size_t i = 0; i < verdict->value_count; i++)
		if (verdict->values[i].is_there == value.is_there &&
		    verdict->values[i].number == value.number)
			return true;
	return verdict->value_count == 0 && value.number < 0;
}

static void
judge(const struct known *known)
{
	struct history history = { 0 };
	size_t count = 0;

	assert_true(history_read_text(&history, known->what, known->text));
	history_sort(&history);
	for (size_t first = 0; first < history.count; first += count) {
		struct history_operation *operations =
		    &history.operations[first];
		struct history_verdict verdict;

		for (count = 0;
		     first + count < history.count &&
		     strcmp(operations[count].key, operations[0].key) == 0;)
			count++;
		verdict = history_judge(operations, count, MEBIBYTE);
		if (verdict.finding != (known->bad_line == 0
					    ? HISTORY_LINEARIZABLE
					    : HISTORY_NOT_LINEARIZABLE))
			fail_msg("%s: found %d", known->what, verdict.finding);
		if (known->bad_line == 0)
			continue;
		if (operations[verdict.blocked].line != known->bad_line)
			fail_msg("%s: at line %zu", known->what,
				 operations[verdict.blocked].line);
		if (!was_possible(&verdict, known->value))
			fail_msg("%s: other values", known->what);
	}
	history_free(&history);
}

static void
registers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		judge(&registers[i]);
}

static void
what_is_unknown_may_have_been_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unknowns) / sizeof(unknowns[0]); i++)
		judge(&unknowns[i]);
}

static void
counters_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		judge(&counters[i]);
}

static void
what_is_no_history_is_refused(void **state)
{
	static const char long_key[] =
	    "a 0123456789012345678901234567890123456789012345678901234567890123"
	    " set 1 ok 0 1";
	static const char *const lines[] = {
		long_key,
		"a k set 1 ok 0",
		"a k set 1 ok 0 1 2",
		"a k set x ok 0 1",
		"a k set 1 1 0 1",
		"a k get 1 1 0 1",
		"a k get - yes 0 1",
		"a k swap 1 yes 0 1",
		"a k swap 1:2 ok 0 1",
		"a k add nil 1 0 1",
		"a k delete - 1 0 1",
		"a k put 1 ok 0 1",
		"a k set 1 ok 5 4",
		"a k set 1 ok -1 4",
		"a k set 1 ok 0 -",
		"a k set 1 ? - -",
		"a k set 99999999999999999999 ok 0 1",
		"a k set 1 ok 0 1x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct history history = { 0 };

		if (history_read_text(&history, "line", lines[i]))
			fail_msg("taken: %s", lines[i]);
		assert_int_equal(history.count, 0);
		history_free(&history);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_judged),
		cmocka_unit_test(what_is_unknown_may_have_been_done),
		cmocka_unit_test(counters_are_judged),
		cmocka_unit_test(what_is_no_history_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The steps that are left are those without which it does not fail, or not in the
 * same way.
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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/fuzz/smaller.h"

static bool
has(const struct steps *steps, uint64_t wanted)
{
	for (size_t i = 0; i < steps->count; i++)
		if (steps->at[i] == wanted)
			return true;
	return false;
}

static struct steps
steps_up_to(uint64_t last)
{
	struct steps steps = { 1, NULL, (size_t)last };

	steps.at = malloc(steps.count * sizeof(*steps.at));
	assert_non_null(steps.at);
	for (size_t i = 0; i < steps.count; i++)
		steps.at[i] = i + 1;
	return steps;
}

/** Two are left, and it fails so. */
static void
assert_left(struct steps steps, void (*run)(const struct steps *),
	    const char *cause, uint64_t one, uint64_t other)
{
	assert_string_equal(smaller_make(&steps, run), cause);
	assert_int_equal(steps.count, 2);
	assert_int_equal(steps.at[0], one);
	assert_int_equal(steps.at[1], other);
	free(steps.at);
}

static void
two_are_too_many(const struct steps *steps)
{
	bool one = has(steps, 7), other = has(steps, 130);

	if (!one && !other)
		return;
	fputs(one && other ? "both\nat once\n" : "one\n", stderr);
	abort();
}

static void
what_it_takes_is_left(void **state)
{
	(void)state;
	assert_left(steps_up_to(200), two_are_too_many, "both", 7, 130);
}

static void
nothing(const struct steps *steps)
{
	(void)steps;
}

static void
what_does_not_fail_keeps_its_steps(void **state)
{
	struct steps steps = steps_up_to(9);

	(void)state;
	assert_string_equal(smaller_make(&steps, nothing), "");
	assert_int_equal(steps.count, 9);
	free(steps.at);
}

/** One hangs, for a second; with the other beside it, it dies. */
static void
one_hangs(const struct steps *steps)
{
	if (!has(steps, 1))
		return;
	if (has(steps, 2))
		raise(SIGKILL);
	alarm(1);
	pause();
}

static void
who_does_not_end_has_not_died(void **state)
{
	struct steps steps = steps_up_to(1);

	(void)state;
	assert_string_equal(smaller_make(&steps, one_hangs), "it does not end");
	assert_int_equal(steps.count, 1);
	free(steps.at);
	assert_left(steps_up_to(2), one_hangs, "the process died", 1, 2);
}

/* ------------------------------------------------------------ interruptions */

static void
on_timer(int number)
{
	(void)number;
}

/** Each wait of this process is interrupted, as by a debugger. */
static void
interrupt_every(suseconds_t us)
{
	const struct itimerval often = { { 0, us }, { 0, us } };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_timer;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/** It is waited for until it says something, and until it ends. */
static void
two_take_long(const struct steps *steps)
{
	char words[200];

	usleep(100000);
	if (!has(steps, 2) || !has(steps, 3))
		return;
	memset(words, 'x', sizeof(words));
	(void)!write(STDERR_FILENO, words, sizeof(words));
	usleep(100000);
	abort();
}

static void
a_signal_is_no_end(void **state)
{
	char words[160] = "";

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	interrupt_every(30000);
	assert_left(steps_up_to(4), two_take_long, words, 2, 3);
	interrupt_every(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_takes_is_left),
		cmocka_unit_test(what_does_not_fail_keeps_its_steps),
		cmocka_unit_test(who_does_not_end_has_not_died),
		cmocka_unit_test(a_signal_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

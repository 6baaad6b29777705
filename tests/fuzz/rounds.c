/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/fuzz/rounds.h"

static const char *fuzzer;
static uint64_t current;

_Noreturn void
fail(const char *file, int line, const char *fact)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, fact);
	abort();
}

static void
say_how(void)
{
	fprintf(stderr,
		"again: ./run test //tests/fuzz:%s --test_arg=%" PRIu64
		" --test_arg=1\n",
		fuzzer, current);
}

static void
on_abort(int signal_number)
{
	(void)signal_number;
	say_how();
	_Exit(1);
}

/* A sanitizer ends the process in its own way, if there is one. */
void __sanitizer_set_death_callback(void (*callback)(void))
	__attribute__((weak));

static uint64_t
number(const char *text, uint64_t otherwise)
{
	const char *problem;
	long long value;

	if (text == NULL)
		return otherwise;
	value = strtonum(text, 0, INT64_MAX, &problem);
	if (problem != NULL)
		errx(2, "'%s' is %s; %s [SEED [ROUNDS]]", text, problem, fuzzer);
	return (uint64_t)value;
}

uint64_t
rounds_run(int argc, char **argv, const char *name, unsigned int seconds,
	   void (*run)(uint64_t seed))
{
	time_t end = time(NULL);
	uint64_t first, rounds, done;

	fuzzer = name;
	first = number(argc > 1 ? argv[1] : NULL, arc4random());
	rounds = number(argc > 2 ? argv[2] : NULL, UINT64_MAX);
	end += (time_t)number(getenv("RAFT_FUZZ_SECONDS"), seconds);
	signal(SIGABRT, on_abort);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(say_how);
	for (done = 0; done < rounds; done++) {
		if (argc <= 2 && time(NULL) > end)
			break;
		current = first + done;
		run(current);
	}
	printf("%" PRIu64 " rounds from seed %" PRIu64 " on\n", done, first);
	return done;
}

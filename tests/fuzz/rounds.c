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
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/rounds.h"

static const char *fuzzer;
static uint64_t current;
static void (*explained_by)(uint64_t seed);

_Noreturn void
fail(const char *file, int line, const char *fact)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, fact);
	abort();
}

/* In a process that is as new, since this one is broken. */
static void
explain(void)
{
	char seed[24];

	snprintf(seed, sizeof(seed), "%" PRIu64, current);
	execl("/proc/self/exe", fuzzer, "--explain", seed, (char *)NULL);
}

static void
say_how(void)
{
	fprintf(stderr,
		"again: ./run test //tests/fuzz:%s --test_arg=%" PRIu64
		" --test_arg=1\n",
		fuzzer, current);
	if (explained_by != NULL)
		explain();
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

void
rounds_explained_by(void (*explain_round)(uint64_t seed))
{
	explained_by = explain_round;
}

void
rounds_explain_nothing(void)
{
	signal(SIGABRT, SIG_DFL);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(NULL);
}

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
	if (argc == 3 && explained_by != NULL &&
	    strcmp(argv[1], "--explain") == 0) {
		explained_by(number(argv[2], 0));
		exit(1);
	}
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

/*
 * sweep: every build under random faults, seed after seed. The safety checkers
 * watch all of it; once everything is healed the group must be live again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     sweep [--build LIST] [--seed N] [--seeds K] [--seconds S] [--trace]
 *
 * LIST is of builds, by commas: baseline, names joined by '+', all (every
 * subset of the modules linked), mixed (each node another subset). Default:
 * all,mixed. A run is one build and one seed: S seconds of faults (virtual
 * time), then healing. Exit status 1 if any run failed, 2 for bad usage.
 *
 * TEST_TOTAL_SHARDS and TEST_SHARD_INDEX split the runs among processes.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/simulation/sweep.h"

static const char *program;

/** The command that repeats the run under way. */
static char again[400];

/** A failed assertion of the library ends the process: say in which run. */
static void
aborted(int number)
{
	(void)number;
	(void)!write(STDOUT_FILENO, again, strlen(again));
}

static void
run_once(struct trial *trial, struct tally *tally)
{
	snprintf(again, sizeof(again),
		 "    again: %s --build %s --seed %" PRIu64
		 " --seconds %" PRIu64 " --trace\n",
		 program, trial->build->name, trial->seed, trial->seconds);
	if (!trial_run(trial, tally))
		printf("%s", again);
}

static uint64_t
parse_number(const char *option, const char *text)
{
	const char *error = "is missing";
	long long number = 0;

	if (text != NULL)
		number = strtonum(text, 1, INT64_MAX, &error);
	if (error != NULL)
		errx(2, "%s: its number is %s", option,
		     text == NULL ? "missing" : error);
	return (uint64_t)number;
}

/** This process's share of the runs. */
static void
read_shards(uint64_t *shard, uint64_t *shards)
{
	const char *index = getenv("TEST_SHARD_INDEX");
	const char *total = getenv("TEST_TOTAL_SHARDS");
	const char *status = getenv("TEST_SHARD_STATUS_FILE");
	FILE *file;

	*shard = index == NULL ? 0 : strtoull(index, NULL, 10);
	*shards = total == NULL ? 1 : parse_number("TEST_TOTAL_SHARDS", total);
	/* Bazel wants to see that we know of shards. */
	if (status != NULL && (file = fopen(status, "w")) != NULL)
		fclose(file);
}

int
main(int argc, char **argv)
{
	static struct build builds[BUILDS_MAX];
	const char *list = "all,mixed";
	uint64_t seed = 1, seeds = 50, number = 0, shard, shards;
	struct trial trial = { .seconds = 20 };
	struct tally tally;
	bool failed = false;
	size_t count;

	program = argv[0];
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			trial.traced = true;
		else if (strcmp(argv[i], "--build") == 0 && i + 1 < argc)
			list = argv[++i];
		else if (strcmp(argv[i], "--seed") == 0)
			seed = parse_number("--seed", argv[++i]), seeds = 1;
		else if (strcmp(argv[i], "--seeds") == 0)
			seeds = parse_number("--seeds", argv[++i]);
		else if (strcmp(argv[i], "--seconds") == 0)
			trial.seconds = parse_number("--seconds", argv[++i]);
		else
			errx(2,
			     "usage: %s [--build LIST] [--seed N] "
			     "[--seeds K] [--seconds S] [--trace]",
			     program);
	}
	signal(SIGABRT, aborted);
	read_shards(&shard, &shards);
	count = builds_parse(builds, list);
	for (size_t i = 0; i < count; i++) {
		trial.build = &builds[i];
		tally = (struct tally){ 0 };
		for (trial.seed = seed; trial.seed < seed + seeds;
		     trial.seed++) {
			if (number++ % shards == shard)
				run_once(&trial, &tally);
		}
		failed = failed || tally.failed > 0;
		printf("%s: %" PRIu64 " runs, %" PRIu64
		       " writes acknowledged, %" PRIu64 " reads answered\n",
		       builds[i].name, tally.runs, tally.acks, tally.reads);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}

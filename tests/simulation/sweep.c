/*
 * sweep: every build under random faults, seed after seed. The safety checkers
 * watch all of it; once everything is healed the group must be live again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * TEST_TOTAL_SHARDS and TEST_SHARD_INDEX split the trials among processes.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/simulation/sweep.h"

static const char usage_text[] =
    "usage: sweep [--healthy | --upgrade] [--build LIST] [--seed N] [--seeds K |\n"
    "             --minutes M | --hours H] [--seconds S] [--jobs J] [--trace]\n"
    "A trial is one build and one seed: S seconds (20) of faults in virtual time,\n"
    "then healing. With --healthy nothing is broken, and for S seconds (5) nothing\n"
    "may suffer. With --upgrade every server gets another build, one by one, and\n"
    "perhaps its own again; builds are FROM:TO, mixed, or each of LIST to each.\n"
    "  LIST    builds, by commas: baseline; names of modules joined by '+'; all,\n"
    "          every subset of them; mixed, each node another (all,mixed)\n"
    "  seeds   1 to 50, N alone, or N to N+K-1; for a time, all from N on, or from\n"
    "          a number drawn at random. Ctrl-C ends it after the trials under way,\n"
    "          which count\n"
    "  J       processes share the work (1)\n"
    "Exit status 1 if any trial failed, 2 for bad usage.\n";

static _Noreturn void
usage(FILE *to, int status)
{
	fputs(usage_text, to);
	exit(status);
}

static uint64_t
parse_number(const char *option, const char *text, uint64_t most)
{
	const char *error = NULL;
	long long number = strtonum(text, 1, (long long)most, &error);

	if (error != NULL)
		errx(2, "%s: %s is %s", option, text, error);
	return (uint64_t)number;
}

static uint64_t
seconds_from_now(uint64_t seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec + seconds;
}

static void
parse_options(struct sweep *sweep, int argc, char **argv)
{
	static const struct option options[] = {
		{ "healthy", no_argument, NULL, 'H' },
		{ "upgrade", no_argument, NULL, 'U' },
		{ "build", required_argument, NULL, 'b' },
		{ "seed", required_argument, NULL, 'n' },
		{ "seeds", required_argument, NULL, 'k' },
		{ "minutes", required_argument, NULL, 'm' },
		{ "hours", required_argument, NULL, 'h' },
		{ "seconds", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "trace", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	const char *list = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'H')
			sweep->trial.healthy = true;
		else if (option == 'U')
			sweep->trial.upgrade = true;
		else if (option == 'b')
			list = optarg;
		else if (option == 'n')
			sweep->seed = parse_number("--seed", optarg, SEED_MAX);
		else if (option == 'k')
			sweep->seeds = parse_number("--seeds", optarg,
						    SEED_MAX);
		else if (option == 'm')
			sweep->until = seconds_from_now(
			    60 * parse_number("--minutes", optarg, 1000000));
		else if (option == 'h')
			sweep->until = seconds_from_now(
			    3600 * parse_number("--hours", optarg, 10000));
		else if (option == 's')
			sweep->trial.seconds =
			    parse_number("--seconds", optarg, 1000000);
		else if (option == 'j')
			sweep->jobs = parse_number("--jobs", optarg, JOBS_MAX);
		else if (option == 't')
			sweep->trial.traced = true;
		else if (option == 'u')
			usage(stdout, 0);
		else
			break;
	}
	if (option != -1 || optind < argc ||
	    (sweep->seeds > 0 && sweep->until > 0) ||
	    (sweep->trial.healthy && sweep->trial.upgrade))
		usage(stderr, 2);
	if (list == NULL)
		list = sweep->trial.upgrade ? "on" : "all,mixed";
	sweep->build_count =
	    builds_parse(sweep->builds, list, sweep->trial.upgrade);
}

/** What was not said. */
static void
choose(struct sweep *sweep)
{
	if (sweep->trial.seconds == 0)
		sweep->trial.seconds = sweep->trial.healthy ? 5 : 20;
	if (sweep->until > 0) {
		sweep->seeds = SEED_MAX;
		if (sweep->seed == 0)
			sweep->seed = arc4random();
	} else if (sweep->seeds == 0) {
		sweep->seeds = sweep->seed > 0 ? 1 : 50;
	}
	if (sweep->seed == 0)
		sweep->seed = 1;
}

/** This process's share of the trials. */
static void
read_shards(struct sweep *sweep)
{
	const char *index = getenv("TEST_SHARD_INDEX");
	const char *total = getenv("TEST_TOTAL_SHARDS");
	const char *status = getenv("TEST_SHARD_STATUS_FILE");
	FILE *file;

	if (index != NULL)
		sweep->shard = strtoull(index, NULL, 10);
	if (total != NULL)
		sweep->shards = parse_number("TEST_TOTAL_SHARDS", total, 10000);
	/* Bazel wants to see that we know of shards. */
	if (status != NULL && (file = fopen(status, "w")) != NULL)
		fclose(file);
}

int
main(int argc, char **argv)
{
	static struct sweep sweep = {
		.jobs = 1,
		.shards = 1,
	};

	parse_options(&sweep, argc, argv);
	choose(&sweep);
	read_shards(&sweep);
	return jobs_run(&sweep) ? 0 : 1;
}

/*
 * The program that tries a machine: seed after seed, and scenarios from files.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assists/trials/trials.h"

/** Attempts, and seconds, that it takes at most to make a scenario smaller. */
#define TRIES_MAX 3000
#define SECONDS_MAX 60
/** Of an attempt with what does not end. */
#define ENDLESS_SECONDS 5
/** Between two lines on how it goes. */
#define PROGRESS_SECONDS 10
#define SEED_MAX UINT64_C(1000000000000)

static const char usage_text[] =
	"usage: %s [--seed S] [--seeds N]\n"
	"       %s [--seed S] [--trace] FILE ...\n"
	"A trial is a seed: faults are drawn, and no server's state machine\n"
	"may become another than the others'. N trials (100) from seed 1 on, or\n"
	"from S on, and then 1 unless N says more. The first that fails is made\n"
	"a small scenario, trial-S.scenario.\n"
	"With files, these scenarios run, with seed S (1).\n"
	"Exit status 1 if anything failed, 2 for bad usage.\n";

struct program {
	const char *name;
	struct raft_scenario_request request;
	/** 0: was not said. */
	uint64_t seeds;
	uint64_t seed;
	bool traced;
};

static _Noreturn void
usage(const struct program *program, FILE *to, int status)
{
	fprintf(to, usage_text, program->name, program->name);
	exit(status);
}

static uint64_t
parse_number(const char *option, const char *text)
{
	const char *error = NULL;
	long long number = strtonum(text, 1, (long long)SEED_MAX, &error);

	if (error != NULL)
		errx(2, "%s: %s is %s", option, text, error);
	return (uint64_t)number;
}

static void
parse_options(struct program *program, int argc, char **argv)
{
	static const struct option options[] = {
		{"seeds", required_argument, NULL, 'k'},
		{"seed", required_argument, NULL, 'n'},
		{"trace", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'u'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'k')
			program->seeds = parse_number("--seeds", optarg);
		else if (option == 'n')
			program->seed = parse_number("--seed", optarg);
		else if (option == 't')
			program->traced = true;
		else if (option == 'u')
			usage(program, stdout, 0);
		else
			usage(program, stderr, 2);
	}
	if (program->seeds != 0 && optind < argc)
		usage(program, stderr, 2);
	if (program->traced && optind == argc)
		usage(program, stderr, 2);
}

/* ---------------------------------------------------------------- smaller */

/** How a trial fails, and until when it is made smaller. */
struct failure {
	const struct raft_scenario_request *request;
	const char *cause;
	/** Of each attempt. */
	unsigned int seconds;
	time_t ends_at;
};

static bool
fails_alike(void *context, const char *text)
{
	const struct failure *failure = context;
	struct raft_trial_result result;

	if (time(NULL) >= failure->ends_at)
		return false;
	raft_trial_attempt(failure->request, "trial", text, failure->seconds,
			   &result);
	return strcmp(result.cause, failure->cause) == 0;
}

static size_t
count_lines(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		count++;
		text++;
	}
	return count;
}

/** Formatted, to be freed. */
static char *
print(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		err(2, "memory");
	va_end(arguments);
	return text;
}

/** A trial's file: here, which `bazel run` calls by a name since it goes elsewhere,
 *  or where Bazel collects what tests leave. */
static char *
path_of(uint64_t seed)
{
	const char *folder = getenv("BUILD_WORKING_DIRECTORY");

	if (folder == NULL)
		folder = getenv("TEST_UNDECLARED_OUTPUTS_DIR");
	return print("%s%strial-%" PRIu64 ".scenario",
		     folder == NULL ? "" : folder, folder == NULL ? "" : "/",
		     seed);
}

/** What to type to see it fail again. A test of Bazel's is gone by then, and so are
 *  the program and the file that it knew. */
static char *
command_of(const struct program *program, const char *path)
{
	const char *target = getenv("TEST_TARGET");
	uint64_t seed = program->request.seed;

	if (target == NULL || getenv("BUILD_WORKING_DIRECTORY") != NULL)
		return print("%s --seed %" PRIu64 " %s", program->name, seed,
			     path);
	return print("bazel run %s -- --seed %" PRIu64, target, seed);
}

static void
keep(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		warn("%s", path);
}

/** What is left of a trial, as a file that says how it is run. */
static void
tell_scenario(const struct program *program, const struct failure *failure,
	      const char *text)
{
	char *path = path_of(failure->request->seed);
	char *again = command_of(program, path);
	char *whole = print("# %s\ntitle   Fails: %s\n%s", again,
			    failure->cause, text);
	struct raft_trial_result result;

	raft_trial_attempt(failure->request, path, whole, failure->seconds,
			   &result);
	keep(path, whole);
	printf("\n%s\n%s\nagain: %s\n", whole, result.why, again);
	free(whole);
	free(again);
	free(path);
}

static void
tell_failure(const struct program *program, const char *text,
	     const struct raft_trial_result *result)
{
	struct failure failure = {
		.request = &program->request,
		.cause = result->cause,
		.seconds = result->is_endless ? ENDLESS_SECONDS
					      : RAFT_TRIAL_SECONDS,
		.ends_at = time(NULL) + SECONDS_MAX,
	};
	const struct raft_scenario_shrinking shrinking = {
		.context = &failure,
		.fails = fails_alike,
		.tries_max = TRIES_MAX,
	};
	char *smallest;

	printf("seed %" PRIu64 " fails: %s\n", program->request.seed,
	       result->why);
	fflush(stdout);
	smallest = raft_scenario_shrink(text, &shrinking);
	if (smallest == NULL)
		puts("but not each time, so the machine is not the same "
		     "twice");
	else
		printf("of its %zu statements these are left:\n",
		       count_lines(text));
	tell_scenario(program, &failure, smallest == NULL ? text : smallest);
	free(smallest);
}

/* ----------------------------------------------------------------- trials */

/** What came of trials. */
struct tally {
	uint64_t trials;
	uint64_t acks;
	uint64_t snapshots;
};

/** False: it failed, which is told. */
static bool
try_seed(struct program *program, uint64_t seed, struct tally *tally)
{
	struct raft_trial_result result;
	char *text = raft_trial_scenario(seed);

	program->request.seed = seed;
	raft_trial_attempt(&program->request, "trial", text, RAFT_TRIAL_SECONDS,
			   &result);
	tally->trials++;
	tally->acks += result.acks;
	tally->snapshots += result.snapshots;
	if (result.cause[0] != '\0')
		tell_failure(program, text, &result);
	free(text);
	return result.cause[0] == '\0';
}

static void
tell_progress(const struct tally *tally, time_t *told)
{
	time_t now = time(NULL);

	if (now - *told < PROGRESS_SECONDS)
		return;
	*told = now;
	printf("%" PRIu64 " trials\n", tally->trials);
	fflush(stdout);
}

static int
try_seeds(struct program *program)
{
	uint64_t first = program->seed == 0 ? 1 : program->seed;
	uint64_t count = program->seeds;
	time_t told = time(NULL);
	struct tally tally = {0};
	bool works = true;

	if (count == 0)
		count = program->seed == 0 ? 100 : 1;
	while (works && tally.trials < count) {
		works = try_seed(program, first + tally.trials, &tally);
		tell_progress(&tally, &told);
	}
	printf("%" PRIu64 " trials, %d failed: %" PRIu64
	       " writes acknowledged, %" PRIu64 " snapshots sent and loaded\n",
	       tally.trials, works ? 0 : 1, tally.acks, tally.snapshots);
	return works ? 0 : 1;
}

/* ------------------------------------------------------------------ files */

static void
print_trace(void *context, uint64_t now, const char *line)
{
	(void)context;
	printf("%4" PRIu64 ".%06" PRIu64 " %s\n", now / 1000000, now % 1000000,
	       line);
}

static struct raft_scenario *
read_scenario(const char *path)
{
	struct raft_scenario *scenario;
	char *text = NULL, error[512];
	size_t room = 0;
	ssize_t length;
	FILE *file = fopen(path, "r");

	if (file == NULL)
		err(2, "%s", path);
	length = getdelim(&text, &room, '\0', file);
	if (length < 0)
		errx(2, "%s: it is empty", path);
	fclose(file);
	scenario = raft_scenario_parse(path, text, (size_t)length, error,
				       sizeof(error));
	if (scenario == NULL)
		errx(2, "%s", error);
	free(text);
	return scenario;
}

/** In this process, so that all that is said is seen. */
static bool
run_file(struct program *program, const char *path)
{
	struct raft_scenario *scenario = read_scenario(path);
	struct raft_scenario_result result;
	bool works;

	program->request.scenario = scenario;
	program->request.seed = program->seed == 0 ? 1 : program->seed;
	program->request.trace = program->traced ? print_trace : NULL;
	raft_scenario_run(&program->request, &result);
	works = result.verdict != RAFT_SCENARIO_FAILED;
	fputs(result.prints, stdout);
	printf("%s  %s\n%s", works ? "ok    " : "failed", path,
	       result.failures);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
	return works;
}

int
raft_trials_main(int argc, char **argv, const struct raft_sim_machine *machine)
{
	struct program program = {
		.name = argc > 0 ? argv[0] : "trials",
		.request = {.machine = machine},
	};
	char error[512];
	int status = 0;

	parse_options(&program, argc, argv);
	if (!raft_scenario_build("all", &program.request.modules, error,
				 sizeof(error)))
		errx(2, "%s", error);
	if (optind == argc)
		return try_seeds(&program);
	for (int i = optind; i < argc; i++)
		if (!run_file(&program, argv[i]))
			status = 1;
	return status;
}

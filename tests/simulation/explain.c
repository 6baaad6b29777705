/*
 * A trial that failed becomes a scenario, as small as it can be made while it
 * still fails in the same way, so that a person reads twenty lines and not a
 * trace.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process of its own runs each attempt, since the library or a sanitizer may
 * end it: that is a way to fail, too.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "assists/scenario/scenario.h"
#include "assists/trials/trials.h"
#include "tests/simulation/sweep.h"

/** Attempts, and seconds, that one explanation takes at most. */
#define TRIES_MAX 3000
#define SECONDS_MAX 60
/** A smaller scenario is tried with the trial's seed and these. */
#define OTHER_SEEDS 2
#define CAUSE_BYTES sizeof(((struct raft_trial_result *)0)->cause)
/** After this all is mended, and what is left is a question of time. */
#define MENDED "note all is healed\n"

/** How a scenario fails. */
struct failure {
	const char *build;
	char cause[CAUSE_BYTES];
	/** The seed with which the smallest one fails. */
	uint64_t seed;
	/** What every smaller one ends with; "": whatever it likes. */
	const char *tail;
	/** Wipes, and changes of members, of the first one. */
	size_t wipes;
	size_t changes;
	time_t ends_at;
};

/* --------------------------------------------------------------- attempts */

/** Why it fails: "" if it does not. */
static void
attempt(const char *text, const char *build, uint64_t seed,
	char cause[CAUSE_BYTES])
{
	struct raft_scenario_request request = { .seed = seed };
	struct raft_trial_result result;
	char error[512];

	if (!raft_scenario_build(build, &request.modules, error, sizeof(error)))
		errx(2, "%s", error);
	raft_trial_attempt(&request, "trial", text, RAFT_TRIAL_SECONDS,
			   &result);
	strcpy(cause, result.cause);
}

/* ------------------------------------------------------------ what counts */

static size_t
count_lines(const char *text, const char *const *words)
{
	size_t count = 0;

	for (; text != NULL && *text != '\0'; text = strchr(text, '\n')) {
		text += *text == '\n';
		for (size_t i = 0; words[i] != NULL; i++)
			count += strncmp(text, words[i], strlen(words[i])) == 0;
	}
	return count;
}

static size_t
count_wipes(const char *text)
{
	static const char *const words[] = { "wipe ", NULL };

	return count_lines(text, words);
}

static size_t
count_changes(const char *text)
{
	static const char *const words[] = { "membership ", "add ", "remove ",
					     "add-learner ", "promote ",
					     "demote ", NULL };

	return count_lines(text, words);
}

/** A group can survive the loss of one disk of three, and the next only once
 *  that one is replaced. */
static bool
asks_too_much(const struct failure *failure, const char *text)
{
	const char *nodes = strstr(text, "nodes ");
	size_t wipes = count_wipes(text);

	if (wipes > 0 && nodes != NULL && strtoul(nodes + 6, NULL, 10) < 3)
		return true;
	return wipes > 1 && (wipes < failure->wipes ||
			     count_changes(text) < failure->changes);
}

static bool
ends_with(const char *text, const char *tail)
{
	size_t length = strlen(text), wanted = strlen(tail);

	return length >= wanted && strcmp(text + length - wanted, tail) == 0;
}

static bool
fails_alike(void *context, const char *text)
{
	struct failure *failure = context;
	char cause[CAUSE_BYTES];

	if (time(NULL) >= failure->ends_at || asks_too_much(failure, text) ||
	    !ends_with(text, failure->tail))
		return false;
	attempt(text, failure->build, failure->seed, cause);
	if (strcmp(cause, failure->cause) == 0)
		return true;
	for (uint64_t seed = 1; seed <= OTHER_SEEDS; seed++) {
		attempt(text, failure->build, seed, cause);
		if (strcmp(cause, failure->cause) != 0)
			continue;
		failure->seed = seed;
		return true;
	}
	return false;
}

/* -------------------------------------------------------------- the trial */

static char *
read_back(int file)
{
	off_t length = lseek(file, 0, SEEK_END);
	char *text = length < 0 ? NULL : malloc((size_t)length + 1);

	if (text == NULL ||
	    pread(file, text, (size_t)length, 0) != (ssize_t)length)
		err(2, "a trial's scenario");
	text[length] = '\0';
	return text;
}

/** A process that does as little as possible besides. */
static pid_t
fork_quietly(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (pid == 0 && (freopen("/dev/null", "w", stdout) == NULL ||
			 freopen("/dev/null", "w", stderr) == NULL))
		_exit(2);
	return pid;
}

/** The trial again, in a process that may die of it. Returns its scenario. */
static char *
record(const struct trial *failed)
{
	struct tally tally = { 0 };
	struct trial trial = *failed;
	int file = memfd_create("trial", 0);
	char *text;
	pid_t pid;

	if (file < 0)
		err(2, "memfd_create");
	trial.traced = false;
	pid = fork_quietly();
	if (pid == 0) {
		trial.record = fdopen(file, "w");
		if (trial.record == NULL)
			_exit(2);
		(void)trial_run(&trial, &tally);
		fflush(trial.record);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	text = read_back(file);
	close(file);
	return text;
}

static char *
joined(const char *first, size_t length, const char *second)
{
	char *text;

	if (asprintf(&text, "%.*s%s", (int)length, first, second) < 0)
		err(2, "memory");
	return text;
}

/** Every line of a text that begins with this word, as a text. */
static void
lines_with(const char *text, const char *word, char *lines, size_t size)
{
	size_t length = strlen(word), used = 0, whole;

	for (; *text != '\0'; text += whole + (text[whole] == '\n')) {
		whole = strcspn(text, "\n");
		if (strncmp(text, word, length) == 0 && used < size)
			used += (size_t)snprintf(lines + used, size - used,
						 "%.*s\n", (int)whole, text);
	}
}

/** Of a trial that was mended, which does not get well, the statements by which
 *  it is mended, and asked: these stay, and name no node but those that had
 *  stopped. NULL: of another trial. */
static char *
mending(const char *text)
{
	const char *mended = strstr(text, MENDED);
	const char *until = strstr(text, "run until ");
	char stopped[256] = "", writes[64] = "", reads[64] = "", *tail;

	if (mended == NULL || until == NULL)
		return NULL;
	lines_with(mended, "crash ", stopped, sizeof(stopped));
	lines_with(text, "client ", writes, sizeof(writes));
	lines_with(text, "reads ", reads, sizeof(reads));
	if (asprintf(&tail,
		     MENDED "mark\nheal all\nlink all -> all default\n"
			    "disk all ok\ndisk all 0ms..1ms\n"
			    "clock all rate 1\nresume all\n%srestart all\n"
			    "%s%s%s",
		     stopped, writes, reads, until) < 0)
		err(2, "memory");
	return tail;
}

/** The smallest scenario that was found; NULL: the trial fails, but not as a
 *  scenario. */
static char *
shrunk(struct failure *failure, char *text)
{
	const struct raft_scenario_shrinking shrinking = {
		.context = failure,
		.fails = fails_alike,
		.tries_max = TRIES_MAX,
	};
	char *tail = mending(text), *smallest, *whole;

	if (tail != NULL)
		whole = joined(text, (size_t)(strstr(text, MENDED) - text),
			       tail);
	else
		/* The longest pause, in case it died in it. */
		whole = joined(text, strlen(text), "run 1500000us\n");
	failure->tail = tail == NULL ? "" : tail;
	failure->wipes = count_wipes(whole);
	failure->changes = count_changes(whole);
	attempt(whole, failure->build, failure->seed, failure->cause);
	smallest = failure->cause[0] == '\0'
		       ? NULL
		       : raft_scenario_shrink(whole, &shrinking);
	free(whole);
	free(tail);
	return smallest;
}

/* ------------------------------------------------------------ the outcome */

static void
print_scenario(const struct failure *failure, const char *text, FILE *to)
{
	fprintf(to, "# raft-scenario --build %s --seed %" PRIu64 "\n"
		"title   Fails: %s\n%s",
		failure->build, failure->seed, failure->cause, text);
}

/** Into this folder, or where Bazel collects what tests leave. */
static void
keep(const struct trial *trial, const struct failure *failure,
     const char *text)
{
	const char *folder = getenv("TEST_UNDECLARED_OUTPUTS_DIR");
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/trial-%s-%" PRIu64 ".scenario",
		 folder == NULL ? "." : folder, trial->build->name,
		 trial->seed);
	file = fopen(path, "w");
	if (file == NULL) {
		warn("%s", path);
		return;
	}
	print_scenario(failure, text, file);
	fclose(file);
	printf("    as a scenario: %s\n", path);
}

void
explain(const struct trial *trial)
{
	struct failure failure = {
		/* What each node has is in the text. */
		.build = trial->build->mixed || trial->upgrade
			     ? "baseline"
			     : trial->build->name,
		.seed = trial->seed,
		.ends_at = time(NULL) + SECONDS_MAX,
	};
	static const char *const any[] = { "", NULL };
	char *text = record(trial);
	char *smallest = shrunk(&failure, text);

	if (smallest == NULL) {
		printf("    as a scenario it does not fail\n");
	} else {
		printf("    %s, of %zu statements these are left:\n\n",
		       failure.cause, count_lines(text, any));
		print_scenario(&failure, smallest, stdout);
		putchar('\n');
		keep(trial, &failure, smallest);
	}
	free(smallest);
	free(text);
}

/*
 * One attempt, in a process that may die of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assists/trials/trials.h"

static void
run(const struct raft_scenario_request *request, const char *name,
    const char *text, struct raft_trial_result *result)
{
	struct raft_scenario_request own = *request;
	struct raft_scenario_result ran;
	struct raft_scenario *scenario;
	char error[512];

	scenario = raft_scenario_parse(name, text, strlen(text), error,
				       sizeof(error));
	if (scenario == NULL)
		return;
	own.scenario = scenario;
	own.event = NULL;
	own.trace = NULL;
	raft_scenario_run(&own, &ran);
	strlcpy(result->cause, ran.cause, sizeof(result->cause));
	strlcpy(result->why, ran.failures, sizeof(result->why));
	result->why[strcspn(result->why, "\n")] = '\0';
	result->acks = ran.whole[RAFT_SIM_ACKS];
	result->snapshots = ran.whole[RAFT_SIM_SNAPSHOTS];
	raft_scenario_result_free(&ran);
	raft_scenario_free(scenario);
}

/** The process of an attempt, which writes what came of it. */
static _Noreturn void
attempt(const struct raft_scenario_request *request, const char *name,
	const char *text, unsigned int seconds, int out)
{
	struct raft_trial_result result = {0};

	if (freopen("/dev/null", "w", stdout) == NULL ||
	    freopen("/dev/null", "w", stderr) == NULL)
		_exit(2);
	alarm(seconds);
	run(request, name, text, &result);
	_exit(write(out, &result, sizeof(result)) == sizeof(result) ? 0 : 2);
}

/** False: it ended before it had written one. */
static bool
read_result(int in, struct raft_trial_result *result)
{
	ssize_t length;

	do
		length = read(in, result, sizeof(*result));
	while (length < 0 && errno == EINTR);
	return length == sizeof(*result);
}

/** What its end says of a process that had no result. */
static struct raft_trial_result
judge_end(int status, unsigned int seconds)
{
	struct raft_trial_result result = {
		.cause = "the process died",
		.why = "the process died",
	};

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM)
		return result;
	result.is_endless = true;
	strlcpy(result.cause, "it does not end", sizeof(result.cause));
	snprintf(result.why, sizeof(result.why), "it did not end within %u s",
		 seconds);
	return result;
}

void
raft_trial_attempt(const struct raft_scenario_request *request,
		   const char *name, const char *text, unsigned int seconds,
		   struct raft_trial_result *result)
{
	int ends[2], status = 0;
	bool has_result;
	pid_t pid;

	fflush(NULL);
	if (pipe(ends) != 0 || (pid = fork()) < 0)
		err(2, "a process for a trial");
	if (pid == 0)
		attempt(request, name, text, seconds, ends[1]);
	close(ends[1]);
	has_result = read_result(ends[0], result);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!has_result)
		*result = judge_end(status, seconds);
}

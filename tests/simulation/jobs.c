/*
 * The processes that run the trials of a sweep, and what came of them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process may die in a trial, by an assertion of the library or a sanitizer:
 * that trial has failed, and another process goes on behind it. What is counted
 * is in memory that all share, so that it outlives them.
 */
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulation/sweep.h"
#include "tests/simulation/upgrade.h"

/** More than anyone looks at. */
#define FAILURES_MAX 20
/** An explanation takes a while. */
#define EXPLAINED_MAX 2

struct job {
	pid_t pid;
	/** The trial at hand: trial n has seed n / builds and build n % builds,
	 *  counted from the first. */
	uint64_t at;
	struct tally tallies[BUILDS_MAX];
};

static struct shared {
	/** No trial begins any more. */
	atomic_bool over;
	/** Failures that were explained. */
	atomic_int explained;
	struct job jobs[JOBS_MAX];
} *shared;

static uint64_t
stride(const struct sweep *sweep)
{
	return sweep->shards * sweep->jobs;
}

/** Behind the last trial. */
static uint64_t
end_of(const struct sweep *sweep)
{
	return sweep->seeds * sweep->build_count;
}

static struct trial
trial_of(const struct sweep *sweep, uint64_t number)
{
	struct trial trial = sweep->trial;

	trial.build = &sweep->builds[number % sweep->build_count];
	trial.seed = sweep->seed + number / sweep->build_count;
	return trial;
}

/** Say how to repeat the trial, and explain it if it is one of the first. */
static void
tell_failure(const struct sweep *sweep, uint64_t number)
{
	struct trial trial = trial_of(sweep, number);

	printf("    again: ./run sim%s --build %s --seed %" PRIu64
	       " --seconds %" PRIu64 " --trace\n",
	       trial.healthy   ? " --healthy"
	       : trial.upgrade ? " --upgrade"
			       : "",
	       trial.build->name, trial.seed, trial.seconds);
	/* What a healthy one keeps to, no scenario asks. */
	if (!trial.healthy &&
	    atomic_fetch_add(&shared->explained, 1) < EXPLAINED_MAX)
		explain(&trial);
}

/* ------------------------------------------------------------- a process */

static _Noreturn void
work(const struct sweep *sweep, struct job *job)
{
	for (; job->at < end_of(sweep) && !atomic_load(&shared->over);
	     job->at += stride(sweep)) {
		size_t build = job->at % sweep->build_count;
		struct trial trial = trial_of(sweep, job->at);

		if (!trial_run(&trial, &job->tallies[build]))
			tell_failure(sweep, job->at);
		fflush(stdout);
	}
	exit(0);
}

static void
begin(const struct sweep *sweep, struct job *job, const sigset_t *before)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (pid > 0) {
		job->pid = pid;
		return;
	}
	/* Ctrl-C is said to all of us; who began us decides. */
	signal(SIGINT, SIG_IGN);
	sigprocmask(SIG_SETMASK, before, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	work(sweep, job);
}

/* ------------------------------------------------------------ all of them */

static void
add(struct tally *sum, const struct tally *one)
{
	sum->runs += one->runs;
	sum->failed += one->failed;
	sum->acks += one->acks;
	sum->reads += one->reads;
	sum->snapshots += one->snapshots;
	sum->changes += one->changes;
	for (size_t i = 0; i < OUTAGE_TENTHS; i++)
		sum->outages[i] += one->outages[i];
}

static struct tally
sum(const struct sweep *sweep, size_t build)
{
	struct tally sum = { 0 };

	for (size_t i = 0; i < sweep->jobs; i++)
		add(&sum, &shared->jobs[i].tallies[build]);
	return sum;
}

static struct tally
sum_of_all(const struct sweep *sweep)
{
	struct tally all = { 0 };

	for (size_t build = 0; build < sweep->build_count; build++) {
		struct tally one = sum(sweep, build);

		add(&all, &one);
	}
	return all;
}

/** False: it died, and another goes on behind the trial in which it did. */
static bool
ended_well(const struct sweep *sweep, struct job *job, int status)
{
	size_t build = job->at % sweep->build_count;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	printf("%s, seed %" PRIu64 ": the process died (%s %d)\n",
	       sweep->builds[build].name,
	       sweep->seed + job->at / sweep->build_count,
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	tell_failure(sweep, job->at);
	job->tallies[build].runs++;
	job->tallies[build].failed++;
	job->at += stride(sweep);
	return false;
}

/** Returns how many have ended for good. */
static size_t
reap(const struct sweep *sweep, const sigset_t *before)
{
	size_t ended = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct job *job = shared->jobs;

		while (job->pid != pid)
			job++;
		if (ended_well(sweep, job, status) ||
		    sum_of_all(sweep).failed >= FAILURES_MAX)
			ended++;
		else
			begin(sweep, job, before);
	}
	return ended;
}

static uint64_t
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

static void
tell_progress(const struct sweep *sweep, uint64_t elapsed)
{
	struct tally all = sum_of_all(sweep);

	printf("%" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "  %" PRIu64
	       " trials, %" PRIu64 " failed\n",
	       elapsed / 3600, elapsed / 60 % 60, elapsed % 60, all.runs,
	       all.failed);
}

/** Until every process has ended; all is said each minute, at first more
 *  often. */
static void
watch(const struct sweep *sweep, const sigset_t *signals,
      const sigset_t *before)
{
	const struct timespec second = { .tv_sec = 1 };
	uint64_t began = seconds_now(), told = began, now;
	size_t running = sweep->jobs;

	while (running > 0) {
		int caught = sigtimedwait(signals, NULL, &second);

		now = seconds_now();
		if (caught == SIGINT || caught == SIGTERM)
			puts("interrupted: the trials under way end");
		if (caught == SIGINT || caught == SIGTERM ||
		    (sweep->until > 0 && now >= sweep->until) ||
		    sum_of_all(sweep).failed >= FAILURES_MAX)
			atomic_store(&shared->over, true);
		running -= reap(sweep, before);
		if (sweep->until > 0 &&
		    now - told >= (now - began <= 60 ? 10 : 60)) {
			tell_progress(sweep, now - began);
			told = now;
		}
		fflush(stdout);
	}
}

/** The first seed that a process has not come to. */
static uint64_t
next_seed(const struct sweep *sweep)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < sweep->jobs; i++)
		if (shared->jobs[i].at < least)
			least = shared->jobs[i].at;
	return sweep->seed + least / sweep->build_count;
}

static bool
tell_result(const struct sweep *sweep)
{
	struct tally all = sum_of_all(sweep);

	for (size_t build = 0; build < sweep->build_count; build++) {
		struct tally tally = sum(sweep, build);

		if (sweep->trial.upgrade) {
			outages_tell(&sweep->builds[build], tally.outages);
			continue;
		}
		printf("%s: %" PRIu64 " trials, %" PRIu64
		       " writes acknowledged, %" PRIu64
		       " reads answered, %" PRIu64
		       " snapshots loaded, %" PRIu64
		       " changes of members\n",
		       sweep->builds[build].name, tally.runs, tally.acks,
		       tally.reads, tally.snapshots, tally.changes);
	}
	if (sweep->until > 0)
		printf("seeds %" PRIu64 " and up; the next is %" PRIu64 "\n",
		       sweep->seed, next_seed(sweep));
	printf("%" PRIu64 " trials, %" PRIu64 " failed%s\n", all.runs,
	       all.failed,
	       all.failed < FAILURES_MAX ? "" : ": enough to look at");
	return all.failed == 0;
}

bool
jobs_run(const struct sweep *sweep)
{
	sigset_t signals, before;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(2, "mmap");
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	for (size_t i = 0; i < sweep->jobs; i++) {
		shared->jobs[i].at = sweep->shard * sweep->jobs + i;
		begin(sweep, &shared->jobs[i], &before);
	}
	watch(sweep, &signals, &before);
	return tell_result(sweep);
}

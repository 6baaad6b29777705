/*
 * A run that fails, with fewer steps: as the scenarios of the simulator are made
 * smaller, in large pieces first and then in smaller ones.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/smaller.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/rounds.h"

/** All attempts together, and each. */
#define SECONDS_MAX 60
#define ATTEMPT_SECONDS 20
#define CAUSE_BYTES 160

struct search {
	struct steps *best;
	void (*run)(const struct steps *);
	char cause[CAUSE_BYTES];
	time_t ends_at;
};

_Noreturn static void
run_quietly(const struct search *search, const struct steps *steps, int says)
{
	int nowhere = open("/dev/null", O_WRONLY);

	if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
	    dup2(says, STDERR_FILENO) < 0)
		_exit(2);
	rounds_explain_nothing();
	alarm(ATTEMPT_SECONDS);
	search->run(steps);
	_exit(0);
}

/** What there is to read, as far as there is room. */
static void
read_cause(int in, char cause[CAUSE_BYTES])
{
	size_t length = 0;
	ssize_t more;

	do {
		more = read(in, cause + length, CAUSE_BYTES - 1 - length);
		if (more > 0)
			length += (size_t)more;
	} while (more > 0 || (more < 0 && errno == EINTR));
	cause[length] = '\0';
}

/** The first line that it says; "": it ends well. */
static void
attempt(const struct search *search, const struct steps *steps,
	char cause[CAUSE_BYTES])
{
	int ends[2], status = 0;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		err(2, "a process for an attempt");
	if (pid == 0)
		run_quietly(search, steps, ends[1]);
	close(ends[1]);
	read_cause(ends[0], cause);
	/* Whoever still has something to say may end for that. */
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		cause[0] = '\0';
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		strcpy(cause, "it does not end");
	else if (strncmp(cause, "==", 2) == 0 || cause[0] == '\0')
		strcpy(cause, "the process died");
	cause[strcspn(cause, "\n")] = '\0';
}

static bool
takes(struct search *search, const struct steps *candidate)
{
	char cause[CAUSE_BYTES];

	if (time(NULL) >= search->ends_at)
		return false;
	attempt(search, candidate, cause);
	return strcmp(cause, search->cause) == 0;
}

/** Without so many from there on, if it fails all the same. */
static bool
drop(struct search *search, size_t from, size_t size)
{
	struct steps *best = search->best;
	size_t behind = best->count - from - size;
	struct steps candidate = { best->seed, NULL, best->count - size };
	bool fails;

	candidate.at = malloc((candidate.count + 1) * sizeof(*candidate.at));
	if (candidate.at == NULL)
		err(2, "memory");
	memcpy(candidate.at, best->at, from * sizeof(*best->at));
	memcpy(candidate.at + from, best->at + from + size,
	       behind * sizeof(*best->at));
	fails = takes(search, &candidate);
	if (!fails) {
		free(candidate.at);
		return false;
	}
	free(best->at);
	*best = candidate;
	return true;
}

static bool
drop_pieces(struct search *search, size_t size)
{
	bool dropped = false;
	size_t from = 0;

	while (from + size <= search->best->count)
		if (drop(search, from, size))
			dropped = true;
		else
			from += size;
	return dropped;
}

const char *
smaller_make(struct steps *steps, void (*run)(const struct steps *steps))
{
	static struct search search;
	bool dropped;

	search = (struct search){ .best = steps,
				  .run = run,
				  .ends_at = time(NULL) + SECONDS_MAX };
	attempt(&search, steps, search.cause);
	if (search.cause[0] == '\0')
		return search.cause;
	do {
		dropped = false;
		for (size_t size = (steps->count + 1) / 2; size > 0; size /= 2)
			dropped |= drop_pieces(&search, size);
	} while (dropped);
	return search.cause;
}

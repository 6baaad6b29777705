/*
 * A child that writes a snapshot (fork.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assists/little_endian/little_endian.h"
#include "assists/server/fork.h"
#include "assists/server/server.h"
#include "assists/system/system.h"

/** Of a frame, and of what is read at once. */
#define FRAME_BYTES_MAX ((size_t)64 << 10)
#define LENGTH_BYTES 4
/** The only file of the child beside the standard ones. */
#define CHILD_FD 3
/** Between looks whether a silent child is still wanted. */
#define LOOK_MS 50
/** One that has said its last word, and has not ended after so long, is killed. */
#define END_MS 1000

/* -------------------------------------------------------------- in the child */

static bool
write_all(int fd, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length > 0) {
		ssize_t written = write(fd, at, length);

		if (written < 0 && errno != EINTR)
			return false;
		if (written < 0)
			continue;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

static bool
put_frame(int fd, const void *bytes, size_t length)
{
	uint8_t header[LENGTH_BYTES];

	put32(header, (uint32_t)length);
	return write_all(fd, header, sizeof(header)) &&
	       write_all(fd, bytes, length);
}

bool
raft__fork_put(int fd, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length > 0) {
		size_t piece =
		    length < FRAME_BYTES_MAX ? length : FRAME_BYTES_MAX;

		if (!put_frame(fd, at, piece))
			return false;
		at += piece;
		length -= piece;
	}
	return true;
}

/** What it has inherited must not outlive the parent: ports, and the lock of the
 *  folder. */
static void
close_files(int keep)
{
	if (keep != CHILD_FD && dup2(keep, CHILD_FD) < 0)
		_exit(1);
	raft__system_close_from(CHILD_FD + 1);
}

/** What a terminal, or whoever stops a service, says to all of its processes is for
 *  the parent: its child ends with it. */
static bool
is_for_parent(int number)
{
	return number == SIGINT || number == SIGTERM || number == SIGHUP;
}

/** The parent's handlers speak to the parent's loop. Signals are blocked until
 *  then. */
static void
forget_handlers(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, number == SIGPIPE || is_for_parent(number)
				   ? SIG_IGN
				   : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
be_child(pid_t parent, int fd, bool (*write)(void *context, int fd),
	 void *context)
{
	close_files(fd);
	forget_handlers();
	/* From its parent it learns of nothing but its death. */
	if (!raft__system_die_with(parent))
		_exit(1);
	_exit(write(context, CHILD_FD) && put_frame(CHILD_FD, NULL, 0) ? 0 : 1);
}

/* ------------------------------------------------------------- in the parent */

bool
raft__fork_begin(struct fork *forked, bool (*write)(void *context, int fd),
		 void *context)
{
	sigset_t all, before;
	pid_t parent = getpid();
	int ends[2], failure;

	forked->why[0] = '\0';
	if (!raft__system_pipe(ends)) {
		strlcpy(forked->why, strerror(errno), sizeof(forked->why));
		return false;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	forked->child = fork();
	failure = errno;
	if (forked->child == 0)
		be_child(parent, ends[1], write, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	forked->fd = ends[0];
	if (forked->child > 0)
		return true;
	close(ends[0]);
	snprintf(forked->why, sizeof(forked->why), "no child: %s",
		 strerror(failure));
	return false;
}

/** What a reader has of it. */
struct reading {
	struct fork *fork;
	bool (*is_wanted)(void *context);
	bool (*take)(void *context, const void *bytes, size_t length);
	void *context;
};

/** Something can be read, or the end can. */
static bool
wait_for_bytes(struct reading *reading)
{
	struct fork *fork = reading->fork;
	struct pollfd poll_ = { .fd = fork->fd, .events = POLLIN };

	for (int waited = 0; waited < fork->silence_ms; waited += LOOK_MS) {
		int ready = poll(&poll_, 1, LOOK_MS);

		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			break;
		if (!reading->is_wanted(reading->context))
			return false;
	}
	snprintf(fork->why, sizeof(fork->why),
		 "the child that wrote it wrote nothing for %d ms",
		 fork->silence_ms);
	return false;
}

/** False: it has ended before, or is not wanted. */
static bool
read_exactly(struct reading *reading, uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t taken;

		if (!wait_for_bytes(reading))
			return false;
		taken = read(reading->fork->fd, bytes, length);
		if (taken < 0 && errno == EINTR)
			continue;
		if (taken <= 0)
			return false;
		bytes += taken;
		length -= (size_t)taken;
	}
	return true;
}

/** True: the frame that says that it was all. */
static bool
read_frames(struct reading *reading)
{
	uint8_t bytes[FRAME_BYTES_MAX], header[LENGTH_BYTES];
	size_t length;

	do {
		if (!read_exactly(reading, header, sizeof(header)))
			return false;
		length = get32(header);
		if (length > sizeof(bytes) ||
		    !read_exactly(reading, bytes, length))
			return false;
		if (length > 0 &&
		    !reading->take(reading->context, bytes, length))
			return false;
	} while (length > 0);
	return true;
}

/** Nobody else has reaped it: its number is not another's yet. */
static bool
is_ours(const struct fork *fork)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)fork->child, &info,
		      WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void
kill_child(const struct fork *fork)
{
	if (is_ours(fork))
		kill(fork->child, SIGKILL);
}

/** One that has closed its file is about to end, as a rule. -1: somebody else has
 *  reaped it. */
static pid_t
wait_for_end(const struct fork *fork, int *status)
{
	pid_t reaped = 0;

	for (int i = 0; i < END_MS / LOOK_MS && reaped == 0; i++) {
		reaped = waitpid(fork->child, status, WNOHANG);
		if (reaped == 0)
			poll(NULL, 0, i == 0 ? 1 : LOOK_MS);
	}
	if (reaped != 0)
		return reaped;
	kill_child(fork);
	do
		reaped = waitpid(fork->child, status, 0);
	while (reaped < 0 && errno == EINTR);
	return reaped;
}

static void
reap(struct fork *fork)
{
	int status = 0;
	pid_t reaped = wait_for_end(fork, &status);

	close(fork->fd);
	if (fork->why[0] != '\0')
		return;
	if (reaped > 0 && WIFSIGNALED(status))
		snprintf(fork->why, sizeof(fork->why),
			 "the child that wrote it was killed by signal %d",
			 WTERMSIG(status));
	else
		strlcpy(fork->why, "the machine could not write it",
			sizeof(fork->why));
}

bool
raft__fork_read(struct fork *fork, bool (*is_wanted)(void *context),
		bool (*take)(void *context, const void *bytes, size_t length),
		void *context)
{
	struct reading reading = { fork, is_wanted, take, context };
	bool is_whole = read_frames(&reading);

	/* One that is silent, or not wanted, would write on. */
	if (!is_whole && (fork->why[0] != '\0' || !is_wanted(context)))
		kill_child(fork);
	reap(fork);
	return is_whole;
}

void
raft__fork_abandon(struct fork *fork)
{
	kill_child(fork);
	reap(fork);
}

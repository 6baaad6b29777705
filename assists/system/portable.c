/*
 * Any system with POSIX, and what macOS and the BSDs have besides (system.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "assists/system/system.h"

/* macOS counts sleep in CLOCK_MONOTONIC, the BSDs do in CLOCK_BOOTTIME. */
#if defined(CLOCK_BOOTTIME) && !defined(__linux__)
#define CLOCK CLOCK_BOOTTIME
#else
#define CLOCK CLOCK_MONOTONIC
#endif

uint64_t
raft__system_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* fsync of macOS does not ask the disk. Not every file system can be asked. */
static bool
ask_disk(int fd)
{
#ifdef F_FULLFSYNC
	return fcntl(fd, F_FULLFSYNC) == 0;
#else
	(void)fd;
	return false;
#endif
}

bool
raft__system_sync_data(int fd)
{
	return ask_disk(fd) || fdatasync(fd) == 0;
}

bool
raft__system_sync(int fd)
{
	return ask_disk(fd) || fsync(fd) == 0;
}

static bool
set_flags(int fd, bool at_once)
{
	int flags = at_once ? fcntl(fd, F_GETFL) : 0;

	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && flags >= 0 &&
	       (!at_once || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
}

void
raft__system_uncache(int fd, uint64_t offset, uint64_t length)
{
#ifdef POSIX_FADV_DONTNEED
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	(void)posix_fadvise(fd, (off_t)offset, (off_t)length,
			    POSIX_FADV_DONTNEED);
#else
	(void)fd;
	(void)offset;
	(void)length;
#endif
}

int
raft__system_socket(int family, int type, bool at_once)
{
	int fd = socket(family, type, 0), error;

	if (fd < 0 || set_flags(fd, at_once))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* A socket has no mode of its own everywhere. Until somebody listens nobody connects,
 * and by then the file has its. */
bool
raft__system_bind_private(int fd, const struct sockaddr_un *address)
{
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		   0 &&
	       chmod(address->sun_path, 0600) == 0;
}

/* A link that was down is used again later where it does not exist. */
void
raft__system_limit_resend(int fd, int ms)
{
	(void)fd;
	(void)ms;
}

/* Votes wait longer behind bulk where it does not exist. */
void
raft__system_limit_unsent(int fd, int bytes)
{
#ifdef TCP_NOTSENT_LOWAT
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
#else
	(void)fd;
	(void)bytes;
#endif
}

/* Each system has its own way, if it has one. */
uint64_t
raft__system_round_trip_us(int fd)
{
	(void)fd;
	return 0;
}

int
raft__system_open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Nothing names an open folder. */
bool
raft__system_path_in(int folder, const char *path, const char *name,
		     char *short_path, size_t size)
{
	int length = snprintf(short_path, size, "%s/%s", path, name);

	(void)folder;
	errno = ENAMETOOLONG;
	return length > 0 && (size_t)length < size;
}

bool
raft__system_pipe(int ends[2])
{
	int error;

	if (pipe(ends) != 0)
		return false;
	if (set_flags(ends[0], false) && set_flags(ends[1], false))
		return true;
	error = errno;
	close(ends[0]);
	close(ends[1]);
	errno = error;
	return false;
}

void
raft__system_close_from(int first)
{
	int end = (int)sysconf(_SC_OPEN_MAX);

	for (int fd = first; fd < end; fd++)
		close(fd);
}

static pid_t awaited_parent;

static void
look_for_parent(int number)
{
	(void)number;
	if (getppid() != awaited_parent)
		raise(SIGKILL);
}

/* Once a second: nothing tells a child by itself everywhere. */
bool
raft__system_die_with(pid_t parent)
{
	const struct itimerval each = { .it_interval.tv_sec = 1,
					.it_value.tv_sec = 1 };
	struct sigaction look = { .sa_handler = look_for_parent,
				  .sa_flags = SA_RESTART };

	awaited_parent = parent;
	sigemptyset(&look.sa_mask);
	return sigaction(SIGALRM, &look, NULL) == 0 &&
	       setitimer(ITIMER_REAL, &each, NULL) == 0 && getppid() == parent;
}

bool
raft__system_rename_new(const char *from, const char *to)
{
	return link(from, to) == 0 && unlink(from) == 0;
}

/* Nothing tells. */
bool
raft__system_is_mounted(int folder, const char *name)
{
	(void)folder;
	(void)name;
	return false;
}

/*
 * A machine that is not as it should be, preloaded into a process: the wall's clock is
 * ahead by as many seconds as the file AHEAD, in the folder MACHINE of the environment,
 * says when it is looked at; a sync of data takes as many milliseconds more as the
 * file SLOW says; and if there is a file FREE, the disk has as many MiB left as that
 * says, so that with 0 nothing can be written.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long
number_in(const char *name, long otherwise)
{
	const char *folder = getenv("MACHINE");
	char path[PATH_MAX], text[32] = "";
	int fd;

	if (folder == NULL)
		return otherwise;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return otherwise;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return atol(text);
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
	int (*real)(clockid_t id, struct timespec * now) =
	    (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
							 "clock_gettime");
	int result = real(id, now);

	if (result == 0 &&
	    (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		now->tv_sec += number_in("AHEAD", 0);
	return result;
}

time_t
time(time_t *result)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (result != NULL)
		*result = now.tv_sec;
	return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict result, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	result->tv_sec = now.tv_sec;
	result->tv_usec = now.tv_nsec / 1000;
	return 0;
}

int
fdatasync(int fd)
{
	int (*real)(int fd) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	long ms = number_in("SLOW", 0);
	struct timespec rest = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&rest, NULL);
	return real(fd);
}

int
statvfs(const char *path, struct statvfs *status)
{
	int (*real)(const char *path, struct statvfs *status) =
	    (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT,
							   "statvfs");
	int result = real(path, status);
	long left = number_in("FREE", -1);

	if (result == 0 && left >= 0)
		status->f_bavail =
		    (unsigned long)left * (1ul << 20) / status->f_frsize;
	return result;
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	ssize_t (*real)(int fd, const void *bytes, size_t length,
			off_t offset) =
	    (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT,
								"pwrite");

	errno = ENOSPC;
	return number_in("FREE", -1) == 0 ? -1
					  : real(fd, bytes, length, offset);
}

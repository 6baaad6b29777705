/*
 * A clock that jumps: preloaded into a process, it has the wall's clock ahead by as many
 * seconds as the file CLOCK_AHEAD of the environment says when it is looked at.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t
ahead(void)
{
	const char *path = getenv("CLOCK_AHEAD");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0)
		return 0;
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
		now->tv_sec += ahead();
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

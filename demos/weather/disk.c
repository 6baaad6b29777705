/*
 * A disk with weather (disk.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/weather/disk.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/** How often one that hangs looks whether it still does. */
#define LOOK_NS 1000000
#define SECOND_NS 1000000000

/** NULL: nobody tells it anything. */
static struct disk *own;

void
disk_use(struct disk *disk)
{
	own = disk;
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void
wait_ns(uint64_t ns)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(ns / SECOND_NS),
		.tv_nsec = (long)(ns % SECOND_NS),
	};

	nanosleep(&pause, NULL);
}

/* Until so long after it began, now that the machine's own disk is done. */
static void
take_time(uint64_t begun)
{
	struct disk_latency latency = own->latency;
	uint64_t now = now_ns(), until, us = latency.least_us;

	if (now - begun > own->slowest_ns)
		own->slowest_ns = now - begun;
	us += arc4random_uniform(latency.most_us - latency.least_us + 1);
	until = begun + 1000 * us;
	if (now < until)
		wait_ns(until - now);
}

static int
refuse(int error)
{
	errno = error;
	return -1;
}

static int
sync_file(long call, int fd)
{
	uint64_t begun = now_ns();
	int result, error;

	if (own == NULL)
		return (int)syscall(call, fd);
	if (own->state == RAFT_SIM_DISK_FULL)
		return refuse(ENOSPC);
	result = (int)syscall(call, fd);
	error = errno;
	take_time(begun);
	while (own->state == RAFT_SIM_DISK_STALL)
		wait_ns(LOOK_NS);
	return own->state == RAFT_SIM_DISK_FAIL ? refuse(EIO)
		: result != 0			? refuse(error)
						: 0;
}

/* In the place of libc's, for all of this program. */

int
fsync(int fd)
{
	return sync_file(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return sync_file(SYS_fdatasync, fd);
}

/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/cluster/syncs.h"

#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_uint_fast64_t syncs;
static atomic_uint slow_ms;

uint64_t
syncs_count(void)
{
	return atomic_load(&syncs);
}

void
syncs_slow(unsigned int ms)
{
	atomic_store(&slow_ms, ms);
}

/** The C library's function of that name, into *function. */
static void
find(const char *name, void *function)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		errx(1, "the C library has no %s", name);
	memcpy(function, &found, sizeof(found));
}

static void
begin_sync(void)
{
	unsigned int ms = atomic_load(&slow_ms);
	struct timespec pause = { ms / 1000, (long)(ms % 1000) * 1000000 };

	atomic_fetch_add(&syncs, 1);
	while (ms > 0 && nanosleep(&pause, &pause) != 0 && errno == EINTR)
		;
}

int
fdatasync(int file)
{
	int (*plain)(int);

	find("fdatasync", &plain);
	begin_sync();
	return plain(file);
}

int
fsync(int file)
{
	int (*plain)(int);

	find("fsync", &plain);
	begin_sync();
	return plain(file);
}

/** One of these requests has the flag. */
static bool
must_not_wait(const long *arguments)
{
	struct iocb *const *requests = (struct iocb *const *)arguments[2];

	for (long i = 0; i < arguments[1]; i++)
		if ((requests[i]->aio_rw_flags & RWF_NOWAIT) != 0)
			return true;
	return false;
}

/**
 * An io_submit that must not wait (it has a flag that says so) is one in the thread
 * of a loop: a slow disk says EAGAIN, and whoever asked asks again from a thread of
 * its own.
 */
long
syscall(long number, ...)
{
	long (*plain)(long, ...);
	long arguments[6];
	va_list list;

	/* Whatever there is of them: the C library's takes six, too. */
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_io_submit) {
		if (must_not_wait(arguments) && atomic_load(&slow_ms) > 0) {
			errno = EAGAIN;
			return -1;
		}
		begin_sync();
	}
	find("syscall", &plain);
	return plain(number, arguments[0], arguments[1], arguments[2],
		     arguments[3], arguments[4], arguments[5]);
}

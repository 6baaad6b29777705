/*
 * The calls that a test puts its own in place of, as they really are.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_REAL_DISK_H
#define OUTRIGGER_REAL_DISK_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Not by syscall(): an offset takes two registers on some machines. */
static inline ssize_t
real_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	const struct iovec piece = { (void *)(uintptr_t)bytes, length };

	return pwritev(fd, &piece, 1, offset);
}

/* How much of a write a crash may have left: whole sectors. */
static inline size_t
torn_length(size_t length, off_t offset)
{
	size_t end = ((size_t)offset + length / 2) / 512 * 512;

	return end > (size_t)offset ? end - (size_t)offset : 0;
}

static inline int
real_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
}

#endif

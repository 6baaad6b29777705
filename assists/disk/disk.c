/*
 * Reading and writing that ends early only when it fails, and looking.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool
raft__disk_read(int fd, void *bytes, size_t length, uint64_t offset)
{
	uint8_t *next = bytes;

	while (length > 0) {
		ssize_t got = pread(fd, next, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EIO;
		if (got <= 0)
			return false;
		next += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

bool
raft__disk_write(int fd, const void *bytes, size_t length, uint64_t offset)
{
	const uint8_t *next = bytes;

	while (length > 0) {
		ssize_t put = pwrite(fd, next, length, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		next += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
	return true;
}

bool
raft__disk_has(int folder, const char *name, int flags, bool *has)
{
	*has = faccessat(folder, name, F_OK, flags) == 0;
	return *has || errno == ENOENT || errno == ENOTDIR;
}

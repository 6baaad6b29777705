/*
 * The directory of a log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int
raft__directory_open(const struct refusal *refusal)
{
	int fd = open(refusal->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		refuse(refusal, "cannot be opened: %s", strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		refuse(refusal, "is in use: stop the other process, or give "
				"each server a directory of its own");
	else
		refuse(refusal, "cannot be locked: %s", strerror(errno));
	close(fd);
	return -1;
}

/* The directory's own name is kept by its parent. */
static bool
sync_parent(int directory)
{
	int fd = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

int
raft__directory_make(const struct refusal *refusal)
{
	int fd;

	if (mkdir(refusal->path, 0700) != 0 && errno != EEXIST) {
		refuse(refusal, "cannot be made: %s", strerror(errno));
		return -1;
	}
	fd = raft__directory_open(refusal);
	if (fd < 0 || sync_parent(fd))
		return fd;
	refuse(refusal, "cannot be made durable: %s", strerror(errno));
	close(fd);
	return -1;
}

int
raft__directory_open_log(int directory)
{
	int fd = openat(directory, "log", O_RDWR | O_CLOEXEC);

	/* Whoever gave it that name may have died before the name was durable:
	 * after a power cut another file would have it. */
	if (fd < 0 || fsync(directory) == 0)
		return fd;
	close(fd);
	return -1;
}

int
raft__directory_make_log(int directory)
{
	return openat(directory, "log.new",
		      O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

bool
raft__directory_publish(int directory)
{
	return renameat(directory, "log.new", directory, "log") == 0 &&
	       fsync(directory) == 0;
}

void
raft__directory_abandon(int directory)
{
	unlinkat(directory, "log.new", 0);
}

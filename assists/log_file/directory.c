/*
 * The file of a log in its directory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/directory.h"
#include "assists/system/system.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
raft__directory_open_log(int directory)
{
	int fd = openat(directory, "log", O_RDWR | O_CLOEXEC);

	/* Whoever gave it that name may have died before the name was durable:
	 * after a power cut another file would have it. */
	if (fd < 0 || raft__system_sync(directory))
		return fd;
	close(fd);
	return -1;
}

int
raft__directory_look_at_log(int directory)
{
	return openat(directory, "log", O_RDONLY | O_CLOEXEC);
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
	       raft__system_sync(directory);
}

void
raft__directory_abandon(int directory)
{
	unlinkat(directory, "log.new", 0);
}

/*
 * The files of a log in its directory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/directory.h"
#include "assists/system/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
raft__directory_name(unsigned int number, char name[FILE_NAME_BYTES])
{
	if (number == 0)
		snprintf(name, FILE_NAME_BYTES, "log");
	else
		snprintf(name, FILE_NAME_BYTES, "log.%u", number);
}

int
raft__directory_open_file(int directory, unsigned int number, bool looks_only)
{
	char name[FILE_NAME_BYTES];

	raft__directory_name(number, name);
	return openat(directory, name,
		      (looks_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
}

int
raft__directory_make_file(int directory)
{
	return openat(directory, "log.new",
		      O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

bool
raft__directory_publish(int directory, unsigned int number)
{
	char name[FILE_NAME_BYTES];

	raft__directory_name(number, name);
	return renameat(directory, "log.new", directory, name) == 0 &&
	       raft__system_sync(directory);
}

void
raft__directory_abandon(int directory)
{
	unlinkat(directory, "log.new", 0);
}

void
raft__directory_remove(int directory, unsigned int number)
{
	char name[FILE_NAME_BYTES];

	raft__directory_name(number, name);
	unlinkat(directory, name, 0);
}

/* False: it is no name of a segment's file. */
static bool
number_of(const char *name, unsigned int *number)
{
	char same[FILE_NAME_BYTES];

	*number = 0;
	if (strcmp(name, "log") == 0)
		return true;
	if (sscanf(name, "log.%9u", number) != 1 || *number == 0)
		return false;
	raft__directory_name(*number, same);
	return strcmp(name, same) == 0;
}

/* NULL: there is none, and errno is 0; or errno says why it cannot be told. */
static const struct dirent *
next_entry(DIR *directory)
{
	errno = 0;
	return readdir(directory);
}

bool
raft__directory_each(int directory,
		     bool (*see)(void *context, unsigned int number),
		     void *context)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned int number;
	bool done = true;

	if (entries == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (done && (entry = next_entry(entries)) != NULL)
		if (number_of(entry->d_name, &number))
			done = see(context, number);
	if (done && errno != 0)
		done = false;
	closedir(entries);
	return done;
}

/*
 * A disk that refuses (fault.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/crash/fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char below[PATH_MAX];
static enum fault_kind sort;
static size_t comes_at, calls;
static bool has_come;
static char place[PATH_MAX + 16];

static const struct {
	const char *name;
	int error;
	bool lasts;
} kinds[FAULT_KINDS] = {
	[FAULT_NONE] = { "nothing", 0, false },
	[FAULT_EIO] = { "EIO", EIO, false },
	[FAULT_EIO_ON] = { "EIO from there on", EIO, true },
	[FAULT_ENOSPC] = { "ENOSPC", ENOSPC, false },
	[FAULT_ENOSPC_ON] = { "ENOSPC from there on", ENOSPC, true },
	[FAULT_EMFILE] = { "EMFILE", EMFILE, false },
	[FAULT_EINTR] = { "EINTR", EINTR, false },
	[FAULT_SHORT] = { "half of it", 0, false },
};

static const char *const names[FAULT_CALLS] = {
	"open",	  "make",  "pread",  "pwrite",	"truncate", "sync",
	"rename", "mkdir", "unlink", "readdir", "access",
};

int
fault_errno(enum fault_kind kind)
{
	return kinds[kind].error;
}

const char *
fault_name(enum fault_kind kind)
{
	return kinds[kind].name;
}

static bool
can_fail(enum fault_call call)
{
	switch (sort) {
	case FAULT_EIO:
	case FAULT_EIO_ON:
		return true;
	case FAULT_ENOSPC:
	case FAULT_ENOSPC_ON:
		return call == FAULT_MAKE || call == FAULT_WRITE ||
		       call == FAULT_TRUNCATE || call == FAULT_SYNC ||
		       call == FAULT_RENAME || call == FAULT_MKDIR;
	case FAULT_EMFILE:
		return call == FAULT_OPEN || call == FAULT_MAKE;
	case FAULT_EINTR:
	case FAULT_SHORT:
		return call == FAULT_READ || call == FAULT_WRITE;
	case FAULT_NONE:
	case FAULT_KINDS:
	default:
		return false;
	}
}

/* What the call is about. False: it cannot be told. */
static bool
find_path(int fd, const char *path, char found[PATH_MAX])
{
	char link[64];
	ssize_t length;

	if (path != NULL && path[0] == '/') {
		snprintf(found, PATH_MAX, "%s", path);
		return true;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, found, PATH_MAX - 1);
	if (length <= 0)
		return false;
	found[length] = '\0';
	if (path != NULL)
		snprintf(found + length, PATH_MAX - (size_t)length, "/%s",
			 path);
	return true;
}

static bool
is_its_turn(enum fault_call call, const char *path)
{
	size_t number;

	if (!can_fail(call) || strncmp(path, below, strlen(below)) != 0)
		return false;
	number = calls++;
	if (number != comes_at && !(kinds[sort].lasts && has_come))
		return false;
	if (!has_come)
		snprintf(place, sizeof(place), "%s %s", names[call],
			 path + strlen(below));
	has_come = true;
	return true;
}

bool
fault_comes(enum fault_call call, int fd, const char *path, size_t *length)
{
	char found[PATH_MAX];
	bool comes;
	int before = errno;

	pthread_mutex_lock(&lock);
	comes = sort != FAULT_NONE && find_path(fd, path, found) &&
		is_its_turn(call, found);
	if (comes && sort == FAULT_SHORT) {
		*length = *length > 1 ? *length / 2 : *length;
		comes = false;
	}
	pthread_mutex_unlock(&lock);
	errno = comes ? kinds[sort].error : before;
	return comes;
}

void
fault_begin(const char *folder, enum fault_kind kind, size_t at)
{
	pthread_mutex_lock(&lock);
	snprintf(below, sizeof(below), "%s", folder);
	sort = kind;
	comes_at = at;
	calls = 0;
	has_come = false;
	place[0] = '\0';
	pthread_mutex_unlock(&lock);
}

size_t
fault_end(void)
{
	pthread_mutex_lock(&lock);
	sort = FAULT_NONE;
	pthread_mutex_unlock(&lock);
	return calls;
}

bool
fault_has_come(void)
{
	bool has;

	pthread_mutex_lock(&lock);
	has = has_come;
	pthread_mutex_unlock(&lock);
	return has;
}

const char *
fault_place(void)
{
	return place;
}

/* ------------------------------------------- calls that are not recorded */

ssize_t
pread(int fd, void *bytes, size_t length, off_t offset)
{
	if (fault_comes(FAULT_READ, fd, NULL, &length))
		return -1;
	return syscall(SYS_pread64, fd, bytes, length, offset);
}

int
faccessat(int folder, const char *path, int mode, int flags)
{
	if (fault_comes(FAULT_LOOK, folder, path, NULL))
		return -1;
	return (int)syscall(SYS_faccessat2, folder, path, mode, flags);
}

int
access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

int
mkdirat(int folder, const char *path, mode_t mode)
{
	if (fault_comes(FAULT_MKDIR, folder, path, NULL))
		return -1;
	return (int)syscall(SYS_mkdirat, folder, path, mode);
}

/** The folder that is read now, in the order of its names: on one file system as on
 *  another. */
static _Thread_local struct {
	DIR *folder;
	struct dirent **entries;
	int count, next;
} listed;

static void
forget_listed(void)
{
	while (listed.count > 0)
		free(listed.entries[--listed.count]);
	free(listed.entries);
	memset(&listed, 0, sizeof(listed));
}

struct dirent *
readdir(DIR *folder)
{
	if (fault_comes(FAULT_LIST, dirfd(folder), NULL, NULL))
		return NULL;
	if (listed.folder != folder) {
		forget_listed();
		listed.folder = folder;
		listed.count = scandirat(dirfd(folder), ".", &listed.entries,
					 NULL, alphasort);
	}
	return listed.next < listed.count ? listed.entries[listed.next++]
					  : NULL;
}

int
closedir(DIR *folder)
{
	int (*real)(DIR *) = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");

	if (listed.folder == folder)
		forget_listed();
	return real(folder);
}

FILE *
fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *) =
	    (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen");

	if (fault_comes(mode[0] == 'r' ? FAULT_OPEN : FAULT_MAKE, AT_FDCWD,
			path, NULL))
		return NULL;
	return real(path, mode);
}

int
fflush(FILE *file)
{
	int (*real)(FILE *) = (int (*)(FILE *))dlsym(RTLD_NEXT, "fflush");

	if (file != NULL && fileno(file) >= 0 &&
	    fault_comes(FAULT_WRITE, fileno(file), NULL, &(size_t){ 0 }))
		return EOF;
	return real(file);
}

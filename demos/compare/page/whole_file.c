/*
 * A file that appears whole or not at all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct whole_file {
	int descriptor;
	/** Where it is to be. */
	char *path;
	/** Where it is written; NULL: in place. */
	char *draft;
	/** The first error; 0: none. */
	int error;
};

/* ---------------------------------------------------------------- signals */

/** What a signal has to remove. */
static char *volatile draft_now;

static const int ending_signals[] = { SIGHUP, SIGINT, SIGTERM };

#define ENDING_COUNT (sizeof ending_signals / sizeof ending_signals[0])

/* The default action follows, since the handler was for one signal. */
static void
remove_draft(int number)
{
	if (draft_now != NULL)
		unlink(draft_now);
	raise(number);
}

/* What is ignored, as under nohup, stays so. */
static void
watch_signals(char *draft)
{
	struct sigaction action = { .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	draft_now = draft;
	action.sa_handler = draft == NULL ? SIG_DFL : remove_draft;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		if (sigaction(ending_signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			sigaction(ending_signals[i], &action, NULL);
	}
}

/* ---------------------------------------------------------------- opening */

/* As if open(2) had made it; as the one that it replaces, if there is one. */
static mode_t
mode_for(const struct stat *old)
{
	mode_t mask;

	if (old != NULL)
		return old->st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* A link stays a link: what it leads to is replaced. */
static bool
set_paths(struct whole_file *file, const char *path)
{
	file->path = realpath(path, NULL);
	if (file->path == NULL && errno == ENOENT)
		file->path = strdup(path);
	if (file->path == NULL)
		return false;
	if (asprintf(&file->draft, "%s.XXXXXX", file->path) < 0)
		file->draft = NULL;
	return file->draft != NULL;
}

static bool
open_draft(struct whole_file *file, const char *path, const struct stat *old)
{
	/* A file that may not be written may not be replaced either. */
	if (old != NULL && access(path, W_OK) != 0)
		return false;
	if (!set_paths(file, path))
		return false;
	file->descriptor = mkstemp(file->draft);
	if (file->descriptor < 0)
		return false;
	watch_signals(file->draft);
	if (fchmod(file->descriptor, mode_for(old)) == 0)
		return true;
	file->error = errno;
	return true;
}

static void
release(struct whole_file *file)
{
	free(file->draft);
	free(file->path);
	free(file);
}

struct whole_file *
whole_file_open(const char *path)
{
	struct whole_file *file = calloc(1, sizeof *file);
	struct stat old;
	bool exists = stat(path, &old) == 0;
	bool opened;
	int why;

	if (file == NULL)
		abort();
	if (exists && !S_ISREG(old.st_mode)) {
		file->descriptor = open(path, O_WRONLY | O_CLOEXEC);
		opened = file->descriptor >= 0;
	} else {
		opened = open_draft(file, path, exists ? &old : NULL);
	}
	if (opened)
		return file;
	why = errno;
	release(file);
	errno = why;
	return NULL;
}

/* ---------------------------------------------------------------- writing */

bool
whole_file_write(struct whole_file *file, const void *data, size_t size)
{
	const char *at = data;
	ssize_t written;

	while (size > 0 && file->error == 0) {
		written = write(file->descriptor, at, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			file->error = errno;
			break;
		}
		at += written;
		size -= (size_t)written;
	}
	errno = file->error;
	return file->error == 0;
}

/* Everything is tried; what failed first is told. */
static void
note_error(struct whole_file *file, bool failed)
{
	if (failed && file->error == 0)
		file->error = errno;
}

bool
whole_file_finish(struct whole_file *file)
{
	int error;

	note_error(file, close(file->descriptor) != 0);
	if (file->draft != NULL) {
		if (file->error == 0)
			note_error(file, rename(file->draft, file->path) != 0);
		if (file->error != 0)
			unlink(file->draft);
		watch_signals(NULL);
	}
	error = file->error;
	release(file);
	errno = error;
	return error == 0;
}

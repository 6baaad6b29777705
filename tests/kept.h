/*
 * What a run did is kept in a file, whole: whoever changes it finds that out, and sees
 * what has become other once it is written anew.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_KEPT_H
#define TESTS_KEPT_H

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before all else. True: --write is given, by `bazel run`, which says where the sources
 * are. */
static inline bool
kept_writes(int argc, char **argv)
{
	const char *sources = getenv("BUILD_WORKSPACE_DIRECTORY");

	if (sources != NULL && chdir(sources) != 0)
		err(2, "%s", sources);
	return argc == 2 && strcmp(argv[1], "--write") == 0;
}

/** To be freed. */
static inline char *
kept_read(const char *path)
{
	char *text = NULL;
	size_t room = 0;
	FILE *file = fopen(path, "r");

	if (file == NULL || getdelim(&text, &room, '\0', file) < 0)
		err(2, "%s", path);
	fclose(file);
	return text;
}

static inline void
kept_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		err(2, "%s", path);
}

static inline const char *
kept_after_line(const char *text)
{
	const char *end = strchr(text, '\n');

	return end == NULL ? text + strlen(text) : end + 1;
}

/** Whether both are the same; the first line that differs is told, or what is seen is
 *  kept from now on. */
static inline bool
kept_is(const char *path, const char *kept, const char *seen, bool writes)
{
	int line = 1;

	if (writes)
		kept_write(path, seen);
	if (writes || strcmp(kept, seen) == 0)
		return true;
	while (kept_after_line(kept) - kept == kept_after_line(seen) - seen &&
	       strncmp(kept, seen, (size_t)(kept_after_line(kept) - kept)) ==
		   0) {
		kept = kept_after_line(kept);
		seen = kept_after_line(seen);
		line++;
	}
	printf("%s:%d: is kept as\n%.*sand is now\n%.*s", path, line,
	       (int)(kept_after_line(kept) - kept), kept,
	       (int)(kept_after_line(seen) - seen), seen);
	return false;
}

#endif

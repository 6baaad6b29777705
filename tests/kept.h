/*
 * What a run did is kept in a file, whole: whoever changes it finds that out, and sees
 * what has become other once it is written anew, by `bazel run` of the test with
 * `-- --write`.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_KEPT_H
#define TESTS_KEPT_H

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
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

/** Leave out a folder's name, which is another each time. */
static inline void
kept_without(char *text, const char *folder)
{
	size_t length = strlen(folder);

	while ((text = strstr(text, folder)) != NULL)
		memmove(text, text + length, strlen(text + length) + 1);
}

/** What is done is said by a number, which follows from all of it. */
static inline void
kept_sum(uint64_t *sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t word;

	for (; length >= sizeof(word); length -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		*sum = (*sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		*sum ^= *sum >> 29;
		at += sizeof(word);
	}
	for (; length > 0; length--)
		*sum = (*sum ^ *at++) * UINT64_C(1099511628211);
}

static inline void
kept_sum_number(uint64_t *sum, uint64_t number)
{
	*sum = (*sum ^ number) * UINT64_C(0x9e3779b97f4a7c15);
	*sum ^= *sum >> 29;
}

static bool kept_anew;

/** For main(), before all else. */
static inline void
kept_begin(int argc, char **argv)
{
	kept_anew = kept_writes(argc, argv);
}

/** The file has this text, from now on or already. */
static inline bool
kept_in(const char *path, const char *text)
{
	char *kept = kept_read(path);
	bool same = kept_is(path, kept, text, kept_anew);

	free(kept);
	return same;
}

#endif

/*
 * A text that is kept whole, in a file beside the test.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * After a change that is meant, `--write` writes it anew, and git shows what became
 * other:
 *
 *     bazel run //tests/conformance:wrong_test -- --write
 */
#ifndef OUTRIGGER_TESTS_CONFORMANCE_KEPT_H
#define OUTRIGGER_TESTS_CONFORMANCE_KEPT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static bool kept_writes;

/** For main(), before all else. */
static inline void
kept_begin(int argc, char **argv)
{
	const char *sources = getenv("BUILD_WORKSPACE_DIRECTORY");

	kept_writes = argc == 2 && strcmp(argv[1], "--write") == 0;
	if (sources != NULL && chdir(sources) != 0)
		abort();
}

static inline size_t
kept_line(const char *text)
{
	return strcspn(text, "\n");
}

/** The file of this name has this text; if not, the first line that differs is
 *  said. */
static inline bool
kept_is(const char *name, const char *text)
{
	static char kept[1 << 16];
	char path[128];
	const char *is = text, *was = kept;
	FILE *file;
	int line = 1;

	snprintf(path, sizeof(path), "tests/conformance/%s", name);
	file = fopen(path, kept_writes ? "w" : "r");
	if (file == NULL)
		abort();
	if (kept_writes)
		return fputs(text, file) >= 0 && fclose(file) == 0;
	kept[fread(kept, 1, sizeof(kept) - 1, file)] = '\0';
	fclose(file);
	if (strcmp(kept, text) == 0)
		return true;
	for (; *is != '\0' && kept_line(is) == kept_line(was) &&
	       memcmp(is, was, kept_line(is)) == 0;
	     line++) {
		is += kept_line(is) + (is[kept_line(is)] != '\0');
		was += kept_line(was) + (was[kept_line(was)] != '\0');
	}
	fprintf(stderr, "%s:%d: is kept as\n%.*s\nand is now\n%.*s\n", path,
		line, (int)kept_line(was), was, (int)kept_line(is), is);
	return false;
}

#endif

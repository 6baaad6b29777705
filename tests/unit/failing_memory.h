/*
 * Allocations that fail, for tests that are linked with --wrap for them: so many
 * succeed, and then so many do not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A test's own are among them, but for those that say __real_malloc.
 */
#ifndef TESTS_UNIT_FAILING_MEMORY_H
#define TESTS_UNIT_FAILING_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

/** So many allocations succeed, and then `failing` do not. */
static size_t succeeding, failing;

static bool
fails(void)
{
	if (failing == 0)
		return false;
	if (succeeding > 0) {
		succeeding--;
		return false;
	}
	failing--;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

void *
__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* From now on the allocation after the next `count` fails, once. */
static inline void
fail_after(size_t count)
{
	succeeding = count;
	failing = 1;
}

/* Whether it did; no more do. */
static inline bool
has_failed(void)
{
	bool failed = failing == 0;

	failing = 0;
	return failed;
}

#endif

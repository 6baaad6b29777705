/*
 * OpenSSL's allocations among those that fail (failing_memory.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of the hundreds that a connection or a certificate needs the first are all made to
 * fail, one in each round, then ever fewer; all of them with RAFT_EVERY_ALLOCATION.
 */
#ifndef TESTS_UNIT_FAILING_OPENSSL_H
#define TESTS_UNIT_FAILING_OPENSSL_H

#include <openssl/crypto.h>

#include "tests/unit/failing_memory.h"

/** Only our own fail. */
static bool spares_openssl;

static void *
openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return !spares_openssl && fails() ? NULL : __real_malloc(size);
}

static void *
openssl_realloc(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return !spares_openssl && fails() ? NULL : __real_realloc(memory, size);
}

static void
openssl_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

/** Before anything else of OpenSSL's. False: it is too late. */
static inline bool
fail_openssl(void)
{
	return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc,
					openssl_free) == 1;
}

static inline size_t
next_round(size_t round)
{
	return getenv("RAFT_EVERY_ALLOCATION") == NULL ? round + 1 + round / 8
						       : round + 1;
}

#endif

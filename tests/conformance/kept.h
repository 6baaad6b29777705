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

#include <stdint.h>

#include "tests/kept.h"

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

/** The file of this name has this text, from now on or already. */
static inline bool
kept_beside(const char *name, const char *text)
{
	char path[128], *kept;
	bool same;

	snprintf(path, sizeof(path), "tests/conformance/%s", name);
	kept = kept_read(path);
	same = kept_is(path, kept, text, kept_anew);
	free(kept);
	return same;
}

#endif

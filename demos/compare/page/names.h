/*
 * What parts of a page are called, so that others can refer to them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_NAMES_H
#define OUTRIGGER_COMPARE_NAMES_H

#include <stdio.h>

#include "demos/compare/record/comparison.h"

/** Room for a name. */
#define NAME_BYTES 96

/** A run, in the section of that number, counted from 1. */
static inline void
name_run(char *text, size_t size, size_t section, size_t build, uint64_t seed)
{
	snprintf(text, size, "s%zu-b%zu-seed%llu", section, build + 1,
		 (unsigned long long)seed);
}

/** All runs of one seed. */
static inline void
name_seed(char *text, size_t size, size_t section, uint64_t seed)
{
	snprintf(text, size, "s%zu-seed%llu", section,
		 (unsigned long long)seed);
}

#endif

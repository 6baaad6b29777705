/*
 * A run that fails, with fewer steps.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_FUZZ_SMALLER_H
#define OUTRIGGER_FUZZ_SMALLER_H

#include <stddef.h>
#include <stdint.h>

/** A run: what it begins with, and of each step the seed from which all is drawn
 *  that happens in it. So what a step does depends on the world alone, and the
 *  others mean the same without it. */
struct steps {
	uint64_t seed;
	uint64_t *at;
	size_t count;
};

/**
 * Leave out the steps without which it fails in the same way, by a process of its
 * own for each attempt. Returns how it fails, in static memory; "": it does not.
 */
const char *smaller_make(struct steps *steps,
			 void (*run)(const struct steps *steps));

#endif

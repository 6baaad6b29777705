/*
 * The builds that are compared, each once.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_BUILDS_H
#define OUTRIGGER_COMPARE_BUILDS_H

#include "demos/compare/record/comparison.h"

/** Add the build of that name, unless it is there under another one. False: it
 *  is none, and `error` says why. */
bool builds_add(struct builds *builds, const char *name, char *error,
		size_t size);

/** Add every build of this program. */
void builds_add_every(struct builds *builds);

void builds_copy(struct builds *copy, const struct builds *builds);

/** Free what they hold. */
void builds_free(struct builds *builds);

#endif

/*
 * Places that words take in a drawing, so that none lies upon another.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_PLACES_H
#define OUTRIGGER_COMPARE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

/** A box: from left and top to right and bottom, which are outside. */
struct place {
	int left;
	int top;
	int right;
	int bottom;
};

struct places {
	struct place *of;
	size_t count;
};

/** Take a place, if nothing of it is taken. */
bool places_take(struct places *places, struct place place);

/** Free what it holds. */
void places_free(struct places *places);

#endif

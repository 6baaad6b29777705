/*
 * Places that words take in a drawing.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/places.h"

#include <stdlib.h>

#include "demos/compare/record/grown.h"

static bool
overlap(const struct place *one, const struct place *other)
{
	return one->left < other->right && other->left < one->right &&
	       one->top < other->bottom && other->top < one->bottom;
}

bool
places_take(struct places *places, struct place place)
{
	for (size_t i = 0; i < places->count; i++) {
		if (overlap(&places->of[i], &place))
			return false;
	}
	places->of = grown(places->of, places->count, sizeof *places->of);
	places->of[places->count++] = place;
	return true;
}

void
places_free(struct places *places)
{
	free(places->of);
}

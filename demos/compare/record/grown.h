/*
 * An array that grows by one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_GROWN_H
#define OUTRIGGER_COMPARE_GROWN_H

#include <stdlib.h>

/** The array, with room for one more than the `count` that it has. It must have
 *  grown by this alone. */
static inline void *
grown(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	array = realloc(array, (count == 0 ? 1 : 2 * count) * size);
	if (array == NULL)
		abort();
	return array;
}

#endif

/*
 * How far the runs are, on a terminal; elsewhere nobody watches.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_PROGRESS_H
#define OUTRIGGER_COMPARE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	/** Nothing is shown without it. */
	bool is_on;
	/** How many runs there will be. */
	size_t all;
	/** Something is shown. */
	bool is_shown;
};

/** On, if stderr is a terminal. */
void progress_begin(struct progress *progress, size_t all);

/** So many runs are over, and this is the next. */
void progress_show(struct progress *progress, size_t over, const char *next);

/** Make room for something else, or for good. */
void progress_clear(struct progress *progress);

#endif

/*
 * How far the runs are.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/terminal/progress.h"

#include <stdio.h>
#include <unistd.h>

void
progress_begin(struct progress *progress, size_t all)
{
	*progress = (struct progress){ .is_on = isatty(STDERR_FILENO),
				       .all = all };
}

void
progress_show(struct progress *progress, size_t over, const char *next)
{
	if (!progress->is_on)
		return;
	fprintf(stderr, "\r%zu of %zu runs  %.50s\033[K", over, progress->all,
		next);
	progress->is_shown = true;
}

void
progress_clear(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}

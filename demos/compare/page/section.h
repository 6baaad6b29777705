/*
 * A section of a page: one scenario, its text, and beside it the drawings of its
 * runs, seed by seed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_SECTION_H
#define OUTRIGGER_COMPARE_SECTION_H

#include <stdio.h>

#include "demos/compare/record/matrix.h"
#include "demos/compare/record/run.h"
#include "demos/compare/record/stretch.h"

/** All that is shown of one comparison. */
struct section {
	/** Counted from 1. */
	size_t number;
	/** As they were run: all seeds of a build, then the next build. */
	struct run **runs;
	size_t count;
	/** Of the comparison. */
	const struct matrix_row *rows;
	/** Where the messages are shown; NULL: where it is worth looking. */
	const struct span *span;
};

void section_write(FILE *out, const struct section *section);

#endif

/*
 * What a page opens with: what it is about, and the matrix, chapter by chapter.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_OPENING_H
#define OUTRIGGER_COMPARE_OPENING_H

#include <stdio.h>

#include "demos/compare/record/matrix.h"

struct opening {
	/** NULL: nobody says. */
	const char *title;
	const char *text;
	/** Finished. */
	const struct matrix *matrix;
	/** Of each comparison, how many seeds the page shows. */
	const size_t *shown;
};

/** From the beginning of the file to the first section. */
void opening_write(FILE *out, const struct opening *opening);

#endif

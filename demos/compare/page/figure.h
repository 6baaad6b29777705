/*
 * A figure: the runs of several builds with one seed, one band below another on
 * one axis of time, each with its lanes, what was done, and its writes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_FIGURE_H
#define OUTRIGGER_COMPARE_FIGURE_H

#include <stdio.h>

#include "demos/compare/record/matrix.h"
#include "demos/compare/record/run.h"

/** Draw runs of one comparison, whose rows these are, in the section of that
 *  number. */
void figure_draw(size_t section, struct run *const *runs, size_t count,
		 const struct matrix_row *rows, FILE *out);

#endif

/*
 * The matrix of both worlds: what was simulated beside what was real.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_TWO_WORLDS_H
#define OUTRIGGER_COMPARE_TWO_WORLDS_H

#include "demos/compare/record/matrix.h"
#include "demos/compare/terminal/screen.h"

/** Of two matrices with the same rows, both of which are finished. Of several seeds
 *  each value is a span. */
void two_worlds_draw(const struct matrix *simulated, const struct matrix *real,
		     const struct screen *screen);

#endif

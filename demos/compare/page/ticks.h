/*
 * What was done in a run, and the marks: lines across a drawing, with the number
 * of the line in the scenario's text, and a table that spells them out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_TICKS_H
#define OUTRIGGER_COMPARE_TICKS_H

#include <stdio.h>

#include "demos/compare/record/timeline.h"

/** So many are shown, and the table says how many are not. */
#define TICKS_MAX 48

/** Lines from the top of a band (figure.h) down to `bottom`. */
void ticks_draw(const struct timeline *timeline, int bottom, FILE *out);

/** The table; nothing if nothing was done. */
void ticks_draw_table(const struct timeline *timeline, FILE *out);

#endif

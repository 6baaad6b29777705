/*
 * How to read the drawings of a page.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_LEGEND_H
#define OUTRIGGER_COMPARE_LEGEND_H

#include <stdio.h>

/** What drawings refer to, once in a page, before them. */
void legend_draw_patterns(FILE *out);
/** What their shapes mean. */
void legend_draw(FILE *out);

#endif

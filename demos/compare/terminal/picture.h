/*
 * A timeline as text: one row is one node, time goes to the right; above stand
 * letters for what was done to the cluster, below the terms and the writes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_PICTURE_H
#define OUTRIGGER_COMPARE_PICTURE_H

#include <stdio.h>

#include "demos/compare/record/timeline.h"

void picture_draw(const struct timeline *timeline, FILE *out);
/** What the signs mean. */
void picture_draw_legend(FILE *out);

#endif

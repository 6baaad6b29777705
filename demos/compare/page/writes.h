/*
 * What became of writes, in a drawing: when they were acknowledged, and when one
 * waited in vain.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_WRITES_H
#define OUTRIGGER_COMPARE_WRITES_H

#include <stdio.h>

#include "demos/compare/record/timeline.h"

/** Whether there is anything to draw. */
bool writes_are_there(const struct timeline *timeline);

/** Draw them in a strip below the lanes. */
void writes_draw(const struct timeline *timeline, int top, FILE *out);

#endif

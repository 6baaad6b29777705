/*
 * A timeline in words, for who does not see the drawing.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_SPOKEN_H
#define OUTRIGGER_COMPARE_SPOKEN_H

#include <stdio.h>

#include "demos/compare/record/timeline.h"

/** A few sentences. */
void spoken_write(const struct timeline *timeline, FILE *out);

#endif

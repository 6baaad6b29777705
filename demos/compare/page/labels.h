/*
 * What arrows say, beside those that tell most, where there is room.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_LABELS_H
#define OUTRIGGER_COMPARE_LABELS_H

#include "demos/compare/page/sketch.h"

void labels_draw(struct sketch *sketch);

#endif

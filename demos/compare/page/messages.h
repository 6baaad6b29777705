/*
 * The messages of a stretch of a run: a lane a node, an arrow a message.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_MESSAGES_H
#define OUTRIGGER_COMPARE_MESSAGES_H

#include <stdio.h>

#include "demos/compare/record/stretch.h"

/** Draw them, and say what is left out. */
void messages_draw(size_t section, const struct run *run,
		   const struct span *span, FILE *out);

#endif

/*
 * The matrix as a table of text.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of a number over several seeds the one in the middle stands there; of the
 * longest outage the span too. Where a terminal is too narrow, what says least
 * is left out, column by column.
 */
#ifndef OUTRIGGER_COMPARE_TABLE_H
#define OUTRIGGER_COMPARE_TABLE_H

#include "demos/compare/record/matrix.h"
#include "demos/compare/terminal/screen.h"

/** A title and a few paragraphs, each NULL if there is none. */
void table_draw_text(const struct screen *screen, const char *title,
		     const char *text);

/** Of a matrix that is finished. */
void table_draw(const struct matrix *matrix, const struct screen *screen);

#endif

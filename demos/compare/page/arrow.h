/*
 * A message as an arrow, from when it was sent to when it arrived; one that was
 * lost is cut off.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_ARROW_H
#define OUTRIGGER_COMPARE_ARROW_H

#include "demos/compare/page/sketch.h"

/** From one point to another. */
struct arrow {
	double x;
	double y;
	double to_x;
	double to_y;
};

/** Where it lies. */
struct arrow
arrow_of(const struct sketch *sketch, const struct traffic_message *message);

/** Draw it. */
void
arrow_draw(const struct sketch *sketch, const struct traffic_message *message);

/** The class of what is drawn of such a message. */
const char *arrow_class(enum traffic_kind kind);

/** "5.034s n2 to n1: vote in term 3, lost". */
void arrow_write_words(const struct traffic_message *message, FILE *out);

/** What arrows mean. */
void arrow_draw_legend(FILE *out);

#endif

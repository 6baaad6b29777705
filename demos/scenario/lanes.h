/*
 * A timeline as a drawing in a page: one lane is one node, time goes to the
 * right; above stand numbers for what was done to the cluster, which a table
 * spells out, below the writes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a node was is told by the shape of its lane, so that a person need not
 * tell colours apart. The size of a drawing has a limit whatever the run did:
 * time is divided into columns, and of what was done the first LANES_TICKS_MAX
 * are shown.
 */
#ifndef OUTRIGGER_SCENARIO_LANES_H
#define OUTRIGGER_SCENARIO_LANES_H

#include <stdio.h>

#include "demos/scenario/timeline.h"

/** Of what was done and of marks, together. */
#define LANES_TICKS_MAX 48

/** The drawing. `id` is that of the run in the page, `name` says which run it
 *  is. */
void lanes_draw(const struct timeline *timeline, const char *id,
		const char *name, FILE *out);

/** What was done, numbered as in the drawing; nothing if nothing was. */
void lanes_draw_deeds(const struct timeline *timeline, FILE *out);

/** What drawings refer to, once in a page, before them. */
void lanes_draw_patterns(FILE *out);
/** What their shapes mean. */
void lanes_draw_legend(FILE *out);

#endif

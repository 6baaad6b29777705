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
 * time is divided into columns, and what was done has a limit of its own
 * (ticks.h).
 */
#ifndef OUTRIGGER_COMPARE_LANES_H
#define OUTRIGGER_COMPARE_LANES_H

#include <stdio.h>

#include "demos/compare/record/timeline.h"

/** A drawing has so many columns of one unit each, beside a margin. */
#define LANES_COLUMNS 840
#define LANES_MARGIN 44

/** The column of an instant, from 0. */
int lanes_column(const struct timeline *timeline, uint64_t at);

/** The drawing. `id` is that of the run in the page, `name` says which run it
 *  is. */
void lanes_draw(const struct timeline *timeline, const char *id,
		const char *name, FILE *out);

/** What drawings refer to, once in a page, before them. */
void lanes_draw_patterns(FILE *out);
/** What their shapes mean. */
void lanes_draw_legend(FILE *out);

#endif

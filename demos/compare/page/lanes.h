/*
 * The lanes of a timeline, in a drawing: one lane is one node, time goes to the
 * right.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a node was is told by the shape of its lane, so that a person need not
 * tell colours apart. The size of a drawing has a limit whatever the run did:
 * time is divided into columns. The origin is the corner of a band (figure.h).
 */
#ifndef OUTRIGGER_COMPARE_LANES_H
#define OUTRIGGER_COMPARE_LANES_H

#include <stdio.h>

#include "demos/compare/record/timeline.h"

/** A drawing has so many columns of one unit each, beside a margin. */
#define LANES_COLUMNS 840
#define LANES_MARGIN 44
/** As high is what shows the state of a node. */
#define LANES_STRIP 13

/** How a state looks: its class, its shape within the strip, and its name. */
struct look {
	const char *class;
	int top;
	int height;
	const char *word;
};

extern const struct look looks[RAFT_SCENARIO_STATES];

/** The column of an instant, from 0. */
int lanes_column(const struct timeline *timeline, uint64_t at);

/** A box, as a part of a path. */
void lanes_box(FILE *out, int column, int top, int width, int height);

/** Where the lanes end, downwards. */
int lanes_end(const struct timeline *timeline);

/** Draw them. Returns how many changes of role lie too close to others to be
 *  seen. */
size_t lanes_draw(const struct timeline *timeline, FILE *out);

#endif

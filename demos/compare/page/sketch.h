/*
 * A sketch: a stretch of a run, close enough to see each message, with a lane a
 * node on an elastic axis.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_SKETCH_H
#define OUTRIGGER_COMPARE_SKETCH_H

#include <stdio.h>

#include "demos/compare/page/elastic.h"
#include "demos/compare/page/places.h"
#include "demos/compare/record/stretch.h"

struct sketch {
	const struct run *run;
	struct stretch stretch;
	struct elastic elastic;
	/** Where words stand, and lanes. */
	struct places places;
	FILE *out;
};

/** Half the height of what is drawn of a node. */
#define SKETCH_HALF_LANE 6
/** How high words are, and about how wide a character of them is. */
#define SKETCH_TEXT_HEIGHT 10
#define SKETCH_CHARACTER_WIDTH 5

/** Lay out that span of a run. */
void sketch_begin(struct sketch *sketch, const struct run *run,
		  const struct span *span, FILE *out);
/** Free what it holds. */
void sketch_end(struct sketch *sketch);

/** Its size, in units of the drawing. */
int sketch_width(void);
int sketch_height(const struct sketch *sketch);

/** The middle of a node's lane. */
int sketch_lane(const struct sketch *sketch, uint32_t node);
/** Where an instant is. */
int sketch_place(const struct sketch *sketch, uint64_t at);
bool sketch_holds(const struct sketch *sketch, uint64_t at);

/** Take the place of a text whose base line begins there, if it is free. */
bool sketch_take(struct sketch *sketch, int x, int y, const char *text);

/** Draw the axis, what was done, and the lanes. */
void sketch_draw(struct sketch *sketch);

#endif

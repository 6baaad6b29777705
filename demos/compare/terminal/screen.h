/*
 * What the output is written on: a terminal, with its width and colours, or
 * anything else, which takes plain text.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_SCREEN_H
#define OUTRIGGER_COMPARE_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

/** How words look where there are colours. */
enum screen_look {
	SCREEN_PLAIN,
	SCREEN_HEAD,
	SCREEN_QUIET,
	SCREEN_GOOD,
	SCREEN_DOUBTFUL,
	SCREEN_BAD,
	/** How many there are. */
	SCREEN_LOOKS,
};

struct screen {
	FILE *out;
	/** In columns; SIZE_MAX: it has none. */
	size_t width;
	bool has_colours;
};

/** A terminal shows colours unless NO_COLOR is set, or TERM says that it is a
 *  dumb one. */
void screen_open(struct screen *screen, FILE *out);

/** Begin and end words that look so; nothing without colours. */
void screen_begin(const struct screen *screen, enum screen_look look);
void screen_end(const struct screen *screen, enum screen_look look);

#endif

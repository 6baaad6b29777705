/*
 * What the output is written on.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/terminal/screen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const begins[SCREEN_LOOKS] = {
	[SCREEN_PLAIN] = "",
	[SCREEN_HEAD] = "\033[1m",
	[SCREEN_QUIET] = "\033[2m",
	[SCREEN_GOOD] = "\033[32m",
	[SCREEN_DOUBTFUL] = "\033[33m",
	[SCREEN_BAD] = "\033[31m",
};

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && *value != '\0';
}

static bool
is_dumb(void)
{
	const char *kind = getenv("TERM");

	return kind == NULL || *kind == '\0' || strcmp(kind, "dumb") == 0;
}

void
screen_open(struct screen *screen, FILE *out)
{
	struct winsize size;

	*screen = (struct screen){ .out = out, .width = SIZE_MAX };
	if (!isatty(fileno(out)))
		return;
	screen->has_colours = !is_set("NO_COLOR") && !is_dumb();
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		screen->width = size.ws_col;
}

void
screen_begin(const struct screen *screen, enum screen_look look)
{
	if (screen->has_colours)
		fputs(begins[look], screen->out);
}

void
screen_end(const struct screen *screen, enum screen_look look)
{
	if (screen->has_colours && look != SCREEN_PLAIN)
		fputs("\033[0m", screen->out);
}

/*
 * What a server has told, for people.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_ADMIN_SHOW_H
#define OUTRIGGER_ADMIN_SHOW_H

#include <jansson.h>
#include <stdio.h>

/** How it is: some lines, and a table of the members. */
void show_status(FILE *file, const json_t *status);

/** A text that somebody else has chosen: on a terminal it does no harm. */
void show_text(FILE *file, const char *text);

#endif

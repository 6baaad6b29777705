/*
 * Text as it may stand in a page: every character of it is only that.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_MARKUP_H
#define OUTRIGGER_COMPARE_MARKUP_H

#include <stddef.h>
#include <stdio.h>

/** In an element or between double quotes. What is no UTF-8, and control
 *  characters other than tab and newline, become U+FFFD. */
void markup_text(FILE *out, const char *text);

/** The same; of a longer text its first `bytes` at most, and an ellipsis. */
void markup_text_short(FILE *out, const char *text, size_t bytes);

#endif

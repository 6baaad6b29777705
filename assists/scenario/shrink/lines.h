/*
 * A scenario as lines of text, of which some may be left out or changed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SCENARIO_LINES_H
#define OUTRIGGER_SCENARIO_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	/** Each is owned. */
	char **of;
	size_t count;
};

/** Those of a text, without comments, blanks around them, and empty ones. */
struct lines lines_split(const char *text);
struct lines lines_copy(const struct lines *lines);
void lines_free(struct lines *lines);
/** The text, which the caller frees. */
char *lines_join(const struct lines *lines);

/** Take out `count` lines from `first` on. */
void lines_remove(struct lines *lines, size_t first, size_t count);
/** Another text for a line, as printf. */
void lines_set(struct lines *lines, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** What stands behind the first word, if that is this one; NULL: it is not. */
const char *lines_after(const char *line, const char *word);

/** 1500000us is 1500ms. */
void lines_tidy(struct lines *lines);

/** The line that begins with this word; `count` of lines: none. */
size_t lines_find(const struct lines *lines, const char *word);

/** No node of that number is named any more, and those above have one less.
 *  Lines that were about it alone are gone. */
void lines_drop_node(struct lines *lines, uint64_t node);

#endif

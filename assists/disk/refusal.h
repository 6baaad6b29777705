/*
 * Why something on disk was refused, as a text for a person.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_DISK_REFUSAL_H
#define OUTRIGGER_DISK_REFUSAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Where the text goes, and what it begins with. */
struct refusal {
	/** The directory. */
	const char *path;
	char *text;
	size_t size;
};

/** Write "path: ..." and return false. */
__attribute__((format(printf, 2, 3))) static inline bool
refuse(const struct refusal *refusal, const char *format, ...)
{
	char why[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	snprintf(refusal->text, refusal->size, "%s: %s", refusal->path, why);
	return false;
}

#endif

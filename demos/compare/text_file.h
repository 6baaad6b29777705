/*
 * A file read whole.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_TEXT_FILE_H
#define OUTRIGGER_COMPARE_TEXT_FILE_H

#include <stddef.h>

/** All that is in it, with a NUL behind, to be freed; *length counts without.
 *  NULL: it cannot be read, and errno says why. */
char *text_file_read(const char *path, size_t *length);

#endif

/*
 * A file that appears whole or not at all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is written beside its place under another name and renamed at the end, so
 * that until then what was there stays. A signal that ends the process
 * (interrupt, hang-up, termination) removes the unfinished file first; there is
 * one at a time. What is no regular file, such as a pipe, is written in place.
 */
#ifndef OUTRIGGER_COMPARE_WHOLE_FILE_H
#define OUTRIGGER_COMPARE_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct whole_file;

/** NULL: errno says why. */
struct whole_file *whole_file_open(const char *path);

/** False, with errno, if that failed; then nothing further is written. */
bool whole_file_write(struct whole_file *file, const void *data, size_t size);

/** Put the file in its place if all was written, else remove it. False: errno
 *  says what failed first. Frees it. */
bool whole_file_finish(struct whole_file *file);

#endif

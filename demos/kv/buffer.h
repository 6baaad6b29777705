/*
 * A buffer: bytes that are written one behind the other.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It grows, or has a room that it was given. What does not fit is left out as a whole,
 * and `is_short` says so until it is emptied.
 */
#ifndef OUTRIGGER_KV_BUFFER_H
#define OUTRIGGER_KV_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *bytes;
	size_t length;
	/** Of `bytes`. */
	size_t room;
	/** The room is somebody else's: it does not grow. */
	bool is_fixed;
	/** It grows no further than this; 0: as far as there is memory. */
	size_t max;
	/** Something did not fit, or memory ran out. */
	bool is_short;
};

/** Append these. */
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);

/** Append a text of 255 letters at most: what is longer is cut off. */
__attribute__((format(printf, 2, 3))) void
buffer_print(struct buffer *buffer, const char *format, ...);

/** Append this letter, a number, and an end of line: RESP has many. */
void buffer_number(struct buffer *buffer, char letter, int64_t number);

/** Take back all but the first `length` bytes. */
void buffer_cut(struct buffer *buffer, size_t length);

/** Let go of its memory; it is empty then. */
void buffer_free(struct buffer *buffer);

#endif

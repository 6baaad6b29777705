/*
 * Bytes in a room that grows, which are taken from its beginning.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_PORT_BYTES_H
#define OUTRIGGER_PORT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** As much room as there is for who sends little. */
#define BYTES_ROOM ((size_t)4 << 10)

struct bytes {
	uint8_t *room;
	size_t size;
	size_t first, length;
};

static inline uint8_t *
bytes_end(const struct bytes *bytes)
{
	return bytes->room + bytes->first + bytes->length;
}

/** Room for `more` behind what is there. False: out of memory. */
static inline bool
bytes_reserve(struct bytes *bytes, size_t more)
{
	size_t size = bytes->size > 0 ? bytes->size : BYTES_ROOM;
	uint8_t *room;

	if (bytes->size - bytes->first - bytes->length >= more)
		return true;
	if (bytes->first > 0)
		memmove(bytes->room, bytes->room + bytes->first, bytes->length);
	bytes->first = 0;
	while (size - bytes->length < more)
		size *= 2;
	if (size == bytes->size)
		return true;
	room = realloc(bytes->room, size);
	if (room == NULL)
		return false;
	bytes->room = room;
	bytes->size = size;
	return true;
}

static inline void
bytes_free(struct bytes *bytes)
{
	free(bytes->room);
	*bytes = (struct bytes){ 0 };
}

/** The first ones are done with. Who had many may have few from now on. */
static inline void
bytes_pass(struct bytes *bytes, size_t count)
{
	bytes->first += count;
	bytes->length -= count;
	if (bytes->length > 0)
		return;
	bytes->first = 0;
	if (bytes->size > BYTES_ROOM)
		bytes_free(bytes);
}

/** Append these. False: out of memory. */
static inline bool
bytes_add(struct bytes *bytes, const void *more, size_t length)
{
	if (!bytes_reserve(bytes, length))
		return false;
	memcpy(bytes_end(bytes), more, length);
	bytes->length += length;
	return true;
}

#endif

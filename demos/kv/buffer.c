/*
 * Bytes one behind the other (buffer.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/kv/buffer.h"

#define ROOM_BYTES 256
#define PRINT_BYTES 256

static bool
grow(struct buffer *buffer, size_t size)
{
	size_t room = buffer->room > 0 ? buffer->room : ROOM_BYTES;
	char *bytes;

	if (buffer->is_fixed || (buffer->max != 0 && size > buffer->max))
		return false;
	while (room < size)
		room *= 2;
	bytes = realloc(buffer->bytes, room);
	if (bytes == NULL)
		return false;
	buffer->bytes = bytes;
	buffer->room = room;
	return true;
}

void
buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	if (buffer->room - buffer->length < length &&
	    !grow(buffer, buffer->length + length)) {
		buffer->is_short = true;
		return;
	}
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}

void
buffer_print(struct buffer *buffer, const char *format, ...)
{
	char text[PRINT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	buffer_add(buffer, text, strlen(text));
}

/* Half of the time of a small request is printf's otherwise. */
void
buffer_number(struct buffer *buffer, char letter, int64_t number)
{
	char text[24], *at = text + sizeof(text);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	*--at = '\n';
	*--at = '\r';
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (number < 0)
		*--at = '-';
	*--at = letter;
	buffer_add(buffer, at, (size_t)(text + sizeof(text) - at));
}

void
buffer_cut(struct buffer *buffer, size_t length)
{
	buffer->length = length;
	buffer->is_short = false;
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){ 0 };
}

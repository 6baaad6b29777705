/*
 * Reading requests (request.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "demos/kv/request.h"

/** Of a number before the end of its line. */
#define DIGITS_MAX 7
/** Of "*4096\r\n" and of what is as short. */
#define HEADER_BYTES 16

/** What is being read, and how far. */
struct reading {
	const char *bytes;
	size_t length;
	size_t at;
	const char *problem;
};

/** A number and the end of its line; it is at most `max`. */
static enum request_state
read_number(struct reading *reading, size_t max, size_t *number)
{
	const char *bytes = reading->bytes;
	size_t at = reading->at, length = reading->length, value = 0;

	while (at < length && bytes[at] >= '0' && bytes[at] <= '9') {
		value = value * 10 + (size_t)(bytes[at++] - '0');
		if (at - reading->at > DIGITS_MAX || value > max)
			return REQUEST_BROKEN;
	}
	if (at < length && (at == reading->at || bytes[at] != '\r'))
		return REQUEST_BROKEN;
	if (at + 1 < length && bytes[at + 1] != '\n')
		return REQUEST_BROKEN;
	*number = value;
	if (at + 2 > length)
		return REQUEST_PARTIAL;
	reading->at = at + 2;
	return REQUEST_WHOLE;
}

/** One argument: $LENGTH, the bytes, and an end of line. */
static enum request_state
read_argument(struct reading *reading, struct text *argument)
{
	enum request_state state;

	if (reading->at == reading->length)
		return REQUEST_PARTIAL;
	reading->problem = "Protocol error: expected '$'";
	if (reading->bytes[reading->at] != '$')
		return REQUEST_BROKEN;
	reading->at++;
	reading->problem = "Protocol error: invalid bulk length";
	state = read_number(reading, REQUEST_BYTES_MAX, &argument->length);
	if (state != REQUEST_WHOLE)
		return state;
	argument->bytes = reading->bytes + reading->at;
	reading->at += argument->length;
	if (reading->at + 2 > REQUEST_BYTES_MAX)
		return REQUEST_BROKEN;
	reading->at += 2;
	if (reading->at > reading->length)
		return REQUEST_PARTIAL;
	reading->problem = "Protocol error: a bulk is longer than it says";
	return memcmp(argument->bytes + argument->length, "\r\n", 2) == 0
		   ? REQUEST_WHOLE
		   : REQUEST_BROKEN;
}

static enum request_state
read_array(struct request *request, struct reading *reading)
{
	enum request_state state;

	reading->at = 1;
	reading->problem = "Protocol error: invalid multibulk length";
	state = read_number(reading, ARGUMENTS_MAX, &request->count);
	for (size_t i = 0; state == REQUEST_WHOLE && i < request->count; i++)
		state = read_argument(reading, &request->arguments[i]);
	return state;
}

/** Words with blanks between. Quotes would have a meaning for Redis. */
static enum request_state
split_line(struct request *request, struct reading *reading, size_t end)
{
	size_t at = 0;

	reading->problem = "Protocol error: no quotes in a line";
	if (memchr(reading->bytes, '"', end) != NULL ||
	    memchr(reading->bytes, '\'', end) != NULL)
		return REQUEST_BROKEN;
	while (at < end) {
		size_t begin = at;

		while (at < end && !isspace((unsigned char)reading->bytes[at]))
			at++;
		if (at > begin)
			request->arguments[request->count++] =
			    (struct text){ reading->bytes + begin, at - begin };
		at++;
	}
	return REQUEST_WHOLE;
}

static enum request_state
read_line(struct request *request, struct reading *reading)
{
	const char *end = memchr(reading->bytes, '\n', reading->length);
	size_t length =
	    end != NULL ? (size_t)(end - reading->bytes) : reading->length;

	reading->problem = "Protocol error: too big inline request";
	if (length > LINE_BYTES_MAX)
		return REQUEST_BROKEN;
	if (end == NULL) {
		reading->at = reading->length + 1;
		return REQUEST_PARTIAL;
	}
	request->is_line = true;
	reading->at = length + 1;
	return split_line(request, reading, length);
}

enum request_state
request_read(struct request *request, const char *bytes, size_t length,
	     const char **problem)
{
	struct reading reading = { .bytes = bytes, .length = length };
	enum request_state state;

	request->count = 0;
	request->bytes = bytes;
	request->length = 1;
	request->is_line = false;
	if (length == 0)
		return REQUEST_PARTIAL;
	state = bytes[0] == '*' ? read_array(request, &reading)
				: read_line(request, &reading);
	request->length = reading.at > length || state == REQUEST_WHOLE
			      ? reading.at
			      : length + 1;
	*problem = reading.problem;
	return state;
}

/* -------------------------------------------------------------------- writing */

void
request_write(const struct request *request, struct buffer *buffer)
{
	if (!request->is_line) {
		buffer_add(buffer, request->bytes, request->length);
		return;
	}
	buffer_number(buffer, '*', (int64_t)request->count);
	for (size_t i = 0; i < request->count; i++) {
		buffer_number(buffer, '$',
			      (int64_t)request->arguments[i].length);
		buffer_add(buffer, request->arguments[i].bytes,
			   request->arguments[i].length);
		buffer_add(buffer, "\r\n", 2);
	}
}

void
request_write_number(const char *name, size_t number, struct buffer *buffer)
{
	char digits[HEADER_BYTES];
	int length = snprintf(digits, sizeof(digits), "%zu", number);

	buffer_print(buffer, "*2\r\n$%zu\r\n%s\r\n$%d\r\n%s\r\n", strlen(name),
		     name, length, digits);
}

/* ---------------------------------------------------------------------- texts */

bool
text_is(struct text text, const char *word)
{
	return text.length == strlen(word) &&
	       strncasecmp(text.bytes, word, text.length) == 0;
}

bool
text_number(struct text text, int64_t *number)
{
	bool is_negative = text.length > 0 && text.bytes[0] == '-';
	size_t at = is_negative ? 1 : 0;
	int64_t value = 0;

	/* A zero stands alone, and minus is in front of something. */
	if (text.length == at || (text.bytes[at] == '0' && text.length > 1))
		return false;
	for (; at < text.length; at++) {
		unsigned char byte = (unsigned char)text.bytes[at];

		if (!isdigit(byte) ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    (is_negative
			 ? __builtin_sub_overflow(value, byte - '0', &value)
			 : __builtin_add_overflow(value, byte - '0', &value)))
			return false;
	}
	*number = value;
	return true;
}

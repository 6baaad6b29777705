/*
 * A request as a client of Redis says it: an array of texts (RESP), or a line.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	*2\r\n$3\r\nGET\r\n$4\r\nname\r\n        or        GET name\r\n
 *
 * Whoever sends it is a stranger. So every number is bounded before anything is waited
 * for, nothing is copied or allocated, and what can be no request is known as soon as
 * its first wrong byte is there.
 */
#ifndef OUTRIGGER_KV_REQUEST_H
#define OUTRIGGER_KV_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "demos/kv/buffer.h"

/** The bytes of a request, at most: it fits into a command of the kit's (1 MiB) with
 *  what stands beside it. */
#define REQUEST_BYTES_MAX ((size_t)(1 << 20) - 4096)
/** Its arguments, the command's name included, at most. */
#define ARGUMENTS_MAX 4096
/** The bytes of a line, at most. */
#define LINE_BYTES_MAX 1024

/** Bytes that may be anything, a NUL too. */
struct text {
	const char *bytes;
	size_t length;
};

struct request {
	/** 0: nothing was asked: an empty line, or an empty array. */
	size_t count;
	/** They point into what was read. */
	struct text arguments[ARGUMENTS_MAX];
	/** Where it begins, and the bytes that it takes. */
	const char *bytes;
	size_t length;
	/** It came as a line. */
	bool is_line;
};

enum request_state {
	REQUEST_WHOLE,
	/** More has to come. */
	REQUEST_PARTIAL,
	/** It can be none, and nobody knows where the next one begins. */
	REQUEST_BROKEN,
};

/** Read the one that these bytes begin with. `problem` says why it is broken (static);
 *  of one that is partial, request->length is what it takes at least. */
enum request_state request_read(struct request *request, const char *bytes,
				size_t length, const char **problem);

/** Append it to a buffer, as an array. */
void request_write(const struct request *request, struct buffer *buffer);

/** Append one of a name and a number. */
void
request_write_number(const char *name, size_t number, struct buffer *buffer);

/** It says the same as this word, which is in capitals. */
bool text_is(struct text text, const char *word);

/** Read it as a number, as INCR does: nothing but digits, perhaps with a sign. False:
 *  it is none, or too large. */
bool text_number(struct text text, int64_t *number);

#endif

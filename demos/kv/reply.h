/*
 * Replies to requests, as clients of Redis read them (RESP 2).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_KV_REPLY_H
#define OUTRIGGER_KV_REPLY_H

#include <inttypes.h>
#include <string.h>

#include "demos/kv/request.h"

/** Room for any error that reply_error() writes with a text of this file or of
 *  commands.c. */
#define ERROR_BYTES_MAX 64

/** A word, such as OK. */
static inline void
reply_word(struct buffer *reply, const char *word)
{
	buffer_add(reply, "+", 1);
	buffer_add(reply, word, strlen(word));
	buffer_add(reply, "\r\n", 2);
}

/** A word in capitals that programs know, and a sentence; no ends of lines. */
static inline void
reply_error(struct buffer *reply, const char *text)
{
	buffer_print(reply, "-%.250s\r\n", text);
}

static inline void
reply_number(struct buffer *reply, int64_t number)
{
	buffer_number(reply, ':', number);
}

/** There is none. */
static inline void
reply_nothing(struct buffer *reply)
{
	buffer_add(reply, "$-1\r\n", 5);
}

static inline void
reply_text(struct buffer *reply, struct text text)
{
	buffer_number(reply, '$', (int64_t)text.length);
	buffer_add(reply, text.bytes, text.length);
	buffer_add(reply, "\r\n", 2);
}

static inline void
reply_string(struct buffer *reply, const char *string)
{
	reply_text(reply, (struct text){ string, strlen(string) });
}

/** So many replies follow that belong to it. */
static inline void
reply_array(struct buffer *reply, size_t count)
{
	buffer_number(reply, '*', (int64_t)count);
}

#endif

/*
 * Text as it may stand in a page.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\uFFFD"

/* What the first byte of a character says of its length; 0: it is none. */
static size_t
announced_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if (first >= 0xE0 && first <= 0xEF)
		return 3;
	if (first >= 0xF0 && first <= 0xF4)
		return 4;
	return 0;
}

/* Too long a form, half of a surrogate pair, beyond the last one, or one of the
 * two that XML has not. */
static bool
is_character(uint32_t code, size_t length)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[length] && code <= 0x10FFFF &&
	       (code < 0xD800 || code > 0xDFFF) && code != 0xFFFE &&
	       code != 0xFFFF;
}

/* The bytes of the character that begins there; 0: none does. */
static size_t
character_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = announced_length(bytes[0]);
	uint32_t code;

	if (length < 2)
		return bytes[0] == 0x7F ? 0 : length;
	code = bytes[0] & (0xFFu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3F);
	}
	return is_character(code, length) ? length : 0;
}

static void
write_character(FILE *out, const char *text, size_t length)
{
	switch (*text) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	case '\'':
		fputs("&#39;", out);
		break;
	default:
		if (length == 1 && (unsigned char)*text < ' ' &&
		    *text != '\t' && *text != '\n')
			fputs(REPLACEMENT, out);
		else
			fwrite(text, 1, length, out);
	}
}

void
markup_text_short(FILE *out, const char *text, size_t bytes)
{
	const char *begin = text;
	size_t length;

	for (; *text != '\0'; text += length) {
		length = character_length(text);
		if ((size_t)(text - begin) + (length == 0 ? 1 : length) >
		    bytes) {
			fputs("\u2026", out);
			return;
		}
		if (length > 0) {
			write_character(out, text, length);
			continue;
		}
		fputs(REPLACEMENT, out);
		length = 1;
	}
}

void
markup_text(FILE *out, const char *text)
{
	markup_text_short(out, text, SIZE_MAX);
}

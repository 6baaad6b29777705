/*
 * The words of one line of a scenario, and what a few of them mean together.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/parse/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/parse/hints.h"

void *
words_grow(void **array, size_t *count, size_t size)
{
	void *grown = *array;
	char *last;

	/* The capacity is the next power of two. */
	if ((*count & (*count - 1)) == 0)
		grown = realloc(*array, (*count == 0 ? 1 : 2 * *count) * size);
	if (grown == NULL)
		abort();
	*array = grown;
	last = (char *)grown + (*count)++ * size;
	memset(last, 0, size);
	return last;
}

/* ---------------------------------------------------------------- errors */

void
words_fail(struct words *words, const char *format, ...)
{
	va_list arguments;
	int used;

	if (words->failed)
		return;
	words->failed = true;
	words->next = words->count;
	used = snprintf(words->error, words->error_size, "%s:%d: ", words->file,
			words->line);
	if (used < 0 || (size_t)used >= words->error_size)
		return;
	va_start(arguments, format);
	vsnprintf(words->error + used, words->error_size - (size_t)used, format,
		  arguments);
	va_end(arguments);
}

void
words_expected(struct words *words, const char *expected)
{
	if (words->next < words->count)
		words_fail(words, "found '%s', %s", words->word[words->next],
			   expected);
	else
		words_fail(words, "the line ends too early, %s", expected);
}

void
words_unknown(struct words *words, const char *expected, const char *which,
	      const char *(*nth)(size_t))
{
	const char *nearest = hint_nearest(words_peek(words), nth);

	if (words->next == words->count)
		words_fail(words, "the line ends too early, expected %s%s",
			   expected, which);
	else if (nearest == NULL)
		words_fail(words, "found '%s', expected %s%s",
			   words_peek(words), expected, which);
	else
		words_fail(words, "found '%s', expected %s; did you mean "
			   "'%s'?", words_peek(words), expected, nearest);
}

void
words_note(struct words *words, const char *format, ...)
{
	struct raft_scenario *scenario = words->scenario;
	struct raft_scenario_note *note;
	va_list arguments;
	char text[1024];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < scenario->note_count; i++) {
		if (strcmp(scenario->notes[i].text, text) == 0)
			return;
	}
	note = words_grow((void **)&scenario->notes, &scenario->note_count,
			  sizeof *note);
	note->line = words->line;
	note->text = strdup(text);
	if (note->text == NULL)
		abort();
}

/* ----------------------------------------------------------------- words */

/* These stand for themselves, with blanks around them or not. */
static size_t
symbol_length(const char *text)
{
	/* Some are none here, but are told better as one. */
	static const char *const symbols[] = { "->", "!=", "<=", ">=", "==",
					       "=<", "=>", "<>", "=",  "<",
					       ">",  "{",  "}",  ":" };

	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
		if (strncmp(text, symbols[i], strlen(symbols[i])) == 0)
			return strlen(symbols[i]);
	}
	return 0;
}

static size_t
word_length(const char *text)
{
	size_t length = symbol_length(text);

	if (length > 0)
		return length;
	while (text[length] != '\0' && !isspace((unsigned char)text[length]) &&
	       symbol_length(text + length) == 0)
		length++;
	return length;
}

static char *
trimmed(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* A `#` that may have been meant as a letter: one that touches another. */
static bool
is_glued(const char *line, size_t length, const char *comment)
{
	return (comment > line && !isspace((unsigned char)comment[-1])) ||
	       (comment + 1 < line + length &&
		!isspace((unsigned char)comment[1]));
}

void
words_split(struct words *words, const char *line, size_t length)
{
	const char *comment = memchr(line, '#', length);
	const char *text;
	char *store;

	words_free(words);
	words->glued_comment =
	    comment != NULL && is_glued(line, length, comment);
	if (comment != NULL)
		length = (size_t)(comment - line);
	if (memchr(line, '\0', length) != NULL) {
		words_fail(words, "found a NUL byte, expected text");
		return;
	}
	words->text = strndup(line, length);
	/* Room for a NUL after each word, of which each has a character. */
	words->store = store = malloc(2 * length + 1);
	if (words->text == NULL || store == NULL)
		abort();
	for (text = words->text; *text != '\0'; text += length) {
		length = 1;
		if (isspace((unsigned char)*text))
			continue;
		if (words->count == WORDS_MAX) {
			words_fail(words, "found more than %d words, expected "
				   "a shorter line", WORDS_MAX);
			return;
		}
		length = word_length(text);
		if (words->count == 0)
			words->first = text;
		words->word[words->count++] = store;
		memcpy(store, text, length);
		store[length] = '\0';
		store += length + 1;
	}
	words->rest = words->text;
	if (words->count > 0)
		words->rest += words->first - words->text +
			       (ptrdiff_t)strlen(words->word[0]);
	words->rest = trimmed(words->rest);
}

void
words_free(struct words *words)
{
	free(words->text);
	free(words->store);
	words->text = words->store = words->rest = NULL;
	words->count = words->next = 0;
	words->named = (struct nodes){ 0 };
}

const char *
words_peek(const struct words *words)
{
	return words->next < words->count ? words->word[words->next] : "";
}

const char *
words_take(struct words *words)
{
	const char *word = words_peek(words);

	if (words->next < words->count)
		words->next++;
	return word;
}

bool
words_accept(struct words *words, const char *word)
{
	if (words->next == words->count || strcmp(words_peek(words), word) != 0)
		return false;
	words->next++;
	return true;
}

void
words_require(struct words *words, const char *word)
{
	char expected[64];

	if (words_accept(words, word))
		return;
	snprintf(expected, sizeof expected, "expected '%s'", word);
	words_expected(words, expected);
}

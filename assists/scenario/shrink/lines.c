/*
 * A scenario as lines of text, of which some may be left out or changed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/shrink/lines.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
copied(const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (copy == NULL)
		abort();
	return copy;
}

static void
add(struct lines *lines, char *line)
{
	char **grown = reallocarray(lines->of, lines->count + 1, sizeof *grown);

	if (grown == NULL)
		abort();
	lines->of = grown;
	lines->of[lines->count++] = line;
}

struct lines
lines_split(const char *text)
{
	struct lines lines = { NULL, 0 };
	size_t length, whole;

	for (; *text != '\0'; text += whole + (text[whole] == '\n')) {
		whole = strcspn(text, "\n");
		length = strcspn(text, "#\n");
		while (length > 0 && isspace((unsigned char)text[length - 1]))
			length--;
		while (length > 0 && isspace((unsigned char)*text)) {
			text++;
			whole--;
			length--;
		}
		if (length > 0)
			add(&lines, copied(text, length));
	}
	return lines;
}

struct lines
lines_copy(const struct lines *lines)
{
	struct lines copy = { NULL, 0 };

	for (size_t i = 0; i < lines->count; i++)
		add(&copy, copied(lines->of[i], strlen(lines->of[i])));
	return copy;
}

void
lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->of[i]);
	free(lines->of);
	*lines = (struct lines){ NULL, 0 };
}

char *
lines_join(const struct lines *lines)
{
	size_t room = 1, used = 0;
	char *text;

	for (size_t i = 0; i < lines->count; i++)
		room += strlen(lines->of[i]) + 1;
	text = malloc(room);
	if (text == NULL)
		abort();
	text[0] = '\0';
	for (size_t i = 0; i < lines->count; i++)
		used += (size_t)snprintf(text + used, room - used, "%s\n",
					 lines->of[i]);
	return text;
}

void
lines_remove(struct lines *lines, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		free(lines->of[i]);
	memmove(&lines->of[first], &lines->of[first + count],
		(lines->count - first - count) * sizeof(char *));
	lines->count -= count;
}

void
lines_set(struct lines *lines, size_t line, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	free(lines->of[line]);
	lines->of[line] = text;
}

const char *
lines_after(const char *line, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0)
		return NULL;
	if (line[length] != '\0' && !isspace((unsigned char)line[length]))
		return NULL;
	return line + length + strspn(line + length, " \t");
}

size_t
lines_find(const struct lines *lines, const char *word)
{
	size_t i = 0;

	while (i < lines->count && lines_after(lines->of[i], word) == NULL)
		i++;
	return i;
}

/* ----------------------------------------------------------------- times */

/* A number of microseconds at the beginning of a text: what stands behind it.
 * NULL: there is none. */
static const char *
read_us(const char *text, uint64_t *us)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	*us = strtoull(text, &end, 10);
	if (strncmp(end, "us", 2) != 0 || isalnum((unsigned char)end[2]))
		return NULL;
	return end + 2;
}

static char *
tidied(const char *line)
{
	char *text = NULL;
	const char *end;
	size_t size;
	uint64_t us;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort();
	for (; *line != '\0'; line = end) {
		end = read_us(line, &us);
		if (end != NULL && us % 1000 == 0 && us > 0) {
			fprintf(out, "%llums", (unsigned long long)us / 1000);
			continue;
		}
		/* Digits may be a part of a word. */
		end = line;
		while (isalnum((unsigned char)*end))
			end++;
		end += end == line;
		fprintf(out, "%.*s", (int)(end - line), line);
	}
	fclose(out);
	return text;
}

void
lines_tidy(struct lines *lines)
{
	char *text;

	for (size_t i = 0; i < lines->count; i++) {
		text = tidied(lines->of[i]);
		free(lines->of[i]);
		lines->of[i] = text;
	}
}

/* ----------------------------------------------------------------- nodes */

/* Where a node is named: its number, and behind it. NULL: there is none. */
static const char *
next_node(const char *text, uint64_t *node, const char **end)
{
	for (const char *at = text; *at != '\0'; at++) {
		bool begins = at == text || (!isalnum((unsigned char)at[-1]) &&
					     at[-1] != '_' && at[-1] != '-');

		if (!begins || *at != 'n' || !isdigit((unsigned char)at[1]))
			continue;
		*node = strtoull(at + 1, (char **)end, 10);
		if (!isalnum((unsigned char)**end))
			return at;
	}
	return NULL;
}

/* `{n1 }` becomes `{n1}`. */
static void
close_sets(char *text)
{
	char *end;

	while ((end = strstr(text, " }")) != NULL)
		memmove(end, end + 1, strlen(end + 1) + 1);
}

/* The line without that node; NULL: it was about that alone. */
static char *
without_node(const char *line, uint64_t gone)
{
	char *text = NULL;
	const char *at, *end;
	bool in_set = false;
	size_t size;
	uint64_t node;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort();
	for (; (at = next_node(line, &node, &end)) != NULL; line = end) {
		for (; line < at; line++) {
			in_set = *line == '{' || (in_set && *line != '}');
			fputc(*line, out);
		}
		if (node == gone && !in_set)
			break;
		if (node != gone)
			fprintf(out, "n%llu",
				(unsigned long long)(node - (node > gone)));
		else if (*end == ' ')
			end++;
	}
	fprintf(out, "%s", line);
	fclose(out);
	close_sets(text);
	if (at == NULL && strstr(text, "{}") == NULL)
		return text;
	free(text);
	return NULL;
}

void
lines_drop_node(struct lines *lines, uint64_t node)
{
	char *text;

	for (size_t i = 0; i < lines->count;) {
		if (lines_after(lines->of[i], "title") != NULL ||
		    lines_after(lines->of[i], "note") != NULL) {
			i++;
			continue;
		}
		text = without_node(lines->of[i], node);
		if (text == NULL) {
			lines_remove(lines, i, 1);
			continue;
		}
		lines_set(lines, i++, "%s", text);
		free(text);
	}
}

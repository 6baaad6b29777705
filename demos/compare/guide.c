/*
 * A guide: a text that leads a reader through scenarios.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/guide.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/builds.h"
#include "demos/compare/record/grown.h"
#include "demos/compare/text_file.h"

struct reader {
	struct plan *plan;
	const char *path;
	int line;
	bool is_after_empty;
	bool failed;
};

static void
complain(struct reader *reader, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%d: ", reader->path, reader->line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	reader->failed = true;
}

/* A text to be freed. */
static char *
print(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	return text;
}

/* ------------------------------------------------------------- statements */

static void
take_title(struct reader *reader, char *words)
{
	if (reader->plan->title != NULL)
		complain(reader, "a second title, expected one");
	else
		reader->plan->title = print("%s", words);
}

static void
take_chapter(struct reader *reader, char *words)
{
	struct plan *plan = reader->plan;
	struct chapter *chapter = calloc(1, sizeof *chapter);

	if (chapter == NULL)
		abort();
	chapter->title = print("%s", words);
	plan->chapters = grown(plan->chapters, plan->chapter_count,
			       sizeof(struct chapter *));
	plan->chapters[plan->chapter_count++] = chapter;
}

/* The path of a file that is named where the guide is, without the detours that
 * are no more than that. To be freed. */
static char *
path_beside(const char *guide, const char *path)
{
	const char *slash = strrchr(guide, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - guide) + 1;
	size_t above;

	while (folder > 0 && strncmp(path, "../", 3) == 0) {
		above = folder - 1;
		while (above > 0 && guide[above - 1] != '/')
			above--;
		/* "../" and "./" lead elsewhere. */
		if (guide[above] == '.' || guide[above] == '/')
			break;
		folder = above;
		path += 3;
	}
	return print("%.*s%s", (int)folder, guide, path);
}

static void
take_show(struct reader *reader, char *words)
{
	struct builds builds = { .count = 0 };
	char error[1024], *rest, *path, *name;

	path = path_beside(reader->path, strtok_r(words, " \t", &rest));
	while ((name = strtok_r(NULL, " \t", &rest)) != NULL) {
		if (!builds_add(&builds, name, error, sizeof error))
			complain(reader, "%s", error);
	}
	if (builds.count == 0 && !reader->failed)
		complain(reader, "no build, expected those to be compared");
	if (!reader->failed && !plan_add(reader->plan, path, &builds))
		reader->failed = true;
	builds_free(&builds);
	free(path);
}

/* An empty line parts paragraphs, and is none before the first or behind the
 * last. */
static void
take_words(struct reader *reader, const char *line)
{
	struct plan *plan = reader->plan;
	char **text = plan->chapter_count == 0
			  ? &plan->text
			  : &plan->chapters[plan->chapter_count - 1]->text;
	char *before = *text;

	if (*line != '\0') {
		*text = print("%s%s%s\n", before == NULL ? "" : before,
			      before != NULL && reader->is_after_empty ? "\n"
								       : "",
			      line);
		free(before);
	}
	reader->is_after_empty = *line == '\0';
}

/* ------------------------------------------------------------------ lines */

/* What comes after the word that a statement begins with; NULL: the line begins
 * with another one, or has no more. */
static char *
after_word(char *line, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0 ||
	    strspn(line + length, " \t") == 0)
		return NULL;
	line += length;
	line += strspn(line, " \t");
	return *line == '\0' ? NULL : line;
}

static void
take_line(struct reader *reader, char *line)
{
	static const struct {
		const char *word;
		void (*take)(struct reader *reader, char *words);
	} statements[] = {
		{ "title", take_title },
		{ "chapter", take_chapter },
		{ "show", take_show },
	};
	char *words;

	if (*line == '#')
		return;
	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
		words = after_word(line, statements[i].word);
		if (words == NULL)
			continue;
		statements[i].take(reader, words);
		return;
	}
	take_words(reader, line);
}

bool
guide_read(struct plan *plan, const char *path)
{
	struct reader reader = { .plan = plan, .path = path };
	size_t length;
	char *text = text_file_read(path, &length);
	char *rest = text, *line;

	if (text == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	while (rest != NULL && *rest != '\0') {
		line = strsep(&rest, "\n");
		reader.line++;
		take_line(&reader, line);
	}
	if (plan->count == 0 && !reader.failed)
		complain(&reader, "nothing is shown, expected 'show FILE "
			 "BUILD...'");
	free(text);
	return !reader.failed;
}

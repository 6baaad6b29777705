/*
 * Reading a history (README.md).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/history/history.h"

#define FIELD_BYTES 64

/** The fields of a line, but for the client, whose name does not matter. */
struct fields {
	char key[HISTORY_KEY_BYTES];
	char kind[FIELD_BYTES];
	char argument[FIELD_BYTES];
	char answer[FIELD_BYTES];
	char invoked[FIELD_BYTES];
	char returned[FIELD_BYTES];
};

static bool
read_number(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static bool
read_value(const char *text, struct history_value *value)
{
	*value = (struct history_value){ 0 };
	if (strcmp(text, "nil") == 0)
		return true;
	value->is_there = true;
	return read_number(text, &value->number);
}

static bool
read_time(const char *text, uint64_t *time)
{
	int64_t number;

	if (!read_number(text, &number) || number < 0)
		return false;
	*time = (uint64_t)number;
	return true;
}

static bool
read_kind(const char *text, enum history_kind *kind)
{
	static const char *const names[] = {
		[HISTORY_SET] = "set",	     [HISTORY_GET] = "get",
		[HISTORY_DELETE] = "delete", [HISTORY_SWAP] = "swap",
		[HISTORY_ADD] = "add",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*kind = (enum history_kind)i;
			return true;
		}
	}
	return false;
}

/** OLD:NEW. */
static bool
read_swap(char *text, struct history_operation *operation)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return false;
	*colon = '\0';
	return read_value(text, &operation->expected) &&
	       read_value(colon + 1, &operation->argument);
}

static bool
read_argument(char *text, struct history_operation *operation)
{
	switch (operation->kind) {
	case HISTORY_SET:
		return read_value(text, &operation->argument);
	case HISTORY_SWAP:
		return read_swap(text, operation);
	case HISTORY_ADD:
		return read_value(text, &operation->argument) &&
		       operation->argument.is_there;
	case HISTORY_GET:
	case HISTORY_DELETE:
		break;
	}
	return strcmp(text, "-") == 0;
}

/** What each kind may be answered. */
static bool
may_be_answered(enum history_kind kind, enum history_answer answer)
{
	static const unsigned int answers[] = {
		[HISTORY_SET] = 1 << HISTORY_OK,
		[HISTORY_GET] = 1 << HISTORY_VALUE,
		[HISTORY_DELETE] =
		    1 << HISTORY_OK | 1 << HISTORY_YES | 1 << HISTORY_NO,
		[HISTORY_SWAP] = 1 << HISTORY_YES | 1 << HISTORY_NO,
		[HISTORY_ADD] = 1 << HISTORY_OK | 1 << HISTORY_VALUE,
	};

	return answer == HISTORY_UNKNOWN || (answers[kind] >> answer & 1) != 0;
}

static bool
read_answer(const char *text, struct history_operation *operation)
{
	if (strcmp(text, "?") == 0)
		operation->answer = HISTORY_UNKNOWN;
	else if (strcmp(text, "ok") == 0)
		operation->answer = HISTORY_OK;
	else if (strcmp(text, "yes") == 0)
		operation->answer = HISTORY_YES;
	else if (strcmp(text, "no") == 0)
		operation->answer = HISTORY_NO;
	else if (read_value(text, &operation->answer_value))
		operation->answer = HISTORY_VALUE;
	else
		return false;
	return may_be_answered(operation->kind, operation->answer);
}

static bool
read_times(const struct fields *fields, struct history_operation *operation)
{
	if (!read_time(fields->invoked, &operation->invoked_at))
		return false;
	if (operation->answer == HISTORY_UNKNOWN) {
		operation->returned_at = UINT64_MAX;
		return true;
	}
	return read_time(fields->returned, &operation->returned_at) &&
	       operation->returned_at >= operation->invoked_at;
}

/** NULL, or what is wrong with it. */
static const char *
read_fields(struct fields *fields, struct history_operation *operation)
{
	memcpy(operation->key, fields->key, sizeof(operation->key));
	if (!read_kind(fields->kind, &operation->kind))
		return "no such operation";
	if (!read_argument(fields->argument, operation))
		return "that is no argument of it";
	if (!read_answer(fields->answer, operation))
		return "that is no answer to it";
	if (!read_times(fields, operation))
		return "these are no times of it";
	return NULL;
}

static void
append(struct history *history, const struct history_operation *operation)
{
	if (history->count == history->room) {
		history->room = 2 * history->room + 1024;
		history->operations = reallocarray(
		    history->operations, history->room, sizeof(*operation));
		if (history->operations == NULL)
			err(2, NULL);
	}
	history->operations[history->count] = *operation;
	history->count++;
}

static bool
take_line(struct history *history, struct history_operation *operation)
{
	struct fields fields;
	const char *problem = "seven fields of up to 63 letters are a line";
	int end = 0;

	if (strspn(operation->text, " \t") == strlen(operation->text) ||
	    operation->text[0] == '#') {
		free(operation->text);
		return true;
	}
	/* Whatever is left of a field that is too long is one too many. */
	if (sscanf(operation->text, "%*s %63s %63s %63s %63s %63s %63s %n",
		   fields.key, fields.kind, fields.argument, fields.answer,
		   fields.invoked, fields.returned, &end) == 6 &&
	    end > 0 && operation->text[end] == '\0') {
		if (strcmp(fields.answer, "failed") == 0) {
			history->failed++;
			free(operation->text);
			return true;
		}
		problem = read_fields(&fields, operation);
	}
	if (problem == NULL) {
		append(history, operation);
		return true;
	}
	warnx("%s:%zu: %s: %s", operation->file, operation->line,
	      operation->text, problem);
	free(operation->text);
	return false;
}

static bool
read_lines(struct history *history, const char *name, FILE *file)
{
	struct history_operation operation = { .file = name };
	bool works = true;
	size_t room = 0;
	ssize_t length;

	while (works && (length = getline(&operation.text, &room, file)) >= 0) {
		if (length > 0 && operation.text[length - 1] == '\n')
			operation.text[length - 1] = '\0';
		operation.line++;
		works = take_line(history, &operation);
		operation = (struct history_operation){
			.file = name,
			.line = operation.line,
		};
		room = 0;
	}
	free(operation.text);
	return works && !ferror(file);
}

bool
history_read(struct history *history, const char *path)
{
	FILE *file = fopen(path, "r");
	bool works;

	if (file == NULL) {
		warn("%s", path);
		return false;
	}
	works = read_lines(history, path, file);
	fclose(file);
	return works;
}

bool
history_read_text(struct history *history, const char *name, const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	bool works;

	if (file == NULL)
		err(2, NULL);
	works = read_lines(history, name, file);
	fclose(file);
	return works;
}

/* What was written first stands first. */
static int
compare(const void *left, const void *right)
{
	const struct history_operation *one = left, *other = right;
	int keys = strcmp(one->key, other->key);

	if (keys != 0)
		return keys;
	if (one->invoked_at != other->invoked_at)
		return one->invoked_at < other->invoked_at ? -1 : 1;
	if (one->file != other->file)
		return strcmp(one->file, other->file);
	return one->line < other->line ? -1 : one->line > other->line;
}

void
history_sort(struct history *history)
{
	if (history->count > 0)
		qsort(history->operations, history->count,
		      sizeof(*history->operations), compare);
}

void
history_free(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->operations[i].text);
	free(history->operations);
	*history = (struct history){ 0 };
}

/*
 * The scenario files of a command line.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All of a stream; NULL: it cannot be read. */
static char *
read_all(FILE *stream, size_t *length)
{
	size_t room = 1 << 16;
	char *text = malloc(room);

	*length = 0;
	while (text != NULL) {
		*length += fread(text + *length, 1, room - *length, stream);
		if (*length < room)
			break;
		room *= 2;
		text = realloc(text, room);
	}
	if (text == NULL)
		abort();
	if (!ferror(stream))
		return text;
	free(text);
	return NULL;
}

static struct raft_scenario *
read_file(const char *path, char *error, size_t size)
{
	struct raft_scenario *scenario = NULL;
	FILE *stream = fopen(path, "r");
	char *text = NULL;
	size_t length;

	if (stream != NULL)
		text = read_all(stream, &length);
	if (text != NULL)
		scenario =
		    raft_scenario_parse(path, text, length, error, size);
	else
		snprintf(error, size, "%s:1: cannot be read (%s), expected a "
			 "scenario", path, strerror(errno));
	if (stream != NULL)
		fclose(stream);
	free(text);
	return scenario;
}

static bool
is_told(const struct files *files, const char *text)
{
	for (size_t i = 0; i < files->told_count; i++) {
		if (strcmp(files->told[i], text) == 0)
			return true;
	}
	return false;
}

/* What several files have in common once, of the first. */
static void
tell_notes(struct files *files, const struct raft_scenario *scenario)
{
	const struct raft_scenario_note *notes;
	size_t count;

	notes = raft_scenario_notes(scenario, &count);
	for (size_t i = 0; i < count; i++) {
		if (is_told(files, notes[i].text))
			continue;
		fprintf(stderr, "%s:%d: %s\n", raft_scenario_name(scenario),
			notes[i].line, notes[i].text);
		files->told = reallocarray(files->told, files->told_count + 1,
					   sizeof *files->told);
		if (files->told == NULL)
			abort();
		files->told[files->told_count++] = notes[i].text;
	}
}

bool
files_read(struct files *files, char **paths, size_t count)
{
	char error[1024];
	bool read = true;

	*files = (struct files){ .count = count };
	files->scenarios = calloc(count, sizeof(struct raft_scenario *));
	if (files->scenarios == NULL)
		abort();
	for (size_t i = 0; i < count; i++) {
		files->scenarios[i] = read_file(paths[i], error, sizeof error);
		if (files->scenarios[i] != NULL) {
			tell_notes(files, files->scenarios[i]);
		} else {
			fprintf(stderr, "%s\n", error);
			read = false;
		}
	}
	return read;
}

void
files_free(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		raft_scenario_free(files->scenarios[i]);
	free(files->scenarios);
	free(files->told);
}

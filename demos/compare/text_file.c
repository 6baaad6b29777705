/*
 * A file read whole.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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
	text[*length] = '\0';
	return text;
}

char *
text_file_read(const char *path, size_t *length)
{
	FILE *stream = fopen(path, "r");
	char *text;
	int why;

	if (stream == NULL)
		return NULL;
	errno = 0;
	text = read_all(stream, length);
	why = errno;
	if (ferror(stream)) {
		free(text);
		text = NULL;
	}
	fclose(stream);
	errno = why;
	return text;
}

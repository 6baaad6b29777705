/*
 * What cannot be real, and why not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scenario that says any of it is not run at all: without one of its statements it
 * would be another scenario, of which it expects nothing.
 */
#include <string.h>

#include "demos/weather/weather.h"

static const struct {
	/** A word of a statement. */
	const char *word;
	const char *why;
} refused[] = {
	{ "only", "a network does not know the kinds of Raft's messages" },
	{ "replay", "TCP hands out nothing twice" },
	{ "clock", "all processes of a machine have one clock" },
	{ "leases", "nobody sees at one moment which processes act as leaders" },
	{ "torn", "a process that is killed tears no write" },
	{ "term", "a log is what a member has written" },
	{ "log", "a log is what a member has written" },
};

/* The next word of a line, whose end is `end`; its length is 0 where there is none. */
static const char *
next_word(const char *at, const char *end, size_t *length)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	*length = 0;
	while (at + *length < end && at[*length] != ' ' && at[*length] != '\t')
		(*length)++;
	return at;
}

static bool
is_word(const char *at, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(at, word, length) == 0;
}

/* Which of the words it is; NULL: none. */
static const char *
refusal_of(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (is_word(word, length, refused[i].word))
			return refused[i].why;
	return NULL;
}

/* What is said to people says nothing; what asks may ask for a term. */
static const char *
refusal_in(const char *line)
{
	const char *end = line + strcspn(line, "#\n"), *why = NULL, *at;
	size_t length;

	for (at = line; why == NULL; at += length) {
		at = next_word(at, end, &length);
		if (length == 0 || is_word(at, length, "title") ||
		    is_word(at, length, "note") ||
		    is_word(at, length, "expect") ||
		    is_word(at, length, "until"))
			return NULL;
		why = refusal_of(at, length);
	}
	return why;
}

const char *
weather_refusal(const struct raft_scenario *scenario, int *line)
{
	const char *text = raft_scenario_text(scenario), *why;

	for (*line = 1; *text != '\0'; (*line)++) {
		why = refusal_in(text);
		if (why != NULL)
			return why;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

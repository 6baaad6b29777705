/*
 * What somebody may have meant by a word that is none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/parse/hints.h"

#include <ctype.h>
#include <string.h>

/** Longer words are nobody's slip. */
#define LETTERS_MAX 32

static size_t
least(size_t one, size_t other)
{
	return one < other ? one : other;
}

static bool
is_same(char one, char other)
{
	return tolower((unsigned char)one) == tolower((unsigned char)other);
}

/* How many letters were left out, added, changed, or swapped with the next. */
static size_t
slips(const char *one, const char *other)
{
	size_t table[LETTERS_MAX + 1][LETTERS_MAX + 1];
	size_t length = strlen(one), width = strlen(other);

	for (size_t i = 0; i <= length; i++)
		table[i][0] = i;
	for (size_t k = 0; k <= width; k++)
		table[0][k] = k;
	for (size_t i = 1; i <= length; i++) {
		for (size_t k = 1; k <= width; k++) {
			size_t *slot = &table[i][k];

			*slot = table[i - 1][k - 1] +
				!is_same(one[i - 1], other[k - 1]);
			*slot = least(*slot, table[i - 1][k] + 1);
			*slot = least(*slot, table[i][k - 1] + 1);
			if (i > 1 && k > 1 &&
			    is_same(one[i - 1], other[k - 2]) &&
			    is_same(one[i - 2], other[k - 1]))
				*slot = least(*slot, table[i - 2][k - 2] + 1);
		}
	}
	return table[length][width];
}

const char *
hint_nearest(const char *word, const char *(*nth)(size_t))
{
	size_t length = strlen(word), found, best;
	const char *other, *nearest = NULL;

	if (length > LETTERS_MAX)
		return NULL;
	/* Of a short word little is left after two. */
	best = length < 3 ? 1 : length < 6 ? 2 : 3;
	for (size_t i = 0; (other = nth(i)) != NULL; i++) {
		if (strlen(other) > LETTERS_MAX)
			continue;
		found = slips(word, other);
		if (found < best) {
			best = found;
			nearest = other;
		}
	}
	return nearest;
}

const char *
hint_synonym(const char *word)
{
	static const struct {
		const char *word;
		const char *meant;
	} known[] = {
		{ "assert", "expect" },	    { "check", "expect" },
		{ "delay", "latency" },	    { "disconnect", "cut" },
		{ "drop", "loss" },	    { "kill", "crash" },
		{ "reconnect", "heal" },    { "servers", "nodes" },
		{ "set", "let" },	    { "sleep", "run" },
		{ "stop", "crash" },	    { "timeout", "election" },
		{ "wait", "run" },	    { "write", "propose" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].word, word) == 0)
			return known[i].meant;
	}
	return NULL;
}

bool
hint_is_comment(const char *word)
{
	static const char *const begins[] = { "//", "/*", "--", ";", "%" };

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		if (strncmp(word, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	return false;
}

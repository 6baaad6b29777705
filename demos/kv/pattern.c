/*
 * Matching names (pattern.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/kv/pattern.h"

/** The set that stands at `at`, a bracket: does it have this letter? Goes on behind it.
 *  One that is never closed ends with the pattern. */
static bool
set_has(struct text pattern, size_t *at, char letter)
{
	const char *bytes = pattern.bytes;
	size_t end = pattern.length;
	bool is_inverted, has = false;

	(*at)++;
	is_inverted = *at < end && bytes[*at] == '^';
	if (is_inverted)
		(*at)++;
	for (; *at < end && bytes[*at] != ']'; (*at)++) {
		char first, last;

		if (bytes[*at] == '\\' && *at + 1 < end)
			(*at)++;
		first = last = bytes[*at];
		if (*at + 2 < end && bytes[*at + 1] == '-') {
			last = bytes[*at + 2];
			*at += 2;
		}
		has |= (first <= letter && letter <= last) ||
		       (last <= letter && letter <= first);
	}
	if (*at < end)
		(*at)++;
	return has != is_inverted;
}

/** One letter of the pattern, which is no star. Goes on behind it. */
static bool
letter_matches(struct text pattern, size_t *at, char letter)
{
	if (*at == pattern.length)
		return false;
	if (pattern.bytes[*at] == '[')
		return set_has(pattern, at, letter);
	if (pattern.bytes[*at] == '?') {
		(*at)++;
		return true;
	}
	if (pattern.bytes[*at] == '\\' && *at + 1 < pattern.length)
		(*at)++;
	return pattern.bytes[(*at)++] == letter;
}

/* Only the last star is tried again with one letter more: the ones before it need not
 * be, for what follows them has been found as early as can be. */
bool
pattern_matches(struct text pattern, struct text name)
{
	size_t at = 0, letter = 0, behind_star = 0, star_ends = 0;
	bool has_star = false;

	while (letter < name.length) {
		if (at < pattern.length && pattern.bytes[at] == '*') {
			has_star = true;
			behind_star = ++at;
			star_ends = letter;
		} else if (letter_matches(pattern, &at, name.bytes[letter])) {
			letter++;
		} else if (has_star) {
			at = behind_star;
			letter = ++star_ends;
		} else {
			return false;
		}
	}
	while (at < pattern.length && pattern.bytes[at] == '*')
		at++;
	return at == pattern.length;
}

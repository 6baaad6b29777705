/*
 * What words mean: numbers, durations, shares, builds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "assists/scenario/script/build.h"
#include "assists/scenario/parse/hints.h"
#include "assists/scenario/parse/words.h"

#define MILLION UINT64_C(1000000)
#define WHOLE_MAX UINT64_C(1000000000)

/* A decimal with up to six places, in millionths. Returns what follows it;
 * NULL: it is none. */
static const char *
read_decimal(const char *text, uint64_t *millionths)
{
	uint64_t whole = 0, part = 0, place = MILLION;

	if (!isdigit((unsigned char)*text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		whole = whole * 10 + (uint64_t)(*text - '0');
		if (whole > WHOLE_MAX)
			return NULL;
	}
	if (text[0] == '.' && isdigit((unsigned char)text[1])) {
		for (text++; isdigit((unsigned char)*text); text++) {
			place /= 10;
			if (place == 0)
				return NULL;
			part += place * (uint64_t)(*text - '0');
		}
	}
	*millionths = whole * MILLION + part;
	return text;
}

/* Reads a duration off the front of a text. Returns what follows it. */
static const char *
read_duration(const char *text, struct duration *duration)
{
	static const struct {
		const char *name;
		/* Millionths of a number of these, in microseconds. */
		uint64_t divisor;
	} units[] = { { "us", MILLION }, { "ms", 1000 }, { "s", 1 } };
	uint64_t millionths;

	text = read_decimal(text, &millionths);
	if (text == NULL)
		return NULL;
	if (*text == 'T') {
		*duration = (struct duration){ millionths, true };
		return text + 1;
	}
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(text, units[i].name, length) != 0)
			continue;
		*duration = (struct duration){ millionths / units[i].divisor,
					       false };
		return text + length;
	}
	return NULL;
}

uint64_t
words_number(struct words *words, uint64_t least, uint64_t most,
	     const char *expected)
{
	const char *word = words_peek(words), *at = word;
	uint64_t number = 0;

	for (; isdigit((unsigned char)*at) && number <= most; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	if (at == word || *at != '\0' || number < least || number > most) {
		words_expected(words, expected);
		return least;
	}
	words_take(words);
	return number;
}

/* The next word should be a duration and is none. */
static void
no_duration(struct words *words, const char *expected)
{
	const char *word = words_peek(words), *end;
	const char *after = words->next + 1 < words->count
				? words->word[words->next + 1]
				: "";
	struct duration ignored;
	uint64_t number;
	char joined[64];

	end = read_decimal(word, &number);
	if (end == NULL || *end != '\0') {
		words_expected(words, expected);
		return;
	}
	snprintf(joined, sizeof joined, "%.20s%.20s", word, after);
	end = read_duration(joined, &ignored);
	if (*after != '\0' && end != NULL && *end == '\0')
		words_fail(words, "found '%s %s', expected '%s' without the "
			   "blank", word, after, joined);
	else
		words_fail(words, "found '%s' without a unit, %s", word,
			   expected);
}

struct duration
words_duration(struct words *words)
{
	struct duration duration = { 0, false };
	const char *end = read_duration(words_peek(words), &duration);

	if (end == NULL || *end != '\0')
		no_duration(words, "expected a duration such as 200ms or 2T "
			    "(units: us, ms, s, T)");
	words_take(words);
	return duration;
}

uint64_t
words_plain_duration(struct words *words)
{
	struct duration duration = { 0, false };
	const char *end = read_duration(words_peek(words), &duration);

	if (end == NULL || *end != '\0' || duration.of_timeout ||
	    duration.amount < 1000 || duration.amount > 3600 * MILLION)
		no_duration(words, "expected a duration in us, ms or s, from "
			    "1ms to 3600s");
	words_take(words);
	return duration.amount;
}

bool
words_at_range(const struct words *words)
{
	return isdigit((unsigned char)words_peek(words)[0]);
}

struct duration_range
words_range(struct words *words)
{
	struct duration_range range = { { 0, false }, { 0, false } };
	const char *text = read_duration(words_peek(words), &range.least);

	if (text != NULL && strncmp(text, "..", 2) == 0)
		text = read_duration(text + 2, &range.most);
	else
		text = NULL;
	if (text == NULL || *text != '\0')
		words_expected(words, "expected a range such as 5ms..20ms, "
			       "with a unit at both ends and no blanks");
	else if (range.least.of_timeout == range.most.of_timeout &&
		 range.least.amount > range.most.amount)
		words_expected(words, "expected a range whose least value "
			       "stands first");
	words_take(words);
	return range;
}

uint32_t
words_share(struct words *words)
{
	uint64_t millionths = 0;
	const char *end = read_decimal(words_peek(words), &millionths);

	if (end == NULL || strcmp(end, "%") != 0 || millionths > 100 * MILLION)
		words_expected(words, "expected a share such as 30%, from 0% "
			       "to 100%");
	words_take(words);
	return (uint32_t)(millionths / 100);
}

uint32_t
words_rate(struct words *words)
{
	uint64_t millionths = 0;
	const char *end = read_decimal(words_peek(words), &millionths);

	if (end == NULL || *end != '\0' || millionths < MILLION / 100 ||
	    millionths > 100 * MILLION)
		words_expected(words, "expected a rate such as 0.9, from 0.01 "
			       "to 100");
	words_take(words);
	return (uint32_t)millionths;
}

bool
words_on_off(struct words *words)
{
	if (words_accept(words, "on"))
		return true;
	if (!words_accept(words, "off"))
		words_expected(words, "expected 'on' or 'off'");
	return false;
}

enum comparison
words_comparison(struct words *words)
{
	static const char *const signs[] = {
		[COMPARE_EQUAL] = "=",	  [COMPARE_UNEQUAL] = "!=",
		[COMPARE_LESS] = "<",	  [COMPARE_AT_MOST] = "<=",
		[COMPARE_MORE] = ">",	  [COMPARE_AT_LEAST] = ">=",
	};

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		if (words_accept(words, signs[i]))
			return (enum comparison)i;
	}
	words_expected(words, "expected one of = != < <= > >=");
	return COMPARE_EQUAL;
}

uint32_t
words_message_kind(struct words *words)
{
	uint32_t kind = raft_sim_kind(words_peek(words));

	if (kind == 0)
		words_expected(words, "expected one of append, append-answer, "
			       "vote, vote-answer, prevote, prevote-answer, "
			       "snapshot, timeout-now, resign, other");
	words_take(words);
	return kind;
}

uint32_t
words_build(struct words *words)
{
	char error[1024];
	uint32_t modules = 0;

	if (words->next == words->count)
		words_expected(words, "expected a build: baseline, core4, "
			       "default, all, or modules joined by +");
	else if (!raft_scenario_build(words_peek(words), &modules, error,
				      sizeof error))
		words_fail(words, "%s", error);
	words_take(words);
	return modules;
}

bool
words_is_foreign(const char *word)
{
	const char *letters = "abcdefghijklmnopqrstuvwxyz0123456789_";

	return isalpha((unsigned char)word[0]) &&
	       word[strspn(word, letters)] == '\0' &&
	       hint_nearest(word, build_nth) == NULL;
}

uint32_t
words_module(struct words *words)
{
	const char *word = words_peek(words);
	char which[RAFT_SCENARIO_BUILD_BYTES + 16],
	    names[RAFT_SCENARIO_BUILD_BYTES];
	uint32_t module = BUILD_NOBODYS;

	if (word[0] == '!') {
		words_expected(words, "expected 'not' before a module");
	} else if (!build_module(word, strlen(word), &module) &&
		   !words_is_foreign(word)) {
		snprintf(which, sizeof which, ", one of %s",
			 build_list(UINT32_MAX, names, sizeof names));
		words_unknown(words, "a module", which, build_nth);
	} else if ((module & build_present()) == 0) {
		words_note(words, "this binary has no module '%s', so that no "
			   "build has it; those that it has: %s", word,
			   build_list(build_present(), names, sizeof names));
	}
	words_take(words);
	return module;
}

/*
 * The words of one line of a scenario, and what a few of them mean together.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/scenario/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/scenario/build.h"

#define MILLION UINT64_C(1000000)
#define WHOLE_MAX UINT64_C(1000000000)
#define NODES_EXPECTED                                                         \
	"expected a node such as n1, a name bound by 'let' above, a set in "  \
	"braces, 'others' or 'all'"

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

/* ----------------------------------------------------------------- words */

/* These stand for themselves, with blanks around them or not. */
static size_t
symbol_length(const char *text)
{
	static const char *const symbols[] = { "->", "!=", "<=", ">=", "=",
					       "<",  ">",  "{",  "}",  ":" };

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

void
words_split(struct words *words, const char *line, size_t length)
{
	const char *comment = memchr(line, '#', length);
	const char *text;
	char *store;

	words_free(words);
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
		words->offset[words->count] = (size_t)(text - words->text);
		words->word[words->count++] = store;
		memcpy(store, text, length);
		store[length] = '\0';
		store += length + 1;
	}
	words->rest = words->text;
	if (words->count > 0)
		words->rest += words->offset[0] + strlen(words->word[0]);
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

/* ---------------------------------------------------------------- values */

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

struct duration
words_duration(struct words *words)
{
	struct duration duration = { 0, false };
	const char *end = read_duration(words_peek(words), &duration);

	if (end == NULL || *end != '\0')
		words_expected(words, "expected a duration such as 200ms or "
			       "2T (units: us, ms, s, T)");
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
		words_expected(words, "expected a duration in us, ms or s, "
			       "from 1ms to 3600s");
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
		words_expected(words,
			       "expected a range such as 5ms..20ms");
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
		words_expected(words, "expected a share from 0% to 100%");
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
	else if (!build_parse(words_peek(words), &modules, error, sizeof error))
		words_fail(words, "%s", error);
	words_take(words);
	return modules;
}

uint32_t
words_module(struct words *words)
{
	const char *word = words_peek(words);
	char expected[1024];
	uint32_t module = 0;

	if (!build_module(word, strlen(word), &module)) {
		snprintf(expected, sizeof expected,
			 "expected a module, one of %s", build_known());
		words_expected(words, expected);
	}
	words_take(words);
	return module;
}

/* ----------------------------------------------------------------- nodes */

/* n1 -> 1; 0: it is no node; beyond the most: UINT64_MAX. */
static uint64_t
node_number(const char *word)
{
	uint64_t number = 0;

	if (word[0] != 'n' || !isdigit((unsigned char)word[1]))
		return 0;
	for (word++; isdigit((unsigned char)*word); word++) {
		if (number <= SCENARIO_NODES_MAX)
			number = number * 10 + (uint64_t)(*word - '0');
	}
	if (*word != '\0')
		return 0;
	if (number == 0 || number > SCENARIO_NODES_MAX)
		return UINT64_MAX;
	return number;
}

static bool
find_name(const struct scenario *scenario, const char *word, size_t *position)
{
	for (size_t i = 0; i < scenario->name_count; i++) {
		if (strcmp(scenario->names[i], word) == 0) {
			*position = i;
			return true;
		}
	}
	return false;
}

bool
words_at_nodes(const struct words *words)
{
	const char *word = words_peek(words);
	size_t position;

	return node_number(word) != 0 || strcmp(word, "{") == 0 ||
	       strcmp(word, "others") == 0 || strcmp(word, "all") == 0 ||
	       find_name(words->scenario, word, &position);
}

static void
take_node(struct words *words, struct nodes *nodes)
{
	const char *word = words_peek(words);
	uint64_t number = node_number(word);
	size_t position;

	if (number == UINT64_MAX)
		words_fail(words, "found '%s', expected n1 to n%d", word,
			   SCENARIO_NODES_MAX);
	else if (number > 0)
		nodes->listed |= UINT64_C(1) << (number - 1);
	else if (strcmp(word, "others") == 0)
		nodes->others = true;
	else if (strcmp(word, "all") == 0)
		nodes->all = true;
	else if (find_name(words->scenario, word, &position))
		nodes->names |= UINT64_C(1) << position;
	else
		words_expected(words, NODES_EXPECTED);
	words_take(words);
}

struct nodes
words_nodes(struct words *words)
{
	struct nodes nodes = { 0 };

	if (!words_accept(words, "{"))
		take_node(words, &nodes);
	else
		while (!words->failed && !words_accept(words, "}"))
			take_node(words, &nodes);
	words->named.listed |= nodes.listed;
	words->named.names |= nodes.names;
	words->named.all |= nodes.all;
	return nodes;
}

static bool
is_name(const char *word)
{
	static const char *const reserved[] = { "leader", "follower",
						"followers", "others", "all" };

	if (!isalpha((unsigned char)word[0]) || node_number(word) != 0)
		return false;
	for (const char *at = word; *at != '\0'; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return false;
	}
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		if (strcmp(word, reserved[i]) == 0)
			return false;
	}
	return true;
}

uint8_t
words_new_name(struct words *words)
{
	struct scenario *scenario = words->scenario;
	const char *word = words_peek(words);
	size_t position = scenario->name_count;

	if (!is_name(word)) {
		words_expected(words, "expected a name to bind, which begins "
			       "with a letter and is no node and no keyword");
	} else if (!find_name(scenario, word, &position)) {
		if (position == SCENARIO_NAMES_MAX) {
			words_fail(words, "'%s' is one name too many, expected "
				   "at most %d", word, SCENARIO_NAMES_MAX);
			return 0;
		}
		scenario->names[scenario->name_count] = strdup(word);
		if (scenario->names[scenario->name_count++] == NULL)
			abort();
	}
	words_take(words);
	return (uint8_t)position;
}

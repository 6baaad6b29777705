/*
 * The nodes that a line of a scenario names, and the names that it binds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/parse/words.h"

#define NODES_EXPECTED                                                         \
	"expected a node such as n1, a name bound by 'let' above, a set in "  \
	"braces, 'others' or 'all'"

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
find_name(const struct raft_scenario *scenario, const char *word,
	  size_t *position)
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

/* What is wrong with a word where a node belongs. */
static void
no_node(struct words *words)
{
	const char *word = words_peek(words);

	if (strchr(word, ',') != NULL)
		words_expected(words, "expected nodes in braces with blanks "
			       "between them and no commas, as in {n1 n2}");
	else if (word[0] == 'n' && isdigit((unsigned char)word[1]))
		words_expected(words, "expected a node such as n1; '-' stands "
			       "between blanks, as in 'n1 - n2'");
	else if (isdigit((unsigned char)word[0]) || word[0] == 'N')
		words_expected(words, "expected a node, which is written n1");
	else if (strncmp(word, "leader", 6) == 0 ||
		 strncmp(word, "follower", 8) == 0)
		words_expected(words, "expected a node or a name, such as L "
			       "below 'let L = leader'");
	else
		words_expected(words, NODES_EXPECTED);
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
		no_node(words);
	words_take(words);
}

static void
take_member(struct words *words, struct nodes *nodes)
{
	if (words->next == words->count)
		words_expected(words, "expected a node, or '}' after the last");
	else
		take_node(words, nodes);
}

struct nodes
words_nodes(struct words *words)
{
	struct nodes nodes = { 0 };

	if (!words_accept(words, "{"))
		take_node(words, &nodes);
	else
		while (!words->failed && !words_accept(words, "}"))
			take_member(words, &nodes);
	words->named.listed |= nodes.listed;
	words->named.names |= nodes.names;
	words->named.all |= nodes.all;
	return nodes;
}

bool
words_at_name(const struct words *words)
{
	const char *word = words_peek(words);
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

static void
add_name(struct raft_scenario *scenario, const char *word)
{
	scenario->names[scenario->name_count] = strdup(word);
	if (scenario->names[scenario->name_count++] == NULL)
		abort();
}

uint8_t
words_new_name(struct words *words)
{
	struct raft_scenario *scenario = words->scenario;
	const char *word = words_peek(words);
	size_t position = scenario->name_count;

	if (!words_at_name(words)) {
		words_expected(words, "expected a name to bind, which begins "
			       "with a letter and is no node and no keyword");
	} else if (!find_name(scenario, word, &position)) {
		if (position == SCENARIO_NAMES_MAX)
			words_fail(words, "'%s' is one name too many, expected "
				   "at most %d", word, SCENARIO_NAMES_MAX);
		else
			add_name(scenario, word);
	}
	words_take(words);
	return (uint8_t)position;
}

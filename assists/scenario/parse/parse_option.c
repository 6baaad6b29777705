/*
 * Reading the options of the library and of modules.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/parse/parse.h"
#include "assists/scenario/script/build.h"
#include "assists/sim/sim.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint64_t most;
} options[OPTION_COUNT] = {
#define OPTION(name, most) { #name, most },
	SCENARIO_OPTIONS(OPTION)
#undef OPTION
};

/* Of a module that is not here. */
static bool
is_absent_modules(const char *word)
{
	size_t length = strcspn(word, ".");
	uint32_t module;
	char name[64];

	if (word[length] != '.')
		return false;
	if (build_module(word, length, &module))
		return (module & build_present()) == 0;
	snprintf(name, sizeof name, "%.*s", (int)length, word);
	return words_is_foreign(name);
}

static void
expect_option(struct words *words)
{
	char names[1024] = "expected one of";
	struct raft_module_option option;
	size_t used = strlen(names);

	for (size_t i = 0; i < OPTION_COUNT; i++)
		used += (size_t)snprintf(names + used, sizeof names - used,
					 "%s %s", i == 0 ? "" : ",",
					 options[i].name);
	for (size_t i = 0; raft_module_option(i, &option) &&
			   used < sizeof names - 128;
	     i++)
		used += (size_t)snprintf(names + used, sizeof names - used,
					 ", %s.%s", option.module, option.name);
	words_expected(words, names);
}

static uint64_t
option_value(struct words *words, uint64_t least, uint64_t most)
{
	char expected[80];

	snprintf(expected, sizeof expected,
		 "expected a whole number from %llu to %llu",
		 (unsigned long long)least, (unsigned long long)most);
	return words_number(words, least, most, expected);
}

void
parse_option(struct parser *parser)
{
	struct words *words = &parser->words;
	struct setting_rule *rule = parse_new_rule(parser);
	const char *word = words_peek(words);
	struct raft_module_option option;
	size_t i, place;

	for (i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(word, options[i].name) == 0)
			break;
	}
	if (i < OPTION_COUNT) {
		words_take(words);
		rule->setting.options[i] =
		    option_value(words, 1, options[i].most);
	} else if (raft_sim_module_option(word, &place, &option) &&
		   place < SCENARIO_MODULE_OPTIONS_MAX) {
		words_take(words);
		rule->setting.module_options[place] =
		    option_value(words, option.least, option.most);
	} else if (is_absent_modules(word)) {
		words_note(words, "this binary has no such module, and passes "
			   "over '%s'", word);
		words_take(words);
		(void)option_value(words, 1, UINT64_MAX);
	} else {
		expect_option(words);
		return;
	}
	rule->nodes.all = true;
	if (words_accept(words, "at"))
		parse_rule_nodes(parser, rule);
}

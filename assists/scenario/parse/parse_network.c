/*
 * Reading the statements that break and mend links.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "assists/scenario/parse/parse.h"

static void
parse_only(struct words *words, struct statement *statement)
{
	statement->only = RAFT_SIM_EVERY_KIND;
	if (words_accept(words, "only"))
		statement->only = words_message_kind(words);
}

static void
parse_arrow(struct words *words, struct statement *statement)
{
	statement->nodes = words_nodes(words);
	if (words_accept(words, "-"))
		statement->both_ways = true;
	else if (!words_accept(words, "->"))
		words_expected(words, "expected '-' or '->' and the other end, "
			       "as in 'n1 - n2'");
	statement->peers = words_nodes(words);
}

/* `all` alone, not as the sender of an arrow. */
static bool
accept_every_link(struct words *words)
{
	size_t after = words->next + 1;

	if (strcmp(words_peek(words), "all") != 0)
		return false;
	if (after < words->count && strcmp(words->word[after], "only") != 0)
		return false;
	words_take(words);
	return true;
}

void
parse_cut(struct parser *parser, struct statement *statement)
{
	statement->every_link = accept_every_link(&parser->words);
	if (!statement->every_link)
		parse_arrow(&parser->words, statement);
	parse_only(&parser->words, statement);
}

void
parse_heal(struct parser *parser, struct statement *statement)
{
	statement->every_link = accept_every_link(&parser->words);
	if (!statement->every_link)
		parse_arrow(&parser->words, statement);
}

void
parse_hold(struct parser *parser, struct statement *statement)
{
	parse_arrow(&parser->words, statement);
	parse_only(&parser->words, statement);
}

void
parse_replay(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	parse_hold(parser, statement);
	statement->number = 1;
	if (words->next < words->count)
		statement->number = words_number(
		    words, 1, 64, "expected a number from 1 to 64");
}

void
parse_partition(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;
	struct nodes *group;

	do {
		group = words_grow((void **)&statement->groups,
				   &statement->group_count, sizeof *group);
		*group = words_nodes(words);
	} while (words->next < words->count);
}

void
parse_link(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;
	struct link_quality *quality = &statement->quality;

	parse_arrow(words, statement);
	quality->is_default = words_accept(words, "default");
	if (quality->is_default)
		return;
	do {
		if (words_accept(words, "latency")) {
			quality->has_latency = true;
			quality->latency = words_range(words);
		} else if (words_accept(words, "loss")) {
			quality->has_loss = true;
			quality->loss = words_share(words);
		} else if (words_accept(words, "duplicate")) {
			quality->has_duplicate = true;
			quality->duplicate = words_share(words);
		} else {
			words_expected(words, "expected 'latency', 'loss', "
				       "'duplicate' or 'default'");
		}
	} while (words->next < words->count);
}

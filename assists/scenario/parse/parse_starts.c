/*
 * Reading: `start` is a node's first start, `restart` every other.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Without `start` all nodes run from the first statement on. A file that says
 * `start` below a statement that is about running nodes meant that, and
 * `restart`; else all its nodes would stay down. Which nodes a name is bound to
 * is known here for some names only: for the others, the run looks (do_start).
 */
#include "assists/scenario/parse/parse.h"

struct lives {
	struct parser *parser;
	/** Have been started. */
	uint64_t started;
	/** Above every `start` stands a statement that is about running nodes:
	 *  on this line. 0: none does. */
	int running_since;
	/** The repeats around the present statement end there. */
	size_t repeated_until;
	/** What each name is bound to; 0: that is not known here. */
	uint64_t bound[SCENARIO_NAMES_MAX];
};

static uint64_t
every_node(const struct lives *lives)
{
	return UINT64_MAX >>
	       (SCENARIO_NODES_MAX - lives->parser->scenario->node_count);
}

/* The nodes that are known to be among these. False: there may be more. */
static bool
resolve(const struct lives *lives, const struct nodes *nodes, uint64_t *set)
{
	bool is_known = true;

	*set = nodes->all ? every_node(lives) : nodes->listed;
	for (size_t i = 0; i < SCENARIO_NAMES_MAX; i++) {
		if ((nodes->names >> i & 1) == 0)
			continue;
		*set |= lives->bound[i];
		is_known = is_known && lives->bound[i] != 0;
	}
	return is_known;
}

static uint64_t
nodes_of(const struct lives *lives, const struct statement *statement)
{
	uint64_t named, set;

	(void)resolve(lives, &statement->nodes, &set);
	if (statement->nodes.others &&
	    resolve(lives, &statement->named, &named))
		set |= every_node(lives) & ~named;
	return set;
}

static uint32_t
lowest(uint64_t set)
{
	uint32_t node = 1;

	while ((set >> (node - 1) & 1) == 0)
		node++;
	return node;
}

static void
bind(struct lives *lives, const struct statement *statement)
{
	uint64_t set = 0;

	if (statement->source == LET_NODES)
		set = nodes_of(lives, statement);
	if (statement->nodes.names != 0 || lives->repeated_until > 0)
		set = 0;
	for (size_t i = 0; i < statement->name_count; i++) {
		uint8_t name = statement->names[i];

		lives->bound[name] = set;
		if (statement->name_count > 1 && set != 0) {
			lives->bound[name] = set & (~set + 1);
			set &= set - 1;
		}
	}
}

/* Does it make no sense while all nodes are down? */
static bool
is_about_running(const struct statement *statement)
{
	switch (statement->verb) {
	case VERB_RUN_UNTIL:
	case VERB_CRASH:
	case VERB_POWEROFF:
	case VERB_RESTART:
	case VERB_PAUSE:
	case VERB_RESUME:
	case VERB_CAMPAIGN:
	case VERB_PROPOSE:
	case VERB_READ:
	case VERB_STEP_DOWN:
	case VERB_TRANSFER:
	case VERB_RECONFIGURE:
	case VERB_SNAPSHOT:
		return true;
	case VERB_LET:
		return statement->source != LET_NODES;
	default:
		return false;
	}
}

static void
start(struct lives *lives, const struct statement *statement)
{
	struct words *words = &lives->parser->words;
	uint64_t set = nodes_of(lives, statement);

	if (lives->running_since > 0)
		words_fail(words, "all nodes have run since line %d, as no "
			   "'start' stands above that, and 'start' is a node's "
			   "first; expected 'restart'", lives->running_since);
	else if ((set & lives->started) != 0)
		words_fail(words, "n%u has run before, and 'start' is a "
			   "node's first; expected 'restart'",
			   lowest(set & lives->started));
	else if (lives->started == every_node(lives))
		words_fail(words, "all nodes have run before, and 'start' is a "
			   "node's first; expected 'restart'");
	else if (lives->repeated_until > 0 && set != 0)
		words_fail(words, "this 'start' is repeated, and 'start' is a "
			   "node's first; expected 'restart'");
	lives->started |= set;
}

void
parse_check_starts(struct parser *parser)
{
	const struct raft_scenario *scenario = parser->scenario;
	struct lives lives = { .parser = parser };

	for (size_t i = 0; i < scenario->statement_count; i++) {
		const struct statement *statement = &scenario->statements[i];

		parser->words.line = statement->line;
		if (i >= lives.repeated_until)
			lives.repeated_until = 0;
		if (statement->verb == VERB_REPEAT && statement->number > 1 &&
		    statement->end > lives.repeated_until)
			lives.repeated_until = statement->end;
		if (is_about_running(statement) && lives.started == 0 &&
		    lives.running_since == 0)
			lives.running_since = statement->line;
		if (statement->verb == VERB_LET)
			bind(&lives, statement);
		else if (statement->verb == VERB_START)
			start(&lives, statement);
		else if (statement->verb == VERB_RESTART)
			lives.started |= nodes_of(&lives, statement);
	}
}

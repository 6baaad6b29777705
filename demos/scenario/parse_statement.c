/*
 * Reading the statements of a scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/scenario/parse.h"

#include <stdlib.h>
#include <string.h>

#define REPEATS_MAX UINT64_C(1000000)
#define PROPOSE_MAX UINT64_C(10000)
#define STATEMENT_EXPECTED                                                     \
	"expected a statement such as 'run 5T', 'cut n1 - n2' or 'expect "    \
	"leader'"

/* --------------------------------------------------------------- one each */

static void
parse_nodes(struct parser *parser, struct statement *statement)
{
	statement->nodes = words_nodes(&parser->words);
}

static void
parse_nothing(struct parser *parser, struct statement *statement)
{
	(void)parser;
	(void)statement;
}

static void
parse_start(struct parser *parser, struct statement *statement)
{
	parser->scenario->has_start = true;
	parse_nodes(parser, statement);
}

static void
parse_run(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	if (!words_accept(words, "until")) {
		statement->duration = words_duration(words);
		return;
	}
	statement->verb = VERB_RUN_UNTIL;
	parse_condition(parser, &statement->condition);
	words_require(words, "within");
	statement->duration = words_duration(words);
}

static void
parse_expect(struct parser *parser, struct statement *statement)
{
	parse_condition(parser, &statement->condition);
}

static void
parse_let(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;
	size_t names_before = parser->scenario->name_count;

	do {
		if (statement->name_count == SCENARIO_NAMES_MAX)
			words_expected(words, "expected '='");
		else
			statement->names[statement->name_count++] =
			    words_new_name(words);
	} while (!words->failed && !words_accept(words, "="));
	if (words_accept(words, "leader"))
		statement->source = LET_LEADER;
	else if (words_accept(words, "followers"))
		statement->source = LET_FOLLOWERS;
	else if (words_accept(words, "follower"))
		statement->source = LET_FOLLOWER;
	else if (words_at_nodes(words))
		statement->nodes = words_nodes(words);
	else
		words_expected(words, "expected 'leader', 'followers', a "
			       "node, a name bound above, or a set in braces");
	/* What this statement binds for the first time has no value yet. */
	if (statement->nodes.names >> names_before != 0)
		words_fail(words, "found a name bound to itself, expected "
			   "nodes");
	if (statement->name_count > 1 && (statement->source == LET_LEADER ||
					  statement->source == LET_FOLLOWER))
		words_fail(words, "found %zu names for one node, expected one",
			   statement->name_count);
}

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
		words_expected(words, "expected '-' or '->'");
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

static void
parse_cut(struct parser *parser, struct statement *statement)
{
	statement->every_link = accept_every_link(&parser->words);
	if (!statement->every_link)
		parse_arrow(&parser->words, statement);
	parse_only(&parser->words, statement);
}

static void
parse_heal(struct parser *parser, struct statement *statement)
{
	statement->every_link = accept_every_link(&parser->words);
	if (!statement->every_link)
		parse_arrow(&parser->words, statement);
}

static void
parse_hold(struct parser *parser, struct statement *statement)
{
	parse_arrow(&parser->words, statement);
	parse_only(&parser->words, statement);
}

static void
parse_replay(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	parse_hold(parser, statement);
	statement->number = 1;
	if (words->next < words->count)
		statement->number = words_number(
		    words, 1, 64, "expected a number from 1 to 64");
}

static void
parse_partition(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;
	struct nodes *group;

	do {
		group = parse_grow((void **)&statement->groups,
				   &statement->group_count, sizeof *group);
		*group = words_nodes(words);
	} while (words->next < words->count);
}

static void
parse_link(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;
	struct link_quality *quality = &statement->quality;

	parse_arrow(words, statement);
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
			words_expected(words, "expected 'latency', 'loss' or "
				       "'duplicate'");
		}
	} while (words->next < words->count);
}

static void
parse_crash(struct parser *parser, struct statement *statement)
{
	parse_nodes(parser, statement);
	statement->torn = words_accept(&parser->words, "torn");
}

static void
parse_disk(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	parse_nodes(parser, statement);
	statement->has_range = words_at_range(words);
	if (statement->has_range)
		statement->range = words_range(words);
	else if (words_accept(words, "full"))
		statement->disk = RAFT_SIM_DISK_FULL;
	else if (words_accept(words, "fail"))
		statement->disk = RAFT_SIM_DISK_FAIL;
	else if (words_accept(words, "stall"))
		statement->disk = RAFT_SIM_DISK_STALL;
	else if (words_accept(words, "ok"))
		statement->disk = RAFT_SIM_DISK_OK;
	else
		words_expected(words, "expected a range such as 5ms..20ms, "
			       "'full', 'fail', 'stall' or 'ok'");
}

static void
parse_clock(struct parser *parser, struct statement *statement)
{
	parse_nodes(parser, statement);
	words_require(&parser->words, "rate");
	statement->rate = words_rate(&parser->words);
}

static void
parse_at(struct parser *parser, struct statement *statement)
{
	if (!words_accept(&parser->words, "at"))
		return;
	statement->at = true;
	parse_nodes(parser, statement);
}

static void
parse_propose(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	statement->number =
	    words_number(words, 1, PROPOSE_MAX,
			 "expected a number of entries from 1 to 10000");
	parse_at(parser, statement);
	statement->size = 64;
	if (words_accept(words, "size"))
		statement->size = words_number(
		    words, 8, 1 << 20, "expected bytes from 8 to 1048576");
}

static void
parse_build(struct parser *parser, struct statement *statement)
{
	parse_nodes(parser, statement);
	words_require(&parser->words, "=");
	statement->modules = words_build(&parser->words);
}

static void
parse_client_statement(struct parser *parser, struct statement *statement)
{
	parse_client(&parser->words, &statement->duration, &statement->size);
}

static void
parse_reads(struct parser *parser, struct statement *statement)
{
	statement->duration = parse_period(&parser->words);
}

static void
parse_repeat(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	statement->number =
	    words_number(words, 1, REPEATS_MAX, "expected a number of times");
	if (parser->open_count == sizeof parser->open / sizeof parser->open[0])
		words_fail(words, "found a repeat within %zu others, expected "
			   "fewer", parser->open_count);
	else
		parser->open[parser->open_count++] =
		    (size_t)(statement - parser->scenario->statements);
}

static void
parse_mark(struct parser *parser, struct statement *statement)
{
	(void)statement;
	parser->marked = true;
}

static void
parse_note(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	if (words->rest[0] == '\0')
		words_expected(words, "expected what to note");
	memmove(statement->text, words->rest, strlen(words->rest) + 1);
	words->next = words->count;
}

#define PARSE_CHANGE(verb, which)                                              \
	static void parse_##verb(struct parser *parser,                        \
				 struct statement *statement)                  \
	{                                                                      \
		statement->change = which;                                     \
		parse_nodes(parser, statement);                                \
	}

PARSE_CHANGE(membership, RAFT_SIM_MEMBERSHIP)
PARSE_CHANGE(add, RAFT_SIM_ADD)
PARSE_CHANGE(remove, RAFT_SIM_REMOVE)
PARSE_CHANGE(add_learner, RAFT_SIM_ADD_LEARNER)
PARSE_CHANGE(promote, RAFT_SIM_PROMOTE)
PARSE_CHANGE(demote, RAFT_SIM_DEMOTE)

static const struct {
	const char *word;
	void (*parse)(struct parser *parser, struct statement *statement);
	enum verb verb;
} verbs[] = {
	{ "start", parse_start, VERB_START },
	{ "run", parse_run, VERB_RUN },
	{ "expect", parse_expect, VERB_EXPECT },
	{ "let", parse_let, VERB_LET },
	{ "cut", parse_cut, VERB_CUT },
	{ "heal", parse_heal, VERB_HEAL },
	{ "isolate", parse_nodes, VERB_ISOLATE },
	{ "partition", parse_partition, VERB_PARTITION },
	{ "link", parse_link, VERB_LINK },
	{ "hold", parse_hold, VERB_HOLD },
	{ "release", parse_hold, VERB_RELEASE },
	{ "replay", parse_replay, VERB_REPLAY },
	{ "crash", parse_crash, VERB_CRASH },
	{ "poweroff", parse_nodes, VERB_POWEROFF },
	{ "restart", parse_nodes, VERB_RESTART },
	{ "wipe", parse_nodes, VERB_WIPE },
	{ "pause", parse_nodes, VERB_PAUSE },
	{ "resume", parse_nodes, VERB_RESUME },
	{ "disk", parse_disk, VERB_DISK },
	{ "clock", parse_clock, VERB_CLOCK },
	{ "campaign", parse_nodes, VERB_CAMPAIGN },
	{ "propose", parse_propose, VERB_PROPOSE },
	{ "step-down", parse_nodes, VERB_STEP_DOWN },
	{ "transfer", parse_nodes, VERB_TRANSFER },
	{ "build", parse_build, VERB_BUILD },
	{ "client", parse_client_statement, VERB_CLIENT },
	{ "read", parse_at, VERB_READ },
	{ "reads", parse_reads, VERB_READS },
	{ "repeat", parse_repeat, VERB_REPEAT },
	{ "mark", parse_mark, VERB_MARK },
	{ "note", parse_note, VERB_NOTE },
	{ "print", parse_nothing, VERB_PRINT },
	{ "snapshot", parse_nodes, VERB_SNAPSHOT },
	{ "membership", parse_membership, VERB_RECONFIGURE },
	{ "add", parse_add, VERB_RECONFIGURE },
	{ "remove", parse_remove, VERB_RECONFIGURE },
	{ "add-learner", parse_add_learner, VERB_RECONFIGURE },
	{ "promote", parse_promote, VERB_RECONFIGURE },
	{ "demote", parse_demote, VERB_RECONFIGURE },
};

/* ----------------------------------------------------------- any of them */

static void
parse_end(struct parser *parser)
{
	struct scenario *scenario = parser->scenario;
	struct words *words = &parser->words;

	if (parser->open_count == 0) {
		words_fail(words, "found 'end' without a 'repeat' above it, %s",
			   STATEMENT_EXPECTED);
		return;
	}
	scenario->statements[parser->open[--parser->open_count]].end =
	    scenario->statement_count;
}

static char *
statement_text(const struct words *words)
{
	const char *text = words->text + words->offset[0];
	size_t length = strlen(text);
	char *copy;

	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		length--;
	copy = strndup(text, length);
	if (copy == NULL)
		abort();
	return copy;
}

void
parse_statement(struct parser *parser)
{
	struct scenario *scenario = parser->scenario;
	struct words *words = &parser->words;
	size_t i, count = sizeof verbs / sizeof verbs[0];
	struct statement *statement;
	struct when when = { .count = 0 };

	if (words_accept(words, "end")) {
		parse_end(parser);
		return;
	}
	if (words_accept(words, "when")) {
		parse_when(words, &when);
		if (strcmp(words_peek(words), "expect") != 0 &&
		    strcmp(words_peek(words), "run") != 0)
			words_expected(words,
				       "expected 'expect' or 'run until'");
	}
	for (i = 0; i < count && !words->failed; i++) {
		if (words_accept(words, verbs[i].word))
			break;
	}
	if (i == count)
		words_expected(words, STATEMENT_EXPECTED);
	if (words->failed)
		return;
	statement = parse_grow((void **)&scenario->statements,
			       &scenario->statement_count, sizeof *statement);
	statement->verb = verbs[i].verb;
	statement->line = words->line;
	statement->when = when;
	statement->text = statement_text(words);
	verbs[i].parse(parser, statement);
	statement->named = words->named;
	if (when.count > 0 && statement->verb == VERB_RUN)
		words_fail(words, "found 'run' for some builds only, expected "
			   "'expect' or 'run until'");
}

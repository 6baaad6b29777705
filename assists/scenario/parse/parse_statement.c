/*
 * Reading the statements of a scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/parse/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/parse/hints.h"

#define REPEATS_MAX UINT64_C(1000000)
#define PROPOSE_MAX UINT64_C(10000)
#define WITHIN_EXPECTED "expected 'within' and a duration, as in 'within 20T'"
#define STATEMENTS " such as 'run 5T', 'cut n1 - n2' or 'expect leader'"

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
	if (!words_accept(words, "within"))
		words_expected(words, WITHIN_EXPECTED);
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
		if (statement->name_count == SCENARIO_NAMES_MAX ||
		    (statement->name_count > 0 && !words_at_name(words)))
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
	if (!words_accept(&parser->words, "rate"))
		words_expected(&parser->words, "expected 'rate' and a number, "
			       "as in 'rate 0.9'");
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
parse_size(struct words *words, struct statement *statement)
{
	statement->size = 64;
	if (words_accept(words, "size"))
		statement->size = words_number(
		    words, 8, 1 << 20, "expected bytes from 8 to 1048576");
}

static void
parse_propose(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	statement->number =
	    words_number(words, 1, PROPOSE_MAX,
			 "expected a number of entries from 1 to 10000");
	parse_at(parser, statement);
	parse_size(words, statement);
}

static void
parse_build(struct parser *parser, struct statement *statement)
{
	parse_nodes(parser, statement);
	words_require(&parser->words, "=");
	statement->modules = words_build(&parser->words);
}

struct duration
parse_positive(struct words *words)
{
	struct duration duration = words_duration(words);

	if (duration.amount == 0)
		words_fail(words, "found no time at all, expected a duration "
			   "above 0");
	return duration;
}

/* `every D`, or `off`, which is no time. */
static struct duration
parse_period(struct words *words)
{
	if (words_accept(words, "every"))
		return parse_positive(words);
	if (!words_accept(words, "off"))
		words_expected(words, "expected 'every' or 'off'");
	return (struct duration){ 0, false };
}

static void
parse_client(struct parser *parser, struct statement *statement)
{
	statement->duration = parse_period(&parser->words);
	if (statement->duration.amount > 0)
		parse_size(&parser->words, statement);
}

static void
parse_bound(struct parser *parser, struct statement *statement)
{
	if (words_accept(&parser->words, "bound"))
		statement->bound = parse_positive(&parser->words);
}

static void
parse_read(struct parser *parser, struct statement *statement)
{
	parse_at(parser, statement);
	parse_bound(parser, statement);
}

static void
parse_reads(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	statement->duration = parse_period(words);
	if (statement->duration.amount == 0)
		return;
	parse_at(parser, statement);
	parse_bound(parser, statement);
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
		words_expected(words, "expected what to note; '#' begins a "
			       "comment");
	if (words->glued_comment)
		words_note(words, "the note ends at '#', which begins a "
			   "comment");
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
PARSE_CHANGE(promote, RAFT_SIM_PROMOTE)
PARSE_CHANGE(demote, RAFT_SIM_DEMOTE)

static void
parse_add_learner(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	statement->change = RAFT_SIM_ADD_LEARNER;
	parse_nodes(parser, statement);
	statement->promotes = words_accept(words, "promotes");
	if (words_accept(words, "stands-in"))
		statement->stands_in = parse_positive(words);
}

/* By how much clocks may be off, more than nothing; `off` is nothing. */
static void
parse_leases(struct parser *parser, struct statement *statement)
{
	struct words *words = &parser->words;

	if (words_accept(words, "off"))
		return;
	if (!words_accept(words, "drift"))
		words_expected(words, "expected 'drift' and a share, as in "
			       "'drift 1%', or 'off'");
	statement->drift = words_share(words);
	if (statement->drift == 0 || statement->drift > RAFT_CLOCK_DRIFT_MAX)
		words_fail(words, "found a drift that leases do not have, "
			   "expected more than 0%% and at most 50%%");
}

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
	{ "client", parse_client, VERB_CLIENT },
	{ "read", parse_read, VERB_READ },
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
	{ "leases", parse_leases, VERB_LEASES },
};

/* ----------------------------------------------------------- any of them */

static void
parse_end(struct parser *parser)
{
	struct raft_scenario *scenario = parser->scenario;
	struct words *words = &parser->words;

	if (parser->open_count == 0) {
		words_fail(words, "found 'end' without a 'repeat' above it, "
			   "expected a statement" STATEMENTS);
		return;
	}
	scenario->statements[parser->open[--parser->open_count]].end =
	    scenario->statement_count;
}

static char *
statement_text(const struct words *words)
{
	char *copy = strdup(words->first);

	if (copy == NULL)
		abort();
	return copy;
}

const char *
parse_nth_beginning(size_t position)
{
	static const char *const others[] = { "when", "end" };
	size_t count = sizeof verbs / sizeof verbs[0];
	const char *setting = parse_setup_nth(position);

	if (setting != NULL)
		return setting;
	position -= PARSE_SETTINGS;
	if (position < count)
		return verbs[position].word;
	position -= count;
	return position < sizeof others / sizeof others[0] ? others[position]
							   : NULL;
}

static void
no_statement(struct words *words)
{
	const char *word = words_peek(words);
	const char *meant = hint_synonym(word);

	if (hint_is_comment(word))
		words_expected(words, "expected a statement; a comment begins "
			       "with '#'");
	else if (meant != NULL)
		words_fail(words, "found '%s', expected a statement; did you "
			   "mean '%s'?", word, meant);
	else
		words_unknown(words, "a statement", STATEMENTS,
			      parse_nth_beginning);
}

static struct statement *
new_statement(struct parser *parser, enum verb verb)
{
	struct raft_scenario *scenario = parser->scenario;
	struct statement *statement =
	    words_grow((void **)&scenario->statements,
		       &scenario->statement_count, sizeof *statement);

	statement->verb = verb;
	statement->line = parser->words.line;
	statement->text = statement_text(&parser->words);
	statement->sets_up = parser->first_doing == 0 &&
			     (verb == VERB_CLIENT || verb == VERB_READS);
	if (parser->first_doing == 0 && !statement->sets_up)
		parser->first_doing = statement->line;
	return statement;
}

/* A prefix `when ... :`, if there is one. */
static void
accept_when(struct words *words, struct when *when)
{
	if (!words_accept(words, "when"))
		return;
	parse_when(words, when);
	if (strcmp(words_peek(words), "expect") != 0 &&
	    strcmp(words_peek(words), "run") != 0)
		words_expected(words, "expected 'expect' or 'run until'");
}

void
parse_statement(struct parser *parser)
{
	struct words *words = &parser->words;
	size_t i, count = sizeof verbs / sizeof verbs[0];
	struct statement *statement;
	struct when when = { .count = 0 };

	if (words_accept(words, "end")) {
		parse_end(parser);
		return;
	}
	accept_when(words, &when);
	for (i = 0; i < count && !words->failed; i++) {
		if (words_accept(words, verbs[i].word))
			break;
	}
	if (i == count)
		no_statement(words);
	if (words->failed)
		return;
	statement = new_statement(parser, verbs[i].verb);
	statement->when = when;
	verbs[i].parse(parser, statement);
	statement->named = words->named;
	if (when.count > 0 && statement->verb == VERB_RUN)
		words_fail(words, "found 'run' for some builds only, expected "
			   "'expect' or 'run until'");
}

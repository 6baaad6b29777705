/*
 * Reading a scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One line is one statement; its first word chooses, from the tables in
 * parse_setup.c and parse_statement.c, the function that reads the others. A
 * word that is left over is an error, so no function need look for the end of
 * its line.
 */
#include "assists/scenario/parse/parse.h"

#include <stdlib.h>
#include <string.h>

void
parse_lacks(struct words *words, const char *word, const char *feature)
{
	words_fail(words, "'%s' needs %s, which this version of the library "
		   "does not have yet", word, feature);
}

/* ----------------------------------------------------------------- lines */

static bool
begins_line(const char *word)
{
	const char *other;

	for (size_t i = 0; (other = parse_nth_beginning(i)) != NULL; i++) {
		if (strcmp(word, other) == 0)
			return true;
	}
	return false;
}

/* What nobody has read. */
static void
parse_left_over(struct words *words)
{
	if (strcmp(words_peek(words), "within") == 0)
		words_expected(words, "expected the end of the line; 'within' "
			       "belongs to 'run until'");
	else if (begins_line(words_peek(words)))
		words_expected(words, "expected the end of the line; each "
			       "statement has a line of its own");
	else if (strcmp(words_peek(words), "{") != 0 && words_at_nodes(words))
		words_expected(words, "expected the end of the line; several "
			       "nodes stand in braces, as in {n1 n2}");
	else
		words_expected(words, "expected the end of the line");
}

static void
parse_line(struct parser *parser, const char *line, size_t length)
{
	struct words *words = &parser->words;

	words_split(words, line, length);
	if (words->failed || words->count == 0)
		return;
	if (!parse_setup(parser))
		parse_statement(parser);
	if (words->next < words->count)
		parse_left_over(words);
}

/* ------------------------------------------------------------ the whole */

void
parse_check_nodes(struct parser *parser, const struct nodes *named)
{
	struct raft_scenario *scenario = parser->scenario;

	for (size_t i = scenario->node_count; i < SCENARIO_NODES_MAX; i++) {
		if (named->listed >> i & 1) {
			words_fail(&parser->words, "there is no n%zu, expected "
				   "one of n1 to n%zu", i + 1,
				   scenario->node_count);
			return;
		}
	}
}

static void
check_range(struct parser *parser, const struct duration_range *range)
{
	if (duration_us(&range->least, parser->scenario) >
	    duration_us(&range->most, parser->scenario))
		words_fail(&parser->words, "found a range whose least value is "
			   "above its most, expected the least value first");
}

/* The simulator knows what can be the past of a group. */
static void
check_logs(struct parser *parser)
{
	const struct raft_scenario *scenario = parser->scenario;
	struct raft_sim_options options;
	struct raft_sim *sim;
	const char *why;

	raft_sim_defaults(&options);
	options.voters = (uint32_t)scenario->voter_count;
	sim = raft_sim_create(&options);
	script_give_logs(scenario, &raft_scenario_simulated, sim);
	why = raft_sim_setup_error(sim);
	parser->words.line = scenario->log_line;
	if (why != NULL)
		words_fail(&parser->words, "%s, expected terms and logs that "
			   "Raft can have made", why);
	raft_sim_destroy(sim);
}

/* In the order of the lines, so that the first error is the one that is told;
 * `words.line` stands at the end of the file. */
static void
parse_finish(struct parser *parser)
{
	struct raft_scenario *scenario = parser->scenario;
	struct words *words = &parser->words;
	struct statement *statement;

	if (parser->open_count > 0) {
		statement = &scenario->statements[parser->open[0]];
		words->line = statement->line;
		words_fail(words, "this 'repeat' does not end, expected 'end' "
			   "below its statements");
	}
	check_range(parser, &scenario->latency);
	check_range(parser, &scenario->disk);
	parse_setup_finish(parser);
	for (size_t i = 0; i < scenario->statement_count; i++) {
		statement = &scenario->statements[i];
		words->line = statement->line;
		parse_check_nodes(parser, &statement->named);
		check_range(parser, &statement->range);
		check_range(parser, &statement->quality.latency);
	}
	if (!words->failed)
		parse_check_starts(parser);
	if (!words->failed && scenario->log_line > 0)
		check_logs(parser);
}

static struct raft_scenario *
new_scenario(const char *name, const char *text, size_t length)
{
	struct raft_scenario *scenario = calloc(1, sizeof *scenario);

	if (scenario == NULL)
		abort();
	scenario->name = strdup(name);
	scenario->title = strdup(name);
	scenario->source = strndup(text, length);
	if (scenario->name == NULL || scenario->title == NULL ||
	    scenario->source == NULL)
		abort();
	scenario->election_us = 1000000;
	scenario->heartbeat.amount = 100000;
	scenario->latency.least.amount = 1000;
	scenario->latency.most.amount = 5000;
	scenario->disk.most.amount = 1000;
	scenario->reorder = true;
	return scenario;
}

static void
parse_lines(struct parser *parser, const char *text, size_t length)
{
	const char *end = text + length, *stop;

	/* Some editors begin a file with a mark of its encoding. */
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; text < end && !parser->words.failed; text = stop + 1) {
		parser->words.line++;
		stop = memchr(text, '\n', (size_t)(end - text));
		if (stop == NULL)
			stop = end;
		parse_line(parser, text, (size_t)(stop - text));
	}
}

struct raft_scenario *
raft_scenario_parse(const char *name, const char *text, size_t length,
		    char *error, size_t size)
{
	struct raft_scenario *scenario = new_scenario(name, text, length);
	struct parser parser = {
		.scenario = scenario,
		.words = {
			.file = name,
			.error = error,
			.error_size = size,
			.scenario = scenario,
		},
	};

	parse_lines(&parser, text, length);
	if (parser.words.line == 0)
		parser.words.line = 1;
	if (!parser.words.failed)
		parse_finish(&parser);
	for (size_t i = 0; i < parser.rule_count; i++)
		free(parser.rules[i].setting.log);
	free(parser.rules);
	words_free(&parser.words);
	if (!parser.words.failed)
		return scenario;
	raft_scenario_free(scenario);
	return NULL;
}

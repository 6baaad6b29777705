/*
 * Reading what stands before a scenario's first statement.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/parse/parse.h"

#include <stdlib.h>
#include <string.h>

#define TERM_MAX UINT64_C(1000000000)
#define LOG_ENTRIES_MAX UINT64_C(1000000)

static void
setup_title(struct parser *parser)
{
	struct words *words = &parser->words;

	if (words->rest[0] == '\0') {
		words_expected(words, "expected what the scenario shows; '#' "
			       "begins a comment");
		return;
	}
	if (words->glued_comment)
		words_note(words, "the title ends at '#', which begins a "
			   "comment");
	free(parser->scenario->title);
	parser->scenario->title = strdup(words->rest);
	if (parser->scenario->title == NULL)
		abort();
	words->next = words->count;
}

static void
setup_nodes(struct parser *parser)
{
	parser->scenario->voter_count =
	    words_number(&parser->words, 1, SCENARIO_NODES_MAX,
			 "expected a number of voters from 1 to 64");
}

static void
setup_spare(struct parser *parser)
{
	/* Until the file is read, the spares alone. */
	parser->scenario->node_count =
	    words_number(&parser->words, 0, SCENARIO_NODES_MAX - 1,
			 "expected a number of nodes from 0 to 63");
}

static void
setup_learners(struct parser *parser)
{
	parser->scenario->learner_count =
	    words_number(&parser->words, 0, SCENARIO_NODES_MAX - 1,
			 "expected a number of nodes from 0 to 63");
}

static void
setup_election(struct parser *parser)
{
	parser->scenario->election_us = words_plain_duration(&parser->words);
}

static void
setup_heartbeat(struct parser *parser)
{
	parser->scenario->heartbeat = parse_positive(&parser->words);
}

static void
setup_latency(struct parser *parser)
{
	parser->scenario->latency = words_range(&parser->words);
}

static void
setup_loss(struct parser *parser)
{
	parser->scenario->loss = words_share(&parser->words);
}

static void
setup_duplicate(struct parser *parser)
{
	parser->scenario->duplicate = words_share(&parser->words);
}

static void
setup_reorder(struct parser *parser)
{
	parser->scenario->reorder = words_on_off(&parser->words);
}

static void
setup_disk(struct parser *parser)
{
	parser->scenario->disk = words_range(&parser->words);
}

static void
setup_max_log(struct parser *parser)
{
	parser->scenario->max_log = words_number(
	    &parser->words, 1, UINT64_C(1) << 40,
	    "expected a number of entries");
}

static void
setup_needs(struct parser *parser)
{
	do
		parser->scenario->needs |= words_module(&parser->words);
	while (parser->words.next < parser->words.count);
}

/* ------------------------------------------------- settings of some nodes */

struct setting_rule *
parse_new_rule(struct parser *parser)
{
	struct setting_rule *rule =
	    words_grow((void **)&parser->rules, &parser->rule_count,
		       sizeof *parser->rules);

	rule->line = parser->words.line;
	return rule;
}

void
parse_rule_nodes(struct parser *parser, struct setting_rule *rule)
{
	rule->nodes = words_nodes(&parser->words);
	rule->named = parser->words.named;
}

static void
setup_term(struct parser *parser)
{
	struct setting_rule *rule = parse_new_rule(parser);

	parse_rule_nodes(parser, rule);
	rule->setting.term = words_number(&parser->words, 1, TERM_MAX,
					  "expected a term from 1 to 1000000000");
}

/* 2x5: of term 2, five entries. */
static bool
read_log_run(const char *word, struct raft_sim_log_run *run)
{
	char *end;

	if (word[0] < '0' || word[0] > '9')
		return false;
	run->term = strtoull(word, &end, 10);
	if (end[0] != 'x' || end[1] < '0' || end[1] > '9')
		return false;
	run->count = strtoull(end + 1, &end, 10);
	return *end == '\0' && run->term >= 1 && run->term <= TERM_MAX &&
	       run->count >= 1 && run->count <= LOG_ENTRIES_MAX;
}

static void
setup_log(struct parser *parser)
{
	struct words *words = &parser->words;
	struct setting_rule *rule = parse_new_rule(parser);
	struct raft_sim_log_run run = { 0, 0 }, last = { 1, 0 }, *slot;

	parse_rule_nodes(parser, rule);
	words_require(words, "=");
	do {
		if (!read_log_run(words_peek(words), &run)) {
			words_expected(words, "expected entries such as 1x5, "
				       "which are five of term 1");
			return;
		}
		if (run.term < last.term) {
			words_expected(words, "expected terms that do not "
				       "fall, as in a log of Raft");
			return;
		}
		slot = words_grow((void **)&rule->setting.log,
				  &rule->setting.log_count, sizeof *slot);
		*slot = last = run;
		words_take(words);
	} while (words->next < words->count);
}

static void
setup_build(struct parser *parser)
{
	struct setting_rule *rule = parse_new_rule(parser);

	parse_rule_nodes(parser, rule);
	words_require(&parser->words, "=");
	rule->setting.modules = words_build(&parser->words);
	rule->setting.has_build = true;
}

/* ------------------------------------------------------------- the whole */

static const struct {
	const char *word;
	void (*parse)(struct parser *parser);
	/** Each line says more; else there is one. */
	bool adds;
} settings[PARSE_SETTINGS] = {
	{ "title", setup_title, false },
	{ "nodes", setup_nodes, false },
	{ "learners", setup_learners, false },
	{ "spare", setup_spare, false },
	{ "election", setup_election, false },
	{ "heartbeat", setup_heartbeat, false },
	{ "latency", setup_latency, false },
	{ "loss", setup_loss, false },
	{ "duplicate", setup_duplicate, false },
	{ "reorder", setup_reorder, false },
	{ "disk", setup_disk, false },
	{ "max-log", setup_max_log, false },
	{ "needs", setup_needs, true },
	{ "option", parse_option, true },
	{ "term", setup_term, true },
	{ "log", setup_log, true },
	{ "build", setup_build, true },
};

const char *
parse_setup_nth(size_t position)
{
	return position < PARSE_SETTINGS ? settings[position].word : NULL;
}

/* Two words begin both a setting and a statement. */
static bool
is_setting(const struct parser *parser, const char *word)
{
	if (strcmp(word, "disk") == 0)
		return words_at_range(&parser->words) ||
		       parser->words.next == parser->words.count;
	if (strcmp(word, "build") == 0)
		return parser->first_doing == 0;
	return true;
}

static void
read_setting(struct parser *parser, size_t which)
{
	struct words *words = &parser->words;
	const char *word = settings[which].word;

	if (parser->first_doing > 0)
		words_fail(words, "'%s' sets up the cluster, expected before "
			   "the first other statement, which is on line %d",
			   word, parser->first_doing);
	else if (parser->said_on[which] > 0 && !settings[which].adds)
		words_fail(words, "'%s' stands on line %d already, expected it "
			   "once", word, parser->said_on[which]);
	parser->said_on[which] = words->line;
	if (!words->failed)
		settings[which].parse(parser);
}

bool
parse_setup(struct parser *parser)
{
	struct words *words = &parser->words;
	size_t i;

	for (i = 0; i < PARSE_SETTINGS; i++) {
		if (words_accept(words, settings[i].word))
			break;
	}
	if (i == PARSE_SETTINGS)
		return false;
	if (!is_setting(parser, settings[i].word)) {
		words->next = 0;
		return false;
	}
	read_setting(parser, i);
	return true;
}

static uint64_t
listed_nodes(const struct raft_scenario *scenario,
	     const struct setting_rule *rule)
{
	uint64_t every = scenario->node_count == 64
			     ? UINT64_MAX
			     : (UINT64_C(1) << scenario->node_count) - 1;

	if (rule->nodes.all)
		return every;
	if (rule->nodes.others)
		return rule->nodes.listed | (every & ~rule->named.listed);
	return rule->nodes.listed;
}

static void
copy_log(struct node_setting *to, const struct node_setting *from)
{
	free(to->log);
	to->log = malloc(from->log_count * sizeof *to->log);
	if (to->log == NULL)
		abort();
	memcpy(to->log, from->log, from->log_count * sizeof *to->log);
	to->log_count = from->log_count;
}

/* What a rule says replaces what an earlier one said. */
static void
apply_rule(struct node_setting *to, const struct node_setting *from)
{
	if (from->term != 0)
		to->term = from->term;
	if (from->has_build) {
		to->has_build = true;
		to->modules = from->modules;
	}
	if (from->log_count > 0)
		copy_log(to, from);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (from->options[i] != 0)
			to->options[i] = from->options[i];
	}
	for (size_t i = 0; i < SCENARIO_MODULE_OPTIONS_MAX; i++) {
		if (from->module_options[i] != 0)
			to->module_options[i] = from->module_options[i];
	}
}

static void
check_log(struct parser *parser, size_t node)
{
	struct raft_scenario *scenario = parser->scenario;
	struct node_setting *setting = &scenario->settings[node];
	struct words *words = &parser->words;

	if (setting->log_count == 0)
		return;
	if (node >= scenario->voter_count)
		words_fail(words, "n%zu is no voter and has no log, expected "
			   "one of n1 to n%zu", node + 1,
			   scenario->voter_count);
	if (setting->term != 0 &&
	    setting->term < setting->log[setting->log_count - 1].term)
		words_fail(words, "the log of n%zu is ahead of its term, "
			   "expected a term of at least %llu", node + 1,
			   (unsigned long long)
			       setting->log[setting->log_count - 1].term);
}

void
parse_setup_finish(struct parser *parser)
{
	struct raft_scenario *scenario = parser->scenario;
	struct words *words = &parser->words;
	struct setting_rule *rule;

	if (scenario->voter_count == 0)
		words_fail(words, "the file ends and says nothing of its "
			   "nodes, expected a line such as 'nodes 3'");
	scenario->node_count += scenario->voter_count + scenario->learner_count;
	if (scenario->node_count > SCENARIO_NODES_MAX)
		words_fail(words, "found %zu voters, learners and spares, "
			   "expected at most %d", scenario->node_count,
			   SCENARIO_NODES_MAX);
	for (size_t i = 0; i < parser->rule_count && !words->failed; i++) {
		rule = &parser->rules[i];
		words->line = rule->line;
		if (rule->setting.term != 0 || rule->setting.log_count > 0)
			scenario->log_line = rule->line;
		parse_check_nodes(parser, &rule->named);
		for (size_t n = 0; n < scenario->node_count; n++) {
			if (listed_nodes(scenario, rule) >> n & 1) {
				apply_rule(&scenario->settings[n],
					   &rule->setting);
				check_log(parser, n);
			}
		}
	}
}

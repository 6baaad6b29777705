/*
 * The parts of the reader of scenario files.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * parse.c reads a file, parse_setup.c what stands before its statements,
 * parse_statement.c and parse_network.c those, parse_condition.c what is
 * expected of a run; parse_starts.c sees which nodes have run before.
 */
#ifndef OUTRIGGER_SCENARIO_PARSE_H
#define OUTRIGGER_SCENARIO_PARSE_H

#include "assists/scenario/parse/words.h"

/** What `term`, `log`, `option` and `build` say of some nodes, kept until the
 *  number of nodes is known. */
struct setting_rule {
	int line;
	struct nodes named;
	struct nodes nodes;
	/** Where it says nothing, zero. */
	struct node_setting setting;
};

/** How many settings there are. */
#define PARSE_SETTINGS 17

struct parser {
	struct words words;
	struct raft_scenario *scenario;
	struct setting_rule *rules;
	size_t rule_count;
	/** Where each setting stood last; 0: nowhere yet. */
	int said_on[PARSE_SETTINGS];
	/** Where the first statement that is no setting stands; 0: none yet. */
	int first_doing;
	/** A `mark` stands above. */
	bool marked;
	/** The repeats that have no `end` yet. */
	size_t open[16];
	size_t open_count;
};

/** One line of the setting-up. False: its first word is no such thing. */
bool parse_setup(struct parser *parser);
/** What a setting says of some nodes, and which: none as yet, then these. */
struct setting_rule *parse_new_rule(struct parser *parser);
void parse_rule_nodes(struct parser *parser, struct setting_rule *rule);
/** The setting `option`, after its first word. */
void parse_option(struct parser *parser);
/** When the whole file is read: what only now can be checked. */
void parse_setup_finish(struct parser *parser);

/** One line that is no setting; but `client` and `reads` may stand among
 *  settings, and end them not. */
void parse_statement(struct parser *parser);

/** When the whole file is read: `start` stands where it is a node's first. */
void parse_check_starts(struct parser *parser);

/** A duration above 0. */
struct duration parse_positive(struct words *words);

/** The words that begin a setting, and those that begin any line, by position;
 *  NULL beyond the last. */
const char *parse_setup_nth(size_t position);
const char *parse_nth_beginning(size_t position);

/** The statements on links, each after its first word. */
void parse_cut(struct parser *parser, struct statement *statement);
void parse_heal(struct parser *parser, struct statement *statement);
void parse_hold(struct parser *parser, struct statement *statement);
void parse_replay(struct parser *parser, struct statement *statement);
void parse_partition(struct parser *parser, struct statement *statement);
void parse_link(struct parser *parser, struct statement *statement);

/** A prefix `when ... :`, after its first word. */
void parse_when(struct words *words, struct when *when);
void parse_condition(struct parser *parser, struct condition *condition);

/** The words are well said, but of a feature that is not there. */
void parse_lacks(struct words *words, const char *word, const char *feature);

/** Every node that a statement names exists. */
void parse_check_nodes(struct parser *parser, const struct nodes *named);

#endif

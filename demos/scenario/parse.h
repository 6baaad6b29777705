/*
 * The parts of the reader of scenario files.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * parse.c reads a file, parse_setup.c what stands before its statements,
 * parse_statement.c those, parse_condition.c what is expected of a run.
 */
#ifndef OUTRIGGER_SCENARIO_PARSE_H
#define OUTRIGGER_SCENARIO_PARSE_H

#include "demos/scenario/words.h"

/** What `term`, `log`, `option` and `build` say of some nodes, kept until the
 *  number of nodes is known. */
struct setting_rule {
	int line;
	struct nodes named;
	struct nodes nodes;
	/** Where it says nothing, zero. */
	struct node_setting setting;
};

struct parser {
	struct words words;
	struct scenario *scenario;
	struct setting_rule *rules;
	size_t rule_count;
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
/** When the whole file is read: what only now can be checked. */
void parse_setup_finish(struct parser *parser);

/** One line that is no setting. */
void parse_statement(struct parser *parser);

/** `every D`, or `off`, which is no time. */
struct duration parse_period(struct words *words);
/** `client every D [size BYTES]` and `client off`, after the first word. */
void parse_client(struct words *words, struct duration *period,
		  uint64_t *size);

/** A prefix `when ... :`, after its first word. */
void parse_when(struct words *words, struct when *when);
void parse_condition(struct parser *parser, struct condition *condition);

/** The words are well said, but of a feature that is not there. */
void parse_lacks(struct words *words, const char *word, const char *feature);

/** Every node that a statement names exists. */
void parse_check_nodes(struct parser *parser, const struct nodes *named);

/** Grow an array by one zeroed element, and return that. */
void *parse_grow(void **array, size_t *count, size_t size);

#endif

/*
 * Reading what is expected of a run, and for which builds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/parse/parse.h"

#include <string.h>

#define NUMBER_MAX UINT64_C(1000000000000000)

/* --------------------------------------------------------------- when */

/* `not` binds before `and`. */
static void
parse_factor(struct words *words, uint32_t *has, uint32_t *lacks)
{
	bool negated = false;
	uint32_t module;

	while (words_accept(words, "not"))
		negated = !negated;
	module = words_module(words);
	*(negated ? lacks : has) |= module;
}

void
parse_when(struct words *words, struct when *when)
{
	size_t room = sizeof when->alternatives / sizeof when->alternatives[0];
	size_t i;

	do {
		if (when->count == room) {
			words_fail(words, "found more than %zu alternatives, "
				   "expected ':'", room);
			return;
		}
		i = when->count++;
		do
			parse_factor(words, &when->alternatives[i].has,
				     &when->alternatives[i].lacks);
		while (words_accept(words, "and"));
	} while (words_accept(words, "or"));
	if (!words_accept(words, ":"))
		words_expected(words, "expected 'and', 'or' or ':'");
}

/* --------------------------------------------------------- conditions */

/* A leader is looked at now, whatever was marked. */
static void
parse_leader(struct words *words, struct condition *condition)
{
	condition->kind = CONDITION_LEADER;
	if (words_accept(words, "=") || words_accept(words, "in"))
		condition->comparison = COMPARE_EQUAL;
	else if (words_accept(words, "!="))
		condition->comparison = COMPARE_UNEQUAL;
	else if (strncmp(words_peek(words), "=", 1) == 0)
		words_expected(words, "expected '=', '!=' or 'in'");
	else
		return;
	condition->kind = CONDITION_LEADER_IN;
	condition->nodes = words_nodes(words);
}

static void
parse_no(struct words *words, struct condition *condition)
{
	words_require(words, "leader");
	condition->kind = CONDITION_NO_LEADER;
}

static void
parse_role(struct words *words, struct condition *condition)
{
	condition->kind = CONDITION_ROLE;
	condition->nodes = words_nodes(words);
	words_require(words, "=");
	if (words_accept(words, "follower"))
		condition->role = "follower";
	else if (words_accept(words, "candidate"))
		condition->role = "candidate";
	else if (words_accept(words, "leader"))
		condition->role = "leader";
	else if (words_accept(words, "learner"))
		condition->role = "learner";
	else if (words_accept(words, "removed"))
		condition->role = "removed";
	else
		words_expected(words, "expected one of follower, candidate, "
			       "leader, learner, removed");
}

static void
parse_stable(struct words *words, struct condition *condition)
{
	condition->kind = CONDITION_STABLE;
	condition->duration = words_duration(words);
}

static void
parse_reached(struct words *words, struct condition *condition,
	      enum condition_kind kind)
{
	condition->kind = kind;
	condition->nodes = words_nodes(words);
	words_require(words, ">=");
	condition->number = words_number(words, 0, NUMBER_MAX,
					 "expected a number of entries");
}

static void
parse_committed(struct words *words, struct condition *condition)
{
	parse_reached(words, condition, CONDITION_COMMITTED);
}

static void
parse_applied(struct words *words, struct condition *condition)
{
	parse_reached(words, condition, CONDITION_APPLIED);
}

static void
parse_logs(struct words *words, struct condition *condition)
{
	words_require(words, "equal");
	condition->kind = CONDITION_LOGS_EQUAL;
}

static void
parse_voters(struct words *words, struct condition *condition)
{
	words_require(words, "=");
	condition->kind = CONDITION_VOTERS;
	condition->nodes = words_nodes(words);
}

static void
parse_running(struct words *words, struct condition *condition)
{
	condition->kind = CONDITION_RUNNING;
	condition->nodes = words_nodes(words);
}

static void
parse_term_condition(struct words *words, struct condition *condition)
{
	condition->kind = CONDITION_TERM;
	condition->nodes = words_nodes(words);
	condition->comparison = words_comparison(words);
	condition->number = words_number(words, 0, NUMBER_MAX,
					 "expected a term");
}

static void
parse_learners_condition(struct words *words, struct condition *condition)
{
	parse_voters(words, condition);
	condition->kind = CONDITION_LEARNERS;
}

static void
parse_acts(struct words *words, struct condition *condition)
{
	parse_running(words, condition);
	condition->kind = CONDITION_ACTS;
}

static void
parse_installing(struct words *words, struct condition *condition)
{
	parse_running(words, condition);
	condition->kind = CONDITION_INSTALLING;
}

/* Metrics of what is not there yet. */
static const struct {
	const char *name;
	const char *needs;
} absent_metrics[] = {
	{ "adoptions", "the module catchup" },
};

static bool
accept_metric(struct words *words, enum raft_sim_metric *metric)
{
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		*metric = (enum raft_sim_metric)i;
		if (words_accept(words, raft_sim_metric_name(*metric)))
			return true;
	}
	return false;
}

/* The name, if it is one, and what it waits for. */
static const char *
accept_absent_metric(struct words *words, const char **needs)
{
	size_t count = sizeof absent_metrics / sizeof absent_metrics[0];

	for (size_t i = 0; i < count; i++) {
		*needs = absent_metrics[i].needs;
		if (words_accept(words, absent_metrics[i].name))
			return absent_metrics[i].name;
	}
	return NULL;
}

static void
parse_metric(struct parser *parser, struct condition *condition, bool is_time)
{
	struct words *words = &parser->words;

	if (strcmp(words_peek(words), "since") == 0)
		words_expected(words, "expected a comparison such as '= 0' "
			       "before 'since mark'");
	condition->comparison = words_comparison(words);
	if (is_time)
		condition->duration = words_duration(words);
	else
		condition->number = words_number(words, 0, NUMBER_MAX,
						 "expected a whole number");
	if (!words_accept(words, "since"))
		return;
	words_require(words, "mark");
	condition->since_mark = true;
	if (!parser->marked)
		words_fail(words, "'since mark' has no mark above it, "
			   "expected a 'mark' on an earlier line");
}

static const struct {
	const char *word;
	void (*parse)(struct words *words, struct condition *condition);
} conditions[] = {
	{ "leader", parse_leader },
	{ "no", parse_no },
	{ "role", parse_role },
	{ "stable", parse_stable },
	{ "committed", parse_committed },
	{ "applied", parse_applied },
	{ "logs", parse_logs },
	{ "voters", parse_voters },
	{ "learners", parse_learners_condition },
	{ "running", parse_running },
	{ "term", parse_term_condition },
	{ "acts", parse_acts },
	{ "installing", parse_installing },
};

/* Every word that may begin a condition. */
static const char *
nth_condition(size_t position)
{
	size_t count = sizeof conditions / sizeof conditions[0];

	if (position < count)
		return conditions[position].word;
	position -= count;
	if (position < RAFT_SIM_METRIC_COUNT)
		return raft_sim_metric_name((enum raft_sim_metric)position);
	return position == RAFT_SIM_METRIC_COUNT ? "lag" : NULL;
}

void
parse_condition(struct parser *parser, struct condition *condition)
{
	struct words *words = &parser->words;
	const char *absent, *needs;
	size_t i, count = sizeof conditions / sizeof conditions[0];

	for (i = 0; i < count; i++) {
		if (words_accept(words, conditions[i].word))
			break;
	}
	if (i < count) {
		conditions[i].parse(words, condition);
	} else if (accept_metric(words, &condition->metric)) {
		condition->kind = CONDITION_METRIC;
		parse_metric(parser, condition,
			     raft_sim_metric_unit(condition->metric) ==
				 RAFT_SIM_UNIT_TIME);
	} else if (words_accept(words, "lag")) {
		condition->kind = CONDITION_LAG;
		condition->nodes = words_nodes(words);
		parse_metric(parser, condition, false);
	} else if ((absent = accept_absent_metric(words, &needs)) != NULL) {
		parse_metric(parser, condition, false);
		parse_lacks(words, absent, needs);
	} else {
		words_unknown(words, "a condition", " such as 'leader', "
			      "'stable 2T', 'logs equal', 'committed n1 >= 5', "
			      "or a metric such as 'leader-changes = 0'",
			      nth_condition);
	}
}

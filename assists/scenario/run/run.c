/*
 * One run of a scenario: one build, one seed, one world.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each verb has one function, `do_...`, found by its place in a table. An
 * expectation that fails is noted and the run goes on, so that one run tells
 * all that is wrong; a `run until` or a `let` that fails ends it, as what
 * follows would mean something else.
 */
#include "assists/scenario/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "assists/scenario/run/condition.h"
#include "assists/scenario/run/watch.h"
#include "assists/scenario/script/build.h"

/* ----------------------------------------------------------------- nodes */

uint64_t
run_every_node(const struct run *run)
{
	return UINT64_MAX >> (SCENARIO_NODES_MAX - run->scenario->node_count);
}

static uint64_t
listed(const struct run *run, const struct nodes *nodes)
{
	uint64_t set = nodes->all ? run_every_node(run) : nodes->listed;

	for (size_t i = 0; i < run->scenario->name_count; i++) {
		if (nodes->names >> i & 1)
			set |= run->bound[i];
	}
	return set;
}

uint64_t
run_resolve(const struct run *run, const struct statement *statement,
	const struct nodes *nodes)
{
	uint64_t set = listed(run, nodes);

	if (nodes->others)
		set |= run_every_node(run) & ~listed(run, &statement->named);
	return set;
}

/* The lowest node of a set, taken out of it; 0: it is empty. */
uint32_t
run_take_lowest(uint64_t *set)
{
	uint32_t node = 1;

	if (*set == 0)
		return 0;
	while ((*set >> (node - 1) & 1) == 0)
		node++;
	*set &= *set - 1;
	return node;
}

/* ------------------------------------------------------------- reporting */

static void
blame(struct run *run, const char *cause, size_t length)
{
	if (run->cause == NULL)
		run->cause = strndup(cause, length);
	if (run->cause == NULL)
		abort();
}

static void
fail(struct run *run, const struct statement *statement, const char *why)
{
	blame(run, statement->text, strlen(statement->text));
	fprintf(run->failures, "%s:%d: %s: %s\n", run->scenario->name,
		statement->line, statement->text, why);
	watch_answer(run, statement, false, why);
	run->failed = true;
}

void
run_fail_and_end(struct run *run, const struct statement *statement,
		 const char *why)
{
	fail(run, statement, why);
	run->over = true;
}

/* ------------------------------------------------------------------- time */

/* Whether the run has done all that it may, which ends it. */
static bool
is_spent(struct run *run, const struct statement *statement)
{
	char why[128];

	if (run->request->steps_max == 0 ||
	    run->steps++ < run->request->steps_max)
		return false;
	snprintf(why, sizeof why,
		 "not over after %llu events, expected an end before",
		 (unsigned long long)run->request->steps_max);
	run_fail_and_end(run, statement, why);
	return true;
}

static bool
step(struct run *run, const struct statement *statement, uint64_t until)
{
	bool stepped;

	if (is_spent(run, statement))
		return false;
	stepped = run->world->step(run->sim, until);
	watch_writes(run);
	watch_world(run, statement);
	return stepped;
}

static uint64_t
after(const struct run *run, const struct duration *duration)
{
	return run->world->now(run->sim) + duration_us(duration, run->scenario);
}

void
do_run(struct run *run, const struct statement *statement)
{
	uint64_t until = after(run, &statement->duration);

	while (step(run, statement, until))
		;
}

static struct question
ask(const struct run *run, const struct statement *statement)
{
	const struct condition *condition = &statement->condition;

	return (struct question){
		.world = run->world,
		.sim = run->sim,
		.condition = condition,
		.nodes = run_resolve(run, statement, &condition->nodes),
		.duration_us =
		    duration_us(&condition->duration, run->scenario),
		.committed = run->world->committed(run->sim),
	};
}

static void
explain(struct run *run, const struct statement *statement,
	const struct question *question, const char *found,
	void (*report)(struct run *, const struct statement *, const char *))
{
	char value[128], why[256];

	condition_explain(question, run->scenario->election_us, value,
			  sizeof value);
	snprintf(why, sizeof why, "%s%s", found, value);
	report(run, statement, why);
}

static void
hold(struct run *run, const struct statement *statement, const char *found)
{
	watch_answer(run, statement, true, found);
}

static void
hold_after(struct run *run, const struct statement *statement, uint64_t begun)
{
	char took[64], found[96];

	raft_scenario_print_duration(took, sizeof took,
				     run->world->now(run->sim) - begun,
				     run->scenario->election_us);
	snprintf(found, sizeof found, "after %s", took);
	hold(run, statement, found);
}

void
do_run_until(struct run *run, const struct statement *statement)
{
	struct question question = ask(run, statement);
	uint64_t begun = run->world->now(run->sim);
	uint64_t limit = after(run, &statement->duration), due;

	while (!run->over && run->world->violation(run->sim) == NULL &&
	       !condition_holds(&question)) {
		due = condition_due(&question);
		if (due > limit)
			due = limit;
		if (!step(run, statement, due) && due == limit)
			break;
	}
	if (run->over || run->world->violation(run->sim) != NULL)
		return;
	if (condition_holds(&question))
		hold_after(run, statement, begun);
	else
		explain(run, statement, &question,
			"did not happen; at the end ", run_fail_and_end);
}

void
do_expect(struct run *run, const struct statement *statement)
{
	struct question question = ask(run, statement);

	if (condition_holds(&question))
		explain(run, statement, &question, "", hold);
	else
		explain(run, statement, &question, "not so: ", fail);
}

/* ----------------------------------------------------------------- names */

static uint64_t
followers(const struct run *run)
{
	uint64_t voters = run->world->voters(run->sim);
	struct raft_sim_node state;

	if (run->world->leader(run->sim) == 0)
		voters = UINT64_MAX >>
			 (SCENARIO_NODES_MAX - run->scenario->voter_count);
	for (uint32_t i = 1; i <= run->scenario->node_count; i++) {
		run->world->node(run->sim, i, &state);
		if (state.up && state.status.role == RAFT_LEADER)
			voters &= ~(UINT64_C(1) << (i - 1));
	}
	return voters;
}

static uint64_t
let_value(const struct run *run, const struct statement *statement)
{
	uint64_t set;

	switch (statement->source) {
	case LET_LEADER:
		set = run->world->leader(run->sim);
		return set == 0 ? 0 : UINT64_C(1) << (set - 1);
	case LET_FOLLOWERS:
		return followers(run);
	case LET_FOLLOWER:
		set = followers(run);
		return set & (~set + 1);
	case LET_NODES:
		break;
	}
	return run_resolve(run, statement, &statement->nodes);
}

/* One name gets the whole; several get one node each, lowest first. */
void
do_let(struct run *run, const struct statement *statement)
{
	uint64_t set = let_value(run, statement);
	uint32_t node;

	if (statement->name_count == 1 && set != 0) {
		run->bound[statement->names[0]] = set;
		watch_names(run, statement);
		return;
	}
	for (size_t i = 0; i < statement->name_count; i++) {
		node = run_take_lowest(&set);
		if (node == 0) {
			run_fail_and_end(run, statement, "there are too few");
			return;
		}
		run->bound[statement->names[i]] = UINT64_C(1) << (node - 1);
	}
	watch_names(run, statement);
}

/* ------------------------------------------------------------- statements */

static void carry_out(struct run *run, size_t first, size_t end);

void
do_repeat(struct run *run, const struct statement *statement)
{
	size_t first =
	    (size_t)(statement - run->scenario->statements) + 1;

	for (uint64_t i = 0; i < statement->number && !run->over; i++) {
		/* There may be nothing in it. */
		if (!is_spent(run, statement))
			carry_out(run, first, statement->end);
	}
}

static const struct {
	void (*act)(struct run *run, const struct statement *statement);
} verbs[VERB_COUNT] = {
#define VERB_ROW(symbol, function) [VERB_##symbol] = { do_##function },
	SCENARIO_VERBS(VERB_ROW)
#undef VERB_ROW
};

static bool
is_shown(enum verb verb)
{
	switch (verb) {
	case VERB_RUN:
	case VERB_RUN_UNTIL:
	case VERB_EXPECT:
	case VERB_LET:
	case VERB_REPEAT:
	case VERB_MARK:
	case VERB_PRINT:
		return false;
	default:
		return true;
	}
}

static bool
applies(const struct when *when, uint32_t modules)
{
	for (size_t i = 0; i < when->count; i++) {
		if ((when->alternatives[i].has & ~modules) == 0 &&
		    (when->alternatives[i].lacks & modules) == 0)
			return true;
	}
	return when->count == 0;
}

static void
carry_out(struct run *run, size_t first, size_t end)
{
	const struct statement *statement;
	const char *violation;

	for (size_t i = first; i < end && !run->over; i++) {
		statement = &run->scenario->statements[i];
		if (is_spent(run, statement))
			return;
		if (!applies(&statement->when, run->request->modules))
			continue;
		watch_world(run, statement);
		if (is_shown(statement->verb) && !statement->sets_up)
			watch_statement(run, statement);
		verbs[statement->verb].act(run, statement);
		watch_writes(run);
		if (statement->verb == VERB_REPEAT)
			i = statement->end - 1;
		violation = run->world->violation(run->sim);
		if (violation != NULL && !run->over) {
			blame(run, violation, strcspn(violation, ":"));
			run_fail_and_end(run, statement, violation);
		}
	}
}

/* -------------------------------------------------------------- the world */

const struct raft_scenario_world raft_scenario_simulated = {
#define SIMULATED(name) .name = raft_sim_##name,
	RAFT_SCENARIO_WORLD(SIMULATED)
#undef SIMULATED
};

void
run_set_build(struct run *run, uint32_t node, uint32_t modules)
{
	char name[RAFT_SCENARIO_BUILD_BYTES], line[sizeof name + 64];
	bool is_changed;

	is_changed = run->world->set_mask(run->sim, node, build_mask(modules));
	if (run->request->trace == NULL || modules == run->request->modules)
		return;
	raft_scenario_build_name(modules, name, sizeof name);
	snprintf(line, sizeof line, "build n%u = %s%s", node, name,
		 is_changed ? "" : " has no effect: it is up");
	watch_trace(run, run->world->now(run->sim), line);
}

static void
set_module_options(struct run *run, const struct node_setting *setting,
		   uint32_t node)
{
	struct raft_module_option option;
	char name[128];

	for (size_t i = 0; i < SCENARIO_MODULE_OPTIONS_MAX; i++) {
		if (setting->module_options[i] == 0 ||
		    !raft_module_option(i, &option))
			continue;
		snprintf(name, sizeof name, "%s.%s", option.module,
			 option.name);
		run->world->set_option(run->sim, node, name,
				    setting->module_options[i]);
	}
}

static void
set_up_node(struct run *run, uint32_t node)
{
	const struct node_setting *setting = &run->scenario->settings[node - 1];
	static const char *const options[OPTION_COUNT] = {
#define OPTION_NAME(name, most) #name,
		SCENARIO_OPTIONS(OPTION_NAME)
#undef OPTION_NAME
	};

	run_set_build(run, node, setting->has_build ? setting->modules
						    : run->request->modules);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (setting->options[i] != 0)
			run->world->set_option(run->sim, node, options[i],
					    setting->options[i]);
	}
	set_module_options(run, setting, node);
}

static void
make_world(struct run *run)
{
	const struct raft_scenario *scenario = run->scenario;
	struct raft_sim_options options;

	raft_sim_defaults(&options);
	options.voters = (uint32_t)scenario->voter_count;
	options.learners = (uint32_t)scenario->learner_count;
	options.spares = (uint32_t)scenario->node_count - options.voters -
			 options.learners;
	options.seed = run->request->seed;
	options.election_us = scenario->election_us;
	options.heartbeat_us = duration_us(&scenario->heartbeat, scenario);
	options.link.latency = run_range_us(run, &scenario->latency);
	options.link.loss = scenario->loss;
	options.link.duplicate = scenario->duplicate;
	options.fifo = !scenario->reorder;
	options.disk = run_range_us(run, &scenario->disk);
	options.max_log = scenario->max_log;
	options.machine = run->request->machine;
	options.hooks.context = run;
	if (run->request->trace != NULL)
		options.hooks.trace = watch_trace;
	if (run->request->event != NULL)
		options.hooks.changed = watch_changed;
	if (run->request->message != NULL)
		options.hooks.message = watch_message;
	run->sim = run->world->create(&options);
	for (uint32_t i = 1; i <= scenario->node_count; i++)
		set_up_node(run, i);
	script_give_logs(scenario, run->world, run->sim);
}

static void
begin(struct run *run)
{
	const struct raft_scenario *scenario = run->scenario;

	for (uint32_t i = 1; !scenario->has_start && i <= scenario->node_count;
	     i++)
		run_start(run, i);
}

static void
finish(struct run *run, struct raft_scenario_result *result)
{
	result->verdict = run->failed ? RAFT_SCENARIO_FAILED : RAFT_SCENARIO_OK;
	result->marked = run->marked;
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		enum raft_sim_metric metric = (enum raft_sim_metric)i;

		result->whole[i] = run->world->metric(run->sim, metric, false);
		result->since_mark[i] =
		    run->world->metric(run->sim, metric, true);
	}
	watch_end(run);
	run->world->destroy(run->sim);
}

void
raft_scenario_run(const struct raft_scenario_request *request,
		  struct raft_scenario_result *result)
{
	const struct raft_scenario *scenario = request->scenario;
	struct run run = {
		.request = request,
		.scenario = scenario,
		.world = request->world != NULL ? request->world
						: &raft_scenario_simulated,
	};
	size_t size;

	*result = (struct raft_scenario_result){
		.verdict = RAFT_SCENARIO_SKIPPED,
		.election_us = scenario->election_us,
	};
	run.failures = open_memstream(&result->failures, &size);
	run.prints = open_memstream(&result->prints, &size);
	if (run.failures == NULL || run.prints == NULL)
		abort();
	if ((scenario->needs & ~request->modules) == 0) {
		make_world(&run);
		begin(&run);
		carry_out(&run, 0, scenario->statement_count);
		finish(&run, result);
	}
	blame(&run, "", 0);
	result->cause = run.cause;
	fclose(run.failures);
	fclose(run.prints);
}

void
raft_scenario_result_free(struct raft_scenario_result *result)
{
	free(result->cause);
	free(result->failures);
	free(result->prints);
}

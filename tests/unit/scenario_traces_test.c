/*
 * What runs do, told to the last line: tests/scenarios/traces holds scenarios, each
 * with all that was seen of it. Nothing in them is left to chance, so that whoever
 * changes what is sent, when, or what is said of it, finds it here.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * After a change that is meant, these write them anew, and git shows what became
 * other:
 *
 *     bazel run //tests/unit:scenario_traces_test -- --write
 */
#include <glob.h>
#include <inttypes.h>

#include "assists/scenario/scenario.h"
#include "tests/kept.h"

#define FOLDER "tests/scenarios/traces"
/** Between the scenario and what was seen. */
#define RULE "----\n"

/* --------------------------------------------------------------- watching */

struct seen {
	FILE *out;
	/** Of each fate. */
	uint64_t messages[RAFT_SIM_LOST + 1];
};

static void
stamp(FILE *out, uint64_t now, char kind)
{
	fprintf(out, "%" PRIu64 ".%06" PRIu64 " %c ", now / 1000000,
		now % 1000000, kind);
}

static void
see_line(void *context, uint64_t now, const char *line)
{
	const struct seen *seen = context;

	stamp(seen->out, now, ' ');
	fprintf(seen->out, "%s\n", line);
}

/** Writes only when they differ from what was told of them before. */
static bool
is_news(const struct raft_scenario_event *event)
{
	static bool waited;
	bool news = event->kind != RAFT_SCENARIO_WRITES ||
		    event->acknowledged || event->waits != waited;

	if (event->kind == RAFT_SCENARIO_WRITES)
		waited = event->waits;
	return news;
}

static void
see_event(void *context, const struct raft_scenario_event *event)
{
	static const char *const states[RAFT_SCENARIO_STATES] = {
		"down", "paused", "follower", "candidate", "alone", "leader",
	};

	FILE *out = ((const struct seen *)context)->out;

	if (!is_news(event))
		return;
	stamp(out, event->at, '*');
	switch (event->kind) {
	case RAFT_SCENARIO_STATE:
		fprintf(out, "n%u is %s\n", event->node,
			states[event->state]);
		break;
	case RAFT_SCENARIO_TERM:
		fprintf(out, "n%u is in term %" PRIu64 "\n", event->node,
			event->term);
		break;
	case RAFT_SCENARIO_WRITES:
		fprintf(out, "writes:%s%s\n",
			event->acknowledged ? " acknowledged" : "",
			event->waits ? " waiting" : "");
		break;
	case RAFT_SCENARIO_DEED:
		fprintf(out, "line %d does: %s\n", event->line,
			event->text);
		break;
	case RAFT_SCENARIO_ANSWER:
		fprintf(out, "line %d asks: %s: %s, %s\n", event->line,
			event->text, event->held ? "yes" : "no", event->found);
		break;
	case RAFT_SCENARIO_MARK:
		fprintf(out, "mark\n");
		break;
	case RAFT_SCENARIO_END:
		fprintf(out, "end\n");
		break;
	}
}

static void
see_message(void *context, uint64_t now, enum raft_sim_fate fate,
	    uint64_t number, const struct raft_message *message)
{
	struct seen *seen = context;

	(void)now;
	/* Weighed, so that none stands for another. */
	seen->messages[fate] += number * (message->from.id + message->to.id);
}

/* ---------------------------------------------------------------- running */

/** Each metric that is not what it is from the beginning. */
static void
tell_metrics(FILE *out, const struct raft_scenario_result *result)
{
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++)
		if (result->whole[i] != 0 || result->since_mark[i] != 0)
			fprintf(out, "%s %" PRIu64 " since mark %" PRIu64 "\n",
				raft_sim_metric_name((enum raft_sim_metric)i),
				result->whole[i], result->since_mark[i]);
}

static void
tell_result(FILE *out, const struct raft_scenario_result *result)
{
	static const char *const verdicts[] = {
		[RAFT_SCENARIO_OK] = "ok",
		[RAFT_SCENARIO_FAILED] = "failed",
		[RAFT_SCENARIO_SKIPPED] = "skipped",
	};

	fprintf(out, "verdict %s, cause '%s'%s, T %" PRIu64 "us\n%s%s",
		verdicts[result->verdict], result->cause,
		result->marked ? ", marked" : "", result->election_us,
		result->failures, result->prints);
	tell_metrics(out, result);
}

/** The build that a scenario's first line names: `# build NAME`. */
static uint32_t
build_of(const char *text)
{
	char name[RAFT_SCENARIO_BUILD_BYTES], error[512];
	uint32_t modules;

	if (sscanf(text, "# build %511s", name) != 1)
		errx(2, "the first line names no build");
	if (!raft_scenario_build(name, &modules, error, sizeof(error)))
		errx(2, "%s", error);
	return modules;
}

/** The scenario, the rule, and what is seen now. To be freed. */
static char *
run(const char *name, const char *text, size_t length)
{
	char *seen = NULL, error[512];
	size_t size;
	struct seen watcher = {.out = open_memstream(&seen, &size)};
	FILE *out = watcher.out;
	struct raft_scenario_result result;
	struct raft_scenario_request request = {
		.modules = build_of(text),
		.seed = 1,
		.context = &watcher,
		.event = see_event,
		.trace = see_line,
		.message = see_message,
	};
	struct raft_scenario *scenario =
		raft_scenario_parse(name, text, length, error, sizeof(error));

	if (scenario == NULL)
		errx(2, "%s", error);
	fprintf(out, "%s%s", raft_scenario_text(scenario), RULE);
	request.scenario = scenario;
	raft_scenario_run(&request, &result);
	fprintf(out, "messages %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		watcher.messages[RAFT_SIM_SENT],
		watcher.messages[RAFT_SIM_ARRIVED],
		watcher.messages[RAFT_SIM_LOST]);
	tell_result(out, &result);
	raft_scenario_result_free(&result);
	raft_scenario_free(scenario);
	fclose(out);
	return seen;
}

/* ------------------------------------------------------------------ files */

/** Whether a file holds what is seen; or it is written. */
static bool
is_as_kept(const char *path, bool writes)
{
	char *kept = kept_read(path);
	const char *rule = strstr(kept, RULE);
	char *seen = run(strrchr(path, '/') + 1, kept,
			 rule == NULL ? strlen(kept) : (size_t)(rule - kept));
	bool same = kept_is(path, kept, seen, writes);

	free(kept);
	free(seen);
	return same;
}

int
main(int argc, char **argv)
{
	bool writes = kept_writes(argc, argv);
	glob_t found;
	int status = 0;

	if (glob(FOLDER "/*.trace", 0, NULL, &found) != 0)
		errx(2, "there is nothing in " FOLDER);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!is_as_kept(found.gl_pathv[i], writes))
			status = 1;
	globfree(&found);
	return status;
}

/*
 * raft-scenario: runs scenario files in virtual time on the real library.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exit status: 0 every expectation held; 1 one failed, or a safety property
 * broke; 2 a file that does not parse, an output that cannot be written, or bad
 * usage.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/builds.h"
#include "demos/compare/guide.h"
#include "demos/compare/options.h"
#include "demos/compare/page/page.h"
#include "demos/compare/plan.h"
#include "demos/compare/record/matrix.h"
#include "demos/compare/terminal/picture.h"
#include "demos/compare/terminal/progress.h"
#include "demos/compare/terminal/report.h"
#include "demos/compare/terminal/table.h"
#include "demos/compare/terminal/two_worlds.h"
#include "demos/weather/job.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2

/** Who watches a run while it goes on. */
struct watcher {
	FILE *trace;
	struct run *run;
};

/** A run that has begun. */
struct begun {
	struct run *run;
	struct watcher watcher;
	struct raft_scenario_request request;
	/** Of one in reality. */
	struct weather_options weather;
	char *history;
	struct weather_job *job;
};

struct program {
	struct options options;
	struct plan plan;
	struct matrix *matrix;
	/** The same in reality. */
	struct matrix *real;
	/** NULL: none is asked for. */
	struct page *page;
	struct progress progress;
	size_t runs;
	size_t failed;
	size_t skipped;
};

/* --------------------------------------------------------------- the plan */

/* All files are read before any is run: exit status 2 has run none. */
static bool
read_plan(struct program *program)
{
	const struct options *options = &program->options;
	bool read = true;

	if (options->guide != NULL)
		return guide_read(&program->plan, options->guide);
	for (size_t i = 0; i < options->file_count; i++)
		read &= plan_add(&program->plan, options->files[i],
				 &options->builds);
	return read;
}

static size_t
count_runs(const struct program *program)
{
	size_t count = 0;

	for (size_t i = 0; i < program->plan.count; i++)
		count += program->plan.comparisons[i].builds.count;
	return count * program->options.seeds;
}

/* Nothing, if it can be real. */
static void
tell_refusal(FILE *out, const struct raft_scenario *scenario)
{
	int line;
	const char *why = weather_refusal(scenario, &line);

	if (why != NULL)
		fprintf(out, "%s:%d: not in reality: %s\n",
			raft_scenario_name(scenario), line, why);
}

static void
list(const struct program *program)
{
	for (size_t i = 0; i < program->plan.count; i++) {
		const struct raft_scenario *scenario =
		    program->plan.comparisons[i].scenario;

		printf("%s: %s\n", raft_scenario_name(scenario),
		       raft_scenario_title(scenario));
		if (program->options.real)
			tell_refusal(stdout, scenario);
	}
}

/* ------------------------------------------------------------------- runs */

/* With another form of output, what failed goes where it does no harm. */
static void
tell(struct program *program, const struct run_key *key,
     const struct raft_scenario_result *result)
{
	const struct options *options = &program->options;
	FILE *out = options->json ? stderr : stdout;

	if (result->verdict == RAFT_SCENARIO_FAILED ||
	    (!options->quiet && result->prints[0] != '\0'))
		progress_clear(&program->progress);
	if (!options->quiet)
		fputs(result->prints, out);
	if (options_are_plain(options) ||
	    result->verdict == RAFT_SCENARIO_FAILED)
		report_line(out, key, result);
	fputs(result->failures, out);
	if (options->json)
		report_json(stdout, key, result);
}

static void
draw(const struct run_key *key, const struct raft_scenario_result *result,
     const struct timeline *timeline)
{
	printf("%s, seed %llu%s: ", run_build(key),
	       (unsigned long long)key->seed,
	       key->is_real ? ", in reality" : "");
	if (result->verdict == RAFT_SCENARIO_SKIPPED) {
		puts("skipped\n");
		return;
	}
	report_summary(stdout, result);
	putchar('\n');
	picture_draw(timeline, stdout);
	putchar('\n');
}

static void
trace_line(void *context, uint64_t now, const char *line)
{
	const struct watcher *watcher = context;

	fprintf(watcher->trace, "%llu.%06llu %s\n",
		(unsigned long long)(now / 1000000),
		(unsigned long long)(now % 1000000), line);
}

static void
record_event(void *context, const struct raft_scenario_event *event)
{
	const struct watcher *watcher = context;

	timeline_record(watcher->run->timeline, event);
}

static void
record_message(void *context, uint64_t now, enum raft_sim_fate fate,
	       uint64_t number, const struct raft_message *message)
{
	const struct watcher *watcher = context;

	traffic_record(watcher->run->traffic, now, fate, number, message);
}

/* Into a run goes what somebody wants to see of it. */
static void
record(const struct program *program, struct run *run,
       struct raft_scenario_request *request)
{
	const struct raft_scenario *scenario = request->scenario;
	const struct page *page = program->page;

	if (program->options.timeline ||
	    (page != NULL && page_shows(page, &run->key))) {
		request->event = record_event;
		run->timeline =
		    timeline_create(raft_scenario_node_count(scenario),
				    raft_scenario_election_us(scenario));
	}
	if (page != NULL && page_shows_messages(page, &run->key)) {
		request->message = record_message;
		run->traffic = traffic_create();
	}
}

static void
begin_trace(const struct run_key *key, FILE *trace)
{
	char name[RAFT_SCENARIO_BUILD_BYTES];

	raft_scenario_build_name(key->comparison->builds.of[key->build].modules,
				 name, sizeof name);
	fprintf(trace, "run %s, %s, seed %llu%s\n",
		raft_scenario_name(key->comparison->scenario), name,
		(unsigned long long)key->seed, key->is_real ? ", real" : "");
}

/* What belongs to a run, in either world. */
static void
begin_run(struct program *program, const struct run_key *key,
	  struct begun *begun)
{
	const struct comparison *comparison = key->comparison;
	FILE *trace = program->options.trace;

	*begun = (struct begun){ .run = run_create(key) };
	begun->watcher = (struct watcher){ trace, begun->run };
	begun->request = (struct raft_scenario_request){
		.scenario = comparison->scenario,
		.modules = comparison->builds.of[key->build].modules,
		.seed = key->seed,
		.context = &begun->watcher,
		.trace = trace == NULL ? NULL : trace_line,
		.steps_max = program->options.events_max,
	};
	progress_show(&program->progress, program->runs,
		      raft_scenario_title(comparison->scenario));
	record(program, begun->run, &begun->request);
}

static void
end_run(struct program *program, struct run *run)
{
	const struct run_key *key = &run->key;

	program->runs++;
	program->failed += run->result.verdict == RAFT_SCENARIO_FAILED;
	program->skipped += run->result.verdict == RAFT_SCENARIO_SKIPPED;
	if (program->options.timeline)
		draw(key, &run->result, run->timeline);
	tell(program, key, &run->result);
	matrix_add(key->is_real ? program->real : program->matrix, key,
		   &run->result);
	if (!key->is_real && program->page != NULL &&
	    page_shows(program->page, key))
		page_add(program->page, run);
	else
		run_destroy(run);
}

static void
run_one(struct program *program, const struct run_key *key)
{
	struct begun begun;

	begin_run(program, key, &begun);
	if (begun.watcher.trace != NULL)
		begin_trace(key, begun.watcher.trace);
	raft_scenario_run(&begun.request, &begun.run->result);
	end_run(program, begun.run);
}

static void
run_comparison(struct program *program, const struct comparison *comparison)
{
	const struct options *options = &program->options;
	struct run_key key = { .comparison = comparison };

	if (options->timeline) {
		printf("%s\n", raft_scenario_title(comparison->scenario));
		picture_draw_legend(stdout);
		putchar('\n');
	}
	if (program->page != NULL)
		page_begin(program->page, comparison, options->seed,
			   options->seeds);
	for (key.build = 0; key.build < comparison->builds.count;
	     key.build++) {
		for (uint64_t i = 0; i < options->seeds; i++) {
			key.seed = options->seed + i;
			run_one(program, &key);
		}
	}
	matrix_finish(program->matrix);
	if (program->page != NULL)
		page_end(program->page, program->matrix);
}

/* ------------------------------------------------------------- in reality */

/* By its number, too: files in two folders may have one name. */
static void
name_history(const struct program *program, struct begun *begun)
{
	const struct run_key *key = &begun->run->key;
	const char *path = raft_scenario_name(key->comparison->scenario);
	const char *slash = strrchr(path, '/');

	if (program->options.histories == NULL)
		return;
	if (asprintf(&begun->history, "%s/%td-%s.%s.%llu.history",
		     program->options.histories,
		     key->comparison - program->plan.comparisons + 1,
		     slash == NULL ? path : slash + 1, run_build(key),
		     (unsigned long long)key->seed) < 0)
		abort();
}

/* What cannot be real is skipped with a word. */
static void
begin_real(struct program *program, const struct run_key *key,
	   struct begun *begun)
{
	const struct raft_scenario *scenario = key->comparison->scenario;
	int line;

	begin_run(program, key, begun);
	name_history(program, begun);
	begun->weather = (struct weather_options){
		.election_us = program->options.timeout_ms * 1000,
		.tls = program->options.tls,
		.history = begun->history,
	};
	if (weather_refusal(scenario, &line) == NULL) {
		begun->job = weather_job_begin(&begun->request,
					       &begun->weather);
		return;
	}
	if (key->build == 0 && key->seed == program->options.seed)
		tell_refusal(stderr, scenario);
}

static char *
nothing(void)
{
	char *text = strdup("");

	if (text == NULL)
		abort();
	return text;
}

static void
skip(const struct begun *begun)
{
	begun->run->result = (struct raft_scenario_result){
		.verdict = RAFT_SCENARIO_SKIPPED,
		.failures = nothing(),
		.cause = nothing(),
		.prints = nothing(),
		.election_us =
		    raft_scenario_election_us(begun->request.scenario),
	};
}

/* Who did not hold on a machine that was too busy says so. */
static void
end_real(struct program *program, struct begun *begun)
{
	FILE *out = program->options.json ? stderr : stdout;
	size_t failed = program->failed;
	char *late = NULL;

	if (begun->watcher.trace != NULL)
		begin_trace(&begun->run->key, begun->watcher.trace);
	if (begun->job == NULL)
		skip(begun);
	else if (!weather_job_end(begun->job, &begun->run->result, &late))
		errx(STATUS_USAGE, "a run in reality ended before its end");
	end_run(program, begun->run);
	if (late != NULL && program->failed > failed)
		fputs(late, out);
	free(late);
	free(begun->history);
}

/* In the order of the keys, so many at a time. */
static void
run_real(struct program *program, const struct run_key *keys, size_t count)
{
	size_t jobs = program->options.jobs;
	struct begun *begun = calloc(count, sizeof *begun);

	if (begun == NULL)
		abort();
	if (jobs > count)
		jobs = count;
	for (size_t i = 0; i < count + jobs; i++) {
		size_t ends = i - jobs;

		if (i >= jobs && ends < count)
			end_real(program, &begun[ends]);
		if (i >= jobs && ends < count &&
		    (ends + 1 == count ||
		     keys[ends + 1].comparison != keys[ends].comparison))
			matrix_finish(program->real);
		if (i < count)
			begin_real(program, &keys[i], &begun[i]);
	}
	free(begun);
}

static void
run_all_real(struct program *program)
{
	const struct options *options = &program->options;
	struct run_key *keys = calloc(count_runs(program), sizeof *keys);
	struct run_key key = { .is_real = true };
	size_t count = 0;

	if (keys == NULL)
		abort();
	for (size_t i = 0; i < program->plan.count; i++) {
		key.comparison = &program->plan.comparisons[i];
		for (key.build = 0; key.build < key.comparison->builds.count;
		     key.build++) {
			for (uint64_t n = 0; n < options->seeds; n++) {
				key.seed = options->seed + n;
				keys[count++] = key;
			}
		}
	}
	run_real(program, keys, count);
	free(keys);
}

static void
run_all(struct program *program)
{
	const struct options *options = &program->options;
	struct screen screen;

	screen_open(&screen, stdout);
	if (options->matrix && program->plan.title != NULL)
		table_draw_text(&screen, program->plan.title,
				program->plan.text);
	if (!options_are_plain(options) && !options->timeline &&
	    !options->json && options->trace == NULL)
		progress_begin(&program->progress,
			       count_runs(program) * (options->real ? 2 : 1));
	for (size_t i = 0; i < program->plan.count; i++)
		run_comparison(program, &program->plan.comparisons[i]);
	if (options->real)
		run_all_real(program);
	progress_clear(&program->progress);
	if (options->matrix && options->real)
		two_worlds_draw(program->matrix, program->real, &screen);
	else if (options->matrix)
		table_draw(program->matrix, &screen);
	if (!options->json)
		printf("%zu run%s: %zu ok, %zu failed, %zu skipped\n",
		       program->runs, program->runs == 1 ? "" : "s",
		       program->runs - program->failed - program->skipped,
		       program->failed, program->skipped);
}

/* ------------------------------------------------------------- the output */

/* Before the runs, so that nobody waits for them in vain. */
static void
open_page(struct program *program)
{
	const char *path = program->options.html;

	program->page = page_open(path);
	if (program->page == NULL)
		err(STATUS_USAGE, "--html: %s", path);
	if (program->options.has_span)
		page_set_span(program->page, &program->options.span);
}

static void
finish_page(struct program *program)
{
	if (!page_finish(program->page, program->matrix, program->plan.title,
			 program->plan.text))
		err(STATUS_USAGE, "--html: %s", program->options.html);
}

static void
close_all(struct program *program)
{
	FILE *trace = program->options.trace;

	plan_free(&program->plan);
	builds_free(&program->options.builds);
	matrix_destroy(program->matrix);
	matrix_destroy(program->real);
	if (trace != NULL && trace != stdout && fclose(trace) != 0)
		err(STATUS_USAGE, "--trace");
	if (fflush(stdout) != 0)
		err(STATUS_USAGE, "output");
}

int
main(int argc, char **argv)
{
	struct program program = { .runs = 0 };
	char error[256];

	options_read(&program.options, argc, argv);
	if (!read_plan(&program))
		exit(STATUS_USAGE);
	program.matrix = matrix_create();
	program.real = matrix_create();
	if (program.options.real && !program.options.list &&
	    !weather_begin(error, sizeof error))
		errx(STATUS_USAGE, "--real: %s", error);
	if (program.options.list) {
		list(&program);
	} else {
		if (program.options.html != NULL)
			open_page(&program);
		run_all(&program);
		if (program.options.html != NULL)
			finish_page(&program);
	}
	close_all(&program);
	return program.failed > 0 ? STATUS_FAILED : 0;
}

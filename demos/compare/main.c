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
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/files.h"
#include "demos/compare/matrix.h"
#include "demos/compare/page.h"
#include "demos/compare/picture.h"
#include "demos/compare/report.h"
#include "raft/raft.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2

static const char usage_text[] =
    "usage: raft-scenario [options] FILE...\n"
    "\n"
    "Runs scenarios, which are small text files, in virtual time.\n"
    "\n"
    "  --build LIST    the build to run: baseline, core4, default, all, or\n"
    "                  modules joined by + (repeatable; default: all)\n"
    "  --every-build   each subset of the modules of this program\n"
    "  --seed N        first seed (default 1)\n"
    "  --seeds K       seeds N to N+K-1 (default 1)\n"
    "  --matrix        one table: what each build did in each scenario\n"
    "  --timeline      a picture of each run: who led when\n"
    "  --json          one JSON object a run\n"
    "  --trace FILE    every message, role change and fault, one line each\n"
    "                  (- is the standard output)\n"
    "  --html FILE     a page with all of it: the matrix, and each run's\n"
    "                  timeline, expectations and metrics\n"
    "  --list          say what the files are, run nothing\n"
    "  --quiet         only failures and the summary\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 every expectation held, 1 one failed or a safety\n"
    "property broke, 2 a file does not parse, an output cannot be written, or\n"
    "bad usage.\n";

/** A build as it was asked for, and what it is. */
struct build {
	const char *name;
	uint32_t modules;
	/** Owned, where nobody wrote it. */
	char text[RAFT_SCENARIO_BUILD_BYTES];
};

/** What is kept of a run while it goes on. */
struct watcher {
	FILE *trace;
	struct timeline *timeline;
};

struct program {
	struct build *builds;
	size_t build_count;
	bool every_build;
	uint64_t seed;
	uint64_t seeds;
	bool json;
	bool list;
	bool quiet;
	bool matrix;
	bool timeline;
	FILE *trace;
	const char *html;
	struct page *page;
	struct files files;
	struct matrix *table;
	size_t runs;
	size_t failed;
	size_t skipped;
};

/* ----------------------------------------------------------- command line */

/* Each build once, under the name it was asked for first. */
static void
add_build(struct program *program, const char *name, uint32_t modules)
{
	struct build *build;

	for (size_t i = 0; i < program->build_count; i++) {
		if (program->builds[i].modules == modules)
			return;
	}
	program->builds =
	    reallocarray(program->builds, program->build_count + 1,
			 sizeof *program->builds);
	if (program->builds == NULL)
		err(STATUS_USAGE, "memory");
	build = &program->builds[program->build_count++];
	build->name = name;
	build->modules = modules;
}

static void
add_named_build(struct program *program, const char *name)
{
	char error[1024];
	uint32_t modules;

	if (!raft_scenario_build(name, &modules, error, sizeof error))
		errx(STATUS_USAGE, "--build: %s", error);
	add_build(program, name, modules);
}

static void
add_every_build(struct program *program)
{
	uint32_t modules;
	size_t before;

	for (size_t i = 0; raft_scenario_every_build(i, &modules); i++) {
		before = program->build_count;
		add_build(program, NULL, modules);
		if (program->build_count > before)
			raft_scenario_build_name(
			    modules, program->builds[before].text,
			    sizeof program->builds[before].text);
	}
}

static uint64_t
read_number(const char *option, const char *text)
{
	const char *why;
	long long number = strtonum(text, 1, 1000000000000, &why);

	if (why != NULL)
		errx(STATUS_USAGE, "%s: '%s' is %s, expected a number from 1",
		     option, text, why);
	return (uint64_t)number;
}

static void
open_trace(struct program *program, const char *file)
{
	if (program->trace != NULL)
		errx(STATUS_USAGE, "--trace: given twice, expected one file");
	program->trace =
	    strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
	if (program->trace == NULL)
		err(STATUS_USAGE, "--trace: %s", file);
}

static _Noreturn void
usage(FILE *out, int status)
{
	fputs(usage_text, out);
	exit(status);
}

static _Noreturn void
version(void)
{
	printf("raft-scenario %s (%s)\n", raft_version(), raft_build());
	exit(0);
}

enum option_code {
	OPTION_BUILD = 256,
	OPTION_EVERY_BUILD,
	OPTION_SEED,
	OPTION_SEEDS,
	OPTION_JSON,
	OPTION_TRACE,
	OPTION_HTML,
	OPTION_LIST,
	OPTION_QUIET,
	OPTION_MATRIX,
	OPTION_TIMELINE,
	OPTION_HELP,
	OPTION_VERSION,
};

static void
take_option(struct program *program, int option)
{
	switch (option) {
	case OPTION_BUILD:
		add_named_build(program, optarg);
		break;
	case OPTION_EVERY_BUILD:
		program->every_build = true;
		break;
	case OPTION_SEED:
		program->seed = read_number("--seed", optarg);
		break;
	case OPTION_SEEDS:
		program->seeds = read_number("--seeds", optarg);
		break;
	case OPTION_JSON:
		program->json = true;
		break;
	case OPTION_TRACE:
		open_trace(program, optarg);
		break;
	case OPTION_HTML:
		if (program->html != NULL)
			errx(STATUS_USAGE, "--html: given twice, expected one "
			     "file");
		program->html = optarg;
		break;
	case OPTION_LIST:
		program->list = true;
		break;
	case OPTION_QUIET:
		program->quiet = true;
		break;
	case OPTION_MATRIX:
		program->matrix = true;
		break;
	case OPTION_TIMELINE:
		program->timeline = true;
		break;
	case OPTION_HELP:
		usage(stdout, 0);
	case OPTION_VERSION:
		version();
	default:
		usage(stderr, STATUS_USAGE);
	}
}

static void
read_options(struct program *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "build", required_argument, NULL, OPTION_BUILD },
		{ "every-build", no_argument, NULL, OPTION_EVERY_BUILD },
		{ "seed", required_argument, NULL, OPTION_SEED },
		{ "seeds", required_argument, NULL, OPTION_SEEDS },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "trace", required_argument, NULL, OPTION_TRACE },
		{ "html", required_argument, NULL, OPTION_HTML },
		{ "list", no_argument, NULL, OPTION_LIST },
		{ "quiet", no_argument, NULL, OPTION_QUIET },
		{ "matrix", no_argument, NULL, OPTION_MATRIX },
		{ "timeline", no_argument, NULL, OPTION_TIMELINE },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(program, option);
	if (optind == argc) {
		fputs("raft-scenario: no file, expected at least one\n\n",
		      stderr);
		usage(stderr, STATUS_USAGE);
	}
	if (program->json && (program->matrix || program->timeline))
		errx(STATUS_USAGE, "--json goes with neither --matrix nor "
		     "--timeline, expected one of them");
	if (program->every_build)
		add_every_build(program);
	if (program->build_count == 0)
		add_named_build(program, "all");
	/* Only now do they stay where they are. */
	for (size_t i = 0; i < program->build_count; i++) {
		if (program->builds[i].name == NULL)
			program->builds[i].name = program->builds[i].text;
	}
}

/* ------------------------------------------------------------------- runs */

/* With another form of output, what failed goes where it does no harm. */
static void
tell(const struct program *program, const struct report_key *key,
     const struct raft_scenario_result *result)
{
	bool is_plain = !program->json && !program->quiet &&
			!program->matrix && !program->timeline;
	FILE *out = program->json ? stderr : stdout;

	if (!program->quiet)
		fputs(result->prints, out);
	if (is_plain || result->verdict == RAFT_SCENARIO_FAILED)
		report_line(out, key, result);
	fputs(result->failures, out);
	if (program->json)
		report_json(stdout, key, result);
}

static void
draw(const struct report_key *key, const struct raft_scenario_result *result,
     const struct timeline *timeline)
{
	printf("%s, seed %llu: ", key->build, (unsigned long long)key->seed);
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

	timeline_record(watcher->timeline, event);
}

/* Who watches a run, as far as anybody wants to. */
static void
watch(struct program *program, const struct report_key *key,
      struct watcher *watcher, struct raft_scenario_request *request)
{
	const struct raft_scenario *scenario = key->scenario;
	char name[RAFT_SCENARIO_BUILD_BYTES];

	*watcher = (struct watcher){ .trace = program->trace };
	request->context = watcher;
	if (program->timeline || program->page != NULL) {
		request->event = record_event;
		watcher->timeline =
		    timeline_create(raft_scenario_node_count(scenario),
				    raft_scenario_election_us(scenario));
	}
	if (program->trace == NULL)
		return;
	request->trace = trace_line;
	raft_scenario_build_name(request->modules, name, sizeof name);
	fprintf(program->trace, "run %s, %s, seed %llu\n",
		raft_scenario_name(scenario), name,
		(unsigned long long)key->seed);
}

static void
run_one(struct program *program, const struct raft_scenario *scenario,
	const struct build *build, uint64_t seed)
{
	struct report_key key = { scenario, build->name, seed };
	struct raft_scenario_request request = {
		.scenario = scenario,
		.modules = build->modules,
		.seed = seed,
	};
	struct raft_scenario_result result;
	struct watcher watcher;

	watch(program, &key, &watcher, &request);
	raft_scenario_run(&request, &result);
	program->runs++;
	program->failed += result.verdict == RAFT_SCENARIO_FAILED;
	program->skipped += result.verdict == RAFT_SCENARIO_SKIPPED;
	if (program->timeline)
		draw(&key, &result, watcher.timeline);
	tell(program, &key, &result);
	matrix_add(program->table, &key, &result);
	if (program->page != NULL)
		page_add(program->page, &key, &result, watcher.timeline);
	timeline_destroy(watcher.timeline);
	raft_scenario_result_free(&result);
}

static void
run_all(struct program *program)
{
	const struct raft_scenario *scenario;

	for (size_t i = 0; i < program->files.count; i++) {
		scenario = program->files.scenarios[i];
		if (program->timeline) {
			printf("%s\n", raft_scenario_title(scenario));
			picture_draw_legend(stdout);
			putchar('\n');
		}
		for (size_t b = 0; b < program->build_count; b++) {
			for (uint64_t s = 0; s < program->seeds; s++)
				run_one(program, scenario,
					&program->builds[b],
					program->seed + s);
		}
	}
	if (program->matrix)
		matrix_draw(program->table, stdout);
	if (!program->json)
		printf("%zu run%s: %zu ok, %zu failed, %zu skipped\n",
		       program->runs, program->runs == 1 ? "" : "s",
		       program->runs - program->failed - program->skipped,
		       program->failed, program->skipped);
}

/* Before the runs, so that nobody waits for them in vain. */
static void
open_page(struct program *program)
{
	program->page = page_open(program->html);
	if (program->page == NULL)
		err(STATUS_USAGE, "--html: %s", program->html);
}

static void
finish_page(struct program *program)
{
	if (!page_finish(program->page, program->table))
		err(STATUS_USAGE, "--html: %s", program->html);
}

static void
list(const struct program *program)
{
	for (size_t i = 0; i < program->files.count; i++)
		printf("%s: %s\n",
		       raft_scenario_name(program->files.scenarios[i]),
		       raft_scenario_title(program->files.scenarios[i]));
}

static void
close_all(struct program *program)
{
	files_free(&program->files);
	free(program->builds);
	matrix_destroy(program->table);
	if (program->trace != NULL && program->trace != stdout &&
	    fclose(program->trace) != 0)
		err(STATUS_USAGE, "--trace");
	if (fflush(stdout) != 0)
		err(STATUS_USAGE, "output");
}

int
main(int argc, char **argv)
{
	struct program program = { .seed = 1, .seeds = 1 };

	read_options(&program, argc, argv);
	/* All are read before any is run: exit status 2 has run none. */
	if (!files_read(&program.files, argv + optind, (size_t)(argc - optind)))
		exit(STATUS_USAGE);
	program.table = matrix_create();
	if (program.list) {
		list(&program);
	} else {
		if (program.html != NULL)
			open_page(&program);
		run_all(&program);
		if (program.html != NULL)
			finish_page(&program);
	}
	close_all(&program);
	return program.failed > 0 ? STATUS_FAILED : 0;
}

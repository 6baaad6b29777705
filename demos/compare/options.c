/*
 * The command line of raft-scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/options.h"

#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <string.h>

#include "demos/compare/builds.h"
#include "raft/raft.h"

#define STATUS_USAGE 2
/** Below this the machine's own pace is all that would be seen. */
#define TIMEOUT_MS_MIN 50

static const char usage_text[] =
    "usage: raft-scenario [options] FILE...\n"
    "       raft-scenario [options] --guide FILE\n"
    "\n"
    "Runs scenarios, which are small text files, in virtual time.\n"
    "\n"
    "  --build LIST    the build to run: baseline, core4, default, all, or\n"
    "                  modules joined by + (repeatable; default: all)\n"
    "  --every-build   each subset of the modules of this program\n"
    "  --guide FILE    the scenarios and builds that a text leads through\n"
    "  --seed N        first seed (default 1)\n"
    "  --seeds K       seeds N to N+K-1 (default 1)\n"
    "  --matrix        one table: what each build did in each scenario, and\n"
    "                  which did best\n"
    "  --timeline      a picture of each run: who led when\n"
    "  --json          one JSON object a run\n"
    "  --trace FILE    every message, role change and fault, one line each\n"
    "                  (- is the standard output)\n"
    "  --real          each run again on processes, in real time\n"
    "  --timeout MS    what T lasts there (default 500)\n"
    "  --jobs N        so many at a time (default 4)\n"
    "  --tls           with TLS between them\n"
    "  --history DIR   what their clients did, a file a run\n"
    "  --html FILE     a page with all of it: the matrix, and each scenario's\n"
    "                  text, timelines, messages, expectations and metrics\n"
    "  --events N      end a run that is not over after so many events\n"
    "  --messages A..B the time in which it shows messages: 4.9s..5600ms\n"
    "  --list          say what the files are, run nothing\n"
    "  --quiet         only failures and the summary\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 every expectation held, 1 one failed or a safety\n"
    "property broke, 2 a file does not parse, an output cannot be written, or\n"
    "bad usage.\n";

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
open_trace(struct options *options, const char *file)
{
	if (options->trace != NULL)
		errx(STATUS_USAGE, "--trace: given twice, expected one file");
	options->trace =
	    strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
	if (options->trace == NULL)
		err(STATUS_USAGE, "--trace: %s", file);
}

/* The file of an option that may be given once. */
static void
take_file(const char **file, const char *option)
{
	if (*file != NULL)
		errx(STATUS_USAGE, "%s: given twice, expected one file",
		     option);
	*file = optarg;
}

static void
add_build(struct options *options)
{
	char error[1024];

	if (!builds_add(&options->builds, optarg, error, sizeof error))
		errx(STATUS_USAGE, "--build: %s", error);
}

static void
read_span(struct options *options)
{
	options->has_span = span_read(&options->span, optarg);
	if (!options->has_span)
		errx(STATUS_USAGE,
		     "--messages: '%s' is no stretch of time, "
		     "expected one such as 4.9s..5600ms",
		     optarg);
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
	OPTION_GUIDE,
	OPTION_SEED,
	OPTION_SEEDS,
	OPTION_EVENTS,
	OPTION_JSON,
	OPTION_TRACE,
	OPTION_HTML,
	OPTION_MESSAGES,
	OPTION_LIST,
	OPTION_QUIET,
	OPTION_MATRIX,
	OPTION_TIMELINE,
	OPTION_REAL,
	OPTION_TIMEOUT,
	OPTION_JOBS,
	OPTION_TLS,
	OPTION_HISTORY,
	OPTION_HELP,
	OPTION_VERSION,
};

static void
take_option(struct options *options, int option, bool *every_build)
{
	switch (option) {
	case OPTION_BUILD:
		add_build(options);
		break;
	case OPTION_EVERY_BUILD:
		*every_build = true;
		break;
	case OPTION_GUIDE:
		take_file(&options->guide, "--guide");
		break;
	case OPTION_SEED:
		options->seed = read_number("--seed", optarg);
		break;
	case OPTION_SEEDS:
		options->seeds = read_number("--seeds", optarg);
		break;
	case OPTION_EVENTS:
		options->events_max = read_number("--events", optarg);
		break;
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_TRACE:
		open_trace(options, optarg);
		break;
	case OPTION_HTML:
		take_file(&options->html, "--html");
		break;
	case OPTION_MESSAGES:
		read_span(options);
		break;
	case OPTION_LIST:
		options->list = true;
		break;
	case OPTION_QUIET:
		options->quiet = true;
		break;
	case OPTION_MATRIX:
		options->matrix = true;
		break;
	case OPTION_TIMELINE:
		options->timeline = true;
		break;
	case OPTION_REAL:
		options->real = true;
		break;
	case OPTION_TIMEOUT:
		options->timeout_ms = read_number("--timeout", optarg);
		break;
	case OPTION_JOBS:
		options->jobs = read_number("--jobs", optarg);
		break;
	case OPTION_TLS:
		options->tls = true;
		break;
	case OPTION_HISTORY:
		take_file(&options->histories, "--history");
		break;
	case OPTION_HELP:
		usage(stdout, 0);
	case OPTION_VERSION:
		version();
	default:
		usage(stderr, STATUS_USAGE);
	}
}

/* What belongs together, and what does not. */
static void
check(const struct options *options)
{
	if (options->guide == NULL && options->file_count == 0) {
		fputs("raft-scenario: no file, expected at least one\n\n",
		      stderr);
		usage(stderr, STATUS_USAGE);
	}
	if (options->guide != NULL &&
	    (options->file_count > 0 || options->builds.count > 0))
		errx(STATUS_USAGE, "--guide names scenarios and builds, "
		     "expected neither beside it");
	if (options->has_span && options->html == NULL)
		errx(STATUS_USAGE, "--messages is about a page, expected "
				   "--html too");
	if (options->timeout_ms < TIMEOUT_MS_MIN)
		errx(STATUS_USAGE, "--timeout: no cluster elects a leader in "
		     "%llu ms, expected %d at least",
		     (unsigned long long)options->timeout_ms, TIMEOUT_MS_MIN);
	if (!options->real && (options->tls || options->histories != NULL))
		errx(STATUS_USAGE, "--tls and --history are about processes, "
		     "expected --real too");
	if (options->json && (options->matrix || options->timeline))
		errx(STATUS_USAGE, "--json goes with neither --matrix nor "
		     "--timeline, expected one of them");
}

void
options_read(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{ "build", required_argument, NULL, OPTION_BUILD },
		{ "every-build", no_argument, NULL, OPTION_EVERY_BUILD },
		{ "guide", required_argument, NULL, OPTION_GUIDE },
		{ "seed", required_argument, NULL, OPTION_SEED },
		{ "seeds", required_argument, NULL, OPTION_SEEDS },
		{ "events", required_argument, NULL, OPTION_EVENTS },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "trace", required_argument, NULL, OPTION_TRACE },
		{ "html", required_argument, NULL, OPTION_HTML },
		{ "messages", required_argument, NULL, OPTION_MESSAGES },
		{ "list", no_argument, NULL, OPTION_LIST },
		{ "quiet", no_argument, NULL, OPTION_QUIET },
		{ "matrix", no_argument, NULL, OPTION_MATRIX },
		{ "timeline", no_argument, NULL, OPTION_TIMELINE },
		{ "real", no_argument, NULL, OPTION_REAL },
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ "jobs", required_argument, NULL, OPTION_JOBS },
		{ "tls", no_argument, NULL, OPTION_TLS },
		{ "history", required_argument, NULL, OPTION_HISTORY },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	bool every_build = false;
	char error[1024];
	int option;

	*options = (struct options){
		.seed = 1,
		.seeds = 1,
		.timeout_ms = 500,
		.jobs = 4,
	};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		take_option(options, option, &every_build);
	options->files = argv + optind;
	options->file_count = (size_t)(argc - optind);
	if (every_build)
		builds_add_every(&options->builds);
	check(options);
	if (options->builds.count == 0 &&
	    !builds_add(&options->builds, "all", error, sizeof error))
		errx(STATUS_USAGE, "%s", error);
}

bool
options_are_plain(const struct options *options)
{
	return !options->json && !options->quiet && !options->matrix &&
	       !options->timeline;
}

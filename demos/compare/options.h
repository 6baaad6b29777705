/*
 * The command line of raft-scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_OPTIONS_H
#define OUTRIGGER_COMPARE_OPTIONS_H

#include <stdio.h>

#include "demos/compare/record/comparison.h"
#include "demos/compare/record/stretch.h"

struct options {
	/** For each of the files. */
	struct builds builds;
	/** NULL: there are files instead. */
	const char *guide;
	char **files;
	size_t file_count;
	uint64_t seed;
	uint64_t seeds;
	/** A run is over after so many events; 0: when it is. */
	uint64_t events_max;
	bool json;
	bool list;
	bool quiet;
	bool matrix;
	bool timeline;
	/** Each run in reality too, and how. */
	bool real;
	uint64_t timeout_ms;
	bool tls;
	uint64_t jobs;
	/** NULL: nobody wants them. */
	const char *histories;
	/** NULL: none. */
	FILE *trace;
	const char *html;
	/** Where the page shows messages, if the user says so. */
	bool has_span;
	struct span span;
};

/** Read them. Ends the process with status 2 if they are not as they should be,
 *  and with 0 if they only ask what the program is. */
void options_read(struct options *options, int argc, char **argv);

/** What was said of a run goes to stdout, a line a run. */
bool options_are_plain(const struct options *options);

#endif

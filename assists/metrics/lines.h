/*
 * The lines of Prometheus' text format.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	# HELP outrigger_asks_total What was asked.
 *	# TYPE outrigger_asks_total counter
 *	outrigger_asks_total{kind="read",result="ok"} 7
 *
 * A family of series has one head, and its samples follow it. Labels are a text,
 * kind="read",result="ok" or "", of values in which nothing has to be escaped. No
 * number depends on the locale.
 */
#ifndef OUTRIGGER_METRICS_LINES_H
#define OUTRIGGER_METRICS_LINES_H

#include <stdio.h>

#include "assists/histogram/histogram.h"

/** A family's name, without "outrigger_", and a sentence about it. */
struct family {
	const char *name;
	const char *help;
};

/** Begin it: its type is "counter", "gauge" or "histogram". */
void
raft__lines_head(FILE *text, const struct family *family, const char *type);
/** A sample of it. */
void raft__lines_sample(FILE *text, const struct family *family,
			const char *labels, uint64_t value);
/** Likewise, of so many microseconds, in seconds. */
void raft__lines_seconds(FILE *text, const struct family *family,
			 const char *labels, uint64_t us);
/** Likewise, of a histogram. */
void raft__lines_histogram(FILE *text, const struct family *family,
			   const char *labels,
			   const struct raft_histogram *histogram);

/** A family of one series without labels. */
void raft__lines_gauge(FILE *text, const char *name, const char *help,
		       uint64_t value);
void raft__lines_counter(FILE *text, const char *name, const char *help,
			 uint64_t value);
void raft__lines_durations(FILE *text, const char *name, const char *help,
			   const struct raft_histogram *histogram);

/** Room for a name in small letters. */
#define LOWER_BYTES 64

/** A name such as RAFT_REASONS has, in small letters, as values of labels are. */
const char *raft__lines_lower(const char *name, char lower[LOWER_BYTES]);

#endif

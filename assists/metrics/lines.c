/*
 * Writing lines of Prometheus' text format (lines.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/metrics/lines.h"

#include <inttypes.h>

#define PREFIX "outrigger_"

void
raft__lines_head(FILE *text, const struct family *family, const char *type)
{
	fprintf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
		family->name, family->help, family->name, type);
}

/** The name, and the labels if there are any. */
static void
begin_sample(FILE *text, const char *name, const char *labels)
{
	if (labels[0] == '\0')
		fprintf(text, PREFIX "%s ", name);
	else
		fprintf(text, PREFIX "%s{%s} ", name, labels);
}

/* Without zeros at the end: a bound is a label, which Prometheus compares by its
 * letters. */
static void
put_seconds(FILE *text, uint64_t us)
{
	uint64_t part = us % 1000000;
	int digits = 6;

	fprintf(text, "%" PRIu64, us / 1000000);
	if (part == 0)
		return;
	for (; part % 10 == 0; part /= 10)
		digits--;
	fprintf(text, ".%0*" PRIu64, digits, part);
}

void
raft__lines_sample(FILE *text, const struct family *family, const char *labels,
		   uint64_t value)
{
	begin_sample(text, family->name, labels);
	fprintf(text, "%" PRIu64 "\n", value);
}

void
raft__lines_seconds(FILE *text, const struct family *family, const char *labels,
		    uint64_t us)
{
	begin_sample(text, family->name, labels);
	put_seconds(text, us);
	fputc('\n', text);
}

/** A bucket has all that the smaller ones have, too. */
static void
put_bucket(FILE *text, const char *name, const char *labels, size_t at,
	   uint64_t count)
{
	fprintf(text, PREFIX "%s_bucket{%s%sle=\"", name, labels,
		labels[0] == '\0' ? "" : ",");
	if (at < RAFT_HISTOGRAM_BOUNDS)
		put_seconds(text, raft_histogram_bounds_us[at]);
	else
		fputs("+Inf", text);
	fprintf(text, "\"} %" PRIu64 "\n", count);
}

void
raft__lines_histogram(FILE *text, const struct family *family,
		      const char *labels,
		      const struct raft_histogram *histogram)
{
	char name[LOWER_BYTES];
	uint64_t count = 0;

	for (size_t i = 0; i <= RAFT_HISTOGRAM_BOUNDS; i++) {
		count += histogram->counts[i];
		put_bucket(text, family->name, labels, i, count);
	}
	snprintf(name, sizeof(name), "%s_sum", family->name);
	begin_sample(text, name, labels);
	put_seconds(text, histogram->sum_us);
	snprintf(name, sizeof(name), "%s_count", family->name);
	fputc('\n', text);
	begin_sample(text, name, labels);
	fprintf(text, "%" PRIu64 "\n", count);
}

static void
put_single(FILE *text, const struct family *family, const char *type,
	   uint64_t value)
{
	raft__lines_head(text, family, type);
	raft__lines_sample(text, family, "", value);
}

void
raft__lines_gauge(FILE *text, const char *name, const char *help,
		  uint64_t value)
{
	put_single(text, &(struct family){ name, help }, "gauge", value);
}

void
raft__lines_counter(FILE *text, const char *name, const char *help,
		    uint64_t value)
{
	put_single(text, &(struct family){ name, help }, "counter", value);
}

void
raft__lines_durations(FILE *text, const char *name, const char *help,
		      const struct raft_histogram *histogram)
{
	struct family family = { name, help };

	raft__lines_head(text, &family, "histogram");
	raft__lines_histogram(text, &family, "", histogram);
}

const char *
raft__lines_lower(const char *name, char lower[LOWER_BYTES])
{
	size_t i;

	for (i = 0; name[i] != '\0' && i + 1 < LOWER_BYTES; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z'
				      ? name[i] - 'A' + 'a'
				      : name[i]);
	lower[i] = '\0';
	return lower;
}

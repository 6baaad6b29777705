/*
 * An elastic axis.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/elastic.h"

#include <stdlib.h>

#include "demos/compare/record/grown.h"

/** Each instant of note has so much room, if all of it leaves a part of the width
 *  for time itself. */
#define STEP 11
#define STEPS_PERCENT 75

void
elastic_add(struct elastic *elastic, uint64_t at)
{
	elastic->at = grown(elastic->at, elastic->count, sizeof *elastic->at);
	elastic->at[elastic->count++] = at;
}

static int
compare_instants(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

static void
sort(struct elastic *elastic)
{
	size_t kept = 0;

	qsort(elastic->at, elastic->count, sizeof *elastic->at,
	      compare_instants);
	for (size_t i = 0; i < elastic->count; i++) {
		if (kept == 0 || elastic->at[kept - 1] != elastic->at[i])
			elastic->at[kept++] = elastic->at[i];
	}
	elastic->count = kept;
}

void
elastic_fit(struct elastic *elastic, int width)
{
	double step, rest, used;
	uint64_t all;

	sort(elastic);
	elastic->place = calloc(elastic->count + 1, sizeof *elastic->place);
	if (elastic->place == NULL)
		abort();
	if (elastic->count < 2)
		return;
	step =
	    (double)width * STEPS_PERCENT / 100 / (double)(elastic->count - 1);
	step = step > STEP ? STEP : step;
	rest = width - step * (double)(elastic->count - 1);
	all = elastic->at[elastic->count - 1] - elastic->at[0];
	for (size_t i = 1; i < elastic->count; i++) {
		used = (double)(elastic->at[i] - elastic->at[0]) / (double)all;
		elastic->place[i] = (int)(step * (double)i + rest * used + 0.5);
	}
}

int
elastic_place(const struct elastic *elastic, uint64_t at)
{
	size_t i = 0;
	double share;

	while (i < elastic->count && elastic->at[i] < at)
		i++;
	if (i == elastic->count)
		return i == 0 ? 0 : elastic->place[i - 1];
	if (i == 0 || elastic->at[i] == at)
		return elastic->place[i];
	share = (double)(at - elastic->at[i - 1]) /
		(double)(elastic->at[i] - elastic->at[i - 1]);
	return elastic->place[i - 1] +
	       (int)(share * (elastic->place[i] - elastic->place[i - 1]));
}

void
elastic_free(struct elastic *elastic)
{
	free(elastic->at);
	free(elastic->place);
}

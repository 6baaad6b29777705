/*
 * A page of all runs: the matrix, and each run's timeline, what it asked and
 * what was measured.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One file of HTML that refers to nothing outside it and runs no script. It is
 * well-formed XML too. The same runs make the same bytes.
 */
#ifndef OUTRIGGER_COMPARE_PAGE_H
#define OUTRIGGER_COMPARE_PAGE_H

#include "demos/compare/record/matrix.h"
#include "demos/compare/record/timeline.h"

/** So many runs are shown; further ones are in the matrix alone, and the page
 *  says so. */
#define PAGE_RUNS_MAX 1000

struct page;

/** NULL: the file cannot be written; errno says why. */
struct page *page_open(const char *path);

/** Runs come in the order of the matrix. */
void page_add(struct page *page, const struct run_key *key,
	      const struct raft_scenario_result *result,
	      const struct timeline *timeline);

/** Write the page, of which `matrix` has every run, and free it. False: nothing
 *  is written, what was there before stays, and errno says why. */
bool page_finish(struct page *page, const struct matrix *matrix);

#endif

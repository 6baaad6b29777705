/*
 * A page of all runs: the matrix, and each scenario with its text, the runs of
 * its builds beside one another, their messages, and what was found.
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
#include "demos/compare/record/run.h"
#include "demos/compare/record/stretch.h"

/** So many runs are shown; further ones are in the matrix alone, and the page
 *  says so. Of a comparison the first seeds are, of every build as many. */
#define PAGE_RUNS_MAX 1000

struct page;

/** NULL: the file cannot be written; errno says why. */
struct page *page_open(const char *path);

/** Where messages are shown, instead of where it is worth looking. */
void page_set_span(struct page *page, const struct span *span);

/** The runs of a comparison come next, with so many seeds from that one on. */
void page_begin(struct page *page, const struct comparison *comparison,
		uint64_t first_seed, uint64_t seeds);

/** What has to be recorded of a run for the page. */
bool page_shows(const struct page *page, const struct run_key *key);
bool page_shows_messages(const struct page *page, const struct run_key *key);

/** Take over a run of it, in the order of the matrix. */
void page_add(struct page *page, struct run *run);

/** All of its runs are there; they end the matrix, where they are finished. */
void page_end(struct page *page, const struct matrix *matrix);

/** Write the page, of which `matrix` has every run, and free it. The title and
 *  the words at its head may be NULL. False: nothing is written, what was there
 *  before stays, and errno says why. */
bool page_finish(struct page *page, const struct matrix *matrix,
		 const char *title, const char *text);

#endif

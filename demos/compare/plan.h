/*
 * What is to be compared: scenarios, each with its builds, and what is said to a
 * reader of them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_PLAN_H
#define OUTRIGGER_COMPARE_PLAN_H

#include "demos/compare/record/comparison.h"

struct plan {
	/** What all of it is about, and an introduction; NULL: nobody says. */
	char *title;
	char *text;
	/** Each stays where it is, as comparisons point to them. */
	struct chapter **chapters;
	size_t chapter_count;
	/** In the order given; they own their scenarios. Their places change
	 *  until all are there. */
	struct comparison *comparisons;
	size_t count;
	/** The notes that were told; the scenarios own them. */
	const char **told;
	size_t told_count;
};

/**
 * Add the scenario in that file, with copies of the builds, to the chapter that
 * was added last. False: the file cannot be read or is no scenario; on stderr
 * stands what is wrong, or else what should be known of it.
 */
bool plan_add(struct plan *plan, const char *path, const struct builds *builds);

/** Free what it holds. */
void plan_free(struct plan *plan);

#endif

/*
 * The scenario files of a command line.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_FILES_H
#define OUTRIGGER_COMPARE_FILES_H

#include "assists/scenario/scenario.h"

struct files {
	/** In the order given. */
	struct raft_scenario **scenarios;
	size_t count;
	/** The notes that were told; the scenarios own them. */
	const char **told;
	size_t told_count;
};

/** Read them all. False: one cannot be read or is no scenario. On stderr stands
 *  what is wrong with each, and what should be known. */
bool files_read(struct files *files, char **paths, size_t count);

void files_free(struct files *files);

#endif

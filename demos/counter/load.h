/*
 * A load: many clients that add 1 through whichever server leads.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_LOAD_H
#define OUTRIGGER_COUNTER_LOAD_H

#include <stdbool.h>

#include "demos/counter/servers.h"

struct load_options {
	const struct servers *servers;
	unsigned int seconds;
	/** Clients, each with one addition under way. */
	unsigned int workers;
	/** A line a second. */
	bool progress;
};

/**
 * Run it and print, as the last line,
 *
 *   acknowledged=A unknown=U highest=H longest_gap_ms=G retried=R
 *
 * where U may have been done or not, H is the highest value in an answer, for G
 * no addition was acknowledged, and R times one had to be sent again although it
 * may have been done. False: a client was answered a value that
 * was not above the one before, which no replicated counter may do.
 */
bool load_run(const struct load_options *options);

#endif

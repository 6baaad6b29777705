/*
 * What the checkers share: the verdict.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "assists/sim/check/check.h"

void
sim_accuse(struct sim_verdict *verdict, const char *property,
	   const char *format, ...)
{
	char detail[240];
	va_list arguments;

	if (verdict->broken)
		return;
	verdict->broken = true;
	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	snprintf(verdict->text, sizeof(verdict->text),
		 "%s: %s (at %" PRIu64 ".%06" PRIu64 " s)", property, detail,
		 verdict->now / 1000000, verdict->now % 1000000);
}

void
sim_checks_clear(struct sim_checks *checks)
{
	sim_check_election_clear(&checks->election);
	sim_check_matching_clear(&checks->matching);
	sim_history_clear(&checks->history);
	sim_check_acknowledged_clear(&checks->acknowledged);
	sim_check_reads_clear(&checks->reads);
	sim_check_votes_clear(&checks->votes);
	sim_check_membership_clear(&checks->membership);
	sim_check_digests_clear(&checks->digests);
}

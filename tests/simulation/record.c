/*
 * A trial written down as a scenario while it goes on, so that what is there
 * when the process dies is all that led to it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/simulation/sweep.h"

/** The time that passed since the last statement. */
static void
catch_up(struct trial *trial, uint64_t now)
{
	if (now > trial->recorded_at)
		fprintf(trial->record, "run %" PRIu64 "us\n",
			now - trial->recorded_at);
	trial->recorded_at = now;
}

void
record_setting(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	if (trial->record == NULL)
		return;
	va_start(arguments, format);
	vfprintf(trial->record, format, arguments);
	va_end(arguments);
	fputc('\n', trial->record);
}

void
record_verb(void *context, uint64_t now, const char *statement)
{
	struct trial *trial = context;

	/* By itself every node starts when the scenario begins. */
	if (now == 0 && strncmp(statement, "start ", 6) == 0)
		return;
	catch_up(trial, now);
	fprintf(trial->record, "%s\n", statement);
	fflush(trial->record);
}

/** What of the trial's end is a scenario's `run until`. */
static const struct {
	const char *error;
	const char *condition;
} waits[] = {
	{ "no leader", "leader" },
	{ "no write", "acks >= 1 since mark" },
	{ "no read", "reads >= 1 since mark" },
	{ "the logs", "logs equal" },
};

void
record_end(struct trial *trial, const char *error)
{
	if (trial->record == NULL)
		return;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		if (error == NULL || strstr(error, waits[i].error) == NULL)
			continue;
		fprintf(trial->record, "run until %s within 40T\n",
			waits[i].condition);
		return;
	}
	catch_up(trial, raft_sim_now(trial->sim));
}

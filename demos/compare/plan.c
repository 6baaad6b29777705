/*
 * What is to be compared.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/compare/builds.h"
#include "demos/compare/record/grown.h"
#include "demos/compare/text_file.h"

static struct raft_scenario *
read_scenario(const char *path, char *error, size_t size)
{
	struct raft_scenario *scenario = NULL;
	size_t length;
	char *text = text_file_read(path, &length);

	if (text != NULL)
		scenario =
		    raft_scenario_parse(path, text, length, error, size);
	else
		snprintf(error, size, "%s:1: cannot be read (%s), expected a "
			 "scenario", path, strerror(errno));
	free(text);
	return scenario;
}

static bool
is_told(const struct plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->told_count; i++) {
		if (strcmp(plan->told[i], text) == 0)
			return true;
	}
	return false;
}

/* What several files have in common once, of the first. */
static void
tell_notes(struct plan *plan, const struct raft_scenario *scenario)
{
	const struct raft_scenario_note *notes;
	size_t count;

	notes = raft_scenario_notes(scenario, &count);
	for (size_t i = 0; i < count; i++) {
		if (is_told(plan, notes[i].text))
			continue;
		fprintf(stderr, "%s:%d: %s\n", raft_scenario_name(scenario),
			notes[i].line, notes[i].text);
		plan->told = grown(plan->told, plan->told_count,
				   sizeof *plan->told);
		plan->told[plan->told_count++] = notes[i].text;
	}
}

bool
plan_add(struct plan *plan, const char *path, const struct builds *builds)
{
	struct raft_scenario *scenario;
	struct comparison *comparison;
	char error[1024];

	scenario = read_scenario(path, error, sizeof error);
	if (scenario == NULL) {
		fprintf(stderr, "%s\n", error);
		return false;
	}
	tell_notes(plan, scenario);
	plan->comparisons = grown(plan->comparisons, plan->count,
				  sizeof *plan->comparisons);
	comparison = &plan->comparisons[plan->count++];
	*comparison = (struct comparison){ .scenario = scenario };
	builds_copy(&comparison->builds, builds);
	if (plan->chapter_count > 0)
		comparison->chapter = plan->chapters[plan->chapter_count - 1];
	return true;
}

void
plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		raft_scenario_free(plan->comparisons[i].scenario);
		builds_free(&plan->comparisons[i].builds);
	}
	for (size_t i = 0; i < plan->chapter_count; i++) {
		free(plan->chapters[i]->title);
		free(plan->chapters[i]->text);
		free(plan->chapters[i]);
	}
	free(plan->title);
	free(plan->text);
	free(plan->chapters);
	free(plan->comparisons);
	free(plan->told);
}

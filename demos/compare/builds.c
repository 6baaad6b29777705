/*
 * The builds that are compared.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/builds.h"

#include <stdlib.h>
#include <string.h>

#include "demos/compare/record/grown.h"

/* Under the name it was asked for first. */
static void
add(struct builds *builds, const char *name, uint32_t modules)
{
	struct build build = { .modules = modules };

	for (size_t i = 0; i < builds->count; i++) {
		if (builds->of[i].modules == modules)
			return;
	}
	build.name = strdup(name);
	if (build.name == NULL)
		abort();
	builds->of = grown(builds->of, builds->count, sizeof build);
	builds->of[builds->count++] = build;
}

bool
builds_add(struct builds *builds, const char *name, char *error, size_t size)
{
	uint32_t modules;

	if (!raft_scenario_build(name, &modules, error, size))
		return false;
	add(builds, name, modules);
	return true;
}

void
builds_add_every(struct builds *builds)
{
	char name[RAFT_SCENARIO_BUILD_BYTES];
	uint32_t modules;

	for (size_t i = 0; raft_scenario_every_build(i, &modules); i++) {
		raft_scenario_build_name(modules, name, sizeof name);
		add(builds, name, modules);
	}
}

void
builds_copy(struct builds *copy, const struct builds *builds)
{
	*copy = (struct builds){ .count = 0 };
	for (size_t i = 0; i < builds->count; i++)
		add(copy, builds->of[i].name, builds->of[i].modules);
}

void
builds_free(struct builds *builds)
{
	for (size_t i = 0; i < builds->count; i++)
		free(builds->of[i].name);
	free(builds->of);
}

/*
 * The builds that trials are made of, by name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/sweep.h"

#define MODULES_MAX 6

static size_t
add_build(struct build *builds, size_t count, const char *name)
{
	uint64_t mask;

	if (count == BUILDS_MAX)
		errx(2, "more than %d builds", BUILDS_MAX);
	builds[count].mixed = strcmp(name, "mixed") == 0;
	if (!builds[count].mixed && !raft_mask(name, &mask))
		errx(2, "build %s: modules here are %s", name, raft_build());
	strlcpy(builds[count].name, name, sizeof(builds[count].name));
	return count + 1;
}

/** Every subset of the modules linked, the empty one first. */
static size_t
add_subsets(struct build *builds, size_t count)
{
	char linked[160], *names[MODULES_MAX], *rest = linked, *name;
	size_t modules = 0;

	strlcpy(linked, raft_build(), sizeof(linked));
	while ((name = strsep(&rest, "+")) != NULL && modules < MODULES_MAX)
		if (strcmp(name, "baseline") != 0)
			names[modules++] = name;
	for (size_t subset = 0; subset < (size_t)1 << modules; subset++) {
		char text[160] = "";

		for (size_t i = 0; i < modules; i++) {
			if ((subset >> i & 1) == 0)
				continue;
			if (text[0] != '\0')
				strlcat(text, "+", sizeof(text));
			strlcat(text, names[i], sizeof(text));
		}
		count = add_build(builds, count, subset ? text : "baseline");
	}
	return count;
}

size_t
builds_parse(struct build *builds, const char *list)
{
	char *copy = strdup(list), *rest = copy, *name;
	size_t count = 0;

	if (copy == NULL)
		err(2, "strdup");
	while ((name = strsep(&rest, ",")) != NULL)
		count = strcmp(name, "all") == 0
			    ? add_subsets(builds, count)
			    : add_build(builds, count, name);
	free(copy);
	return count;
}

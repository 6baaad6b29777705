/*
 * The builds that trials are made of, by name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/sweep.h"

#define MODULES_MAX 12
/** So many of ours come first, of which each subset is a build: raft.bzl. */
#define ON 4

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

static bool
composes(const char *name)
{
	static const struct raft_stored empty;
	struct raft_options options = { .self = { .id = 1, .incarnation = 1 } };
	struct raft *member = NULL;

	if (raft_mask(name, &options.mask))
		(void)!raft_start(&options, &empty, 0, &member);
	raft_destroy(member);
	return member != NULL;
}

/** Of those beyond the first each alone, but for what it cannot be without, and
 *  beside all. */
static bool
is_sampled(size_t subset, size_t modules, const char *name, size_t *latest)
{
	size_t later = subset >> ON << ON;

	if (later == 0 || subset == ((size_t)1 << modules) - 1)
		return true;
	if (later == *latest || (later & (later - 1)) != 0 || !composes(name))
		return false;
	*latest = later;
	return true;
}

/** Names of modules, joined as a build's. */
static void
join_names(char *text, size_t size, char *const *names, size_t subset)
{
	strlcpy(text, subset == 0 ? "baseline" : "", size);
	for (size_t i = 0; subset >> i != 0; i++) {
		if ((subset >> i & 1) == 0)
			continue;
		if (text[0] != '\0')
			strlcat(text, "+", size);
		strlcat(text, names[i], size);
	}
}

/** Subsets of so many of the modules linked, the empty one first. */
static size_t
add_subsets(struct build *builds, size_t count, size_t most)
{
	char linked[160], *names[MODULES_MAX], *rest = linked, *name;
	size_t modules = 0, latest = 0;

	strlcpy(linked, raft_build(), sizeof(linked));
	while ((name = strsep(&rest, "+")) != NULL && modules < most)
		if (strcmp(name, "baseline") != 0)
			names[modules++] = name;
	for (size_t subset = 0; subset < (size_t)1 << modules; subset++) {
		char text[160];

		join_names(text, sizeof(text), names, subset);
		if (is_sampled(subset, modules, text, &latest))
			count = add_build(builds, count, text);
	}
	return count;
}

static uint64_t
mask_of(const char *name)
{
	uint64_t mask = 0;

	if (!raft_mask(name, &mask))
		abort();
	return mask;
}

uint64_t
build_first(const struct build *build)
{
	char name[sizeof(build->name)];

	strlcpy(name, build->name, sizeof(name));
	name[strcspn(name, ":")] = '\0';
	return mask_of(name);
}

uint64_t
build_next(const struct build *build)
{
	return mask_of(build->next);
}

/** From one to another. */
static void
make_pair(struct build *pair, const char *first, const char *next)
{
	pair->mixed = false;
	strlcpy(pair->next, next, sizeof(pair->next));
	if (snprintf(pair->name, sizeof(pair->name), "%s:%s", first, next) >=
	    (int)sizeof(pair->name))
		errx(2, "build %s: too long a name", next);
}

/** Of each to each, itself too. */
static size_t
square(struct build *builds, size_t count)
{
	struct build *each = calloc(count, sizeof(*each));

	if (each == NULL)
		err(2, "calloc");
	if (count * count > BUILDS_MAX)
		errx(2, "more than %d upgrades", BUILDS_MAX);
	memcpy(each, builds, count * sizeof(*each));
	for (size_t i = 0; i < count * count; i++)
		make_pair(&builds[i], each[i / count].name,
			  each[i % count].name);
	free(each);
	return count * count;
}

static size_t
parse_upgrade(struct build *builds, const char *list)
{
	const char *colon = strchr(list, ':');
	char *first;

	if (strcmp(list, "mixed") == 0)
		return add_build(builds, 0, list);
	if (colon == NULL)
		return square(builds, builds_parse(builds, list, false));
	first = strndup(list, (size_t)(colon - list));
	if (first == NULL)
		err(2, "strndup");
	/* Both are builds. */
	add_build(builds, 0, first);
	add_build(builds, 0, colon + 1);
	make_pair(&builds[0], first, colon + 1);
	free(first);
	return 1;
}

size_t
builds_parse(struct build *builds, const char *list, bool upgrades)
{
	char *copy = strdup(list), *rest = copy, *name;
	size_t count = 0;

	if (upgrades) {
		free(copy);
		return parse_upgrade(builds, list);
	}
	if (copy == NULL)
		err(2, "strdup");
	while ((name = strsep(&rest, ",")) != NULL)
		count = strcmp(name, "all") == 0
			    ? add_subsets(builds, count, MODULES_MAX)
			: strcmp(name, "on") == 0
			    ? add_subsets(builds, count, ON)
			    : add_build(builds, count, name);
	free(copy);
	return count;
}

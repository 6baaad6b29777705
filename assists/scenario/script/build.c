/*
 * Builds: sets of the library's modules, by name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/script/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raft/raft.h"

#define MODULES_MAX 31

/** The modules of this repository, whether or not this binary carries them, in
 *  the order of raft.bzl, which gives this list. */
static const char ours[] = RAFT_SCENARIO_OURS;

/** The first of them, which a build has unless something else is said: raft.bzl. */
#define CORE4 UINT32_C(0xf)

/* The name at that position of names joined by `+`; NULL: there are fewer. */
static const char *
name_at(const char *list, size_t position, size_t *length)
{
	for (;; list += *length + 1) {
		*length = strcspn(list, "+");
		if (position-- == 0)
			return list;
		if (list[*length] == '\0')
			return NULL;
	}
}

static bool
has_name(const char *list, const char *name, size_t length)
{
	const char *other;
	size_t other_length;

	for (size_t i = 0; (other = name_at(list, i, &other_length)) != NULL;
	     i++)
		if (other_length == length && memcmp(other, name, length) == 0)
			return true;
	return false;
}

/* The n-th module of this binary that is not ours. NULL: there is none. */
static const char *
foreign_name(size_t n, size_t *length)
{
	const char *name;

	for (size_t i = 0; (name = name_at(raft_build(), i, length)) != NULL;
	     i++)
		if (!has_name(ours, name, *length) &&
		    strcmp(name, "baseline") != 0 && n-- == 0)
			return name;
	return NULL;
}

static size_t
our_count(void)
{
	size_t length, count = 0;

	while (name_at(ours, count, &length) != NULL)
		count++;
	return count;
}

const char *
build_nth(size_t position)
{
	static char names[MODULES_MAX][64];
	size_t length, count = our_count();
	const char *name;

	if (position >= MODULES_MAX)
		return NULL;
	name = position < count ? name_at(ours, position, &length)
				: foreign_name(position - count, &length);
	if (name == NULL)
		return NULL;
	snprintf(names[position], sizeof names[position], "%.*s", (int)length,
		 name);
	return names[position];
}

bool
build_module(const char *name, size_t length, uint32_t *modules)
{
	const char *other;

	for (size_t i = 0; (other = build_nth(i)) != NULL; i++) {
		if (strlen(other) == length &&
		    strncmp(other, name, length) == 0) {
			*modules = UINT32_C(1) << i;
			return true;
		}
	}
	return false;
}

/* The names of a set in our order. */
static void
join(uint32_t modules, const char *between, char *text, size_t size)
{
	const char *name;
	size_t used = 0;

	for (size_t i = 0; (name = build_nth(i)) != NULL; i++) {
		if ((modules >> i & 1) == 0 ||
		    used + strlen(name) + strlen(between) >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 used > 0 ? between : "", name);
	}
}

const char *
build_list(uint32_t modules, char *text, size_t size)
{
	snprintf(text, size, "none");
	join(modules, ", ", text, size);
	return text;
}

void
raft_scenario_build_name(uint32_t modules, char *name, size_t size)
{
	snprintf(name, size, "baseline");
	join(modules, "+", name, size);
}

/* A set from names joined by `+`. On failure the name that is unknown. */
static bool
parse_names(const char *list, uint32_t *modules, const char **unknown,
	    size_t *length)
{
	uint32_t module;

	*modules = 0;
	if (strcmp(list, "baseline") == 0)
		return true;
	for (;; list += *length + 1) {
		*unknown = list;
		*length = strcspn(list, "+");
		if (!build_module(list, *length, &module))
			return false;
		*modules |= module;
		if (list[*length] == '\0')
			return true;
	}
}

uint32_t
build_present(void)
{
	const char *unknown;
	uint32_t modules;
	size_t length;

	(void)parse_names(raft_build(), &modules, &unknown, &length);
	return modules;
}

/* A member of that build. NULL: a module of it needs one that it lacks. */
static struct raft *
start_member(uint64_t mask)
{
	const struct raft_options options = {
		.self = { .id = 1, .incarnation = 1 },
		.seed = 1,
		.mask = mask,
	};
	const struct raft_stored stored = { 0 };
	struct raft *member;
	enum raft_result result = raft_start(&options, &stored, 0, &member);

	if (result != RAFT_OK && result != RAFT_INVALID)
		abort();
	return member;
}

/* A real build has its modules whatever the mask says. */
static bool
is_fixed(void)
{
	struct raft *member = start_member(0);
	uint64_t capabilities;

	capabilities = raft_capabilities(member);
	raft_destroy(member);
	return (capabilities & UINT32_MAX) != 0;
}

/* All of a set are in this binary, else a sentence. */
static bool
is_present(uint32_t modules, char *error, size_t size)
{
	char lacking[RAFT_SCENARIO_BUILD_BYTES], has[RAFT_SCENARIO_BUILD_BYTES];

	if ((modules & ~build_present()) == 0)
		return true;
	snprintf(error, size, "this binary lacks %s, expected modules out of "
		 "those that it has: %s",
		 build_list(modules & ~build_present(), lacking,
			    sizeof lacking),
		 build_list(build_present(), has, sizeof has));
	return false;
}

uint64_t
build_mask(uint32_t modules)
{
	char name[RAFT_SCENARIO_BUILD_BYTES];
	uint64_t mask = 0;

	raft_scenario_build_name(modules, name, sizeof name);
	if (!is_fixed() && !raft_mask(name, &mask))
		abort();
	return mask;
}

static bool
composes(uint32_t modules)
{
	struct raft *member = start_member(build_mask(modules));

	raft_destroy(member);
	return member != NULL;
}

bool
raft_scenario_build(const char *list, uint32_t *modules, char *error,
		    size_t size)
{
	char has[RAFT_SCENARIO_BUILD_BYTES];
	const char *unknown;
	size_t length;

	if (strcmp(list, "core4") == 0)
		*modules = CORE4;
	else if (strcmp(list, "default") == 0)
		*modules = CORE4 & build_present();
	else if (strcmp(list, "all") == 0)
		*modules = build_present();
	else if (!parse_names(list, modules, &unknown, &length)) {
		snprintf(error, size, "unknown module '%.*s', expected "
			 "baseline, core4, default, all, or modules joined by "
			 "+, out of those that this binary has: %s",
			 (int)length, unknown,
			 build_list(build_present(), has, sizeof has));
		return false;
	}
	if (!is_present(*modules, error, size))
		return false;
	if (is_fixed() && *modules != build_present()) {
		snprintf(error, size, "this binary cannot run the build '%s', "
			 "expected '%s'", list, raft_build());
		return false;
	}
	if (!composes(*modules)) {
		snprintf(error, size, "no build '%s': a module of it is not "
			 "safe without one that is missing", list);
		return false;
	}
	return true;
}

/* The subset of this binary's modules at that position. */
static bool
subset_at(size_t position, uint32_t *modules)
{
	uint32_t present = build_present();

	*modules = 0;
	for (size_t i = 0; i < MODULES_MAX; i++) {
		if ((present >> i & 1) == 0)
			continue;
		*modules |= (uint32_t)(position & 1) << i;
		position >>= 1;
	}
	return position == 0;
}

bool
raft_scenario_every_build(size_t position, uint32_t *modules)
{
	if (is_fixed()) {
		*modules = build_present();
		return position == 0;
	}
	for (size_t i = 0; subset_at(i, modules); i++)
		if (composes(*modules) && position-- == 0)
			return true;
	return false;
}

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

/** Known to the project, whether or not this binary carries them. The core
 *  four come first. */
static const char *const known[] = {
	"prevote",   "checkquorum", "stickiness", "learners",	"split_vote",
	"fencing",   "nominate",    "catchup",	  "disconnect", "priority",
};

#define KNOWN_COUNT (sizeof known / sizeof known[0])
#define CORE4 UINT32_C(15)

/** What a module cannot safely be without. */
static const struct {
	const char *module;
	const char *needs;
} rules[] = {
	{ "fencing", "stickiness" },
	{ "fencing", "checkquorum" },
	{ "catchup", "prevote" },
	{ "nominate", "checkquorum" },
};

/* The n-th module of this binary that the project does not know, which stands
 * in our list after those that it knows. NULL: there is none. */
static const char *
foreign_name(size_t n, size_t *length)
{
	const char *name = raft_build();

	for (;; name += *length + 1) {
		bool is_known = strcmp(name, "baseline") == 0;

		*length = strcspn(name, "+");
		for (size_t i = 0; i < KNOWN_COUNT; i++)
			is_known |= strlen(known[i]) == *length &&
				    strncmp(known[i], name, *length) == 0;
		if (!is_known && n-- == 0)
			return name;
		if (name[*length] == '\0')
			return NULL;
	}
}

const char *
build_nth(size_t position)
{
	static char names[MODULES_MAX][64];
	const char *name;
	size_t length;

	if (position < KNOWN_COUNT)
		return known[position];
	if (position >= MODULES_MAX)
		return NULL;
	name = foreign_name(position - KNOWN_COUNT, &length);
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

/* A real build has its modules whatever the mask says. */
static bool
is_fixed(void)
{
	const struct raft_options options = {
		.self = { .id = 1, .incarnation = 1 },
		.seed = 1,
	};
	const struct raft_stored stored = { 0 };
	uint64_t capabilities;
	struct raft *member;

	if (raft_start(&options, &stored, 0, &member) != RAFT_OK)
		abort();
	capabilities = raft_capabilities(member);
	raft_destroy(member);
	return (capabilities & UINT32_MAX) != 0;
}

/* The first rule that a set breaks, as a sentence. */
static bool
is_legal(uint32_t modules, char *error, size_t size)
{
	uint32_t module = 0, needs = 0;

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		(void)build_module(rules[i].module, strlen(rules[i].module),
				   &module);
		(void)build_module(rules[i].needs, strlen(rules[i].needs),
				   &needs);
		if ((modules & module) != 0 && (modules & needs) == 0) {
			snprintf(error, size, "a build with '%s' is unsafe "
				 "without '%s', expected both or neither",
				 rules[i].module, rules[i].needs);
			return false;
		}
	}
	return true;
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
	if (!is_legal(*modules, error, size) ||
	    !is_present(*modules, error, size))
		return false;
	if (is_fixed() && *modules != build_present()) {
		snprintf(error, size, "this binary cannot run the build '%s', "
			 "expected '%s'", list, raft_build());
		return false;
	}
	return true;
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

size_t
raft_scenario_every_build(uint32_t builds[16])
{
	size_t count = 0;

	for (uint32_t set = 0; set <= CORE4; set++) {
		if ((set & ~build_present()) == 0 &&
		    (!is_fixed() || set == build_present()))
			builds[count++] = set;
	}
	return count;
}

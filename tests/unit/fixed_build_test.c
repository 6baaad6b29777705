/*
 * The names of builds in a binary whose build is fixed: with the modules of //:raft, or
 * some of them if others are switched off.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "assists/scenario/script/build.h"
#include "raft/raft.h"

#define ROOM 512

static void
assert_is_it(const char *name)
{
	char error[ROOM] = "";
	uint32_t modules = 0;

	if (!raft_scenario_build(name, &modules, error, sizeof(error)))
		fail_msg("%s: %s", name, error);
	assert_int_equal(modules, build_present());
	assert_int_equal(build_mask(modules), 0);
}

static void
assert_refused(const char *name, const char *expected)
{
	char error[ROOM] = "";
	uint32_t modules;

	assert_false(raft_scenario_build(name, &modules, error, sizeof(error)));
	assert_string_equal(error, expected);
}

static void
the_one_that_it_has_is_run(void **state)
{
	(void)state;
	assert_is_it("all");
	assert_is_it("default");
	assert_is_it(raft_build());
}

/* Those of four modules, which it has, and of one that no //:raft is tested with. */
static void
another_is_refused_by_what_it_has(void **state)
{
	char expected[ROOM], has[128];
	uint32_t others = 0;

	(void)state;
	(void)build_module("fencing", 7, &others);
	if ((build_present() & others) != 0)
		skip();
	build_list(build_present(), has, sizeof(has));
	snprintf(expected, sizeof(expected),
		 "this binary lacks fencing, expected modules out of those "
		 "that it has: %s",
		 has);
	assert_refused("fencing", expected);
	snprintf(expected, sizeof(expected),
		 "this binary lacks split_vote, catchup, expected modules out "
		 "of those that it has: %s",
		 has);
	assert_refused("catchup+split_vote", expected);
	snprintf(expected, sizeof(expected),
		 "unknown module 'prevot', expected baseline, core4, default, "
		 "all, or modules joined by +, out of those that this binary "
		 "has: %s",
		 has);
	assert_refused("prevot+learners", expected);
	if (build_present() == 0)
		return;
	snprintf(expected, sizeof(expected),
		 "this binary cannot run the build 'baseline', expected '%s'",
		 raft_build());
	assert_refused("baseline", expected);
}

static void
there_is_one_build(void **state)
{
	uint32_t modules = 0;

	(void)state;
	assert_true(raft_scenario_every_build(0, &modules));
	assert_int_equal(modules, build_present());
	assert_false(raft_scenario_every_build(1, &modules));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_it_has_is_run),
		cmocka_unit_test(another_is_refused_by_what_it_has),
		cmocka_unit_test(there_is_one_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

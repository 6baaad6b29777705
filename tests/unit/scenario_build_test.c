/*
 * The names of builds, in any room.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "assists/scenario/script/build.h"

#define ROOM 128

/* What does not fit is left out whole, and nothing is written behind the end. */
static void
a_name_keeps_to_its_room(void **state)
{
	char name[ROOM], whole[ROOM];
	uint32_t modules = build_present();

	(void)state;
	raft_scenario_build_name(modules, whole, sizeof(whole));
	assert_in_range(strlen(whole), 20, ROOM - 2);
	for (size_t room = 1; room < ROOM; room++) {
		memset(name, '#', sizeof(name));
		raft_scenario_build_name(modules, name, room);
		assert_in_range(strlen(name), 0, room - 1);
		for (size_t i = room; i < sizeof(name); i++)
			assert_int_equal(name[i], '#');
		for (const char *at = name; *at != '\0';) {
			size_t length = strcspn(at, "+");
			uint32_t one;

			if (strncmp("baseline", name, room - 1) == 0)
				break;
			assert_true(build_module(at, length, &one));
			at += length + (at[length] == '+');
		}
	}
	assert_string_equal(name, whole);
}

static void
a_set_is_named_by_its_modules_and_back(void **state)
{
	char name[ROOM], list[ROOM], error[ROOM];
	uint32_t modules;

	(void)state;
	for (uint32_t set = 0; set < 16; set++) {
		if ((set & build_present()) != set)
			continue;
		raft_scenario_build_name(set, name, sizeof(name));
		assert_true(raft_scenario_build(name, &modules, error,
						sizeof(error)));
		assert_int_equal(modules, set);
		assert_ptr_equal(build_list(set, list, sizeof(list)), list);
		assert_true((strcmp(list, "none") == 0) == (set == 0));
		assert_true((strcmp(name, "baseline") == 0) == (set == 0));
	}
	assert_false(build_module("prevot", 6, &modules));
	assert_false(build_module("prevote+", 8, &modules));
	assert_true(build_module("prevote+", 7, &modules));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_keeps_to_its_room),
		cmocka_unit_test(a_set_is_named_by_its_modules_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

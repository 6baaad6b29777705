/*
 * A build with a module from outside the library: one entry in its list.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "raft/raft.h"

static const struct raft_identity self = { .id = 1, .incarnation = 7 };

/** Carry out what is owed, as a log would that is durable at once. */
static void
work(struct raft *r)
{
	struct raft_duties duties;

	while (raft_duties(r, &duties))
		if (duties.save != NULL)
			raft_saved(r, duties.save->token, 0);
}

static struct raft *
sole_leader(const uint64_t *probe)
{
	struct raft_options options = { .self = self, .seed = 1 };
	const struct raft_stored stored = { 0 };
	const struct raft_member member = {
		.identity = self,
		.role = RAFT_MEMBER_VOTER,
	};
	const struct raft_configuration configuration = {
		.election_timeout_us = 1000000,
		.members = &member,
		.member_count = 1,
	};
	struct raft *r;

	options.modules[RAFT_MODULE_PRIVATE] = probe;
	assert_int_equal(raft_start(&options, &stored, 0, &r), RAFT_OK);
	assert_int_equal(raft_bootstrap(r, &configuration, 0), RAFT_OK);
	work(r);
	assert_int_equal(raft_campaign(r, 0), RAFT_OK);
	work(r);
	return r;
}

static void
a_build_says_what_is_in_it(void **state)
{
	struct raft *r = sole_leader(NULL);
	uint64_t mask;

	(void)state;
	assert_string_equal(raft_build(), "probe+prevote");
	assert_true(raft_mask("probe", &mask));
	assert_int_equal(mask, UINT64_C(1) << RAFT_MODULE_PRIVATE);
	assert_true(raft_capabilities(r) & mask);
	raft_destroy(r);
}

static void
the_core_asks_it_and_keeps_its_state(void **state)
{
	const struct raft_payload payload = { .data = "x", .length = 1 };
	struct raft *r = sole_leader(NULL);

	(void)state;
	assert_int_equal(raft_propose(r, &payload, 1, 0, NULL), RAFT_OK);
	work(r);
	assert_int_equal(raft_propose(r, &payload, 1, 0, NULL),
			 RAFT_OVERLOADED);
	raft_destroy(r);
}

/* As of a program that read the name of an option from a text. */
static void
its_options_are_given_by_name(void **state)
{
	const struct raft_options self_alone = { .self = self };
	const struct raft_payload payload = { .data = "x", .length = 1 };
	uint64_t values[RAFT_MODULE_OPTIONS_MAX] = { 0 };
	const struct raft_stored stored = { 0 };
	struct raft_options options = self_alone;
	struct raft_module_option option;
	struct raft *r;

	(void)state;
	assert_true(raft_module_option(0, &option));
	assert_string_equal(option.module, "probe");
	assert_string_equal(option.name, "proposals");
	assert_int_equal(option.least, 1);
	assert_int_equal(option.most, 100);
	assert_int_equal(option.number, RAFT_MODULE_PRIVATE);
	assert_false(raft_module_option(1, &option));
	values[option.position] = option.most + 1;
	options.modules[option.number] = values;
	assert_int_equal(raft_start(&options, &stored, 0, &r), RAFT_INVALID);
	values[option.position] = 3;
	r = sole_leader(values);
	for (int i = 0; i < 3; i++)
		assert_int_equal(raft_propose(r, &payload, 1, 0, NULL),
				 RAFT_OK);
	assert_int_equal(raft_propose(r, &payload, 1, 0, NULL),
			 RAFT_OVERLOADED);
	raft_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_build_says_what_is_in_it),
		cmocka_unit_test(the_core_asks_it_and_keeps_its_state),
		cmocka_unit_test(its_options_are_given_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

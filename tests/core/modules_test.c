/*
 * Builds and masks: which modules a member has.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/modules.h"

#include <string.h>

static void
the_mask_is_the_build(void **state)
{
	struct rig rig;
	uint64_t mask;

	(void)state;
	assert_true(raft_mask("baseline", &mask));
	assert_int_equal(mask, 0);
	assert_true(raft_mask("prevote", &mask));
	start(&rig, "prevote");
	assert_int_equal(raft_capabilities(rig.raft), mask);
	rig_stop(&rig);
	assert_false(raft_mask("prevote+", &mask));
	assert_false(raft_mask("unknown", &mask));
	start(&rig, "checkquorum");
	assert_int_equal(raft_capabilities(rig.raft) & RAFT_CAPABILITY_YIELDS,
			 RAFT_CAPABILITY_YIELDS);
	rig_stop(&rig);
	/* In our order; others may follow. */
	assert_ptr_equal(
	    strstr(raft_build(), "stickiness+prevote+checkquorum+learners"),
	    raft_build());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mask_is_the_build),
	};

	return rig_run(tests);
}

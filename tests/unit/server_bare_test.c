/*
 * Servers in a build without modules: the kit does without what they bring.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

static void
one_that_joins_gets_a_vote_without_the_module_learners(void **state)
{
	struct scene scene;
	char join[80];
	uint64_t mask;

	(void)state;
	assert_false(raft_mask("learners", &mask));
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	for (int i = 0; i < 200; i++)
		add(&scene, 1, "1");
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	make_server(&scene, 2, (struct raft_server_create){ .join = join });
	start(&scene, 2);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 2) == RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	assert_string_equal(add(&scene, 2, "1").answer, "201");
	scene_close(&scene);
}

/* With a vote of one that is not there nobody would lead any more. */
static void
one_that_does_not_come_gets_no_vote(void **state)
{
	struct wish wish = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	await_leader(&scene);
	raft_server_change(
	    scene.actors[1].server,
	    &(struct raft_server_change){ .kind = RAFT_SERVER_ADD,
					  .identity = { 2, 77 },
					  .address = scene.actors[2].address,
					  .timeout_us = 1000000 },
	    wish_progress, wish_done, &wish);
	wait_for(&scene, &wish);
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_NON_VOTING);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	scene_close(&scene);
}

static void
a_learner_gets_no_vote_by_itself(void **state)
{
	struct scene scene;
	char join[80];

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	make_server(
	    &scene, 2,
	    (struct raft_server_create){ .join = join, .learns = true });
	start(&scene, 2);
	add(&scene, 1, "1");
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	for (int i = 0; i < 30; i++)
		run_until(&scene.loop, false, 10);
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_NON_VOTING);
	assert_int_equal(
	    change(&scene, 2,
		   (struct raft_server_change){ .kind = RAFT_SERVER_PROMOTE,
						.identity.id = 2 })
		.result,
	    RAFT_SERVER_OK);
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_VOTER);
	scene_close(&scene);
}

static void
nobody_stands_in_without_the_module_learners(void **state)
{
	struct scene scene;
	char join[80];

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	make_server(&scene, 2,
		    (struct raft_server_create){ .join = join,
						 .stands_in_seconds = 1 });
	start(&scene, 2);
	assert_true(
	    run_until(&scene.loop,
		      strstr(scene.actors[2].said[RAFT_SERVER_EVENT_MEMBERS],
			     "lacks the module learners") != NULL,
		      PATIENCE_MS));
	scene_close(&scene);
}

static void
a_bounded_read_waits_in_vain_without_the_module_learners(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	raft_server_read(scene.actors[1].server,
			 &(struct raft_server_view){ .bound_us = 60000000,
						     .timeout_us = 200000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_NO_LEADER);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    one_that_joins_gets_a_vote_without_the_module_learners),
		cmocka_unit_test(one_that_does_not_come_gets_no_vote),
		cmocka_unit_test(a_learner_gets_no_vote_by_itself),
		cmocka_unit_test(nobody_stands_in_without_the_module_learners),
		cmocka_unit_test(
		    a_bounded_read_waits_in_vain_without_the_module_learners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

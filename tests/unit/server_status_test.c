/*
 * What an operator sees of the members, from any of them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

static struct raft_server_member
member_of(const struct scene *scene, uint64_t asked, uint64_t id)
{
	struct raft_server_member member;

	for (size_t i = 0;
	     raft_server_member(scene->actors[asked].server, i, &member); i++)
		if (member.raft.identity.id == id)
			return member;
	fail_msg("nobody has ID %" PRIu64, id);
	return member;
}

static void
each_member_knows_what_the_others_run(void **state)
{
	struct scene scene;
	char build[RAFT_SERVER_BUILD_BYTES];

	(void)state;
	scene_open(&scene);
	scene.options.build = "scene 7";
	make_first(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(&scene, id);
	snprintf(build, sizeof(build), "scene 7, Outrigger %s %s",
		 raft_version(), raft_build());
	for (uint64_t asked = 1; asked <= 3; asked++)
		for (uint64_t id = 1; id <= 3; id++)
			assert_true(
			    run_until(&scene.loop,
				      strcmp(member_of(&scene, asked, id).build,
					     build) == 0,
				      PATIENCE_MS));
	/* It comes back as another build. */
	stop(&scene, 2);
	scene.options.build = "scene 8";
	start(&scene, 2);
	assert_true(run_until(
	    &scene.loop,
	    strncmp(member_of(&scene, 1, 2).build, "scene 8,", 8) == 0,
	    PATIENCE_MS));
	assert_memory_equal(member_of(&scene, 1, 3).build, "scene 7,", 8);
	scene_close(&scene);
}

static void
a_leader_knows_how_far_others_are_behind(void **state)
{
	struct raft_server_member member;
	struct raft_server_status own;
	struct scene scene;
	uint64_t dead, leads;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	dead = await_follower(&scene);
	leads = leader(&scene);
	assert_true(
	    run_until(&scene.loop,
		      member_of(&scene, leads, dead).lag_is_known &&
			  member_of(&scene, leads, dead).lag.entries == 0,
		      PATIENCE_MS));
	member = member_of(&scene, leads, dead);
	assert_int_equal(member.lag.bytes, 0);
	assert_int_equal(member.lag.us, 0);
	assert_in_range(member.connection.silent_us, 0, 60000000);
	assert_true(member.connection.round_trip_us > 0);
	raft_server_status(scene.actors[leads].server, &own);
	assert_int_equal(member.connection.term, own.raft.term);
	assert_string_equal(member.connection.failure, "");
	/* Only a leader knows, and of itself that it lacks nothing. */
	assert_false(member_of(&scene, dead, leads).lag_is_known);
	assert_true(member_of(&scene, leads, leads).lag_is_known);
	cut_off(&scene, dead);
	for (int i = 0; i < 10; i++)
		add(&scene, leads, "1");
	for (int i = 0; i < 20; i++)
		run_until(&scene.loop, false, 10);
	member = member_of(&scene, leads, dead);
	assert_in_range(member.lag.entries, 10, 20);
	assert_in_range(member.lag.bytes, 10, 10000);
	assert_in_range(member.lag.us, 150000, 60000000);
	assert_true(
	    run_until(&scene.loop,
		      strstr(member_of(&scene, leads, dead).connection.failure,
			     "refused") != NULL,
		      PATIENCE_MS));
	assert_false(member_of(&scene, leads, dead).connection.open_out);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_knows_what_the_others_run),
		cmocka_unit_test(a_leader_knows_how_far_others_are_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* What it can be asked before it takes part. */
static void
one_that_is_on_no_loop_knows_its_folder(void **state)
{
	struct raft_server_member member = { .leads = true };
	struct raft_server_status status;
	struct raft_server *server;
	struct scene scene;
	char error[RAFT_SERVER_ERROR_BYTES];
	uint64_t before = uv_hrtime() / 1000;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	server =
	    raft_server_open(scene.actors[1].folder, NULL, &scene_machine,
			     &scene.actors[1].machine, error, sizeof(error));
	assert_non_null(server);
	memset(&status, 1, sizeof(status));
	raft_server_status(server, &status);
	assert_int_equal(status.raft.self.id, 0);
	assert_int_equal(status.raft.term, 0);
	assert_int_equal(status.raft.leader, 0);
	assert_int_equal(status.raft.last.index, 0);
	assert_int_equal(status.raft.applied_index, 0);
	assert_string_equal(status.cluster, "scene");
	assert_int_equal(status.log_bytes, 0);
	assert_int_equal(status.snapshot.index, 0);
	assert_int_equal(status.snapshot.term, 0);
	assert_in_range(status.snapshot_us, 0, uv_hrtime() / 1000 - before);
	assert_false(status.takes_snapshot);
	assert_int_equal(status.asks, 0);
	assert_int_equal(status.sessions, 0);
	assert_int_equal(status.scrub.rate, 1 << 20);
	assert_int_equal(status.scrub.passes, 0);
	assert_false(raft_server_member(server, 0, &member));
	assert_false(member.leads);
	assert_false(raft_server_acts(server));
	assert_null(raft_server_loop(server));
	assert_null(raft_server_raft(server));
	assert_null(raft_server_transport(server));
	assert_string_equal(raft_server_folder(server), scene.actors[1].folder);
	assert_string_equal(raft_server_metrics(server), "");
	raft_server_close(server, NULL, NULL);
	scene_close(&scene);
}

/* Of itself, of one that it reaches, and of one that it does not. */
static void
each_member_is_told_with_all_that_is_known(void **state)
{
	struct raft_server_member self, near, far;
	struct scene scene;
	uint64_t id = 1;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	start(&scene, 1);
	start(&scene, 2);
	id = await_leader(&scene);
	assert_int_equal(add(&scene, id, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(
	    &scene.loop,
	    member_of(&scene, id, 3 - id).build[0] != '\0' &&
		member_of(&scene, id, 3 - id).lag.entries == 0 &&
		member_of(&scene, id, 3).connection.failure[0] != '\0',
	    PATIENCE_MS));
	self = member_of(&scene, id, id);
	near = member_of(&scene, id, 3 - id);
	far = member_of(&scene, id, 3);
	assert_true(self.leads);
	assert_false(near.leads || far.leads);
	assert_true(member_of(&scene, 3 - id, id).leads);
	assert_string_equal(self.address, scene.actors[id].address);
	assert_string_equal(far.address, scene.actors[3].address);
	assert_string_equal(near.note, id == 1 ? "note 2" : "note 1");
	assert_string_equal(far.note, "note 3");
	assert_false(far.promotes || near.promotes || self.promotes);
	assert_int_equal(far.stands_in_seconds, 0);
	assert_string_equal(self.build, near.build);
	assert_string_equal(far.build, "");
	/* Nothing of it passes a network. */
	assert_int_equal(self.connection.silent_us, 0);
	assert_false(self.connection.open_out || self.connection.open_in);
	assert_true(near.connection.open_out && near.connection.open_in);
	assert_false(far.connection.open_out || far.connection.open_in);
	assert_true(far.connection.silent_us == UINT64_MAX);
	assert_true(self.lag_is_known && near.lag_is_known);
	assert_false(far.lag_is_known);
	assert_int_equal(self.lag.entries + near.lag.entries + far.lag.entries,
			 0);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_knows_what_the_others_run),
		cmocka_unit_test(a_leader_knows_how_far_others_are_behind),
		cmocka_unit_test(one_that_is_on_no_loop_knows_its_folder),
		cmocka_unit_test(each_member_is_told_with_all_that_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

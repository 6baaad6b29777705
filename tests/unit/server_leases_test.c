/*
 * Leases, switched on and off by whoever runs the servers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/server/inside.h"
#include "tests/unit/server_scene.h"

static enum raft_server_result
set_leases(struct scene *scene, uint64_t at, uint32_t clock_drift)
{
	return change(scene, at,
		      (struct raft_server_change){ .kind = RAFT_SERVER_LEASES,
						   .clock_drift = clock_drift })
	    .result;
}

static bool
all_know(const struct scene *scene, uint32_t clock_drift)
{
	for (uint64_t id = 1; id <= 3; id++) {
		const struct raft *raft =
		    raft_server_raft(scene->actors[id].server);

		if (raft_configuration(raft)->clock_drift != clock_drift)
			return false;
	}
	return true;
}

static int
how_many_act(const struct scene *scene)
{
	int count = 0;

	for (uint64_t id = 1; id <= 3; id++)
		count += scene->actors[id].server != NULL &&
			 raft_server_acts(scene->actors[id].server);
	return count;
}

static void
they_are_switched_on_and_off_anywhere(void **state)
{
	struct scene scene;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	/* By no lease. */
	assert_int_equal(how_many_act(&scene), 0);
	assert_int_equal(set_leases(&scene, await_follower(&scene), 1000),
			 RAFT_SERVER_OK);
	assert_true(
	    run_until(&scene.loop, all_know(&scene, 1000), PATIENCE_MS));
	/* Again: it is so already. */
	assert_int_equal(set_leases(&scene, await_leader(&scene), 1000),
			 RAFT_SERVER_OK);
	assert_true(
	    run_until(&scene.loop, how_many_act(&scene) == 1, PATIENCE_MS));
	assert_true(raft_server_acts(scene.actors[leader(&scene)].server));
	add(&scene, await_follower(&scene), "1");
	assert_int_equal(set_leases(&scene, await_follower(&scene), 0),
			 RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, all_know(&scene, 0), PATIENCE_MS));
	assert_int_equal(how_many_act(&scene), 0);
	scene_close(&scene);
}

/* And of its own accord, before it can have noticed that it is alone. */
static void
a_leader_whose_lease_is_over_does_not_act(void **state)
{
	struct scene scene;
	struct raft_server *server;
	struct raft_server_status status;
	uint64_t who;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	who = await_leader(&scene);
	assert_int_equal(set_leases(&scene, who, 1000), RAFT_SERVER_OK);
	who = await_leader(&scene);
	server = scene.actors[who].server;
	assert_true(
	    run_until(&scene.loop, raft_server_acts(server), PATIENCE_MS));
	/* Nobody's loop turns: it hears nothing, and no timer fires. */
	usleep(2 * TIMEOUT_US);
	assert_false(raft_server_acts(server));
	raft_server_status(server, &status);
	assert_int_equal(status.raft.role, RAFT_LEADER);
	scene_close(&scene);
}

/* As a leader takes it from another server, by whose time it was asked for. */
static enum change_verdict
wish_again(struct scene *scene, uint32_t clock_drift, uint64_t known_index)
{
	const struct raft_server_change change = { .kind = RAFT_SERVER_LEASES,
						   .clock_drift = clock_drift };
	char text[CHANGE_TEXT_BYTES];
	enum change_verdict verdict =
	    raft__changes_attempt(scene->actors[await_leader(scene)].server,
				  &change, known_index, text);

	if (verdict == CHANGE_REFUSED)
		assert_non_null(strstr(text, "was changed meanwhile"));
	return verdict;
}

static void
a_wish_that_comes_late_undoes_no_later_one(void **state)
{
	struct scene scene;
	uint64_t before, now;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	before = status_of(&scene, await_leader(&scene)).raft.configuration_index;
	assert_int_equal(set_leases(&scene, 1, 1000), RAFT_SERVER_OK);
	now = status_of(&scene, await_leader(&scene)).raft.configuration_index;
	assert_true(now > before);
	/* The same again does no harm. */
	assert_int_equal(wish_again(&scene, 1000, before), CHANGE_DONE);
	/* But is not done while a leader of before might act. */
	scene.actors[await_leader(&scene)].server->changed_at =
	    raft__server_now();
	assert_int_equal(wish_again(&scene, 1000, before), CHANGE_RUNS);
	assert_int_equal(wish_again(&scene, 0, before), CHANGE_REFUSED);
	assert_int_equal(wish_again(&scene, 0, now), CHANGE_RUNS);
	scene_close(&scene);
}

static void
clocks_that_differ_more_than_by_half_are_refused(void **state)
{
	struct scene scene;
	struct wish wish;

	(void)state;
	three(&scene);
	await_leader(&scene);
	wish = change(&scene, 1,
		      (struct raft_server_change){
			  .kind = RAFT_SERVER_LEASES,
			  .clock_drift = RAFT_CLOCK_DRIFT_MAX + 1 });
	assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
	assert_non_null(strstr(wish.why, "500000 millionths at most"));
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_switched_on_and_off_anywhere),
		cmocka_unit_test(a_leader_whose_lease_is_over_does_not_act),
		cmocka_unit_test(a_wish_that_comes_late_undoes_no_later_one),
		cmocka_unit_test(
		    clocks_that_differ_more_than_by_half_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

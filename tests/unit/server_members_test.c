/*
 * Who is in a cluster of servers: they are made apart, join, leave, move, and take each
 * other's place.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/* One of the first was told another list: with its vote somebody would lead, and the
 * first entries of their logs would differ. */
static void
first_servers_with_different_lists_refuse_each_other(void **state)
{
	struct scene scene;
	char other[256];

	(void)state;
	scene_open(&scene);
	snprintf(scene.first, sizeof(scene.first), "1=%s,2=%s,3=%s",
		 scene.actors[1].address, scene.actors[2].address,
		 scene.actors[3].address);
	snprintf(other, sizeof(other), "1=%s,2=%s,4=%s",
		 scene.actors[1].address, scene.actors[2].address,
		 scene.actors[4].address);
	for (uint64_t id = 1; id <= 3; id++)
		make_server(&scene, id,
			    (struct raft_server_create){
				.first = id == 2 ? other : scene.first });
	start(&scene, 1);
	start(&scene, 2);
	for (int i = 0; i < 100; i++)
		run_until(&scene.loop, false, 10);
	assert_int_not_equal(status_of(&scene, 1).raft.role, RAFT_LEADER);
	assert_int_not_equal(status_of(&scene, 2).raft.role, RAFT_LEADER);
	/* With one that was told the same it is as ever. */
	start(&scene, 3);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[2].machine.count, 0);
	scene_close(&scene);
}

static void
one_that_joins_gets_the_state_and_a_vote(void **state)
{
	struct scene scene;

	(void)state;
	three(&scene);
	for (int i = 0; i < 50; i++)
		add(&scene, 1, "1");
	/* It asks one that does not lead. */
	make_joining(&scene, 4, await_follower(&scene), false);
	start(&scene, 4);
	assert_true(
	    run_until(&scene.loop,
		      role_of(&scene, leader(&scene), 4) == RAFT_MEMBER_VOTER,
		      PATIENCE_MS));
	assert_true(run_until(&scene.loop, agree(&scene, 50), PATIENCE_MS));
	assert_int_equal(add(&scene, 4, "1").result, RAFT_SERVER_OK);
	/* It finds the others again by its log. */
	stop(&scene, 4);
	start(&scene, 4);
	assert_string_equal(add(&scene, 4, "1").answer, "52");
	assert_int_equal(look(&scene, 4).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[4].machine.sum, 52);
	scene_close(&scene);
}

static void
one_alone_becomes_three(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	add(&scene, 1, "3");
	for (uint64_t id = 2; id <= 3; id++) {
		make_joining(&scene, id, id - 1, false);
		start(&scene, id);
		assert_true(run_until(&scene.loop,
				      leader(&scene) != 0 &&
					  role_of(&scene, leader(&scene), id) ==
					      RAFT_MEMBER_VOTER,
				      PATIENCE_MS));
	}
	cut_off(&scene, leader(&scene));
	assert_string_equal(add(&scene, await_leader(&scene), "4").answer, "7");
	scene_close(&scene);
}

static void
a_learner_learns_and_votes_when_it_is_promoted(void **state)
{
	struct scene scene;
	struct wish wish;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	make_joining(&scene, 4, 1, true);
	start(&scene, 4);
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	assert_int_equal(role_of(&scene, 4, 4), RAFT_MEMBER_NON_VOTING);
	/* It hears its leader, and asks nobody who that is. */
	assert_true(run_until(&scene.loop,
			      scene.actors[4].server->peers.alone_at == 0,
			      PATIENCE_MS));
	wish = change(&scene, 4,
		      (struct raft_server_change){ .kind = RAFT_SERVER_PROMOTE,
						   .identity.id = 4 });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_int_equal(role_of(&scene, leader(&scene), 4), RAFT_MEMBER_VOTER);
	wish = change(&scene, 2,
		      (struct raft_server_change){ .kind = RAFT_SERVER_DEMOTE,
						   .identity.id = 4 });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_int_equal(role_of(&scene, leader(&scene), 4),
			 RAFT_MEMBER_NON_VOTING);
	scene_close(&scene);
}

static void
one_that_is_removed_is_told(void **state)
{
	struct scene scene;
	struct wish wish;
	uint64_t follower;

	(void)state;
	three(&scene);
	follower = await_follower(&scene);
	wish = change(&scene, follower,
		      (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						   .identity.id = follower });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_true(run_until(
	    &scene.loop,
	    scene.actors[follower].said[RAFT_SERVER_EVENT_REMOVED][0] != '\0',
	    PATIENCE_MS));
	cut_off(&scene, follower);
	assert_int_equal(role_of(&scene, await_leader(&scene), follower),
			 RAFT_MEMBER_NONE);
	scene_close(&scene);
}

static bool
knows(const struct scene *scene, uint64_t asked, uint64_t id)
{
	return raft__peers_find(&scene->actors[asked].server->peers, id) !=
	       NULL;
}

static void
one_that_was_removed_is_forgotten_after_a_while(void **state)
{
	struct scene scene;
	uint64_t gone, first, second;

	(void)state;
	three(&scene);
	gone = await_follower(&scene);
	first = gone % 3 + 1;
	second = first % 3 + 1;
	assert_int_equal(
	    change(&scene, first,
		   (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						.identity.id = gone })
		.result,
	    RAFT_SERVER_OK);
	cut_off(&scene, gone);
	assert_true(run_until(&scene.loop,
			      !knows(&scene, first, gone) &&
				  !knows(&scene, second, gone),
			      PATIENCE_MS));
	assert_true(knows(&scene, first, second));
	assert_true(knows(&scene, second, first));
	scene_close(&scene);
}

/** It asks for no votes, and so no voter refuses it one. */
static void
a_learner_that_is_removed_is_told(void **state)
{
	struct scene scene;
	struct actor *actor = &scene.actors[4];

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	make_joining(&scene, 4, 1, true);
	start(&scene, 4);
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	/* Who let it in has seen that it is. */
	assert_true(run_until(&scene.loop, status_of(&scene, 1).asks == 0,
			      PATIENCE_MS));
	change(&scene, 4,
	       (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
					    .identity.id = 4 });
	assert_true(run_until(&scene.loop,
			      actor->said[RAFT_SERVER_EVENT_REMOVED][0] != '\0',
			      PATIENCE_MS));
	scene_close(&scene);
}

/** For so long, nobody lets it in. */
static void
expect_out(struct scene *scene, uint64_t id)
{
	for (int i = 0; i < 200; i++) {
		run_until(&scene->loop, false, 10);
		assert_int_equal(role_of(scene, leader(scene), id),
				 RAFT_MEMBER_NONE);
	}
}

/* Whoever has let it in waits for its vote yet, which it does not get. */
static void
one_that_is_removed_is_not_let_in_again(void **state)
{
	const struct raft_identity absent = { 5, 77 };
	struct raft_server_change removal = { .kind = RAFT_SERVER_REMOVE };
	struct wish wish = { 0 };
	struct scene scene;
	uint64_t asked;

	(void)state;
	three(&scene);
	await_leader(&scene);
	make_joining(&scene, 4, await_follower(&scene), false);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, leader(&scene), 4) !=
				  RAFT_MEMBER_NONE,
			      PATIENCE_MS));
	cut_off(&scene, 4);
	removal.identity.id = 4;
	assert_int_equal(change(&scene, leader(&scene), removal).result,
			 RAFT_SERVER_OK);
	expect_out(&scene, 4);
	/* By an operator, too, who is told. */
	asked = await_follower(&scene);
	raft_server_change(
	    scene.actors[asked].server,
	    &(struct raft_server_change){ .kind = RAFT_SERVER_ADD,
					  .identity = absent,
					  .address = scene.actors[5].address },
	    wish_progress, wish_done, &wish);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, asked, 5) != RAFT_MEMBER_NONE,
			      PATIENCE_MS));
	for (int i = 0; i < 30; i++)
		run_until(&scene.loop, false, 10);
	removal.identity.id = 5;
	assert_int_equal(change(&scene, leader(&scene), removal).result,
			 RAFT_SERVER_OK);
	expect_out(&scene, 5);
	assert_true(wish.ended);
	assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
	assert_non_null(strstr(wish.why, "somebody has let it go"));
	scene_close(&scene);
}

/* Of one that lost its disk, and joins as soon as its ID is free: before whoever asked
 * for the change asks how it stands. */
static void
join_in_its_place(struct scene *scene, uint64_t lost,
		  struct raft_server_change change_of)
{
	struct wish removed = { 0 }, joined;
	uint64_t asked = await_follower(scene);

	raft_server_change(scene->actors[asked].server, &change_of,
			   wish_progress, wish_done, &removed);
	assert_true(
	    run_until(&scene->loop,
		      role_of(scene, leader(scene), lost) == RAFT_MEMBER_NONE &&
			  !status_of(scene, leader(scene)).raft.changing,
		      PATIENCE_MS));
	assert_false(removed.ended);
	joined = change(scene, leader(scene),
			(struct raft_server_change){
			    .kind = RAFT_SERVER_LEARN,
			    .identity = { lost, 77 },
			    .address = scene->actors[lost].address });
	assert_int_equal(joined.result, RAFT_SERVER_OK);
	assert_int_equal(wait_for(scene, &removed).result, RAFT_SERVER_OK);
	assert_int_equal(role_of(scene, leader(scene), lost),
			 RAFT_MEMBER_NON_VOTING);
}

static void
who_joins_in_its_place_is_not_removed(void **state)
{
	struct scene scene;
	uint64_t lost;

	(void)state;
	three(&scene);
	lost = await_follower(&scene);
	cut_off(&scene, lost);
	join_in_its_place(
	    &scene, lost,
	    (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
					 .identity.id = lost });
	scene_close(&scene);
}

static void
who_joins_in_the_place_of_one_that_was_replaced_stays(void **state)
{
	struct scene scene;
	uint64_t lost;

	(void)state;
	three(&scene);
	make_joining(&scene, 4, await_leader(&scene), false);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 &&
				  role_of(&scene, leader(&scene), 4) ==
				      RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	lost = await_follower(&scene);
	if (lost == 4)
		lost = leader(&scene) % 3 + 1;
	cut_off(&scene, lost);
	join_in_its_place(
	    &scene, lost,
	    (struct raft_server_change){ .kind = RAFT_SERVER_REPLACE,
					 .identity.id = 4,
					 .replaced.id = lost });
	scene_close(&scene);
}

static void
a_leader_may_be_removed(void **state)
{
	struct scene scene;
	struct wish wish;
	uint64_t first;

	(void)state;
	three(&scene);
	first = await_leader(&scene);
	wish = change(&scene, first,
		      (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						   .identity.id = first });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	cut_off(&scene, first);
	assert_int_equal(add(&scene, await_leader(&scene), "1").result,
			 RAFT_SERVER_OK);
	scene_close(&scene);
}

static void
a_dead_server_is_replaced(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };
	uint64_t dead, other;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	dead = await_follower(&scene);
	cut_off(&scene, dead);
	other = await_follower(&scene);
	make_joining(&scene, 4, other, true);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, other, 4) != RAFT_MEMBER_NONE,
			      PATIENCE_MS));
	wish = change(&scene, other,
		      (struct raft_server_change){ .kind = RAFT_SERVER_REPLACE,
						   .identity.id = 4,
						   .replaced.id = dead });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_int_equal(role_of(&scene, leader(&scene), 4), RAFT_MEMBER_VOTER);
	assert_int_equal(role_of(&scene, leader(&scene), dead),
			 RAFT_MEMBER_NONE);
	assert_string_equal(add(&scene, 4, "1").answer, "2");
	scene_close(&scene);
}

static void
leadership_goes_where_it_is_asked_to(void **state)
{
	struct scene scene;
	struct wish wish;
	uint64_t to;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	to = await_follower(&scene);
	wish = change(&scene, to,
		      (struct raft_server_change){ .kind = RAFT_SERVER_TRANSFER,
						   .identity.id = to });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_int_equal(await_leader(&scene), to);
	wish = change(&scene, to,
		      (struct raft_server_change){ .kind = RAFT_SERVER_TRANSFER,
						   .identity.id = 9 });
	assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
	assert_non_null(strstr(wish.why, "no voter has ID 9"));
	scene_close(&scene);
}

static void
a_leader_steps_down_once_wherever_it_is_told_to(void **state)
{
	struct scene scene;
	uint64_t old, next;
	struct raft_server_change down = { .kind = RAFT_SERVER_STEP_DOWN };

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	old = await_leader(&scene);
	down.identity.id = old;
	assert_int_equal(change(&scene, await_follower(&scene), down).result,
			 RAFT_SERVER_OK);
	next = await_leader(&scene);
	assert_int_not_equal(next, old);
	/* Asked again it is about who has not led since. */
	assert_int_equal(change(&scene, old, down).result, RAFT_SERVER_OK);
	assert_int_equal(await_leader(&scene), next);
	scene_close(&scene);
}

static void
one_alone_does_not_step_down(void **state)
{
	struct scene scene;
	struct wish wish;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	add(&scene, 1, "1");
	wish = change(
	    &scene, 1,
	    (struct raft_server_change){ .kind = RAFT_SERVER_STEP_DOWN,
					 .identity.id = 1 });
	assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
	assert_non_null(strstr(wish.why, "no other voter"));
	assert_int_equal(leader(&scene), 1);
	scene_close(&scene);
}

static void
changes_that_cannot_be_are_refused_with_a_sentence(void **state)
{
	static const struct {
		struct raft_server_change change;
		const char *why;
	} cases[] = {
		{ { .kind = RAFT_SERVER_PROMOTE, .identity = { 7, 0 } },
		  "no server has ID 7" },
		{ { .kind = RAFT_SERVER_MOVE, .identity = { 7, 0 } },
		  "no server has ID 7" },
		{ { .kind = RAFT_SERVER_MOVE,
		    .identity = { 1, 0 },
		    .address = "nowhere" },
		  "HOST:PORT" },
		{ { .kind = RAFT_SERVER_ADD, .identity = { 7, 0 } },
		  "which server" },
		{ { .kind = RAFT_SERVER_ADD,
		    .identity = { 1, 99 },
		    .address = "a:1" },
		  "another disk" },
		{ { .kind = RAFT_SERVER_ADD, .identity = { 7, 7 } },
		  "HOST:PORT" },
		{ { .kind = RAFT_SERVER_REPLACE,
		    .identity = { 7, 7 },
		    .replaced.id = 8,
		    .address = "a:1" },
		  "no other server has ID 8" },
		{ { .kind = RAFT_SERVER_LEASES, .clock_drift = 1000 },
		  "lacks the module fencing" },
	};
	struct scene scene;
	struct wish wish;

	(void)state;
	three(&scene);
	await_leader(&scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wish = change(&scene, 1 + i % 3, cases[i].change);
		assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
		if (strstr(wish.why, cases[i].why) == NULL)
			fail_msg("%s", wish.why);
	}
	wish = change(
	    &scene, 1,
	    (struct raft_server_change){ .kind = RAFT_SERVER_ADD,
					 .identity = { 7, 7 },
					 .address = scene.actors[2].address });
	assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
	assert_non_null(strstr(wish.why, "server 2 is at this place"));
	scene_close(&scene);
}

static void
a_vote_that_is_needed_is_not_taken_away(void **state)
{
	struct scene scene;
	struct wish wish;
	uint64_t dead, other;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	dead = await_follower(&scene);
	cut_off(&scene, dead);
	other = await_follower(&scene);
	/* Until its leader misses the one that is gone. */
	for (int i = 0; i < 40; i++)
		run_until(&scene.loop, false, 10);
	wish = change(&scene, other,
		      (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						   .identity.id = other });
	assert_int_equal(wish.result, RAFT_SERVER_REFUSED);
	assert_non_null(strstr(wish.why, "no majority"));
	scene_close(&scene);
}

static bool
is_connected(const struct scene *scene, uint64_t asked, uint64_t id)
{
	struct raft_server_member member;

	for (size_t i = 0;
	     raft_server_member(scene->actors[asked].server, i, &member); i++)
		if (member.raft.identity.id == id)
			return member.connection.open_out;
	return false;
}

static void
one_that_cannot_be_let_in_is_told_why(void **state)
{
	struct scene scene;

	(void)state;
	three(&scene);
	await_leader(&scene);
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	assert_true(
	    run_until(&scene.loop,
		      role_of(&scene, leader(&scene), 4) == RAFT_MEMBER_VOTER,
		      PATIENCE_MS));
	cut_off(&scene, 4);
	/* Its disk is lost, and nobody has removed it. */
	snprintf(scene.actors[4].folder, sizeof(scene.actors[4].folder),
		 "%.1000s/4-again", scene.root);
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	assert_true(
	    run_until(&scene.loop,
		      strstr(scene.actors[4].said[RAFT_SERVER_EVENT_MEMBERS],
			     "remove it first") != NULL,
		      PATIENCE_MS));
	assert_int_equal(scene.actors[4].machine.count, 0);
	scene_close(&scene);
}

/* Its disk is lost, its machine too, and nobody has removed it. */
static void
one_that_asks_from_another_place_is_told_why(void **state)
{
	struct scene scene;
	char before[sizeof(scene.actors[4].address)];
	struct actor *actor = &scene.actors[4];

	(void)state;
	three(&scene);
	await_leader(&scene);
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 &&
				  role_of(&scene, leader(&scene), 4) ==
				      RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	cut_off(&scene, 4);
	strlcpy(before, actor->address, sizeof(before));
	snprintf(actor->address, sizeof(actor->address), "127.0.0.1:%u",
		 free_port());
	snprintf(actor->folder, sizeof(actor->folder), "%.1000s/4-again",
		 scene.root);
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      strstr(actor->said[RAFT_SERVER_EVENT_MEMBERS],
				     "remove it first") != NULL,
			      PATIENCE_MS));
	cut_off(&scene, 4);
	/* The one that is a member is found where it was. */
	strlcpy(actor->address, before, sizeof(actor->address));
	snprintf(actor->folder, sizeof(actor->folder), "%s/4", scene.root);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 4).raft.leader != 0 &&
				  is_connected(&scene, 1, 4),
			      PATIENCE_MS));
	scene_close(&scene);
}

/* ------------------------------------------------------- what the program says */

static bool
admits_learners(void *machine, const struct raft_server_change *wish, char *why,
		size_t size)
{
	(void)machine;
	snprintf(why, size, "server %" PRIu64 " at %s: learners alone",
		 wish->identity.id, wish->address);
	return wish->kind == RAFT_SERVER_LEARN;
}

static void
the_program_may_refuse_who_asks_to_be_let_in(void **state)
{
	struct raft_server_machine machine = scene_machine;
	char error[RAFT_SERVER_ERROR_BYTES] = "", why[128];
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	machine.admits = admits_learners;
	actor->server = raft_server_open(actor->folder, NULL, &machine,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	assert_true(raft_server_attach(actor->server, &scene.loop, error,
				       sizeof(error)));
	make_joining(&scene, 2, 1, false);
	make_joining(&scene, 3, 1, true);
	start(&scene, 2);
	snprintf(why, sizeof(why), "server 2 at %s: learners alone",
		 scene.actors[2].address);
	for (uint64_t id = 1; id <= 2; id++)
		assert_true(run_until(
		    &scene.loop,
		    strstr(scene.actors[id].said[RAFT_SERVER_EVENT_MEMBERS],
			   why) != NULL,
		    PATIENCE_MS));
	start(&scene, 3);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 3) == RAFT_MEMBER_NON_VOTING,
			      PATIENCE_MS));
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_NONE);
	scene_close(&scene);
}

static void
one_that_slept_while_all_others_changed_finds_them(void **state)
{
	struct scene scene;
	struct wish wish;
	uint64_t asleep;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	asleep = await_follower(&scene);
	cut_off(&scene, asleep);
	for (uint64_t id = 4; id <= 5; id++) {
		make_joining(&scene, id, leader(&scene), false);
		start(&scene, id);
		assert_true(run_until(&scene.loop,
				      leader(&scene) != 0 &&
					  role_of(&scene, leader(&scene), id) ==
					      RAFT_MEMBER_VOTER,
				      PATIENCE_MS));
	}
	for (uint64_t id = 1; id <= 3; id++) {
		if (id == asleep)
			continue;
		wish =
		    change(&scene, 4,
			   (struct raft_server_change){
			       .kind = RAFT_SERVER_REMOVE, .identity.id = id });
		assert_int_equal(wish.result, RAFT_SERVER_OK);
		cut_off(&scene, id);
		await_leader(&scene);
	}
	/* Nobody that it knows is there any more; but they know it. */
	start(&scene, asleep);
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	assert_int_equal(add(&scene, asleep, "1").result, RAFT_SERVER_OK);
	scene_close(&scene);
}

/* Its own folder says so, and its cluster is told. */
static void
one_that_has_moved_is_found(void **state)
{
	struct scene scene;
	struct wish wish;
	char command[2 * PATH_MAX], address[40];
	uint64_t moves;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	moves = await_follower(&scene);
	stop(&scene, moves);
	snprintf(address, sizeof(address), "127.0.0.1:%u", free_port());
	snprintf(command, sizeof(command),
		 "sed -i 's/^address .*/address %s/' %s/server.conf", address,
		 scene.actors[moves].folder);
	assert_int_equal(system(command), 0);
	wish = change(&scene, await_follower(&scene),
		      (struct raft_server_change){ .kind = RAFT_SERVER_MOVE,
						   .identity.id = moves,
						   .address = address });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	start(&scene, moves);
	assert_int_equal(look(&scene, moves).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[moves].machine.sum, 1);
	scene_close(&scene);
}

static bool
stands_in(const struct scene *scene, uint64_t id, uint64_t seconds)
{
	struct raft_server_member member;

	for (size_t i = 0; leader(scene) != 0 &&
			   raft_server_member(
			       scene->actors[leader(scene)].server, i, &member);
	     i++)
		if (member.raft.identity.id == id)
			return member.raft.role == RAFT_MEMBER_NON_VOTING &&
			       member.stands_in_seconds == seconds;
	return false;
}

static void
one_that_stands_in_takes_the_place_of_a_dead_voter(void **state)
{
	struct scene scene;
	char join[80];
	uint64_t dead;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	make_server(&scene, 4,
		    (struct raft_server_create){ .join = join,
						 .stands_in_seconds = 1 });
	start(&scene, 4);
	assert_true(
	    run_until(&scene.loop, stands_in(&scene, 4, 1), PATIENCE_MS));
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	dead = await_follower(&scene);
	while (dead == 4)
		dead = 1 + (leader(&scene) % 3);
	cut_off(&scene, dead);
	assert_true(
	    run_until(&scene.loop, stands_in(&scene, dead, 1), PATIENCE_MS));
	assert_int_equal(role_of(&scene, leader(&scene), 4), RAFT_MEMBER_VOTER);
	assert_int_equal(add(&scene, 4, "1").result, RAFT_SERVER_OK);
	scene_close(&scene);
}

static void
a_learner_may_be_told_to_stand_in(void **state)
{
	struct raft_server_change stand_in = { .kind = RAFT_SERVER_STAND_IN,
					       .identity.id = 4,
					       .stands_in_seconds = 600 };
	struct scene scene;

	(void)state;
	three(&scene);
	make_joining(&scene, 4, 1, true);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 &&
				  role_of(&scene, leader(&scene), 4) ==
				      RAFT_MEMBER_NON_VOTING,
			      PATIENCE_MS));
	assert_int_equal(
	    change(&scene, await_follower(&scene), stand_in).result,
	    RAFT_SERVER_OK);
	assert_true(stands_in(&scene, 4, 600));
	stand_in.stands_in_seconds = 3601;
	assert_int_equal(change(&scene, 1, stand_in).result,
			 RAFT_SERVER_REFUSED);
	assert_int_equal(
	    change(&scene, 1,
		   (struct raft_server_change){ .kind = RAFT_SERVER_PROMOTE,
						.identity.id = 4 })
		.result,
	    RAFT_SERVER_OK);
	assert_int_equal(role_of(&scene, leader(&scene), 4), RAFT_MEMBER_VOTER);
	/* Of one that votes it is as good as done. */
	stand_in.stands_in_seconds = 600;
	assert_int_equal(change(&scene, 1, stand_in).result, RAFT_SERVER_OK);
	assert_int_equal(role_of(&scene, leader(&scene), 4), RAFT_MEMBER_VOTER);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    first_servers_with_different_lists_refuse_each_other),
		cmocka_unit_test(one_that_joins_gets_the_state_and_a_vote),
		cmocka_unit_test(one_alone_becomes_three),
		cmocka_unit_test(
		    a_learner_learns_and_votes_when_it_is_promoted),
		cmocka_unit_test(one_that_is_removed_is_told),
		cmocka_unit_test(
		    one_that_was_removed_is_forgotten_after_a_while),
		cmocka_unit_test(a_learner_that_is_removed_is_told),
		cmocka_unit_test(one_that_is_removed_is_not_let_in_again),
		cmocka_unit_test(who_joins_in_its_place_is_not_removed),
		cmocka_unit_test(
		    who_joins_in_the_place_of_one_that_was_replaced_stays),
		cmocka_unit_test(a_leader_may_be_removed),
		cmocka_unit_test(a_dead_server_is_replaced),
		cmocka_unit_test(leadership_goes_where_it_is_asked_to),
		cmocka_unit_test(
		    a_leader_steps_down_once_wherever_it_is_told_to),
		cmocka_unit_test(one_alone_does_not_step_down),
		cmocka_unit_test(
		    changes_that_cannot_be_are_refused_with_a_sentence),
		cmocka_unit_test(a_vote_that_is_needed_is_not_taken_away),
		cmocka_unit_test(one_that_cannot_be_let_in_is_told_why),
		cmocka_unit_test(one_that_asks_from_another_place_is_told_why),
		cmocka_unit_test(the_program_may_refuse_who_asks_to_be_let_in),
		cmocka_unit_test(
		    one_that_slept_while_all_others_changed_finds_them),
		cmocka_unit_test(one_that_has_moved_is_found),
		cmocka_unit_test(
		    one_that_stands_in_takes_the_place_of_a_dead_voter),
		cmocka_unit_test(a_learner_may_be_told_to_stand_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

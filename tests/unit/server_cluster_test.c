/*
 * Servers of one cluster: whoever is asked, whoever leads, and whoever comes and
 * goes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

static void
three(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(scene, id);
}

/* One that asks to be let in by a member. */
static void
make_joining(struct scene *scene, uint64_t id, uint64_t sponsor, bool learns)
{
	char join[64];

	snprintf(join, sizeof(join), "%" PRIu64 "=%s", sponsor,
		 scene->actors[sponsor].address);
	make_server(
	    scene, id,
	    (struct raft_server_create){ .join = join, .learns = learns });
}

/* ----------------------------------------------------------- asked anywhere */

static void
whoever_is_asked_a_command_is_done_once_everywhere(void **state)
{
	struct scene scene;

	(void)state;
	three(&scene);
	/* Before anybody leads, too. */
	for (uint64_t i = 0; i < 9; i++)
		assert_int_equal(add(&scene, 1 + i % 3, "2").result,
				 RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, agree(&scene, 9), PATIENCE_MS));
	assert_int_equal(scene.actors[2].machine.sum, 18);
	scene_close(&scene);
}

static void
a_read_at_a_follower_sees_what_was_acknowledged(void **state)
{
	struct scene scene;
	uint64_t follower;

	(void)state;
	three(&scene);
	follower = await_follower(&scene);
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(add(&scene, leader(&scene), "1").result,
				 RAFT_SERVER_OK);
		assert_int_equal(look(&scene, follower).result, RAFT_SERVER_OK);
		assert_true(scene.actors[follower].machine.sum >= i);
	}
	scene_close(&scene);
}

static void
a_bounded_read_needs_no_leader_in_time(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };
	uint64_t follower;

	(void)state;
	three(&scene);
	follower = await_follower(&scene);
	add(&scene, follower, "1");
	raft_server_read(scene.actors[follower].server,
			 &(struct raft_server_view){ .bound_us = 2000000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	for (uint64_t id = 1; id <= 3; id++)
		if (id != follower)
			cut_off(&scene, id);
	wish = (struct wish){ 0 };
	raft_server_read(scene.actors[follower].server,
			 &(struct raft_server_view){ .bound_us = 60000000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	scene_close(&scene);
}

static void
a_session_is_one_across_leaders(void **state)
{
	struct scene scene;
	struct wish opened = { 0 }, wish;
	uint64_t first, second;

	(void)state;
	three(&scene);
	first = await_leader(&scene);
	raft_server_register(scene.actors[await_follower(&scene)].server, 0,
			     wish_done, &opened);
	assert_int_equal(wait_for(&scene, &opened).result, RAFT_SERVER_OK);
	assert_true(opened.index > 0);
	propose(&scene, first, "7", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "7");
	cut_off(&scene, first);
	second = await_leader(&scene);
	assert_int_not_equal(first, second);
	propose(&scene, second, "7", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "7");
	propose(&scene, await_follower(&scene), "7", opened.index, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "7");
	assert_int_equal(scene.actors[second].machine.sum, 7);
	scene_close(&scene);
}

/* -------------------------------------------------------- who leads goes away */

#define WRITERS 16

/** Writes on and on, through one server, in a session or without. */
struct writer {
	struct scene *scene;
	uint64_t id;
	uint64_t session, sequence;
	bool stops, is_open;
	size_t done, unknown, refused;
};

static void writer_next(struct writer *writer);

static void
writer_done(void *context, const struct raft_server_answer *answer)
{
	struct writer *writer = context;

	writer->is_open = false;
	writer->done += answer->result == RAFT_SERVER_OK;
	writer->unknown += answer->result == RAFT_SERVER_UNKNOWN;
	writer->refused += answer->result != RAFT_SERVER_OK &&
			   answer->result != RAFT_SERVER_UNKNOWN;
	if (!writer->stops && scene_is_up(writer->scene, writer->id))
		writer_next(writer);
}

static void
writer_next(struct writer *writer)
{
	writer->is_open = true;
	writer->sequence++;
	raft_server_propose(
	    writer->scene->actors[writer->id].server,
	    &(struct raft_server_command){
		.data = "1",
		.length = 1,
		.session = writer->session,
		.sequence = writer->sequence,
		.timeout_us = writer->session != 0 ? 8000000 : 1500000,
	    },
	    writer_done, writer);
}

static size_t
sum_of(const struct writer *writers, size_t offset)
{
	size_t sum = 0;

	for (size_t i = 0; i < WRITERS; i++)
		sum +=
		    *(const size_t *)(const void *)((const char *)&writers[i] +
						    offset);
	return sum;
}

static bool
all_stopped(const struct writer *writers)
{
	for (size_t i = 0; i < WRITERS; i++)
		if (writers[i].is_open)
			return false;
	return true;
}

static void
begin_writers(struct scene *scene, struct writer *writers, bool in_sessions)
{
	uint64_t id = await_follower(scene);

	for (size_t i = 0; i < WRITERS; i++) {
		struct wish opened = { 0 };

		writers[i] = (struct writer){ .scene = scene, .id = id };
		if (in_sessions) {
			raft_server_register(
			    scene->actors[writers[i].id].server, 0, wish_done,
			    &opened);
			wait_for(scene, &opened);
			writers[i].session = opened.index;
		}
		writer_next(&writers[i]);
	}
}

static void
end_writers(struct scene *scene, struct writer *writers)
{
	for (size_t i = 0; i < WRITERS; i++)
		writers[i].stops = true;
	assert_true(run_until(&scene->loop, all_stopped(writers), PATIENCE_MS));
}

/* The leader is cut off, again and again, and comes back: with a session everything
 * ends well and counts once, from the followers' clients' point of view. */
static void
writers_outlive_their_leaders(struct scene *scene, struct writer *writers,
			      bool in_sessions)
{
	uint64_t writes_at;

	three(scene);
	begin_writers(scene, writers, in_sessions);
	writes_at = writers[0].id;
	for (int round = 0; round < 4; round++) {
		size_t before = sum_of(writers, offsetof(struct writer, done));
		uint64_t gone = await_leader(scene);

		assert_true(
		    run_until(&scene->loop,
			      sum_of(writers, offsetof(struct writer, done)) >
				  before + 100,
			      PATIENCE_MS));
		if (gone == writes_at)
			continue;
		cut_off(scene, gone);
		await_leader(scene);
		start(scene, gone);
	}
	end_writers(scene, writers);
}

static void
in_sessions_all_is_done_once_whoever_leads(void **state)
{
	static struct writer writers[WRITERS];
	struct scene scene;
	size_t done;

	(void)state;
	writers_outlive_their_leaders(&scene, writers, true);
	done = sum_of(writers, offsetof(struct writer, done));
	assert_int_equal(sum_of(writers, offsetof(struct writer, unknown)), 0);
	assert_int_equal(sum_of(writers, offsetof(struct writer, refused)), 0);
	assert_true(run_until(&scene.loop, agree(&scene, done), PATIENCE_MS));
	scene_close(&scene);
}

static void
without_a_session_what_is_acknowledged_is_there(void **state)
{
	static struct writer writers[WRITERS];
	struct scene scene;
	size_t done, unknown;
	uint64_t count;

	(void)state;
	writers_outlive_their_leaders(&scene, writers, false);
	done = sum_of(writers, offsetof(struct writer, done));
	unknown = sum_of(writers, offsetof(struct writer, unknown));
	assert_int_equal(sum_of(writers, offsetof(struct writer, refused)), 0);
	assert_int_equal(look(&scene, writers[0].id).result, RAFT_SERVER_OK);
	count = scene.actors[writers[0].id].machine.count;
	assert_in_range(count, done, done + unknown);
	assert_true(run_until(&scene.loop, agree(&scene, count), PATIENCE_MS));
	scene_close(&scene);
}

static void
without_a_majority_nothing_is_taken(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };

	(void)state;
	three(&scene);
	await_leader(&scene);
	cut_off(&scene, 1);
	cut_off(&scene, 2);
	/* Until it knows that nobody leads. */
	assert_true(run_until(
	    &scene.loop, status_of(&scene, 3).raft.leader == 0, PATIENCE_MS));
	raft_server_propose(scene.actors[3].server,
			    &(struct raft_server_command){
				.data = "1",
				.length = 1,
				.timeout_us = 300000,
			    },
			    wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_NO_LEADER);
	wish = (struct wish){ 0 };
	raft_server_read(scene.actors[3].server,
			 &(struct raft_server_view){ .timeout_us = 300000 },
			 wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_NO_LEADER);
	scene_close(&scene);
}

static void
a_leader_that_closes_hands_over(void **state)
{
	struct scene scene;
	uint64_t first, before, second;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	first = await_leader(&scene);
	before = status_of(&scene, first).raft.term;
	stop(&scene, first);
	second = await_leader(&scene);
	assert_int_not_equal(first, second);
	/* By a transfer: in the very next term, without a vote that failed. */
	assert_int_equal(status_of(&scene, second).raft.term, before + 1);
	assert_string_equal(add(&scene, second, "1").answer, "2");
	scene_close(&scene);
}

/* ------------------------------------------------------------------ snapshots */

static void
one_that_was_away_long_gets_a_snapshot(void **state)
{
	struct scene scene;
	uint64_t away;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_log_bytes = 3000;
	scene.options.snapshot_tail_entries = 5;
	make_first(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++) {
		scene.actors[id].machine.ballast = 1 << 20;
		start(&scene, id);
	}
	away = await_follower(&scene);
	cut_off(&scene, away);
	for (int i = 0; i < 300; i++)
		assert_int_equal(add(&scene, await_leader(&scene), "1").result,
				 RAFT_SERVER_OK);
	assert_true(run_until(
	    &scene.loop,
	    status_of(&scene, leader(&scene)).raft.snapshot.index > 100,
	    PATIENCE_MS));
	start(&scene, away);
	assert_true(run_until(&scene.loop, agree(&scene, 300), PATIENCE_MS));
	assert_int_equal(scene.actors[away].machine.loads, 1);
	scene_close(&scene);
}

/* ----------------------------------------------------------------- membership */

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
						   .replaced = dead });
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
		    .replaced = 8,
		    .address = "a:1" },
		  "no other server has ID 8" },
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
		 "%.1000s/again", scene.root);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    whoever_is_asked_a_command_is_done_once_everywhere),
		cmocka_unit_test(
		    a_read_at_a_follower_sees_what_was_acknowledged),
		cmocka_unit_test(a_bounded_read_needs_no_leader_in_time),
		cmocka_unit_test(a_session_is_one_across_leaders),
		cmocka_unit_test(in_sessions_all_is_done_once_whoever_leads),
		cmocka_unit_test(
		    without_a_session_what_is_acknowledged_is_there),
		cmocka_unit_test(without_a_majority_nothing_is_taken),
		cmocka_unit_test(a_leader_that_closes_hands_over),
		cmocka_unit_test(one_that_was_away_long_gets_a_snapshot),
		cmocka_unit_test(one_that_joins_gets_the_state_and_a_vote),
		cmocka_unit_test(one_alone_becomes_three),
		cmocka_unit_test(
		    a_learner_learns_and_votes_when_it_is_promoted),
		cmocka_unit_test(one_that_is_removed_is_told),
		cmocka_unit_test(a_leader_may_be_removed),
		cmocka_unit_test(a_dead_server_is_replaced),
		cmocka_unit_test(leadership_goes_where_it_is_asked_to),
		cmocka_unit_test(
		    changes_that_cannot_be_are_refused_with_a_sentence),
		cmocka_unit_test(a_vote_that_is_needed_is_not_taken_away),
		cmocka_unit_test(one_that_cannot_be_let_in_is_told_why),
		cmocka_unit_test(
		    one_that_slept_while_all_others_changed_finds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

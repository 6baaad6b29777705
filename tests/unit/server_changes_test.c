/*
 * What a leader does for each change that it is asked for, as things stand, and what
 * it says (assists/server/changes.c): attempt by attempt, without a wait.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

static char text[CHANGE_TEXT_BYTES];

static enum change_verdict
attempt(struct scene *scene, struct raft_server_change change)
{
	return raft__changes_attempt(scene->actors[1].server, &change,
				     UINT64_MAX, text);
}

#define assert_refused(scene, words, ...)                                      \
	do {                                                                   \
		assert_int_equal(                                              \
		    attempt(scene,                                             \
			    (struct raft_server_change){ __VA_ARGS__ }),       \
		    CHANGE_REFUSED);                                           \
		if (strstr(text, words) == NULL)                               \
			fail_msg("%s", text);                                  \
	} while (0)

#define assert_verdict(scene, verdict, ...)                                    \
	do {                                                                   \
		assert_int_equal(                                              \
		    attempt(scene,                                             \
			    (struct raft_server_change){ __VA_ARGS__ }),       \
		    verdict);                                                  \
		assert_string_equal(text, "");                                 \
	} while (0)

/* Until what runs is committed. */
static void
settle(struct scene *scene)
{
	assert_true(run_until(&scene->loop, !status_of(scene, 1).raft.changing,
			      PATIENCE_MS));
}

/* It has been led for so long that everybody would have been heard. */
static void
grow_old(struct scene *scene)
{
	scene->actors[1].server->changed_at = 0;
}

/* A leader alone, and a member without a vote that nobody has started. */
static void
two(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	assert_string_equal(add(scene, 1, "1").answer, "1");
	assert_verdict(scene, CHANGE_RUNS, .kind = RAFT_SERVER_LEARN,
		       .identity = { 7, 70 }, .address = "127.0.0.1:7 a note");
	settle(scene);
	assert_int_equal(role_of(scene, 1, 7), RAFT_MEMBER_NON_VOTING);
}

static struct raft_identity
self_of(const struct scene *scene)
{
	return scene->actors[1].server->folder.owner.self;
}

static void
who_joins_is_named_whole_and_at_a_place_of_its_own(void **state)
{
	char place[RAFT_ADDRESS_BYTES_MAX + 2];
	struct scene scene;

	(void)state;
	two(&scene);
	assert_refused(&scene, "which server", .kind = RAFT_SERVER_ADD,
		       .identity = { 8, 0 }, .address = "127.0.0.1:8");
	assert_refused(&scene, "which server", .kind = RAFT_SERVER_ADD,
		       .identity = { 0, 8 }, .address = "127.0.0.1:8");
	assert_refused(&scene, "where it is", .kind = RAFT_SERVER_ADD,
		       .identity = { 8, 80 });
	assert_refused(&scene, "server 7 is at this place",
		       .kind = RAFT_SERVER_ADD, .identity = { 8, 80 },
		       .address = "127.0.0.1:7 another note");
	assert_refused(&scene, "another disk", .kind = RAFT_SERVER_ADD,
		       .identity = { 7, 71 }, .address = "127.0.0.1:7");
	/* As long a note as an address may have, and no longer. */
	memset(place, 'n', sizeof(place));
	memcpy(place, "127.0.0.1:8 ", 12);
	place[RAFT_ADDRESS_BYTES_MAX + 1] = '\0';
	assert_refused(&scene, "where it is", .kind = RAFT_SERVER_ADD,
		       .identity = { 8, 80 }, .address = place);
	place[RAFT_ADDRESS_BYTES_MAX] = '\0';
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_ADD,
		       .identity = { 8, 80 }, .address = place);
	settle(&scene);
	/* The place is another's but for its last digit; the ID comes first. */
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_LEARN,
		       .identity = { 3, 30 }, .address = "127.0.0.1:77");
	settle(&scene);
	assert_int_equal(role_of(&scene, 1, 3), RAFT_MEMBER_NON_VOTING);
	assert_int_equal(role_of(&scene, 1, 8), RAFT_MEMBER_NON_VOTING);
	scene_close(&scene);
}

static void
a_cluster_has_a_largest_size(void **state)
{
	static struct raft_member members[RAFT_MEMBERS_MAX];
	static char places[RAFT_MEMBERS_MAX][24];
	struct raft_configuration target;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	assert_string_equal(add(&scene, 1, "1").answer, "1");
	target = *raft_configuration(scene.actors[1].server->raft);
	members[0] = target.members[0];
	for (size_t i = 1; i < RAFT_MEMBERS_MAX; i++) {
		snprintf(places[i], sizeof(places[i]), "127.0.0.1:%zu", i);
		members[i] = (struct raft_member){
			.identity = { 10 * i, 7 },
			.role = RAFT_MEMBER_NON_VOTING,
			.address = places[i],
			.address_length = strlen(places[i]),
		};
	}
	target.members = members;
	target.member_count = RAFT_MEMBERS_MAX - 1;
	assert_int_equal(raft_reconfigure(scene.actors[1].server->raft, &target,
					  raft__server_now(), NULL),
			 RAFT_OK);
	settle(&scene);
	/* In the order of their IDs. */
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_LEARN,
		       .identity = { 15, 7 }, .address = "127.0.0.1:1000");
	settle(&scene);
	assert_int_equal(role_of(&scene, 1, 15), RAFT_MEMBER_NON_VOTING);
	assert_refused(&scene, "as many servers", .kind = RAFT_SERVER_LEARN,
		       .identity = { 25, 7 }, .address = "127.0.0.1:1001");
	scene_close(&scene);
}

static void
what_is_so_already_is_done(void **state)
{
	struct scene scene;

	(void)state;
	two(&scene);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_ADD,
		       .identity = self_of(&scene));
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_LEARN,
		       .identity = { 7, 70 });
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_PROMOTE,
		       .identity.id = 1);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_DEMOTE,
		       .identity.id = 7);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_MOVE,
		       .identity.id = 7, .address = "127.0.0.1:7 a note");
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_REMOVE,
		       .identity.id = 8);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_REMOVE,
		       .identity = { 7, 71 });
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_TRANSFER,
		       .identity.id = 1);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_STEP_DOWN,
		       .identity.id = 7);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_LEASES,
		       .clock_drift = 0);
	assert_verdict(&scene, CHANGE_DONE, .kind = RAFT_SERVER_STAND_IN,
		       .identity.id = 1, .stands_in_seconds = 5);
	/* The note is a part of the address. */
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_MOVE,
		       .identity.id = 7, .address = "127.0.0.1:7 a nota");
	settle(&scene);
	scene_close(&scene);
}

static void
what_cannot_be_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	two(&scene);
	assert_refused(&scene, "an hour at most", .kind = RAFT_SERVER_STAND_IN,
		       .identity.id = 7, .stands_in_seconds = 0);
	assert_refused(&scene, "an hour at most", .kind = RAFT_SERVER_STAND_IN,
		       .identity.id = 7, .stands_in_seconds = 3601);
	assert_refused(&scene, "no voter has ID 7",
		       .kind = RAFT_SERVER_TRANSFER, .identity.id = 7);
	assert_refused(&scene, "no other voter", .kind = RAFT_SERVER_STEP_DOWN,
		       .identity.id = 1);
	assert_refused(&scene, "500000 millionths", .kind = RAFT_SERVER_LEASES,
		       .clock_drift = RAFT_CLOCK_DRIFT_MAX + 1);
	assert_refused(&scene, "no server has ID 8", .kind = RAFT_SERVER_DEMOTE,
		       .identity.id = 8);
	assert_refused(&scene, "no other server has ID 7",
		       .kind = RAFT_SERVER_REPLACE, .identity = { 7, 70 },
		       .replaced.id = 7);
	assert_refused(&scene, "no other server has ID 9",
		       .kind = RAFT_SERVER_REPLACE, .identity = { 8, 80 },
		       .replaced.id = 9, .address = "127.0.0.1:8");
	/* Where the one is that is to go, the other may be. */
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_REPLACE,
		       .identity = { 8, 80 }, .replaced.id = 7,
		       .address = "127.0.0.1:7");
	settle(&scene);
	assert_int_equal(role_of(&scene, 1, 8), RAFT_MEMBER_NON_VOTING);
	scene_close(&scene);
}

/* A leader that is new may just not have heard those yet on whom it depends. */
static void
one_that_leads_since_a_moment_waits_before_it_refuses(void **state)
{
	static const struct raft_server_change changes[] = {
		{ .kind = RAFT_SERVER_REMOVE, .identity.id = 1 },
		{ .kind = RAFT_SERVER_DEMOTE, .identity.id = 1 },
		{ .kind = RAFT_SERVER_LEASES, .clock_drift = 1000 },
	};
	static const char *const why[] = { "no majority", "no majority",
					   "lacks the module fencing" };
	struct scene scene;

	(void)state;
	two(&scene);
	for (size_t i = 0; i < 3; i++) {
		scene.actors[1].server->changed_at = raft__server_now();
		assert_int_equal(attempt(&scene, changes[i]), CHANGE_WAITS);
		assert_string_equal(text, "");
		grow_old(&scene);
		assert_int_equal(attempt(&scene, changes[i]), CHANGE_REFUSED);
		if (strstr(text, why[i]) == NULL)
			fail_msg("%s", text);
	}
	scene_close(&scene);
}

static uint64_t
match_of_second(const struct scene *scene)
{
	struct raft_server_member member;

	return raft_server_member(scene->actors[1].server, 1, &member)
		   ? member.raft.match_index
		   : 0;
}

/* Who is to vote catches up first. */
static void
how_far_it_is_is_said(void **state)
{
	const struct raft_server_change promote = { .kind = RAFT_SERVER_PROMOTE,
						    .identity.id = 2 };
	char expected[CHANGE_TEXT_BYTES];
	struct scene scene;
	uint64_t match, last;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	make_joining(&scene, 2, 1, true);
	start(&scene, 2);
	add(&scene, 1, "1");
	assert_true(
	    run_until(&scene.loop, match_of_second(&scene) > 0, PATIENCE_MS));
	cut_off(&scene, 2);
	for (int i = 0; i < 5; i++)
		add(&scene, 1, "1");
	/* One that was heard just now would be given its vote. */
	run_until(&scene.loop, false, 5 * TIMEOUT_US / 1000);
	assert_int_equal(attempt(&scene, promote), CHANGE_RUNS);
	settle(&scene);
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_NON_VOTING);
	assert_int_equal(attempt(&scene, promote), CHANGE_RUNS);
	match = match_of_second(&scene);
	last = status_of(&scene, 1).raft.last.index;
	assert_in_range(match, 1, last - 5);
	snprintf(expected, sizeof(expected),
		 "server 2 has %" PRIu64 " of %" PRIu64 " entries (%" PRIu64
		 " %%)",
		 match, last, 100 * match / last);
	assert_string_equal(text, expected);
	/* One that was never there. */
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_ADD,
		       .identity = { 7, 70 }, .address = "127.0.0.1:7");
	settle(&scene);
	assert_int_equal(
	    attempt(&scene,
		    (struct raft_server_change){ .kind = RAFT_SERVER_PROMOTE,
						 .identity.id = 7 }),
	    CHANGE_RUNS);
	assert_string_equal(text, "server 7 has not been heard yet");
	scene_close(&scene);
}

static bool
is_being_sent_one(struct scene *scene, struct raft_member_status *member)
{
	const struct raft_server_change promote = { .kind = RAFT_SERVER_PROMOTE,
						    .identity.id = 2 };

	if (!raft_member_status(scene->actors[1].server->raft, 1, member))
		return false;
	assert_int_equal(attempt(scene, promote), CHANGE_RUNS);
	return member->state == RAFT_PROGRESS_SNAPSHOT &&
	       member->snapshot_offset > 0 &&
	       strstr(text, "of a snapshot") != NULL;
}

/* Who lacks more than the log has is sent one first. */
static void
how_much_of_a_snapshot_it_has_is_said(void **state)
{
	struct raft_member_status member;
	char expected[CHANGE_TEXT_BYTES];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.options.snapshot_tail_entries = 1;
	make_first(&scene, 1);
	scene.actors[1].machine.ballast = 8 << 20;
	start(&scene, 1);
	for (int i = 1; i <= 2; i++) {
		uint64_t before = status_of(&scene, 1).snapshot.index;

		add(&scene, 1, "1");
		add(&scene, 1, "1");
		raft_server_snapshot(scene.actors[1].server);
		assert_true(run_until(
		    &scene.loop, status_of(&scene, 1).snapshot.index > before,
		    PATIENCE_MS));
	}
	make_joining(&scene, 2, 1, true);
	start(&scene, 2);
	assert_true(run_until(&scene.loop,
			      is_being_sent_one(&scene, &member) ||
				  scene.actors[2].machine.count == 4,
			      PATIENCE_MS));
	assert_true(is_being_sent_one(&scene, &member));
	assert_in_range(member.snapshot_size, 8 << 20, 9 << 20);
	assert_in_range(member.snapshot_offset, 1, member.snapshot_size);
	snprintf(expected, sizeof(expected),
		 "server 2 has %" PRIu64 " %% of a snapshot of %" PRIu64
		 " bytes",
		 member.snapshot_offset * 100 / member.snapshot_size,
		 member.snapshot_size);
	assert_string_equal(text, expected);
	assert_true(run_until(&scene.loop, agree(&scene, 4), PATIENCE_MS));
	scene_close(&scene);
}

/* Until leadership has gone over, or has not, nothing else is begun. */
static void
who_hands_over_changes_nothing(void **state)
{
	struct scene scene;
	uint64_t who, other;

	(void)state;
	three(&scene);
	who = await_leader(&scene);
	other = await_follower(&scene);
	assert_int_equal(add(&scene, who, "1").result, RAFT_SERVER_OK);
	cut_off(&scene, other);
	assert_int_equal(raft__changes_attempt(scene.actors[who].server,
					       &(struct raft_server_change){
						   .kind = RAFT_SERVER_TRANSFER,
						   .identity.id = other },
					       UINT64_MAX, text),
			 CHANGE_RUNS);
	assert_string_equal(text, "");
	assert_int_equal(raft__changes_attempt(scene.actors[who].server,
					       &(struct raft_server_change){
						   .kind = RAFT_SERVER_LEARN,
						   .identity = { 7, 70 },
						   .address = "127.0.0.1:7" },
					       UINT64_MAX, text),
			 CHANGE_WAITS);
	assert_string_equal(text, "");
	assert_int_equal(role_of(&scene, who, 7), RAFT_MEMBER_NONE);
	scene_close(&scene);
}

/* What a member is to become is what was asked for last. */
static void
a_wish_stands_in_the_configuration(void **state)
{
	const struct raft_server_change stand_in = { .kind =
							 RAFT_SERVER_STAND_IN,
						     .identity.id = 7,
						     .stands_in_seconds =
							 3600 };
	struct raft_server_member member;
	struct scene scene;

	(void)state;
	two(&scene);
	assert_int_equal(attempt(&scene, stand_in), CHANGE_RUNS);
	settle(&scene);
	assert_true(raft_server_member(scene.actors[1].server, 1, &member));
	assert_int_equal(member.stands_in_seconds, 3600);
	assert_false(member.promotes);
	assert_int_equal(attempt(&scene, stand_in), CHANGE_DONE);
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_PROMOTE,
		       .identity.id = 7);
	settle(&scene);
	assert_true(raft_server_member(scene.actors[1].server, 1, &member));
	assert_int_equal(member.stands_in_seconds, 0);
	assert_true(member.promotes);
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_DEMOTE,
		       .identity.id = 7);
	settle(&scene);
	assert_true(raft_server_member(scene.actors[1].server, 1, &member));
	assert_false(member.promotes);
	assert_int_equal(attempt(&scene, stand_in), CHANGE_RUNS);
	settle(&scene);
	assert_verdict(&scene, CHANGE_RUNS, .kind = RAFT_SERVER_DEMOTE,
		       .identity.id = 7);
	settle(&scene);
	assert_true(raft_server_member(scene.actors[1].server, 1, &member));
	assert_int_equal(member.stands_in_seconds, 0);
	scene_close(&scene);
}

/* ------------------------------------------------------------ for who asked it */

static struct ask *
ask_for(struct scene *scene, struct raft_server_change change)
{
	enum raft_server_result result;
	struct ask *ask = raft__asks_begin(scene->actors[1].server, ASK_CHANGE,
					   60000000, &result);

	assert_non_null(ask);
	ask->change = change;
	return ask;
}

static void
tell(struct scene *scene, enum raft_event_kind kind)
{
	raft__changes_event(scene->actors[1].server,
			    &(struct raft_event){ .kind = kind });
}

/* Of those alone that let somebody in it is noted that it was. */
static void
who_was_let_in_is_noted(void **state)
{
	struct scene scene;
	uint64_t index;

	(void)state;
	two(&scene);
	index = status_of(&scene, 1).raft.configuration_index;
	for (int kind = RAFT_SERVER_ADD; kind <= RAFT_SERVER_LEASES; kind++) {
		struct ask *ask = ask_for(
		    &scene, (struct raft_server_change){
				.kind = (enum raft_server_change_kind)kind,
				.identity = { 7, 70 } });
		bool lets_in =
		    kind == RAFT_SERVER_ADD || kind == RAFT_SERVER_LEARN ||
		    kind == RAFT_SERVER_STAND_IN || kind == RAFT_SERVER_REPLACE;

		tell(&scene, RAFT_EVENT_LEADER);
		assert_int_equal(ask->let_in_at, 0);
		tell(&scene, RAFT_EVENT_CONFIGURATION);
		assert_int_equal(ask->let_in_at, lets_in ? index : 0);
		ask->let_in_at = 0;
		ask->change.identity.incarnation = 71;
		tell(&scene, RAFT_EVENT_CONFIGURATION);
		assert_int_equal(ask->let_in_at, 0);
		/* What it was first counts. */
		ask->let_in_at = 1;
		ask->change.identity.incarnation = 70;
		tell(&scene, RAFT_EVENT_CONFIGURATION);
		assert_int_equal(ask->let_in_at, 1);
		ask->kind = ASK_READ;
		ask->let_in_at = 0;
		tell(&scene, RAFT_EVENT_CONFIGURATION);
		assert_int_equal(ask->let_in_at, 0);
	}
	scene_close(&scene);
}

static void
who_was_let_in_and_let_go_is_not_let_in_again(void **state)
{
	struct scene scene;
	struct raft_server *server;
	struct ask *ask;
	uint64_t index;

	(void)state;
	two(&scene);
	server = scene.actors[1].server;
	index = status_of(&scene, 1).raft.configuration_index;
	/* What was taken back never was. */
	ask = ask_for(&scene,
		      (struct raft_server_change){ .kind = RAFT_SERVER_LEARN,
						   .identity = { 8, 80 } });
	ask->let_in_at = index + 1;
	raft__changes_try(server, ask, 5000);
	assert_int_equal(ask->let_in_at, 0);
	assert_int_equal(ask->next_at, 105000);
	assert_int_equal(ask->known_index, index);
	/* It lacks an address: that is what a leader says. */
	assert_int_equal(ask->state, ASK_ENDED);
	assert_non_null(strstr(ask->answer.why, "where it is"));
	ask = ask_for(&scene,
		      (struct raft_server_change){ .kind = RAFT_SERVER_LEARN,
						   .identity = { 8, 80 } });
	ask->let_in_at = index;
	raft__changes_try(server, ask, 5000);
	assert_int_equal(ask->state, ASK_ENDED);
	assert_int_equal(ask->answer.result, RAFT_SERVER_REFUSED);
	assert_string_equal(ask->answer.why,
			    "it was let in, and somebody has let it go");
	assert_int_equal(ask->known_index, 0);
	/* One that asked for itself is in, and that is all. */
	ask = ask_for(&scene,
		      (struct raft_server_change){ .kind = RAFT_SERVER_ADD,
						   .identity = { 7, 70 } });
	ask->is_admission = true;
	raft__changes_try(server, ask, 5000);
	assert_int_equal(ask->let_in_at, index);
	assert_int_equal(ask->state, ASK_ENDED);
	assert_int_equal(ask->answer.result, RAFT_SERVER_OK);
	ask->is_admission = false;
	/* For one whom others let in it is seen to its vote. */
	ask = ask_for(&scene,
		      (struct raft_server_change){ .kind = RAFT_SERVER_ADD,
						   .identity = { 7, 70 } });
	raft__changes_try(server, ask, 5000);
	assert_int_equal(ask->state, ASK_WAITING);
	assert_true(ask->in_doubt);
	scene_close(&scene);
}

static void
one_that_is_removed_knows_that_it_is_done(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	two(&scene);
	for (int kind = RAFT_SERVER_ADD; kind <= RAFT_SERVER_LEASES; kind++)
		for (uint64_t who = 1; who <= 2; who++)
			for (uint64_t replaced = 1; replaced <= 2; replaced++) {
				bool is_it =
				    (kind == RAFT_SERVER_REMOVE && who == 1) ||
				    (kind == RAFT_SERVER_REPLACE &&
				     replaced == 1);

				ask = ask_for(
				    &scene,
				    (struct raft_server_change){
					.kind =
					    (enum raft_server_change_kind)kind,
					.identity.id = who,
					.replaced.id = replaced });
				tell(&scene, RAFT_EVENT_LEADER);
				assert_int_equal(ask->state, ASK_WAITING);
				tell(&scene, RAFT_EVENT_REMOVED);
				assert_int_equal(ask->state, is_it
								 ? ASK_ENDED
								 : ASK_WAITING);
				if (is_it)
					assert_int_equal(ask->answer.result,
							 RAFT_SERVER_OK);
			}
	scene_close(&scene);
}

/* Whoever has the ID as it is asked for. */
static void
who_is_to_go_is_known_by_its_disk(void **state)
{
	static const struct {
		struct raft_server_change change;
		struct raft_identity is, replaced;
	} cases[] = {
		{ { .kind = RAFT_SERVER_REMOVE, .identity = { 9, 0 } },
		  { 9, 0 },
		  { 0, 0 } },
		{ { .kind = RAFT_SERVER_REMOVE, .identity = { 7, 0 } },
		  { 7, 70 },
		  { 0, 0 } },
		{ { .kind = RAFT_SERVER_REMOVE, .identity = { 7, 71 } },
		  { 7, 71 },
		  { 0, 0 } },
		{ { .kind = RAFT_SERVER_REPLACE,
		    .identity = { 7, 0 },
		    .replaced = { 7, 0 } },
		  { 7, 0 },
		  { 7, 70 } },
		{ { .kind = RAFT_SERVER_REPLACE,
		    .identity = { 8, 0 },
		    .replaced = { 7, 72 } },
		  { 8, 0 },
		  { 7, 72 } },
	};
	struct scene scene;
	struct ask *ask;

	(void)state;
	two(&scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask = ask_for(&scene, cases[i].change);
		raft__changes_try(scene.actors[1].server, ask, 5000);
		assert_int_equal(ask->change.identity.id, cases[i].is.id);
		assert_int_equal(ask->change.identity.incarnation,
				 cases[i].is.incarnation);
		assert_int_equal(ask->change.replaced.id, cases[i].replaced.id);
		assert_int_equal(ask->change.replaced.incarnation,
				 cases[i].replaced.incarnation);
		assert_true(run_until(
		    &scene.loop, status_of(&scene, 1).asks == 0, PATIENCE_MS));
		if (role_of(&scene, 1, 7) == RAFT_MEMBER_NONE)
			assert_verdict(
			    &scene, CHANGE_RUNS, .kind = RAFT_SERVER_LEARN,
			    .identity = { 7, 70 }, .address = "127.0.0.1:7");
		settle(&scene);
	}
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    who_joins_is_named_whole_and_at_a_place_of_its_own),
		cmocka_unit_test(a_cluster_has_a_largest_size),
		cmocka_unit_test(what_is_so_already_is_done),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(
		    one_that_leads_since_a_moment_waits_before_it_refuses),
		cmocka_unit_test(how_far_it_is_is_said),
		cmocka_unit_test(how_much_of_a_snapshot_it_has_is_said),
		cmocka_unit_test(who_hands_over_changes_nothing),
		cmocka_unit_test(who_was_let_in_is_noted),
		cmocka_unit_test(who_was_let_in_and_let_go_is_not_let_in_again),
		cmocka_unit_test(one_that_is_removed_knows_that_it_is_done),
		cmocka_unit_test(who_is_to_go_is_known_by_its_disk),
		cmocka_unit_test(a_wish_stands_in_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

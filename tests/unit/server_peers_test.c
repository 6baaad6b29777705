/*
 * Whom a server knows, and for how long: each limit at its edge, by a clock that is set
 * by hand (assists/server/peers.c, joining.c).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/** Server 1, whose loop stands still. */
static struct raft_server *
one_of(struct scene *scene)
{
	return scene->actors[1].server;
}

/** Of three, alone: it has a configuration, and no leader. */
static struct raft_server *
open_alone(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 3);
	start(scene, 1);
	return one_of(scene);
}

/** A leader by itself. */
static struct raft_server *
open_leader(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
	return one_of(scene);
}

static bool
is_peer(struct raft_server *server, uint64_t id)
{
	struct raft_tcp_peer_status status;
	bool is_known = raft__peers_find(&server->peers, id) != NULL;

	/* There is a connection, or one is tried, with all who are known. */
	assert_int_equal(raft_tcp_peer_status(server->transport, id, &status),
			 is_known);
	return is_known;
}

/* ------------------------------------------------------------------ who is known */

static void
one_is_known_at_one_place(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);
	struct peer *peer;

	(void)state;
	assert_int_equal(server->peers.count, 2);
	assert_null(raft__peers_learn(server, 1, "127.0.0.1:77", 0));
	peer = raft__peers_learn(server, 7, "127.0.0.1:77 a note", 5);
	assert_ptr_equal(peer, raft__peers_find(&server->peers, 7));
	assert_int_equal(server->peers.count, 3);
	assert_int_equal(peer->id, 7);
	assert_string_equal(peer->place, "127.0.0.1:77 a note");
	assert_int_equal(peer->unnamed_at, 5);
	assert_int_equal(peer->told, 0);
	assert_int_equal(peer->wish, WISH_NONE);
	assert_null(peer->build);
	/* The same once more. */
	raft__peers_about(server, 7, "a build");
	assert_ptr_equal(raft__peers_learn(server, 7, "127.0.0.1:77 a note", 0),
			 peer);
	assert_int_equal(server->peers.count, 3);
	assert_int_equal(peer->unnamed_at, 0);
	assert_string_equal(raft__peers_build(&server->peers, 7), "a build");
	/* Elsewhere it is another one. */
	peer = raft__peers_learn(server, 7, "127.0.0.1:78", 6);
	assert_int_equal(server->peers.count, 3);
	assert_string_equal(peer->place, "127.0.0.1:78");
	assert_int_equal(peer->unnamed_at, 6);
	assert_string_equal(raft__peers_build(&server->peers, 7), "");
	assert_true(is_peer(server, 7) && is_peer(server, 2));
	scene_close(&scene);
}

static void
a_place_that_is_none_is_told(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);

	(void)state;
	assert_null(raft__peers_learn(server, 7, "nowhere", 0));
	assert_string_equal(scene.actors[1].said[RAFT_SERVER_EVENT_MEMBERS],
			    "server 7 at nowhere: invalid argument");
	assert_int_equal(server->peers.count, 2);
	scene_close(&scene);
}

static void
of_those_whom_nobody_names_the_oldest_is_forgotten(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);

	(void)state;
	/* The one of the longest standing but one is the one that lets us in. */
	server->peers.sponsor = 101;
	for (uint64_t i = 0; i < ACQUAINTANCES_MAX; i++)
		assert_non_null(raft__peers_learn(server, 101 + i, "unix:/x",
						  i == 5 ? 2 : 10 + i));
	server->peers.list[2].unnamed_at = 1;
	assert_int_equal(server->peers.count, 2 + ACQUAINTANCES_MAX);
	/* Who is named takes nobody's place, */
	assert_non_null(raft__peers_learn(server, 90, "unix:/y", 0));
	assert_int_equal(server->peers.count, 3 + ACQUAINTANCES_MAX);
	/* nor does one that is known. */
	assert_non_null(raft__peers_learn(server, 103, "unix:/x", 12));
	assert_int_equal(server->peers.count, 3 + ACQUAINTANCES_MAX);
	assert_non_null(raft__peers_learn(server, 200, "unix:/z", 30));
	assert_int_equal(server->peers.count, 3 + ACQUAINTANCES_MAX);
	assert_false(is_peer(server, 106));
	for (uint64_t i = 0; i < ACQUAINTANCES_MAX; i++)
		assert_int_equal(is_peer(server, 101 + i), i != 5);
	assert_true(is_peer(server, 200) && is_peer(server, 90) &&
		    is_peer(server, 2) && is_peer(server, 3));
	raft__peers_learn(server, 201, "unix:/z", 31);
	assert_false(is_peer(server, 102));
	assert_true(is_peer(server, 101) && is_peer(server, 200));
	scene_close(&scene);
}

static void
so_many_are_known_and_no_more(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);
	uint64_t id = 10;

	(void)state;
	while (server->peers.count < PEERS_MAX)
		assert_non_null(raft__peers_learn(server, id++, "unix:/x", 0));
	assert_null(raft__peers_learn(server, id, "unix:/x", 0));
	assert_null(raft__peers_learn(server, id, "unix:/x", 1));
	assert_int_equal(server->peers.count, PEERS_MAX);
	assert_non_null(raft__peers_learn(server, id - 1, "unix:/y", 0));
	assert_int_equal(server->peers.count, PEERS_MAX);
	scene_close(&scene);
}

/* It is printed for people. */
static void
what_one_runs_is_a_line_of_plain_letters(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);
	const struct peers *peers = &server->peers;

	(void)state;
	assert_string_equal(raft__peers_build(peers, 2), "");
	raft__peers_about(server, 2, " ~one");
	assert_string_equal(raft__peers_build(peers, 2), " ~one");
	raft__peers_about(server, 2, "two\x1f");
	raft__peers_about(server, 2, "two\x7f");
	raft__peers_about(server, 2, "two\x80");
	raft__peers_about(server, 9, "two");
	assert_string_equal(raft__peers_build(peers, 2), " ~one");
	assert_string_equal(raft__peers_build(peers, 3), "");
	assert_string_equal(raft__peers_build(peers, 9), "");
	raft__peers_about(server, 2, "three");
	assert_string_equal(raft__peers_build(peers, 2), "three");
	scene_close(&scene);
}

/* ------------------------------------------------------------------ by the clock */

static void
who_is_named_no_more_is_forgotten_after_a_while(void **state)
{
	struct scene scene;
	struct raft_server *server = open_leader(&scene);
	uint64_t now = raft__server_now();

	(void)state;
	raft__peers_learn(server, 7, "unix:/x", 0);
	raft__peers_tick(server, now);
	assert_int_equal(raft__peers_find(&server->peers, 7)->unnamed_at, now);
	raft__peers_tick(server, now + 20 * TIMEOUT_US);
	assert_int_equal(raft__peers_find(&server->peers, 7)->unnamed_at, now);
	raft__peers_tick(server, now + 20 * TIMEOUT_US + 1);
	assert_false(is_peer(server, 7));
	scene_close(&scene);
	/* Not while nobody leads: it may be the one who will. */
	server = open_alone(&scene);
	now = raft__server_now();
	raft__peers_learn(server, 7, "unix:/x", now);
	raft__peers_tick(server, now + 100 * TIMEOUT_US);
	assert_true(is_peer(server, 7));
	scene_close(&scene);
}

static void
one_that_was_removed_ends_after_a_while(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);
	uint64_t now = raft__server_now();

	(void)state;
	server->ends_by_itself = true;
	raft__peers_tick(server, now + 100 * TIMEOUT_US);
	assert_int_equal(server->closes, 0);
	server->peers.removed_at = now;
	raft__peers_tick(server, now + 4 * TIMEOUT_US - 1);
	assert_int_equal(server->closes, 0);
	server->ends_by_itself = false;
	raft__peers_tick(server, now + 4 * TIMEOUT_US);
	assert_int_equal(server->closes, 0);
	server->ends_by_itself = true;
	raft__peers_tick(server, now + 4 * TIMEOUT_US);
	assert_int_equal(server->closes, 1);
	/* Once. */
	raft__peers_tick(server, now + 5 * TIMEOUT_US);
	assert_int_equal(server->closes, 1);
	scene_close(&scene);
	/* One that leads has yet to hand over. */
	server = open_leader(&scene);
	now = raft__server_now();
	server->ends_by_itself = true;
	server->peers.removed_at = now;
	raft__peers_tick(server, now + 100 * TIMEOUT_US);
	assert_int_equal(server->closes, 0);
	scene_close(&scene);
}

/* What a leader says now counts, not what was said while there was none. */
static void
who_hears_a_leader_is_disowned_by_nobody(void **state)
{
	struct scene scene;
	struct raft_server *server;
	uint64_t who;

	(void)state;
	three(&scene);
	await_leader(&scene);
	who = await_follower(&scene);
	server = scene.actors[who].server;
	for (size_t i = 0; i < server->peers.count; i++)
		server->peers.list[i].disowns = true;
	server->peers.alone_at = 1;
	server->peers.has_complained = true;
	raft__peers_tick(server, raft__server_now());
	assert_int_equal(server->peers.count, 2);
	for (size_t i = 0; i < server->peers.count; i++)
		assert_false(server->peers.list[i].disowns);
	assert_int_equal(server->peers.alone_at, 0);
	assert_false(server->peers.has_complained);
	scene_close(&scene);
}

static void
who_hears_no_leader_asks_once_a_second(void **state)
{
	struct scene scene;
	struct raft_server *server;
	uint64_t now;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	start(&scene, 1);
	start(&scene, 2);
	await_leader(&scene);
	assert_true(
	    run_until(&scene.loop,
		      raft__peers_is_open(scene.actors[1].server, 2) &&
			  raft__peers_is_open(scene.actors[2].server, 1),
		      PATIENCE_MS));
	/* The one that leads reminds those whom it does not hear. */
	server = scene.actors[leader(&scene)].server;
	now = raft__server_now() + 10000000;
	server->peers.alone_at = now - 999999;
	raft__peers_find(&server->peers, 3)->owes_roster = false;
	raft__peers_tick(server, now);
	assert_false(raft__peers_find(&server->peers, 3)->owes_roster);
	raft__peers_tick(server, now + 1);
	assert_int_equal(server->peers.alone_at, now + 1);
	assert_true(raft__peers_find(&server->peers, 3)->owes_roster);
	scene_close(&scene);
	/* And one that is alone looks around: when it has been so for a second. */
	server = open_alone(&scene);
	now = raft__server_now();
	raft__peers_tick(server, now);
	assert_int_equal(server->peers.alone_at, now);
	/* Nobody is there: it goes on trying. */
	raft__peers_tick(server, now + 1000000);
	assert_int_equal(server->peers.alone_at, now);
	scene_close(&scene);
}

/* What is owed is paid over a connection, once. */
static void
what_is_owed_is_paid_once(void **state)
{
	struct scene scene;
	struct raft_server *server;
	struct peer *peer;
	uint64_t now;

	(void)state;
	three(&scene);
	await_leader(&scene);
	server = one_of(&scene);
	assert_true(run_until(&scene.loop, raft__peers_is_open(server, 2),
			      PATIENCE_MS));
	peer = raft__peers_find(&server->peers, 2);
	peer->wish = WISH_LEARN;
	peer->incarnation =
	    raft_configuration(server->raft)->members[1].identity.incarnation;
	peer->owes_roster = true;
	peer->refusal = strdup("no");
	raft__peers_tick(server, raft__server_now());
	assert_int_equal(peer->wish, WISH_NONE);
	assert_false(peer->owes_roster);
	assert_null(peer->refusal);
	/* To one that is not there it is owed on. */
	cut_off(&scene, 2);
	assert_true(run_until(&scene.loop, !raft__peers_is_open(server, 2),
			      PATIENCE_MS));
	peer->wish = WISH_LEARN;
	peer->owes_roster = true;
	raft__peers_tick(server, raft__server_now());
	assert_int_equal(peer->wish, WISH_LEARN);
	assert_true(peer->owes_roster);
	/* Four times a second it is seen to it that all know what runs here. */
	now = raft__server_now();
	server->peers.told_at = now;
	raft__peers_tick(server, now + 249999);
	assert_int_equal(server->peers.told_at, now);
	raft__peers_tick(server, now + 250000);
	assert_int_equal(server->peers.told_at, now + 250000);
	peer = raft__peers_find(&server->peers, 3);
	assert_int_equal(peer->told, 1);
	peer->told = 0;
	raft__peers_tick(server, now + 500000);
	assert_int_equal(peer->told, 1);
	scene_close(&scene);
}

/* ------------------------------------------------------------- what others say */

/* One that learns, and hears nobody any more. */
static struct raft_server *
open_learner(struct scene *scene)
{
	struct raft_server *server;

	three(scene);
	await_leader(scene);
	make_joining(scene, 4, 1, true);
	start(scene, 4);
	assert_true(
	    run_until(&scene->loop,
		      role_of(scene, 4, 4) == RAFT_MEMBER_NON_VOTING &&
			  status_of(scene, 4).raft.leader != 0 &&
			  status_of(scene, 4).raft.durable_index >=
			      status_of(scene, 4).raft.configuration_index,
		      PATIENCE_MS));
	server = scene->actors[4].server;
	server->peers.heard_at = 0;
	return server;
}

static void
told(struct raft_server *server, uint64_t by, uint64_t index,
     const struct raft_configuration *configuration)
{
	server->peers.has_complained = false;
	raft__peers_told(server, by, index, configuration);
}

static void
one_is_gone_when_a_majority_of_voters_says_so(void **state)
{
	static const char *const gone =
	    "this server has left the cluster: its folder is of no use any "
	    "more";
	struct scene scene;
	struct raft_server *server = open_learner(&scene);
	struct raft_configuration without = *raft_configuration(server->raft);
	uint64_t index = status_of(&scene, 4).raft.configuration_index;
	struct actor *actor = &scene.actors[4];
	char *said = actor->said[RAFT_SERVER_EVENT_MEMBERS];

	(void)state;
	without.member_count = 3;
	said[0] = '\0';
	/* What it knows already is no news, */
	told(server, 1, index, &without);
	assert_string_equal(said, "");
	/* nor is what a leader does not say whom it hears. */
	server->peers.heard_at = raft__server_now();
	told(server, 1, index + 1, &without);
	assert_string_equal(said, "");
	server->peers.heard_at = 0;
	told(server, 1, index + 1, raft_configuration(server->raft));
	assert_string_equal(said, "");
	told(server, 1, index + 1, &without);
	assert_string_equal(said, "server 1 says that this server has left the "
				  "cluster: this folder is of no use any more");
	told(server, 1, index + 2, &without);
	assert_int_equal(server->peers.removed_at, 0);
	/* Once is enough. */
	said[0] = '\0';
	raft__peers_told(server, 2, 0, &without);
	assert_string_equal(said, "");
	assert_string_equal(actor->said[RAFT_SERVER_EVENT_REMOVED], "");
	told(server, 3, index + 1, &without);
	assert_int_not_equal(server->peers.removed_at, 0);
	assert_string_equal(actor->said[RAFT_SERVER_EVENT_REMOVED], gone);
	/* Who knows that complains no more. */
	said[0] = '\0';
	told(server, 3, index + 2, &without);
	assert_string_equal(said, "");
	/* A leader that is heard after all knows better. */
	raft__peers_event(server, &(struct raft_event){
				      .kind = RAFT_EVENT_LEADER, .peer = 0 });
	assert_int_not_equal(server->peers.removed_at, 0);
	raft__peers_event(server, &(struct raft_event){
				      .kind = RAFT_EVENT_LEADER, .peer = 2 });
	assert_int_equal(server->peers.removed_at, 0);
	scene_close(&scene);
}

static void
one_with_another_disk_is_told_so(void **state)
{
	struct raft_member members[RAFT_MEMBERS_MAX];
	struct scene scene;
	struct raft_server *server = open_learner(&scene);
	struct raft_configuration other = *raft_configuration(server->raft);
	uint64_t index = status_of(&scene, 4).raft.configuration_index;
	char *said = scene.actors[4].said[RAFT_SERVER_EVENT_MEMBERS];

	(void)state;
	memcpy(members, other.members, 4 * sizeof(members[0]));
	other.members = members;
	members[3].identity.incarnation++;
	told(server, 2, index + 1, &other);
	assert_string_equal(said,
			    "server 2 says that this server has another disk "
			    "by now: this folder is of no use any more");
	/* Where one is has to be said. */
	members[0].address = "nowhere";
	members[0].address_length = 0;
	said[0] = '\0';
	server->peers.has_complained = true;
	raft__peers_told(server, 2, index + 1, &other);
	assert_string_equal(said,
			    "the configuration does not say where server 1 is");
	/* One that has a cluster asks nobody to be let in. */
	said[0] = '\0';
	server->peers.has_complained = false;
	raft__peers_refused(server, 2, "no");
	assert_string_equal(said, "");
	cut_off(&scene, 4);
	start(&scene, 4);
	assert_int_equal(scene.actors[4].server->peers.sponsor, 0);
	assert_int_equal(scene.actors[4].server->peers.count, 3);
	scene_close(&scene);
}

static void
one_that_is_not_let_in_says_why(void **state)
{
	struct scene scene;
	struct raft_server *server;
	char *said = scene.actors[2].said[RAFT_SERVER_EVENT_MEMBERS];

	(void)state;
	scene_open(&scene);
	make_joining(&scene, 2, 1, true);
	start(&scene, 2);
	server = scene.actors[2].server;
	assert_int_equal(server->peers.sponsor, 1);
	assert_int_equal(raft__peers_find(&server->peers, 1)->unnamed_at != 0,
			 1);
	raft__peers_refused(server, 1, "no");
	assert_string_equal(said, "server 1 says no");
	/* Once, as long as nobody leads. */
	raft__peers_refused(server, 1, "no, no");
	assert_string_equal(said, "server 1 says no");
	scene_close(&scene);
}

/* ------------------------------------------------------------------- by a visit */

static void
one_that_asks_from_elsewhere_is_visited_for_a_moment(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);
	struct raft_identity other = { 2, 12345 };
	struct peer *peer;
	uint64_t visited_at;
	char home[80];

	(void)state;
	strlcpy(home, raft__peers_find(&server->peers, 2)->place, sizeof(home));
	raft__peers_asked(server, other, WISH_VOTE, 0, "127.0.0.1:77");
	peer = raft__peers_find(&server->peers, 2);
	assert_string_equal(peer->place, "127.0.0.1:77");
	assert_string_equal(peer->home, home);
	assert_int_equal(peer->wish, WISH_VOTE);
	assert_int_equal(peer->incarnation, 12345);
	assert_true(peer->owes_roster);
	visited_at = peer->visited_at;
	assert_in_range(visited_at, raft__server_now() - 1000000,
			raft__server_now());
	/* From there it does not go on to a third place. */
	raft__peers_asked(server, other, WISH_LEARN, 0, "127.0.0.1:78");
	assert_string_equal(raft__peers_find(&server->peers, 2)->place,
			    "127.0.0.1:77");
	assert_int_equal(raft__peers_find(&server->peers, 2)->wish, WISH_VOTE);
	raft__peers_return_home(server, visited_at + 4999999);
	assert_string_equal(raft__peers_find(&server->peers, 2)->place,
			    "127.0.0.1:77");
	raft__peers_return_home(server, visited_at + 5000000);
	peer = raft__peers_find(&server->peers, 2);
	assert_string_equal(peer->place, home);
	assert_null(peer->home);
	assert_int_equal(peer->visited_at, visited_at);
	/* And not again at once. */
	raft__peers_asked(server, other, WISH_VOTE, 0, "127.0.0.1:77");
	assert_string_equal(peer->place, home);
	peer->visited_at = raft__server_now() - 60000000;
	raft__peers_asked(server, other, WISH_STAND_IN, 9, "127.0.0.1:77");
	peer = raft__peers_find(&server->peers, 2);
	assert_string_equal(peer->place, "127.0.0.1:77");
	assert_int_equal(peer->stands_in_seconds, 9);
	assert_true(peer->visited_at > visited_at);
	scene_close(&scene);
}

static void
who_asks_is_taken_at_its_word_where_no_configuration_says_other(void **state)
{
	struct scene scene;
	struct raft_server *server = open_alone(&scene);
	struct raft_identity member;
	char home[80];

	(void)state;
	raft__peers_asked(server, (struct raft_identity){ 7, 70 }, WISH_LEARN,
			  0, "nowhere");
	assert_false(is_peer(server, 7));
	raft__peers_asked(server, (struct raft_identity){ 7, 70 }, WISH_LEARN,
			  0, "127.0.0.1:77");
	assert_int_not_equal(raft__peers_find(&server->peers, 7)->unnamed_at,
			     0);
	raft__peers_asked(server, (struct raft_identity){ 7, 71 }, WISH_VOTE, 0,
			  "127.0.0.1:78");
	assert_string_equal(raft__peers_find(&server->peers, 7)->place,
			    "127.0.0.1:78");
	assert_int_equal(raft__peers_find(&server->peers, 7)->incarnation, 71);
	/* So is one that a former configuration has named, which is not visited. */
	assert_non_null(raft__peers_learn(server, 9, "127.0.0.1:9", 0));
	raft__peers_asked(server, (struct raft_identity){ 9, 91 }, WISH_VOTE, 0,
			  "127.0.0.1:99");
	assert_string_equal(raft__peers_find(&server->peers, 9)->place,
			    "127.0.0.1:9");
	assert_null(raft__peers_find(&server->peers, 9)->home);
	assert_int_equal(raft__peers_find(&server->peers, 9)->wish, WISH_VOTE);
	/* A member is where the configuration says, whatever it says itself. */
	member = raft_configuration(server->raft)->members[1].identity;
	assert_int_equal(member.id, 2);
	strlcpy(home, raft__peers_find(&server->peers, 2)->place, sizeof(home));
	raft__peers_asked(server, member, WISH_NONE, 0, "127.0.0.1:79");
	assert_string_equal(raft__peers_find(&server->peers, 2)->place, home);
	assert_null(raft__peers_find(&server->peers, 2)->home);
	assert_true(raft__peers_find(&server->peers, 2)->owes_roster);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_known_at_one_place),
		cmocka_unit_test(a_place_that_is_none_is_told),
		cmocka_unit_test(
		    of_those_whom_nobody_names_the_oldest_is_forgotten),
		cmocka_unit_test(so_many_are_known_and_no_more),
		cmocka_unit_test(what_one_runs_is_a_line_of_plain_letters),
		cmocka_unit_test(
		    who_is_named_no_more_is_forgotten_after_a_while),
		cmocka_unit_test(one_that_was_removed_ends_after_a_while),
		cmocka_unit_test(who_hears_a_leader_is_disowned_by_nobody),
		cmocka_unit_test(who_hears_no_leader_asks_once_a_second),
		cmocka_unit_test(what_is_owed_is_paid_once),
		cmocka_unit_test(one_is_gone_when_a_majority_of_voters_says_so),
		cmocka_unit_test(one_with_another_disk_is_told_so),
		cmocka_unit_test(one_that_is_not_let_in_says_why),
		cmocka_unit_test(
		    one_that_asks_from_elsewhere_is_visited_for_a_moment),
		cmocka_unit_test(
		    who_asks_is_taken_at_its_word_where_no_configuration_says_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

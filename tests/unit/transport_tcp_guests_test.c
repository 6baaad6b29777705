/*
 * Guests: who is no peer but welcome. Of them notes are taken and nothing else, and
 * neither their number nor what they say is in Raft's way.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_scene.h"


#include "assists/transport_tcp/transport.h"

#define NOTE_BYTES_MAX ((size_t)1 << 20)
/* The default. */
#define GUESTS_MAX 16
#define FLOOD 60

/* A pair, and server 5, which knows one of them that does not know it. */
struct party {
	uv_loop_t loop;
	struct site one;
	struct site two;
	struct site five;
};

static void
open_party(struct party *party, bool is_welcome)
{
	struct raft_tcp_options options;

	memset(party, 0, sizeof(*party));
	uv_loop_init(&party->loop);
	open_pair(&party->loop, &party->one, &party->two);
	party->one.hosts = is_welcome;
	options = site_options(&party->five, 5);
	open_site(&party->five, &party->loop, &options);
	introduce(&party->five, 1, raft_tcp_port(party->one.tcp));
}

static void
close_party(struct party *party)
{
	close_site(&party->one);
	close_site(&party->two);
	close_site(&party->five);
	close_loop(&party->loop);
}

static bool
is_guest_open(const struct party *party)
{
	struct raft_tcp_peer_status status;

	return raft_tcp_peer_status(party->five.tcp, 1, &status) &&
	       status.open_out;
}

static void
a_guest_is_let_in_if_it_is_welcome(void **state)
{
	struct party party;

	(void)state;
	open_party(&party, false);
	assert_true(run_until(&party.loop,
			      count(&party.five, RAFT_LINK_HELLO_REFUSED) > 0,
			      1000));
	assert_true(count(&party.one, RAFT_LINK_HELLO_STRANGER) > 0);
	assert_int_equal(party.one.asked_by.id, 5);
	assert_int_equal(party.one.asked_by.incarnation, 105);
	assert_int_equal(count(&party.one, RAFT_LINK_OPENED_GUEST), 0);
	assert_int_equal(raft_tcp_post(party.five.tcp, 1, "note", 4),
			 UV_ENOTCONN);
	party.one.hosts = true;
	assert_true(run_until(&party.loop, is_guest_open(&party), 1000));
	assert_int_equal(count(&party.one, RAFT_LINK_OPENED_GUEST), 1);
	assert_non_null(strstr(party.one.trace, "open, as a guest"));
	close_party(&party);
}

static void
of_a_guest_only_notes_are_taken(void **state)
{
	struct party party;
	struct raft_message message = vote(5, 1, 9);

	(void)state;
	open_party(&party, true);
	assert_true(run_until(&party.loop, is_guest_open(&party), 1000));
	raft_tcp_send(party.five.tcp, &message);
	assert_int_equal(post(&party.five, &party.one, 1000), 0);
	raft_tcp_send(party.five.tcp, &message);
	assert_true(
	    run_until(&party.loop,
		      has_all_notes(&party.one) &&
			  count(&party.one, RAFT_LINK_DROPPED_GUEST) == 2,
		      1000));
	assert_true(party.one.note_is_guests);
	assert_int_equal(party.one.note_from.id, 5);
	assert_int_equal(party.one.note_from.incarnation, 105);
	assert_int_equal(party.one.received, 0);
	/* It is no peer: nothing is sent to it, nor told when it goes. */
	assert_int_equal(raft_tcp_post(party.one.tcp, 5, "note", 4),
			 UV_ENOTCONN);
	raft_tcp_peer_remove(party.five.tcp, 1);
	assert_true(run_until(&party.loop,
			      count(&party.one, RAFT_LINK_CLOSED) == 1, 1000));
	assert_int_equal(party.one.closed, 0);
	close_party(&party);
}

static void
a_guest_that_becomes_a_peer_keeps_its_connection(void **state)
{
	struct party party;
	struct raft_message message = vote(5, 1, 9);

	(void)state;
	open_party(&party, true);
	assert_true(run_until(&party.loop, is_guest_open(&party), 1000));
	introduce(&party.one, 5, raft_tcp_port(party.five.tcp));
	raft_tcp_send(party.five.tcp, &message);
	assert_int_equal(post(&party.five, &party.one, 1000), 0);
	assert_true(run_until(
	    &party.loop, has_all_notes(&party.one) && party.one.received == 1,
	    1000));
	assert_false(party.one.note_is_guests);
	assert_true(run_until(&party.loop, is_open_both(&party.one, 5), 1000));
	assert_int_equal(count(&party.five, RAFT_LINK_OPENED_OUT), 1);
	assert_int_equal(count(&party.one, RAFT_LINK_DROPPED_GUEST), 0);
	/* A peer that is removed may come back as a guest. */
	raft_tcp_peer_remove(party.one.tcp, 5);
	assert_true(run_until(
	    &party.loop, count(&party.one, RAFT_LINK_OPENED_GUEST) == 2, 1000));
	close_party(&party);
}

/* ----------------------------------------------------- guests by hand */

static void
open_house(struct scene *scene)
{
	open_scene(scene);
	scene->one.hosts = true;
}

static int
visit_as(struct scene *scene, uint64_t id, uint64_t incarnation)
{
	struct raft_hello hello = fair_hello();
	uint64_t before = count(&scene->one, RAFT_LINK_OPENED_GUEST);
	int fd = attack(scene);

	hello.from = (struct raft_identity){ id, incarnation };
	say_hello(fd, &hello);
	assert_true(run_until(
	    &scene->loop, count(&scene->one, RAFT_LINK_OPENED_GUEST) > before,
	    1000));
	return fd;
}

static void
say(struct scene *scene, int fd, size_t length)
{
	uint8_t bytes[512];
	uint8_t *note = bytes + RAFT_WIRE_FRAME_BYTES;

	assert_true(length + RAFT_WIRE_FRAME_BYTES <= sizeof(bytes));
	fill(note, length, scene->one.posted++);
	raft_wire_frame_encode_note(bytes, note, length);
	throw_bytes(fd, bytes, RAFT_WIRE_FRAME_BYTES + length);
}

/* Of several connections the order is anybody's guess, so one at a time. */
static void
say_and_hear(struct scene *scene, int fd)
{
	say(scene, fd, 100);
	assert_true(run_until(&scene->loop, has_all_notes(&scene->one), 1000));
}

static size_t
count_guests(const struct scene *scene)
{
	const struct raft_socket *socket;
	size_t guests = 0;

	TAILQ_FOREACH(socket, &scene->one.tcp->sockets, siblings)
	{
		guests += socket->link.is_guest;
	}
	return guests;
}

static void
many_guests_are_in_each_others_way_alone(void **state)
{
	struct scene scene;
	int flood[FLOOD];
	size_t before;

	(void)state;
	open_house(&scene);
	before = scene.one.lines;
	for (uint64_t i = 0; i < FLOOD; i++)
		flood[i] = visit_as(&scene, 100 + i, 1);
	assert_int_equal(count_guests(&scene), GUESTS_MAX);
	assert_int_equal(count(&scene.one, RAFT_LINK_GUEST_CROWDED),
			 FLOOD - GUESTS_MAX);
	/* Those who came last are heard. */
	for (size_t i = FLOOD - GUESTS_MAX; i < FLOOD; i++)
		say_and_hear(&scene, flood[i]);
	/* Nor does anybody write a line about each. */
	assert_in_range(scene.one.lines - before, 40, 50);
	for (size_t i = 0; i < FLOOD; i++)
		close(flood[i]);
	scene.one.tcp->arrivals.told_at = 0;
	assert_true(run_until(
	    &scene.loop,
	    strncmp(scene.one.trace, "connections from guests: ", 25) == 0,
	    2000));
	close_scene(&scene);
}

static void
one_guest_has_two_connections_at_most(void **state)
{
	struct scene scene;
	int first, second, third, other;

	(void)state;
	open_house(&scene);
	other = visit_as(&scene, 6, 106);
	first = visit_as(&scene, 5, 105);
	second = visit_as(&scene, 5, 105);
	assert_int_equal(count_guests(&scene), 3);
	third = visit_as(&scene, 5, 105);
	assert_int_equal(count_guests(&scene), 3);
	assert_int_equal(count(&scene.one, RAFT_LINK_REPLACED), 1);
	say_and_hear(&scene, second);
	say_and_hear(&scene, third);
	say_and_hear(&scene, other);
	close(first);
	close(second);
	close(third);
	close(other);
	close_scene(&scene);
}

static void
a_guest_gets_memory_for_notes_alone(void **state)
{
	struct scene scene;
	uint8_t header[RAFT_WIRE_FRAME_BYTES];
	int fd;

	(void)state;
	open_house(&scene);
	raft_wire_frame_encode(header, NULL, NOTE_BYTES_MAX + 1);
	fd = visit_as(&scene, 5, 105);
	throw_bytes(fd, header, sizeof(header));
	expect_end(&scene, fd, RAFT_LINK_FRAME_TOO_LARGE, 1);
	/* A peer may say as much. */
	fd = intrude(&scene);
	throw_bytes(fd, header, sizeof(header));
	run_until(&scene.loop, false, 20);
	assert_int_equal(count(&scene.one, RAFT_LINK_FRAME_TOO_LARGE), 1);
	close(fd);
	close_scene(&scene);
}

static void
a_guest_that_falls_silent_is_dropped(void **state)
{
	struct scene scene;
	int fd;

	(void)state;
	open_house(&scene);
	fd = visit_as(&scene, 5, 105);
	expect_end(&scene, fd, RAFT_LINK_STALLED, 1);
	assert_int_equal(count_guests(&scene), 0);
	assert_int_equal(scene.one.closed, 0);
	close_scene(&scene);
}

static void
expect_refusal(struct scene *scene, const struct raft_hello *hello,
	       enum raft_link_counter counter)
{
	int fd = attack(scene);

	say_hello(fd, hello);
	expect_end(scene, fd, counter, 1);
}

/* Nobody is asked about those whose hello is not in order. */
static void
who_is_not_of_this_cluster_is_no_guest(void **state)
{
	struct scene scene;
	struct raft_hello hello = fair_hello();

	(void)state;
	open_house(&scene);
	hello.from = (struct raft_identity){ 1, 101 };
	expect_refusal(&scene, &hello, RAFT_LINK_HELLO_STRANGER);
	hello.from.id = 5;
	hello.to = 2;
	expect_refusal(&scene, &hello, RAFT_LINK_HELLO_MISDIRECTED);
	hello.to = 1;
	hello.cluster[0] ^= 1;
	expect_refusal(&scene, &hello, RAFT_LINK_HELLO_CLUSTER);
	hello.cluster[0] ^= 1;
	hello.version++;
	expect_refusal(&scene, &hello, RAFT_LINK_HELLO_VERSION);
	assert_int_equal(scene.one.asked, 0);
	assert_int_equal(count_guests(&scene), 0);
	close_scene(&scene);
}

static void
send_vote(int fd, uint64_t id, uint64_t incarnation)
{
	struct raft_message message = vote(id, 1, 5);
	uint8_t bytes[512];

	message.from.incarnation = incarnation;
	throw_bytes(fd, bytes, frame(&message, bytes, sizeof(bytes)));
}

/* The newest life of those who said that they are the peer. */
static void
both_connections_of_a_guest_become_the_peers(void **state)
{
	struct scene scene;
	int dead, older, newer;

	(void)state;
	open_house(&scene);
	older = visit_as(&scene, 5, 105);
	newer = visit_as(&scene, 5, 105);
	introduce(&scene.one, 5, 9);
	assert_int_equal(count_guests(&scene), 0);
	send_vote(older, 5, 105);
	send_vote(newer, 5, 105);
	assert_true(run_until(&scene.loop, scene.one.received == 2, 1000));
	close(older);
	close(newer);
	assert_true(run_until(&scene.loop, scene.one.closed == 1, 1000));
	assert_int_equal(scene.one.closed_peer, 5);
	raft_tcp_peer_remove(scene.one.tcp, 5);
	dead = visit_as(&scene, 5, 105);
	newer = visit_as(&scene, 5, 205);
	introduce(&scene.one, 5, 9);
	send_vote(dead, 5, 105);
	send_vote(newer, 5, 205);
	assert_true(run_until(&scene.loop, scene.one.received == 3, 1000));
	run_until(&scene.loop, false, 20);
	assert_int_equal(scene.one.received, 3);
	assert_int_equal(count(&scene.one, RAFT_LINK_REPLACED), 1);
	close(dead);
	close(newer);
	close_scene(&scene);
}

/* -------------------------------------------------- from within `noted` */

static void
note_and_adopt(void *context, struct raft_identity from, bool guest,
	       const void *bytes, size_t length)
{
	struct site *site = context;

	take_note(context, from, guest, bytes, length);
	if (guest)
		introduce(site, from.id, 9);
}

static void
note_and_remove(void *context, struct raft_identity from, bool guest,
		const void *bytes, size_t length)
{
	struct site *site = context;

	take_note(context, from, guest, bytes, length);
	raft_tcp_peer_remove(site->tcp, from.id);
}

static bool all_is_gone;

static void
note_and_close(void *context, struct raft_identity from, bool guest,
	       const void *bytes, size_t length)
{
	struct site *site = context;

	take_note(context, from, guest, bytes, length);
	raft_tcp_close(site->tcp, now_closed, &all_is_gone);
}

/* Each time, more notes are there already. */
static void
whoever_hears_a_note_may_call_the_transport(void **state)
{
	struct scene scene;
	int fd;

	(void)state;
	open_house(&scene);
	scene.one.tcp->rules.noted = note_and_adopt;
	fd = visit_as(&scene, 5, 105);
	for (size_t i = 0; i < 5; i++)
		say(&scene, fd, 100);
	assert_true(run_until(&scene.loop, has_all_notes(&scene.one), 1000));
	assert_false(scene.one.note_is_guests);
	scene.one.tcp->rules.noted = note_and_remove;
	for (size_t i = 0; i < 5; i++)
		say(&scene, fd, 100);
	assert_true(run_until(&scene.loop, scene.one.notes == 6, 1000));
	run_until(&scene.loop, false, 20);
	assert_int_equal(scene.one.notes, 6);
	close(fd);
	scene.one.posted = 6;
	fd = visit_as(&scene, 5, 105);
	scene.one.tcp->rules.noted = note_and_close;
	for (size_t i = 0; i < 5; i++)
		say(&scene, fd, 100);
	assert_true(run_until(&scene.loop, all_is_gone, 1000));
	assert_int_equal(scene.one.notes, 7);
	close(fd);
	close_site(&scene.two);
	close_loop(&scene.loop);
}

/* ----------------------------------------------------------- their time */

#define COSTS_US 5000

static uint64_t spent_us;

static void
note_slowly(void *context, struct raft_identity from, bool guest,
	    const void *bytes, size_t length)
{
	struct site *site = context;

	(void)from;
	(void)guest;
	(void)bytes;
	(void)length;
	site->notes++;
	spent_us += work(COSTS_US);
}

/* They have an eighth of the time; a peer has what it needs, also one that was a
 * guest a moment ago. */
static void
what_guests_say_has_a_share_of_the_time(void **state)
{
	struct scene scene;
	uint64_t began;
	int fds[2];

	(void)state;
	open_house(&scene);
	scene.one.tcp->rules.noted = note_slowly;
	fds[0] = visit_as(&scene, 5, 105);
	fds[1] = visit_as(&scene, 6, 106);
	spent_us = 0;
	began = uv_hrtime();
	for (size_t i = 0; i < 100; i++) {
		say(&scene, fds[i % 2], 1);
		run_until(&scene.loop, false, 5);
	}
	began = (uv_hrtime() - began) / 1000;
	/* What was saved up, those that were read at once, and an eighth. */
	assert_in_range(spent_us, 5 * COSTS_US,
			25000 + 20 * COSTS_US + began / 8);
	assert_true(scene.one.notes < scene.one.posted);
	introduce(&scene.one, 5, 9);
	introduce(&scene.one, 6, 9);
	assert_true(run_until(&scene.loop, has_all_notes(&scene.one), 1000));
	close(fds[0]);
	close(fds[1]);
	close_scene(&scene);
}

/* For longer than silence is borne. */
static void
a_guest_that_must_wait_is_not_taken_for_dead(void **state)
{
	struct scene scene;
	int fd;

	(void)state;
	open_house(&scene);
	fd = visit_as(&scene, 5, 105);
	scene.one.tcp->arrivals.time[RAFT_ARRIVAL_GUEST] =
	    (struct raft_allowance){
		    .left = INT64_C(-100000) * 1000000,
		    .at = uv_hrtime() / 1000,
	    };
	say_and_hear(&scene, fd);
	say(&scene, fd, 1);
	run_until(&scene.loop, false, 600);
	assert_int_equal(scene.one.notes, 1);
	assert_int_equal(count(&scene.one, RAFT_LINK_STALLED), 0);
	assert_true(run_until(&scene.loop, has_all_notes(&scene.one), 1000));
	close(fd);
	close_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_is_let_in_if_it_is_welcome),
		cmocka_unit_test(of_a_guest_only_notes_are_taken),
		cmocka_unit_test(
		    a_guest_that_becomes_a_peer_keeps_its_connection),
		cmocka_unit_test(many_guests_are_in_each_others_way_alone),
		cmocka_unit_test(one_guest_has_two_connections_at_most),
		cmocka_unit_test(a_guest_gets_memory_for_notes_alone),
		cmocka_unit_test(a_guest_that_falls_silent_is_dropped),
		cmocka_unit_test(who_is_not_of_this_cluster_is_no_guest),
		cmocka_unit_test(both_connections_of_a_guest_become_the_peers),
		cmocka_unit_test(whoever_hears_a_note_may_call_the_transport),
		cmocka_unit_test(what_guests_say_has_a_share_of_the_time),
		cmocka_unit_test(a_guest_that_must_wait_is_not_taken_for_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

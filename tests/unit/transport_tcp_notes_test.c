/*
 * Notes between servers of a cluster: what is posted arrives whole and in order, or
 * is refused, and is not in Raft's way.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_scene.h"


#define NOTE_BYTES_MAX ((size_t)1 << 20)

struct pair {
	uv_loop_t loop;
	struct site one;
	struct site two;
};

static void
open_two(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	uv_loop_init(&pair->loop);
	open_pair(&pair->loop, &pair->one, &pair->two);
}

static void
close_two(struct pair *pair)
{
	close_site(&pair->one);
	close_site(&pair->two);
	close_loop(&pair->loop);
}

/* --------------------------------------------------------------- notes */

static void
notes_arrive_whole_and_in_order(void **state)
{
	static const size_t lengths[] = {
		1, 2, 15, 16, 17, 4096, 65519, 65520, 65521, NOTE_BYTES_MAX
	};
	struct pair pair;

	(void)state;
	open_two(&pair);
	/* And back again, from within the receiving. */
	pair.two.echoes = true;
	for (size_t i = 0; i < 3 * sizeof(lengths) / sizeof(*lengths); i++)
		assert_int_equal(
		    post(&pair.one, &pair.two,
			 lengths[i % (sizeof(lengths) / sizeof(*lengths))]),
		    0);
	pair.one.posted = pair.two.posted;
	assert_true(run_until(
	    &pair.loop, has_all_notes(&pair.two) && has_all_notes(&pair.one),
	    5000));
	assert_int_equal(pair.two.note_from.id, 1);
	assert_int_equal(pair.two.note_from.incarnation, 101);
	assert_false(pair.two.note_is_guests);
	assert_int_equal(count(&pair.one, RAFT_LINK_NOTES_SENT), 30);
	assert_int_equal(count(&pair.one, RAFT_LINK_NOTES_RECEIVED), 30);
	assert_int_equal(pair.one.received + pair.two.received, 0);
	close_two(&pair);
}

/* Several appends of megabytes, votes, and notes of all sizes, at one moment. */
static void
notes_messages_and_large_appends_all_arrive(void **state)
{
	struct pair pair;
	struct raft_message bulk = make_append(1, 2, 3 << 20);
	struct raft_message urgent = vote(1, 2, 3);

	(void)state;
	open_two(&pair);
	for (size_t i = 0; i < 5; i++) {
		raft_tcp_send(pair.one.tcp, &bulk);
		assert_int_equal(post(&pair.one, &pair.two, 1 + i * 200000), 0);
		assert_int_equal(post(&pair.one, &pair.two, 100), 0);
		raft_tcp_send(pair.one.tcp, &urgent);
		uv_run(&pair.loop, UV_RUN_NOWAIT);
	}
	free_append(&bulk);
	assert_true(run_until(
	    &pair.loop, has_all_notes(&pair.two) && pair.two.received == 10,
	    5000));
	assert_int_equal(count(&pair.one, RAFT_LINK_CLOSED), 0);
	close_two(&pair);
}

static void
a_note_that_cannot_be_sent_is_refused(void **state)
{
	struct pair pair;
	struct raft_tcp_peer_status status;
	uint16_t deaf_port;
	int error, deaf = listen_deaf(&deaf_port);

	(void)state;
	open_two(&pair);
	introduce(&pair.one, 3, deaf_port);
	run_until(&pair.loop, false, 20);
	assert_int_equal(post(&pair.one, &pair.two, 0), UV_EINVAL);
	assert_int_equal(post(&pair.one, &pair.two, NOTE_BYTES_MAX + 1),
			 UV_EMSGSIZE);
	assert_int_equal(raft_tcp_post(pair.one.tcp, 3, "note", 4),
			 UV_ENOTCONN);
	assert_int_equal(raft_tcp_post(pair.one.tcp, 4, "note", 4),
			 UV_ENOTCONN);
	assert_int_equal(post(&pair.one, &pair.two, NOTE_BYTES_MAX), 0);
	assert_true(run_until(&pair.loop, has_all_notes(&pair.two), 5000));
	while ((error = post(&pair.one, &pair.two, 100000)) == 0)
		assert_in_range(pair.two.posted, 2, 171);
	assert_int_equal(error, UV_ENOBUFS);
	assert_true(raft_tcp_peer_status(pair.one.tcp, 2, &status));
	assert_in_range(status.note_bytes, 15 << 20, 16 << 20);
	assert_int_equal(status.queue_bytes, 0);
	assert_int_equal(count(&pair.one, RAFT_LINK_NOTES_REFUSED), 5);
	/* Those that were taken arrive, and then there is room again. */
	assert_true(run_until(&pair.loop, has_all_notes(&pair.two), 5000));
	assert_int_equal(post(&pair.one, &pair.two, 100000), 0);
	assert_true(run_until(&pair.loop, has_all_notes(&pair.two), 1000));
	close(deaf);
	close_two(&pair);
}

static void
notes_are_lost_with_their_connection(void **state)
{
	struct pair pair;
	struct raft_tcp_peer_status status;

	(void)state;
	open_two(&pair);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(post(&pair.one, &pair.two, NOTE_BYTES_MAX), 0);
	close_site(&pair.two);
	assert_true(run_until(&pair.loop, pair.one.closed == 1, 1000));
	assert_in_range(count(&pair.one, RAFT_LINK_DROPPED_DOWN), 1, 10);
	assert_true(raft_tcp_peer_status(pair.one.tcp, 2, &status));
	assert_int_equal(status.note_bytes, 0);
	assert_int_equal(post(&pair.one, &pair.two, 1), UV_ENOTCONN);
	close_site(&pair.one);
	close_loop(&pair.loop);
}

static void
notes_that_nobody_asked_for_are_dropped(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	struct raft_message message = vote(1, 2, 8);
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	options = site_options(&two, 2);
	options.noted = NULL;
	open_site(&two, &loop, &options);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	introduce(&two, 1, raft_tcp_port(one.tcp));
	assert_true(run_until(&loop, is_open_both(&one, 2), 1000));
	assert_int_equal(post(&one, &two, 1000), 0);
	raft_tcp_send(one.tcp, &message);
	assert_true(run_until(&loop,
			      two.received == 1 &&
				  count(&two, RAFT_LINK_NOTES_DROPPED) == 1,
			      1000));
	assert_int_equal(two.notes, 0);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

/* ----------------------------------------------------- lies about notes */

static size_t
frame_note(uint8_t *bytes, size_t length, uint64_t number)
{
	fill(bytes + RAFT_WIRE_FRAME_BYTES, length, number);
	raft_wire_frame_encode_note(bytes, bytes + RAFT_WIRE_FRAME_BYTES,
				    length);
	return RAFT_WIRE_FRAME_BYTES + length;
}

static void
a_note_above_the_limit_is_not_waited_for(void **state)
{
	struct scene scene;
	uint8_t header[RAFT_WIRE_FRAME_BYTES];
	int fd;

	(void)state;
	open_scene(&scene);
	fd = intrude(&scene);
	raft_wire_frame_encode_note(header, NULL, NOTE_BYTES_MAX + 1);
	throw_bytes(fd, header, sizeof(header));
	expect_end(&scene, fd, RAFT_LINK_FRAME_TOO_LARGE, 1);
	/* One at the limit is, but never whole. */
	fd = intrude(&scene);
	raft_wire_frame_encode_note(header, NULL, NOTE_BYTES_MAX);
	throw_bytes(fd, header, sizeof(header));
	throw_bytes(fd, header, sizeof(header));
	run_until(&scene.loop, false, 20);
	close(fd);
	assert_int_equal(count(&scene.one, RAFT_LINK_FRAME_TOO_LARGE), 1);
	assert_int_equal(scene.one.notes, 0);
	close_scene(&scene);
}

static void
a_note_that_is_torn_or_damaged_is_none(void **state)
{
	struct scene scene;
	uint8_t bytes[512];
	size_t length = frame_note(bytes, 400, 0);
	int fd;

	(void)state;
	open_scene(&scene);
	for (size_t cut = 1; cut < length; cut += 29) {
		fd = intrude(&scene);
		throw_bytes(fd, bytes, cut);
		run_until(&scene.loop, false, 2);
		close(fd);
	}
	fd = intrude(&scene);
	bytes[length - 1] ^= 1;
	throw_bytes(fd, bytes, length);
	expect_end(&scene, fd, RAFT_LINK_FRAME_DAMAGED, 1);
	/* A note that says it is a message, and something not known yet. */
	bytes[length - 1] ^= 1;
	for (uint8_t kind = 0; kind < 3; kind += 2) {
		fd = intrude(&scene);
		bytes[6] = kind;
		throw_bytes(fd, bytes, length);
		expect_end(&scene, fd,
			   kind == 0 ? RAFT_LINK_FRAME_DAMAGED
				     : RAFT_LINK_FRAME_ALIEN,
			   kind == 0 ? 2 : 1);
	}
	assert_int_equal(scene.one.notes + scene.one.received, 0);
	close_scene(&scene);
}

/* ---------------------------------------------------------- other builds */

/* A server 4 by hand, which takes the connection of server 1 and says hello as a
 * build would that can do so much. */
static int
welcome_by_hand(struct scene *scene, uint32_t features)
{
	struct raft_hello hello = fair_hello();
	uint16_t port;
	int fd = -1, listener = listen_deaf(&port);

	fcntl(listener, F_SETFL, O_NONBLOCK);
	introduce(&scene->one, 4, port);
	assert_true(run_until(
	    &scene->loop, fd >= 0 || (fd = accept(listener, NULL, NULL)) >= 0,
	    1000));
	close(listener);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	hello.from = (struct raft_identity){ 4, 104 };
	hello.features = features;
	say_hello(fd, &hello);
	return fd;
}

static bool
is_open_out(const struct scene *scene, uint64_t id)
{
	struct raft_tcp_peer_status status;

	return raft_tcp_peer_status(scene->one.tcp, id, &status) &&
	       status.open_out;
}

static void
a_build_that_knows_no_notes_gets_none(void **state)
{
	struct scene scene;
	struct raft_message message = vote(1, 4, 5);
	uint8_t bytes[1024];
	ssize_t length;
	int fd;

	(void)state;
	open_scene(&scene);
	fd = welcome_by_hand(&scene, 0);
	assert_true(run_until(&scene.loop, is_open_out(&scene, 4), 1000));
	assert_int_equal(raft_tcp_post(scene.one.tcp, 4, "note", 4),
			 UV_ENOTSUP);
	raft_tcp_send(scene.one.tcp, &message);
	run_until(&scene.loop, false, 10);
	length = recv(fd, bytes, sizeof(bytes), 0);
	assert_in_range(length, RAFT_LINK_HELLO_BYTES + 1, sizeof(bytes));
	assert_null(memmem(bytes, (size_t)length, "note", 4));
	close(fd);
	raft_tcp_peer_remove(scene.one.tcp, 4);
	/* Whoever can do this and more gets them. */
	fd = welcome_by_hand(&scene, UINT32_MAX);
	assert_true(run_until(&scene.loop, is_open_out(&scene, 4), 1000));
	assert_int_equal(raft_tcp_post(scene.one.tcp, 4, "note", 4), 0);
	run_until(&scene.loop, false, 10);
	length = recv(fd, bytes, sizeof(bytes), 0);
	assert_non_null(memmem(bytes, (size_t)length, "note", 4));
	close(fd);
	raft_tcp_peer_remove(scene.one.tcp, 4);
	close_scene(&scene);
}

/* What it answers is a hello and beats. */
static void
a_server_that_was_dialed_sends_no_notes(void **state)
{
	struct scene scene;
	uint8_t bytes[512];
	int fd;

	(void)state;
	open_scene(&scene);
	fd = welcome_by_hand(&scene, RAFT_HELLO_NOTES);
	assert_true(run_until(&scene.loop, is_open_out(&scene, 4), 1000));
	throw_bytes(fd, bytes, frame_note(bytes, 100, 0));
	expect_end(&scene, fd, RAFT_LINK_FRAME_ALIEN, 1);
	assert_int_equal(scene.one.notes, 0);
	raft_tcp_peer_remove(scene.one.tcp, 4);
	close_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_arrive_whole_and_in_order),
		cmocka_unit_test(notes_messages_and_large_appends_all_arrive),
		cmocka_unit_test(a_note_that_cannot_be_sent_is_refused),
		cmocka_unit_test(notes_are_lost_with_their_connection),
		cmocka_unit_test(notes_that_nobody_asked_for_are_dropped),
		cmocka_unit_test(a_note_above_the_limit_is_not_waited_for),
		cmocka_unit_test(a_note_that_is_torn_or_damaged_is_none),
		cmocka_unit_test(a_build_that_knows_no_notes_gets_none),
		cmocka_unit_test(a_server_that_was_dialed_sends_no_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * TCP against strangers: bytes that are no hello, hellos that do not match,
 * frames that lie, and connections that only take up room. A server counts
 * them and goes on serving its peers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_scene.h"

#include <bsd/stdlib.h>
#include <errno.h>

static uint32_t
read_verdict(int fd)
{
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];
	struct raft_hello hello;

	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_true(raft__hello_decode(bytes, &hello));
	return hello.verdict;
}

/* -------------------------------------------------------------- hellos */

static void
refuse(struct scene *scene, const struct raft_hello *hello,
       enum raft_link_counter counter, uint32_t verdict, const char *reason)
{
	int fd = attack(scene);

	say_hello(fd, hello);
	assert_true(
	    run_until(&scene->loop, count(&scene->one, counter) == 1, 1000));
	assert_int_equal(read_verdict(fd), verdict);
	assert_int_equal(recv(fd, &verdict, 1, 0), 0);
	assert_non_null(
	    strstr(scene->one.trace, raft_link_counter_text(counter)));
	assert_non_null(strstr(scene->one.trace, reason));
	close(fd);
}

static void
hellos_that_do_not_match_are_refused_with_the_reason(void **state)
{
	struct scene scene;
	struct raft_hello hello;

	(void)state;
	open_scene(&scene);
	hello = fair_hello();
	hello.version++;
	refuse(&scene, &hello, RAFT_LINK_HELLO_VERSION, RAFT_HELLO_VERSION,
	       "; 2, and we 1: bring both to one release");
	hello = fair_hello();
	hello.cluster[15] ^= 1;
	refuse(&scene, &hello, RAFT_LINK_HELLO_CLUSTER, RAFT_HELLO_CLUSTER,
	       "; compare the clusters' IDs");
	hello = fair_hello();
	hello.to = 2;
	refuse(&scene, &hello, RAFT_LINK_HELLO_MISDIRECTED,
	       RAFT_HELLO_MISDIRECTED,
	       "; it wants server 2, and we are 1: correct the address");
	hello = fair_hello();
	hello.from.id = 4;
	refuse(&scene, &hello, RAFT_LINK_HELLO_STRANGER, RAFT_HELLO_STRANGER,
	       "; it says that it is server 4: compare the members");
	assert_int_equal(scene.one.closed, 0);
	close_scene(&scene);
}

static void
a_server_of_another_cluster_learns_why_it_is_refused(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	options = site_options(&two, 2);
	options.cluster[0] = 'x';
	open_site(&two, &loop, &options);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	introduce(&two, 1, raft_tcp_port(one.tcp));
	assert_true(run_until(&loop,
			      count(&one, RAFT_LINK_HELLO_CLUSTER) >= 2 &&
				  count(&two, RAFT_LINK_HELLO_CLUSTER) >= 2,
			      1000));
	/* They go on trying, ever more slowly. */
	run_until(&loop, false, 500);
	assert_in_range(count(&one, RAFT_LINK_HELLO_CLUSTER), 4, 60);
	assert_int_equal(count(&one, RAFT_LINK_OPENED_OUT), 0);
	assert_int_equal(one.closed + two.closed, 0);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

static void
a_hello_that_does_not_come_is_not_waited_for(void **state)
{
	struct scene scene;
	struct raft_hello hello = fair_hello();
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];
	uint64_t late = 0;
	int silent, slow;

	(void)state;
	open_scene(&scene);
	raft__hello_encode(&hello, bytes);
	silent = attack(&scene);
	slow = attack(&scene);
	for (size_t i = 0; i < sizeof(bytes) && late < 2; i++) {
		throw_bytes(slow, bytes + i, 1);
		run_until(&scene.loop, false, 10);
		late = count(&scene.one, RAFT_LINK_HELLO_LATE);
	}
	assert_int_equal(late, 2);
	close(silent);
	close(slow);
	close_scene(&scene);
}

static void
a_flood_of_silent_connections_keeps_no_peer_out(void **state)
{
	struct scene scene;
	int flood[200], fd;

	(void)state;
	open_scene(&scene);
	for (size_t i = 0; i < 200; i++) {
		flood[i] = attack(&scene);
		if (i % 20 == 19)
			run_until(&scene.loop, false, 1);
	}
	assert_true(run_until(&scene.loop,
			      count(&scene.one, RAFT_LINK_HELLO_CROWDED) +
				      count(&scene.one, RAFT_LINK_HELLO_LATE) >=
				  200 - 64,
			      1000));
	assert_true(count(&scene.one, RAFT_LINK_HELLO_CROWDED) > 0);
	fd = intrude(&scene);
	for (size_t i = 0; i < 200; i++)
		close(flood[i]);
	close(fd);
	close_scene(&scene);
}

/* -------------------------------------------------------------- frames */

static void
random_bytes_end_their_connection_only(void **state)
{
	struct scene scene;
	uint8_t bytes[3000];

	(void)state;
	open_scene(&scene);
	for (size_t i = 0; i < 60; i++) {
		bool welcomed = i % 2 == 1;
		int fd = welcomed ? intrude(&scene) : attack(&scene);

		arc4random_buf(bytes, sizeof(bytes));
		throw_bytes(fd, bytes, RAFT_LINK_HELLO_BYTES + i * 40);
		expect_end(&scene, fd,
			   welcomed ? RAFT_LINK_FRAME_ALIEN
				    : RAFT_LINK_HELLO_ALIEN,
			   i / 2 + 1);
	}
	close_scene(&scene);
}

static void
a_truncated_frame_is_forgotten(void **state)
{
	struct scene scene;
	struct raft_message message = vote(3, 1, 5);
	uint8_t bytes[512];
	size_t length = frame(&message, bytes, sizeof(bytes));

	(void)state;
	open_scene(&scene);
	for (size_t cut = 1; cut < length; cut += 9) {
		int fd = intrude(&scene);

		throw_bytes(fd, bytes, cut);
		run_until(&scene.loop, false, 2);
		close(fd);
	}
	assert_int_equal(scene.one.received, 0);
	close_scene(&scene);
}

static void
frames_that_lie_end_their_connection(void **state)
{
	struct scene scene;
	struct raft_message message = vote(3, 1, 5);
	uint8_t bytes[512];
	size_t length = frame(&message, bytes, sizeof(bytes));
	int fd;

	(void)state;
	open_scene(&scene);
	fd = intrude(&scene);
	bytes[length - 1] ^= 0x40;
	throw_bytes(fd, bytes, length);
	expect_end(&scene, fd, RAFT_LINK_FRAME_DAMAGED, 1);
	/* The length is at offset 8: 4 GiB, then just above the limit. */
	fd = intrude(&scene);
	memset(bytes + 8, 0xff, 4);
	throw_bytes(fd, bytes, length);
	expect_end(&scene, fd, RAFT_LINK_FRAME_TOO_LARGE, 1);
	fd = intrude(&scene);
	memcpy(bytes + 8, "\x01\x00\x40\x01", 4);
	throw_bytes(fd, bytes, length);
	expect_end(&scene, fd, RAFT_LINK_FRAME_TOO_LARGE, 2);
	fd = intrude(&scene);
	memset(bytes + 8, 0, 4);
	throw_bytes(fd, bytes, length);
	expect_end(&scene, fd, RAFT_LINK_FRAME_ALIEN, 1);
	assert_int_equal(scene.one.received, 0);
	close_scene(&scene);
}

static void
messages_of_somebody_else_and_nonsense_are_dropped(void **state)
{
	struct scene scene;
	struct raft_message message = vote(2, 1, 5);
	uint8_t bytes[512];
	size_t length;
	int fd;

	(void)state;
	open_scene(&scene);
	fd = intrude(&scene);
	/* In the name of server 2, then of another incarnation of 3. */
	throw_bytes(fd, bytes, frame(&message, bytes, sizeof(bytes)));
	message.from = (struct raft_identity){ 3, 104 };
	throw_bytes(fd, bytes, frame(&message, bytes, sizeof(bytes)));
	/* A sound frame of what is no message. */
	memset(bytes + RAFT_WIRE_FRAME_BYTES, 0xee, 100);
	raft_wire_frame_encode(bytes, bytes + RAFT_WIRE_FRAME_BYTES, 100);
	throw_bytes(fd, bytes, RAFT_WIRE_FRAME_BYTES + 100);
	/* The connection survives all three. */
	message.from = (struct raft_identity){ 3, 103 };
	length = frame(&message, bytes, sizeof(bytes));
	throw_bytes(fd, bytes, length);
	assert_true(run_until(&scene.loop, scene.one.received == 1, 1000));
	assert_int_equal(count(&scene.one, RAFT_LINK_DROPPED_FORGED), 2);
	assert_int_equal(count(&scene.one, RAFT_LINK_DROPPED_UNREADABLE), 1);
	close(fd);
	close_scene(&scene);
}

static void
bytes_may_come_one_by_one(void **state)
{
	struct scene scene;
	struct raft_hello hello = fair_hello();
	struct raft_message message = vote(3, 1, 5);
	uint8_t bytes[512];
	size_t length = RAFT_LINK_HELLO_BYTES;
	int fd;

	(void)state;
	open_scene(&scene);
	raft__hello_encode(&hello, bytes);
	for (int i = 0; i < 2; i++)
		length +=
		    frame(&message, bytes + length, sizeof(bytes) - length);
	fd = attack(&scene);
	for (size_t i = 0; i < length; i++) {
		throw_bytes(fd, bytes + i, 1);
		uv_run(&scene.loop, UV_RUN_NOWAIT);
	}
	assert_true(run_until(&scene.loop, scene.one.received == 2, 1000));
	assert_true(count(&scene.one, RAFT_LINK_RECEIVED_BYTES) >= length);
	close(fd);
	close_scene(&scene);
}

/* ------------------------------------------------------------ no reader */

static void
a_deaf_listener_gets_no_messages_and_no_memory(void **state)
{
	struct scene scene;
	struct raft_message message = vote(1, 4, 5);
	struct raft_tcp_peer_status status;
	uint16_t port;
	int fd = listen_deaf(&port);

	(void)state;
	open_scene(&scene);
	introduce(&scene.one, 4, port);
	for (int i = 0; i < 20000; i++)
		raft_tcp_send(scene.one.tcp, &message);
	assert_true(raft_tcp_peer_status(scene.one.tcp, 4, &status));
	assert_in_range(status.queue_messages, 1, 2 * 4096);
	assert_true(run_until(
	    &scene.loop, count(&scene.one, RAFT_LINK_HELLO_LATE) > 0, 1000));
	assert_true(count(&scene.one, RAFT_LINK_DROPPED_FULL) >=
		    20000 - 2 * 4096);
	assert_true(count(&scene.one, RAFT_LINK_DROPPED_DOWN) > 0);
	assert_int_equal(scene.one.closed, 0);
	close(fd);
	close_scene(&scene);
}

static void
an_answer_from_another_server_is_not_believed(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	/* Server 2 where 4 should be: it refuses, being misdirected. */
	introduce(&scene.one, 4, raft_tcp_port(scene.two.tcp));
	assert_true(run_until(
	    &scene.loop, count(&scene.two, RAFT_LINK_HELLO_MISDIRECTED) > 0,
	    1000));
	assert_true(run_until(&scene.loop,
			      count(&scene.one, RAFT_LINK_HELLO_STRANGER) > 0,
			      1000));
	close_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    hellos_that_do_not_match_are_refused_with_the_reason),
		cmocka_unit_test(
		    a_server_of_another_cluster_learns_why_it_is_refused),
		cmocka_unit_test(a_hello_that_does_not_come_is_not_waited_for),
		cmocka_unit_test(
		    a_flood_of_silent_connections_keeps_no_peer_out),
		cmocka_unit_test(random_bytes_end_their_connection_only),
		cmocka_unit_test(a_truncated_frame_is_forgotten),
		cmocka_unit_test(frames_that_lie_end_their_connection),
		cmocka_unit_test(
		    messages_of_somebody_else_and_nonsense_are_dropped),
		cmocka_unit_test(bytes_may_come_one_by_one),
		cmocka_unit_test(
		    a_deaf_listener_gets_no_messages_and_no_memory),
		cmocka_unit_test(an_answer_from_another_server_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

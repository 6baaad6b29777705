/*
 * TCP between servers that mean well: what is sent arrives, what dies is
 * noticed, what stalls is not called dead.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "assists/transport_tcp/transport.h"

/* ------------------------------------------------------------ delivery */

static void
send_append(struct site *site, uint64_t first, size_t entries, size_t length)
{
	struct raft_message message = make_append(first, entries, length);

	raft_tcp_send(site->tcp, &message);
	free_append(&message);
}

/* Of two connections, and of one message each way. */
static void
assert_counts(const struct site *site, const struct site *other)
{
	assert_int_equal(count(site, RAFT_LINK_OPENED_OUT), 1);
	assert_int_equal(count(site, RAFT_LINK_OPENED_IN), 1);
	assert_int_equal(count(site, RAFT_LINK_SENT), 1);
	assert_int_equal(count(site, RAFT_LINK_RECEIVED), 1);
	assert_in_range(count(site, RAFT_LINK_WRITES), 3, 20);
	/* Some beats may be under way. */
	assert_in_range(count(site, RAFT_LINK_WRITTEN_BYTES) -
			    count(other, RAFT_LINK_RECEIVED_BYTES),
			0, 100);
}

static void
messages_arrive_in_both_directions(void **state)
{
	struct site one = { 0 }, two = { .answers = true };
	struct raft_message message = vote(1, 2, 42);
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	raft_tcp_send(one.tcp, &message);
	assert_true(run_until(&loop, one.received == 1, 2000));
	assert_int_equal(two.last_term, 42);
	assert_int_equal(one.last_term, 42);
	assert_counts(&one, &two);
	assert_counts(&two, &one);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

static void
an_append_of_megabytes_arrives_whole(void **state)
{
	struct site one = { 0 }, two = { .keeps = true };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	send_append(&one, 1, 8, (1 << 20) + 13);
	send_append(&one, 9, 1, 16 << 20);
	assert_true(run_until(&loop, two.received == 2, 5000));
	assert_int_equal(two.kept_count, 9);
	for (uint64_t i = 0; i < 9; i++)
		assert_true(is_filled(&two.kept[i], i + 1));
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

static void
a_held_payload_is_not_written_over(void **state)
{
	struct site one = { 0 }, two = { .keeps = true };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	for (uint64_t i = 1; i <= 2000; i++) {
		send_append(&one, i, 1, 300 + i % 1000);
		if (i % 10 == 0)
			assert_true(run_until(&loop, two.received == i, 2000));
	}
	assert_int_equal(two.kept_count, KEPT_MAX);
	for (uint64_t i = 0; i < KEPT_MAX; i++)
		assert_true(is_filled(&two.kept[i], i + 1));
	/* The log may outlive the transport. */
	raft_tcp_close(two.tcp, NULL, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	for (uint64_t i = 0; i < KEPT_MAX; i++) {
		assert_true(is_filled(&two.kept[i], i + 1));
		raft_payload_release(&two.kept[i]);
	}
	close_site(&one);
	close_loop(&loop);
}

/* Nobody waits for the loop to come round once more. */
static void
a_message_alone_is_written_at_once(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_message message = vote(1, 2, 7);
	uint64_t writes;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	uv_run(&loop, UV_RUN_NOWAIT);
	writes = count(&one, RAFT_LINK_WRITES);
	raft_tcp_send(one.tcp, &message);
	assert_int_equal(count(&one, RAFT_LINK_WRITES), writes + 1);
	assert_int_not_equal(uv_backend_timeout(&loop), 0);
	assert_true(run_until(&loop, two.last_term == 7, 2000));
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

static void
the_messages_of_one_turn_share_writes(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_message message;
	uint64_t writes;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	writes = count(&one, RAFT_LINK_WRITES);
	for (uint64_t term = 1; term <= 500; term++) {
		message = vote(1, 2, term);
		raft_tcp_send(one.tcp, &message);
	}
	assert_true(run_until(&loop, two.received == 500, 2000));
	/* One at once, one for the rest, and beats. */
	assert_in_range(count(&one, RAFT_LINK_WRITES) - writes, 1, 6);
	assert_int_equal(two.last_term, 500);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

/* --------------------------------------------------------------- status */

static struct raft_tcp_peer_status
status_of(const struct site *site, uint64_t id)
{
	struct raft_tcp_peer_status status;

	assert_true(raft_tcp_peer_status(site->tcp, id, &status));
	return status;
}

static void
a_status_says_what_was_heard_and_why_nothing_is(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tcp_peer_status status;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	status = status_of(&one, 2);
	assert_int_equal(status.opened, 1);
	assert_in_range(status.silent_us, 0, 2000000);
	assert_in_range(status.round_trip_us, 1, 1000000);
	/* No message came from it yet. */
	assert_int_equal(status.term, 0);
	close_site(&two);
	assert_true(run_until(
	    &loop, strstr(status_of(&one, 2).failure, "refused") != NULL,
	    2000));
	status = status_of(&one, 2);
	assert_non_null(strstr(status.failure, "no connection could be made"));
	assert_int_equal(status.round_trip_us, 0);
	assert_in_range(status.failed_us, 0, 2000000);
	assert_in_range(status.silent_us, 1, 10000000);
	close_site(&one);
	close_loop(&loop);
}

static void
a_status_says_that_a_name_is_unknown(void **state)
{
	struct site one = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	assert_int_equal(
	    raft_tcp_peer_add(
		one.tcp, &(struct raft_tcp_peer){ 2, "nowhere.invalid", 1 }),
	    0);
	assert_string_equal(status_of(&one, 2).failure, "");
	assert_int_equal(status_of(&one, 2).silent_us, UINT64_MAX);
	assert_true(run_until(
	    &loop,
	    strstr(status_of(&one, 2).failure, "nowhere.invalid") != NULL,
	    30000));
	close_site(&one);
	close_loop(&loop);
}

/* ----------------------------------------------------- another process */

struct child {
	pid_t pid;
	uint16_t port;
	/** To tell it our port, once. */
	int tell;
};

static void
read_ours(int fd, void *bytes, size_t length)
{
	if (read(fd, bytes, length) != (ssize_t)length)
		_exit(1);
}

/* Server 2, which answers votes until it is killed. */
static void
live_as_child(int up, int down, uint16_t port)
{
	struct site two = { .answers = true };
	struct raft_tcp_options options = site_options(&two, 2);
	struct raft_tcp_peer peer = { 1, "127.0.0.1", 0 };
	uv_loop_t loop;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	options.port = port;
	uv_loop_init(&loop);
	two.loop = &loop;
	two.id = 2;
	if (raft_tcp_create(&loop, &options, &two.tcp) != 0)
		_exit(1);
	port = raft_tcp_port(two.tcp);
	if (write(up, &port, sizeof(port)) != sizeof(port))
		_exit(1);
	read_ours(down, &peer.port, sizeof(peer.port));
	if (raft_tcp_peer_add(two.tcp, &peer) != 0)
		_exit(1);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(0);
}

/* Before any loop of ours exists: a child would inherit its sockets. */
static struct child
fork_child(uint16_t port)
{
	struct child child;
	int up[2], down[2];

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0)
		live_as_child(up[1], down[0], port);
	assert_int_equal(read(up[0], &child.port, sizeof(child.port)),
			 sizeof(child.port));
	child.tell = down[1];
	close(up[0]);
	close(up[1]);
	close(down[0]);
	return child;
}

static void
meet_child(struct child *child, struct site *site)
{
	uint16_t port = raft_tcp_port(site->tcp);

	assert_int_equal(write(child->tell, &port, sizeof(port)), sizeof(port));
	close(child->tell);
}

static void
reap(struct child *child, int with)
{
	assert_int_equal(kill(child->pid, with), 0);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void
a_killed_process_is_told_as_closed_at_once(void **state)
{
	struct child child = fork_child(0);
	struct site one = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	uint64_t began;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	introduce(&one, 2, child.port);
	meet_child(&child, &one);
	assert_true(run_until(&loop, is_open_both(&one, 2), 2000));
	reap(&child, SIGKILL);
	began = uv_hrtime();
	assert_true(run_until(&loop, one.closed > 0, 1000));
	assert_true(uv_hrtime() - began < 50 * 1000000);
	assert_int_equal(one.closed_peer, 2);
	/* Told once, and not again for every dial that is refused. */
	run_until(&loop, false, 100);
	assert_int_equal(one.closed, 1);
	assert_true(count(&one, RAFT_LINK_UNREACHABLE) > 0);
	close_site(&one);
	close_loop(&loop);
}

static void
a_restarted_process_is_found_again(void **state)
{
	struct child child = fork_child(0);
	struct site one = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	struct raft_message message = vote(1, 2, 9);
	uint16_t port = child.port;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	introduce(&one, 2, port);
	meet_child(&child, &one);
	assert_true(run_until(&loop, is_open_both(&one, 2), 2000));
	reap(&child, SIGKILL);
	assert_true(run_until(&loop, one.closed == 1, 1000));
	child = fork_child(port);
	meet_child(&child, &one);
	assert_true(run_until(&loop, is_open_both(&one, 2), 2000));
	raft_tcp_send(one.tcp, &message);
	assert_true(run_until(&loop, one.received == 1, 1000));
	close_site(&one);
	close_loop(&loop);
	reap(&child, SIGKILL);
}

static void
a_stalled_process_is_dropped_and_not_told_as_closed(void **state)
{
	struct child child = fork_child(0);
	struct site one = { 0 }, three = { .answers = true };
	struct raft_tcp_options options = site_options(&one, 1);
	struct raft_message message = vote(1, 3, 5);
	struct raft_tcp_peer_status status;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	options.queue_bytes_max = 4 << 20;
	open_site(&one, &loop, &options);
	options = site_options(&three, 3);
	open_site(&three, &loop, &options);
	introduce(&one, 2, child.port);
	introduce(&one, 3, raft_tcp_port(three.tcp));
	introduce(&three, 1, raft_tcp_port(one.tcp));
	meet_child(&child, &one);
	assert_true(run_until(
	    &loop, is_open_both(&one, 2) && is_open_both(&one, 3), 2000));
	kill(child.pid, SIGSTOP);
	for (int i = 0; i < 40; i++) {
		send_append(&one, 1, 1, 1 << 20);
		run_until(&loop, false, 1);
		assert_true(raft_tcp_peer_status(one.tcp, 2, &status));
		assert_true(status.queue_bytes <= 4 << 20);
	}
	assert_true(count(&one, RAFT_LINK_DROPPED_FULL) > 0);
	/* Others do not notice. */
	raft_tcp_send(one.tcp, &message);
	assert_true(run_until(&loop, one.received == 1, 100));
	assert_true(
	    run_until(&loop, count(&one, RAFT_LINK_STALLED) == 2, 2000));
	assert_int_equal(one.closed, 0);
	assert_true(is_open_both(&one, 3));
	kill(child.pid, SIGCONT);
	assert_true(run_until(&loop, is_open_both(&one, 2), 2000));
	reap(&child, SIGKILL);
	close_site(&one);
	close_site(&three);
	close_loop(&loop);
}

static void
silence_keeps_a_connection_open(void **state)
{
	struct site one = { 0 }, two = { 0 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	run_until(&loop, false, 900); /* More than two stall limits. */
	assert_true(is_open_both(&one, 2));
	assert_int_equal(count(&one, RAFT_LINK_OPENED_OUT), 1);
	assert_int_equal(one.closed + two.closed, 0);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

static void
an_orderly_close_is_told(void **state)
{
	struct site one = { 0 }, two = { 0 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	close_site(&two);
	assert_true(run_until(&loop, one.closed == 1, 100));
	close_site(&one);
	close_loop(&loop);
}

static void
a_removed_peer_is_left_alone(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_message message = vote(1, 2, 5);
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	raft_tcp_peer_remove(one.tcp, 2);
	raft_tcp_peer_remove(one.tcp, 77);
	raft_tcp_send(one.tcp, &message);
	assert_int_equal(count(&one, RAFT_LINK_DROPPED_UNKNOWN), 1);
	assert_true(
	    run_until(&loop, count(&one, RAFT_LINK_HELLO_STRANGER) > 0, 500));
	assert_int_equal(one.closed, 0);
	assert_int_equal(two.received, 0);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	assert_true(run_until(&loop, is_open_both(&one, 2), 1000));
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

/* Remove a peer whose connection is renewed, so many turns after that began: of
 * all its connections none is left. */
static void
remove_amid_renewal(uv_loop_t *loop, struct site *one, struct site *two,
		    size_t turns)
{
	const struct raft_tcp *tcp = one->tcp;
	size_t left = 0;

	raft__peer_renew(raft__peer_find(tcp, 2));
	for (size_t i = 0; i < turns; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	raft_tcp_peer_remove(one->tcp, 2);
	raft_tcp_peer_remove(two->tcp, 1);
	for (size_t i = 0; i < 20; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	for (const struct raft_socket *socket = TAILQ_FIRST(&tcp->sockets);
	     socket != NULL; socket = TAILQ_NEXT(socket, siblings))
		left++;
	assert_int_equal(left, 0);
	introduce(one, 2, raft_tcp_port(two->tcp));
	introduce(two, 1, raft_tcp_port(one->tcp));
	assert_true(run_until(
	    loop, is_open_both(one, 2) && is_open_both(two, 1), 20000));
}

static void
a_peer_may_be_removed_amid_a_renewal(void **state)
{
	struct site one = { 0 }, two = { 0 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	for (size_t turns = 0; turns < 12; turns++)
		remove_amid_renewal(&loop, &one, &two, turns);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

/** A bare system may know no names at all. */
static const char *
name_of_this_host(void)
{
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", NULL, NULL, &found) != 0) {
		print_message("localhost has no address here\n");
		return "127.0.0.1";
	}
	freeaddrinfo(found);
	return "localhost";
}

static void
names_and_ipv6_serve_as_addresses(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	const char *name = name_of_this_host();
	struct raft_tcp_peer peer;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	options = site_options(&two, 2);
	options.host = "::1";
	if (raft_tcp_create(&loop, &options, &two.tcp) != 0) {
		options.host = name; /* A machine without IPv6. */
		open_site(&two, &loop, &options);
	}
	two.loop = &loop;
	two.id = 2;
	peer = (struct raft_tcp_peer){ 1, name, raft_tcp_port(one.tcp) };
	assert_int_equal(raft_tcp_peer_add(two.tcp, &peer), 0);
	peer =
	    (struct raft_tcp_peer){ 2, options.host, raft_tcp_port(two.tcp) };
	assert_int_equal(raft_tcp_peer_add(one.tcp, &peer), 0);
	assert_true(run_until(&loop, is_open_both(&one, 2), 3000));
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

static void
a_transport_closes_while_it_resolves_and_dials(void **state)
{
	struct site one = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	struct raft_tcp_peer name = { 2, "localhost", 9 };
	struct raft_tcp_peer nobody = { 3, "127.0.0.9", 9 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	assert_int_equal(raft_tcp_peer_add(one.tcp, &name), 0);
	assert_int_equal(raft_tcp_peer_add(one.tcp, &nobody), 0);
	assert_int_equal(raft_tcp_peer_add(one.tcp, &nobody), UV_EEXIST);
	uv_run(&loop, UV_RUN_NOWAIT);
	close_site(&one);
	close_loop(&loop);
}

static void
a_port_in_use_is_an_error(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tcp_options options = site_options(&one, 1);
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&one, &loop, &options);
	options = site_options(&two, 2);
	options.port = raft_tcp_port(one.tcp);
	assert_int_equal(raft_tcp_create(&loop, &options, &two.tcp),
			 UV_EADDRINUSE);
	assert_null(two.tcp);
	options.host = NULL;
	assert_int_equal(raft_tcp_create(&loop, &options, &two.tcp), UV_EINVAL);
	close_site(&one);
	close_loop(&loop);
}

/* What is urgent overtakes what waits here, and not what waits in the kernel: so little
 * does there, at either end of either connection. */
static void
little_waits_in_the_kernel(void **state)
{
	struct site one = { 0 }, two = { 0 };
	uv_loop_t loop;
	int ends = 0;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	for (int fd = 3; fd < 256; fd++) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int bytes = 0;

		if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0 ||
		    peer.sin_family != AF_INET)
			continue;
		length = sizeof(bytes);
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
					    &bytes, &length),
				 0);
		assert_int_equal(bytes, 128 << 10);
		ends++;
	}
	assert_int_equal(ends, 4);
	close_site(&one);
	close_site(&two);
	close_loop(&loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_waits_in_the_kernel),
		cmocka_unit_test(messages_arrive_in_both_directions),
		cmocka_unit_test(an_append_of_megabytes_arrives_whole),
		cmocka_unit_test(a_held_payload_is_not_written_over),
		cmocka_unit_test(a_message_alone_is_written_at_once),
		cmocka_unit_test(the_messages_of_one_turn_share_writes),
		cmocka_unit_test(
		    a_status_says_what_was_heard_and_why_nothing_is),
		cmocka_unit_test(a_status_says_that_a_name_is_unknown),
		cmocka_unit_test(a_killed_process_is_told_as_closed_at_once),
		cmocka_unit_test(a_restarted_process_is_found_again),
		cmocka_unit_test(
		    a_stalled_process_is_dropped_and_not_told_as_closed),
		cmocka_unit_test(silence_keeps_a_connection_open),
		cmocka_unit_test(an_orderly_close_is_told),
		cmocka_unit_test(a_removed_peer_is_left_alone),
		cmocka_unit_test(a_peer_may_be_removed_amid_a_renewal),
		cmocka_unit_test(names_and_ipv6_serve_as_addresses),
		cmocka_unit_test(
		    a_transport_closes_while_it_resolves_and_dials),
		cmocka_unit_test(a_port_in_use_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

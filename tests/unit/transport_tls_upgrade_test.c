/*
 * Plain connections and TLS on one port: each mode against each, and from the ones to
 * the others while messages flow.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"

#include "assists/transport_tcp/transport.h"

/* Two sites that know each other, of which each has TLS or not. */
struct meeting {
	uv_loop_t loop;
	struct pki pki;
	struct site one;
	struct site two;
	struct raft_tls *tls_one;
	struct raft_tls *tls_two;
};

/* A site without TLS. */
#define PLAIN ((enum raft_tcp_mode) - 1)

static struct raft_tls *
open_in_mode(struct meeting *meeting, struct site *site, uint64_t id,
	     enum raft_tcp_mode mode)
{
	struct raft_tcp_options options = site_options(site, id);
	struct raft_tls *tls = load_fair(&meeting->pki, id);

	options.hello_us = 400000;
	options.stall_us = 1000000;
	options.mode = mode;
	options.stream = mode == PLAIN ? NULL : raft_tls_stream(tls);
	open_site(site, &meeting->loop, &options);
	return tls;
}

static void
meet(struct meeting *meeting, enum raft_tcp_mode one, enum raft_tcp_mode two)
{
	memset(meeting, 0, sizeof(*meeting));
	uv_loop_init(&meeting->loop);
	open_pki(&meeting->pki);
	meeting->tls_one = open_in_mode(meeting, &meeting->one, 1, one);
	meeting->tls_two = open_in_mode(meeting, &meeting->two, 2, two);
	introduce(&meeting->one, 2, raft_tcp_port(meeting->two.tcp));
	introduce(&meeting->two, 1, raft_tcp_port(meeting->one.tcp));
}

/* Likewise on Unix sockets, both plain. */
static void
meet_on_unix(struct meeting *meeting)
{
	char hosts[3][96];

	memset(meeting, 0, sizeof(*meeting));
	uv_loop_init(&meeting->loop);
	open_pki(&meeting->pki);
	for (uint64_t id = 1; id <= 2; id++) {
		struct site *site = id == 1 ? &meeting->one : &meeting->two;
		struct raft_tcp_options options = site_options(site, id);

		snprintf(hosts[id], sizeof(hosts[id]), "unix:%s/%d",
			 meeting->pki.folder, (int)id);
		options.host = hosts[id];
		options.hello_us = 400000;
		options.stall_us = 1000000;
		open_site(site, &meeting->loop, &options);
	}
	meeting->tls_one = load_fair(&meeting->pki, 1);
	meeting->tls_two = load_fair(&meeting->pki, 2);
	assert_int_equal(
	    raft_tcp_peer_add(meeting->one.tcp,
			      &(struct raft_tcp_peer){ 2, hosts[2], 0 }),
	    0);
	assert_int_equal(
	    raft_tcp_peer_add(meeting->two.tcp,
			      &(struct raft_tcp_peer){ 1, hosts[1], 0 }),
	    0);
}

static void
part(struct meeting *meeting)
{
	close_site(&meeting->one);
	close_site(&meeting->two);
	raft_tls_destroy(meeting->tls_one);
	raft_tls_destroy(meeting->tls_two);
	close_pki(&meeting->pki);
	close_loop(&meeting->loop);
}

static bool
are_met(const struct meeting *meeting)
{
	return is_open_both(&meeting->one, 2) && is_open_both(&meeting->two, 1);
}

static struct raft_tcp_peer_status
status_of(const struct site *site, uint64_t peer)
{
	struct raft_tcp_peer_status status;

	assert_true(raft_tcp_peer_status(site->tcp, peer, &status));
	return status;
}

/* Of all that is open with it, whatever came after. */
static bool
has_plain(const struct site *site, uint64_t peer)
{
	const struct raft_socket *socket;

	TAILQ_FOREACH(socket, &site->tcp->sockets, siblings)
	{
		if (socket->peer != NULL && socket->peer->id == peer &&
		    socket->link.open && socket->stream == &raft__stream_plain)
			return true;
	}
	return false;
}

static bool
is_secret(const struct site *site, uint64_t peer)
{
	struct raft_tcp_peer_status status = status_of(site, peer);
	bool is_said = status.open_in && status.open_out && !status.plain_in &&
		       !status.plain_out;

	assert_false(is_said && has_plain(site, peer));
	assert_int_equal(raft_tcp_is_secret(site->tcp, peer), is_said);
	return is_said;
}

static bool
are_secret(const struct meeting *meeting)
{
	return is_secret(&meeting->one, 2) && is_secret(&meeting->two, 1);
}

static void
use(struct site *site, const struct raft_tls *tls, enum raft_tcp_mode mode)
{
	assert_int_equal(
	    raft_tcp_use_stream(site->tcp, raft_tls_stream(tls), mode), 0);
}

/* ---------------------------------------------------------- each against each */

static bool
dials_plain(enum raft_tcp_mode mode)
{
	return mode == PLAIN || mode == RAFT_TCP_ACCEPTS;
}

static bool
takes(enum raft_tcp_mode mode, bool plain)
{
	return plain ? mode != RAFT_TCP_REQUIRES : mode != PLAIN;
}

/* Whoever dials, and whether he was let in. */
static void
expect_way(const struct site *dialer, enum raft_tcp_mode his,
	   const struct site *taker, enum raft_tcp_mode its)
{
	struct raft_tcp_peer_status out = status_of(dialer, taker->id);
	struct raft_tcp_peer_status in = status_of(taker, dialer->id);
	bool plain = dials_plain(his), open = takes(its, plain);

	assert_int_equal(out.open_out, open);
	assert_int_equal(in.open_in, open);
	assert_int_equal(out.plain_out, open && plain);
	assert_int_equal(in.plain_in, open && plain);
	if (!open)
		assert_true(count(taker, plain ? RAFT_LINK_TLS_ALIEN
					       : RAFT_LINK_HELLO_ALIEN) > 0);
}

static bool
is_settled(const struct site *dialer, enum raft_tcp_mode his,
	   const struct site *taker, enum raft_tcp_mode its)
{
	bool plain = dials_plain(his);

	if (takes(its, plain))
		return status_of(dialer, taker->id).open_out &&
		       status_of(taker, dialer->id).open_in;
	return count(taker,
		     plain ? RAFT_LINK_TLS_ALIEN : RAFT_LINK_HELLO_ALIEN) > 0;
}

static void
each_mode_meets_each_as_it_should(void **state)
{
	static const enum raft_tcp_mode modes[] = { PLAIN, RAFT_TCP_ACCEPTS,
						    RAFT_TCP_PREFERS,
						    RAFT_TCP_REQUIRES };
	struct meeting meeting;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			meet(&meeting, modes[i], modes[k]);
			assert_true(
			    run_until(&meeting.loop,
				      is_settled(&meeting.one, modes[i],
						 &meeting.two, modes[k]) &&
					  is_settled(&meeting.two, modes[k],
						     &meeting.one, modes[i]),
				      20000));
			expect_way(&meeting.one, modes[i], &meeting.two,
				   modes[k]);
			expect_way(&meeting.two, modes[k], &meeting.one,
				   modes[i]);
			part(&meeting);
		}
}

/* ------------------------------------------------------------------- strangers */

static void
say(int fd, const void *bytes, size_t length)
{
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

static struct raft_hello
hello_of(uint64_t id)
{
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.from = { id, id + 100 },
		.to = 1,
	};

	memcpy(hello.cluster, cluster_a, sizeof(cluster_a));
	return hello;
}

static void
say_hello(int fd, const struct raft_hello *hello)
{
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];

	raft__hello_encode(hello, bytes);
	say(fd, bytes, sizeof(bytes));
}

/* By a hello in pieces of whatever size, and judged by what it says. */
static void
a_plain_hello_is_judged_as_without_tls(void **state)
{
	struct raft_hello hello = hello_of(9);
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];
	struct meeting meeting;
	int fd;

	(void)state;
	meet(&meeting, RAFT_TCP_PREFERS, RAFT_TCP_PREFERS);
	fd = dial(raft_tcp_port(meeting.one.tcp));
	raft__hello_encode(&hello, bytes);
	say(fd, bytes, 1);
	run_until(&meeting.loop, false, 20);
	say(fd, bytes + 1, sizeof(bytes) - 1);
	assert_true(run_until(
	    &meeting.loop, count(&meeting.one, RAFT_LINK_HELLO_STRANGER) == 1,
	    5000));
	close(fd);
	hello.cluster[0] ^= 1;
	fd = dial(raft_tcp_port(meeting.one.tcp));
	say_hello(fd, &hello);
	assert_true(run_until(&meeting.loop,
			      count(&meeting.one, RAFT_LINK_HELLO_CLUSTER) == 1,
			      5000));
	assert_non_null(strstr(meeting.one.trace, ", plain: "));
	close(fd);
	fd = dial(raft_tcp_port(meeting.one.tcp));
	say(fd, "GET / HTTP/1.1\r\n", 16);
	assert_true(run_until(&meeting.loop,
			      count(&meeting.one, RAFT_LINK_TLS_ALIEN) == 1,
			      5000));
	close(fd);
	part(&meeting);
}

static void
who_says_nothing_is_let_go_in_time(void **state)
{
	struct meeting meeting;
	int fd;

	(void)state;
	meet(&meeting, RAFT_TCP_ACCEPTS, RAFT_TCP_ACCEPTS);
	fd = dial(raft_tcp_port(meeting.one.tcp));
	assert_true(run_until(&meeting.loop,
			      count(&meeting.one, RAFT_LINK_HELLO_LATE) == 1,
			      5000));
	close(fd);
	/* And who begins with a byte of TLS, and goes silent. */
	fd = dial(raft_tcp_port(meeting.one.tcp));
	say(fd, "\x16", 1);
	assert_true(run_until(&meeting.loop,
			      count(&meeting.one, RAFT_LINK_HELLO_LATE) == 2,
			      5000));
	close(fd);
	part(&meeting);
}

/* Who came while both kinds were taken, and has not shown which he is. */
static void
who_waits_at_the_door_gets_no_plain_word_in_later(void **state)
{
	struct meeting meeting;
	struct raft_hello hello = hello_of(2);
	uint64_t taken;
	int fd;

	(void)state;
	meet(&meeting, RAFT_TCP_PREFERS, RAFT_TCP_PREFERS);
	assert_true(run_until(&meeting.loop, are_secret(&meeting), 20000));
	taken = count(&meeting.one, RAFT_LINK_OPENED_IN);
	fd = dial(raft_tcp_port(meeting.one.tcp));
	run_until(&meeting.loop, false, 20);
	use(&meeting.one, meeting.tls_one, RAFT_TCP_REQUIRES);
	say_hello(fd, &hello);
	assert_true(
	    run_until(&meeting.loop,
		      count(&meeting.one, RAFT_LINK_PLAIN) +
			      count(&meeting.one, RAFT_LINK_HELLO_LATE) ==
			  1,
		      5000));
	assert_int_equal(count(&meeting.one, RAFT_LINK_OPENED_IN), taken);
	assert_true(are_secret(&meeting));
	close(fd);
	part(&meeting);
}

/* Whoever speaks plain in a peer's name is heard on when the peer itself comes with
 * TLS. */
static void
who_poses_as_a_peer_is_seen_behind_it(void **state)
{
	struct meeting meeting;
	struct raft_hello hello = hello_of(2);
	uint64_t taken;
	int fd;

	(void)state;
	meet(&meeting, RAFT_TCP_PREFERS, RAFT_TCP_PREFERS);
	assert_true(run_until(&meeting.loop, are_secret(&meeting), 20000));
	taken = count(&meeting.one, RAFT_LINK_OPENED_IN);
	/* It may be silent for as long as this takes. */
	meeting.one.tcp->rules.stall_us = 60000000;
	fd = dial(raft_tcp_port(meeting.one.tcp));
	say_hello(fd, &hello);
	assert_true(run_until(
	    &meeting.loop,
	    count(&meeting.one, RAFT_LINK_OPENED_IN) == taken + 1, 5000));
	assert_true(status_of(&meeting.one, 2).plain_in);
	raft__peer_renew(LIST_FIRST(&meeting.two.tcp->peers));
	assert_true(run_until(
	    &meeting.loop,
	    count(&meeting.one, RAFT_LINK_OPENED_IN) == taken + 2, 20000));
	assert_true(status_of(&meeting.one, 2).plain_in);
	assert_false(is_secret(&meeting.one, 2));
	close(fd);
	assert_true(run_until(&meeting.loop, are_secret(&meeting), 20000));
	part(&meeting);
}

/* -------------------------------------------------------------- while it runs */

/* Notes both ways, some of them large: none is lost, and none comes twice. */
static void
talk(struct meeting *meeting)
{
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(post(&meeting->one, &meeting->two, 9000), 0);
		assert_int_equal(post(&meeting->two, &meeting->one, 90), 0);
	}
	uv_run(&meeting->loop, UV_RUN_NOWAIT);
}

static void
step(struct meeting *meeting, enum raft_tcp_mode mode)
{
	talk(meeting);
	use(&meeting->one, meeting->tls_one, mode);
	talk(meeting);
	use(&meeting->two, meeting->tls_two, mode);
	talk(meeting);
	assert_true(run_until(&meeting->loop,
			      has_all_notes(&meeting->one) &&
				  has_all_notes(&meeting->two),
			      20000));
}

static void
go_to_tls_and_back(struct meeting *meeting)
{
	assert_true(run_until(&meeting->loop, are_met(meeting), 5000));
	step(meeting, RAFT_TCP_ACCEPTS);
	assert_true(status_of(&meeting->one, 2).plain_out);
	step(meeting, RAFT_TCP_PREFERS);
	assert_true(run_until(&meeting->loop, are_secret(meeting), 20000));
	step(meeting, RAFT_TCP_REQUIRES);
	assert_true(are_secret(meeting));
	assert_int_equal(count(&meeting->one, RAFT_LINK_PLAIN), 0);
	assert_int_equal(count(&meeting->one, RAFT_LINK_OPENED_OUT), 2);
	assert_int_equal(meeting->one.closed + meeting->two.closed, 0);
	/* What goes through TLS alone needs no checksum more. */
	assert_true(LIST_FIRST(&meeting->one.tcp->peers)->queue.is_sealed);
	step(meeting, RAFT_TCP_PREFERS);
	step(meeting, RAFT_TCP_ACCEPTS);
	assert_false(LIST_FIRST(&meeting->one.tcp->peers)->queue.is_sealed);
	assert_true(are_secret(meeting));
	part(meeting);
}

static void
from_plain_to_tls_and_back_no_message_is_lost(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting, PLAIN, PLAIN);
	go_to_tls_and_back(&meeting);
}

static void
nor_is_one_on_unix_sockets(void **state)
{
	struct meeting meeting;

	(void)state;
	meet_on_unix(&meeting);
	go_to_tls_and_back(&meeting);
}

/* Required in one step: what was dialed goes on until its successor is there, so that
 * the other end is never told that this one is gone. */
static void
required_at_once_is_not_taken_for_a_death(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting, RAFT_TCP_ACCEPTS, RAFT_TCP_ACCEPTS);
	assert_true(run_until(&meeting.loop, are_met(&meeting), 5000));
	use(&meeting.one, meeting.tls_one, RAFT_TCP_REQUIRES);
	assert_int_equal(count(&meeting.one, RAFT_LINK_PLAIN), 1);
	assert_false(status_of(&meeting.one, 2).open_in);
	assert_true(status_of(&meeting.one, 2).plain_out);
	assert_true(run_until(&meeting.loop,
			      status_of(&meeting.two, 1).open_in &&
				  !status_of(&meeting.two, 1).plain_in &&
				  !status_of(&meeting.one, 2).plain_out,
			      20000));
	use(&meeting.two, meeting.tls_two, RAFT_TCP_PREFERS);
	assert_true(run_until(&meeting.loop, are_secret(&meeting), 20000));
	assert_int_equal(meeting.one.closed + meeting.two.closed, 0);
	part(&meeting);
}

/* And if there will be no successor, it ends all the same. */
static void
nothing_plain_survives_where_tls_is_required(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting, RAFT_TCP_ACCEPTS, PLAIN);
	assert_true(run_until(&meeting.loop, are_met(&meeting), 5000));
	use(&meeting.one, meeting.tls_one, RAFT_TCP_REQUIRES);
	assert_true(run_until(&meeting.loop,
			      !status_of(&meeting.two, 1).open_in &&
				  !status_of(&meeting.one, 2).open_out &&
				  !status_of(&meeting.one, 2).open_in,
			      20000));
	assert_int_equal(count(&meeting.one, RAFT_LINK_PLAIN), 2);
	run_until(&meeting.loop, false, 300);
	assert_false(status_of(&meeting.one, 2).open_in);
	assert_false(status_of(&meeting.one, 2).open_out);
	part(&meeting);
}

/* One that is told to prefer TLS too early keeps the connection that it has. */
static void
who_prefers_tls_keeps_a_peer_that_has_none(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting, RAFT_TCP_ACCEPTS, PLAIN);
	assert_true(run_until(&meeting.loop, are_met(&meeting), 5000));
	use(&meeting.one, meeting.tls_one, RAFT_TCP_PREFERS);
	assert_true(run_until(&meeting.loop,
			      count(&meeting.two, RAFT_LINK_HELLO_ALIEN) == 1,
			      20000));
	talk(&meeting);
	assert_true(run_until(
	    &meeting.loop,
	    has_all_notes(&meeting.one) && has_all_notes(&meeting.two), 20000));
	/* It tries again, and finds it ready. */
	use(&meeting.two, meeting.tls_two, RAFT_TCP_PREFERS);
	assert_true(run_until(&meeting.loop, are_secret(&meeting), 20000));
	part(&meeting);
}

static void
a_transport_keeps_the_stream_that_it_has(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting, RAFT_TCP_REQUIRES, PLAIN);
	assert_int_equal(raft_tcp_use_stream(meeting.one.tcp,
					     raft_tls_stream(meeting.tls_two),
					     RAFT_TCP_REQUIRES),
			 UV_EEXIST);
	assert_int_equal(
	    raft_tcp_use_stream(meeting.two.tcp, NULL, RAFT_TCP_ACCEPTS),
	    UV_EINVAL);
	part(&meeting);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_meets_each_as_it_should),
		cmocka_unit_test(a_plain_hello_is_judged_as_without_tls),
		cmocka_unit_test(who_says_nothing_is_let_go_in_time),
		cmocka_unit_test(
		    who_waits_at_the_door_gets_no_plain_word_in_later),
		cmocka_unit_test(who_poses_as_a_peer_is_seen_behind_it),
		cmocka_unit_test(from_plain_to_tls_and_back_no_message_is_lost),
		cmocka_unit_test(nor_is_one_on_unix_sockets),
		cmocka_unit_test(required_at_once_is_not_taken_for_a_death),
		cmocka_unit_test(nothing_plain_survives_where_tls_is_required),
		cmocka_unit_test(who_prefers_tls_keeps_a_peer_that_has_none),
		cmocka_unit_test(a_transport_keeps_the_stream_that_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

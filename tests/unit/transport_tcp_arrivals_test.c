/*
 * Strangers by the hundred, from several addresses of this machine: how many are
 * taken, how much of the loop's time they get and how many lines are written about
 * them; and that a peer's address has room of its own.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "assists/transport_tcp/transport.h"

#define FLOOD_MAX 600
/* The defaults. */
#define PER_SECOND 128
#define PER_SECOND_AND_HOST 32
#define HALF_OPEN 64
#define HALF_OPEN_AND_HOST 16

/* Server 1 at 127.0.0.1, where its peer is as well, and those who dial it. */
struct scene {
	uv_loop_t loop;
	struct site one;
	struct site two;
	int flood[FLOOD_MAX];
	size_t count;
};

static struct raft_tcp_options
default_limits(struct site *site, uint64_t id)
{
	struct raft_tcp_options options = site_options(site, id);

	options.half_open_host_max = 0;
	options.arrivals_max = 0;
	options.arrivals_host_max = 0;
	/* What the flood does is to be counted before its time is over. */
	options.hello_us = 60000000;
	options.stall_us = 4000000;
	return options;
}

static void
open_one(struct scene *scene)
{
	struct raft_tcp_options options = default_limits(&scene->one, 1);

	memset(scene, 0, sizeof(*scene));
	options.context = &scene->one;
	uv_loop_init(&scene->loop);
	open_site(&scene->one, &scene->loop, &options);
	/* With it none of the addresses below share what each may have. */
	scene->one.tcp->arrivals.seed = 0x9e3779b9;
}

static void
open_two(struct scene *scene)
{
	struct raft_tcp_options options = default_limits(&scene->two, 2);

	open_site(&scene->two, &scene->loop, &options);
	introduce(&scene->two, 1, raft_tcp_port(scene->one.tcp));
}

static void
close_scene(struct scene *scene)
{
	while (scene->count > 0)
		close(scene->flood[--scene->count]);
	close_site(&scene->one);
	if (scene->two.tcp != NULL)
		close_site(&scene->two);
	close_loop(&scene->loop);
}

/* From 127.0.0.HOST, of which a stranger has any. */
static void
dial_from(struct scene *scene, unsigned host)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host),
	};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(raft_tcp_port(scene->one.tcp)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(scene->count < FLOOD_MAX);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		assert_int_equal(errno, EINPROGRESS);
	scene->flood[scene->count++] = fd;
}

static void
dial_often(struct scene *scene, unsigned host, size_t times)
{
	for (size_t i = 0; i < times; i++) {
		dial_from(scene, host);
		if (i % 20 == 19)
			uv_run(&scene->loop, UV_RUN_NOWAIT);
	}
	run_until(&scene->loop, false, 50);
}

static uint64_t
turned_away(const struct scene *scene)
{
	return count(&scene->one, RAFT_LINK_TURNED_AWAY);
}

/* Those that are half open. */
static size_t
count_half_open(const struct scene *scene)
{
	const struct raft_socket *socket;
	size_t half_open = 0;

	TAILQ_FOREACH(socket, &scene->one.tcp->sockets, siblings)
	{
		half_open += socket->link.queue == NULL && !socket->link.open;
	}
	return half_open;
}

/* What is taken a second may be a little more by then: the machine is slow. */
static void
expect_taken(const struct scene *scene, size_t dialed, size_t per_second)
{
	assert_in_range(dialed - turned_away(scene), per_second,
			per_second + per_second / 2);
}

static void
one_address_is_not_taken_again_and_again(void **state)
{
	struct scene scene;

	(void)state;
	open_one(&scene);
	dial_often(&scene, 2, 200);
	expect_taken(&scene, 200, PER_SECOND_AND_HOST);
	assert_int_equal(count_half_open(&scene), HALF_OPEN_AND_HOST);
	assert_int_equal(count(&scene.one, RAFT_LINK_HELLO_CROWDED) +
			     turned_away(&scene) + HALF_OPEN_AND_HOST,
			 200);
	/* Another address has what it needs. */
	dial_often(&scene, 3, 10);
	assert_int_equal(count_half_open(&scene), HALF_OPEN_AND_HOST + 10);
	close_scene(&scene);
}

static void
many_addresses_have_limits_together(void **state)
{
	struct scene scene;

	(void)state;
	open_one(&scene);
	for (unsigned host = 2; host < 12; host++)
		dial_often(&scene, host, 30);
	/* It took half a second to dial. */
	assert_in_range(300 - turned_away(&scene), PER_SECOND, 250);
	assert_int_equal(count_half_open(&scene), HALF_OPEN);
	close_scene(&scene);
}

/* In a flood that never ends, of those who may come from anywhere. */
static void
a_peer_gets_in_through_a_flood(void **state)
{
	struct scene scene;
	unsigned host = 2;

	(void)state;
	open_one(&scene);
	for (; host < 12; host++)
		dial_often(&scene, host, 40);
	open_two(&scene);
	introduce(&scene.one, 2, raft_tcp_port(scene.two.tcp));
	assert_true(run_until(&scene.loop,
			      (scene.count < FLOOD_MAX
				   ? dial_from(&scene, 2 + host++ % 10)
				   : (void)0,
			       is_open_both(&scene.two, 1)),
			      4000));
	assert_true(turned_away(&scene) > 100);
	close_scene(&scene);
}

/* From the peer's own address: others are behind it, or it is no longer his. What
 * comes from there is limited too, and does not use up what strangers have. */
static void
a_peers_address_has_room_of_its_own_and_no_more(void **state)
{
	struct scene scene;

	(void)state;
	open_one(&scene);
	introduce(&scene.one, 2, 9);
	run_until(&scene.loop, false, 20);
	dial_often(&scene, 1, 200);
	expect_taken(&scene, 200, PER_SECOND_AND_HOST);
	assert_int_equal(count_half_open(&scene), HALF_OPEN_AND_HOST);
	/* With another peer there is room for two. */
	introduce(&scene.one, 3, 9);
	run_until(&scene.loop, false, 20);
	dial_often(&scene, 1, 100);
	expect_taken(&scene, 300, 2 * PER_SECOND_AND_HOST);
	assert_int_equal(count_half_open(&scene), 2 * HALF_OPEN_AND_HOST);
	for (unsigned host = 2; host < 8; host++)
		dial_often(&scene, host, HALF_OPEN_AND_HOST);
	assert_int_equal(count_half_open(&scene),
			 2 * HALF_OPEN_AND_HOST + HALF_OPEN);
	close_scene(&scene);
}

static void
expect_same_stranger(const char *one, const char *other, bool same)
{
	struct in6_addr hosts[2];

	assert_int_equal(inet_pton(AF_INET6, one, &hosts[0]), 1);
	assert_int_equal(inet_pton(AF_INET6, other, &hosts[1]), 1);
	raft__address_blur(&hosts[0]);
	raft__address_blur(&hosts[1]);
	assert_int_equal(memcmp(&hosts[0], &hosts[1], sizeof(hosts[0])) == 0,
			 same);
}

/* Who has a network of IPv6 is no more than one. */
static void
addresses_of_one_network_are_one_stranger(void **state)
{
	(void)state;
	expect_same_stranger("2001:db8:0:1::1", "2001:db8:0:1::2", true);
	expect_same_stranger("2001:db8:0:1::1", "2001:db8:0:1:8000::1", true);
	expect_same_stranger("2001:db8:0:1::1", "2001:db8:0:2::1", false);
	expect_same_stranger("2001:db8:0:1::1", "2001:db9:0:1::1", false);
	/* All of IPv4 is one such network. */
	expect_same_stranger("::ffff:127.0.0.1", "::ffff:127.0.0.2", false);
}

/* Also with IPv6, and from elsewhere than where it is dialed. */
static void
a_peer_is_known_where_it_came_from(void **state)
{
	struct scene scene = { 0 };
	struct raft_tcp_options options = default_limits(&scene.one, 1);
	struct raft_tcp_peer peer = { 1, "::1", 0 };
	struct in6_addr host = IN6ADDR_LOOPBACK_INIT;

	(void)state;
	uv_loop_init(&scene.loop);
	options.host = "::1";
	if (raft_tcp_create(&scene.loop, &options, &scene.one.tcp) != 0)
		skip();
	scene.one.loop = &scene.loop;
	options = default_limits(&scene.two, 2);
	open_site(&scene.two, &scene.loop, &options);
	introduce(&scene.one, 2, raft_tcp_port(scene.two.tcp));
	peer.port = raft_tcp_port(scene.one.tcp);
	assert_int_equal(raft_tcp_peer_add(scene.two.tcp, &peer), 0);
	assert_true(run_until(&scene.loop, is_open_both(&scene.one, 2), 2000));
	assert_memory_equal(&raft__peer_find(scene.one.tcp, 2)->came_from,
			    &host, sizeof(host));
	close_scene(&scene);
}

static void
there_is_a_line_for_some_and_a_count_of_the_others(void **state)
{
	struct scene scene;
	size_t before;

	(void)state;
	open_one(&scene);
	dial_often(&scene, 2, 300);
	while (scene.count > 0)
		close(scene.flood[--scene.count]);
	run_until(&scene.loop, false, 100);
	assert_in_range(scene.one.lines, 40, 50);
	assert_non_null(strstr(scene.one.trace, "connection from 0 at"));
	/* Ten seconds later. */
	before = scene.one.lines;
	scene.one.tcp->arrivals.told_at = 0;
	assert_true(run_until(&scene.loop,
			      strncmp(scene.one.trace,
				      "connections from "
				      "strangers: ",
				      28) == 0,
			      2000));
	assert_int_equal(strtoul(scene.one.trace + 28, NULL, 10) + before, 300);
	before = scene.one.lines;
	scene.one.tcp->arrivals.told_at = 0;
	run_until(&scene.loop, scene.one.tcp->arrivals.told_at > 0, 2000);
	assert_int_equal(scene.one.lines, before);
	close_scene(&scene);
}

/* Once in ten seconds, if there is any. */
static void
others_are_counted_for_ten_seconds(void **state)
{
	struct raft_arrivals *arrivals;
	struct scene scene;
	uint64_t now;
	size_t before;

	(void)state;
	open_one(&scene);
	uv_update_time(&scene.loop);
	arrivals = &scene.one.tcp->arrivals;
	now = raft__tcp_now(scene.one.tcp);
	before = scene.one.lines;
	arrivals->untold[RAFT_ARRIVAL_STRANGE] = 7;
	arrivals->told_at = now - 9999999;
	raft__arrivals_watch(scene.one.tcp);
	assert_true(arrivals->told_at == now - 9999999);
	assert_int_equal(scene.one.lines, before);
	arrivals->told_at = now - 10000000;
	raft__arrivals_watch(scene.one.tcp);
	assert_true(arrivals->told_at == now);
	assert_int_equal(scene.one.lines, before + 1);
	assert_memory_equal(scene.one.trace,
			    "connections from strangers: 7 more ", 35);
	assert_int_equal(arrivals->untold[RAFT_ARRIVAL_STRANGE], 0);
	close_scene(&scene);
}

/* ------------------------------------------------------------------- its time */

#define COSTS_US 5000

static uint64_t spent_us;

/* As if it had to be signed with a slow key. */
static enum raft_link_counter
receive_slowly(struct raft_link *link, size_t length, uint64_t now)
{
	(void)length;
	(void)now;
	(void)link;
	spent_us += work(COSTS_US);
	return RAFT_LINK_OK;
}

/* They have an eighth of the time, whatever they say and how often. */
static void
what_strangers_say_has_a_share_of_the_time(void **state)
{
	struct scene scene = { 0 };
	struct raft_tcp_options options = default_limits(&scene.one, 1);
	struct raft_stream slow = raft__stream_plain;
	uint64_t began;

	(void)state;
	slow.received = receive_slowly;
	options.stream = &slow;
	uv_loop_init(&scene.loop);
	open_site(&scene.one, &scene.loop, &options);
	dial_often(&scene, 2, HALF_OPEN_AND_HOST);
	spent_us = 0;
	began = uv_hrtime();
	for (int i = 0; i < 100; i++) {
		for (size_t j = 0; j < scene.count; j++)
			send(scene.flood[j], "x", 1, MSG_NOSIGNAL);
		run_until(&scene.loop, false, 10);
	}
	began = (uv_hrtime() - began) / 1000;
	/* What was saved up, the last one's excess, and an eighth. */
	assert_in_range(spent_us, 10 * COSTS_US,
			10000 + COSTS_US + COSTS_US / 2 + began / 8);
	/* All of them, for none was kept from speaking for good. */
	assert_int_equal(count_half_open(&scene), HALF_OPEN_AND_HOST);
	close_scene(&scene);
}

/* So much that a fifth of a second must pass, and no watch comes before. */
static void
spend_all(struct raft_allowance *allowance)
{
	*allowance = (struct raft_allowance){
		.left = INT64_C(-25000) * 1000000,
		.at = uv_hrtime() / 1000,
	};
}

static void
whoever_comes_when_the_time_is_spent_waits(void **state)
{
	struct scene scene;
	struct raft_arrivals *arrivals;

	(void)state;
	open_one(&scene);
	arrivals = &scene.one.tcp->arrivals;
	spend_all(&arrivals->door);
	for (size_t i = 0; i < 5; i++)
		dial_from(&scene, 2);
	run_until(&scene.loop, false, 50);
	assert_int_equal(count_half_open(&scene), 0);
	assert_true(run_until(&scene.loop, count_half_open(&scene) == 5, 600));
	spend_all(&arrivals->time[RAFT_ARRIVAL_STRANGE]);
	dial_from(&scene, 3);
	send(scene.flood[5], "no hello", 8, MSG_NOSIGNAL);
	run_until(&scene.loop, false, 50);
	assert_int_equal(count_half_open(&scene), 6);
	assert_int_equal(count(&scene.one, RAFT_LINK_HELLO_ALIEN), 0);
	assert_true(run_until(
	    &scene.loop, count(&scene.one, RAFT_LINK_HELLO_ALIEN) == 1, 600));
	close_scene(&scene);
}

static void
an_allowance_is_filled_up_to_what_it_holds(void **state)
{
	const struct raft_rate rate = { 10, 5 };
	struct raft_allowance allowance = { 0 };
	uint64_t now = UINT64_C(1) << 63;

	(void)state;
	assert_true(raft__allowance_take(&allowance, &rate, now, 5));
	assert_false(raft__allowance_take(&allowance, &rate, now, 1));
	allowance = (struct raft_allowance){ 0 };
	now = 5000000;
	for (int i = 0; i < 5; i++)
		assert_true(raft__allowance_take(&allowance, &rate, now, 1));
	assert_false(raft__allowance_take(&allowance, &rate, now, 1));
	assert_false(raft__allowance_take(&allowance, &rate, now + 99999, 1));
	assert_true(raft__allowance_take(&allowance, &rate, now + 100000, 1));
	/* Nothing comes of a clock that goes back. */
	assert_false(raft__allowance_take(&allowance, &rate, now, 1));
	assert_false(raft__allowance_take(&allowance, &rate, now + 99999, 1));
	now += 200000000000;
	raft__allowance_spend(&allowance, &rate, now, 7);
	assert_int_equal(raft__allowance_wait(&allowance, &rate, now), 200001);
	assert_int_equal(raft__allowance_wait(&allowance, &rate, now + 200001),
			 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_is_not_taken_again_and_again),
		cmocka_unit_test(many_addresses_have_limits_together),
		cmocka_unit_test(a_peer_gets_in_through_a_flood),
		cmocka_unit_test(
		    a_peers_address_has_room_of_its_own_and_no_more),
		cmocka_unit_test(addresses_of_one_network_are_one_stranger),
		cmocka_unit_test(a_peer_is_known_where_it_came_from),
		cmocka_unit_test(
		    there_is_a_line_for_some_and_a_count_of_the_others),
		cmocka_unit_test(others_are_counted_for_ten_seconds),
		cmocka_unit_test(what_strangers_say_has_a_share_of_the_time),
		cmocka_unit_test(whoever_comes_when_the_time_is_spent_waits),
		cmocka_unit_test(an_allowance_is_filled_up_to_what_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

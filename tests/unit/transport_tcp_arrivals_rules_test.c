/*
 * What limits rest on, without sockets: whose address it is, who is limited, and
 * when there is something left.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/allowance.h"
#include "assists/transport_tcp/transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static void
assert_host(const void *address, const char *expected)
{
	struct in6_addr host, wanted;

	memset(&host, 0xff, sizeof(host));
	assert_int_equal(inet_pton(AF_INET6, expected, &wanted), 1);
	raft__address_read(address, &host);
	assert_memory_equal(&host, &wanted, sizeof(host));
}

static void
an_address_is_the_same_by_either_family(void **state)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &four.sin_addr), 1);
	assert_host(&four, "::ffff:192.0.2.7");
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7",
				   &six.sin6_addr), 1);
	assert_host(&six, "::ffff:192.0.2.7");
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1:2:3",
				   &six.sin6_addr), 1);
	assert_host(&six, "2001:db8::1:2:3");
	/* No interface has this one: all of this machine share it. */
	assert_host(&local, "100::1");
	assert_host(&none, "::");
}

static void
assert_blurred(const char *address, const char *expected)
{
	struct in6_addr host, wanted;

	assert_int_equal(inet_pton(AF_INET6, address, &host), 1);
	assert_int_equal(inet_pton(AF_INET6, expected, &wanted), 1);
	raft__address_blur(&host);
	assert_memory_equal(&host, &wanted, sizeof(host));
}

/* Who has one address of IPv6 has the 2^64 beside it. */
static void
a_strangers_address_is_its_network(void **state)
{
	(void)state;
	assert_blurred("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
	assert_blurred("::ffff:192.0.2.7", "::ffff:192.0.2.7");
}

static void
who_has_proven_nothing_is_limited(void **state)
{
	struct raft_queue queue = { .bytes_max = 0 };
	struct raft_socket socket = { .connected = true };

	(void)state;
	assert_true(raft__arrival_is_limited(&socket));
	socket.link.proven_id = 3;
	assert_false(raft__arrival_is_limited(&socket));
	socket.link.is_guest = true;
	assert_true(raft__arrival_is_limited(&socket));
	/* One whose hello was taken, and one that we dialed. */
	socket.link = (struct raft_link){ .open = true };
	assert_false(raft__arrival_is_limited(&socket));
	socket.link = (struct raft_link){ .queue = &queue };
	assert_false(raft__arrival_is_limited(&socket));
}

static void
an_allowance_is_waited_for_to_the_microsecond(void **state)
{
	const struct raft_rate rate = { .per_second = 3, .at_once = 1 };
	const uint64_t now = 5000000;
	struct raft_allowance allowance = { 0 };

	(void)state;
	assert_int_equal(raft__allowance_wait(&allowance, &rate, now), 0);
	/* Two more than there were: 2 s / 3. */
	raft__allowance_spend(&allowance, &rate, now, 3);
	assert_int_equal(raft__allowance_wait(&allowance, &rate, now), 666667);
	assert_int_equal(raft__allowance_wait(&allowance, &rate, now + 666666),
			 1);
	assert_int_equal(raft__allowance_wait(&allowance, &rate, now + 666667),
			 0);
	assert_false(raft__allowance_take(&allowance, &rate, now + 999999, 1));
	assert_true(raft__allowance_take(&allowance, &rate, now + 1000000, 1));
	/* A clock that goes back gives nothing. */
	assert_false(raft__allowance_take(&allowance, &rate, now, 1));
	assert_false(
	    raft__allowance_take(&allowance, &rate, now + 1333333, 1));
	assert_true(
	    raft__allowance_take(&allowance, &rate, now + 1333334, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_the_same_by_either_family),
		cmocka_unit_test(a_strangers_address_is_its_network),
		cmocka_unit_test(who_has_proven_nothing_is_limited),
		cmocka_unit_test(an_allowance_is_waited_for_to_the_microsecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Names of hosts: each attempt takes the next of their addresses, and what has none is
 * looked up again; and how long is waited between two attempts.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <netdb.h>

#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/transport.h"

/* -------------------------------------------------------------- who has which */

#define ADDRESSES_MAX 3

/** What every name has; how often one was looked up. */
static size_t address_count;
static size_t lookups;
static bool fails;

struct found {
	struct addrinfo info;
	struct sockaddr_in address;
};

/* In a thread of libuv's. */
int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
	    struct addrinfo **answer)
{
	bool listens = strcmp(host, "127.0.0.1") == 0;

	*answer = NULL;
	lookups += !listens;
	if (fails)
		return EAI_NONAME;
	assert_true(listens || strcmp(host, "many.example") == 0);
	assert_int_equal(hints->ai_socktype, SOCK_STREAM);
	for (size_t i = listens ? 1 : address_count; i > 0; i--) {
		struct found *found = calloc(1, sizeof(*found));

		assert_non_null(found);
		found->address = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons((uint16_t)strtoul(service, NULL, 10)),
			.sin_addr.s_addr =
			    htonl(INADDR_LOOPBACK + (uint32_t)i - 1),
		};
		found->info = (struct addrinfo){
			.ai_family = AF_INET,
			.ai_addr = (struct sockaddr *)&found->address,
			.ai_addrlen = sizeof(found->address),
			.ai_next = *answer,
		};
		*answer = &found->info;
	}
	return 0;
}

void
freeaddrinfo(struct addrinfo *found)
{
	while (found != NULL) {
		struct addrinfo *next = found->ai_next;

		free(found);
		found = next;
	}
}

/* -------------------------------------------------------------------- the tests */

struct one {
	uv_loop_t loop;
	struct site site;
	struct raft_peer *peer;
};

static void
open_one(struct one *one, const char *host)
{
	struct raft_tcp_peer peer = { .id = 2, .host = host, .port = 9 };
	struct raft_tcp_options options = site_options(&one->site, 1);

	memset(one, 0, sizeof(*one));
	lookups = 0;
	fails = false;
	uv_loop_init(&one->loop);
	open_site(&one->site, &one->loop, &options);
	assert_int_equal(raft_tcp_peer_add(one->site.tcp, &peer), 0);
	one->peer = raft__peer_find(one->site.tcp, 2);
}

static void
close_one(struct one *one)
{
	close_site(&one->site);
	close_loop(&one->loop);
}

/* The last part of the address that was dialed last; 0: none yet. */
static int
dialed_at(const struct one *one)
{
	return one->peer->dialed_at.s6_addr[15];
}

static void
each_attempt_takes_the_next_address(void **state)
{
	struct one one;

	(void)state;
	for (address_count = 1; address_count <= ADDRESSES_MAX;
	     address_count++) {
		open_one(&one, "many.example");
		for (unsigned n = 0; n < 5; n++) {
			/* Nobody listens there. */
			while (one.peer->attempts == n)
				uv_run(&one.loop, UV_RUN_ONCE);
			assert_int_equal(one.peer->attempts, n + 1);
			assert_int_equal(dialed_at(&one),
					 1 + n % address_count);
			assert_true(lookups > n);
		}
		assert_int_equal(count(&one.site, RAFT_LINK_UNREACHABLE), 5);
		assert_null(one.peer->out);
		close_one(&one);
	}
}

static void
what_has_no_address_is_looked_up_again(void **state)
{
	struct raft_tcp_peer_status status;
	struct one one;

	(void)state;
	for (int i = 0; i < 2; i++) {
		address_count = 0;
		open_one(&one, "many.example");
		fails = i == 1;
		assert_true(
		    run_until(&one.loop, one.peer->attempts == 2, 5000));
		assert_int_equal(count(&one.site, RAFT_LINK_UNREACHABLE), 2);
		assert_int_equal(dialed_at(&one), 0);
		assert_true(raft_tcp_peer_status(one.site.tcp, 2, &status));
		assert_string_equal(status.failure,
				    i == 0 ? ""
					   : "unknown node or service; "
					     "many.example");
		fails = false;
		address_count = 1;
		assert_true(run_until(&one.loop, dialed_at(&one) == 1, 5000));
		close_one(&one);
	}
}

/* It is not even looked up. */
static void
what_is_no_name_is_tried_again(void **state)
{
	struct one one;

	(void)state;
	open_one(&one, "\xff\xff");
	assert_true(run_until(&one.loop, one.peer->attempts == 3, 5000));
	assert_int_equal(count(&one.site, RAFT_LINK_UNREACHABLE), 3);
	assert_int_equal(lookups, 0);
	assert_false(one.peer->resolving);
	close_one(&one);
}

/* Half of it is a matter of chance. */
static void
pauses_double_up_to_a_limit(void **state)
{
	/* The limits are 10 ms and 100 ms. */
	static const struct {
		unsigned attempts;
		uint64_t least_ms, most_ms;
	} cases[] = { { 1, 5, 10 },  { 2, 10, 20 }, { 3, 20, 40 },
		      { 4, 40, 80 }, { 5, 40, 80 }, { 1000, 40, 80 } };
	struct one one;

	(void)state;
	address_count = 1;
	open_one(&one, "many.example");
	assert_true(run_until(&one.loop, one.peer->attempts == 1, 5000));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t least = UINT64_MAX, most = 0;

		for (int n = 0; n < 1000; n++) {
			uint64_t due;

			one.peer->attempts = cases[i].attempts - 1;
			uv_update_time(&one.loop);
			raft__peer_lost(one.peer);
			assert_int_equal(one.peer->attempts, cases[i].attempts);
			due = uv_timer_get_due_in(&one.peer->redial);
			least = due < least ? due : least;
			most = due > most ? due : most;
		}
		/* The whole millisecond of the limit is but one case. */
		assert_int_equal(least, cases[i].least_ms);
		assert_in_range(most, cases[i].most_ms - 2, cases[i].most_ms);
	}
	close_one(&one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attempt_takes_the_next_address),
		cmocka_unit_test(what_has_no_address_is_looked_up_again),
		cmocka_unit_test(what_is_no_name_is_tried_again),
		cmocka_unit_test(pauses_double_up_to_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A place is read whole, or not at all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "demos/streams/place.h"

static void
a_host_and_a_port_are_read(void **state)
{
	static const struct {
		const char *text;
		uint32_t host;
		uint16_t port;
	} places[] = {
		{ "127.0.0.1:1", 0x7f000001, 1 },
		{ "10.20.30.40:65535", 0x0a141e28, 65535 },
		{ "255.255.255.255:8080", 0xffffffff, 8080 },
	};
	struct sockaddr_in address;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		assert_true(place_read(places[i].text, &address));
		assert_int_equal(address.sin_family, AF_INET);
		assert_int_equal(ntohl(address.sin_addr.s_addr),
				 places[i].host);
		assert_int_equal(ntohs(address.sin_port), places[i].port);
	}
}

static void
what_is_no_place_is_refused(void **state)
{
	static const char *const others[] = {
		"",
		":",
		"127.0.0.1",
		"127.0.0.1:",
		":7001",
		"127.0.0.1:0",
		"127.0.0.1:65536",
		"127.0.0.1:99999999999999999999",
		"127.0.0.1:-1",
		"127.0.0.1:+7",
		"127.0.0.1: 7",
		"127.0.0.1:7001x",
		"127.0.0.1:7001:7002",
		"127.0.0.1 :7001",
		"127.0.0:7001",
		"256.0.0.1:7001",
		"1111.2222.3333.4444:7001",
		"localhost:7001",
		"::1:7001",
	};
	struct sockaddr_in address;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (place_read(others[i], &address))
			fail_msg("'%s' was taken", others[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_and_a_port_are_read),
		cmocka_unit_test(what_is_no_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

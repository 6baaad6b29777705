/*
 * Names in certificates: one form, and nothing beside it (assists/transport_tls/name.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "assists/transport_tls/name.h"
#include "assists/transport_tls/session.h"

/** As many letters as a cluster's name can have. */
#define LONG "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static bool
parse(const char *uri, struct raft_tls_name *name)
{
	memset(name, 0, sizeof(*name));
	return raft__tls_name_parse(uri, strlen(uri), name);
}

static void
a_name_has_one_form(void **state)
{
	static const struct {
		const char *uri, *cluster;
		uint64_t id;
	} good[] = {
		{ "raft://a/node/1", "a", 1 },
		{ "raft://A.b-c_9/node/10", "A.b-c_9", 10 },
		{ "raft://" LONG "/node/18446744073709551615", LONG,
		  UINT64_MAX },
	};
	static const char *const bad[] = {
		"",
		"raft:/",
		"raft://",
		"raft://a",
		"raft://a/node",
		"raft://a/node/",
		"raft://a/node/0",
		"raft://a/node/01",
		"raft://a/node/+1",
		"raft://a/node/ 1",
		"raft://a/node/-1",
		"raft://a/node/1 ",
		"raft://a/node/1/",
		"raft://a/node/x",
		"raft://a/nodes/1",
		"raft:///node/1",
		"raft://a b/node/1",
		"raft://a/b/node/1",
		"raft://a~b/node/1",
		"Raft://a/node/1",
		"rafts://a/node/1",
		"raft://" LONG "_/node/1",
		"raft://" LONG "/node/18446744073709551616",
		"raft://" LONG "/node/184467440737095516150",
		"raft://" LONG "/node/1844674407370955161500000000000000",
	};
	struct raft_tls_name name;

	(void)state;
	assert_int_equal(strlen(LONG), RAFT_TLS_CLUSTER_MAX);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(parse(good[i].uri, &name));
		assert_string_equal(name.cluster, good[i].cluster);
		assert_int_equal(name.id, good[i].id);
		/* A byte more, be it none that is printed. */
		assert_false(raft__tls_name_parse(
		    good[i].uri, strlen(good[i].uri) + 1, &name));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i], &name))
			fail_msg("%s", bad[i]);
}

static void
a_cluster_is_called_by_plain_letters(void **state)
{
	(void)state;
	assert_true(raft__tls_cluster_is_valid("a"));
	assert_true(raft__tls_cluster_is_valid(LONG));
	assert_false(raft__tls_cluster_is_valid(LONG "_"));
	assert_false(raft__tls_cluster_is_valid(""));
	for (int c = 1; c < 256; c++) {
		const char text[] = { 'x', (char)c, '\0' };
		bool is_plain =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';

		assert_int_equal(raft__tls_cluster_is_valid(text), is_plain);
	}
}

/* What has no end never ends. */
static void
times_are_seconds(void **state)
{
	ASN1_TIME *time = ASN1_TIME_new();

	(void)state;
	assert_non_null(time);
	assert_true(raft__tls_seconds(NULL) == INT64_MAX);
	assert_int_equal(ASN1_TIME_set_string(time, "700101000000Z"), 1);
	assert_true(raft__tls_seconds(time) == 0);
	assert_int_equal(ASN1_TIME_set_string(time, "20010909014640Z"), 1);
	assert_true(raft__tls_seconds(time) == 1000000000);
	ASN1_TIME_free(time);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_one_form),
		cmocka_unit_test(a_cluster_is_called_by_plain_letters),
		cmocka_unit_test(times_are_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

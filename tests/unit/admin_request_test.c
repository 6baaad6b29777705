/*
 * What a server is asked over its socket, read from a line: which verb, with what, and
 * within which limits.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/string.h>
#include <stdio.h>
#include <string.h>

#include "assists/admin/request.h"

static void
each_verb_is_the_change_that_it_is_called(void **state)
{
	static const struct {
		const char *line;
		enum raft_server_change_kind kind;
	} cases[] = {
		{ "'add','id':4,'incarnation':'a','address':'x:1'",
		  RAFT_SERVER_ADD },
		{ "'learn','id':4,'incarnation':'a','address':'x:1'",
		  RAFT_SERVER_LEARN },
		{ "'remove','id':4", RAFT_SERVER_REMOVE },
		{ "'promote','id':4", RAFT_SERVER_PROMOTE },
		{ "'demote','id':4", RAFT_SERVER_DEMOTE },
		{ "'replace','id':4,'replaced':2", RAFT_SERVER_REPLACE },
		{ "'stand-in','id':4,'stands_in_seconds':7",
		  RAFT_SERVER_STAND_IN },
		{ "'move','id':4,'address':'x:1 y'", RAFT_SERVER_MOVE },
		{ "'transfer','id':4", RAFT_SERVER_TRANSFER },
		{ "'step-down','id':4", RAFT_SERVER_STEP_DOWN },
	};
	char why[ADMIN_WHY_BYTES], line[128];
	struct admin_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line), "{'verb':%s}", cases[i].line);
		for (char *at = line; *at != '\0'; at++)
			*at = *at == '\'' ? '"' : *at;
		if (!raft__admin_read(line, strlen(line), &request, why))
			fail_msg("%s: %s", line, why);
		assert_int_equal(request.change.kind, cases[i].kind);
		assert_int_equal(request.change.identity.id, 4);
		assert_int_equal(request.change.timeout_us, 60000000);
	}
}

/* Reads a line in which ' stands for ". */
static bool
read_line(const char *line, struct admin_request *request,
	  char why[ADMIN_WHY_BYTES])
{
	char copy[256];

	assert_true(strlcpy(copy, line, sizeof(copy)) < sizeof(copy));
	for (char *at = copy; *at != '\0'; at++)
		*at = *at == '\'' ? '"' : *at;
	return raft__admin_read(copy, strlen(copy), request, why);
}

/** By their letters: what a verb needs, and what it takes besides. */
static const struct verb_fields {
	const char *name;
	const char *needs;
	const char *takes;
} verb_fields[] = {
	{ "status", "", "" },	   { "add", "ina", "" },
	{ "learn", "ina", "" },	   { "remove", "i", "" },
	{ "promote", "i", "" },	   { "demote", "i", "" },
	{ "replace", "ir", "na" }, { "stand-in", "is", "na" },
	{ "move", "ia", "" },	   { "transfer", "i", "" },
	{ "step-down", "", "i" },  { "snapshot", "", "" },
	{ "reload", "", "" },	   { "metrics", "", "" },
	{ "leases", "d", "" },
};

/* A request with these fields. */
static bool
read_fields(const char *verb, const char *letters,
	    struct admin_request *request, char why[ADMIN_WHY_BYTES])
{
	static const struct {
		char letter;
		const char *text;
	} fields[] = {
		{ 'i', ",'id':4" },
		{ 'n', ",'incarnation':'aBc'" },
		{ 'a', ",'address':'x:1 y'" },
		{ 'r', ",'replaced':2" },
		{ 's', ",'stands_in_seconds':7" },
		{ 'd', ",'clock_drift':1000" },
	};
	char line[256];

	snprintf(line, sizeof(line), "{'verb':'%s'", verb);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strchr(letters, fields[i].letter) != NULL)
			strlcat(line, fields[i].text, sizeof(line));
	strlcat(line, "}", sizeof(line));
	return read_line(line, request, why);
}

static void
a_verb_takes_what_it_needs_and_no_more(void **state)
{
	static const char letters[] = "inarsd";
	char why[ADMIN_WHY_BYTES], some[8], part[64];
	struct admin_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(verb_fields) / sizeof(verb_fields[0]);
	     i++) {
		const struct verb_fields *verb = &verb_fields[i];

		for (size_t j = 0; letters[j] != '\0'; j++) {
			bool fits = strchr(verb->needs, letters[j]) != NULL ||
				    strchr(verb->takes, letters[j]) != NULL;

			snprintf(some, sizeof(some), "%s%c", verb->needs,
				 letters[j]);
			if (read_fields(verb->name, some, &request, why) !=
			    fits)
				fail_msg("%s with %s", verb->name, some);
			if (!fits)
				assert_non_null(strstr(why, "more in it"));
		}
		for (size_t j = 0; verb->needs[j] != '\0'; j++) {
			snprintf(some, sizeof(some), "%s", verb->needs);
			some[j] = ' ';
			assert_false(
			    read_fields(verb->name, some, &request, why));
			snprintf(part, sizeof(part), "%s needs \"", verb->name);
			assert_memory_equal(why, part, strlen(part));
		}
	}
}

static void
what_a_request_says_is_what_is_done(void **state)
{
	char why[ADMIN_WHY_BYTES];
	struct admin_request request;

	(void)state;
	assert_true(read_fields("replace", "inar", &request, why));
	assert_int_equal(request.verb, ADMIN_CHANGE);
	assert_int_equal(request.change.identity.id, 4);
	assert_int_equal(request.change.identity.incarnation, 0xabc);
	assert_string_equal(request.change.address, "x:1 y");
	assert_int_equal(request.change.replaced.id, 2);
	assert_true(read_fields("stand-in", "is", &request, why));
	assert_int_equal(request.change.stands_in_seconds, 7);
	assert_null(request.change.address);
	assert_true(read_fields("leases", "d", &request, why));
	assert_int_equal(request.change.kind, RAFT_SERVER_LEASES);
	assert_int_equal(request.change.clock_drift, 1000);
	assert_true(read_fields("step-down", "", &request, why));
	assert_int_equal(request.verb, ADMIN_STEP_DOWN);
	assert_int_equal(request.change.identity.id, 0);
}

/* The largest and the smallest, and the next ones. */
static void
a_number_has_its_limits(void **state)
{
	static const struct {
		const char *line;
		const char *why;
	} cases[] = {
		{ "{'verb':'status','timeout_seconds':1}", "" },
		{ "{'verb':'status','timeout_seconds':'86400'}", "" },
		{ "{'verb':'status','timeout_seconds':86401}", "to 86400" },
		{ "{'verb':'stand-in','id':1,'stands_in_seconds':1}", "" },
		{ "{'verb':'stand-in','id':1,'stands_in_seconds':3600}", "" },
		{ "{'verb':'stand-in','id':1,'stands_in_seconds':0}",
		  "to 3600" },
		{ "{'verb':'stand-in','id':1,'stands_in_seconds':3601}",
		  "to 3600" },
		{ "{'verb':'leases','clock_drift':0}", "" },
		{ "{'verb':'leases','clock_drift':500000}", "" },
		{ "{'verb':'leases','clock_drift':500001}", "500000 at most" },
		{ "{'verb':'remove','id':'18446744073709551615'}", "" },
		{ "{'verb':'remove','id':9223372036854775807}", "" },
		{ "{'verb':'remove','id':''}", "from 1 on" },
		{ "{'verb':'remove','id':'1x'}", "from 1 on" },
		{ "{'verb':'remove','id':'+1'}", "from 1 on" },
		{ "{'verb':'replace','id':1,'replaced':0}", "from 1 on" },
	};
	char why[ADMIN_WHY_BYTES];
	struct admin_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool fits = cases[i].why[0] == '\0';

		if (read_line(cases[i].line, &request, why) != fits)
			fail_msg("%s", cases[i].line);
		if (!fits)
			assert_non_null(strstr(why, cases[i].why));
	}
	assert_true(read_line("{'verb':'status','timeout_seconds':'86400'}",
			      &request, why));
	assert_int_equal(request.timeout_us, UINT64_C(86400000000));
	assert_true(read_line("{'verb':'remove','id':'18446744073709551615'}",
			      &request, why));
	assert_true(request.change.identity.id == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_is_the_change_that_it_is_called),
		cmocka_unit_test(a_verb_takes_what_it_needs_and_no_more),
		cmocka_unit_test(what_a_request_says_is_what_is_done),
		cmocka_unit_test(a_number_has_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

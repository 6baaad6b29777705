/*
 * What is said of a folder, word by word: of one that never ran, and of a configuration
 * in which everybody is something else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/rescue_scene.h"

#include "assists/rescue/inside.h"

static void
assert_shown(const void *bytes, size_t length, const char *expected)
{
	char text[1024] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	raft__show_configuration(out, bytes, length);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
}

static void
each_member_is_shown_as_what_it_is(void **state)
{
#define AT(place) .address = (place), .address_length = strlen(place)
	const struct raft_member members[] = {
		{ .identity = { 1, 10 },
		  .role = RAFT_MEMBER_VOTER,
		  .role_before = RAFT_MEMBER_VOTER,
		  AT("127.0.0.1:1 with a note") },
		{ .identity = { 2, 20 },
		  .role = RAFT_MEMBER_NON_VOTING,
		  .role_before = RAFT_MEMBER_NON_VOTING,
		  AT("unix:/tmp/2") },
		{ .identity = { 3, 30 },
		  .role = RAFT_MEMBER_VOTER,
		  AT("[::1]:3") },
		{ .identity = { 4, 40 }, .role_before = RAFT_MEMBER_VOTER },
	};
	struct raft_configuration configuration = {
		.joint = true,
		.election_timeout_us = 1000000,
		.members = members,
		.member_count = 4,
	};
	uint8_t bytes[512];
	size_t length;

	(void)state;
	length =
	    raft_configuration_encode(&configuration, bytes, sizeof(bytes));
	assert_true(length > 0);
	assert_shown(bytes, length,
		     "1 at 127.0.0.1:1 with a note votes, "
		     "2 at unix:/tmp/2 learns, "
		     "3 at [::1]:3 votes and is new, "
		     "4 at no address leaves");
	assert_shown(bytes, length - 1, "none that this version can read");
	configuration = (struct raft_configuration){
		.election_timeout_us = 1000000,
		.members = members + 2,
		.member_count = 1,
	};
	length =
	    raft_configuration_encode(&configuration, bytes, sizeof(bytes));
	assert_shown(bytes, length, "3 at [::1]:3 votes");
}

static void
a_date_is_of_the_day_and_a_second(void **state)
{
	char text[SHOW_DATE_BYTES];

	(void)state;
	raft__show_date(86399, text);
	assert_string_equal(text, "1970-01-01 23:59:59 UTC");
	raft__show_date(INT64_MAX, text);
	assert_string_equal(text, "no date");
}

static void
one_that_never_ran_is_shown_so(void **state)
{
	static struct conf conf;
	static char part[sizeof(conf)];
	struct scene scene;
	struct said said;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	make_joining(&scene, 2, 1, false);
	for (int id = 1; id <= 2; id++) {
		char path[PATH_MAX + 16], error[RAFT_SERVER_ERROR_BYTES];

		snprintf(path, sizeof(path), "%s/server.conf",
			 scene.actors[id].folder);
		assert_true(raft__conf_read(
		    path, &conf, &(struct complaint){ error, sizeof(error) }));
		if (!show(scene.actors[id].folder, &said))
			fail_msg("%s", said.error);
		snprintf(part, sizeof(part),
			 "server %d of cluster scene, incarnation %" PRIx64
			 ", at %s\n"
			 "term %d, no vote in it\n"
			 "log: %s, ",
			 id, conf.incarnation, conf.address, id == 1,
			 id == 1 ? "entries 1 to 1, the last of term 1"
				 : "no entries behind entry 0");
		assert_int_equal(strncmp(said.text, part, strlen(part)), 0);
		snprintf(part, sizeof(part),
			 " bytes, every one as it was written\n"
			 "configuration%s%s%s\n"
			 "snapshots: none\n"
			 "a start begins with an empty state%s\n",
			 id == 1 ? " of entry 1: 1 at " : "",
			 id == 1 ? conf.address : "",
			 id == 1 ? " votes" : ": none, it is no member yet",
			 id == 1 ? ", and applies entries 1 to 1 once they are "
				   "known to be committed"
				 : "");
		expect(said.text, part);
	}
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_is_shown_as_what_it_is),
		cmocka_unit_test(a_date_is_of_the_day_and_a_second),
		cmocka_unit_test(one_that_never_ran_is_shown_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

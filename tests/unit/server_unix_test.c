/*
 * Servers of one machine that meet over Unix sockets.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/un.h>

#include "assists/server/address.h"
#include "tests/unit/server_scene.h"

static void
three_over_unix(struct scene *scene)
{
	scene_open(scene);
	scene_use_unix(scene);
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(scene, id);
}

static void
servers_meet_at_unix_sockets(void **state)
{
	struct raft_server_member member;
	struct scene scene;
	uint64_t follower;

	(void)state;
	three_over_unix(&scene);
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(add(&scene, id, "1").result, RAFT_SERVER_OK);
	follower = await_follower(&scene);
	assert_true(
	    raft_server_member(scene.actors[follower].server, 0, &member));
	assert_string_equal(member.address, scene.actors[1].address);
	assert_string_equal(member.note, "note 1");
	/* One that was killed has left its socket behind; another joins. */
	cut_off(&scene, follower);
	assert_string_equal(add(&scene, await_leader(&scene), "1").answer, "4");
	start(&scene, follower);
	assert_true(run_until(&scene.loop, agree(&scene, 4), PATIENCE_MS));
	make_joining(&scene, 4, follower, false);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 &&
				  role_of(&scene, leader(&scene), 4) ==
				      RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	assert_string_equal(add(&scene, 4, "1").answer, "5");
	scene_close(&scene);
}

static void
a_killed_servers_socket_is_no_obstacle(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct scene scene;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	scene_open(&scene);
	scene_use_unix(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	strlcpy(address.sun_path, scene.actors[1].address + 5,
		sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
	start(&scene, 1);
	assert_string_equal(add(&scene, 1, "1").answer, "1");
	scene_close(&scene);
}

static void
one_moves_from_tcp_to_a_unix_socket(void **state)
{
	char command[2 * PATH_MAX], address[64], folder[] = "/tmp/moved.XXXXXX";
	struct scene scene;
	struct wish wish;
	uint64_t moves;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	moves = await_follower(&scene);
	stop(&scene, moves);
	assert_non_null(mkdtemp(folder));
	snprintf(address, sizeof(address), "unix:%s/socket", folder);
	snprintf(command, sizeof(command),
		 "sed -i 's|^address .*|address %s|' %s/server.conf", address,
		 scene.actors[moves].folder);
	assert_int_equal(system(command), 0);
	wish = change(&scene, await_follower(&scene),
		      (struct raft_server_change){ .kind = RAFT_SERVER_MOVE,
						   .identity.id = moves,
						   .address = address });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	start(&scene, moves);
	assert_int_equal(look(&scene, moves).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[moves].machine.sum, 1);
	scene_close(&scene);
	assert_int_equal(rmdir(folder), 0);
}

static void
an_address_is_a_path_or_host_and_port(void **state)
{
	struct address address;
	char large[300] = "unix:/";

	(void)state;
	assert_true(raft__address_parse("unix:/a/b note", &address));
	assert_string_equal(address.host, "unix:/a/b");
	assert_int_equal(address.port, 0);
	assert_true(raft__address_parse("unix:7", &address));
	assert_string_equal(address.host, "unix");
	assert_int_equal(address.port, 7);
	assert_false(raft__address_parse("unix:/", &address));
	assert_false(raft__address_parse("unix:a", &address));
	assert_false(raft__address_parse("unix:", &address));
	memset(large + 6, 'x', 107 - 1);
	assert_true(raft__address_parse(large, &address));
	memset(large + 6, 'x', 107);
	assert_false(raft__address_parse(large, &address));
}

static void
an_address_has_a_host_and_a_port_that_can_be(void **state)
{
	static const char *const wrong[] = {
		"",	"host",	   "host:",	  "host:0", "host:65536",
		"h:+1", "host:-1", ":7",	  "::1:7",  "[]:7",
		"h:1x", "[::1]",   "host:: note",
	};
	char large[HOST_BYTES + 32];
	struct address address;

	(void)state;
	assert_true(raft__address_parse("host:1", &address));
	assert_string_equal(address.host, "host");
	assert_int_equal(address.port, 1);
	assert_true(raft__address_parse("[::1]:65535 a note", &address));
	assert_string_equal(address.host, "::1");
	assert_int_equal(address.port, 65535);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (raft__address_parse(wrong[i], &address))
			fail_msg("'%s' was taken", wrong[i]);
	/* The longest name, and what is longer by one or by much. */
	memset(large, 'x', sizeof(large));
	memcpy(large + HOST_BYTES - 1, ":7", 3);
	assert_true(raft__address_parse(large, &address));
	assert_int_equal(strlen(address.host), HOST_BYTES - 1);
	memcpy(large + HOST_BYTES - 1, "x:7", 4);
	assert_false(raft__address_parse(large, &address));
	memset(large, 'x', sizeof(large));
	memcpy(large + sizeof(large) - 3, ":7", 3);
	assert_false(raft__address_parse(large, &address));
}

static void
a_members_place_is_text_or_nothing(void **state)
{
	char large[PLACE_BYTES] = "host:7 ", place[PLACE_BYTES];
	struct raft_member member = { .address = "host:7 note",
				      .address_length = 11 };

	(void)state;
	assert_true(raft__address_of_member(&member, place));
	assert_string_equal(place, "host:7 note");
	member.address_length = 6;
	assert_true(raft__address_of_member(&member, place));
	assert_string_equal(place, "host:7");
	member.address_length = 5;
	assert_false(raft__address_of_member(&member, place));
	assert_string_equal(place, "");
	member.address = "host:7\0x";
	member.address_length = 8;
	assert_false(raft__address_of_member(&member, place));
	assert_string_equal(place, "");
	member.address = NULL;
	assert_false(raft__address_of_member(&member, place));
	memset(large + 7, 'x', sizeof(large) - 7);
	member.address = large;
	member.address_length = PLACE_BYTES - 1;
	assert_true(raft__address_of_member(&member, place));
	assert_int_equal(strlen(place), PLACE_BYTES - 1);
	member.address_length = PLACE_BYTES;
	assert_false(raft__address_of_member(&member, place));
	assert_string_equal(place, "");
}

static void
a_list_of_servers_is_read_one_by_one(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} wrong[] = {
		{ "", "ID=HOST:PORT" },
		{ "1", "ID=HOST:PORT" },
		{ "host:7,2=host:7", "ID=HOST:PORT" },
		{ "0=host:7", "from 1 on" },
		{ "x=host:7", "from 1 on" },
		{ "9223372036854775808=host:7", "from 1 on" },
		{ "000000000000000000000001=host:7", "too long" },
		{ "1=host", "HOST:PORT" },
	};
	const char *text = "1=a:7,9223372036854775807=unix:/b,3";
	char place[PLACE_BYTES], large[2 * PLACE_BYTES] = "1=a:7 ";
	uint64_t id;

	(void)state;
	assert_null(raft__address_listed(&text, &id, place));
	assert_int_equal(id, 1);
	assert_string_equal(place, "a:7");
	assert_string_equal(text++, ",9223372036854775807=unix:/b,3");
	assert_null(raft__address_listed(&text, &id, place));
	assert_int_equal(id, INT64_MAX);
	assert_string_equal(place, "unix:/b");
	assert_string_equal(text, ",3");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		text = wrong[i].text;
		assert_non_null(strstr(raft__address_listed(&text, &id, place),
				       wrong[i].why));
		assert_ptr_equal(text, wrong[i].text);
	}
	memset(large + 6, 'x', PLACE_BYTES + 1 - 6);
	text = large;
	assert_null(raft__address_listed(&text, &id, place));
	assert_int_equal(strlen(place), PLACE_BYTES - 1);
	large[PLACE_BYTES + 1] = 'x';
	text = large;
	assert_string_equal(raft__address_listed(&text, &id, place),
			    "it is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_meet_at_unix_sockets),
		cmocka_unit_test(a_killed_servers_socket_is_no_obstacle),
		cmocka_unit_test(one_moves_from_tcp_to_a_unix_socket),
		cmocka_unit_test(an_address_is_a_path_or_host_and_port),
		cmocka_unit_test(an_address_has_a_host_and_a_port_that_can_be),
		cmocka_unit_test(a_members_place_is_text_or_nothing),
		cmocka_unit_test(a_list_of_servers_is_read_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
